"""The metrics by name, and the rates among them; each is numbers per segment that add up.

In: cases and outputs. Out: for each metric a matrix with one row of sufficient statistics a segment; any set
of rows can be summed and turned into the metric's value, so that corpus scores, slices, intervals and tests
all come from the same numbers. Not here: BLEU, chrF, TER and ROUGE (reference_metrics), resampling,
gates.
"""

from __future__ import annotations

import importlib.util
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from khabar_core.errors import UsageError
from khabar_eval import brief_checks, checks, names, numbers
from khabar_eval.cases import Case
from khabar_eval.metric_types import Floats1d, Floats2d, MeanMetric, Metric
from khabar_eval.readers import ENTITY_TYPES
from khabar_eval.reference_metrics import RougeMetric, SacrebleuMetric
from khabar_glossaries import scoring

__all__ = [
    "METRICS",
    "Floats1d",
    "Floats2d",
    "Measured",
    "Metric",
    "Statistics",
    "check_metrics",
    "default_metrics",
    "find_metric",
]


# Raised by hand whenever a rate of this module would give another value for the same text.
RATES_VERSION = "1"


@dataclass(frozen=True, slots=True)
class RateMetric:
    """A share of segments or occurrences: hits / total.

    Attributes:
        name: as it stands in reports.
        counter: for a case and its output (hits, total).
        unit: what total counts.
        higher_is_better: whether hits are good.
        details: more for the signature.
        whole: counts all cases together, for rates that compare segments with one another; replaces
            `counter`.
    """

    name: str
    counter: Callable[[Case, str], tuple[int, int]]
    unit: str = "segments"
    higher_is_better: bool = True
    details: str = ""
    whole: Callable[[Sequence[Case], Sequence[str]], list[tuple[int, int]]] | None = None

    @property
    def is_rate(self) -> bool:
        """Always."""
        return True

    @property
    def signature(self) -> str:
        """`rate:<name>|unit:…|version:…`."""
        return f"rate:{self.name}|unit:{self.unit}{self.details}|version:{RATES_VERSION}"

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """(n_segments, 2): hits and total of each segment."""
        if self.whole is not None:
            rows = self.whole(cases, outputs)
        else:
            rows = [self.counter(case, mt) for case, mt in zip(cases, outputs, strict=True)]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), 2)

    def value(self, total: Floats1d) -> float:
        """0..1."""
        return float(total[0] / total[1]) if total[1] else math.nan

    def values(self, totals: Floats2d) -> Floats1d:
        """(n,) rates."""
        empty = totals[:, 1] == 0
        return np.where(empty, np.nan, totals[:, 0] / np.where(empty, 1.0, totals[:, 1]))

    def count(self, total: Floats1d) -> int:
        """Units, e.g. numbers or name occurrences."""
        return int(total[1])


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric with the statistics of one system on all cases."""

    metric: Metric
    rows: Floats2d

    @property
    def total(self) -> Floats1d:
        """The sum over all segments."""
        total: Floats1d = self.rows.sum(0)
        return total

    @property
    def n(self) -> int:
        """Units measured; 0 means that there is nothing to say."""
        return self.metric.count(np.append(self.total, len(self.rows)))


class Statistics:
    """The statistics of one run, each computed once: TER needs a second for what chrF does in hundredths."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, tuple[str, ...]], Measured] = {}
        self._keep: list[object] = []

    def measure(self, name: str, cases: Sequence[Case], outputs: Sequence[str]) -> Measured:
        """The statistics of a metric for some outputs; equal outputs of two systems are measured once.

        Raises:
            UsageError: no such metric.
        """
        key = self._key(name, cases, outputs)
        if key not in self._known:
            metric = find_metric(name)
            self._known[key] = Measured(metric, metric.statistics(cases, outputs))
        return self._known[key]

    def put(self, cases: Sequence[Case], outputs: Sequence[str], measured: Measured) -> None:
        """Enter statistics that are known without computing them."""
        self._known[self._key(measured.metric.name, cases, outputs)] = measured

    def _key(
        self, name: str, cases: Sequence[Case], outputs: Sequence[str]
    ) -> tuple[str, int, tuple[str, ...]]:
        # Cases are told apart by identity and kept alive by `_keep`, so that ids cannot be used again.
        if not any(known is cases for known in self._keep):
            self._keep.append(cases)
        return name, id(cases), tuple(outputs)


def find_metric(name: str) -> Metric:
    """The metric of a name; a fresh object.

    Raises:
        UsageError: no such metric.
    """
    if name in _SACREBLEU:
        return SacrebleuMetric(name)
    if name in _ROUGE:
        return RougeMetric(name)
    if name in _NEURAL:
        from khabar_eval import neural  # few need it

        return neural.CometMetric() if name == "COMET" else neural.BertScoreMetric()
    if name in METRICS:
        return _RATES.get(name) or _BRIEF_RATES[name]
    raise UsageError(f"no metric {name!r}", hint="one of " + ", ".join(METRICS))


def check_metrics(names: Sequence[str], kind: str) -> None:
    """Refuse metrics that cannot be computed, before anything is translated for them.

    Args:
        names: of metrics.
        kind: of the suite, "translate" or "brief".

    Raises:
        UsageError: no such metric, or something that it needs is lacking; the hint says how to get it.
    """
    for name in names:
        metric = find_metric(name)
        if isinstance(metric, MeanMetric):
            metric.check(kind)


