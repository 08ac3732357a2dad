"""CSV and TSV: one column is translated; quoting, line ends and all other cells stay byte for byte.

In: text and a column, by name or by number from 1. Out: a document with one paragraph for each line of each
cell of that column, the header left out. Not here: choosing columns by their content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from khabar_core.errors import InputError, UsageError
from khabar_mt.documents.base import BOM, Document, Slot, Source, line_spans, one_line, slotted

__all__ = ["DEFAULT_NAMES", "read"]

# Looked for in this order when no column is named.
DEFAULT_NAMES = ("text", "src", "source", "content", "arabic", "ar")


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int  # inside the quotes, if there are any
    end: int
    quoted: bool


def read(source: Source, format: str) -> Document:
    """Read a table; `format` is "csv" or "tsv"."""
    content = source.decode()
    delimiter = "\t" if format == "tsv" else _delimiter(content)
    rows = _rows(content, delimiter, 1 if content.startswith(BOM) else 0)
    if not rows:
        raise InputError("has no row", where=source.where)
    column, has_header = _choose(source, content, rows)
    slots: list[Slot] = []
    for number, row in enumerate(rows):
        if (number == 0 and has_header) or (len(row) == 1 and row[0].start == row[0].end):
            continue  # the header, or an empty line
        if column >= len(row):
            raise InputError(
                f"column {column + 1} expected, {len(row)} found",
                where=f"{source.where}: row {number + 1}",
                hint="is the separator right, and is every quote closed?",
            )
        slots.extend(_slots(content, row[column], delimiter))
    return slotted(source, format, content, slots)


def _delimiter(content: str) -> str:
    """Comma, or the semicolon of spreadsheets whose decimal mark is a comma."""
    first = content[: content.find("\n")] if "\n" in content else content
    return ";" if first.count(";") > first.count(",") else ","


def _rows(content: str, delimiter: str, position: int) -> list[list[_Cell]]:
    """Cut a table into cells.

    A cell is quoted when its closing quote stands before a separator; any other quote is an ordinary
    character, as in the tab-separated files of translation work, where a cell may begin with a quotation.
    """
    mark = re.escape(delimiter)
    # A quoted TSV cell does not contain line ends: one stray quote would swallow the rows up to the next.
    inside = '[^"\r\n\t]' if delimiter == "\t" else '[^"]'
    quoted = re.compile(rf'"({inside}*(?:""{inside}*)*)"(?={mark}|[\r\n]|\Z)')
    plain = re.compile(rf"[^{mark}\r\n]*")
    line_end = re.compile("\r\n|\n|\r")
    rows: list[list[_Cell]] = []
    row: list[_Cell] = []
    while position < len(content) or row:
        match = quoted.match(content, position)
        if match:
            row.append(_Cell(*match.span(1), True))
        else:
            match = plain.match(content, position)
            if match is None:  # pragma: no cover - the pattern matches the empty string
                break
            row.append(_Cell(*match.span(), False))
        position = match.end()
        if content.startswith(delimiter, position):
            position += 1
            continue
        rows.append(row)
        row = []
        if end := line_end.match(content, position):
            position = end.end()
    return rows


def _choose(source: Source, content: str, rows: list[list[_Cell]]) -> tuple[int, bool]:
    """The column's index, and whether the first row names the columns."""
    names = [_unquote(content, cell).strip() for cell in rows[0]]
    wanted = source.column
    if wanted is None:
        lowered = [name.lower() for name in names]
        for name in DEFAULT_NAMES:
            if name in lowered:
                return lowered.index(name), True
        if len(names) == 1:
            return 0, False
        raise UsageError(
            f"which of the {len(names)} columns is the Arabic one?",
            where=source.where,
            hint=f"--column NAME or NUMBER; the first row says {', '.join(names)[:120]}",
        )
    if wanted in names:
        return names.index(wanted), True
    if wanted.isascii() and wanted.isdigit():
        index = int(wanted) - 1
        if 0 <= index < len(names):
            return index, False
        raise UsageError(f"column {wanted} of {len(names)}", where=source.where, hint="columns count from 1")
    raise UsageError(
        f"no column {wanted!r}", where=source.where, hint=f"the first row says {', '.join(names)[:120]}"
    )


def _unquote(content: str, cell: _Cell) -> str:
    raw = content[cell.start : cell.end]
    return raw.replace('""', '"') if cell.quoted else raw


def _slots(content: str, cell: _Cell, delimiter: str) -> list[Slot]:
    """The slots of one cell: one for each of its lines."""
    if not cell.quoted:

        def write_plain(text: str) -> str:
            text = one_line(text)
            if delimiter == "\t":
                return text.replace("\t", " ")
            return '"' + text.replace('"', '""') + '"' if delimiter in text or '"' in text else text

        return [Slot(cell.start, cell.end, content[cell.start : cell.end], "", write_plain)]

    def write_quoted(text: str) -> str:
        return one_line(text).replace('"', '""')

    return [
        Slot(start, end, content[start:end].replace('""', '"'), "", write_quoted)
        for start, end in line_spans(content, cell.start, cell.end)
    ]
