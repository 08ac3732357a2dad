"""`khabar summarize`: English articles in, a checked brief out.

In: options. Out: as `khabar brief`. Not here: the work (khabar.briefing).
"""

from __future__ import annotations

from typing import Annotated

import typer

from khabar.cli.brief import Shown, run
from khabar.cli.options import (
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

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(summarize)


def summarize(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="English articles; - (or nothing) is stdin.")
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
    threads: Threads = None,
    seed: DrawSeed = 0,
    quiet: Quiet = False,
) -> None:
    """Brief English articles; every sentence is checked against the article.

    Several files: one paragraph for each event that they tell of.

    Examples:

    khabar summarize article.en.txt --sentences 3 --cite

    khabar translate wire.txt | khabar summarize --max-words 120
    """
    from khabar.briefing import BriefJob
    from khabar.loading import Tools
    from khabar_summarize import BriefOptions

    options = BriefOptions(
        max_words=max_words, sentences=sentences, style=style, extractive=extractive, seed=seed
    )
    tools = Tools(model=model, glossaries=glossary or (), builtin=builtin, threads=threads)
    job = BriefJob(
        sources=tuple(sources or ("-",)),
        translate=False,
        input_format=input_format,
        encoding=encoding,
        column=column,
    )
    run(job, options, tools, Shown(output=output, format=format, json=json, cite=cite, quiet=quiet))
