"""Read and write glossaries as TSV, CSV, JSON, TBX and TMX. In: a file or text. Out: entries; and back.

Every format carries every field of an entry; what a format cannot carry (a tab in TSV) is an error, never a
silent change. Files are bounded in size and errors name file and line. Not here: what makes a glossary good
(lint).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from khabar_core.errors import GlossaryError, InputError, UsageError
from khabar_core.textio import write_atomic
from khabar_glossaries.entry import Entry
from khabar_glossaries.formats.jsonfile import parse_json, write_json
from khabar_glossaries.formats.rows import parse_rows, write_rows
from khabar_glossaries.formats.tbx import parse_tbx, write_tbx
from khabar_glossaries.formats.tmx import parse_tmx, write_tmx

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "format_of",
    "parse_entries",
    "read_entries",
    "render_entries",
    "write_entries",
]

FORMATS = ("tsv", "csv", "json", "tbx", "tmx")
# 100,000 entries with all columns are about 15 MB; anything far beyond is not a glossary.
MAX_BYTES = 64_000_000

_Parser = Callable[[str, str, str], list[Entry]]
_Writer = Callable[[Sequence[Entry]], str]


def _parsers() -> dict[str, _Parser]:
    return {
        "tsv": lambda text, name, layer: parse_rows(text, name, layer, delimiter="\t"),
        "csv": lambda text, name, layer: parse_rows(text, name, layer, delimiter=None),
        "json": parse_json,
        "tbx": parse_tbx,
        "tmx": parse_tmx,
    }


def _writers() -> dict[str, _Writer]:
    return {
        "tsv": lambda entries: write_rows(entries, delimiter="\t"),
        "csv": lambda entries: write_rows(entries, delimiter=","),
        "json": write_json,
        "tbx": write_tbx,
        "tmx": write_tmx,
    }


def format_of(path: str | Path, format: str | None = None) -> str:
    """The format of a file: as asked, or by its ending; a file without a known ending is read as TSV.

    Raises:
        UsageError: an unknown format was asked for.
    """
    if format is not None:
        if format not in FORMATS:
            raise UsageError(f"unknown glossary format {format!r}", hint="one of " + ", ".join(FORMATS))
        return format
    ending = Path(path).suffix.lower().lstrip(".")
    return {"xml": "tbx", "txt": "tsv", "tab": "tsv"}.get(ending, ending if ending in FORMATS else "tsv")


def read_entries(path: str | Path, *, format: str | None = None, layer: str | None = None) -> list[Entry]:
    """Read a glossary file.

    Args:
        path: the file.
        format: one of FORMATS; None goes by the ending.
        layer: name of the layer in reports; None takes the file's name.

    Raises:
        UsageError: an unknown format was asked for.
        InputError: the file is missing or is not a readable file.
        GlossaryError: it is malformed; the text says at which line.
    """
    path, format = Path(path), format_of(path, format)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as exc:
        raise InputError("no such glossary file", where=str(path)) from exc
    except OSError as exc:
        raise InputError(f"cannot be read: {exc.strerror or exc}", where=str(path)) from exc
    return decode_entries(data, format=format, name=str(path), layer=layer or path.name)


def decode_entries(data: bytes, *, format: str, name: str, layer: str) -> list[Entry]:
    """Parse the bytes of a glossary file (UTF-8, with or without byte order mark; UTF-16 with one).

    Raises:
        GlossaryError: too large, not UTF-8, or malformed.
    """
    if len(data) > MAX_BYTES:
        raise GlossaryError(
            f"larger than {MAX_BYTES // 1_000_000} MB", where=name, hint="is this really a glossary?"
        )
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise GlossaryError(
            f"not UTF-8 at byte {exc.start}", where=f"{name}:{line}", hint="save the file as UTF-8"
        ) from exc
    return parse_entries(text, format=format, name=name, layer=layer)


def parse_entries(text: str, *, format: str, name: str, layer: str = "") -> list[Entry]:
    """Parse the text of a glossary file; `name` stands in errors.

    Raises:
        GlossaryError: malformed.
    """
    if "\x00" in text:
        raise GlossaryError("a NUL character: this is not a text file", where=name)
    return _parsers()[format](text, name, layer or Path(name).name)


def render_entries(entries: Iterable[Entry], format: str) -> str:
    """Write entries as the text of a file in one of FORMATS.

    Raises:
        GlossaryError: a field holds what the format cannot carry.
    """
    return _writers()[format](list(entries))


def write_entries(entries: Iterable[Entry], path: str | Path, *, format: str | None = None) -> None:
    """Write a glossary file; an existing file stays as it was if anything fails.

    Raises:
        GlossaryError: a field holds what the format cannot carry.
        InputError: the file cannot be written.
    """
    path = Path(path)
    write_atomic(path, render_entries(entries, format_of(path, format)).encode("utf-8"))
