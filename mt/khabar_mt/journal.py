"""The journal of a batch: what has been done, so that an interrupted run goes on where it stopped.

In: records of finished units. Out: whether a unit with this content was finished under this signature. One
JSON object a line, appended and flushed; a torn last line (power cut) is ignored. Not here: the results.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from khabar_core.errors import InputError

__all__ = ["Journal", "Record"]

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One finished unit.

    Attributes:
        unit: its name, unique in the batch.
        content: sha256 of its source bytes.
        made_by: digest of the translator's signature and the batch's options.
        target: the file that was written, relative to the output folder.
        segments: translated segments in it.
        doubtful: segments with a flag that is not informative.
        errors: what was wrong with documents in it that could not be read, as in errors.jsonl.
    """

    unit: str
    content: str
    made_by: str
    target: str
    segments: int = 0
    doubtful: int = 0
    errors: tuple[dict[str, Any], ...] = ()


class Journal:
    """Reads what is there, appends what is new.

    Args:
        path: the file; created when missing.

    Raises:
        InputError: the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records: dict[str, Record] = {}
        try:
            if path.exists():
                with open(path, encoding="utf-8", errors="replace", newline="\n") as lines:
                    for line in lines:
                        self._read(line)
            self._file: TextIO = open(path, "a", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed in close()
            # A torn line must not swallow the record that is appended to it.
            if path.stat().st_size and not _ends_with_newline(path):
                self._file.write("\n")
        except OSError as exc:
            raise InputError(f"cannot be written: {exc.strerror}", where=str(path)) from exc

    def _read(self, line: str) -> None:
        try:
            fields = json.loads(line)
            if fields.pop("schema") == SCHEMA:
                fields["errors"] = tuple(fields["errors"])
                record = Record(**fields)
                self._records[record.unit] = record
        except (ValueError, TypeError, KeyError, AttributeError):
            return

    def find(self, unit: str, content: str, made_by: str) -> Record | None:
        """The record of a unit, if it was made from this content in this way."""
        record = self._records.get(unit)
        if record is None or record.content != content or record.made_by != made_by:
            return None
        return record

    def add(self, record: Record) -> None:
        """Append a record; it is on disk when this returns."""
        fields = {"schema": SCHEMA, **{name: getattr(record, name) for name in Record.__slots__}}
        try:
            self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as exc:
            raise InputError(f"cannot be written: {exc.strerror}", where=str(self._path)) from exc
        self._records[record.unit] = record

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _ends_with_newline(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
