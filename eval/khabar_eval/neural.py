"""COMET and BERTScore as optional metrics, with models that the user has on disk.

In: sources, references and outputs. Out: one score a segment. What they need and do not have by themselves:
for COMET the package unbabel-comet (`pip install "khabar[comet]"`) and a checkpoint, for BERTScore torch
(`pip install "khabar[bertscore]"`) and the folder of an encoder model. Variables name the models; khabar
downloads none, and many may not be used commercially. BERTScore is computed here and not by the package
bert-score, whose last version fails on empty outputs with transformers 5. Not here: the encoder itself
(khabar_core.encoder), loading COMET (comet_model), other metrics.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from khabar_core.encoder import TextEncoder, TokenVectors
from khabar_core.errors import ModelError, UsageError
from khabar_eval.brief_checks import plain_brief
from khabar_eval.cases import Case
from khabar_eval.comet_model import comet_scores, import_comet, load_comet
from khabar_eval.metric_types import Floats2d, MeanMetric

__all__ = ["BertScoreMetric", "CometMetric", "f_measure"]

_COMET_MODEL = "KHABAR_COMET_MODEL"
_BERT_MODEL = "KHABAR_BERTSCORE_MODEL"
_BERT_LAYER = "KHABAR_BERTSCORE_LAYER"
# The layers that agree best with human judgement. Source: bert_score.utils.model2layers, version 0.3.13.
_LAYERS = {
    "bart-base": 6,
    "bart-large": 10,
    "bart-large-mnli": 11,
    "bert-base-multilingual-cased": 9,
    "bert-base-uncased": 9,
    "bert-large-uncased": 18,
    "distilbert-base-uncased": 5,
    "distilroberta-base": 5,
    "roberta-base": 10,
    "roberta-large": 17,
    "roberta-large-mnli": 19,
    "xlm-roberta-base": 9,
    "xlm-roberta-large": 17,
}


class CometMetric(MeanMetric):
    """Mean COMET of segments by the first reference, on the checkpoint's scale (wmt22-comet-da: about 0..1).

    Source: Rei et al. 2020, COMET: A Neural Framework for MT Evaluation, arXiv:2009.09025.
    """

    name = "COMET"
    unit = "segments"
    is_rate = False
    higher_is_better = True

    @property
    def signature(self) -> str:
        """`comet:<checkpoint>|sha256-1m:…|version:…`."""
        path = _checkpoint()
        return f"comet:{path.parent.parent.name}|{_digest(path)}|version:{_version('unbabel-comet')}"

    def check(self, kind: str) -> None:
        """Say now what is lacking, before anything is translated.

        Raises:
            UsageError: package or checkpoint are missing, or the suite is one of briefs; the hint says what
                to do.
        """
        if kind != "translate":
            raise UsageError(
                "COMET judges translations, not briefs", where="--metric", hint="name other suites"
            )
        import_comet()
        _checkpoint()

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """(n_segments, 2): score by the first reference, and 1.

        Raises:
            UsageError: see `check`.
            ModelError: the checkpoint cannot be loaded, or fails.
        """
        self.check("brief" if cases[0].sentences else "translate")
        model = load_comet(_checkpoint())
        data = [
            {"src": case.src, "mt": mt, "ref": case.refs[0]} for case, mt in zip(cases, outputs, strict=True)
        ]
        return _means(comet_scores(model, data))


class BertScoreMetric(MeanMetric):
    """Mean BERTScore F1 of segments, without idf and rescaling; the best over the references.

    Source: Zhang et al. 2020, BERTScore: Evaluating Text Generation with BERT, arXiv:1904.09675.
    """

    name = "BERTScore"
    unit = "segments"
    is_rate = False
    higher_is_better = True

    @property
    def signature(self) -> str:
        """`bertscore:F1|model:…|layer:…|idf:no|…`, and the version of transformers: its tokenizers count."""
        folder = _encoder_folder()
        weights = next((p for p in sorted(folder.glob("*")) if p.suffix in (".safetensors", ".bin")), None)
        digest = _digest(weights) if weights else "sha256-1m:none"
        return (
            f"bertscore:F1|model:{folder.name}|layer:{_layer(folder)}|idf:no|rescale:no|{digest}"
            f"|transformers:{_version('transformers')}|version:1"
        )

    def check(self, kind: str) -> None:
        """Say now what is lacking, before anything is translated.

        Raises:
            UsageError: torch or the model's folder are missing, or its layer is not known.
        """
        import importlib.util

        if importlib.util.find_spec("torch") is None:
            raise UsageError(
                "BERTScore needs torch", where="--metric", hint='pip install "khabar[bertscore]"'
            )
        _layer(_encoder_folder())

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """(n_segments, 2): F1 and 1; citations of briefs are left out.

        Raises:
            UsageError: see `check`.
            ModelError: the model cannot be loaded.
        """
        brief = bool(cases[0].sentences)
        self.check("brief" if brief else "translate")
        folder = _encoder_folder()
        encoder, layer = _encoder(folder), _layer(folder)
        texts = [plain_brief(mt) if brief else mt for mt in outputs]
        refs = [[plain_brief(ref) if brief else ref for ref in case.refs] for case in cases]
        scores = []
        for start in range(0, len(texts), 256):  # vectors of a large suite would fill the memory
            part = slice(start, start + 256)
            n_refs = [len(group) for group in refs[part]]
            vectors = encoder.encode([*texts[part], *(ref for group in refs[part] for ref in group)], layer)
            mts, others = vectors[: len(n_refs)], iter(vectors[len(n_refs) :])
            scores += [
                max(f_measure(mt, next(others)) for _ in range(n)) for mt, n in zip(mts, n_refs, strict=True)
            ]
        return _means(scores)


def f_measure(mt: TokenVectors, ref: TokenVectors) -> float:
    """BERTScore of one output: each token counts with its most similar one on the other side; 0 if empty."""
    if not mt.weights.any() or not ref.weights.any():
        return 0.0
    similarity = mt.vectors @ ref.vectors.T
    precision = float((similarity.max(1) * mt.weights).sum() / mt.weights.sum())
    recall = float((similarity.max(0) * ref.weights).sum() / ref.weights.sum())
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


def _means(scores: Sequence[float]) -> Floats2d:
    """Rows of a mean.

    Raises:
        ModelError: a score is no number.
    """
    if not all(math.isfinite(score) for score in scores):
        raise ModelError("the model gave a score that is no number")
    return np.array([(score, 1.0) for score in scores], dtype=np.float64).reshape(len(scores), 2)


def _checkpoint() -> Path:
    value = os.environ.get(_COMET_MODEL, "")
    if not value or not Path(value).is_file():
        raise UsageError(
            "no such checkpoint" if value else "not set: COMET needs a checkpoint",
            where=f"{_COMET_MODEL}={value}" if value else _COMET_MODEL,
            hint="download a model of github.com/Unbabel/COMET, name its .ckpt; khabar downloads none",
        )
    return Path(value)


def _encoder_folder() -> Path:
    value = os.environ.get(_BERT_MODEL, "")
    if not value or not Path(value).is_dir():
        raise UsageError(
            "no such folder" if value else "not set: BERTScore needs the folder of an encoder model",
            where=f"{_BERT_MODEL}={value}" if value else _BERT_MODEL,
            hint="e.g. hf download FacebookAI/roberta-large --local-dir roberta-large; khabar downloads none",
        )
    return Path(value).resolve()


def _layer(folder: Path) -> int:
    value = os.environ.get(_BERT_LAYER, "")
    if value:
        if not (value.isascii() and value.isdecimal() and 0 < int(value) < 1000):
            raise UsageError(f"a number of a layer is expected, got {value!r:.40}", where=_BERT_LAYER)
        return int(value)
    if folder.name not in _LAYERS:
        raise UsageError(
            f"which layer of {folder.name!r} BERTScore compares is not known",
            where=_BERT_LAYER,
            hint=f"set it, or name the folder as one of {', '.join(_LAYERS)}",
        )
    return _LAYERS[folder.name]


@lru_cache(maxsize=1)
def _encoder(folder: Path) -> TextEncoder:
    return TextEncoder(folder)


def _digest(path: Path) -> str:
    """Of the first megabyte, which tells models apart; they have gigabytes."""
    with path.open("rb") as stream:
        return f"sha256-1m:{hashlib.sha256(stream.read(1 << 20)).hexdigest()[:12]}"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
