"""What every document is: an article whose paragraphs can be put back where they stood.

In: a file's bytes, cut by a format's reader into slots (stretches to translate) and everything between them.
Out: a `Document`. Rendering the source's own paragraphs gives the source's own bytes. Not here: any format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from khabar_core.records import Article, TranslatedArticle
from khabar_core.textio import decode_text
from khabar_mt.documents.inline import Anchor, anchors_of
from khabar_mt.documents.news import read_structure

__all__ = ["LINE_END", "Document", "Slot", "Source", "line_spans", "make_article", "one_line", "slotted"]

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# Everything that ends a line somewhere: also vertical tab, form feed, NEL, and the Unicode separators, so
# that they stay where they are instead of being taken for spaces inside a sentence.
LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a format's reader gets.

    Attributes:
        where: the name for messages.
        id: the article's id.
        data: the file's bytes.
        encoding: of text formats.
        column: the field or column to translate, for formats that have several.
    """

    where: str
    id: str
    data: bytes
    encoding: str = "utf-8"
    column: str | None = None

    def decode(self) -> str:
        """The text; a byte order mark, if there is one, is its first character."""
        return decode_text(self.data, where=self.where, encoding=self.encoding)


Write = Callable[[Sequence[str], Sequence[Sequence[Anchor]]], bytes]


class Document:
    """An article and the way back into its file.

    Attributes:
        format: "txt", "md", "html", "article", "docx", "srt", "vtt", "jsonl", "csv" or "tsv".
        article: one paragraph for each unit of layout: a line, a cell, a cue, a heading.
    """

    def __init__(self, format: str, article: Article, write: Write) -> None:
        self.format = format
        self.article = article
        self._write = write

    def render(self, paragraphs: Sequence[str], anchors: Sequence[Sequence[Anchor]] | None = None) -> bytes:
        """Make the file with these paragraphs in the place of the article's.

        A paragraph that equals the article's stands exactly as in the source. Text formats come out as UTF-8.

        Args:
            paragraphs: as many as `article.paragraphs`, in the same order.
            anchors: what corresponds in each paragraph; emphasis and links inside a sentence follow them.

        Raises:
            ValueError: the number of paragraphs differs.
        """
        if len(paragraphs) != len(self.article.paragraphs):
            raise ValueError(f"{len(self.article.paragraphs)} paragraphs expected, {len(paragraphs)} given")
        return self._write(paragraphs, anchors or [()] * len(paragraphs))

    def render_translated(self, translated: TranslatedArticle) -> bytes:
        """Make the file from a translation of the article, with its emphasis and links where they belong."""
        return self.render(translated.paragraphs, anchors_of(translated))


def one_line(text: str) -> str:
    """Put a text on one line: line ends become spaces."""
    return LINE_END.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of the decoded file that a translation may replace.

    Attributes:
        start: first code point.
        end: behind the last code point.
        text: what it says, without the format's markup and escapes.
        kind: as in `Article.kinds`; "" lets the news structure decide.
        write: turns a translation into what stands in the file.
        write_marked: the same where there is emphasis or a link: takes what corresponds, too.
    """

    start: int
    end: int
    text: str
    kind: str = ""
    write: Callable[[str], str] = field(default=one_line)
    write_marked: Callable[[str, Sequence[Anchor]], str] | None = None

    def render(self, new: str, anchors: Sequence[Anchor]) -> str:
        """What stands in the file for a translation."""
        return self.write(new) if self.write_marked is None else self.write_marked(new, anchors)


def line_spans(text: str, start: int = 0, end: int | None = None) -> Iterable[tuple[int, int]]:
    """The [start, end) of every line without its line end; a last line end does not begin another line."""
    end = len(text) if end is None else end
    for match in LINE_END.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def make_article(source: Source, format: str, texts: Sequence[str], kinds: Sequence[str]) -> Article:
    """Build the article, with what the news structure tells about it.

    Args:
        source: where the text came from.
        format: for the metadata.
        texts: the paragraphs.
        kinds: what the format says about each; "" where it says nothing.
    """
    structure = read_structure(texts, kinds)
    return Article(
        id=source.id,
        paragraphs=tuple(texts),
        title=structure.title,
        dateline=structure.dateline,
        metadata={"path": source.where, "format": format},
        kinds=structure.kinds,
    )


def slotted(
    source: Source,
    format: str,
    content: str,
    slots: Sequence[Slot],
    relabel: Callable[[str], str] | None = None,
) -> Document:
    """Make a document of a text file that was cut into slots.

    Args:
        source: where the text came from.
        format: its name.
        content: the decoded file, with its byte order mark.
        slots: in order, not overlapping.
        relabel: rewrites what stands between slots (direction marks) once something was translated.
    """
    article = make_article(source, format, [slot.text for slot in slots], [slot.kind for slot in slots])

    def write(paragraphs: Sequence[str], anchors: Sequence[Sequence[Anchor]]) -> bytes:
        changed = any(new != slot.text for new, slot in zip(paragraphs, slots, strict=True))
        between = relabel if relabel is not None and changed else str
        parts: list[str] = []
        position = 0
        for slot, new, known in zip(slots, paragraphs, anchors, strict=True):
            parts.append(between(content[position : slot.start]))
            parts.append(content[slot.start : slot.end] if new == slot.text else slot.render(new, known))
            position = slot.end
        parts.append(between(content[position:]))
        return "".join(parts).encode("utf-8", "replace")

    return Document(format, article, write)
