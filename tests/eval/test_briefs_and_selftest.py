"""Briefs are checked against their articles; the self-test stops what is bad and passes what is equal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import InputError, UsageError
from khabar_core.records import Signature
from khabar_eval import brief_checks
from khabar_eval.brief_checks import CitedSentence, parse_brief, plain_brief
from khabar_eval.cases import Case, Suite
from khabar_eval.damage import DAMAGES, imitate
from khabar_eval.gating import Gates, Rule, load_gates
from khabar_eval.manifest import load_suite
from khabar_eval.metrics import default_metrics, find_metric
from khabar_eval.resampling import Sampling
from khabar_eval.running import Plan, evaluate
from khabar_eval.scoring import ScoringOptions
from khabar_eval.selftest import run_selftest, selftest_text
from khabar_eval.systems import CallableSystem

ARTICLE = (
    "The Syrian Observatory said 12 people were killed in Idlib on Monday.",
    "A spokesman for the United Nations called for a truce of three days.",
    "Turkey, which backs the rebels, did not comment.",
)
CASE = Case(
    id="a", src=" ".join(f"[{k}] {s}" for k, s in enumerate(ARTICLE, 1)), refs=("x",), sentences=ARTICLE
)


@pytest.mark.parametrize(
    ("brief", "expected"),
    [
        ("One. [1] Two. [2, 3]", [("One.", (1,)), ("Two.", (2, 3))]),
        ("No citation. Another one.", [("No citation.", ()), ("Another one.", ())]),
        ("First. Second. [2]", [("First.", ()), ("Second.", (2,))]),
        ("Gen. Haftar met Mr. Saleh on Dec. 5. [1]", [("Gen. Haftar met Mr. Saleh on Dec. 5.", (1,))]),
        ("Text. [1] [2]", [("Text.", (1, 2))]),
        ("", []),
        ("[1]", []),
    ],
)
def test_briefs_are_split_at_citations(brief: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert parse_brief(brief) == [CitedSentence(*item) for item in expected]


@pytest.mark.parametrize(
    ("check", "brief", "counts"),
    [
        (brief_checks.unsupported_numbers, "Twelve died. [1] 13 died. [1]", (1, 2)),
        (brief_checks.unsupported_numbers, "A 3-day truce was sought. [2]", (0, 1)),
        (brief_checks.unsupported_names, "The UN sought a truce. [2]", (0, 1)),
        (brief_checks.unsupported_names, "Turkish officials were silent. [3]", (0, 1)),
        (brief_checks.unsupported_names, "Twelve died in Aleppo. [1]", (1, 1)),
        (brief_checks.unsupported_names, "Bashar Assad was silent. [3]", (1, 1)),
        (brief_checks.unsupported_names, "Idlib's dead number 12. [1]", (0, 1)),
        (brief_checks.citation_hits, "Twelve people were killed in Idlib. [1,3]", (1, 2)),
        (brief_checks.citation_hits, "Twelve people were killed in Idlib. [9]", (0, 1)),
        (brief_checks.cited_support, "Twelve people were killed in Idlib. [1]", (1, 1)),
        (brief_checks.cited_support, "Some 14 people were killed in Idlib. [1]", (0, 1)),
        (brief_checks.cited_support, "Twelve people were killed in Idlib.", (0, 1)),
        (brief_checks.novel_bigrams, "did not comment. [3]", (0, 2)),
        (brief_checks.novel_bigrams, "comment not did. [3]", (2, 2)),
        (brief_checks.compression, "Twelve died. [1]", (2, 33)),
    ],
)
def test_facts_and_citations_are_counted_by_hand(
    check: Callable[[Case, str], tuple[int, int]], brief: str, counts: tuple[int, int]
) -> None:
    assert check(CASE, brief) == counts


@given(
    st.lists(
        st.tuples(st.sampled_from(ARTICLE), st.lists(st.integers(1, 99), min_size=1, max_size=3)), max_size=5
    )
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_with_citations_is_read_back(parts: list[tuple[str, list[int]]]) -> None:
    brief = " ".join(f"{text} [{','.join(map(str, cites))}]" for text, cites in parts)
    assert parse_brief(brief) == [CitedSentence(text, tuple(cites)) for text, cites in parts]
    assert plain_brief(brief) == " ".join(text for text, _ in parts)


def test_rouge_equals_rouge_score() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    suite = load_suite("briefs")
    outputs = [" ".join(case.sentences[:3]) for case in suite.cases]
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    refs = [plain_brief(case.refs[0]) for case in suite.cases]
    scores = [scorer.score(ref, mt) for ref, mt in zip(refs, outputs, strict=True)]
    for name, key in (("ROUGE-1", "rouge1"), ("ROUGE-2", "rouge2"), ("ROUGE-L", "rougeL")):
        metric = find_metric(name)
        value = metric.value(metric.statistics(suite.cases, outputs).sum(0))
        assert value == pytest.approx(np.mean([score[key].fmeasure for score in scores]), abs=1e-12)


def test_the_bundled_briefs_support_what_they_say() -> None:
    suite = load_suite("briefs")
    assert len(suite.cases) >= 30
    assert suite.kind == "brief"
    refs = [case.refs[0] for case in suite.cases]
    values = {}
    for name in ("unsupported_names", "unsupported_numbers", "citation_precision", "citation_recall"):
        metric = find_metric(name)
        values[name] = metric.value(metric.statistics(suite.cases, refs).sum(0))
    assert values["unsupported_numbers"] == 0
    assert values["unsupported_names"] < 0.03
    assert min(values["citation_precision"], values["citation_recall"]) > 0.9


def test_systems_that_can_brief_are_asked_to(tmp_path: Path) -> None:
    suite = load_suite("briefs")

    class Lead(CallableSystem):
        def brief(self, articles: list[str]) -> list[str]:
            return [text.split(" [2] ")[0].removeprefix("[1] ") + " [1]" for text in articles]

    def refuse(lines: object, docs: object) -> list[str]:
        raise AssertionError("translate was called")

    system = Lead("lead", refuse, Signature((("lead", "1"),)))
    scoring = ScoringOptions(sampling=Sampling(bootstrap=40, trials=40))
    (result,) = evaluate([suite], [system], Plan(scoring=scoring)).suites
    found = result.systems[0]
    assert [score.metric for score in found.scores] == list(default_metrics("brief"))
    score = found.score("citation_recall")
    assert score is not None
    assert score.value == 1.0
    assert result.suite.kind == "brief"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"sentences": ["A."], "brief": [{"text": "A.", "cites": [2]}]},
            "cites must be sentence numbers, 1 to 1",
        ),
        ({"sentences": ["A."], "brief": ["A."]}, '"brief" must be a list'),
        ({"sentences": "A.", "brief": []}, '"sentences" must be a list'),
    ],
)
def test_bad_brief_rows_are_refused(row: dict[str, object], message: str, tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"b\.jsonl:1: {message}"):
        load_suite(str(path))


def test_articles_and_lines_do_not_mix(suite: Suite) -> None:
    with pytest.raises(InputError, match="are mixed"):
        Suite(name="x", cases=(CASE, suite.cases[0]))


def test_terms_count_where_the_reference_has_them(tmp_path: Path) -> None:
    """Where the reference rightly says `U.S.` for واشنطن, `Washington` is not asked for."""
    rows = [
        {
            "src": "وصل وفد واشنطن",
            "ref": "A delegation from Washington arrived",
            "terms": [{"source": "واشنطن", "target": "Washington"}],
        },
        {
            "src": "وفد واشنطن في حلب",
            "ref": "The U.S. team is in Aleppo",
            "terms": [{"source": "واشنطن", "target": "Washington"}, {"source": "حلب", "target": "Aleppo"}],
        },
        {
            "src": "سفينة في صنعاء",
            "ref": "A ship in Sanaa",
            "terms": [{"source": "صنعاء", "target": "Sana'a", "accepted": ["Sanaa"]}],
        },
    ]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    suite = load_suite(str(path))
    metric = find_metric("term_success")
    rows_found = metric.statistics(suite.cases, ["Washington came", "They are in Alepo", "in Sanaa"])
    assert rows_found.tolist() == [[1, 1], [0, 1], [1, 1]]


def test_the_terms_suite_is_large_enough() -> None:
    suite = load_suite("terms")
    assert len(suite.cases) >= 300
    assert sum(len(case.terms) for case in suite.cases) >= 600
    metric = find_metric("term_success")
    assert metric.value(metric.statistics(suite.cases, [case.refs[0] for case in suite.cases]).sum(0)) == 1.0


def test_imitations_are_imperfect_and_stable(suite: Suite) -> None:
    outputs = imitate(suite, 1)
    assert outputs == imitate(suite, 1) != imitate(suite, 2)
    metric = find_metric("chrF2++")
    assert 60 < metric.value(metric.statistics(suite.cases, outputs).sum(0)) < 99


@pytest.mark.slow
def test_the_self_test_stops_every_damage_with_the_bundled_gates() -> None:
    gates = load_gates("full")
    result = run_selftest(gates, [load_suite(name) for name in gates.suites], repeats=2)
    assert {d.damage for d in result.damages} == set(DAMAGES)
    assert [d.damage for d in result.damages if not d.stopped] == []
    assert result.good_stopped_by == ()
    assert result.passed
    assert "self-test of gate full passed" in selftest_text(result)


QUICK = Sampling(bootstrap=40, trials=400)


def test_a_gate_without_a_number_rule_lets_swapped_numbers_through(suite: Suite) -> None:
    """The self-test must be able to fail: this rule sees numbers, but allows any loss."""
    rules = (Rule(metric="chrF2++", max_loss=1.0), Rule(metric="number_fidelity", max_loss=0.9))
    result = run_selftest(Gates(name="weak", rules=rules, sampling=QUICK), [suite], repeats=1)
    by_name = {d.damage: d for d in result.damages}
    assert not by_name["numbers swapped"].stopped
    assert by_name["segments shuffled"].stopped
    assert not result.passed
    text = selftest_text(result)
    assert "NOT STOPPED  numbers swapped" in text
    assert "FAILED" in text


def test_a_gate_that_stops_good_outputs_fails_the_self_test(suite: Suite) -> None:
    rules = (Rule(metric="chrF2++", at_least=99.9),)
    result = run_selftest(Gates(name="harsh", rules=rules, sampling=QUICK), [suite], repeats=1)
    assert result.good_stopped_by == ("chrF2++",)
    assert not result.passed


def test_a_gate_without_hard_rules_proves_nothing(suite: Suite) -> None:
    rules = (Rule(metric="chrF2++", max_loss=1.0, tier="soft"),)
    with pytest.raises(InputError, match="no hard rule that could stop"):
        run_selftest(Gates(name="soft", rules=rules), [suite], repeats=1)


@pytest.mark.slow
def test_equal_systems_are_seldom_stopped_even_without_a_minimum_effect(suite: Suite) -> None:
    """With max_loss 0 significance alone decides, and Holm keeps false alarms below alpha."""
    names = ("chrF2++", "BLEU", "number_fidelity", "name_recall")
    rules = tuple(Rule(metric=name, max_loss=0.0) for name in names)
    gates = Gates(name="strict", rules=rules, sampling=QUICK)
    big = replace(suite, cases=tuple(replace(c, id=f"{c.id}-{k}") for k in range(2) for c in suite.cases))
    result = run_selftest(gates, [big], repeats=60)
    assert result.identical_stopped == 0
    assert (
        result.twins_stopped <= 6
    )  # 60 times 2.5 % (only losses stop) are 1.5; 7 would be a chance of 0.1 %


def test_rouge_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = r'--metric: ROUGE-L needs the package rouge-score \(pip install "khabar\[rouge\]"'
    with pytest.raises(UsageError, match=message):
        find_metric("ROUGE-L").statistics([CASE], ["x"])
    system = CallableSystem("x", lambda lines, docs: [], Signature((("model", "x"),)))
    with pytest.raises(UsageError, match=message):
        evaluate([load_suite("briefs")], [system], Plan(scoring=ScoringOptions(metrics=("ROUGE-L",))))
    suite = load_suite("briefs")
    system = CallableSystem(
        "x", lambda lines, docs: [case.refs[0] for case in suite.cases], Signature((("model", "x"),))
    )
    found = evaluate([suite], [system])
    assert found.suites[0].systems[0].score("ROUGE-L") is None
    assert any("ROUGE was left out" in note for note in found.notes)
