"""Translate files: read, translate, show or write back, one document after the other.

In: sources and what is wanted of them. Out: rendered bytes, to where the caller says; one bad document does
not stop the others. Not here: the command line's options; folders of thousands of articles (khabar_mt.batch).
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from khabar.render import FORMATS, render
from khabar_core.errors import InputError, KhabarError, UsageError
from khabar_core.records import Article, Signature, TranslatedArticle, Translation
from khabar_core.textio import STDIN, check_encoding, check_target, write_atomic
from khabar_mt.documents import Document, guess_format, read_document

__all__ = [
    "SAME",
    "ArticleTranslator",
    "Job",
    "LineTranslator",
    "plan",
    "translate_files",
    "translate_stream",
]

SAME = "same"  # the source's own format
_READ_BYTES = 1 << 16
_MAX_BATCH_LINES = 256
# Documents that are decoded in common batches: a book goes alone, forty headlines go together.
_MAX_TOGETHER = 64
_MAX_TOGETHER_CHARS = 20_000


class ArticleTranslator(Protocol):
    """What is needed of `khabar_mt.Translator` here."""

    def translate_all(
        self, articles: Sequence[Article], progress: Callable[[int, int], None] | None = None
    ) -> list[TranslatedArticle]:
        """Translate articles together; `progress` is told (sentences done, in all)."""

    def stream_paragraphs(self, article: Article) -> Iterator[tuple[str, tuple[Translation, ...]]]:
        """Yield each paragraph with its translations as soon as it is complete."""

    @property
    def signature(self) -> Signature:
        """How the output is made."""


class LineTranslator(Protocol):
    """What line mode needs of `khabar_mt.Translator`."""

    def translate_lines(self, lines: Sequence[str]) -> list[str]:
        """Translate lines: one for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to do with which files.

    Attributes:
        sources: paths, or "-".
        output: a file, a folder, or None for standard output.
        format: one of `khabar.render.FORMATS`, or "same".
        input_format: one of `khabar_mt.documents.FORMATS`; None goes by the name.
        encoding: of text formats.
        column: of tables and JSON lines.
    """

    sources: Sequence[str]
    output: Path | None = None
    format: str = SAME
    input_format: str | None = None
    encoding: str = "utf-8"
    column: str | None = None

    def __post_init__(self) -> None:
        if self.format != SAME and self.format not in FORMATS:
            known = ", ".join((*FORMATS, SAME))
            raise UsageError(f"unknown format {self.format!r}", where="--format", hint=f"one of {known}")


def plan(job: Job) -> list[tuple[str, Path | None]]:
    """Decide where each source's result goes, before any work is done.

    Raises:
        UsageError: two results would get one name, or a result would replace its source.
    """
    if job.output is None or str(job.output) == STDIN:
        return [(source, None) for source in job.sources]
    is_folder = job.output.is_dir() or len(job.sources) > 1 or str(job.output).endswith(("/", "\\"))
    if not is_folder:
        targets = [(job.sources[0], job.output)]
    else:
        targets = [(source, job.output / _target_name(source, job)) for source in job.sources]
    taken: dict[Path, str] = {}
    for source, target in targets:
        if source != STDIN and target.exists() and Path(source).exists() and target.samefile(source):
            raise UsageError("would replace its own source", where=source, hint="choose another --output")
        if target in taken:
            raise UsageError(f"{taken[target]} and {source} would both become {target}", where="--output")
        taken[target] = source
    return list(targets)


def _target_name(source: str, job: Job) -> str:
    """`news.ar.txt` becomes `news.en.txt`."""
    if source == STDIN:
        stem, suffix = "stdin", ".txt"
    else:
        path = Path(source)
        stem, suffix = path.stem.removesuffix(".ar"), path.suffix
    if job.format != SAME:
        suffix = FORMATS[job.format]
    elif job.input_format == "article":
        suffix = ".txt"
    return f"{stem}.en{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told what while files are translated.

    Attributes:
        error: each source that could not be translated.
        progress: sentences done, and how many there are, of the documents that are translated together.
        done: each translated article.
        live: whether somebody reads along: text for standard output then comes paragraph by paragraph.
    """

    error: Callable[[KhabarError], None]
    progress: Callable[[int, int], None] | None = None
    done: Callable[[TranslatedArticle], None] | None = None
    live: bool = False


def translate_files(
    job: Job, load: Callable[[], ArticleTranslator], emit: Callable[[bytes], None], watch: Watch
) -> int:
    """Translate every source of a job; small documents are translated together.

    Args:
        job: what to do.
        load: makes the translator; called after the first source was read, so that a mistyped name is
            reported at once.
        emit: takes results that go to standard output.
        watch: who is told about it.

    Returns:
        0, or the exit code of the first failure.
    """
    exit_code = 0
    translator: ArticleTranslator | None = None
    targets = plan(job)
    if job.output is not None and any(target is not None and target != job.output for _, target in targets):
        _make_folder(job.output)
    for _, target in targets:
        check_target(target)
    waiting: list[tuple[Document, Path | None]] = []
    for number, (source, target) in enumerate(targets, 1):
        try:
            waiting.append((_read(source, job), target))
        except KhabarError as error:
            watch.error(error)
            exit_code = exit_code or error.exit_code
        if waiting and (number == len(targets) or _is_enough(waiting)):
            translator = translator or load()
            if watch.live and job.format == "text" and target is None:
                results = [_read_along(translator, document.article, emit) for document, _ in waiting]
            else:
                results = translator.translate_all(
                    [document.article for document, _ in waiting], watch.progress
                )
                for (document, place), translated in zip(waiting, results, strict=True):
                    _deliver(document, translated, place, job.format, emit)
            for translated in results:
                if watch.done is not None:
                    watch.done(translated)
            waiting = []
    return exit_code


