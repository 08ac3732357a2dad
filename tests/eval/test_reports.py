"""Reports fit their schemas, and nothing from an article can break out of them."""

from __future__ import annotations

import html.parser
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.records import Signature
from khabar_eval.annotations import annotation_lines
from khabar_eval.cases import Suite
from khabar_eval.gating import Gates, Rule
from khabar_eval.html_report import html_report
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.json_report import json_report, schema_path
from khabar_eval.junit import junit_report
from khabar_eval.markdown import MAX_BYTES, append_summary, markdown_report
from khabar_eval.resampling import Sampling
from khabar_eval.results import Evaluation
from khabar_eval.running import Plan, evaluate
from khabar_eval.scoring import ScoringOptions
from khabar_eval.systems import CallableSystem
from khabar_eval.worddiff import diff_words
from khabar_eval.wording import evidence, summary_text

QUICK = Sampling(bootstrap=100, trials=200)
NASTY = "<script>alert(1)</script> ]]> | **bold** [x](javascript:1) @everyone \x1b[31m \u202eevil\x00 `&amp;"


def systems(suite: Suite, spoiled: Callable[..., Hypotheses], poison: str = "") -> list[CallableSystem]:
    made = []
    for rate, name in ((0.1, "old"), (0.4, "new")):
        outputs = [f"{mt} {poison}" for mt in spoiled(rate).outputs]
        made.append(
            CallableSystem(name, lambda lines, docs, o=outputs: list(o), Signature((("model", name),)))
        )  # type: ignore[misc]
    return made


def run(
    suite: Suite, spoiled: Callable[..., Hypotheses], poison: str = "", *, gated: bool = True
) -> Evaluation:
    rules = (
        Rule(metric="chrF2++", max_loss=1.0),
        Rule(metric="number_fidelity", max_loss=0.01, tier="soft"),
        Rule(metric="TER", max_loss=1.0, tier="monitor"),
        Rule(metric="empty", at_most=0.0),
    )
    gates = Gates(name="g", rules=rules, sampling=QUICK) if gated else None
    plan = Plan(
        gates=gates, scoring=ScoringOptions(sampling=QUICK), provenance={"command": f"khabar {poison}"}
    )
    return evaluate([suite], systems(suite, spoiled, poison), plan)


@pytest.fixture
def evaluation(suite: Suite, spoiled: Callable[..., Hypotheses]) -> Evaluation:
    return run(suite, spoiled)


@pytest.fixture
def poisoned(suite: Suite, spoiled: Callable[..., Hypotheses]) -> Evaluation:
    first = replace(suite.cases[0], src=NASTY, refs=(NASTY,), topic=NASTY, doc=NASTY)
    bad = replace(suite, cases=(first, *suite.cases[1:]), description=NASTY)
    return run(bad, spoiled, NASTY)


