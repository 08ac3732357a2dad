"""Mark names inside a text for HTML: which ones, with which tag, without crossing tags.

In: a text, the hits of its glossary. Out: escaped HTML with `<mark>` tags. Not here: pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from khabar_core.records import Span, TermHit, TermStatus, Translation
from khabar_core.webpage import escape_html
from khabar_mt.terms import ADVICE

__all__ = ["STATUS_WORDS", "Mark", "enclose", "names_of", "term_tag"]

STATUS_WORDS = {
    TermStatus.AT_ONCE: "as the glossary says",
    TermStatus.REPAIRED: "spelling repaired",
    TermStatus.VIOLATED: "not as the glossary says",
    TermStatus.AMBIGUOUS: "may be another word",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text to enclose in a tag."""

    span: Span
    open_tag: str
    close_tag: str


def names_of(translation: Translation) -> list[TermHit]:
    """The terms to mark. Words of art that the glossary only suggests are left out: right or not, they are no
    names, and a page full of green weekdays hides the names.
    """
    return [term for term in translation.terms if ADVICE not in term.steps]


def term_tag(term: TermHit, other: str) -> str:
    """The opening tag of a name; its tooltip tells the other language and what was done."""
    told = [f"{other} ({term.type})", STATUS_WORDS[term.status], *term.steps]
    return f'<mark class="{term.status.value}" title="{escape_html("; ".join(told))}">'


def enclose(text: str, marks: Iterable[Mark]) -> str:
    """Escape a text and put tags around stretches of it; a mark that would cross another one is left out."""
    opened: list[Mark] = []
    out: list[str] = []
    position = 0
    for mark in sorted(marks, key=lambda mark: (mark.span[0], -mark.span[1])):
        start, end = mark.span
        while opened and opened[-1].span[1] <= start:
            done = opened.pop()
            out.append(escape_html(text[position : done.span[1]]) + done.close_tag)
            position = done.span[1]
        inside_mark = any(outer.close_tag == mark.close_tag == "</mark>" for outer in opened)
        if start < position or inside_mark or (opened and end > opened[-1].span[1]) or end > len(text):
            continue
        out.append(escape_html(text[position:start]) + mark.open_tag)
        position = start
        opened.append(mark)
    while opened:
        done = opened.pop()
        out.append(escape_html(text[position : done.span[1]]) + done.close_tag)
        position = done.span[1]
    return "".join(out) + escape_html(text[position:])
