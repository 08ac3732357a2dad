"""Markdown: headings, lists, quotes and tables keep their markers; code, links' addresses and pictures stay.

In: text. Out: a document with one paragraph for each line or table cell that has words. Inside a line,
links stay in any case, emphasis where its place in the English is certain. Not here: the marks inside a line
(markdown_line), HTML pages.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

from khabar_mt.documents.base import BOM, Document, Slot, Source, line_spans, one_line, slotted
from khabar_mt.documents.markdown_line import IMAGE, parse_line

__all__ = ["read"]

# Longer lines are no prose; their inline marks are left alone, because looking for pairs takes quadratic
# time.
MAX_INLINE_CHARS = 20_000

_MARKER = re.compile(
    r"[ \t]*(?:>|[-*+•](?=[ \t])|[0-9٠-٩]{1,9}[.)](?=[ \t])|#{1,6}(?=[ \t])|\[[ xX]\](?=[ \t]))[ \t]*"
)
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL_BAR = re.compile(r"(?<!\\)\|")
_DEFINITION = re.compile(r"[ ]{0,3}\[[^\]]+\]:[ \t]*\S")
_UNDERLINE = re.compile(r"[ ]{0,3}(=+|-+)[ \t]*$")
_LETTER = re.compile(r"[^\W\d_]")

_WHOLE = (
    re.compile(r"(\*\*\*|\*\*|__|\*|_|~~)(?=\S)()((?:(?!\1).)+)(?<=\S)(\1)"),
    re.compile(r"(\[)()([^\[\]]+)(\]\([^()]*\))"),
    re.compile(r"(<([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?>)([^<>]*)(</\2>)"),
)
_DIRECTION = re.compile(r"""(\bdir\s*=\s*["']?)rtl\b""", re.IGNORECASE)


def read(source: Source) -> Document:
    """Read a Markdown file."""
    content = source.decode()
    lines = list(line_spans(content, 1 if content.startswith(BOM) else 0))
    slots: list[Slot] = []
    position = _front_matter(content, lines)
    in_table = False
    for index in _prose_lines(content, lines, position):
        start, end = lines[index]
        line = content[start:end]
        following = content[slice(*lines[index + 1])] if index + 1 < len(lines) else ""
        in_table = "|" in line and (in_table or ("|" in following and _is_table_rule(following)))
        if in_table:
            slots.extend(_cells(content, start, end))
        elif not line.strip():
            slots.append(Slot(start, end, line))
        else:
            slots.extend(_line(content, start, end, following))
    return slotted(source, "md", content, slots, relabel=lambda text: _DIRECTION.sub(r"\1ltr", text))


def _is_table_rule(line: str) -> bool:
    return _TABLE_RULE.match(line) is not None


def _front_matter(content: str, lines: list[tuple[int, int]]) -> int:
    """How many lines a YAML block at the top takes."""
    if not lines or content[slice(*lines[0])].rstrip() != "---":
        return 0
    for index, (start, end) in enumerate(lines[1:], 1):
        if content[start:end].rstrip() in ("---", "..."):
            return index + 1
    return 0


def _prose_lines(content: str, lines: list[tuple[int, int]], begin: int) -> Iterator[int]:
    """Numbers of the lines outside code blocks and comments."""
    fence = ""
    comment = False
    blank = True
    for index in range(begin, len(lines)):
        line = content[slice(*lines[index])]
        match = _FENCE.match(line)
        if fence:
            if match and match.group(1).startswith(fence) and not line[match.end() :].strip("`~ \t"):
                fence = ""
            continue
        if comment:
            comment = "-->" not in line
            continue
        if match and "`" not in line[match.end() :]:
            fence = match.group(1)
            continue
        if line.lstrip().startswith("<!--") and "-->" not in line:
            comment = True
            continue
        # Indented code follows a blank line; anywhere else the indentation continues a paragraph or a list.
        is_code = blank and line.startswith(("    ", "\t")) and not _MARKER.match(line) and bool(line.strip())
        if is_code:
            continue
        blank = not line.strip()
        yield index


def _line(content: str, start: int, end: int, following: str) -> list[Slot]:
    """The slot of one line, without its markers; none when the line has no words."""
    line = content[start:end]
    if _DEFINITION.match(line) or _LETTER.search(line) is None:
        return []
    kind = ""
    while match := _MARKER.match(content, start, end):
        mark = match.group().strip()
        if mark.startswith("#"):
            kind = "headline" if mark == "#" else "subhead"
        elif not kind:
            kind = "body" if mark == ">" else "list"
        start = match.end()
    if not kind and _UNDERLINE.match(following) and not _is_bare_rule(line):
        kind = "headline" if following.strip().startswith("=") else "subhead"
    if kind in ("headline", "subhead"):
        end = start + len(re.sub(r"[ \t]+#+[ \t]*$", "", content[start:end]))
    slot = _inline_slot(content, start, end, kind)
    return [slot] if slot else []


def _is_bare_rule(line: str) -> bool:
    return not line.strip(" \t-*_=")


def _cells(content: str, start: int, end: int) -> list[Slot]:
    """The slots of one table row."""
    if _is_table_rule(content[start:end]):
        return []
    bars = [start - 1, *(match.start() for match in _CELL_BAR.finditer(content, start, end)), end]
    slots = []
    for left, right in itertools.pairwise(bars):
        slot = _inline_slot(content, left + 1, right, "body", escape=lambda text: text.replace("|", "\\|"))
        if slot:
            slots.append(slot)
    return slots


def _inline_slot(
    content: str, start: int, end: int, kind: str, escape: Callable[[str], str] = str
) -> Slot | None:
    """The slot of a stretch, inside the white space and the marks that cover all of it."""
    start, end = _strip(content, start, end)
    if end - start > MAX_INLINE_CHARS:
        return Slot(start, end, content[start:end], kind)
    picture = IMAGE.fullmatch(content, start, end)
    if picture:
        if _LETTER.search(picture.group(1)) is None:
            return None
        return Slot(*picture.span(1), picture.group(1), "caption")
    while whole := next((match for mark in _WHOLE if (match := mark.fullmatch(content, start, end))), None):
        start, end = _strip(content, *whole.span(3))
    line = parse_line(content[start:end])
    if _LETTER.search(line.text) is None:
        return None
    return Slot(
        start,
        end,
        line.text,
        kind,
        write_marked=lambda text, anchors: escape(_guard(line.write(one_line(text), anchors))),
    )


def _guard(text: str) -> str:
    """Keep a line from becoming a heading, a quotation or a list by its first sign."""
    is_marker = _MARKER.match(text) and text.startswith(("#", ">", "-", "+", "•", "["))
    return "\\" + text if is_marker else text


def _strip(content: str, start: int, end: int) -> tuple[int, int]:
    """Move both ends inwards past white space."""
    text = content[start:end]
    return start + len(text) - len(text.lstrip()), end - (len(text) - len(text.rstrip()))