def _read_along(
    translator: ArticleTranslator, article: Article, emit: Callable[[bytes], None]
) -> TranslatedArticle:
    """Translate an article and show each paragraph as soon as it is there."""
    paragraphs: list[str] = []
    translations: list[Translation] = []
    for paragraph, own in translator.stream_paragraphs(article):
        emit((paragraph + "\n").encode("utf-8", "replace"))
        paragraphs.append(paragraph)
        translations.extend(own)
    return TranslatedArticle(
        article=article,
        paragraphs=tuple(paragraphs),
        translations=tuple(translations),
        signature=translator.signature,
    )


def _is_enough(waiting: Sequence[tuple[Document, Path | None]]) -> bool:
    """Whether more documents would only take memory, and keep finished ones from the user."""
    n_chars = sum(len(text) for document, _ in waiting for text in document.article.paragraphs)
    return len(waiting) >= _MAX_TOGETHER or n_chars >= _MAX_TOGETHER_CHARS


def _deliver(
    document: Document,
    translated: TranslatedArticle,
    target: Path | None,
    format: str,
    emit: Callable[[bytes], None],
) -> None:
    """Write one result to where it belongs."""
    if format == SAME:
        data = document.render_translated(translated)
    else:
        data = render(translated, format).encode("utf-8", "replace")
    if target is None:
        emit(data)
    else:
        write_atomic(target, data)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise InputError(f"cannot be made: {reason}", where=str(folder)) from exc


def _read(source: str, job: Job) -> Document:
    """Read one source; of a web page the article alone, unless the page itself is wanted back."""
    format = job.input_format or guess_format(source)
    if format == "html" and job.input_format is None and job.format != SAME:
        format = "article"
    # One --column for a mixed set of files concerns those that have columns.
    column = job.column if format in ("csv", "tsv", "jsonl") or len(job.sources) == 1 else None
    return read_document(source, format=format, encoding=job.encoding, column=column)


def translate_stream(
    translator: LineTranslator, source: BinaryIO, write: Callable[[bytes], None], *, where: str, encoding: str
) -> int:
    """Translate line by line, as the lines come: exactly one line out for each line in, blank ones included.

    Only a newline ends a line (a carriage return before it stays); a last line without one gets none.

    Args:
        translator: translates batches of lines.
        source: bytes; read as they arrive, so that a slow pipe gets its answers in time.
        write: takes the output, as UTF-8.
        where: for messages.
        encoding: of the source.

    Returns:
        The number of lines.

    Raises:
        InputError: invalid bytes; everything before them has been written.
    """
    n_lines = 0
    for lines in _line_batches(_decoded(source, where, encoding)):
        bodies = [line.rstrip("\r\n") for line in lines]
        results = translator.translate_lines(bodies)
        out = []
        for line, body, result in zip(lines, bodies, results, strict=True):
            # A line break inside the result would shift all later lines.
            out.append(result.replace("\n", " ") + line[len(body) :])
        write("".join(out).encode("utf-8", "replace"))
        n_lines += len(lines)
    return n_lines


def _decoded(source: BinaryIO, where: str, encoding: str) -> Iterator[str]:
    """Decode a stream piece by piece; a byte order mark is dropped."""
    decoder = codecs.getincrementaldecoder(check_encoding(encoding))()
    offset = 0
    first = True
    read = getattr(source, "read1", source.read)
    while True:
        data = read(_READ_BYTES)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as exc:
            # What stands before the bad bytes is good and must not be lost.
            yield exc.object[: exc.start].decode(encoding, "replace")
            at = offset - pending + exc.start
            raise InputError(
                f"invalid {encoding} at byte offset {at}", where=where, hint="give the right --encoding"
            ) from exc
        offset += len(data)
        if first and text:
            text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
            first = False
        yield text
        if not data:
            return


def _line_batches(pieces: Iterable[str]) -> Iterator[list[str]]:
    """Cut decoded pieces into lines with their ends; each batch holds what has arrived completely."""
    rest: list[str] = []
    error: InputError | None = None
    iterator = iter(pieces)
    while True:
        try:
            piece = next(iterator)
        except StopIteration:
            break
        except InputError as exc:
            error = exc
            break
        *lines, tail = piece.split("\n")
        if lines:
            lines[0] = "".join([*rest, lines[0]])
            rest = []
            for begin in range(0, len(lines), _MAX_BATCH_LINES):
                yield [line + "\n" for line in lines[begin : begin + _MAX_BATCH_LINES]]
        if tail:
            rest.append(tail)
    if error is not None:
        raise error
    if rest:
        yield ["".join(rest)]
