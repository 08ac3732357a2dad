"""Prove that a gate stops bad systems and lets equal ones pass.

In: a gates file and suites. Out: which damaged systems were stopped, by which rules, and how often an
identical system, and a twin of equal quality, were stopped by mistake. No model is needed: outputs are made
from references. Not here: the damage itself (damage).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from khabar_core.errors import InputError
from khabar_eval.cases import Suite
from khabar_eval.damage import DAMAGES, Damage, imitate
from khabar_eval.gating import Gates, Judged, apply_gates
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.metrics import Statistics, default_metrics
from khabar_eval.resampling import Sampling
from khabar_eval.results import SystemResult, Verdict
from khabar_eval.scoring import ScoringOptions, score_system

__all__ = ["DamageResult", "SelfTest", "run_selftest", "selftest_text"]

MAX_FALSE_ALARMS = 0.05
# Enough for 0.05 shared by 40 rules; fewer than a gate's own, because twins are judged 200 times.
_SAMPLING = Sampling(bootstrap=40, trials=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageResult:
    """What became of one damaged system.

    Attributes:
        damage: its name.
        suites: the suites that it was done to.
        stopped_by: metrics of the hard rules that it missed.
        seen_by: metrics, one of which was expected among them.
    """

    damage: str
    suites: tuple[str, ...]
    stopped_by: tuple[str, ...]
    seen_by: tuple[str, ...]

    @property
    def stopped(self) -> bool:
        """Whether a hard rule that is about this damage was missed."""
        return any(metric in self.seen_by for metric in self.stopped_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """The result.

    Attributes:
        gate: name of the gates.
        damages: one result for each damaged system.
        untested: damages that no suite allows, or that the gates have no hard rule for.
        good_stopped_by: metrics of hard rules that stop even the undamaged outputs; such rules prove nothing.
        repeats: how often each equal system was judged, with another seed each time.
        identical_stopped: how often the very same outputs were stopped.
        twins_stopped: how often outputs of equal quality were stopped.
    """

    gate: str
    damages: tuple[DamageResult, ...]
    untested: tuple[str, ...]
    good_stopped_by: tuple[str, ...]
    repeats: int
    identical_stopped: int
    twins_stopped: int

    @property
    def passed(self) -> bool:
        """All damaged systems stopped, false alarms rare."""
        alarms = max(self.identical_stopped, self.twins_stopped)
        return (
            not self.good_stopped_by
            and all(damage.stopped for damage in self.damages)
            and alarms <= MAX_FALSE_ALARMS * self.repeats
        )


def run_selftest(
    gates: Gates,
    suites: Sequence[Suite],
    *,
    repeats: int = 200,
    seed: int = 1,
    progress: Callable[[str], None] = lambda text: None,
) -> SelfTest:
    """Judge damaged, identical and equally good systems by a gate.

    Args:
        gates: floors and ceilings are applied to the imitated outputs, which score higher than a model's.
        suites: what to imitate outputs for.
        repeats: judgements of identical and equal systems.
        seed: of outputs and damage; resampling seeds follow it.
        progress: told what is being done.

    Raises:
        InputError: no damage can be tested with these rules and suites.
    """
    gates = replace(gates, sampling=replace(_SAMPLING, seed=seed, resample=gates.sampling.resample))
    good = {suite.name: tuple(imitate(suite, seed)) for suite in suites}
    store = Statistics()
    undamaged = [_judged(suite, good[suite.name], good[suite.name], gates, store) for suite in suites]
    good_stopped_by = {v.metric for v in _stopping(apply_gates(gates, undamaged, store))}
    damages, untested = [], []
    for name, damage in DAMAGES.items():
        concerned = [suite for suite in suites if damage.concerns(suite)]
        hard = {rule.metric for rule in gates.rules if rule.tier == "hard"}
        if not concerned or not hard & set(damage.seen_by):
            untested.append(name)
            continue
        progress(name)
        damages.append(_judge_damage(name, damage, gates, suites, (good, store, seed)))
    if not damages:
        raise InputError("the gate has no hard rule that could stop a damaged system", where=gates.name)
    progress(f"{repeats} times an identical and an equally good system")
    identical, twins = _false_alarms(gates, suites, good, repeats, seed)
    return SelfTest(
        gate=gates.name,
        damages=tuple(damages),
        untested=tuple(untested),
        good_stopped_by=tuple(sorted(good_stopped_by)),
        repeats=repeats,
        identical_stopped=identical,
        twins_stopped=twins,
    )


def selftest_text(result: SelfTest) -> str:
    """The result for a terminal."""
    lines = []
    for item in result.damages:
        word = "stopped" if item.stopped else "NOT STOPPED"
        by = ", ".join(item.stopped_by) or f"expected {' or '.join(item.seen_by)}"
        lines.append(f"{word:<12} {item.damage:<28} {by}")
    if result.good_stopped_by:
        lines.append(f"even undamaged outputs miss the rules for {', '.join(result.good_stopped_by)}")
    lines += [f"{'not tested':<12} {name}" for name in result.untested]
    for words, count in (
        ("identical system", result.identical_stopped),
        ("equal system", result.twins_stopped),
    ):
        share = count / result.repeats if result.repeats else 0.0
        lines.append(f"{words}: stopped {count} of {result.repeats} times ({share:.1%}, at most 5% allowed)")
    lines.append(f"self-test of gate {result.gate} {'passed' if result.passed else 'FAILED'}")
    return "\n".join(lines) + "\n"


def _judge_damage(
    name: str,
    damage: Damage,
    gates: Gates,
    suites: Sequence[Suite],
    context: tuple[dict[str, tuple[str, ...]], Statistics, int],
) -> DamageResult:
    """Damage the outputs of all suites that allow it; the others stay good."""
    good, store, seed = context
    judged, touched = [], []
    for suite in suites:
        outputs = good[suite.name]
        if damage.concerns(suite):
            outputs = tuple(damage.apply(suite, outputs, random.Random(f"{name}-{suite.name}-{seed}")))
            touched.append(suite.name)
        judged.append(_judged(suite, outputs, good[suite.name], gates, store))
    missed = [v.metric for v in _stopping(apply_gates(gates, judged, store))]
    return DamageResult(
        damage=name,
        suites=tuple(touched),
        stopped_by=tuple(dict.fromkeys(missed)),
        seen_by=damage.seen_by,
    )


def _false_alarms(
    gates: Gates, suites: Sequence[Suite], good: dict[str, tuple[str, ...]], repeats: int, seed: int
) -> tuple[int, int]:
    """How often the same outputs, and outputs of equal quality, are stopped.

    Twins: two imitations of each suite; at each repeat every segment goes by a coin to one system or the
        other, so
    that neither is better than the other.
    """
    # Monitored and soft rules stop nothing; a ceiling on good outputs would be missed each time or never.
    rules = tuple(rule for rule in gates.rules if rule.tier == "hard" and rule.max_loss is not None)
    if not rules:
        return 0, 0
    gates = replace(gates, rules=rules)
    other = {suite.name: tuple(imitate(suite, seed + 1000)) for suite in suites}
    fixed = Statistics()
    identical = twins = 0
    rng = random.Random(f"twins-{seed}")
    same = [_judged(suite, good[suite.name], good[suite.name], gates, fixed) for suite in suites]
    for k in range(repeats):
        now = replace(gates, sampling=replace(gates.sampling, seed=seed + k))
        identical += bool(_stopping(apply_gates(now, same, fixed)))
        store = Statistics()
        pairs = []
        for suite in suites:
            coin = [rng.random() < 0.5 for _ in suite.cases]
            first, second = _mix(suite, (good[suite.name], other[suite.name]), coin, gates, (fixed, store))
            pairs.append(_judged(suite, first, second, now, store))
        twins += bool(_stopping(apply_gates(now, pairs, store)))
    return identical, twins


def _mix(
    suite: Suite,
    outputs: tuple[tuple[str, ...], tuple[str, ...]],
    coin: Sequence[bool],
    gates: Gates,
    stores: tuple[Statistics, Statistics],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Swap the outputs of a segment where the coin says so, and their statistics along with them."""
    a, b = outputs
    first = tuple(x if heads else y for heads, x, y in zip(coin, a, b, strict=True))
    second = tuple(y if heads else x for heads, x, y in zip(coin, a, b, strict=True))
    fixed, store = stores
    heads = np.array(coin)[:, None]
    for name in {rule.metric for rule in gates.rules}:
        rows_a, rows_b = (fixed.measure(name, suite.cases, texts) for texts in (a, b))
        store.put(suite.cases, first, replace(rows_a, rows=np.where(heads, rows_a.rows, rows_b.rows)))
        store.put(suite.cases, second, replace(rows_a, rows=np.where(heads, rows_b.rows, rows_a.rows)))
    return first, second


def _judged(
    suite: Suite, outputs: tuple[str, ...], baseline: tuple[str, ...], gates: Gates, store: Statistics
) -> Judged:
    new = Hypotheses(system="new", signature="selftest", outputs=outputs)
    old = Hypotheses(system="old", signature="selftest", outputs=baseline)
    return Judged(suite, _light_result(suite, new, gates, store), new, old)


def _light_result(suite: Suite, hypotheses: Hypotheses, gates: Gates, store: Statistics) -> SystemResult:
    """Only the scores that the rules ask for, of those that an evaluation of the suite would have."""
    usual = default_metrics(suite.kind)
    asked = dict.fromkeys(rule.metric for rule in gates.rules)
    names = tuple(name for name in asked if name.split(":")[0] in usual)
    options = ScoringOptions(metrics=names, sampling=_SAMPLING, worst=0, breakdowns=False)
    return score_system(suite, hypotheses, options, store=store)


def _stopping(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [v for v in verdicts if v.outcome == "missed" and v.tier == "hard"]
