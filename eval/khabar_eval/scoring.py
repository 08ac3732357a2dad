"""Score a system's outputs: metrics with intervals, slices, comparisons, worst segments.

In: a suite, hypotheses, perhaps a baseline's hypotheses. Out: a `SystemResult`. Not here: gates, reports.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from khabar_core.errors import InputError
from khabar_core.records import Score
from khabar_eval import brief_checks, checks, names, numbers
from khabar_eval.cases import Case, Suite, check_outputs, length_bucket
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.metrics import Floats1d, Floats2d, Metric, Statistics, default_metrics
from khabar_eval.readers import ENTITY_TYPES
from khabar_eval.resampling import Comparison, Sampling, bootstrap_intervals, compare
from khabar_eval.results import Breakdown, NameResult, SegmentResult, SuiteInfo, SystemResult

__all__ = ["ScoringOptions", "describe_suite", "score_system"]

_SLICE_METRICS = (
    "BLEU",
    "chrF2++",
    "number_fidelity",
    "name_recall",
    "term_success",
    "ROUGE-L",
    "unsupported_names",
)
# What segments are ranked by: one score a segment, higher is better.
_SEGMENT_METRICS = {"translate": "chrF2++", "brief": "citation_recall"}
_SLICE_RESAMPLES = 200  # intervals of slices are for the eye, not for gates
_MAX_SLICES = 200  # per kind with intervals and in reports; the largest ones are kept
_MAX_PLOTTED = 20_000
_MAX_NAMES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringOptions:
    """What to compute.

    Attributes:
        metrics: names, none for the usual ones of the suite's kind; the recall of every entity class that
            occurs is added to `name_recall`.
        sampling: resamples and seed.
        worst: how many segments to keep; 0 also leaves out the scores of segments.
        breakdowns: whether to score slices.
    """

    metrics: tuple[str, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)
    worst: int = 50
    breakdowns: bool = True


def describe_suite(suite: Suite) -> SuiteInfo:
    """The facts about a suite that reports show."""
    return SuiteInfo(
        name=suite.name,
        digest=suite.digest,
        n_segments=len(suite.cases),
        n_documents=suite.n_documents,
        n_words=sum(case.n_words for case in suite.cases),
        n_refs=max(len(case.refs) for case in suite.cases),
        kind=suite.kind,
        licence=suite.licence,
        origin=suite.origin,
        description=suite.description,
    )


def score_system(
    suite: Suite,
    hypotheses: Hypotheses,
    options: ScoringOptions,
    baseline: Hypotheses | None = None,
    store: Statistics | None = None,
) -> SystemResult:
    """Score one system, and compare it with a baseline if there is one.

    Args:
        suite: what was translated.
        hypotheses: the outputs.
        options: what to compute.
        baseline: outputs to compare with.
        store: statistics of this run, so that those of the baseline are not computed again for each system.

    Raises:
        InputError: outputs that do not fit the suite, or a metric that comes out as no number.
    """
    for entry in (hypotheses, *([baseline] if baseline else [])):
        check_outputs(suite, entry.outputs, where=entry.system)
    store = store or Statistics()
    wanted = _with_classes(options.metrics or default_metrics(suite.kind), suite)
    measured = [store.measure(name, suite.cases, hypotheses.outputs) for name in wanted]
    measured = [item for item in measured if item.n]
    metrics, statistics = [item.metric for item in measured], [item.rows for item in measured]
    comparisons: tuple[Comparison, ...] = ()
    if baseline is not None:
        others = [store.measure(m.name, suite.cases, baseline.outputs).rows for m in metrics]
        comparisons = tuple(compare(metrics, statistics, others, options.sampling, suite.documents))
    segment_scores, baseline_score = np.zeros(0), None
    if options.worst:
        segment_scores = _segment_scores(suite, hypotheses, store)
        baseline_score = _segment_scores(suite, baseline, store) if baseline else None
    seconds = hypotheses.usage.seconds
    n_words = sum(case.n_words for case in suite.cases)
    return SystemResult(
        name=hypotheses.system,
        signature=hypotheses.signature,
        usage=hypotheses.usage,
        words_per_second=n_words / seconds if seconds else None,
        cached=hypotheses.cached,
        scores=_scores(metrics, statistics, options.sampling, suite.documents),
        comparisons=comparisons,
        breakdowns=_breakdowns(suite, metrics, statistics, options) if options.breakdowns else (),
        missed_names=_missed_names(suite, hypotheses.outputs) if options.worst else (),
        worst=_worst(suite, hypotheses, segment_scores, options.worst, (baseline, baseline_score))
        if options.worst
        else (),
        segment_metric=_SEGMENT_METRICS[suite.kind],
        segment_scores=tuple(round(float(x), 2) for x in segment_scores[:_MAX_PLOTTED]),
    )


def _with_classes(wanted: Sequence[str], suite: Suite) -> list[str]:
    present = {entity.type for case in suite.cases for entity in case.entities}
    result: list[str] = []
    for name in wanted:
        result.append(name)
        if name == "name_recall":
            result += [f"name_recall:{kind}" for kind in ENTITY_TYPES if kind in present]
    return list(dict.fromkeys(result))


def _count(metric: Metric, matrix: Floats2d) -> int:
    return metric.count(np.append(matrix.sum(0), len(matrix)))


def _scores(
    metrics: Sequence[Metric], statistics: Sequence[Floats2d], sampling: Sampling, documents: Sequence[str]
) -> tuple[Score, ...]:
    intervals = bootstrap_intervals(metrics, statistics, sampling, documents) if metrics else []
    scores = []
    for metric, matrix, interval in zip(metrics, statistics, intervals, strict=True):
        value = metric.value(matrix.sum(0))
        if not math.isfinite(value):
            raise InputError(
                f"{metric.name} is {value}, not a number", hint="this is a fault of khabar; please report"
            )
        scores.append(
            Score(
                metric=metric.name,
                value=value,
                n=_count(metric, matrix),
                higher_is_better=metric.higher_is_better,
                interval=interval,
                unit=metric.unit,
                signature=f"{metric.signature}|{sampling.signature}",
            )
        )
    return tuple(scores)


def _breakdowns(
    suite: Suite, metrics: Sequence[Metric], statistics: Sequence[Floats2d], options: ScoringOptions
) -> tuple[Breakdown, ...]:
    chosen = [k for k, metric in enumerate(metrics) if metric.name in _SLICE_METRICS]
    sampling = replace(options.sampling, bootstrap=_SLICE_RESAMPLES, trials=_SLICE_RESAMPLES)
    results = []
    for kind, groups in _slices(suite).items():
        largest = sorted(groups, key=lambda name: -len(groups[name]))[:_MAX_SLICES]
        for name in (name for name in groups if name in set(largest)):
            rows = groups[name]
            parts = [(metrics[k], statistics[k][rows]) for k in chosen]
            parts = [(metric, part) for metric, part in parts if _count(metric, part)]
            documents = [suite.cases[row].doc for row in rows]
            scores = _scores([m for m, _ in parts], [p for _, p in parts], sampling, documents)
            results.append(Breakdown(kind=kind, name=name, n_segments=len(rows), scores=scores))
    return tuple(results)


def _slices(suite: Suite) -> dict[str, dict[str, list[int]]]:
    """Kind -> slice -> row numbers; kinds with a single slice say nothing and are left out."""
    kinds: dict[str, dict[str, list[int]]] = {"topic": {}, "document": {}, "length": {}, "tag": {}}
    for row, case in enumerate(suite.cases):
        for kind, values in (
            ("topic", [case.topic]),
            ("document", [case.doc]),
            ("length", [length_bucket(case.n_words)]),
            ("tag", case.tags),
        ):
            for value in values:
                if value:
                    kinds[kind].setdefault(value, []).append(row)
    kinds["length"] = dict(
        sorted(kinds["length"].items(), key=lambda item: int(item[0].split("-")[0].split("+")[0]))
    )
    return {kind: groups for kind, groups in kinds.items() if len(groups) > 1 or kind == "tag"}


def _segment_scores(suite: Suite, hypotheses: Hypotheses, store: Statistics) -> Floats1d:
    measured = store.measure(_SEGMENT_METRICS[suite.kind], suite.cases, hypotheses.outputs)
    scores = measured.metric.values(measured.rows)
    # An empty brief has no sentence that could be supported.
    return np.nan_to_num(scores) * (100.0 if measured.metric.is_rate else 1.0)


def _worst(
    suite: Suite,
    hypotheses: Hypotheses,
    segment_scores: Floats1d,
    n_worst: int,
    against: tuple[Hypotheses | None, Floats1d | None],
) -> tuple[SegmentResult, ...]:
    """Segments with faults count as 25 points worse: a wrong number matters more than a clumsy sentence."""
    faults = [_faults(case, mt) for case, mt in zip(suite.cases, hypotheses.outputs, strict=True)]
    order = sorted(range(len(suite.cases)), key=lambda k: segment_scores[k] - 25 * len(faults[k]))[:n_worst]
    baseline, other = against
    return tuple(
        SegmentResult(
            id=suite.cases[k].id,
            document=suite.cases[k].doc,
            src=suite.cases[k].src,
            ref=suite.cases[k].refs[0],
            mt=hypotheses.outputs[k],
            score=float(segment_scores[k]),
            baseline_mt=baseline.outputs[k] if baseline else None,
            baseline_score=float(other[k]) if other is not None else None,
            faults=tuple(faults[k]),
        )
        for k in order
    )


def _missed_names(suite: Suite, outputs: Sequence[str]) -> tuple[NameResult, ...]:
    """Count each name over all its occurrences; a term that is also an entity counts as the entity."""
    expected: Counter[tuple[str, str, str]] = Counter()
    found: Counter[tuple[str, str, str]] = Counter()
    for case, mt in zip(suite.cases, outputs, strict=True):
        folded = names.fold_name(mt)
        sources = {entity.source for entity in case.entities}
        for item in (*case.entities, *(term for term in case.terms if term.source not in sources)):
            key = (item.source, item.target, item.type)
            expected[key] += 1
            found[key] += names.find_form(item, folded) is not None
    missed = sorted(
        (key for key in expected if found[key] < expected[key]), key=lambda k: found[k] - expected[k]
    )
    return tuple(
        NameResult(source=s, target=t, type=kind, expected=expected[(s, t, kind)], found=found[(s, t, kind)])
        for s, t, kind in missed[:_MAX_NAMES]
    )


def _faults(case: Case, mt: str) -> list[str]:
    """What is certainly wrong with an output, in words."""
    if case.sentences:
        tests = (
            ("a number that the article lacks", brief_checks.unsupported_numbers),
            ("a name that the article lacks", brief_checks.unsupported_names),
        )
        return ["empty"] * (not mt.strip()) + [words for words, count in tests if count(case, mt)[0]]
    found = [words for words, test in _FAULTS if test(case, mt)]
    if "nonumcheck" not in case.tags:
        found += [f"number {q.text} missing" for q in numbers.kept(case.src, mt, case.refs)[1]]
    found += [f"number {q.text} invented" for q in numbers.invented(case.src, mt, case.refs)]
    folded = names.fold_name(mt)
    found += [f"name {e.target} missing" for e in case.entities if names.find_form(e, folded) is None]
    return list(dict.fromkeys(found))


_FAULTS = (
    ("empty", checks.is_empty),
    ("Arabic left", checks.is_untranslated),
    ("repeats itself", checks.has_loop),
    ("far too short or long", checks.has_bad_length),
)
