"""Evaluation that a CI job can trust: suites, systems, metrics, significance, gates, reports.

In: suites and systems, or files of outputs. Out: an `Evaluation` and its reports. Not here: translating
itself, the command line. Names are fetched when they are first used, so that importing this package loads
neither numpy nor sacrebleu.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from khabar_eval.baseline import Baseline, load_baseline, write_baseline
    from khabar_eval.cases import Case, Entity, Suite
    from khabar_eval.gating import Gates, Rule, load_gates
    from khabar_eval.html_report import html_report
    from khabar_eval.hypotheses import Hypotheses, load_hypotheses, save_hypotheses
    from khabar_eval.json_report import json_report
    from khabar_eval.junit import junit_report
    from khabar_eval.manifest import bundled_names, load_suite, suite_from_pairs
    from khabar_eval.markdown import markdown_report
    from khabar_eval.resampling import Sampling
    from khabar_eval.results import Evaluation
    from khabar_eval.running import Plan, evaluate
    from khabar_eval.scoring import ScoringOptions
    from khabar_eval.selftest import run_selftest
    from khabar_eval.systems import CallableSystem, CommandSystem, FileSystem, HttpSystem, System

_HOMES = {
    "khabar_eval.baseline": ("Baseline", "load_baseline", "write_baseline"),
    "khabar_eval.cases": ("Case", "Entity", "Suite"),
    "khabar_eval.running": ("Plan", "evaluate"),
    "khabar_eval.gating": ("Gates", "Rule", "load_gates"),
    "khabar_eval.html_report": ("html_report",),
    "khabar_eval.hypotheses": ("Hypotheses", "load_hypotheses", "save_hypotheses"),
    "khabar_eval.json_report": ("json_report",),
    "khabar_eval.junit": ("junit_report",),
    "khabar_eval.manifest": ("bundled_names", "load_suite", "suite_from_pairs"),
    "khabar_eval.markdown": ("markdown_report",),
    "khabar_eval.resampling": ("Sampling",),
    "khabar_eval.results": ("Evaluation",),
    "khabar_eval.scoring": ("ScoringOptions",),
    "khabar_eval.selftest": ("run_selftest",),
    "khabar_eval.systems": ("CallableSystem", "CommandSystem", "FileSystem", "HttpSystem", "System"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Baseline",
    "CallableSystem",
    "Case",
    "CommandSystem",
    "Entity",
    "Evaluation",
    "FileSystem",
    "Gates",
    "HttpSystem",
    "Hypotheses",
    "Plan",
    "Rule",
    "Sampling",
    "ScoringOptions",
    "Suite",
    "System",
    "bundled_names",
    "evaluate",
    "html_report",
    "json_report",
    "junit_report",
    "load_baseline",
    "load_gates",
    "load_hypotheses",
    "load_suite",
    "markdown_report",
    "run_selftest",
    "save_hypotheses",
    "suite_from_pairs",
    "write_baseline",
]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
