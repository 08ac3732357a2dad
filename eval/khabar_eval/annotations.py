"""Missed rules as GitHub workflow commands, which appear beside the changed files of a pull request.

In: an `Evaluation`. Out: lines such as `::error title=…::…`, escaped so that no text can start a command of
its own.
Not here: printing them.
"""

from __future__ import annotations

from khabar_eval.results import Evaluation

__all__ = ["annotation_lines"]


def annotation_lines(evaluation: Evaluation) -> list[str]:
    """One line for each missed rule: hard ones are errors, soft ones warnings, monitored ones notices."""
    levels = {"hard": "error", "soft": "warning", "monitor": "notice"}
    return [
        f"::{levels[v.tier]} title={_property(f'{v.suite}: {v.rule}')}::{_data(f'{v.system}: {v.text}')}"
        for v in evaluation.verdicts
        if v.outcome == "missed"
    ]


def _data(text: str) -> str:
    """Escape as the runner unescapes (actions/toolkit, command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
