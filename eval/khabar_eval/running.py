"""Run systems over suites, score them, and judge them: the one function behind `khabar evaluate`.

In: suites, systems, perhaps a baseline and gates. Out: an `Evaluation`. Not here: how any of it is computed
or shown.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from khabar_core.errors import InputError, UsageError
from khabar_eval.baseline import Baseline
from khabar_eval.cases import Suite, subset
from khabar_eval.gating import Gates, Judged, apply_gates, skipped_rules
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.metrics import Statistics, check_metrics, default_metrics
from khabar_eval.resampling import Sampling, n_resampled
from khabar_eval.results import Evaluation, SuiteResult
from khabar_eval.scoring import ScoringOptions, describe_suite, score_system
from khabar_eval.systems import System, collect

__all__ = ["Plan", "evaluate", "pick_suites"]

_ESCAPE = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|quot|apos|amp|lt|gt|nbsp);")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to compare and how.

    Attributes:
        baseline: outputs to compare every system with; without one the first of several systems takes its
            place.
        gates: rules; their resampling settings replace those of `scoring`.
        scoring: metrics, resamples, how much detail.
        cache: folder for outputs.
        provenance: facts for the reports that the caller knows (command, commit, time).
        progress: told what is being done, in words.
    """

    baseline: Baseline | None = None
    gates: Gates | None = None
    scoring: ScoringOptions = field(default_factory=ScoringOptions)
    cache: Path | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] = lambda text: None


def evaluate(suites: Sequence[Suite], systems: Sequence[System], plan: Plan = Plan()) -> Evaluation:
    """Evaluate every system on every suite.

    Raises:
        UsageError: no suite, no system, or two of one name.
        InputError: data that cannot be judged.
        ModelError: a system failed.
    """
    if not suites or not systems:
        raise UsageError("nothing to evaluate: at least one suite and one system are needed")
    for kind, names, hint in (
        (
            "suite",
            [s.name for s in suites],
            "files are named without their suffix; a manifest names its suite",
        ),
        ("system", [s.name for s in systems], "give each its own name: NAME=…"),
    ):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise UsageError(f"two {kind}s are called {twice!r}", hint=hint)
    scoring = replace(plan.scoring, sampling=plan.gates.sampling) if plan.gates else plan.scoring
    for suite in suites:
        check_metrics(scoring.metrics or default_metrics(suite.kind), suite.kind)
    results, judged, notes, store = [], [], [], Statistics()
    for suite in suites:
        outputs = []
        for system in systems:
            plan.progress(f"{system.name} on {suite.name} ({len(suite.cases)} segments)")
            outputs.append(collect(system, suite, plan.cache))
        notes += [note for found in outputs if (note := _escapes(suite, found))]
        stored = plan.baseline.hypotheses(suite, scoring.metrics, store) if plan.baseline else None
        result, concerned = _score_suite(suite, (outputs, stored), scoring, store)
        results.append(result)
        judged += concerned
    _check_measured(results, scoring.metrics)
    verdicts = apply_gates(plan.gates, judged, store) if plan.gates else ()
    return Evaluation(
        suites=tuple(results),
        verdicts=verdicts,
        gate=plan.gates.name if plan.gates else None,
        passed=not any(v.outcome == "missed" and v.tier == "hard" for v in verdicts) if plan.gates else None,
        provenance={**_versions(), **plan.provenance},
        notes=(*notes, *_notes(results, plan, suites)),
    )


def pick_suites(suites: Sequence[Suite], sizes: Mapping[str, int], limit: int | None = None) -> list[Suite]:
    """Cut suites down to the sizes that gates or the user ask for; 0 keeps all segments."""
    chosen = []
    for suite in suites:
        size = limit if limit is not None else sizes.get(suite.name, 0)
        small = subset(suite, size) if size else suite
        if small is not suite:
            small = replace(small, metadata={**suite.metadata, "subset_of": suite.name})
        chosen.append(small)
    return chosen


