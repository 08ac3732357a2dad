"""Options that several commands have, declared once, so that they mean and say the same everywhere.

Types only. Not here: options of a single command, which stand in its signature.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Beam",
    "BriefFormat",
    "Builtin",
    "CacheFolder",
    "Cite",
    "Column",
    "DrawSeed",
    "Encoding",
    "Extractive",
    "Glossaries",
    "InputFormat",
    "MaxWords",
    "Model",
    "OutputFile",
    "Quiet",
    "Sentences",
    "ShortForJson",
    "Style",
    "Threads",
]

# How sources are read.
InputFormat = Annotated[
    str | None,
    typer.Option("--from", help="txt, md, html, article (of a web page), docx, srt, vtt, jsonl, csv or tsv."),
]
Encoding = Annotated[str, typer.Option(help="Of text files, e.g. cp1256.")]
Column = Annotated[
    str | None,
    typer.Option("--column", "--field", help="Column (name or number) of tables, fields of JSON lines."),
]

# What does the work.
Model = Annotated[str, typer.Option("--model", "-m", help="Name of a model, or its folder.")]
Glossaries = Annotated[
    list[Path] | None,
    typer.Option("--glossary", "-g", help="Names file; may be repeated, the first one wins."),
]
Builtin = Annotated[
    bool, typer.Option("--builtin-glossary/--no-builtin-glossary", help="Use the shipped names too.")
]
Beam = Annotated[int | None, typer.Option(help="Beam size of the translation; 1 is fastest.")]
Threads = Annotated[int | None, typer.Option(help="Processor threads; default: all granted.")]
CacheFolder = Annotated[Path | None, typer.Option(help="Folder that keeps outputs for the next run.")]

# What a brief is like.
MaxWords = Annotated[int, typer.Option(help="Upper bound on the words.")]
Sentences = Annotated[int | None, typer.Option(help="Upper bound on the sentences.")]
Style = Annotated[str, typer.Option(help="paragraph, bullets or headline.")]
Cite = Annotated[bool, typer.Option("--cite", help="Show the numbers of the supporting sentences.")]
Extractive = Annotated[
    bool, typer.Option("--extractive", help="Take sentences from the article, write none.")
]
DrawSeed = Annotated[int, typer.Option(help="Of the candidates that are drawn at random.")]

# Where results go, and what stands beside them.
OutputFile = Annotated[Path | None, typer.Option("--output", "-o", help="File; else stdout.")]
BriefFormat = Annotated[
    str | None, typer.Option("--format", "-f", help="text, md, html (beside the sources) or json.")
]
ShortForJson = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks.")]
