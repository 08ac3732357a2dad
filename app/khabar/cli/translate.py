"""`khabar translate`: files or standard input, into the same structure or another format.

In: options. Out: results on standard output or in files. Not here: the work (khabar.translating).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from khabar.cli.options import (
    Beam,
    Builtin,
    Column,
    Encoding,
    Glossaries,
    InputFormat,
    Model,
    Quiet,
    Threads,
)

if TYPE_CHECKING:
    from khabar.loading import Tools
    from khabar.translating import Job
    from khabar_core.errors import KhabarError
    from khabar_core.records import TranslatedArticle
    from khabar_mt.translator import Translator

__all__ = ["register"]

_WATCHED_CHUNK = 16


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(translate)


def translate(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Files or folders to translate; - (or nothing) is stdin."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File, or folder for several files; else stdout.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="text, md, html (both languages side by side), json (one object), jsonl (an object a "
            "sentence), tsv, or same (the source's own format). Default: text on a terminal, else same.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Short for --format jsonl.")] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Exactly one line out for each line in, as they come.")
    ] = False,
    input_format: InputFormat = None,
    encoding: Encoding = "utf-8",
    column: Column = None,
    model: Model = "default",
    glossary: Glossaries = None,
    builtin: Builtin = True,
    beam: Beam = None,
    threads: Threads = None,
    consistent: Annotated[
        bool,
        typer.Option("--consistent", help="Spell names that no glossary knows alike in all files."),
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(help="File that remembers sentences, for the next run.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Keep a journal in the output folder and go on there; always so for folders."
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            "--term-report",
            "--report",
            help="Write what became of each glossary name in all files: occurrences (.tsv), names (.txt), "
            "both (.json), or a page (.html).",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Translate Arabic news into English.

    Examples:

    khabar translate article.txt

    khabar translate page.html --format html -o side-by-side.html

    khabar translate *.docx -o english/

    khabar translate archive/ -o english/ --cache sentences.db

    cat wire.ar | khabar translate --lines - > wire.en
    """
    from khabar.cli.output import on_terminal
    from khabar.folders import has_folder
    from khabar.loading import Tools
    from khabar.translating import SAME, Job
    from khabar_core.errors import UsageError

    if report is not None:
        from khabar.term_report import check_ending

        check_ending(report)
    if json and format not in (None, "jsonl"):
        raise UsageError(f"--json means --format jsonl, not {format}", where="--json")
    to_terminal = output is None and on_terminal()
    tools = Tools(
        model=model,
        glossaries=glossary or (),
        builtin=builtin,
        beam=beam,
        threads=threads,
        cache=cache,
        consistent=consistent,
        # Somebody who watches wants to see progress; a pipeline wants full batches. The output is the same.
        chunk=None if quiet or not sys.stderr.isatty() else _WATCHED_CHUNK,
    )
    job = Job(
        sources=tuple(sources or ("-",)),
        output=output,
        format="jsonl" if json else format or ("text" if to_terminal else SAME),
        input_format=input_format,
        encoding=encoding,
        column=column,
    )
    if lines:
        if format or json or report or input_format or column or resume:
            raise UsageError("only --output, --encoding and model options go with it", where="--lines")
        _run_lines(job, tools, quiet)
    elif resume or has_folder(job):
        _run_folders(job, tools, report, quiet)
    else:
        _run_files(job, tools, report, quiet)


def _run_files(job: Job, tools: Tools, report: Path | None, quiet: bool) -> None:
    """Translate documents."""
    from khabar.cli.output import Progress, emit, on_terminal, quiet_pipe, warn
    from khabar.loading import load_translator
    from khabar.term_report import TermCollector
    from khabar.translating import Watch, translate_files
    from khabar_core.textio import check_target

    check_target(report)
    collector = TermCollector()
    counts = {"sentences": 0, "doubtful": 0}
    with quiet_pipe(), Progress("sentences", quiet=quiet) as progress:

        def load() -> Translator:
            return load_translator(tools, lambda share, what: progress.note(f"{what}: {share:.0%}"))

        def show(data: bytes) -> None:
            progress.close()
            emit(data)

        def complain(error: KhabarError) -> None:
            progress.close()
            warn(error)

        def done(translated: TranslatedArticle) -> None:
            counts["sentences"] += len(translated.translations)
            counts["doubtful"] += sum(translation.doubtful for translation in translated.translations)
            if report is not None:
                collector.add(translated)

        live = on_terminal()
        watch = Watch(error=complain, progress=progress.update, done=done, live=live)
        exit_code = translate_files(job, load, show, watch)
    if counts["doubtful"] and not quiet and sys.stderr.isatty():
        what = f"{counts['doubtful']} of {counts['sentences']} sentences are doubtful"
        print(f"khabar: {what}; --format html or --json says why", file=sys.stderr)
    if report is not None:
        collector.write(report)
        if not quiet:
            print(collector.summary, file=sys.stderr)
    if exit_code:
        raise typer.Exit(exit_code)


def _run_folders(job: Job, tools: Tools, report: Path | None, quiet: bool) -> None:
    """Translate folders."""
    from khabar.cli.output import Progress
    from khabar.folders import summarise, translate_folders
    from khabar.loading import load_translator
    from khabar.term_report import ListeningTranslator, TermCollector
    from khabar_core.errors import InputError
    from khabar_core.textio import check_target

    check_target(report)
    collector = TermCollector()
    with Progress("files", quiet=quiet) as progress:

        def load() -> ListeningTranslator:
            translator = load_translator(tools, lambda share, what: progress.note(f"{what}: {share:.0%}"))
            return ListeningTranslator(translator, collector)

        result = translate_folders(job, load, progress.update)
    if report is not None:
        collector.write(report)
        if not quiet:
            before = f"; {result.kept} done before are not in it" if result.kept else ""
            print(collector.summary + before, file=sys.stderr)
    if job.output is not None and (result.failed or not quiet):
        print(summarise(result, job.output), file=sys.stderr)
    if result.failed:
        raise typer.Exit(InputError.exit_code)


def _run_lines(job: Job, tools: Tools, quiet: bool) -> None:
    """Translate line by line."""
    from khabar.cli.output import Progress, emit, quiet_pipe
    from khabar.loading import load_translator
    from khabar.translating import translate_stream
    from khabar_core.errors import UsageError
    from khabar_core.textio import STDIN, display_name, open_atomic, open_source

    if len(job.sources) != 1:
        raise UsageError("takes one file", where="--lines", hint="cat FILES | khabar translate --lines -")
    where = display_name(job.sources[0])
    with quiet_pipe(), open_source(job.sources[0]) as source:
        with Progress("model", quiet=quiet) as progress:
            translator = load_translator(tools, lambda share, what: progress.note(f"{what}: {share:.0%}"))
        if job.output is None or str(job.output) == STDIN:
            translate_stream(translator, source, emit, where=where, encoding=job.encoding)
            return
        with open_atomic(job.output) as out:
            translate_stream(
                translator, source, lambda data: _write(out, data), where=where, encoding=job.encoding
            )


def _write(out: BinaryIO, data: bytes) -> None:
    out.write(data)
