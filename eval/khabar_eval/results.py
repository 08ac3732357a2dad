"""What an evaluation found, as records; `to_json` of khabar_core makes JSON of them.

In: values from scoring, resampling and gates. Out: frozen dataclasses that all reports are written from. Not
here:
computing or formatting anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from khabar_core.records import Score
from khabar_eval.hypotheses import Usage
from khabar_eval.resampling import Comparison

__all__ = [
    "Breakdown",
    "Evaluation",
    "NameResult",
    "SegmentResult",
    "SuiteInfo",
    "SuiteResult",
    "SystemResult",
    "Verdict",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Scores of one slice: kind is "topic", "document", "length" or "tag"."""

    kind: str
    name: str
    n_segments: int
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameResult:
    """One name or term of a suite: how often a right form stands in the outputs."""

    source: str
    target: str
    type: str
    expected: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentResult:
    """One segment worth looking at.

    Attributes:
        id: of the case.
        document: of the case.
        src: Arabic.
        ref: first reference.
        mt: the output.
        score: of this segment, 0..100, by the `segment_metric` of its system.
        baseline_mt: what the baseline wrote, if there is one.
        baseline_score: its score.
        faults: in words, e.g. "number 17 missing".
    """

    id: str
    document: str
    src: str
    ref: str
    mt: str
    score: float
    baseline_mt: str | None = None
    baseline_score: float | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemResult:
    """One system on one suite.

    Attributes:
        name: of the system.
        signature: how the outputs were made.
        usage: time, memory, size, licence.
        words_per_second: source words; None when the time is unknown.
        cached: whether the outputs were made in an earlier run.
        scores: of the whole suite; metrics without data are left out.
        comparisons: with the baseline; empty without one.
        breakdowns: by slice.
        missed_names: names and terms that are missed at least once, the most often missed first.
        worst: segments, worst first.
        segment_metric: what segments are ranked by.
        segment_scores: of every segment in order, 0..100, rounded to 2 decimals, for plots.
    """

    name: str
    signature: str
    usage: Usage
    words_per_second: float | None
    cached: bool
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    missed_names: tuple[NameResult, ...] = ()
    worst: tuple[SegmentResult, ...] = ()
    segment_metric: str = "chrF2++"
    segment_scores: tuple[float, ...] = ()

    def score(self, metric: str) -> Score | None:
        """The score of a metric, if it was measured."""
        return next((score for score in self.scores if score.metric == metric), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteInfo:
    """What was translated."""

    name: str
    digest: str
    n_segments: int
    n_documents: int
    n_words: int
    n_refs: int
    kind: str = "translate"
    licence: str = ""
    origin: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """All systems on one suite; `baseline` names the one that the others are compared with."""

    suite: SuiteInfo
    systems: tuple[SystemResult, ...]
    baseline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One rule of a gate, applied.

    Attributes:
        suite: name of the suite.
        system: name of the system.
        rule: in words, e.g. "chrF2++ must not drop by 1 or more".
        metric: its name.
        tier: "hard", "soft" or "monitor".
        outcome: "pass", "missed" or "improved".
        text: one sentence with the numbers.
        value: measured now.
        p_value: adjusted for the number of comparisons; None for floors.
    """

    suite: str
    system: str
    rule: str
    metric: str
    tier: str
    outcome: str
    text: str
    value: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything a report needs.

    Attributes:
        suites: one result a suite.
        verdicts: of the gates, worst first; empty when no gate was given.
        gate: name of the gates file, if one was given.
        passed: None without a gate, else whether no hard rule was missed.
        provenance: versions, command, host, time, commit.
        notes: remarks such as the number of comparisons made.
    """

    suites: tuple[SuiteResult, ...]
    verdicts: tuple[Verdict, ...] = ()
    gate: str | None = None
    passed: bool | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