def _number_fidelity(case: Case, mt: str) -> tuple[int, int]:
    if "nonumcheck" in case.tags:
        return 0, 0
    expected, missing = numbers.kept(case.src, mt, case.refs)
    return len(expected) - len(missing), len(expected)


def _invented_numbers(case: Case, mt: str) -> tuple[int, int]:
    return int(bool(numbers.invented(case.src, mt, case.refs))), 1


def _name_recall(kind: str | None) -> Callable[[Case, str], tuple[int, int]]:
    def counter(case: Case, mt: str) -> tuple[int, int]:
        wanted = [entity for entity in case.entities if kind is None or entity.type == kind]
        if not wanted:
            return 0, 0
        folded = names.fold_name(mt)
        return sum(names.find_form(entity, folded) is not None for entity in wanted), len(wanted)

    return counter


def _term_success(case: Case, mt: str) -> tuple[int, int]:
    """Terms that the references hold too: where English rightly says it otherwise, nothing is asked."""
    wanted = [scoring.ExpectedTerm(term.source, (term.target, *term.accepted)) for term in case.terms]
    in_refs = [scoring.found_terms(ref, wanted) for ref in case.refs] if wanted else []
    asked = [term for k, term in enumerate(wanted) if any(forms[k] is not None for forms in in_refs)]
    return sum(form is not None for form in scoring.found_terms(mt, asked)), len(asked)


def _consistency(cases: Sequence[Case], outputs: Sequence[str]) -> list[tuple[int, int]]:
    """Occurrences of names that are found more than once, and how many have the name's most frequent form."""
    found: list[list[tuple[str, str]]] = []
    for case, mt in zip(cases, outputs, strict=True):
        folded = names.fold_name(mt)
        forms = [(entity.source, names.find_form(entity, folded)) for entity in case.entities]
        found.append([(source, names.fold_name(form)) for source, form in forms if form is not None])
    counts: dict[str, Counter[str]] = {}
    for pairs in found:
        for source, form in pairs:
            counts.setdefault(source, Counter())[form] += 1
    usual = {
        source: forms.most_common(1)[0][0] for source, forms in counts.items() if sum(forms.values()) > 1
    }
    return [
        (sum(usual[s] == form for s, form in pairs if s in usual), sum(s in usual for s, _ in pairs))
        for pairs in found
    ]


def _nothing(case: Case, mt: str) -> tuple[int, int]:
    return 0, 0


def _flag(test: Callable[[Case, str], bool]) -> Callable[[Case, str], tuple[int, int]]:
    return lambda case, mt: (int(test(case, mt)), 1)


_SACREBLEU = ("BLEU", "chrF2++", "TER")
_ROUGE = ("ROUGE-1", "ROUGE-2", "ROUGE-L")
_NEURAL = ("COMET", "BERTScore")
_RATES: Mapping[str, RateMetric] = {
    metric.name: metric
    for metric in (
        RateMetric("number_fidelity", _number_fidelity, "numbers", True, "|refs:any"),
        RateMetric("invented_numbers", _invented_numbers, "segments", False, "|refs:any"),
        RateMetric("name_recall", _name_recall(None), "names", True, "|case:fold"),
        *(RateMetric(f"name_recall:{t}", _name_recall(t), "names", True, "|case:fold") for t in ENTITY_TYPES),
        RateMetric("name_consistency", _nothing, "names", True, "|case:fold", _consistency),
        RateMetric("term_success", _term_success, "terms", True, "|refs:any"),
        RateMetric("empty", _flag(checks.is_empty), higher_is_better=False),
        RateMetric("untranslated", _flag(checks.is_untranslated), higher_is_better=False),
        RateMetric("loop", _flag(checks.has_loop), higher_is_better=False),
        RateMetric("bad_length", _flag(checks.has_bad_length), higher_is_better=False),
    )
}
_BRIEF_RATES: Mapping[str, RateMetric] = {
    metric.name: metric
    for metric in (
        RateMetric("unsupported_names", brief_checks.unsupported_names, "sentences", False),
        RateMetric("unsupported_numbers", brief_checks.unsupported_numbers, "sentences", False),
        RateMetric("citation_precision", brief_checks.citation_hits, "citations"),
        RateMetric("citation_recall", brief_checks.cited_support, "sentences"),
        RateMetric("novel_bigrams", brief_checks.novel_bigrams, "bigrams"),
        RateMetric("compression", brief_checks.compression, "words", False),
    )
}
METRICS = (*_SACREBLEU, *_RATES, *_ROUGE, *_BRIEF_RATES, *_NEURAL)
_DEFAULTS = {
    "translate": tuple(name for name in (*_SACREBLEU, *_RATES) if ":" not in name),
    "brief": (*_ROUGE, *_BRIEF_RATES, "empty", "loop"),
}


def default_metrics(kind: str) -> tuple[str, ...]:
    """The metrics of suites to "translate" or to "brief"; ROUGE only where its package is installed."""
    names = _DEFAULTS[kind]
    if importlib.util.find_spec("rouge_score") is None:
        names = tuple(name for name in names if name not in _ROUGE)
    return names
