"""Join the translator and the evaluation: khabar as a system, suites and reports by name.

In: what the user asked for. Out: evaluations and report files. Not here: metrics, gates, reports themselves
(khabar_eval), the command line (cli).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from khabar.measured import KhabarSystem, describe_matches, read_tools
from khabar_core.errors import InputError, UsageError
from khabar_core.textio import check_target

if TYPE_CHECKING:
    from khabar.loading import Tools
    from khabar_eval.cases import Suite
    from khabar_eval.gating import Gates
    from khabar_eval.results import Evaluation
    from khabar_eval.systems import System

__all__ = [
    "Request",
    "build_systems",
    "choose_suites",
    "make_folder",
    "run_evaluation",
    "update_baseline",
    "write_reports",
]

REPORT_FILES = ("report.json", "report.html", "junit.xml", "summary.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to evaluate, as the user typed it.

    Attributes:
        suites: names or paths; empty means those of the gates file, or all bundled ones.
        src: source file, instead of suites.
        refs: reference files that go with it.
        docs: file of document ids that goes with it.
        systems: specs, see `khabar_eval.systems.parse_system`; empty means khabar with `tools`.
        tools: the default system.
        term_modes: evaluate khabar with no glossary, random words of each segment, and the suite's terms.
        limit: at most so many segments a suite.
        gate: name or path of a gates file.
        floors: extra rules METRIC=VALUE: at least for good metrics, at most for bad ones.
        baseline: path of a baseline file.
        metrics: names; empty means the gate's choice of all.
        seed: of resampling; None keeps the gate's.
        resample: "segments" or "documents"; None keeps the gate's.
        cache: folder for outputs.
    """

    suites: tuple[str, ...] = ()
    src: str | None = None
    refs: tuple[str, ...] = ()
    docs: str | None = None
    systems: tuple[str, ...] = ()
    tools: Tools
    term_modes: bool = False
    limit: int | None = None
    gate: str | None = None
    floors: tuple[str, ...] = ()
    baseline: Path | None = None
    metrics: tuple[str, ...] = ()
    seed: int | None = None
    resample: str | None = None
    cache: Path | None = None
    command: str = ""
    progress: Callable[[str], None] = field(default=lambda text: None)


def run_evaluation(request: Request) -> Evaluation:
    """Evaluate; loads models only as far as systems need them.

    Raises:
        KhabarError: anything that keeps it from a result.
    """
    from khabar_eval.baseline import load_baseline
    from khabar_eval.running import Plan, evaluate
    from khabar_eval.scoring import ScoringOptions

    gates = _gates(request)
    suites = choose_suites(request, gates)
    scoring = ScoringOptions()
    if request.metrics:
        scoring = replace(scoring, metrics=request.metrics)
    scoring = replace(scoring, sampling=replace(scoring.sampling, **_sampling(request)))
    plan = Plan(
        baseline=load_baseline(request.baseline) if request.baseline else None,
        gates=gates,
        scoring=scoring,
        cache=request.cache,
        provenance=_provenance(request.command),
        progress=request.progress,
    )
    if not request.term_modes:
        systems = build_systems(request)
    elif request.systems or len(suites) != 1:
        raise UsageError("takes one suite, and no other systems", where="--term-modes")
    else:
        from khabar.term_modes import term_mode_systems

        systems = list(term_mode_systems(request.tools, suites[0]))
    evaluation = evaluate(suites, systems, plan)
    if any(isinstance(system, KhabarSystem) for system in systems):
        notes = [describe_matches(s, request.tools) for s in suites if any(case.terms for case in s.cases)]
        evaluation = replace(evaluation, notes=(*evaluation.notes, *notes))
    return evaluation


def choose_suites(request: Request, gates: Gates | None = None) -> list[Suite]:
    """Load the suites that are asked for, cut to size.

    Raises:
        UsageError: suites and --src together, or references without a source.
    """
    from khabar_eval.manifest import bundled_names, load_suite, suite_from_pairs
    from khabar_eval.running import pick_suites

    if request.src is not None:
        if request.suites:
            raise UsageError("either suites or --src, not both", where="--src")
        suite = suite_from_pairs(request.src, list(request.refs), request.docs)
        return pick_suites([suite], {}, request.limit)
    if request.refs or request.docs:
        raise UsageError("goes with --src", where="--ref" if request.refs else "--docs")
    sizes = gates.suites if gates and not request.suites else {}
    names = request.suites or tuple(sizes) or tuple(bundled_names())
    return pick_suites([load_suite(name) for name in names], sizes, request.limit)


