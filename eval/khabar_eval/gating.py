"""Rules that say pass or fail.

In: a gates file and the results of all systems and suites. Out: one `Verdict` a rule, suite and system. A
rule against a baseline is missed when the loss is significant AND at least as large as the rule allows; a
floor or ceiling when the value is beyond it. Hard rules stop, soft ones warn, monitored ones are only
reported.

    schema = 1
    alpha = 0.05                # of all rules of a tier together, see `correction`
    correction = "holm"         # or "none"
    test = "randomisation"      # or "bootstrap"
    trials = 10000
    resample = "segments"       # or "documents"
    [suites]                    # what to run when the command line names no suite; 0 means all segments
    news = 60
    [[rule]]
    metric = "chrF2++"
    tier = "hard"               # hard, soft, monitor
    max_loss = 1.0              # in units of the metric, in its bad direction
    at_least = 40.0             # floor; at_most is a ceiling
    suites = ["news"]           # default: every suite that can measure it
    without = ["stress"]        # but not these
    slice = "topic=syria"       # default: the whole suite

Not here: the statistics themselves (resampling).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from khabar_core.errors import InputError, UsageError
from khabar_eval.cases import Suite, check_slice, slice_mask
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.manifest import read_toml
from khabar_eval.metrics import Statistics, find_metric
from khabar_eval.resampling import Comparison, Sampling, compare, n_resampled
from khabar_eval.results import SystemResult, Verdict

__all__ = ["Gates", "Judged", "Rule", "apply_gates", "bundled_gates", "holm", "load_gates", "skipped_rules"]

SCHEMA = 1
TIERS = ("hard", "soft", "monitor")
# With fewer segments or documents a paired test says nothing: 2 ** n swaps are all there are.
MIN_UNITS = 10
_LARGEST = 1e6  # no metric comes near it; also refuses what is not a number
_SAMPLING_KEYS = ("bootstrap", "trials", "seed", "resample")
_FOLDER = Path(__file__).parent / "gates"
_OUTCOME_ORDER = {"missed": 0, "improved": 1, "pass": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; see the module's example for the fields."""

    metric: str
    tier: str = "hard"
    max_loss: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    suites: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    slice: str | None = None

    def __post_init__(self) -> None:
        find_metric(self.metric)
        if self.tier not in TIERS:
            raise UsageError(f"tier must be one of {', '.join(TIERS)}, got {self.tier!r}")
        for key, names in (("suites", self.suites), ("without", self.without)):
            if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
                raise UsageError(f"{key} must be a list of names, got {names!r:.40}")
        if self.slice is not None:
            check_slice(self.slice)
        limits = [x for x in (self.max_loss, self.at_least, self.at_most) if x is not None]
        if not limits or not all(abs(x) < _LARGEST for x in limits) or (self.max_loss or 0) < 0:
            raise UsageError(f"rule for {self.metric} needs max_loss >= 0, at_least or at_most, as numbers")

    @property
    def where(self) -> str:
        """` in topic=syria`, or nothing for the whole suite."""
        return f" in {self.slice}" if self.slice else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """A gates file.

    Attributes:
        name: for reports.
        rules: at least one.
        suites: name -> number of segments (0: all) to run when none is named.
        alpha: highest p-value, after correction, that counts as significant.
        correction: "holm" or "none".
        test: "randomisation" or "bootstrap".
        sampling: resamples, trials and seed.
    """

    name: str
    rules: tuple[Rule, ...]
    suites: Mapping[str, int] = field(default_factory=dict)
    alpha: float = 0.05
    correction: str = "holm"
    test: str = "randomisation"
    sampling: Sampling = field(default_factory=Sampling)

    def __post_init__(self) -> None:
        if not self.rules:
            raise InputError("no rules: such a gate would pass anything", where=self.name)
        if not 0 < self.alpha < 1 or self.correction not in ("holm", "none"):
            raise UsageError('alpha must be in 0..1 and correction "holm" or "none"', where=self.name)
        if self.test not in ("randomisation", "bootstrap"):
            raise UsageError('test must be "randomisation" or "bootstrap"', where=self.name)


@dataclass(frozen=True, slots=True)
class Judged:
    """What gates need to know about one system on one suite.

    Attributes:
        suite: what was translated.
        result: its scores.
        hypotheses: its outputs.
        baseline: what it is compared with.
        is_baseline: whether the others are compared with this one; then only limits concern it.
    """

    suite: Suite
    result: SystemResult
    hypotheses: Hypotheses
    baseline: Hypotheses | None
    is_baseline: bool = False


