"""`khabar selftest`: prove that the gates stop damaged systems and let equal ones pass.

In: options. Out: one line a damaged system on standard output, exit code 6 when one gets through. Not here:
the work (khabar_eval.selftest).
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(selftest)


def selftest(
    gate: Annotated[str, typer.Option(help="fast, full, or a gates file of your own.")] = "full",
    suites: Annotated[
        list[str] | None, typer.Option("--suite", help="Suites; default: those of the gates file.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Judgements of equal systems.", min=1, max=100_000)] = 200,
    seed: Annotated[int, typer.Option(help="Of outputs, damage and resampling.", min=0)] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Test the tests: damaged outputs must be stopped, equal ones passed. Needs no model.

    Examples:

    khabar selftest

    khabar selftest --gate gates.toml --repeats 1000
    """
    from khabar.cli.output import emit, emit_json, quiet_pipe
    from khabar_core.errors import GateError
    from khabar_core.records import to_json
    from khabar_eval.gating import load_gates
    from khabar_eval.manifest import bundled_names, load_suite
    from khabar_eval.running import pick_suites
    from khabar_eval.selftest import run_selftest, selftest_text

    gates = load_gates(gate)
    names = suites or list(gates.suites) or bundled_names()
    result = run_selftest(
        gates,
        pick_suites([load_suite(name) for name in names], {} if suites else gates.suites),
        repeats=repeats,
        seed=seed,
        progress=lambda text: None if quiet else print(f"khabar: {text}", file=sys.stderr),
    )
    with quiet_pipe():
        if json:
            stopped = {item.damage: item.stopped for item in result.damages}
            emit_json({**to_json(result), "stopped": stopped, "passed": result.passed})
        else:
            emit(selftest_text(result).encode())
    if not result.passed:
        raise GateError(f"the gate {gates.name} does not do its work")
