"""`khabar brief`: Arabic articles in, a checked English brief out.

In: options. Out: the brief on standard output or in a file, remarks on standard error. Not here: the work
(khabar.briefing).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from khabar.cli.options import (
    Beam,
    BriefFormat,
    Builtin,
    Cite,
    Column,
    DrawSeed,
    Encoding,
    Extractive,
    Glossaries,
    InputFormat,
    MaxWords,
    Model,
    OutputFile,
    Quiet,
    Sentences,
    ShortForJson,
    Style,
    Threads,
)

if TYPE_CHECKING:
    from khabar.briefing import BriefJob
    from khabar.loading import Tools
    from khabar_summarize import BriefOptions

__all__ = ["Shown", "register", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How and where the result is shown."""

    output: Path | None
    format: str | None
    json: bool
    cite: bool
    quiet: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(brief)


def brief(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Arabic articles; - (or nothing) is stdin.")
    ] = None,
    output: OutputFile = None,
    format: BriefFormat = None,
    json: ShortForJson = False,
    max_words: MaxWords = 90,
    sentences: Sentences = None,
    style: Style = "paragraph",
    cite: Cite = False,
    extractive: Extractive = False,
    input_format: InputFormat = None,
    encoding: Encoding = "utf-8",
    column: Column = None,
    model: Model = "default",
    glossary: Glossaries = None,
    builtin: Builtin = True,
    beam: Beam = None,
    threads: Threads = None,
    seed: DrawSeed = 0,
    quiet: Quiet = False,
) -> None:
    """Brief Arabic articles in English; every sentence is checked against the article.

    Several files: one paragraph for each event that they tell of.

    Examples:

    khabar brief article.txt --max-words 90 --cite

    khabar brief monday/*.txt --style bullets

    khabar brief article.txt --format html -o brief.html
    """
    from khabar.briefing import BriefJob
    from khabar.loading import Tools
    from khabar_summarize import BriefOptions

    options = BriefOptions(
        max_words=max_words, sentences=sentences, style=style, extractive=extractive, seed=seed
    )
    tools = Tools(model=model, glossaries=glossary or (), builtin=builtin, beam=beam, threads=threads)
    job = BriefJob(
        sources=tuple(sources or ("-",)),
        translate=True,
        input_format=input_format,
        encoding=encoding,
        column=column,
    )
    run(job, options, tools, Shown(output=output, format=format, json=json, cite=cite, quiet=quiet))


def run(job: BriefJob, options: BriefOptions, tools: Tools, shown: Shown) -> None:
    """Make the briefs and show them; `khabar summarize` does the same with English articles."""
    from json import dumps

    from khabar.briefing import make_briefs, output_format
    from khabar.cli.output import JSON_SCHEMA, Progress, emit_json, quiet_pipe, save_or_emit
    from khabar_core.errors import UsageError
    from khabar_core.textio import check_target, safe_terminal
    from khabar_summarize.formats import FORMATS, brief_data, render_briefs

    if shown.json and shown.format not in (None, "json"):
        raise UsageError(f"--json means --format json, not {shown.format}", where="--json")
    format = "json" if shown.json else output_format(shown.format, shown.output)
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}", where="--format", hint="one of " + ", ".join(FORMATS))
    check_target(shown.output)
    with Progress("brief", quiet=shown.quiet) as progress:
        briefs, articles = make_briefs(
            job, options, tools, lambda share, what: progress.note(f"{what}: {share:.0%}")
        )
    with quiet_pipe():
        if format != "json":
            text = render_briefs(briefs, articles, format=format, style=options.style, cite=shown.cite)
            save_or_emit(text.encode("utf-8", "replace"), shown.output)
        elif shown.output is None or str(shown.output) == "-":
            for briefing in briefs:
                emit_json(brief_data(briefing, articles))
        else:
            lines = [
                dumps({"schema": JSON_SCHEMA, **brief_data(briefing, articles)}, ensure_ascii=False)
                for briefing in briefs
            ]
            save_or_emit(("\n".join(lines) + "\n").encode("utf-8", "replace"), shown.output)
    if not shown.quiet:
        for briefing in briefs:
            for note in briefing.notes:
                print(f"khabar: note: {safe_terminal(' '.join(note.split()))}", file=sys.stderr)
