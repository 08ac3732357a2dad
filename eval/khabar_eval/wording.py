"""How scores, differences and verdicts are put into words, the same in every report.

In: records. Out: short plain text. Not here: markup and escaping (each report does its own).
"""

from __future__ import annotations

from khabar_core.records import Score
from khabar_eval.resampling import Comparison
from khabar_eval.results import Evaluation, SuiteInfo, SuiteResult, SystemResult, Verdict

__all__ = [
    "DESCRIPTIVE",
    "compared",
    "describe_score",
    "difference",
    "evidence",
    "headline",
    "number",
    "suite_facts",
    "summary_text",
    "verdict_line",
]

_OUTCOMES = {"missed": "MISSED", "improved": "improved", "pass": "pass"}
ALPHA = 0.05
# Metrics that describe: more is neither better nor worse.
DESCRIPTIVE = ("compression", "novel_bigrams")


def number(metric: str, value: float) -> str:
    """A value with as many decimals as its scale deserves: 1 for 0..100 scores, 3 for rates."""
    return f"{value:.1f}" if metric in ("BLEU", "chrF2++", "TER") else f"{value:.3f}"


def describe_score(score: Score) -> str:
    """`59.9 [58.2, 61.5]`."""
    text = number(score.metric, score.value)
    if score.interval is None:
        return text
    low, high = (number(score.metric, x) for x in score.interval)
    return f"{text} [{low}, {high}]"


def difference(comparison: Comparison) -> str:
    """The difference with its sign, e.g. `-1.2`."""
    text = number(comparison.metric, abs(comparison.difference))
    return ("+" if comparison.difference >= 0 else "-") + text


def compared(comparison: Comparison) -> str:
    """`-1.2, p = 0.0312, significant`; where both values are the same, that alone."""
    if comparison.difference == 0 and comparison.p_randomisation == 1:
        return "same value"
    p_value = comparison.p_randomisation
    return f"{difference(comparison)}, p = {p_value:.4f}, {evidence(p_value)}"


def evidence(p_value: float, alpha: float = ALPHA) -> str:
    """What a p-value allows to say; never that two systems are equal."""
    return "significant" if p_value < alpha else "no significant difference"


def verdict_line(verdict: Verdict) -> str:
    """One line for one verdict."""
    return f"{_OUTCOMES[verdict.outcome]} ({verdict.tier}) {verdict.suite}/{verdict.system}: {verdict.text}"


def headline(evaluation: Evaluation) -> str:
    """One sentence that says pass or fail."""
    if evaluation.passed is None:
        return "No gate was applied."
    counts = dict.fromkeys(_OUTCOMES, 0)
    for verdict in evaluation.verdicts:
        counts[verdict.outcome] += 1
    hard = sum(v.outcome == "missed" and v.tier == "hard" for v in evaluation.verdicts)
    word = "passed" if evaluation.passed else "missed"
    return (
        f"Gate {evaluation.gate} {word}: {len(evaluation.verdicts)} checks, {hard} hard missed, "
        f"{counts['missed'] - hard} others missed, {counts['improved']} improved."
    )


def summary_text(evaluation: Evaluation) -> str:
    """The result for a terminal: a table a suite, then verdicts that are not plain passes, then notes."""
    parts = [_suite_table(result) for result in evaluation.suites]
    if evaluation.passed is not None:
        lines = [verdict_line(v) for v in evaluation.verdicts if v.outcome != "pass"]
        parts.append("\n".join([headline(evaluation), *lines]))
    parts += [f"note: {note}" for note in evaluation.notes]
    return "\n\n".join(parts) + "\n"


def suite_facts(info: SuiteInfo) -> list[str]:
    """How large a suite is."""
    documents = [f"{info.n_documents} documents"] if info.n_documents else []
    return [f"{info.n_segments} segments", *documents, f"{info.n_words} source words"]


def _suite_table(result: SuiteResult) -> str:
    info = result.suite
    head = f"{info.name} ({', '.join(suite_facts(info))}, digest {info.digest})"
    return "\n".join([head, *(_system_rows(system, result.baseline) for system in result.systems)])


def _system_rows(system: SystemResult, baseline: str | None) -> str:
    by_metric = {comparison.metric: comparison for comparison in system.comparisons}
    speed = f", {system.words_per_second:.0f} words/s" if system.words_per_second else ""
    rows = [f"  {system.name}{speed}"]
    for score in system.scores:
        arrow = "higher is better" if score.higher_is_better else "lower is better"
        if score.metric in DESCRIPTIVE:
            arrow = "descriptive"
        row = f"    {score.metric:<20} {describe_score(score):<24} n={score.n} {score.unit}, {arrow}"
        comparison = by_metric.get(score.metric)
        if comparison is not None:
            row += f"; to {baseline}: {compared(comparison)}"
        rows.append(row)
    return "\n".join(rows)
