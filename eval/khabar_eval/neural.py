"""COMET as an optional metric, with a checkpoint that the user has on disk.

In: sources, references and outputs. Out: one score a segment. What it needs and does not have by itself: the
package unbabel-comet with torch (`pip install 'khabar[comet]'`) and a checkpoint, whose path is taken from
KHABAR_COMET_MODEL; khabar downloads none, and most checkpoints may not be used commercially. Not here: other
metrics.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from khabar_core.errors import UsageError
from khabar_eval.cases import Case
from khabar_eval.metric_types import Floats2d, MeanMetric

__all__ = ["CometMetric"]

_BATCH = 8
_VARIABLE = "KHABAR_COMET_MODEL"


class CometMetric(MeanMetric):
    """Mean COMET of segments, on the scale of the checkpoint (for wmt22-comet-da about 0..1)."""

    name = "COMET"
    unit = "segments"
    is_rate = False
    higher_is_better = True

    @property
    def signature(self) -> str:
        """`comet:<checkpoint>|sha256:…|version:…`."""
        from importlib.metadata import PackageNotFoundError, version

        path = _checkpoint()
        try:
            package = version("unbabel-comet")
        except PackageNotFoundError:
            package = "unknown"
        # The first megabyte tells checkpoints apart; they have gigabytes.
        with path.open("rb") as stream:
            digest = hashlib.sha256(stream.read(1 << 20)).hexdigest()[:12]
        return f"comet:{path.parent.parent.name}|sha256-1m:{digest}|version:{package}"

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """(n_segments, 2): score by the first reference, and 1.

        Raises:
            UsageError: package or checkpoint are missing; the hint says how to get them.
        """
        try:
            import comet
        except ImportError as exc:
            raise UsageError("COMET needs unbabel-comet", hint="pip install 'khabar[comet]'") from exc
        model: Any = comet.load_from_checkpoint(str(_checkpoint()))
        data = [
            {"src": case.src, "mt": mt, "ref": case.refs[0]} for case, mt in zip(cases, outputs, strict=True)
        ]
        scores = model.predict(data, batch_size=_BATCH, gpus=0, progress_bar=False).scores
        return np.array([(score, 1.0) for score in scores], dtype=np.float64).reshape(len(data), 2)


def _checkpoint() -> Path:
    value = os.environ.get(_VARIABLE, "")
    if not value or not Path(value).is_file():
        raise UsageError(
            "COMET needs a checkpoint file",
            where=value or _VARIABLE,
            hint=f"set {_VARIABLE} to the .ckpt of a downloaded model; khabar downloads none",
        )
    return Path(value)
