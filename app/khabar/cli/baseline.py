"""`khabar baseline`: make, update and look at the file that `khabar evaluate --baseline` compares with.

In: options. Out: a baseline file; old and new scores on standard output for the review. Not here: the file
format (khabar_eval.baseline).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from khabar.cli.options import (
    Builtin,
    CacheFolder,
    Glossaries,
    Model,
)

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        name="baseline",
        help="The outputs that evaluations compare with.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("update")(update)
    group.command("show")(show)
    app.add_typer(group)


def update(
    file: Annotated[Path, typer.Argument(help="Baseline file to make or change; commit it after a review.")],
    reason: Annotated[str, typer.Option(help="Why it changes; kept in the file.")],
    suites: Annotated[
        list[str] | None,
        typer.Option("--suite", help="Suites; default: those of --gate, else all bundled ones."),
    ] = None,
    gate: Annotated[str | None, typer.Option(help="Take suites and sizes from this gates file.")] = None,
    system: Annotated[str | None, typer.Option(help="As in khabar evaluate; default: khabar itself.")] = None,
    model: Model = "default",
    glossary: Glossaries = None,
    builtin: Builtin = True,
    cache: CacheFolder = None,
) -> None:
    """Translate suites and store the outputs as the new baseline.

    Examples:

    khabar baseline update baseline.json --gate fast --reason "first release"
    """
    from khabar.cli.output import emit
    from khabar.evaluating import Request, update_baseline
    from khabar.loading import Tools

    request = Request(
        suites=tuple(suites or ()),
        systems=(system,) if system else (),
        tools=Tools(model=model, glossaries=glossary or (), builtin=builtin),
        gate=gate,
        cache=cache,
        progress=lambda text: print(f"khabar: {text}", file=sys.stderr),
    )
    lines = update_baseline(request, file, reason)
    emit("".join(line + "\n" for line in lines).encode())
    print(f"khabar: wrote {file}; review and commit it", file=sys.stderr)


def show(file: Annotated[Path, typer.Argument(help="Baseline file.")]) -> None:
    """Print what a baseline file holds.

    Examples:

    khabar baseline show baseline.json
    """
    from khabar.cli.output import emit
    from khabar_core.textio import safe_terminal
    from khabar_eval.baseline import describe_baseline, load_baseline

    emit(safe_terminal(describe_baseline(load_baseline(file))).encode("utf-8", "replace"))
