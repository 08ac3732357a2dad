"""`khabar summarize`: English articles in, a checked brief out.

In: options. Out: as `khabar brief`. Not here: the work (khabar.briefing).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from khabar.cli.brief import Shown, run

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(summarize)


def summarize(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="English articles; - (or nothing) is stdin.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; else stdout.")] = None,
    format: Annotated[
        str | None, typer.Option("--format", "-f", help="text, md, html (beside the sources) or json.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    max_words: Annotated[int, typer.Option(help="Upper bound on the words.")] = 90,
    sentences: Annotated[int | None, typer.Option(help="Upper bound on the sentences.")] = None,
    style: Annotated[str, typer.Option(help="paragraph, bullets or headline.")] = "paragraph",
    cite: Annotated[
        bool, typer.Option("--cite", help="Show the numbers of the supporting sentences.")
    ] = False,
    extractive: Annotated[
        bool, typer.Option("--extractive", help="Take sentences from the article, write none.")
    ] = False,
    input_format: Annotated[
        str | None,
        typer.Option(
            "--from", help="txt, md, html, article (of a web page), docx, srt, vtt, jsonl, csv or tsv."
        ),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of text files, e.g. cp1256.")] = "utf-8",
    column: Annotated[
        str | None, typer.Option("--column", "--field", help="Of tables and JSON lines.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Name of a model, or its folder.")] = "default",
    glossary: Annotated[
        list[Path] | None,
        typer.Option("--glossary", "-g", help="Names file; may be repeated, the first one wins."),
    ] = None,
    builtin: Annotated[
        bool, typer.Option("--builtin-glossary/--no-builtin-glossary", help="Use the shipped names too.")
    ] = True,
    threads: Annotated[int | None, typer.Option(help="Processor threads; default: all granted.")] = None,
    seed: Annotated[int, typer.Option(help="Of the candidates that are drawn at random.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks.")] = False,
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