def _score_suite(
    suite: Suite,
    compared: tuple[Sequence[Hypotheses], Hypotheses | None],
    scoring: ScoringOptions,
    store: Statistics,
) -> tuple[SuiteResult, list[Judged]]:
    """Score all systems of a suite; they are held to the baseline file, or else to the first system."""
    outputs, stored = compared
    baseline = stored or (outputs[0] if len(outputs) > 1 else None)
    scored, judged = [], []
    for hypotheses in outputs:
        other = None if hypotheses is baseline else baseline
        result = score_system(suite, hypotheses, scoring, other, store)
        if not result.scores:
            names = ", ".join(scoring.metrics) or "any metric"
            raise InputError(f"nothing to measure {names} on", where=suite.name)
        scored.append(result)
        judged.append(Judged(suite, result, hypotheses, other, is_baseline=hypotheses is baseline))
    name = None
    if baseline is not None:
        name = f"{baseline.system} (baseline)" if stored else baseline.system
    return SuiteResult(suite=describe_suite(suite), systems=tuple(scored), baseline=name), judged


def _check_measured(results: Sequence[SuiteResult], wanted: Sequence[str]) -> None:
    """Refuse to pass over a metric that was asked for and that no suite could measure."""
    measured = {s.metric for result in results for system in result.systems for s in system.scores}
    for name in wanted:
        if name not in measured:
            names = ", ".join(result.suite.name for result in results)
            raise InputError(f"nothing to measure {name} on", where=names, hint="leave out --metric " + name)


def _notes(results: Sequence[SuiteResult], plan: Plan, suites: Sequence[Suite]) -> tuple[str, ...]:
    n_tests = sum(len(system.comparisons) for result in results for system in result.systems)
    notes = []
    if n_tests > 1:
        notes.append(
            f"{n_tests} comparisons: about {0.05 * n_tests:.1f} would show p < 0.05 by chance alone. "
            + (
                "The p-values of the gate are adjusted for the number of its rules (Holm)."
                if plan.gates and plan.gates.correction == "holm"
                else "The p-values are not adjusted for that."
            )
        )
    notes.append(_resampled(suites, plan.gates.sampling if plan.gates else plan.scoring.sampling))
    briefs = not plan.scoring.metrics and any(suite.kind == "brief" for suite in suites)
    if briefs and "ROUGE-L" not in default_metrics("brief"):
        notes.append('ROUGE was left out: it needs rouge-score (pip install "khabar[rouge]").')
    skipped = skipped_rules(plan.gates, suites) if plan.gates else []
    if skipped:
        names = ", ".join(dict.fromkeys(rule.metric for rule in skipped))
        notes.append(f"{len(skipped)} rules are about suites that were not run: {names}.")
    if any(result.suite.n_segments < 100 for result in results):
        notes.append("Suites of fewer than 100 segments show only large differences.")
    return tuple(notes)


def _escapes(suite: Suite, hypotheses: Hypotheses) -> str:
    """Services that were made for web pages send `&#39;` for an apostrophe, which every metric counts."""
    n_escaped = sum(
        _ESCAPE.search(mt) is not None and not any(_ESCAPE.search(text) for text in (case.src, *case.refs))
        for case, mt in zip(suite.cases, hypotheses.outputs, strict=True)
    )
    if not n_escaped:
        return ""
    return (
        f"{n_escaped} of {len(suite.cases)} outputs of {hypotheses.system} on {suite.name} hold HTML escapes "
        "such as &#39;, which count as errors."
    )


def _resampled(suites: Sequence[Suite], sampling: Sampling) -> str:
    """What intervals and tests draw and swap, and what that means for these suites."""
    text = f"Intervals and tests resample {sampling.resample}"
    if sampling.resample == "documents":
        counts = (f"{n_resampled(sampling, suite.documents)} in {suite.name}" for suite in suites)
        return f"{text}: {', '.join(counts)}."
    if any(1 < suite.n_documents < len(suite.cases) for suite in suites):
        return f"{text}; those of one document are alike, so that intervals are a little too narrow."
    return f"{text}."


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("khabar", "sacrebleu", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed as a package"
    return found
