"""The whole way: suites, systems, baseline, gates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from khabar_core.errors import InputError, UsageError
from khabar_core.records import Signature
from khabar_eval.baseline import load_baseline, write_baseline
from khabar_eval.cases import Suite
from khabar_eval.gating import Gates, Rule
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.resampling import Sampling
from khabar_eval.running import Plan, evaluate, pick_suites
from khabar_eval.scoring import ScoringOptions
from khabar_eval.systems import CallableSystem

QUICK = ScoringOptions(sampling=Sampling(bootstrap=100, trials=200))
Make = Callable[..., Hypotheses]


def system(name: str, hypotheses: Hypotheses) -> CallableSystem:
    outputs = list(hypotheses.outputs)
    return CallableSystem(name, lambda lines, docs: outputs, Signature((("model", name),)))


def test_the_first_of_several_systems_is_the_baseline(suite: Suite, spoiled: Make) -> None:
    systems = [system("a", spoiled(0.1)), system("b", spoiled(0.3)), system("c", spoiled(0.2))]
    (result,) = evaluate([suite], systems, Plan(scoring=QUICK)).suites
    assert result.baseline == "a"
    assert [bool(s.comparisons) for s in result.systems] == [False, True, True]
    assert result.systems[1].comparisons[0].baseline == result.systems[0].scores[0].value


def test_limits_hold_for_the_first_system_too(suite: Suite, spoiled: Make) -> None:
    """It is what the others are compared with, but its own empty outputs must not pass unseen."""
    bad = replace(spoiled(0.1), outputs=("", *spoiled(0.1).outputs[1:]))
    rules = (Rule(metric="empty", at_most=0.0), Rule(metric="chrF2++", max_loss=1.0))
    gates = Gates(name="g", rules=rules, sampling=QUICK.sampling)
    found = evaluate([suite], [system("a", bad), system("b", spoiled(0.1))], Plan(gates=gates))
    assert found.passed is False
    assert {(v.system, v.metric): v.outcome == "missed" for v in found.verdicts} == {
        ("a", "empty"): True,
        ("b", "empty"): False,
        ("b", "chrF2++"): False,
    }


def test_many_comparisons_are_noted(suite: Suite, spoiled: Make) -> None:
    systems = [system("a", spoiled(0.1)), system("b", spoiled(0.3))]
    notes = " ".join(evaluate([suite], systems, Plan(scoring=QUICK)).notes)
    assert "by chance alone" in notes
    assert "not adjusted" in notes
    assert "fewer than 100 segments" in notes


def test_outputs_made_for_web_pages_are_noted(suite: Suite, spoiled: Make) -> None:
    outputs = list(spoiled(0.1).outputs)
    outputs[3] += " Syria&#39;s"
    outputs[5] += " &quot;yes&quot; AT&T; R&amp;D"
    made = Hypotheses(system="web", signature="", outputs=tuple(outputs))
    notes = evaluate([suite], [system("web", made)], Plan(scoring=QUICK)).notes
    assert notes[0].startswith("2 of 40 outputs of web on small hold HTML escapes such as &#39;")


def test_a_fault_is_named_once(suite: Suite) -> None:
    outputs = [case.refs[0] for case in suite.cases]
    outputs[0] += " 999 999 999"
    made = Hypotheses(system="a", signature="", outputs=tuple(outputs))
    (result,) = evaluate([suite], [system("a", made)], Plan(scoring=QUICK)).suites
    assert result.systems[0].worst[0].faults == ("number 999 invented",)


def test_reports_say_what_is_resampled(suite: Suite, spoiled: Make) -> None:
    systems = [system("a", spoiled(0.1)), system("b", spoiled(0.3))]
    found = {}
    for unit in ("segments", "documents"):
        scoring = replace(QUICK, sampling=replace(QUICK.sampling, resample=unit))
        found[unit] = evaluate([suite], systems, Plan(scoring=scoring))
    assert "resample segments; those of one document are alike" in " ".join(found["segments"].notes)
    assert "resample documents: 8 in small." in " ".join(found["documents"].notes)
    scores = {unit: run.suites[0].systems[0].score("BLEU") for unit, run in found.items()}
    assert scores["documents"].signature == f"{scores['segments'].signature}|unit:document"  # type: ignore[union-attr]
    assert scores["documents"].interval != scores["segments"].interval  # type: ignore[union-attr]


def test_a_stored_baseline_judges_every_system(suite: Suite, spoiled: Make, tmp_path: Path) -> None:
    write_baseline(tmp_path / "b.json", [(suite, spoiled(0.1, "old"))], reason="first", date="2024-03-01")
    gates = Gates(name="g", rules=(Rule(metric="chrF2++", max_loss=1.0),), sampling=QUICK.sampling)
    plan = Plan(baseline=load_baseline(tmp_path / "b.json"), gates=gates, scoring=QUICK)
    worse = evaluate([suite], [system("new", spoiled(0.4))], plan)
    assert (worse.passed, worse.suites[0].baseline) == (False, "old (baseline)")
    same = evaluate([suite], [system("new", spoiled(0.1))], plan)
    assert same.passed is True
    assert same.verdicts[0].p_value == 1.0


def test_the_same_run_gives_the_same_numbers(suite: Suite, spoiled: Make) -> None:
    systems = [system("a", spoiled(0.1)), system("b", spoiled(0.12))]
    first, second = (evaluate([suite], systems, Plan(scoring=QUICK)) for _ in range(2))
    timeless = [
        replace(s, usage=None, words_per_second=None)  # type: ignore[arg-type]
        for run in (first, second)
        for s in run.suites[0].systems
    ]
    assert timeless[:2] == timeless[2:]


def test_slices_have_scores_of_their_own(suite: Suite, spoiled: Make) -> None:
    (result,) = evaluate([suite], [system("a", spoiled(0.2))], Plan(scoring=QUICK)).suites
    kinds = {b.kind for b in result.systems[0].breakdowns}
    assert kinds == {"topic", "document", "tag"}
    topic = next(b for b in result.systems[0].breakdowns if b.name == "yemen")
    assert topic.n_segments == 13
    assert {score.metric for score in topic.scores} == {"BLEU", "chrF2++", "number_fidelity", "name_recall"}


def test_the_worst_segment_is_the_one_with_the_wrong_number(suite: Suite) -> None:
    outputs = [case.refs[0] for case in suite.cases]
    outputs[7] = outputs[7].replace("24", "42")
    made = Hypotheses(system="a", signature="", outputs=tuple(outputs))
    (result,) = evaluate([suite], [system("a", made)], Plan(scoring=QUICK)).suites
    worst = result.systems[0].worst[0]
    assert worst.id == "s007"
    assert worst.faults == ("number 24 missing", "number 42 invented")


@pytest.mark.parametrize(("n_suites", "n_systems"), [(0, 1), (1, 0)])
def test_nothing_to_do_is_an_error(n_suites: int, n_systems: int, suite: Suite, spoiled: Make) -> None:
    with pytest.raises(UsageError, match="nothing to evaluate"):
        evaluate([suite] * n_suites, [system("a", spoiled(0.1))] * n_systems)


def test_two_of_one_name_are_refused(suite: Suite, spoiled: Make) -> None:
    with pytest.raises(UsageError, match="two systems are called 'a'"):
        evaluate([suite], [system("a", spoiled(0.1))] * 2)
    with pytest.raises(UsageError, match="two suites are called 'small'"):
        evaluate([suite, suite], [system("a", spoiled(0.1))])


def test_one_segment_has_no_interval_and_no_significance(suite: Suite, spoiled: Make) -> None:
    one = replace(suite, cases=suite.cases[:1])
    systems = [
        system(n, replace(spoiled(r), outputs=spoiled(r).outputs[:1])) for n, r in (("a", 0.0), ("b", 0.5))
    ]
    (result,) = evaluate([one], systems, Plan(scoring=QUICK)).suites
    assert all(score.interval is None for score in result.systems[0].scores)
    assert all(c.p_randomisation == c.p_bootstrap == 1.0 for c in result.systems[1].comparisons)


def test_sizes_come_from_the_gates_or_the_user(suite: Suite) -> None:
    (small,) = pick_suites([suite], {"small": 16})
    assert (small.name, len(small.cases), small.metadata["subset_of"]) == ("small-16", 16, "small")
    assert pick_suites([suite], {"small": 0}) == [suite]
    assert len(pick_suites([suite], {"small": 16}, 8)[0].cases) == 8


def test_a_rule_for_a_suite_holds_for_its_subset(suite: Suite, spoiled: Make) -> None:
    (small,) = pick_suites([suite], {"small": 16})
    rule = Rule(metric="chrF2++", at_least=101.0, suites=("small",))
    gates = Gates(name="g", rules=(rule,), sampling=QUICK.sampling)
    made = Hypotheses(system="a", signature="", outputs=tuple(case.refs[0] for case in small.cases))
    assert evaluate([small], [system("a", made)], Plan(gates=gates)).passed is False


def test_lost_outputs_are_refused(suite: Suite) -> None:
    short = CallableSystem("a", lambda lines, docs: ["x"], Signature())
    with pytest.raises(InputError, match="1 outputs for the 40 segments"):
        evaluate([suite], [short])


@pytest.mark.slow
def test_large_suites_are_resampled_in_bounded_memory(suite: Suite, spoiled: Make) -> None:
    """One array of 20,000 segments x 1,000 resamples x 24 statistics alone would take 1.9 GB and more."""
    import resource

    n = 20_000
    cases = tuple(replace(suite.cases[k % 40], id=str(k), doc=f"d{k // 20}") for k in range(n))
    big = Suite(name="big", cases=cases)
    outputs = spoiled(0.2).outputs
    made = [
        system(
            name,
            Hypotheses(system=name, signature="", outputs=tuple(outputs[k % 40][cut:] for k in range(n))),
        )
        for name, cut in (("a", 0), ("b", 1))
    ]
    sampling = Sampling(bootstrap=1000, trials=200)
    scoring = ScoringOptions(sampling=sampling, metrics=("BLEU", "chrF2++"), breakdowns=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (result,) = evaluate([big], made, Plan(scoring=scoring)).suites
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000  # KiB
    assert result.systems[1].comparisons[0].p_randomisation < 0.05
