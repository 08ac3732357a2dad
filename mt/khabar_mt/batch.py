"""Translate many articles: folders of files, JSON lines with an article on each line.

In: paths, a translator, an output folder. Out: for each source a file of the same structure; errors.jsonl
with what could not be translated and why; a journal, so that the same call goes on after an interruption.
Memory stays bounded, one bad document never stops the rest, and the output equals that of one-by-one
translation. Not here: options of the command line.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from khabar_core.errors import InputError, KhabarError, UsageError
from khabar_core.records import Article, Signature, TranslatedArticle
from khabar_core.textio import write_atomic
from khabar_mt.documents import SUFFIXES, Document
from khabar_mt.journal import Journal, Record
from khabar_mt.units import Target, Unit, UnitSource, find_targets, read_unit, units_of

__all__ = ["BatchOptions", "BatchReport", "translate_many"]

WORK_FOLDER = ".khabar"
ERRORS_FILE = "errors.jsonl"
# Articles that are decoded together: enough to fill batches, few enough for memory and for the journal.
_MAX_TOGETHER = 64
_MAX_TOGETHER_CHARS = 40_000

Progress = Callable[[int, int], None]
Render = Callable[[Document, TranslatedArticle], bytes]


class ArticleTranslator(Protocol):
    """What is needed of `Translator` here."""

    @property
    def signature(self) -> Signature:
        """How its output is made."""

    def translate_all(self, articles: Sequence[Article]) -> list[TranslatedArticle]:
        """Translate articles together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a batch reads and writes.

    Attributes:
        format: of the sources; None goes by each name.
        encoding: of text formats.
        column: of tables and JSON lines.
        render: makes the output from a document and its translation; None writes the source's own structure.
        suffix: of the output files when `render` is given, e.g. ".html".
        lines_per_part: lines of a JSON lines file that are read at once.
        resume: whether finished units of an earlier run are kept.
    """

    format: str | None = None
    encoding: str = "utf-8"
    column: str | None = None
    render: Render | None = None
    suffix: str | None = None
    lines_per_part: int = 200
    resume: bool = True

    def __post_init__(self) -> None:
        if self.lines_per_part < 1:
            raise UsageError(f"lines_per_part must be >= 1, got {self.lines_per_part}")
        if (self.render is None) != (self.suffix is None):
            raise UsageError("render and suffix belong together")

    @property
    def tag(self) -> str:
        """What changes the output, for the journal."""
        return f"{self.format}|{self.encoding}|{self.column}|{self.suffix}|{self.lines_per_part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What a batch did.

    Attributes:
        translated: units (files, or parts of JSON lines files) translated now.
        kept: units that an earlier run had finished.
        failed: documents that could not be translated; see errors.jsonl.
        segments: translated in all, earlier runs included.
        doubtful: of them, with a flag that is not informative.
        seconds: of this run.
    """

    translated: int = 0
    kept: int = 0
    failed: int = 0
    segments: int = 0
    doubtful: int = 0
    seconds: float = 0.0


def translate_many(
    sources: Iterable[str | Path],
    translator: ArticleTranslator,
    output: str | Path,
    options: BatchOptions | None = None,
    progress: Progress | None = None,
) -> BatchReport:
    """Translate files and folders into a folder.

    Args:
        sources: files; folders stand for every file in them whose name tells a known format.
        translator: used for all of them.
        output: a folder; created when missing. `a/news.ar.txt` of a folder `a` becomes `news.en.txt`.
        options: how to read and write.
        progress: called with (files done, files in all).

    Raises:
        UsageError: two results would get one name, or a result would replace its source.
        InputError: a source is missing, or the output folder cannot be written.
    """
    begun = time.monotonic()
    chosen = options or BatchOptions()
    targets = find_targets(sources, Path(output), frozenset(SUFFIXES), chosen.suffix)
    batch = _Batch(translator, Path(output), chosen)
    try:
        for number, target in enumerate(targets):
            if progress:
                progress(number, len(targets))
            batch.add(target)
        batch.flush()
    finally:
        batch.close()
    if progress:
        progress(len(targets), len(targets))
    return dataclasses.replace(batch.report, seconds=time.monotonic() - begun)


