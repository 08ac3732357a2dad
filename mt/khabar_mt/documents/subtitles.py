"""SubRip (.srt) and WebVTT (.vtt) subtitles: times, numbers, settings and notes stay byte for byte.

In: text. Out: a document with one paragraph for each cue, its lines joined; a cue of dialogue (each line
begins with a dash) has one paragraph for each line. A translation is broken into as many lines as the cue
had, of about equal length. Not here: sentences that run over several cues; each cue is translated alone.
"""

from __future__ import annotations

import re
import textwrap

from khabar_core.errors import InputError
from khabar_mt.documents.base import BOM, Document, Slot, Source, one_line, slotted

__all__ = ["read"]

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\r\n]*(?:\r\n|\n|\r|\Z)")
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
# <i>, </font>, <c.yellow>, <v Speaker>, {\an8}
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>|</?>|<[\d:.]+>|\{\\[^{}\n]*\}")
_DIALOGUE = re.compile(r"[ \t]*[-\N{EN DASH}\N{EM DASH}][ \t]*(?=\S)")
_LETTER = re.compile(r"[^\W\d_]")
_BLANK = re.compile(r"\n\s*\n")


def read(source: Source, format: str) -> Document:
    """Read a subtitle file; `format` is "srt" or "vtt"."""
    content = source.decode()
    if format == "vtt" and not content.removeprefix(BOM).startswith("WEBVTT"):
        raise InputError(
            "does not begin with WEBVTT", where=source.where, hint="use --from srt if it is SubRip"
        )
    slots: list[Slot] = []
    position = 0
    n_cues = 0
    while timing := _TIMING.search(content, position):
        n_cues += 1
        lines = []
        position = timing.end()
        while position < len(content):
            line = _LINE.match(content, position)
            # A blank line ends the cue; so does the next cue's timing where the blank line was forgotten.
            if line is None or not line.group(1).strip() or _TIMING.match(content, position):
                break
            lines.append(line.span(1))
            position = line.end()
        slots.extend(_cue(content, lines))
    if not n_cues:
        raise InputError("has no subtitle cue", where=source.where, hint="00:00:01,000 --> 00:00:03,000")
    return slotted(source, format, content, slots)


def _cue(content: str, lines: list[tuple[int, int]]) -> list[Slot]:
    """The slots of one cue."""
    lines = [(start, end) for start, end in lines if _LETTER.search(_TAG.sub("", content[start:end]))]
    if not lines:
        return []
    marks = [_DIALOGUE.match(content, start, end) for start, end in lines]
    if len(lines) > 1 and all(marks):
        return [_slot(content, mark.end(), end) for mark, (_, end) in zip(marks, lines, strict=True) if mark]
    return [_slot(content, lines[0][0], lines[-1][1])]


def _slot(content: str, start: int, end: int) -> Slot:
    """A slot over one or several lines, inside the tags that enclose them."""
    while tag := _TAG.match(content, start, end):
        start = tag.end()
    while tags := [tag for tag in _TAG.finditer(content, start, end) if tag.end() == end]:
        end = tags[0].start()
    raw = content[start:end]
    breaks = re.findall(r"\r\n|\n|\r", raw)
    text = " ".join(part.strip() for part in re.split(r"\r\n|\n|\r", _TAG.sub("", raw)))
    return Slot(start, end, text, "body", lambda new: _wrap(new, breaks))


def _wrap(text: str, breaks: list[str]) -> str:
    """Break a translation into the number of lines that the cue had; a cue must not contain a blank line."""
    text = " ".join(one_line(text).split()).replace("-->", "->")
    n_lines = len(breaks) + 1
    if n_lines == 1 or not text:
        return text
    width = max(len(text) // n_lines, 1)
    while len(lines := textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)) > n_lines:
        width += 1
    return breaks[0].join(lines)