def bundled_gates() -> list[str]:
    """Names of the gates files that come with khabar."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load_gates(name_or_path: str) -> Gates:
    """Read a gates file, or a bundled one by name ("fast", "full").

    Raises:
        InputError: it cannot be read, has unknown keys, or has no rules.
    """
    path = _FOLDER / f"{name_or_path}.toml" if name_or_path in bundled_gates() else Path(name_or_path)
    data = read_toml(path)
    where = str(path)
    _check_keys(
        data,
        ("schema", "suites", "rule", "alpha", "correction", "test", *_SAMPLING_KEYS),
        where,
    )
    if data.get("schema") != SCHEMA:
        raise InputError(f"schema {data.get('schema')!r}, this khabar reads {SCHEMA}", where=where)
    rules = []
    tables = data.get("rule", [])
    for number, item in enumerate(tables if isinstance(tables, list) else [tables], start=1):
        spot = f"{where}: rule {number}"
        if not isinstance(item, dict):
            raise InputError("rules are [[rule]] tables", where=spot)
        _check_keys(item, tuple(Rule.__dataclass_fields__), spot)
        item = {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
        rules.append(_build(Rule, item, spot))
    sampling: dict[str, Any] = {key: data[key] for key in _SAMPLING_KEYS if key in data}
    options: dict[str, Any] = {key: data[key] for key in ("alpha", "correction", "test") if key in data}
    suites = data.get("suites", {})
    if not isinstance(suites, dict) or not all(_is_size(n) for n in suites.values()):
        raise InputError("[suites] gives a number of segments for each name; 0 means all", where=where)
    fields: dict[str, Any] = {"name": path.stem, "rules": tuple(rules), "suites": suites, **options}
    gates: Gates = _build(Gates, {**fields, "sampling": _build(Sampling, sampling, where)}, where)
    return gates


def apply_gates(
    gates: Gates, judged: Sequence[Judged], store: Statistics | None = None
) -> tuple[Verdict, ...]:
    """Judge every system on every suite by every rule that concerns it; the worst verdicts come first.

    Raises:
        InputError: a rule has nothing to measure, no baseline, or too few segments to test, or no rule
            concerns these suites: never a green run on no data.
    """
    store = store or Statistics()
    verdicts: list[Verdict] = []
    tested: list[tuple[Rule, Judged, Comparison]] = []
    for rule in gates.rules:
        concerned = [item for item in judged if _concerns(rule, item)]
        left_out = all(_is_named(rule.without, item.suite) for item in judged)
        if not concerned and not rule.suites and not left_out:
            raise InputError(
                f"no suite of this run measures {rule.metric}{rule.where}",
                where=gates.name,
                hint="name the suite on the command line, or remove the rule",
            )
        for item in concerned:
            verdicts += _check_limits(rule, item, store)
            if rule.max_loss is not None and not item.is_baseline:
                tested.append((rule, item, _comparison(rule, item, gates, store)))
    if not verdicts and not tested:
        raise InputError(
            "no rule concerns the suites of this run", where=gates.name, hint="name other suites"
        )
    # Each tier is a family of its own: rules that stop nothing must not weaken those that do.
    for tier in TIERS:
        family = [entry for entry in tested if entry[0].tier == tier]
        raw = [c.p_randomisation if gates.test == "randomisation" else c.p_bootstrap for _, _, c in family]
        _check_trials(gates, len(raw))
        adjusted = holm(raw) if gates.correction == "holm" else raw
        for (rule, item, comparison), p_value in zip(family, adjusted, strict=True):
            verdicts.append(_judge(rule, item, comparison, p_value, gates.alpha))
    return tuple(sorted(verdicts, key=lambda v: (_OUTCOME_ORDER[v.outcome], TIERS.index(v.tier))))


def skipped_rules(gates: Gates, suites: Sequence[Suite]) -> list[Rule]:
    """The rules that are about suites which are not among these."""
    return [
        rule
        for rule in gates.rules
        if (rule.suites and not any(_is_about(rule, suite) for suite in suites))
        or all(_is_named(rule.without, suite) for suite in suites)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of any false alarm in the family stays below alpha.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted


def _concerns(rule: Rule, item: Judged) -> bool:
    if _is_named(rule.without, item.suite):
        return False
    if rule.suites:
        return _is_about(rule, item.suite)
    return item.result.score(rule.metric) is not None


def _is_about(rule: Rule, suite: Suite) -> bool:
    return _is_named(rule.suites, suite)


def _is_named(names: Sequence[str], suite: Suite) -> bool:
    return any(name in names for name in (suite.name, suite.metadata.get("subset_of", suite.name)))


def _check_limits(rule: Rule, item: Judged, store: Statistics) -> list[Verdict]:
    if rule.at_least is None and rule.at_most is None:
        return []
    value = _slice_value(rule, item, store)
    found = []
    for limit, words, missed in (
        (rule.at_least, "at least", rule.at_least is not None and value < rule.at_least),
        (rule.at_most, "at most", rule.at_most is not None and value > rule.at_most),
    ):
        if limit is not None:
            found.append(
                Verdict(
                    suite=item.suite.name,
                    system=item.result.name,
                    rule=f"{rule.metric}{rule.where} must be {words} {limit:g}",
                    metric=rule.metric,
                    tier=rule.tier,
                    outcome="missed" if missed else "pass",
                    text=f"{rule.metric}{rule.where} is {value:.4g}, {words} {limit:g} is asked",
                    value=value,
                )
            )
    return found


def _slice_value(rule: Rule, item: Judged, store: Statistics) -> float:
    if rule.slice is None:
        score = item.result.score(rule.metric)
        if score is None:
            raise InputError(f"nothing to measure {rule.metric} on", where=item.suite.name)
        return score.value
    measured = store.measure(rule.metric, item.suite.cases, item.hypotheses.outputs)
    value = measured.metric.value(measured.rows[np.array(slice_mask(item.suite, rule.slice))].sum(0))
    if math.isnan(value):
        raise InputError(f"nothing to measure {rule.metric}{rule.where} on", where=item.suite.name)
    return value


def _comparison(rule: Rule, item: Judged, gates: Gates, store: Statistics) -> Comparison:
    if item.baseline is None:
        raise InputError(
            f"the rule for {rule.metric} needs a baseline for suite {item.suite.name!r}",
            where=gates.name,
            hint="give --baseline FILE; khabar baseline update makes one",
        )
    mask = (
        np.array(slice_mask(item.suite, rule.slice)) if rule.slice else np.ones(len(item.suite.cases), bool)
    )
    documents = [case.doc for case, inside in zip(item.suite.cases, mask, strict=True) if inside]
    n_units = n_resampled(gates.sampling, documents)
    if n_units < MIN_UNITS:
        raise InputError(
            f"{n_units} {gates.sampling.resample} cannot test {rule.metric}{rule.where}; "
            f"{MIN_UNITS} are needed",
            where=item.suite.name,
        )
    if rule.slice is None:
        known = next((c for c in item.result.comparisons if c.metric == rule.metric), None)
        if known is not None:
            return known
    ours = store.measure(rule.metric, item.suite.cases, item.hypotheses.outputs)
    theirs = store.measure(rule.metric, item.suite.cases, item.baseline.outputs)
    found = compare([ours.metric], [ours.rows[mask]], [theirs.rows[mask]], gates.sampling, documents)[0]
    if math.isnan(found.difference):
        raise InputError(f"nothing to measure {rule.metric}{rule.where} on", where=item.suite.name)
    return found


def _check_trials(gates: Gates, n_tests: int) -> None:
    """Refuse gates that could never be missed: p-values cannot be smaller than 1 / (trials + 1)."""
    trials = gates.sampling.trials if gates.test == "randomisation" else gates.sampling.bootstrap
    factor = n_tests if gates.correction == "holm" else 1
    if factor / (trials + 1) >= gates.alpha:
        raise InputError(
            f"{trials} trials cannot show significance at {gates.alpha} for {n_tests} comparisons",
            where=gates.name,
            hint=f"use more than {math.ceil(factor / gates.alpha)} trials, or fewer rules",
        )


def _judge(rule: Rule, item: Judged, comparison: Comparison, p_value: float, alpha: float) -> Verdict:
    limit = rule.max_loss or 0.0
    significant = p_value < alpha
    # max_loss 0 means that any significant loss counts.
    beyond = abs(comparison.gain) >= limit and comparison.gain != 0
    outcome = "pass"
    if significant and beyond:
        outcome = "improved" if comparison.gain > 0 else "missed"
    evidence = "significant" if significant else "not significant"
    text = (
        f"{rule.metric}{rule.where} {comparison.baseline:.4g} -> {comparison.value:.4g} "
        f"({comparison.difference:+.4g}, p = {p_value:.4f}, {evidence})"
    )
    return Verdict(
        suite=item.suite.name,
        system=item.result.name,
        rule=f"{rule.metric}{rule.where} must not get worse by {limit:g} or more",
        metric=rule.metric,
        tier=rule.tier,
        outcome=outcome,
        text=text,
        value=comparison.value,
        p_value=p_value,
    )


def _check_keys(data: Mapping[str, Any], allowed: Sequence[str], where: str) -> None:
    unknown = next((key for key in data if key not in allowed), None)
    if unknown is not None:
        raise InputError(f"unknown key {unknown!r}", where=where, hint=", ".join(allowed))


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _build(kind: Any, fields: Mapping[str, Any], where: str) -> Any:
    """Construct an options record; what it refuses is an error of the file."""
    try:
        return kind(**fields)
    except (UsageError, TypeError) as exc:
        raise InputError(str(exc), where=where) from exc
