"""Gates stop what is significant and large, and never pass on no data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import InputError, UsageError
from khabar_eval.cases import Suite
from khabar_eval.gating import Gates, Judged, Rule, apply_gates, bundled_gates, holm, load_gates
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.resampling import Sampling
from khabar_eval.results import Verdict
from khabar_eval.scoring import ScoringOptions, score_system

QUICK = Sampling(bootstrap=200, trials=200)
Make = Callable[..., Hypotheses]


def judge(
    suite: Suite, new: Hypotheses, old: Hypotheses | None, *rules: Rule, **options: object
) -> list[Verdict]:
    scoring = ScoringOptions(sampling=QUICK, breakdowns=False)
    result = score_system(suite, new, scoring, old)
    gates = Gates(name="test", rules=rules, sampling=QUICK, **options)  # type: ignore[arg-type]
    return list(apply_gates(gates, [Judged(suite, result, new, old)]))


def test_a_large_significant_loss_is_missed(suite: Suite, spoiled: Make) -> None:
    (verdict,) = judge(suite, spoiled(0.4), spoiled(0.1), Rule(metric="chrF2++", max_loss=1.0))
    assert verdict.outcome == "missed"
    assert "significant" in verdict.text


def test_a_significant_loss_below_the_minimum_effect_passes(suite: Suite, spoiled: Make) -> None:
    (verdict,) = judge(suite, spoiled(0.4), spoiled(0.1), Rule(metric="chrF2++", max_loss=90.0))
    assert verdict.outcome == "pass"


def test_a_large_loss_by_chance_passes(suite: Suite, spoiled: Make) -> None:
    """Two of forty outputs empty is more than the rule allows, but no evidence."""
    good = spoiled(0.0)
    bad = replace(good, outputs=("", "", *good.outputs[2:]))
    (verdict,) = judge(suite, bad, good, Rule(metric="empty", max_loss=0.01))
    assert verdict.outcome == "pass"
    assert "not significant" in verdict.text


def test_a_large_significant_gain_is_reported(suite: Suite, spoiled: Make) -> None:
    (verdict,) = judge(suite, spoiled(0.1), spoiled(0.4), Rule(metric="TER", max_loss=1.0))
    assert verdict.outcome == "improved"


def test_the_direction_of_the_metric_counts(suite: Suite, spoiled: Make) -> None:
    (verdict,) = judge(suite, spoiled(0.4), spoiled(0.1), Rule(metric="TER", max_loss=1.0))
    assert verdict.outcome == "missed"


def test_floors_and_ceilings_need_no_baseline(suite: Suite, spoiled: Make) -> None:
    verdicts = judge(
        suite, spoiled(0.2), None, Rule(metric="chrF2++", at_least=99.0), Rule(metric="empty", at_most=0.0)
    )
    assert [(v.metric, v.outcome) for v in verdicts] == [("chrF2++", "missed"), ("empty", "pass")]


def test_slices_are_judged_alone(suite: Suite, spoiled: Make) -> None:
    good = spoiled(0.0)
    wet = [k for k, case in enumerate(suite.cases) if "rain" in case.tags]
    bad = replace(good, outputs=tuple("word" if k in wet else mt for k, mt in enumerate(good.outputs)))
    verdicts = judge(
        suite,
        bad,
        good,
        Rule(metric="chrF2++", max_loss=1.0, slice="tag=rain"),
        Rule(metric="number_fidelity", at_least=1.0, slice="document=d0"),
    )
    assert [v.outcome for v in verdicts] == ["missed", "missed"]
    assert "in tag=rain" in verdicts[0].text + verdicts[1].text
    with pytest.raises(InputError, match="no segment of suite 'small' has tag=snow"):
        judge(suite, bad, good, Rule(metric="chrF2++", max_loss=1.0, slice="tag=snow"))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule(metric="name_recall:weapon", at_least=0.5), "no suite of this run measures name_recall:weapon"),
        (Rule(metric="chrF2++", max_loss=1.0), "needs a baseline for suite 'small'"),
        (Rule(metric="chrF2++", at_least=1.0, suites=("other",)), "no rule concerns the suites"),
        (Rule(metric="name_recall:weapon", at_least=0.5, suites=("small",)), "nothing to measure"),
    ],
)
def test_nothing_to_judge_is_an_error(rule: Rule, message: str, suite: Suite, spoiled: Make) -> None:
    with pytest.raises(InputError, match=message):
        judge(suite, spoiled(0.1), None, rule)


def test_too_few_segments_are_an_error(suite: Suite, spoiled: Make) -> None:
    with pytest.raises(InputError, match="5 segments cannot test"):
        judge(suite, spoiled(0.1), spoiled(0.2), Rule(metric="chrF2++", max_loss=1.0, slice="document=d0"))
    one = replace(suite, cases=suite.cases[:1])
    outputs = replace(spoiled(0.1), outputs=("x",))
    with pytest.raises(InputError, match="1 segments cannot test"):
        judge(one, outputs, outputs, Rule(metric="chrF2++", max_loss=1.0))


def test_a_rule_can_leave_suites_out(suite: Suite, spoiled: Make) -> None:
    rules = [
        Rule(metric="chrF2++", at_least=99.0, without=("small",)),
        Rule(metric="chrF2++", at_least=98.0, without=("other",)),
    ]
    assert [v.rule for v in judge(suite, spoiled(0.2), None, *rules)] == ["chrF2++ must be at least 98"]
    with pytest.raises(UsageError, match="without must be a list of names, got 'small'"):
        Rule(metric="chrF2++", at_least=1.0, without="small")  # type: ignore[arg-type]


def test_too_few_documents_are_an_error(suite: Suite, spoiled: Make, tmp_path: Path) -> None:
    path = tmp_path / "g.toml"
    rule = '[[rule]]\nmetric = "chrF2++"\nmax_loss = 1.0\n'
    path.write_text(f'schema = 1\nresample = "documents"\ntrials = 200\n{rule}', encoding="utf-8")
    gates = load_gates(str(path))
    new, old = spoiled(0.3), spoiled(0.1)
    result = score_system(suite, new, ScoringOptions(sampling=gates.sampling), old)
    with pytest.raises(InputError, match=r"small: 8 documents cannot test chrF2\+\+; 10 are needed"):
        apply_gates(gates, [Judged(suite, result, new, old)])


def test_gates_that_could_never_be_missed_are_an_error(suite: Suite, spoiled: Make) -> None:
    rules = [Rule(metric=m, max_loss=1.0) for m in ("BLEU", "chrF2++", "TER")]
    with pytest.raises(InputError, match=r"200 trials cannot show significance at 0\.01 for 3"):
        judge(suite, spoiled(0.1), spoiled(0.2), *rules, alpha=0.01)


def test_monitored_and_soft_rules_come_after_hard_ones(suite: Suite, spoiled: Make) -> None:
    rules = [Rule(metric="chrF2++", at_least=99.9, tier=tier) for tier in ("monitor", "soft", "hard")]
    assert [v.tier for v in judge(suite, spoiled(0.2), None, *rules)] == ["hard", "soft", "monitor"]


def test_rules_that_stop_nothing_do_not_weaken_those_that_do(suite: Suite, spoiled: Make) -> None:
    """Holm counts the rules of each tier for themselves."""
    names = ("BLEU", "TER", "bad_length", "empty")
    soft = [Rule(metric=name, max_loss=1.0, tier="soft") for name in names]
    hard = Rule(metric="chrF2++", max_loss=0.0)
    alone = judge(suite, spoiled(0.2), spoiled(0.1), hard, alpha=0.04)
    together = judge(suite, spoiled(0.2), spoiled(0.1), hard, *soft, alpha=0.04)
    p_values = {v.metric: v.p_value for v in together if v.tier == "hard"}
    assert p_values["chrF2++"] == alone[0].p_value


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_holm_keeps_order_and_never_lowers(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(a >= p and a <= 1 for a, p in zip(adjusted, p_values, strict=True))
    assert adjusted[p_values.index(min(p_values))] == min(1.0, min(p_values) * len(p_values))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[k] for k in order] == sorted(adjusted)


def test_holm_on_a_worked_case() -> None:
    """Thresholds 0.05/4, 0.05/3, ...: of 0.01, 0.02, 0.03, 0.005 only the first and last are significant."""
    adjusted = holm([0.01, 0.02, 0.03, 0.005])
    assert [p < 0.05 for p in adjusted] == [True, True, True, True]
    assert adjusted == pytest.approx([0.03, 0.04, 0.04, 0.02])


@pytest.mark.parametrize("name", bundled_gates())
def test_bundled_gates_load(name: str) -> None:
    gates = load_gates(name)
    assert gates.name == name
    assert any(rule.tier == "hard" for rule in gates.rules)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = 1\n", "no rules: such a gate would pass anything"),
        ("schema = 2\n", "schema 2, this khabar reads 1"),
        ("schema = 1\ncolour = 3\n", "unknown key 'colour'"),
        ('schema = 1\n[[rule]]\nmetric = "chrF2++"\n', "rule 1: rule for chrF2.* needs max_loss"),
        ('schema = 1\n[[rule]]\nmetric = "chrf"\nat_least = 1\n', "rule 1: no metric 'chrf'"),
        ('schema = 1\n[[rule]]\nmetric = "BLEU"\nat_least = nan\n', "rule 1: rule for BLEU needs"),
        ('schema = 1\n[[rule]]\nmetric = "BLEU"\nat_least = 1\ntier = "harsh"\n', "tier must be one of"),
        ('schema = 1\n[[rule]]\nmetric = "BLEU"\natleast = 1\n', "unknown key 'atleast'"),
        ('schema = 1\nalpha = 7\n[[rule]]\nmetric = "BLEU"\nat_least = 1\n', "alpha must be in 0..1"),
        (
            'schema = 1\ntrials = 3\n[[rule]]\nmetric = "BLEU"\nat_least = 1\n',
            "trials must be a whole number from 40",
        ),
        ("schema = ", "not TOML"),
    ],
)
def test_bad_gates_files_say_what_is_wrong(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "g.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_gates(str(path))


def test_a_score_is_finite_or_absent(suite: Suite, spoiled: Make) -> None:
    result = score_system(suite, spoiled(0.3), ScoringOptions(sampling=QUICK))
    assert all(math.isfinite(score.value) and score.n > 0 for score in result.scores)
    assert result.score("name_recall:place") is not None
    assert result.score("name_recall:person") is None
