"""TSV and CSV glossaries. In: text. Out: entries, and back.

A header line names the columns; without one, two or three columns are source, target, type. Lists inside a
field are separated by `|`. Not here: files and encodings (the package).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from khabar_core.errors import GlossaryError
from khabar_glossaries.entry import Entry, make_entry

__all__ = ["COLUMNS", "parse_rows", "write_rows"]

COLUMNS = ("source", "variants", "target", "accepted", "type", "forbidden", "note", "origin", "date", "case")
_LISTS = frozenset({"variants", "accepted", "forbidden"})
LIST_SEPARATOR = "|"


def _tsv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines cut at tabs; a quotation mark is an ordinary character."""
    # A spreadsheet may still end lines as the first Macintosh did.
    end = "\n" if "\n" in text else "\r"
    for number, line in enumerate(text.split(end), 1):
        yield number, line.rstrip("\r").split("\t")


def _csv_rows(text: str, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records by the csv module, each with the line where it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as exc:
        raise GlossaryError(f"not CSV: {exc}", where=f"{name}:{line}", hint="is a quote unclosed?") from exc


def _guess_delimiter(text: str) -> str:
    """Comma, or what a spreadsheet of another country writes: the most frequent in the first line."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max((",", ";", "\t"), key=first.count)


def _columns(row: Sequence[str], where: str) -> tuple[str, ...] | None:
    """The columns that a header names; None when the row is data.

    Raises:
        GlossaryError: an unknown, repeated or missing column.
    """
    names = [cell.strip().lower() for cell in row]
    if not {"source", "target"} & set(names):
        return None
    for name in names:
        if name not in COLUMNS:
            raise GlossaryError(
                f"unknown column {name[:40]!r}", where=where, hint="known: " + ", ".join(COLUMNS)
            )
        if names.count(name) > 1:
            raise GlossaryError(f"column {name} twice", where=where)
    for name in ("source", "target"):
        if name not in names:
            raise GlossaryError(f"column {name} is missing", where=where)
    return tuple(names)


def parse_rows(text: str, name: str, layer: str, *, delimiter: str | None) -> list[Entry]:
    """Parse TSV (delimiter tab) or CSV (delimiter None: guessed).

    Raises:
        GlossaryError: malformed, with file and line.
    """
    if delimiter == "\t":
        rows = _tsv_rows(text)
    else:
        rows = _csv_rows(text, name, delimiter or _guess_delimiter(text))
    columns: tuple[str, ...] | None = None
    entries: list[Entry] = []
    for line, row in rows:
        first = row[0].lstrip() if row else ""
        if first.startswith("#") or (not first and not any(cell.strip() for cell in row)):
            continue
        where = f"{name}:{line}"
        if columns is None:
            columns = _columns(row, where)
            if columns is not None:
                continue
            columns = _headerless(row, where)
        if len(row) > len(columns) and not any(cell.strip() for cell in row[len(columns) :]):
            row = row[: len(columns)]
        if len(row) > len(columns):
            raise GlossaryError(
                f"{len(columns)} columns expected, {len(row)} found",
                where=where,
                hint="a separator inside a field?",
            )
        entries.append(_entry(dict(zip(columns, row, strict=False)), layer, line, where))
    return entries


def _headerless(row: Sequence[str], where: str) -> tuple[str, ...]:
    """The columns of a file without a header."""
    if not 2 <= len(row) <= 3:
        raise GlossaryError(
            f"{len(row)} columns and no header line",
            where=where,
            hint="two columns (Arabic, English), or a first line that names them: " + ", ".join(COLUMNS),
        )
    return ("source", "target", "type")[: len(row)]


def _entry(cells: dict[str, str], layer: str, line: int, where: str) -> Entry:
    """Make an entry of one record; missing cells at the end of a line are empty."""
    get = cells.get
    raw = Entry(
        source=get("source", ""),
        target=get("target", ""),
        variants=_items(get("variants")),
        accepted=_items(get("accepted")),
        type=get("type", ""),
        forbidden=_items(get("forbidden")),
        note=get("note", ""),
        origin=get("origin", ""),
        date=get("date", ""),
        case=get("case", ""),
        layer=layer,
        line=line,
    )
    return make_entry(raw, where=where)


def _items(cell: str | None) -> tuple[str, ...]:
    return tuple(cell.split(LIST_SEPARATOR)) if cell else ()


def write_rows(entries: Sequence[Entry], *, delimiter: str) -> str:
    """Write TSV or CSV with a header and Unix line ends.

    Raises:
        GlossaryError: a list item with `|`, or a TSV field with a tab or line break.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    if delimiter != "\t":
        writer.writerow(COLUMNS)
    else:
        out.write("\t".join(COLUMNS) + "\n")
    for entry in entries:
        cells = []
        for column in COLUMNS:
            value = getattr(entry, column)
            if column in _LISTS:
                for item in value:
                    if LIST_SEPARATOR in item:
                        raise GlossaryError(
                            f"{item!r} holds the list separator {LIST_SEPARATOR}",
                            where=entry.source,
                            hint="write JSON, TBX or TMX instead",
                        )
                value = LIST_SEPARATOR.join(value)
            cells.append(value)
        if delimiter != "\t":
            writer.writerow(cells)
            continue
        for cell in cells:
            if "\t" in cell or "\n" in cell or "\r" in cell:
                raise GlossaryError(
                    "a tab or line break inside a field", where=entry.source, hint="write CSV"
                )
        out.write("\t".join(cells) + "\n")
    return out.getvalue()
