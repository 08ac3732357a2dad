"""The evaluation as Markdown, for a pull request or `$GITHUB_STEP_SUMMARY`.

In: an `Evaluation`. Out: text of at most 1024 KiB, GitHub's limit; texts from articles are escaped so that
they cannot
add markup, links or mentions. Not here: writing the file.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from khabar_core.errors import InputError
from khabar_core.textio import safe_terminal
from khabar_eval.results import Evaluation, SegmentResult, SuiteResult, SystemResult, Verdict
from khabar_eval.wording import compared, describe_score, headline, suite_facts

__all__ = ["MAX_BYTES", "append_summary", "markdown_report"]

MAX_BYTES = 1024 * 1024
_CUT = "\n\n*The rest was cut: GitHub shows at most 1024 KiB.*\n"
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~>-])")
_N_WORST = 10
_MAX_CHARS = 600  # of one text in a table
_VERDICT_HEAD = ("| outcome | tier | suite | system | rule | measured |", "|---|---|---|---|---|---|")


def append_summary(evaluation: Evaluation, path: Path) -> None:
    """Add the report to GitHub's step summary; other steps may have written to it before.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        used = path.stat().st_size if path.exists() else 0
        text = markdown_report(evaluation, MAX_BYTES - used)
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as exc:
        raise InputError(f"cannot be written: {exc.strerror}", where=str(path)) from exc


def markdown_report(evaluation: Evaluation, max_bytes: int = MAX_BYTES) -> str:
    """Write the Markdown; the verdicts come first, so that a cut never hides them."""
    parts = ["## khabar evaluation", f"**{_escape(headline(evaluation))}**"]
    if evaluation.verdicts:
        parts.append(_verdicts(evaluation))
    parts += [_suite(result) for result in evaluation.suites]
    parts += [f"> {_escape(note)}" for note in evaluation.notes]
    parts.append(_provenance(evaluation))
    text = "\n\n".join(parts) + "\n"
    data = text.encode("utf-8", "replace")
    if len(data) <= max_bytes:
        return text
    kept = data[: max(0, max_bytes - len(_CUT.encode()))].decode("utf-8", "ignore")
    # Cut between lines: half a table row or tag would spoil what follows.
    return kept[: kept.rfind("\n") + 1] + _CUT if kept else ""


def _verdicts(evaluation: Evaluation) -> str:
    """What a reader must see as a table, what passed folded away."""
    told = [_verdict_row(v) for v in evaluation.verdicts if v.outcome != "pass"]
    passed = [_verdict_row(v) for v in evaluation.verdicts if v.outcome == "pass"]
    parts = ["\n".join([*_VERDICT_HEAD, *told])] if told else []
    if passed:
        table = "\n".join([*_VERDICT_HEAD, *passed])
        parts.append(f"<details><summary>{len(passed)} checks passed</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(parts)


def _verdict_row(v: Verdict) -> str:
    outcome = f"**{v.outcome.upper()}**" if v.outcome == "missed" and v.tier == "hard" else v.outcome
    cells = [outcome, v.tier, _escape(v.suite), _escape(v.system), _escape(v.rule), _escape(v.text)]
    return f"| {' | '.join(cells)} |"


def _suite(result: SuiteResult) -> str:
    info = result.suite
    lines = [
        f"### {_escape(info.name)}",
        f"{', '.join(suite_facts(info))}, digest `{info.digest}`",
        _scores(result),
    ]
    lines += [_worst(system) for system in result.systems if system.worst]
    return "\n\n".join(lines)


def _scores(result: SuiteResult) -> str:
    metrics = list(dict.fromkeys(s.metric for system in result.systems for s in system.scores))
    names = [system.name for system in result.systems]
    rows = [f"| metric | {' | '.join(_escape(name) for name in names)} |", "|---|" + "---|" * len(names)]
    for metric in metrics:
        cells = []
        for system in result.systems:
            score = system.score(metric)
            cells.append(describe_score(score) + _compared(system, metric) if score else "")
        rows.append(f"| {_escape(metric)} | {' | '.join(cells)} |")
    speeds = [f"{s.words_per_second:.0f} words/s" if s.words_per_second else "" for s in result.systems]
    if any(speeds):
        rows.append(f"| speed | {' | '.join(speeds)} |")
    baseline = f"\n\nDifferences are to {_escape(result.baseline)}." if result.baseline else ""
    return "\n".join(rows) + baseline


def _compared(system: SystemResult, metric: str) -> str:
    found = next((c for c in system.comparisons if c.metric == metric), None)
    return f" ({compared(found)})" if found else ""


def _worst(system: SystemResult) -> str:
    rows = [
        f"<details><summary>Worst segments of {_html(system.name)}</summary>",
        "",
        "<table><tr><th>segment</th><th>source</th><th>reference</th><th>output</th><th>faults</th></tr>",
        *(_worst_row(segment) for segment in system.worst[:_N_WORST]),
        "</table></details>",
    ]
    return "\n".join(rows)


def _worst_row(segment: SegmentResult) -> str:
    texts = [_html(x) for x in (segment.ref, segment.mt, "; ".join(segment.faults))]
    cells = "".join(f"<td>{x}</td>" for x in texts)
    return f'<tr><td>{_html(segment.id)}</td><td dir="rtl" lang="ar">{_html(segment.src)}</td>{cells}</tr>'


def _provenance(evaluation: Evaluation) -> str:
    rows = [f"{_escape(key)}: {_escape(value)}" for key, value in evaluation.provenance.items()]
    rows += [
        f"{_escape(system.name)} on {_escape(result.suite.name)}: {_escape(system.signature)}"
        for result in evaluation.suites
        for system in result.systems
    ]
    items = "\n".join(f"- {row}" for row in rows)
    return f"<details><summary>Provenance</summary>\n\n{items}\n\n</details>"


def _escape(text: str) -> str:
    """Plain text inside Markdown: no markup, no tags, no mentions, one line."""
    text = html.escape(_shorten(text), quote=False)
    return _MARKUP.sub(r"\\\1", text).replace("@", "@\N{WORD JOINER}")


def _html(text: str) -> str:
    """Plain text inside an HTML table of a Markdown page, where Markdown marks and mentions still work."""
    text = html.escape(_shorten(text))
    text = re.sub(r"[*_`\[\]|~\\]", lambda match: f"&#{ord(match.group())};", text)
    return text.replace("@", "@\N{WORD JOINER}")


def _shorten(text: str) -> str:
    text = safe_terminal(" ".join(text.split()))
    return text if len(text) <= _MAX_CHARS else text[:_MAX_CHARS] + "…"