def build_systems(request: Request) -> list[System]:
    """Make the systems; models are loaded when they first translate or sign."""
    from khabar_eval.systems import parse_system

    if not request.systems:
        return [KhabarSystem("khabar", request.tools)]
    kinds = [spec.partition("=")[2].partition(":")[0] or spec.partition(":")[0] for spec in request.systems]
    if request.tools.glossaries and "model" not in kinds:
        raise UsageError("no system here is a model of khabar", where="--glossary")

    def models(name: str, spec: str) -> System:
        return KhabarSystem(name, read_tools(spec, request.tools))

    return [parse_system(spec, models) for spec in request.systems]


def update_baseline(request: Request, file: Path, reason: str) -> list[str]:
    """Translate the suites and write a baseline; returns the changed scores, one a line."""
    from khabar_eval.baseline import write_baseline
    from khabar_eval.systems import collect

    if not reason.strip():  # now, not after the translation
        raise UsageError("say why the baseline changes", where="--reason")
    check_target(file)
    suites = choose_suites(request, _gates(request))
    (system,) = build_systems(request)
    entries = []
    for suite in suites:
        request.progress(f"{system.name} on {suite.name} ({len(suite.cases)} segments)")
        entries.append((suite, collect(system, suite, request.cache)))
    return write_baseline(file, entries, reason=reason, date=datetime.now(timezone.utc).date().isoformat())


def make_folder(folder: Path) -> None:
    """Make the folder of reports; before the evaluation, whose result would be lost otherwise.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"cannot be made: {exc.strerror}", where=str(folder)) from exc


def write_reports(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write all four reports into a folder, which is made if need be; returns their paths.

    Raises:
        InputError: the folder cannot be written.
    """
    from khabar_core.textio import write_atomic
    from khabar_eval.html_report import html_report
    from khabar_eval.json_report import json_report
    from khabar_eval.junit import junit_report
    from khabar_eval.markdown import markdown_report

    make_folder(folder)
    contents = (
        json_report(evaluation),
        html_report(evaluation),
        junit_report(evaluation),
        markdown_report(evaluation).encode("utf-8", "replace"),
    )
    paths = [folder / name for name in REPORT_FILES]
    for path, data in zip(paths, contents, strict=True):
        write_atomic(path, data)
    return paths


def _gates(request: Request) -> Gates | None:
    """The gates file, with the rules that were given on the command line."""
    from khabar_eval.gating import Gates, Rule, load_gates
    from khabar_eval.metrics import find_metric

    gates = load_gates(request.gate) if request.gate else None
    rules = []
    for spec in request.floors:
        metric, found, value = spec.partition("=")
        try:
            limit = float(value)
        except ValueError:
            limit = math.nan
        if not found or not math.isfinite(limit):
            raise UsageError(f"not METRIC=VALUE: {spec!r}", where="--min", hint="e.g. --min chrF2++=50")
        good = find_metric(metric).higher_is_better
        rules.append(Rule(metric=metric, at_least=limit if good else None, at_most=None if good else limit))
    if rules and gates:
        gates = replace(gates, rules=(*gates.rules, *rules))
    elif rules:
        gates = Gates(name="command line", rules=tuple(rules))
    if gates:
        gates = replace(gates, sampling=replace(gates.sampling, **_sampling(request)))
    return gates


def _sampling(request: Request) -> dict[str, Any]:
    """What the user said about resampling."""
    asked = {"seed": request.seed, "resample": request.resample}
    return {key: value for key, value in asked.items() if value is not None}


def _provenance(command: str) -> dict[str, str]:
    """When, where and from which state of the code."""
    facts = {"command": command, "time": datetime.now(timezone.utc).isoformat(timespec="seconds")}
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"):  # GitHub, GitLab, Jenkins
        if os.environ.get(name):
            facts["commit"] = os.environ[name]
            break
    return facts
