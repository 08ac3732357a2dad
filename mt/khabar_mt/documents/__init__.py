"""Documents: read a file of any supported format into an article, and write the same structure back.

In: a path, or "-" for standard input. Out: a `Document`, whose `article` is translated and whose `render`
puts the translations where the source stood. Not here: translation; each format lives in its own module.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from khabar_core.errors import InputError, UsageError
from khabar_core.textio import STDIN, display_name, read_bytes
from khabar_mt.documents.base import Document, Source
from khabar_mt.documents.news import find_dateline, read_structure

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Document",
    "find_dateline",
    "guess_format",
    "read_document",
    "read_structure",
]

# Suffix -> format; "article" (the article of a web page) has to be asked for.
SUFFIXES = {
    ".txt": "txt",
    ".text": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".srt": "srt",
    ".vtt": "vtt",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
}
FORMATS = ("article", *dict.fromkeys(SUFFIXES.values()))
# Files that would decode as text and give nonsense.
_REFUSED = {
    ".json": "write one object a line and call it .jsonl",
    ".xml": "only HTML, DOCX and text formats can be read",
    ".odt": "save it as .docx",
    ".rtf": "save it as .docx",
    ".doc": "save it as .docx",
    ".ass": "convert it to .srt",
}


def guess_format(source: str | Path) -> str:
    """The format that a file's name tells; plain text for standard input and for unknown names.

    Raises:
        InputError: the name tells a format that cannot be read.
    """
    if str(source) == STDIN:
        return "txt"
    suffix = Path(source).suffix.lower()
    if suffix in _REFUSED:
        raise InputError(f"{suffix} files cannot be read", where=str(source), hint=_REFUSED[suffix])
    return SUFFIXES.get(suffix, "txt")


def read_document(
    source: str | Path, *, format: str | None = None, encoding: str = "utf-8", column: str | None = None
) -> Document:
    """Read a document.

    Args:
        source: a path, or "-" for standard input.
        format: one of FORMATS; None goes by the file's name.
        encoding: of text formats.
        column: for csv and tsv a column's name or its number from 1; for jsonl one or several field names
            separated by commas.

    Raises:
        InputError: the file is missing, empty, damaged or of another format.
        UsageError: an unknown format or encoding, or a column where none can be chosen.
    """
    chosen = format or guess_format(source)
    where = display_name(source)
    if chosen not in FORMATS:
        raise UsageError(f"unknown format {chosen!r}", where=where, hint=f"one of {', '.join(FORMATS)}")
    if column is not None and chosen not in ("csv", "tsv", "jsonl"):
        raise UsageError(f"a {chosen} file has no columns", where=where, hint="leave --column out")
    name = "stdin" if str(source) == STDIN else Path(source).stem
    return _reader(chosen)(
        Source(
            where=where,
            id=name or "article",
            data=read_bytes(source),
            encoding=encoding,
            column=column,
        )
    )


def _reader(format: str) -> Callable[[Source], Document]:
    """The reader of a format; imported when needed, because lxml and trafilatura take long to load."""
    if format == "txt":
        from khabar_mt.documents.text import read as read_text

        return read_text
    if format == "md":
        from khabar_mt.documents.markdown import read as read_markdown

        return read_markdown
    if format in ("html", "article"):
        from khabar_mt.documents import html

        return html.read if format == "html" else html.read_article
    if format == "docx":
        from khabar_mt.documents.docx import read as read_docx

        return read_docx
    if format in ("srt", "vtt"):
        from khabar_mt.documents.subtitles import read as read_subtitles

        return lambda source: read_subtitles(source, format)
    if format == "jsonl":
        from khabar_mt.documents.jsonl import read as read_jsonl

        return read_jsonl
    from khabar_mt.documents.table import read as read_table

    return lambda source: read_table(source, format)
