"""The marks inside one line of Markdown: emphasis, links, code, pictures, footnotes, HTML tags.

In: a line without its markers. Out: its words, and a way to write their translation with the marks: links and
code stay in any case, emphasis where its place is certain. Not here: headings, lists, tables (markdown).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from khabar_core.records import Span
from khabar_mt.documents.inline import Anchor, place_marks

__all__ = ["IMAGE", "Line", "parse_line"]

_TARGET = r"(\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])"
IMAGE = re.compile(rf"!\[([^\]]*)\]{_TARGET}")
_LINKED_IMAGE = re.compile(rf"\[!\[[^\]]*\]{_TARGET}\]{_TARGET}")
_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(rf"(?<!!)\[([^\[\]]+)\]{_TARGET}")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]")
_ADDRESS = re.compile(r"<((?:https?|ftp|mailto):[^\s<>]+|[\w.+-]+@[\w-]+\.[\w.-]+)>")
# Bounded, because a line may hold thousands of tags that nothing closes.
_HTML_LINK = re.compile(r"(<a\s[^<>]*\bhref\s*=[^<>]*>)(.{0,4000}?)(</a\s*>)", re.IGNORECASE)
_OPEN_LINK = re.compile(r"<a\s[^<>]*\bhref\s*=[^<>]*>", re.IGNORECASE)
_HTML_EMPHASIS = re.compile(
    r"(<(b|strong|i|em|u|s|del|ins|mark)(?:\s[^<>]*)?>)(.{1,1000}?)(</\2\s*>)", re.IGNORECASE
)
_PICTURE = re.compile(r"<img\s[^<>]*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_EMPHASIS = re.compile(r"(\*\*|__|~~|\*|(?<!\w)_(?!_))(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPECIAL = re.compile(r"[*`]|<(?=[A-Za-z/!])")

# While a line is taken apart, the two ends of mark n stand in it as the private-use characters 2n and 2n + 1.
_FIRST_END = 0xF0000
_MAX_MARKS = 500
_END = re.compile("[\U000f0000-\U000ffffd]")
# Code and addresses, in which stars and underscores mean nothing, are held back as one such character each.
_FIRST_HELD = 0x100000
_HELD = re.compile("[\U00100000-\U0010fffd]")


@dataclass(frozen=True, slots=True)
class _Mark:
    """What encloses some words.

    Attributes:
        opening: as it stands before the words.
        closing: as it stands behind them.
        kind: "link", "code" or "emphasis".
        behind: how a link is written that has no place in the sentence.
    """

    opening: str
    closing: str
    kind: str
    behind: str = ""


@dataclass(slots=True)
class Line:
    """The words of a line, and the marks that its translation must carry along."""

    text: str = ""
    marks: list[_Mark] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)  # of the marks, in `text`
    ranks: list[int] = field(default_factory=list)  # of the marks: an outer one has the lower
    tail: list[str] = field(default_factory=list)  # pictures and footnote marks, as written

    def write(self, translation: str, anchors: Sequence[Anchor] = ()) -> str:
        """Put the marks into a translation that is on one line."""
        # Links first: where two marks would fall on the same words, the link must not lose.
        order = sorted(
            range(len(self.marks)), key=lambda i: ("link", "code", "emphasis").index(self.marks[i].kind)
        )
        places = place_marks(self.text, translation, [self.spans[i] for i in order], anchors)
        placed = [(span, i) for i, span in zip(order, places, strict=True) if span is not None]
        out = self._enclose(translation, placed)
        kept = {i for _, i in placed}
        behind = [mark.behind for i, mark in enumerate(self.marks) if mark.kind == "link" and i not in kept]
        if behind:
            out += f" ({', '.join(behind)})"
        return " ".join([out, *self.tail]) if self.tail else out

    def _enclose(self, text: str, placed: Sequence[tuple[Span, int]]) -> str:
        """Write marks around stretches of a text, and escape all else."""
        events: list[tuple[int, int, int, int, int]] = []  # place, 0 closes and 1 opens, order there, mark
        for (start, end), i in placed:
            events.append((start, 1, start - end, self.ranks[i], i))
            events.append((end, 0, end - start, -self.ranks[i], i))
        parts: list[str] = []
        position = 0
        in_code = 0
        for place, opens, *_, i in sorted(events):
            piece = text[position:place]
            parts.append(piece if in_code else _SPECIAL.sub(r"\\\g<0>", piece))
            mark = self.marks[i]
            parts.append(mark.opening if opens else mark.closing)
            in_code += (1 if opens else -1) * (mark.kind == "code")
            position = place
        parts.append(_SPECIAL.sub(r"\\\g<0>", text[position:]))
        return "".join(parts)


def parse_line(text: str) -> Line:
    """Take the marks out of a line."""
    line = Line()
    held: list[str] = []
    if _END.search(text) or _HELD.search(text):  # a line with our own signs in it keeps its marks as text
        line.text = text
        return line

    def written(part: str) -> str:
        """A part of the line as it stood there."""
        part = _END.sub(lambda match: line.marks[(ord(match.group()) - _FIRST_END) // 2].opening, part)
        return _HELD.sub(lambda match: held[ord(match.group()) - _FIRST_HELD], part)

    def keep_tail(match: re.Match[str]) -> str:
        line.tail.append(written(match.group()))
        return ""

    def keep_open_link(match: re.Match[str]) -> str:
        line.tail.append(f"{written(match.group())}link</a>")
        return ""

    def hold(inner: str) -> str:
        held.append(inner)
        return chr(_FIRST_HELD + len(held) - 1)

    def enclose(inner: str, mark: _Mark) -> str:
        if len(line.marks) >= _MAX_MARKS and mark.kind == "emphasis":
            return inner
        number = _FIRST_END + 2 * len(line.marks)
        line.marks.append(mark)
        return chr(number) + inner + chr(number + 1)

    steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_CODE, lambda m: enclose(hold(m[2]), _Mark(m[1], m[1], "code"))),
        (_COMMENT, keep_tail),
        (_LINKED_IMAGE, keep_tail),
        (IMAGE, keep_tail),
        (_PICTURE, keep_tail),
        (_FOOTNOTE, keep_tail),
        (_LINK, lambda m: enclose(m[1], _Mark("[", f"]{written(m[2])}", "link", f"[link]{written(m[2])}"))),
        (_ADDRESS, lambda m: enclose(hold(m[1]), _Mark("<", ">", "link", f"<{m[1]}>"))),
        (_HTML_LINK, lambda m: enclose(m[2], _Mark(m[1], m[3], "link", f"{m[1]}link{m[3]}"))),
        (_HTML_EMPHASIS, lambda m: enclose(m[3], _Mark(m[1], m[4], "emphasis"))),
        (_OPEN_LINK, keep_open_link),
        (_TAG, lambda m: ""),
        # Emphasis nests: ***so***, **_so_**
        *[(_EMPHASIS, lambda m: enclose(m[2], _Mark(m[1], m[1], "emphasis")))] * 3,
        (_ESCAPE, lambda m: m[1]),
    )
    for pattern, replace in steps:
        text = pattern.sub(replace, text)
    text = _HELD.sub(lambda match: held[ord(match.group()) - _FIRST_HELD], text)
    ends: dict[int, int] = {}
    line.text = "".join(_words(text, ends))
    ranks = {end: rank for rank, end in enumerate(ends)}
    lead = len(line.text) - len(line.text.lstrip())
    line.text = line.text.strip()
    size = len(line.text)
    for i in range(len(line.marks)):
        start, end = (min(max(ends.get(2 * i + side, 0) - lead, 0), size) for side in (0, 1))
        line.spans.append((start, end))
        line.ranks.append(ranks.get(2 * i, 0))
    return line


def _words(text: str, ends: dict[int, int]) -> Iterator[str]:
    """The pieces between the ends of marks; notes where each end stands."""
    length = position = 0
    for match in _END.finditer(text):
        yield text[position : match.start()]
        length += match.start() - position
        ends[ord(match.group()) - _FIRST_END] = length
        position = match.end()
    yield text[position:]
