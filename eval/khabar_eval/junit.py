"""The evaluation as JUnit XML, which GitHub, GitLab and Jenkins show beside the unit tests.

In: an `Evaluation`. Out: XML bytes. One test suite for each system and suite; a rule is a test case, and so
is each score when no gate was given. A missed hard rule is a failure, a missed soft or monitored one is
skipped with a message: JUnit knows no warning. Not here: what is judged.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from khabar_eval.results import Evaluation, SuiteResult, SystemResult, Verdict
from khabar_eval.wording import describe_score

__all__ = ["junit_report"]

# Characters that XML 1.0 cannot hold, not even as references.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(evaluation: Evaluation) -> bytes:
    """Write the JUnit XML."""
    root = ET.Element("testsuites", name="khabar evaluate")
    totals = {"tests": 0, "failures": 0}
    for result in evaluation.suites:
        for system in result.systems:
            verdicts = [
                v for v in evaluation.verdicts if (v.suite, v.system) == (result.suite.name, system.name)
            ]
            suite = _testsuite(result, system, verdicts, gated=evaluation.passed is not None)
            totals["tests"] += int(suite.get("tests", 0))
            totals["failures"] += int(suite.get("failures", 0))
            root.append(suite)
    root.set("tests", str(totals["tests"]))
    root.set("failures", str(totals["failures"]))
    root.set("errors", "0")
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def _testsuite(
    result: SuiteResult, system: SystemResult, verdicts: list[Verdict], *, gated: bool
) -> ET.Element:
    name = f"khabar.{_clean(result.suite.name)}.{_clean(system.name)}"
    suite = ET.Element("testsuite", name=name)
    properties = ET.SubElement(suite, "properties")
    for key, value in (
        ("suite_digest", result.suite.digest),
        ("system_signature", system.signature),
        ("baseline", result.baseline or "none"),
    ):
        ET.SubElement(properties, "property", name=key, value=_clean(value))
    failures = skipped = 0
    for verdict in verdicts:
        case = ET.SubElement(suite, "testcase", classname=name, name=_clean(verdict.rule), time="0")
        if verdict.outcome == "missed" and verdict.tier == "hard":
            failures += 1
            failure = ET.SubElement(case, "failure", type="gate", message=_clean(verdict.rule))
            failure.text = _clean(verdict.text)
        elif verdict.outcome == "missed":
            skipped += 1
            ET.SubElement(case, "skipped", message=_clean(f"{verdict.tier} rule missed: {verdict.text}"))
        else:
            ET.SubElement(case, "system-out").text = _clean(verdict.text)
    if not gated:
        for score in system.scores:
            case = ET.SubElement(suite, "testcase", classname=name, name=_clean(score.metric), time="0")
            ET.SubElement(case, "system-out").text = _clean(f"{score.metric} {describe_score(score)}")
    seconds = system.usage.seconds or 0.0
    suite.set("tests", str(len(verdicts) if gated else len(system.scores)))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", str(skipped))
    suite.set("time", f"{seconds:.3f}")
    return suite


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
