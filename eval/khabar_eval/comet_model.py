"""A COMET checkpoint on disk, loaded without network and run without noise.

In: the path of a checkpoint; sources, references and outputs. Out: one score a segment, as `model.predict` of
unbabel-comet gives it. That package configures the root logger, lets lightning and torch print to stderr,
turns Ctrl-C into exit 1 and accepts a checkpoint with half its weights; here it does not. Not here: which
checkpoint, the metric (neural).
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import logging
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from khabar_core.errors import ModelError, UsageError

__all__ = ["comet_scores", "import_comet", "load_comet"]

_BATCH = 8
_LOGGERS = ("comet", "lightning_fabric", "pytorch_lightning", "transformers")
_LACKING = "Found keys that are in the model state dict but not in the checkpoint: "
_INSTALL = 'pip install "khabar[comet]"'


def import_comet() -> ModuleType:
    """The package comet, without what its import does to the root logger.

    Raises:
        UsageError: it is not installed, or something that it needs is not.
    """
    if importlib.util.find_spec("comet") is None:
        raise UsageError("COMET needs the package unbabel-comet", where="--metric", hint=_INSTALL)
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import comet
    except ImportError as exc:  # torchmetrics 0.10 wants pkg_resources, which new versions of setuptools lack
        words = " ".join(str(exc).split())[:200]
        raise UsageError(f"unbabel-comet cannot start: {words}", where="--metric", hint=_INSTALL) from exc
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
    module: ModuleType = comet
    return module


@lru_cache(maxsize=1)
def load_comet(path: Path) -> Any:
    """Load a checkpoint onto the processor; its encoder's configuration and tokenizer must be on disk too.

    For a moment it takes twice the memory of its weights.

    Raises:
        UsageError: see `import_comet`.
        ModelError: the checkpoint cannot be loaded, or lacks weights.
    """
    comet = import_comet()
    try:
        with _quiet() as caught, _no_hub():
            model = comet.load_from_checkpoint(str(path), local_files_only=True)
    except Exception as exc:  # comet raises Exception itself, and what torch and transformers raise
        words = " ".join(str(exc).split())[:200]
        raise ModelError(
            f"COMET cannot load it: {words}",
            where=str(path),
            hint="hparams.yaml belongs above the checkpoint's folder, its encoder in the Hugging Face cache",
        ) from exc
    for warning in caught:
        text = str(warning.message)
        if text.startswith(_LACKING):  # comet would go on with random weights
            raise ModelError(
                f"the checkpoint lacks weights: {text.removeprefix(_LACKING)[:100]}",
                where=str(path),
                hint="download it again",
            )
    gc.collect()  # else what was read stays in memory beside the model: lightning leaves it in a cycle
    return model


def comet_scores(model: Any, samples: Sequence[Mapping[str, str]]) -> list[float]:
    """One score a sample, by 32-bit arithmetic on the processor.

    Args:
        model: of `load_comet`.
        samples: with the keys src, mt and ref; empty texts have a score too.

    Raises:
        ModelError: the model fails, or gives another number of scores.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        with _quiet():
            prediction = model.predict(list(samples), batch_size=_BATCH, gpus=0, progress_bar=False)
    except SystemExit as exc:
        if not isinstance(exc.__context__, KeyboardInterrupt):
            raise
        # lightning ignores every later Ctrl-C and exits with 1
        signal.signal(signal.SIGINT, handler or signal.default_int_handler)
        raise KeyboardInterrupt from exc
    except (IndexError, KeyError, RuntimeError, TypeError, ValueError) as exc:
        words = " ".join(str(exc).split())[:200]
        hint = "the encoder in the Hugging Face cache must be the checkpoint's"
        raise ModelError(f"COMET fails: {words}", hint=hint) from exc
    scores: list[float] = prediction.scores
    if len(scores) != len(samples):
        raise ModelError(f"COMET gave {len(scores)} scores for {len(samples)} segments")
    return scores


@contextlib.contextmanager
def _quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Collect warnings, and drop log lines on devices, tips and frozen encoders."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            yield caught
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _no_hub() -> Iterator[None]:
    """Keep transformers 4.57 from asking the hub whether a tokenizer is Mistral's.

    It asks for each with over 100,000 tokens, XLM-R's among them, whatever `local_files_only` says. Source:
    github.com/huggingface/transformers/issues/45545.
    """
    import huggingface_hub

    real = huggingface_hub.model_info
    huggingface_hub.model_info = lambda *args, **kwargs: SimpleNamespace(tags=None)
    try:
        yield
    finally:
        huggingface_hub.model_info = real
