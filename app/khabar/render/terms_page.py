"""The term report as a page: a table of names, then every sentence with names in both languages.

In: segments with terms. Out: one HTML file without scripts and without anything to load. Not here: counting
(terms), marks inside texts (marks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources

from khabar.render.marks import STATUS_WORDS, Mark, enclose, names_of, term_tag
from khabar.render.terms import NameRow, TermSegment, name_rows
from khabar_core.records import Signature, TermStatus
from khabar_core.webpage import escape_html, page_start

__all__ = ["render_terms_page"]

_TITLE = "Names: what the glossary asked for and what was written"
# Head and class of each column; those of class "more" are left out on narrow screens.
_HEADS = (
    ("name", ""),
    ("Arabic", "rtl"),
    ("not obeyed", "n"),
    ("seen", "n"),
    ("right", "n more"),
    ("repaired", "n more"),
    ("doubted", "n more"),
    ("spelt otherwise", ""),
)


def render_terms_page(segments: Sequence[TermSegment], signature: Signature) -> str:
    """Make the page.

    Args:
        segments: of all documents, in reading order.
        signature: how the translations were made.
    """
    folder = resources.files("khabar.render")
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "terms.css"))
    shown = [segment for segment in segments if names_of(segment.translation)]
    anchors = {id(segment): f"s{number}" for number, segment in enumerate(shown, 1)}
    documents: dict[str, list[TermSegment]] = {}
    for segment in shown:
        documents.setdefault(segment.document, []).append(segment)
    parts = [
        page_start(_TITLE, style),
        f"<h1>{_TITLE}</h1>",
        *_summary(shown, len(documents)),
        "<main>",
        *_table(shown, anchors),
        *(line for name, own in documents.items() for line in _document(name, own, anchors)),
        "</main>",
        f"<footer><p>Machine translation, made with: {escape_html(str(signature))}</p></footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _summary(segments: Sequence[TermSegment], n_documents: int) -> list[str]:
    counts = Counter(term.status for segment in segments for term in names_of(segment.translation))
    facts = (
        f"{n_documents} document{'s' * (n_documents != 1)}, {len(segments)} sentences with names, "
        f"{sum(counts.values())} names"
    )
    legend = "".join(
        f'<li><mark class="{status.value}">{counts[status]}</mark> {escape_html(meaning)}</li>'
        for status, meaning in STATUS_WORDS.items()
        if counts[status]
    )
    return ["<header>", f'<p class="facts">{facts}</p>', f'<ul class="legend">{legend}</ul>', "</header>"]


def _table(segments: Sequence[TermSegment], anchors: dict[int, str]) -> Iterable[str]:
    """One row for each name, with links to the sentences where it is not as the glossary says."""
    wrong: dict[tuple[str, str], list[str]] = {}
    for segment in segments:
        for term in names_of(segment.translation):
            if term.status is TermStatus.VIOLATED:
                wrong.setdefault((term.target, term.type), []).append(anchors[id(segment)])
    yield '<div class="names"><table><thead><tr>'
    yield "".join(f'<th scope="col" class="{style}">{head}</th>' for head, style in _HEADS)
    yield "</tr></thead><tbody>"
    advice = {(t.target, t.type) for s in segments for t in names_of(s.translation)}
    for row in name_rows(segments):
        if (row.target, row.type) in advice:
            yield _row(row, wrong.get((row.target, row.type), []))
    yield "</tbody></table></div>"


def _row(row: NameRow, wrong: Sequence[str]) -> str:
    n_wrong = row.statuses[TermStatus.VIOLATED]
    links = ", ".join(f'<a href="#{anchor}">{anchor[1:]}</a>' for anchor in dict.fromkeys(wrong))
    otherwise = [(form, n) for form, n in row.spellings.most_common() if form != row.target]
    spellings = ", ".join(f"{escape_html(form)}&nbsp;×{n}" for form, n in otherwise)
    told = f"{n_wrong}, sentence {links}" if n_wrong else ""
    numbers = (TermStatus.AT_ONCE, TermStatus.REPAIRED, TermStatus.AMBIGUOUS)
    cells = [
        f'<th scope="row">{escape_html(row.target)} <span class="type">{escape_html(row.type)}</span></th>',
        f'<td lang="ar" dir="rtl">{"، ".join(escape_html(source) for source in row.sources)}</td>',
        f'<td class="n{" wrong" if n_wrong else ""}">{told}</td>',
        f'<td class="n">{row.n_occurrences}</td>',
        *(f'<td class="n more">{row.statuses[status] or ""}</td>' for status in numbers),
        f"<td>{spellings}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _document(name: str, segments: Sequence[TermSegment], anchors: dict[int, str]) -> Iterable[str]:
    """The sentences of a document that have names, English left and Arabic right."""
    wrong = sum(
        term.status is TermStatus.VIOLATED for segment in segments for term in names_of(segment.translation)
    )
    told = f" · {wrong} not obeyed" if wrong else ""
    yield f"<details open><summary><bdi>{escape_html(name)}</bdi>{told}</summary>"
    for segment in segments:
        translation = segment.translation
        names = names_of(translation)
        targets = (Mark(t.target_span, term_tag(t, t.source), "</mark>") for t in names if t.target_span)
        sources = (Mark(term.source_span, term_tag(term, term.target), "</mark>") for term in names)
        missing = [term for term in names if term.status is TermStatus.VIOLATED]
        anchor = anchors[id(segment)]
        yield f'<section id="{anchor}">'
        yield f'<p class="en" lang="en" dir="ltr">{enclose(translation.text, targets)}</p>'
        yield f'<p class="ar" lang="ar" dir="rtl">{enclose(translation.segment.text, sources)}</p>'
        if missing:
            wanted = ", ".join(
                f'{escape_html(term.target)} (<bdi lang="ar">{escape_html(term.source)}</bdi>)'
                for term in missing
            )
            yield f'<p class="missing">{anchor[1:]}: not as the glossary says: {wanted}</p>'
        yield "</section>"
    yield "</details>"