class _Batch:
    """The state of one run: what waits, what was counted, the open journal."""

    def __init__(self, translator: ArticleTranslator, output: Path, options: BatchOptions) -> None:
        self.options = options
        self.report = BatchReport()
        self._translator = translator
        self._output = output
        made_by = f"{translator.signature}|{options.tag}"
        self._made_by = hashlib.sha256(made_by.encode("utf-8")).hexdigest()[:16]
        self._waiting: list[tuple[Unit, list[Document], tuple[dict[str, Any], ...]]] = []
        self._n_chars = 0
        # File -> parts that have yet to be translated; a file of parts is put together after the last.
        self._open_parts: dict[str, int] = {}
        self._parts: dict[str, list[str]] = {}
        try:
            (output / WORK_FOLDER).mkdir(parents=True, exist_ok=True)
            (output / ERRORS_FILE).unlink(missing_ok=True)  # what failed is tried again
        except OSError as exc:
            raise InputError(f"cannot be made: {exc.strerror}", where=str(output)) from exc
        if not options.resume:
            (output / WORK_FOLDER / "journal.jsonl").unlink(missing_ok=True)
        self._journal = Journal(output / WORK_FOLDER / "journal.jsonl")

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def add(self, target: Target) -> None:
        """Read a file; translate when enough has been read."""
        name = target.name
        self._parts[name], self._open_parts[name] = [], 1  # one more until all parts are known
        source = UnitSource(
            target=target,
            format=self.options.format,
            encoding=self.options.encoding,
            column=self.options.column,
            in_parts=self.options.render is None,
        )
        try:
            if self._is_whole(source):
                return
            for unit in units_of(source, self.options.lines_per_part):
                self._parts[name].append(unit.output)
                record = self._find(unit)
                if record is not None and (self._output / record.target).exists():
                    self._keep(record)
                else:
                    self._open_parts[name] += 1
                    self._read(unit)
        except KhabarError as error:
            self._fail(_fields(error, target.source))
        self._finish_part(name)

    def _find(self, unit: Unit) -> Record | None:
        return self._journal.find(unit.name, unit.content, self._made_by)

    def _is_whole(self, source: UnitSource) -> bool:
        """Whether a file of parts was put together by an earlier run, and nothing has changed since."""
        if not source.is_lines or not (self._output / source.target.name).exists():
            return False
        records = [self._find(unit) for unit in units_of(source, self.options.lines_per_part)]
        known = [record for record in records if record is not None]
        if len(known) < len(records):
            return False
        for record in known:
            self._keep(record)
        return True

    def _keep(self, record: Record) -> None:
        for fields in record.errors:
            self._fail(fields)
        self._count(kept=1, segments=record.segments, doubtful=record.doubtful)

    def _read(self, unit: Unit) -> None:
        documents, errors = read_unit(unit)
        fields = tuple(_fields(error, unit.target.source) for error in errors)
        for error_fields in fields:
            self._fail(error_fields)
        if not documents and not unit.part:
            self._finish_part(unit.target.name)
            return
        self._waiting.append((unit, documents, fields))
        self._n_chars += sum(len(text) for d in documents for text in d.article.paragraphs)
        if len(self._waiting) >= _MAX_TOGETHER or self._n_chars >= _MAX_TOGETHER_CHARS:
            self.flush()

    def flush(self) -> None:
        """Translate what waits, write it, note it in the journal."""
        waiting, self._waiting, self._n_chars = self._waiting, [], 0
        documents = [document for _, own, _ in waiting for document in own]
        results = iter(self._translate(documents))
        for unit, own, errors in waiting:
            done = [(document, next(results)) for document in own]
            pieces: list[bytes] = []
            record = Record(
                unit=unit.name,
                content=unit.content,
                made_by=self._made_by,
                target=unit.output,
                errors=errors,
            )
            for document, translated in done:
                if isinstance(translated, KhabarError):
                    self._fail(_fields(translated, unit.target.source))
                    continue
                pieces.append(self._render(document, translated))
                doubtful = sum(t.doubtful for t in translated.translations)
                record = dataclasses.replace(
                    record,
                    segments=record.segments + len(translated.translations),
                    doubtful=record.doubtful + doubtful,
                )
            failed = any(isinstance(translated, KhabarError) for _, translated in done)
            if pieces or unit.part:
                self._write(self._output / unit.output, b"".join(pieces))
                self._count(translated=1, segments=record.segments, doubtful=record.doubtful)
            if not failed:
                self._journal.add(record)
            self._finish_part(unit.target.name)

    def _render(self, document: Document, translated: TranslatedArticle) -> bytes:
        render = self.options.render
        return render(document, translated) if render else document.render_translated(translated)

    def _translate(self, documents: Sequence[Document]) -> list[TranslatedArticle | KhabarError]:
        """Translate together; if that fails, one by one, to find the one that cannot be."""
        if not documents:
            return []
        try:
            return list(self._translator.translate_all([document.article for document in documents]))
        except KhabarError as error:
            if len(documents) == 1:
                return [error]
        return [result for document in documents for result in self._translate([document])]

    def _finish_part(self, name: str) -> None:
        """Count a part off; put the file together after the last."""
        self._open_parts[name] -= 1
        parts = self._parts[name]
        if self._open_parts[name] or not parts or parts == [name]:
            return
        paths = [self._output / part for part in parts]
        if all(path.exists() for path in paths):
            self._write_joined(self._output / name, paths)

    def _write_joined(self, target: Path, parts: Sequence[Path]) -> None:
        from khabar_core.textio import open_atomic

        target.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(target) as out:
            for path in parts:
                out.write(path.read_bytes())
        for path in parts:
            path.unlink()
            if not os.listdir(path.parent):
                path.parent.rmdir()

    def _write(self, path: Path, data: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InputError(f"cannot be made: {exc.strerror}", where=str(path.parent)) from exc
        write_atomic(path, data)

    def _fail(self, fields: dict[str, Any]) -> None:
        """Note an error; the file is flushed, so that it can be watched."""
        with open(self._output / ERRORS_FILE, "a", encoding="utf-8", newline="\n") as out:
            out.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._count(failed=1)

    def _count(self, **more: int) -> None:
        old = self.report
        self.report = dataclasses.replace(old, **{name: getattr(old, name) + n for name, n in more.items()})


def _fields(error: KhabarError, source: Path) -> dict[str, Any]:
    """An error as it stands in errors.jsonl."""
    return {
        "schema": 1,
        "source": str(source),
        "where": error.where,
        "message": error.message,
        "hint": error.hint,
        "kind": type(error).__name__,
    }
