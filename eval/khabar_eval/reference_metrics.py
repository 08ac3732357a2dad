"""Metrics that others define and compute: BLEU, chrF2++ and TER by sacrebleu, ROUGE by rouge-score.

In: cases and outputs. Out: their own statistics and scores; nothing is computed here. Not here: rates
(metrics), COMET (neural).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from khabar_core.errors import UsageError
from khabar_eval.brief_checks import plain_brief
from khabar_eval.cases import Case
from khabar_eval.metric_types import Floats1d, Floats2d, MeanMetric

__all__ = ["RougeMetric", "SacrebleuMetric"]

# sacrebleu holds the n-grams of all references that it is given at once: 50 kB a segment for chrF.
_CHUNK_SEGMENTS = 2000


class SacrebleuMetric:
    """BLEU, chrF2++ or TER by sacrebleu.

    The statistics of a segment and the score of their sum are sacrebleu's own (`_extract_corpus_statistics`,
    `_compute_score_from_stats`): its public interface would extract them anew for each slice and resample.
    Tests hold the values equal to those of the sacrebleu command.
    """

    unit = "segments"
    is_rate = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.higher_is_better = name != "TER"
        self._metric: Any = None
        self._signature = ""

    @property
    def signature(self) -> str:
        """Of the last `statistics` call: sacrebleu's own, with the number of references."""
        return self._signature

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """Extract the sufficient statistics; cases may differ in their number of references.

        Raises:
            ValueError: another number of outputs than cases.
        """
        if len(cases) != len(outputs):
            raise ValueError(f"{len(outputs)} outputs for {len(cases)} cases")
        # Fresh each time: a metric object keeps the number of references of its last call.
        self._metric = _new_sacrebleu(self.name)
        n_refs = max(len(case.refs) for case in cases)
        rows: list[Any] = []
        counts = set()
        for start in range(0, len(cases), _CHUNK_SEGMENTS):
            chunk = cases[start : start + _CHUNK_SEGMENTS]
            references = [
                [case.refs[k] if k < len(case.refs) else None for case in chunk] for k in range(n_refs)
            ]
            rows += self._metric._extract_corpus_statistics(
                list(outputs[start : start + _CHUNK_SEGMENTS]), references
            )
            counts.add(self._metric.num_refs)
        # sacrebleu writes "var" for -1, a number of references that varies.
        self._metric.num_refs = counts.pop() if len(counts) == 1 else -1
        self._signature = self._metric.get_signature().format()
        return np.asarray(rows, dtype=np.float64)

    def value(self, total: Floats1d) -> float:
        """0..100; TER may exceed 100."""
        metric = self._metric if self._metric is not None else _new_sacrebleu(self.name)
        # sacrebleu's command sums Python integers; keeping them whole keeps its arithmetic to the last digit.
        sums = total.tolist() if self.name == "TER" else total.astype(np.int64).tolist()
        return float(metric._compute_score_from_stats(sums).score)

    def values(self, totals: Floats2d) -> Floats1d:
        """One by one: sacrebleu scores a single sum."""
        return np.array([self.value(total) for total in totals])

    def count(self, total: Floats1d) -> int:
        """Segments."""
        return int(total[-1])


class RougeMetric(MeanMetric):
    """ROUGE-1, ROUGE-2 or ROUGE-L by rouge-score, mean F-measure of articles, citations left out."""

    unit = "articles"
    is_rate = False
    higher_is_better = True

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def signature(self) -> str:
        """`rouge:…|stemmer:yes|version:…` of rouge-score."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            return f"rouge:{self.name}|stemmer:yes|version:{version('rouge-score')}"
        except PackageNotFoundError:
            return f"rouge:{self.name}|version:none"

    def check(self, kind: str) -> None:
        """Say now that rouge-score is missing.

        Raises:
            UsageError: it is not installed.
        """
        import importlib.util

        if importlib.util.find_spec("rouge_score") is None:
            raise UsageError(
                f"{self.name} needs the package rouge-score",
                where="--metric",
                hint='pip install "khabar[rouge]", or choose others with --metric',
            )

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """(n_articles, 2): best F-measure over the references, and 1.

        Raises:
            UsageError: see `check`.
        """
        self.check("brief")
        from rouge_score.rouge_scorer import RougeScorer

        kind = {"ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL"}[self.name]
        scorer = RougeScorer([kind], use_stemmer=True)
        rows = [
            (
                max(scorer.score(plain_brief(ref), plain_brief(mt))[kind].fmeasure for ref in case.refs),
                1.0,
            )
            for case, mt in zip(cases, outputs, strict=True)
        ]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), 2)


def _new_sacrebleu(name: str) -> Any:
    import sacrebleu

    if name == "BLEU":
        return sacrebleu.BLEU(force=True)
    return sacrebleu.CHRF(word_order=2) if name == "chrF2++" else sacrebleu.TER()
