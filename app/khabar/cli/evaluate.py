"""`khabar evaluate`: score systems on suites, compare with a baseline, apply a gate.

In: options. Out: a table on standard output (or JSON), report files, exit code 6 when a hard rule is missed.
Not here: the work (khabar.evaluating, khabar_eval).
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from khabar.cli.options import (
    Beam,
    Builtin,
    CacheFolder,
    Glossaries,
    Model,
    Threads,
)

if TYPE_CHECKING:
    from khabar_eval.results import Evaluation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)


def evaluate(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SUITE",
            help="news, names, numbers, stress, terms, briefs, a .toml, .jsonl, .tsv, .tmx or .xml file, or "
            "sacrebleu:NAME. Default: those of the gates file, else all bundled ones.",
        ),
    ] = None,
    src: Annotated[str | None, typer.Option(help="Arabic file, a segment a line, for a suite.")] = None,
    ref: Annotated[list[str] | None, typer.Option(help="English reference for --src; repeatable.")] = None,
    docs: Annotated[str | None, typer.Option(help="Document ids for --src, one a line.")] = None,
    hyp: Annotated[str | None, typer.Option(help="File of outputs to score, instead of translating.")] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=model:MODEL;glossary=FILE;beam=N, NAME=cmd:COMMAND, NAME=http://HOST:PORT or "
            "NAME=file:FILE; repeat it to compare, the first is the baseline unless --baseline is given."
        ),
    ] = None,
    model: Model = "default",
    glossary: Glossaries = None,
    builtin: Builtin = True,
    beam: Beam = None,
    threads: Threads = None,
    term_modes: Annotated[
        bool,
        typer.Option(
            "--term-modes", help="Run khabar with no glossary, with random words and with the suite's terms."
        ),
    ] = False,
    limit: Annotated[int | None, typer.Option(help="At most so many segments of each suite.", min=1)] = None,
    gate: Annotated[str | None, typer.Option(help="fast, full, or a gates file.")] = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", help="METRIC=VALUE that must be reached (for bad metrics: not exceeded)."),
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="File of `khabar baseline update`.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Only these metrics; may be repeated.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of resampling; default 12345, as sacrebleu.")] = None,
    resample: Annotated[
        str | None,
        typer.Option(help="segments (default, as sacrebleu) or documents, for intervals and tests."),
    ] = None,
    cache: CacheFolder = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for report.json, report.html, junit.xml, summary.md."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the JSON report instead of the table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Score translations, and say whether they pass.

    Examples:

    khabar evaluate news

    khabar evaluate --src test.ar --ref test.en --hyp output.en

    khabar evaluate --gate fast --baseline baseline.json -o reports
    """
    from khabar.evaluating import Request, make_folder, run_evaluation
    from khabar.loading import Tools
    from khabar_core.errors import UsageError

    if hyp and system:
        raise UsageError("either --hyp or --system, not both", where="--hyp")
    request = Request(
        suites=tuple(suites or ()),
        src=src,
        refs=tuple(ref or ()),
        docs=docs,
        systems=(f"file:{hyp}",) if hyp else tuple(system or ()),
        tools=Tools(model=model, glossaries=glossary or (), builtin=builtin, beam=beam, threads=threads),
        term_modes=term_modes,
        limit=limit,
        gate=gate,
        floors=tuple(minimum or ()),
        baseline=baseline,
        metrics=tuple(metric or ()),
        seed=seed,
        resample=resample,
        cache=cache,
        command="khabar " + shlex.join(sys.argv[1:]),
        progress=lambda text: None if quiet else print(f"khabar: {text}", file=sys.stderr),
    )
    if output is not None:
        make_folder(output)
    evaluation = run_evaluation(request)
    _show(evaluation, output, as_json=json)
    if evaluation.passed is False:
        from khabar_core.errors import GateError
        from khabar_eval.wording import headline

        raise GateError(headline(evaluation))


def _show(evaluation: Evaluation, output: Path | None, *, as_json: bool) -> None:
    """Print the result, write the reports, and tell GitHub if it is listening."""
    from khabar.cli.output import emit, quiet_pipe
    from khabar.evaluating import write_reports
    from khabar_core.textio import safe_terminal
    from khabar_eval.annotations import annotation_lines
    from khabar_eval.json_report import json_report
    from khabar_eval.markdown import append_summary
    from khabar_eval.wording import summary_text

    if output is not None:
        for path in write_reports(evaluation, output):
            print(f"khabar: wrote {path}", file=sys.stderr)
    with quiet_pipe():
        emit(
            json_report(evaluation, indent=None)
            if as_json
            else safe_terminal(summary_text(evaluation)).encode()
        )
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        append_summary(evaluation, Path(os.environ["GITHUB_STEP_SUMMARY"]))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        # The runner reads commands from both streams; standard output belongs to the result.
        for line in annotation_lines(evaluation):
            print(line, file=sys.stderr)