@pytest.mark.parametrize("fixture", ["evaluation", "poisoned"])
def test_json_fits_the_published_schema(fixture: str, request: pytest.FixtureRequest) -> None:
    schema = json.loads(schema_path().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    data = json.loads(json_report(request.getfixturevalue(fixture)))
    jsonschema.validate(data, schema)
    assert data["passed"] is False
    assert {v["outcome"] for v in data["verdicts"]} == {"missed", "pass"}


def test_the_schema_allows_nothing_else(evaluation: Evaluation) -> None:
    schema = json.loads(schema_path().read_text(encoding="utf-8"))
    data = json.loads(json_report(evaluation))
    data["suites"][0]["systems"][0]["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate(data, schema)


@pytest.mark.parametrize("fixture", ["evaluation", "poisoned"])
def test_junit_counts_what_it_holds(fixture: str, request: pytest.FixtureRequest) -> None:
    root = ET.fromstring(junit_report(request.getfixturevalue(fixture)))
    new = next(s for s in root if s.get("name", "").endswith(".new"))
    assert (root.get("failures"), new.get("failures"), new.get("tests")) == ("1", "1", "4")
    assert len(new.findall("testcase/failure")) == 1
    assert len(new.findall("testcase/skipped")) == int(new.get("skipped", ""))


def test_junit_without_a_gate_has_a_test_for_each_score(
    suite: Suite, spoiled: Callable[..., Hypotheses]
) -> None:
    evaluation = run(suite, spoiled, gated=False)
    root = ET.fromstring(junit_report(evaluation))
    assert len(root.findall("testsuite/testcase")) == sum(len(s.scores) for s in evaluation.suites[0].systems)
    assert not root.findall(".//failure")


class _Tags(html.parser.HTMLParser):
    """Collects tags and checks that they nest."""

    void = ("meta", "wbr", "rect", "br", "circle", "path", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.void:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def test_the_page_is_well_formed_and_needs_nothing(poisoned: Evaluation) -> None:
    page = html_report(poisoned).decode("utf-8")
    tags = _Tags()
    tags.feed(page)
    assert tags.faults == []
    assert tags.open == []
    names = [tag for tag, _ in tags.seen]
    assert names.count("script") == 1
    assert "link" not in names
    assert "img" not in names
    assert not any(attrs.get("src") or (attrs.get("href") or "#")[0] != "#" for _, attrs in tags.seen)
    assert any(attrs.get("dir") == "rtl" for tag, attrs in tags.seen if tag == "dd")
    assert names.count("article") == 2 * len(poisoned.suites[0].systems[0].worst)
    for bad in ("<script>alert", "\x1b", "\u202e", "\x00"):
        assert bad not in page


def test_the_page_lets_only_its_own_script_run(evaluation: Evaluation) -> None:
    import base64
    import hashlib

    page = html_report(evaluation).decode("utf-8")
    script = page.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


def test_markdown_puts_the_verdict_first_and_escapes(poisoned: Evaluation) -> None:
    text = markdown_report(poisoned)
    assert text.index("MISSED") < text.index("### ")
    for bad in ("<script>", "[x](javascript", "@everyone", "\x1b", "\u202e"):
        assert bad not in text
    table = [line for line in text.split("\n") if line.startswith("| ")]
    assert len({line.replace(r"\|", "").count("|") for line in table[:5]}) == 1


def test_markdown_stays_below_githubs_limit(evaluation: Evaluation) -> None:
    result = evaluation.suites[0]
    big = replace(evaluation, suites=tuple([result] * 400))
    text = markdown_report(big)
    assert len(text.encode()) <= MAX_BYTES
    assert text.endswith("GitHub shows at most 1024 KiB.*\n")
    assert "missed" in text[:300]


def test_the_step_summary_is_added_to_what_other_steps_wrote(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("# before\n" + "x" * (MAX_BYTES - 3000), encoding="utf-8")
    append_summary(evaluation, path)
    assert path.read_text(encoding="utf-8").startswith("# before")
    assert path.stat().st_size <= MAX_BYTES


def test_annotations_cannot_be_broken_by_text(evaluation: Evaluation) -> None:
    missed = replace(evaluation.verdicts[0], rule="a, b: c", text="50%\n::error::fake\r")
    (line,) = annotation_lines(replace(evaluation, verdicts=(missed,)))
    assert line == "::error title=small%3A a%2C b%3A c::new: 50%25%0A::error::fake%0D"
    levels = [line.split(" ")[0] for line in annotation_lines(evaluation)]
    assert set(levels) <= {"::error", "::warning", "::notice"}
    assert levels[0] == "::error"


def test_the_terminal_table_never_calls_systems_equal(evaluation: Evaluation) -> None:
    text = summary_text(evaluation)
    assert evidence(0.3) == "no significant difference"
    assert "equal" not in text
    # Neither system left an output empty.
    assert "0.000 [0.000, 0.000]     n=40 segments, lower is better; to old: same value" in text
    assert "MISSED (hard) small/new: chrF2++" in text


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_diff_pieces_join_to_the_texts(ref: str, mt: str) -> None:
    left, right = diff_words(ref, mt)
    assert "".join(text for _, text in left) == ref
    assert "".join(text for _, text in right) == mt
    assert sum(len("".join(t.split())) for c, t in left if c) == sum(
        len("".join(t.split())) for c, t in right if c
    )


def test_the_diff_of_huge_texts_takes_no_time() -> None:
    left, _ = diff_words("word " * 50_000, "ward " * 50_000)
    assert left == [(True, "word " * 50_000)]
