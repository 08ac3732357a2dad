"""The evaluation as one HTML file, for people.

In: an `Evaluation`. Out: a page that needs nothing from elsewhere: inline style, plots and a script for
sorting, pinned by hash in a content security policy; every text is escaped, control and bidi characters are
made visible. Not here: drawing plots (plots), style and script (html/).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from khabar_core.records import Score
from khabar_core.textio import safe_terminal
from khabar_core.webpage import page_start
from khabar_eval import plots
from khabar_eval.resampling import Comparison
from khabar_eval.results import Breakdown, Evaluation, SegmentResult, SuiteResult, SystemResult, Verdict
from khabar_eval.worddiff import Piece, diff_words
from khabar_eval.wording import DESCRIPTIVE, compared, describe_score, difference, headline, suite_facts

__all__ = ["html_report"]

_FOLDER = Path(__file__).parent / "html"
_SLICE_KINDS = (
    ("topic", "Topics"),
    ("length", "Source length"),
    ("document", "Documents"),
    ("tag", "Phenomena"),
)
_MAX_ROWS = 24  # of one plot


def html_report(evaluation: Evaluation) -> bytes:
    """Write the page."""
    style = (_FOLDER / "report.css").read_text(encoding="utf-8")
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    status = {True: " passed", False: " missed", None: ""}[evaluation.passed]
    title = "khabar evaluation: " + ", ".join(result.suite.name for result in evaluation.suites)
    links = " ".join(
        f'<a href="#suite-{k}">{_esc(result.suite.name)}</a>' for k, result in enumerate(evaluation.suites)
    )
    parts = [
        page_start(_show(title), style, script),
        f'<h1>{_esc(title)}</h1><p class="banner{status}">{_esc(headline(evaluation))}</p>',
        f'<nav>{links} <a href="#provenance">Provenance</a></nav>',
        _verdicts(evaluation.verdicts),
        *(f'<p class="soft">{_esc(note)}</p>' for note in evaluation.notes),
        *(_suite(result, k) for k, result in enumerate(evaluation.suites)),
        _provenance(evaluation),
        f"<script>{script}</script></body></html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "replace")


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    """What a reader must see as a table, what passed folded away."""
    heads = ("outcome", "tier", "suite", "system", "rule", "measured")
    told = [_verdict_row(v) for v in verdicts if v.outcome != "pass"]
    passed = [_verdict_row(v) for v in verdicts if v.outcome == "pass"]
    parts = [_table(heads, told, style="verdicts")] if told else []
    if passed:
        table = _table(heads, passed, style="verdicts")
        parts.append(f"<details><summary>{len(passed)} checks passed</summary>{table}</details>")
    return "\n".join(parts)


def _verdict_row(v: Verdict) -> str:
    style = v.outcome if v.outcome != "missed" or v.tier == "hard" else "soft-missed"
    cells = (v.tier, v.suite, v.system, v.rule, v.text)
    return (
        f'<tr><td><span class="tag {style}">{v.outcome}</span></td>'
        + "".join(f"<td>{_esc(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def _suite(result: SuiteResult, place: int) -> str:
    info = result.suite
    facts = [*suite_facts(info), f"digest {info.digest}"]
    if info.licence:
        facts.append(f"licence {info.licence}")
    parts = [
        f'<section id="suite-{place}"><h2>{_esc(info.name)}</h2>',
        f"<p>{_esc(info.description)}</p>" if info.description else "",
        f'<p class="soft">{_esc(", ".join(facts))}</p>',
        _scores(result),
        _plots(result),
        *(_breakdowns(system) for system in result.systems),
        *(_names(system) for system in result.systems),
        *(_segments(system, f"worst-{place}-{k}") for k, system in enumerate(result.systems)),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _scores(result: SuiteResult) -> str:
    metrics = list(dict.fromkeys(score.metric for system in result.systems for score in system.scores))
    rows = []
    for metric in metrics:
        scores = [system.score(metric) for system in result.systems]
        first = next(score for score in scores if score is not None)
        arrow = "↑" if first.higher_is_better else "↓"
        arrow = "" if metric in DESCRIPTIVE else arrow
        cells = [
            f'<td class="number">{_score(score, system)}</td>' if score else "<td></td>"
            for score, system in zip(scores, result.systems, strict=True)
        ]
        title = html.escape(first.signature)
        rows.append(f'<tr><th title="{title}">{_breakable(metric)} {arrow}</th>{"".join(cells)}</tr>')
    for label, facts in (
        ("words/s", [_fact(system.words_per_second, 0) for system in result.systems]),
        ("peak memory, MiB", [_fact(system.usage.peak_mib, 0) for system in result.systems]),
        ("model size, MB", [_fact(system.usage.size_mb, 0) for system in result.systems]),
        ("licence", [_esc(system.usage.licence) for system in result.systems]),
    ):
        if any(facts):
            rows.append(
                f"<tr><th>{label}</th>" + "".join(f'<td class="number">{f}</td>' for f in facts) + "</tr>"
            )
    base = f'<p class="soft">Differences are to {_esc(result.baseline)}.</p>' if result.baseline else ""
    heads = ("metric", *(system.name for system in result.systems))
    return _table(heads, rows, numbers=True, style="wide" if len(heads) > 3 else "") + base


def _score(score: Score, system: SystemResult) -> str:
    text = _esc(describe_score(score))
    found = next((c for c in system.comparisons if c.metric == score.metric), None)
    if found is None:
        return text
    strong = found.p_randomisation < 0.05 and score.metric not in DESCRIPTIVE
    style = ("better" if found.gain > 0 else "worse") if strong else "soft"
    return f'{text}<br><span class="change {style}">{_esc(compared(found))}</span>'


def _plots(result: SuiteResult) -> str:
    figures = []
    main = "chrF2++" if result.suite.kind == "translate" else "ROUGE-L"
    with_speed = [s for s in result.systems if s.words_per_second and s.score(main)]
    if len(with_speed) > 1:
        points = [
            plots.Point(s.name, s.words_per_second or 0.0, score.value)
            for s in with_speed
            if (score := s.score(main)) is not None
        ]
        figures.append(_figure(f"Quality ({main}) and speed", plots.pareto_plot(points, "Quality and speed")))
    first = result.systems[0]
    for system in result.systems:
        if system.comparisons:
            figures.append(_differences(system, result.baseline or ""))
        other = first.segment_scores if system is not first else ()
        caption = f"{system.segment_metric} of segments: {system.name}" + (
            f" (outline: {first.name})" if other else ""
        )
        figures.append(_figure(caption, plots.histogram(system.segment_scores, other, caption)))
        classes = [s for s in system.scores if s.metric.startswith("name_recall")]
        if classes:
            figures.append(_score_plot(f"Names kept: {system.name}", classes))
        topics = [b for b in system.breakdowns if b.kind == "topic"][:_MAX_ROWS]
        if topics:
            figures.append(_slice_plot(f"{main} by topic: {system.name}", topics, main))
    return f'<div class="plots">{"".join(figures)}</div>'


def _differences(system: SystemResult, baseline: str) -> str:
    """Gains on one axis: rates in percentage points, so that they fit beside 0..100 scores."""
    rows = [_gain(comparison) for comparison in system.comparisons if comparison.metric not in DESCRIPTIVE]
    caption = f"{system.name} against {baseline}, in points; right is better"
    return _figure(caption, plots.difference_plot(rows, caption))


def _gain(comparison: Comparison) -> plots.Row:
    scale = 1.0 if comparison.metric in ("BLEU", "chrF2++", "TER") else 100.0
    sign = scale if comparison.higher_is_better else -scale
    low, high = sorted(sign * x for x in comparison.interval)
    style = ""
    if comparison.p_randomisation < 0.05:
        style = "good" if comparison.gain > 0 else "bad"
    note = f"{difference(comparison)}, p = {comparison.p_randomisation:.4f}"
    return plots.Row(comparison.metric, sign * comparison.difference, low, high, note, style)


def _score_plot(caption: str, scores: Sequence[Score]) -> str:
    rows = [
        plots.Row(
            score.metric, score.value, *(score.interval or (score.value, score.value)), f"n = {score.n}"
        )
        for score in scores
    ]
    return _figure(caption, plots.dot_plot(rows, caption))


def _slice_plot(caption: str, slices: Sequence[Breakdown], metric: str) -> str:
    rows = []
    for breakdown in slices:
        score = next((s for s in breakdown.scores if s.metric == metric), None)
        if score is not None:
            interval = score.interval or (score.value, score.value)
            rows.append(
                plots.Row(breakdown.name, score.value, *interval, f"{score.value:.1f}, n = {score.n}")
            )
    return _figure(caption, plots.dot_plot(rows, caption)) if rows else ""


def _breakdowns(system: SystemResult) -> str:
    parts = []
    for kind, title in _SLICE_KINDS:
        slices = [b for b in system.breakdowns if b.kind == kind]
        metrics = list(dict.fromkeys(s.metric for b in slices for s in b.scores))
        rows = []
        for b in slices:
            by_metric = {score.metric: score for score in b.scores}
            cells = [_esc(describe_score(by_metric[m])) if m in by_metric else "" for m in metrics]
            rows.append(
                f'<tr><th>{_esc(b.name)}</th><td class="number">{b.n_segments}</td>'
                + "".join(f'<td class="number">{cell}</td>' for cell in cells)
                + "</tr>"
            )
        if rows:
            table = _table((kind, "segments", *metrics), rows, numbers=True)
            parts.append(f"<details><summary>{title}: {_esc(system.name)}</summary>{table}</details>")
    return "".join(parts)


def _names(system: SystemResult) -> str:
    if not system.missed_names:
        return ""
    rows = [
        f'<tr><td dir="rtl" lang="ar">{_esc(name.source)}</td><td>{_esc(name.target)}</td>'
        f'<td>{_esc(name.type)}</td><td class="number">{name.found}</td>'
        f'<td class="number">{name.expected}</td></tr>'
        for name in system.missed_names
    ]
    heads = ("Arabic", "English", "type", "found", "expected")
    table = _table(heads, rows, style="names")
    return f"<details><summary>Names and terms missed: {_esc(system.name)}</summary>{table}</details>"


def _segments(system: SystemResult, name: str) -> str:
    if not system.worst:
        return ""
    options = [
        ("score up", f"lowest {system.segment_metric} first"),
        ("faults down", "most faults first"),
        ("row up", "by id"),
    ]
    if system.worst[0].baseline_score is not None:
        options.insert(1, ("loss down", "largest loss to the baseline first"))
    choices = "".join(f'<option value="{value}">{label}</option>' for value, label in options)
    items = "".join(_segment(segment) for segment in _numbered(system.worst))
    return (
        f"<h3>Segments to look at: {_esc(system.name)}</h3>"
        f'<div class="controls" hidden><label>Sort: <select data-list="{name}">'
        f'<option value="rank up">worst first</option>{choices}</select></label>'
        '<span class="soft"><ins>not in the reference</ins> <del>missing in the output</del></span></div>'
        f'<div id="{name}">{items}</div>'
    )


def _numbered(segments: Sequence[SegmentResult]) -> list[tuple[int, int, SegmentResult]]:
    """(rank, place by id, segment)."""
    by_id = {segment.id: row for row, segment in enumerate(sorted(segments, key=lambda s: s.id))}
    return [(rank, by_id[segment.id], segment) for rank, segment in enumerate(segments)]


def _segment(item: tuple[int, int, SegmentResult]) -> str:
    rank, row, segment = item
    ref, mt = diff_words(_show(segment.ref), _show(segment.mt))
    loss = (segment.baseline_score or 0.0) - segment.score if segment.baseline_score is not None else 0.0
    faults = " ".join(f'<span class="tag soft-missed">{_esc(fault)}</span>' for fault in segment.faults)
    lines = [
        f'<dt>source</dt><dd dir="rtl" lang="ar">{_esc(segment.src)}</dd>',
        f'<dt>reference</dt><dd dir="auto">{_pieces(ref, "del")}</dd>',
        f'<dt>output</dt><dd dir="auto">{_pieces(mt, "ins")}</dd>',
    ]
    change = ""
    if segment.baseline_mt is not None and segment.baseline_score is not None:
        change = f'<span class="soft">baseline {segment.baseline_score:.1f}</span>'
        if segment.baseline_mt != segment.mt:
            lines.append(f'<dt>baseline</dt><dd dir="auto">{_esc(segment.baseline_mt)}</dd>')
    return (
        f'<article class="segment" data-rank="{rank}" data-row="{row}" data-score="{segment.score:.3f}" '
        f'data-loss="{loss:.3f}" data-faults="{len(segment.faults)}">'
        f'<div class="meta"><strong>{_esc(segment.id)}</strong><span>score {segment.score:.1f}</span>'
        f"{change}{faults}</div><dl>{''.join(lines)}</dl></article>"
    )


def _provenance(evaluation: Evaluation) -> str:
    rows = [
        f"<tr><th>{_esc(k)}</th><td><code>{_esc(v)}</code></td></tr>"
        for k, v in evaluation.provenance.items()
    ]
    seen = set()
    for result in evaluation.suites:
        for system in result.systems:
            if (system.name, system.signature) not in seen:
                seen.add((system.name, system.signature))
                rows.append(
                    f"<tr><th>{_esc(system.name)}</th><td><code>{_esc(system.signature)}</code></td></tr>"
                )
    first = evaluation.suites[0].systems[0]
    rows += [
        f"<tr><th>{_esc(s.metric)}</th><td><code>{_esc(s.signature)}</code></td></tr>" for s in first.scores
    ]
    return f'<section id="provenance"><h2>Provenance</h2>{_table(("what", "value"), rows)}</section>'


def _table(heads: Sequence[str], rows: Sequence[str], *, numbers: bool = False, style: str = "") -> str:
    align = ' class="number"' if numbers else ""
    cells = "".join(f"<th{align if k else ''}>{_esc(head)}</th>" for k, head in enumerate(heads))
    head = f'<div class="scroll"><table class="{style}"><thead><tr>{cells}</tr></thead>'
    return f"{head}<tbody>{''.join(rows)}</tbody></table></div>"


def _figure(caption: str, svg: str) -> str:
    return f"<figure><figcaption>{_esc(caption)}</figcaption>{svg}</figure>"


def _pieces(pieces: Sequence[Piece], tag: str) -> str:
    return "".join(_esc(text) if common else f"<{tag}>{_esc(text)}</{tag}>" for common, text in pieces)


def _breakable(metric: str) -> str:
    """A metric's name that a narrow table may break after its underscores."""
    return _esc(metric).replace("_", "_<wbr>").replace(":", ":<wbr>")


def _fact(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _show(text: str) -> str:
    return safe_terminal(text)


def _esc(text: str) -> str:
    return html.escape(_show(text))
