"""JUnit XML is valid for every reader: by our own schema, and by Jenkins's and Surefire's if at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from khabar_eval.cases import Suite
from khabar_eval.gating import Gates, Rule
from khabar_eval.hypotheses import Hypotheses, Usage
from khabar_eval.junit import junit_report
from khabar_eval.resampling import Sampling
from khabar_eval.results import Evaluation, SuiteInfo, SuiteResult, SystemResult, Verdict
from khabar_eval.running import Plan, evaluate
from khabar_eval.scoring import ScoringOptions
from khabar_eval.systems import FileSystem

QUICK = Sampling(bootstrap=100, trials=200)
OWN = Path(__file__).parents[1] / "data" / "junit.xsd"

FOLDER = os.environ.get("JUNIT_SCHEMAS")


def schema(name: str) -> etree.XMLSchema:
    """Our own schema, or a published one from the folder that the environment names."""
    if name != "junit.xsd" and FOLDER is None:
        pytest.skip("needs JUNIT_SCHEMAS, see tests/data/README.md")
    return etree.XMLSchema(etree.parse(str(OWN if name == "junit.xsd" else Path(FOLDER or "") / name)))


def check(data: bytes, name: str) -> None:
    """Validate a report; Surefire writes a file for each test suite and knows no <testsuites>."""
    root = etree.fromstring(data)
    found = schema(name)
    for tree in list(root) if name.startswith("surefire") else [root]:
        found.assertValid(etree.ElementTree(etree.fromstring(etree.tostring(tree))))


SCHEMAS = pytest.mark.parametrize("name", ["junit.xsd", "junit-10.xsd", "surefire-test-report-3.0.xsd"])


def run(suite: Suite, spoiled: Callable[..., Hypotheses], tmp_path: Path, gates: Gates | None) -> Evaluation:
    systems = []
    for name, rate in (("old", 0.1), ("new", 0.4)):
        path = tmp_path / f"{name}.en"
        path.write_text("".join(mt + "\n" for mt in spoiled(rate).outputs), encoding="utf-8")
        systems.append(FileSystem(name, str(path)))
    return evaluate([suite], systems, Plan(gates=gates, scoring=ScoringOptions(sampling=QUICK)))


RULES = (
    Rule(metric="chrF2++", max_loss=1.0),
    Rule(metric="number_fidelity", max_loss=0.01, tier="soft"),
    Rule(metric="TER", max_loss=1.0, tier="monitor"),
    Rule(metric="empty", at_most=0.0),
)


@SCHEMAS
@pytest.mark.parametrize("gated", [True, False])
def test_a_report_is_valid(
    gated: bool, name: str, suite: Suite, spoiled: Callable[..., Hypotheses], tmp_path: Path
) -> None:
    gates = Gates(name="g", rules=RULES, sampling=QUICK) if gated else None
    data = junit_report(run(suite, spoiled, tmp_path, gates))
    check(data, name)
    root = etree.fromstring(data)
    failures, skipped = (len(root.findall(f".//{tag}")) for tag in ("failure", "skipped"))
    assert (failures, skipped > 0) == ((1, True) if gated else (0, False))
    assert root.get("failures") == str(failures)
    cases = len(root.findall(".//testcase"))
    assert root.get("tests") == str(cases) == str(sum(int(s.get("tests", "")) for s in root))


_TEXT = st.text(max_size=30)
_VERDICT = st.builds(
    Verdict,
    suite=st.just("s"),
    system=st.just("x"),
    rule=_TEXT,
    metric=_TEXT,
    tier=st.sampled_from(["hard", "soft", "monitor"]),
    outcome=st.sampled_from(["missed", "improved", "pass"]),
    text=_TEXT,
)
_INFO = SuiteInfo(name="s", digest="0", n_segments=1, n_documents=1, n_words=1, n_refs=1)


@SCHEMAS
@given(st.lists(_VERDICT, max_size=5), _TEXT, st.floats(min_value=0, max_value=1e8))
@settings(max_examples=40, deadline=None)
def test_any_text_and_time_make_a_valid_report(
    name: str, verdicts: list[Verdict], text: str, seconds: float
) -> None:
    """Control characters, surrogates and markup in names of rules and signatures."""
    system = SystemResult(
        name="x",
        signature=text,
        usage=Usage(seconds=seconds),
        words_per_second=None,
        cached=False,
        scores=(),
    )
    result = SuiteResult(suite=replace(_INFO, digest=text), systems=(system,))
    check(junit_report(Evaluation(suites=(result,), verdicts=tuple(verdicts), gate="g", passed=True)), name)


_PAIRS = st.fixed_dictionaries({"type": _TEXT, "message": _TEXT})


@SCHEMAS
@given(
    st.lists(st.tuples(st.sampled_from(["failure", "error", "skipped", "system-out"]), _PAIRS), max_size=4)
)
@settings(max_examples=40, deadline=None)
def test_our_schema_allows_only_what_the_published_ones_do(
    name: str, outcomes: list[tuple[str, dict[str, str]]]
) -> None:
    """Whatever passes ours must pass theirs; files that ours refuses say nothing."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), "1")
    suite = etree.Element("testsuite", name="s", **counts)
    for tag, attributes in outcomes:
        case = etree.SubElement(suite, "testcase", name="n", classname="c", time="0.25")
        clean = {
            k: v.encode("ascii", "ignore").decode().translate(_NO_CONTROLS) for k, v in attributes.items()
        }
        allowed = {"skipped": ("message",), "system-out": ()}.get(tag, ("type", "message"))
        etree.SubElement(case, tag, {k: v for k, v in clean.items() if k in allowed}).text = clean["message"]
    root = etree.Element("testsuites")
    root.append(suite)
    data = etree.tostring(root)
    check(data, "junit.xsd")
    check(data, name)


_NO_CONTROLS = dict.fromkeys(range(32))
_NO_CONTROLS[127] = None
