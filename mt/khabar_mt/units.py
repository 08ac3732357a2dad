"""What a batch works on: files, and parts of JSON lines files.

In: paths. Out: targets (which file becomes which), units (what is translated and journalled at once),
documents. Not here: translating, the journal.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from khabar_core.errors import InputError, KhabarError, UsageError
from khabar_core.textio import read_bytes
from khabar_mt.documents import Document, guess_format, read_document
from khabar_mt.documents.base import Source

__all__ = ["Target", "Unit", "UnitSource", "find_targets", "read_unit", "units_of"]

PARTS_FOLDER = ".khabar/parts"


@dataclass(frozen=True, slots=True)
class Target:
    """A source file and the name of its result, relative to the output folder, with forward slashes."""

    source: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSource:
    """A target and how its source is read."""

    target: Target
    format: str | None = None
    encoding: str = "utf-8"
    column: str | None = None

    in_parts: bool = True

    @property
    def is_lines(self) -> bool:
        """Whether the file has an article on each line, and may be read in parts."""
        return self.in_parts and (self.format or guess_format(self.target.source)) == "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is translated at once.

    Attributes:
        source: the file and how it is read.
        part: number of the part from 1; 0 for a whole file.
        first_line: of the part, from 1.
        data: the part's bytes; None for a whole file, which is read by its format.
        content: sha256 of the bytes.
        output: the file that is written, relative to the output folder.
    """

    source: UnitSource
    content: str
    output: str
    part: int = 0
    first_line: int = 1
    data: bytes | None = None

    @property
    def target(self) -> Target:
        """Source and result."""
        return self.source.target

    @property
    def name(self) -> str:
        """Unique in the batch."""
        return f"{self.target.name}#{self.part}" if self.part else self.target.name


def find_targets(
    sources: Iterable[str | Path], output: Path, suffixes: Collection[str], new_suffix: str | None = None
) -> list[Target]:
    """List the files and the names of their results, in a fixed order.

    Raises:
        InputError: a source is missing.
        UsageError: two results would get one name, or a result would replace its source.
    """
    found: dict[str, Target] = {}
    for source in map(Path, sources):
        if not source.exists():
            raise InputError("no such file or folder", where=str(source))
        root = source if source.is_dir() else source.parent
        files = _files_in(source, output, suffixes) if source.is_dir() else [source]
        for path in files:
            name = _result_name(path.relative_to(root), new_suffix)
            if name in found and found[name].source != path:
                both = f"{found[name].source} and {path}"
                raise UsageError(f"{both} would both become {name}", where=str(output))
            result = output / name
            if result.exists() and result.samefile(path):
                raise UsageError(
                    "would replace its own source", where=str(path), hint="another output folder"
                )
            found[name] = Target(path, name)
    return list(found.values())


def _files_in(folder: Path, output: Path, suffixes: Collection[str]) -> Iterator[Path]:
    """Files of known formats, sorted; hidden ones, links to folders and the output folder are left out."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not _same(Path(where) / name, output)
        )
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes:
                yield Path(where) / name


def _same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


def _result_name(path: Path, new_suffix: str | None) -> str:
    """`a/news.ar.txt` becomes `a/news.en.txt`."""
    suffix = path.suffix if new_suffix is None else new_suffix
    return path.with_name(f"{path.stem.removesuffix('.ar')}.en{suffix}").as_posix()


def units_of(source: UnitSource, lines_per_part: int) -> Iterator[Unit]:
    """The units of a file: itself, or its parts.

    Raises:
        InputError: the file cannot be read.
    """
    target = source.target
    if not source.is_lines:
        content = hashlib.sha256(read_bytes(target.source)).hexdigest()
        yield Unit(source=source, content=content, output=target.name)
        return
    try:
        with open(target.source, "rb") as file:
            part, first_line = 0, 1
            while lines := list(islice(file, lines_per_part)):
                part += 1
                data = b"".join(lines)
                yield Unit(
                    source=source,
                    content=hashlib.sha256(data).hexdigest(),
                    output=f"{PARTS_FOLDER}/{target.name}/{part:06d}",
                    part=part,
                    first_line=first_line,
                    data=data,
                )
                first_line += len(lines)
    except OSError as exc:
        raise InputError(f"cannot be read: {exc.strerror}", where=str(target.source)) from exc


def read_unit(unit: Unit) -> tuple[list[Document], list[KhabarError]]:
    """The documents of a unit, and what is wrong with those that cannot be read.

    A whole file is one document. A part is one too, unless a line is bad: then each good line is one.
    """
    source = unit.source
    path = source.target.source
    if unit.data is None:
        try:
            document = read_document(
                path, format=source.format, encoding=source.encoding, column=_column(source)
            )
        except KhabarError as error:
            return [], [error]
        return [document], []
    stem = f"{path.stem}-{unit.part}"
    try:
        return [_read_lines(unit.data, stem, source)], []
    except KhabarError:
        pass  # found again below, with its line
    documents: list[Document] = []
    errors: list[KhabarError] = []
    for number, line in enumerate(unit.data.split(b"\n"), unit.first_line):
        if not line.strip():
            continue
        try:
            documents.append(_read_lines(line + b"\n", f"{path.stem}-{number}", source))
        except KhabarError as error:
            errors.append(type(error)(error.message, where=f"{path}:{number}", hint=error.hint))
    return documents, errors


def _read_lines(data: bytes, stem: str, source: UnitSource) -> Document:
    from khabar_mt.documents.jsonl import read

    path = str(source.target.source)
    return read(Source(where=path, id=stem, data=data, encoding=source.encoding, column=source.column))


def _column(source: UnitSource) -> str | None:
    """A column concerns the formats that have some."""
    format = source.format or guess_format(source.target.source)
    return source.column if format in ("csv", "tsv", "jsonl") else None
