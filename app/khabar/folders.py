"""Translate folders: every file in them, with a journal, so that an interrupted run goes on.

In: a job whose sources are folders, or files to be translated with a journal. Out: files in the output
folder, errors.jsonl there, a summary. Not here: how a batch works (khabar_mt.batch).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from khabar.render import FORMATS, render
from khabar.translating import SAME, Job
from khabar_core.errors import InputError, UsageError
from khabar_core.records import TranslatedArticle
from khabar_core.textio import STDIN, display_name
from khabar_mt.documents import Document

if TYPE_CHECKING:
    from khabar_mt.batch import ArticleTranslator, BatchReport

__all__ = ["has_folder", "summarise", "translate_folders"]


def has_folder(job: Job) -> bool:
    """Whether a source is a folder."""
    return any(source != STDIN and Path(source).is_dir() for source in job.sources)


def translate_folders(
    job: Job, load: Callable[[], ArticleTranslator], progress: Callable[[int, int], None] | None = None
) -> BatchReport:
    """Translate every file of a job's folders.

    Args:
        job: its output must be a folder.
        load: makes the translator; called once the job makes sense.
        progress: told (files done, files in all).

    Raises:
        UsageError: no output folder, or standard input among the sources.
        InputError: a source is missing, or the output folder cannot be written.
    """
    from khabar_mt.batch import BatchOptions, translate_many

    if STDIN in job.sources:
        raise UsageError("standard input does not go with folders", where=STDIN)
    if job.output is None or str(job.output) == STDIN or job.output.is_file():
        raise UsageError(
            "folders need an output folder", where="--output", hint="khabar translate DIR -o OUT"
        )
    for source in job.sources:
        # Known at once; loading a model first would take seconds.
        if not Path(source).exists():
            raise InputError("no such file or folder", where=display_name(str(source)))
    show = None if job.format == SAME else _renderer(job.format)
    options = BatchOptions(
        format=job.input_format,
        encoding=job.encoding,
        column=job.column,
        render=show,
        suffix=FORMATS[job.format] if show is not None else None,
    )
    return translate_many(job.sources, load(), job.output, options, progress)


def summarise(report: BatchReport, output: Path) -> str:
    """One line on what was done."""
    text = f"{report.translated} translated, {report.kept} done before, {report.failed} failed"
    text += f"; {report.segments} sentences, {report.doubtful} doubtful; {report.seconds:.0f} s"
    return text + (f"; reasons in {output / 'errors.jsonl'}" if report.failed else "")


def _renderer(format: str) -> Callable[[Document, TranslatedArticle], bytes]:
    def show(document: Document, translated: TranslatedArticle) -> bytes:
        return render(translated, format).encode("utf-8", "replace")

    return show
