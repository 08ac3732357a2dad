"""The outputs that new ones are compared with, in a file made to be reviewed.

In: hypotheses of one system for some suites, and a reason. Out: a JSON file with one output a line, so that a
version control system shows what changed; on reading, hypotheses for a suite. Stored scores guard against a
metric that has changed since. Not here: deciding whether a change is good (gating).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khabar_core import textio
from khabar_core.errors import InputError, UsageError
from khabar_eval.cases import Suite
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.metrics import Measured, Statistics, default_metrics, find_metric

__all__ = ["Baseline", "describe_baseline", "load_baseline", "write_baseline"]

SCHEMA = 1
KIND = "khabar-baseline"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file.

    Attributes:
        path: where it was read from.
        system: name of the system.
        signature: how its outputs were made.
        data: suite name -> digest, scores and outputs, as in the file.
        history: earlier updates, newest last.
    """

    path: str
    system: str
    signature: str
    data: Mapping[str, Any]
    history: tuple[Mapping[str, str], ...] = ()

    def hypotheses(
        self, suite: Suite, metrics: Sequence[str] = (), store: Statistics | None = None
    ) -> Hypotheses:
        """The stored outputs for a suite.

        Args:
            suite: must be the one that the baseline was made on.
            metrics: names, none for the usual ones; each must be computed today as it was then.
            store: statistics of this run.

        Raises:
            InputError: no such suite in the file, another version of it, or another version of a metric.
        """
        stored = self.data.get(suite.name)
        if stored is None:
            raise InputError(
                f"baseline has no suite {suite.name!r}",
                where=self.path,
                hint="khabar baseline update adds it",
            )
        if stored.get("digest") != suite.digest:
            raise InputError(
                f"baseline was made on another version of suite {suite.name!r} "
                f"({stored.get('digest')}, now {suite.digest})",
                where=self.path,
                hint="khabar baseline update",
            )
        outputs, scores = stored["outputs"], stored["scores"]
        if list(outputs) != [case.id for case in suite.cases]:
            raise InputError(f"outputs of suite {suite.name!r} are damaged", where=self.path)
        found = Hypotheses(
            system=self.system, signature=self.signature, outputs=tuple(outputs.values()), cached=True
        )
        for name in metrics or default_metrics(suite.kind):
            if name in scores:
                self._check_score(
                    scores[name], (store or Statistics()).measure(name, suite.cases, found.outputs)
                )
        return found

    def _check_score(self, score: Mapping[str, Any], measured: Measured) -> None:
        """Hold a stored score to what the stored outputs score today.

        Raises:
            InputError: the metric or the file has changed since.
        """
        metric, value = measured.metric, measured.metric.value(measured.total)
        if score["signature"] != metric.signature:
            raise InputError(
                f"{metric.name} was {score['signature']}, now it is {metric.signature}",
                where=self.path,
                hint="scores are not comparable; khabar baseline update",
            )
        if not math.isclose(score["value"], value, rel_tol=1e-9, abs_tol=1e-9):
            raise InputError(
                f"{metric.name} of the stored outputs is {value:.6g}, but the file says {score['value']}",
                where=self.path,
                hint="the file was edited by hand; khabar baseline update",
            )


def load_baseline(path: str | Path) -> Baseline:
    """Read a baseline file.

    Raises:
        InputError: missing, not JSON (NaN included), or of another kind or schema.
    """
    try:
        data = json.loads(textio.read_text(path), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}", where=str(path)) from exc
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InputError("not a khabar baseline", where=str(path), hint="khabar baseline update makes one")
    if data.get("schema") != SCHEMA:
        raise InputError(f"schema {data.get('schema')!r}, this khabar reads {SCHEMA}", where=str(path))
    suites = data.get("suites")
    if not isinstance(suites, dict) or not suites or not all(isinstance(x, dict) for x in suites.values()):
        raise InputError("baseline has no suites", where=str(path))
    for name, stored in suites.items():
        _check_suite(name, stored, str(path))
    history = data.get("history", [])
    history = tuple(item for item in history if isinstance(item, dict)) if isinstance(history, list) else ()
    return Baseline(str(path), str(data.get("system")), str(data.get("signature")), suites, history)


def _check_suite(name: str, stored: Mapping[str, Any], where: str) -> None:
    """Refuse what no update has written."""
    outputs, scores = stored.get("outputs"), stored.get("scores")
    if not isinstance(outputs, dict) or not all(isinstance(x, str) for x in outputs.values()):
        raise InputError(f"outputs of suite {name!r:.60} are damaged", where=where)
    if not isinstance(scores, dict):
        raise InputError(f"scores of suite {name!r:.60} are missing", where=where)
    for metric, score in scores.items():
        value = score.get("value") if isinstance(score, dict) else None
        if (
            not isinstance(value, (int, float))
            or not abs(value) < 1e18
            or not isinstance(score.get("signature"), str)
        ):
            raise InputError(f"score of {metric!r:.60} for suite {name!r:.60} is damaged", where=where)


def describe_baseline(baseline: Baseline) -> str:
    """What the file holds, for a reader: system, suites with scores, history."""
    lines = [f"{baseline.path}: {baseline.system}", f"  made by {baseline.signature}"]
    for name, stored in baseline.data.items():
        lines.append(f"  {name}: {len(stored['outputs'])} segments, digest {stored.get('digest')}")
        for metric, score in stored["scores"].items():
            lines.append(f"    {metric:<20} {score['value']:.4g}  {score['signature']}")
    lines += [f"  {item.get('date')}: {item.get('reason')}" for item in baseline.history]
    return "\n".join(lines) + "\n"


def write_baseline(
    path: Path, entries: Sequence[tuple[Suite, Hypotheses]], *, reason: str, date: str
) -> list[str]:
    """Write or update a baseline file; suites that are not among the entries stay as they are.

    A part of a suite takes the place of a part of another size: a gate has changed, and nothing reads the old
    one.

    Args:
        path: the file; history and other suites of an existing one are kept.
        entries: suites with the outputs of one system.
        reason: why the baseline changes; kept in the file's history.
        date: ISO date.

    Returns:
        One line for each score, old and new, for the review.

    Raises:
        UsageError: no reason, no entries, or outputs of several systems.
        InputError: an existing file that cannot be read, or kept suites of another system.
    """
    if not reason.strip():
        raise UsageError("say why the baseline changes", where="--reason")
    if not entries or len({hyp.signature for _, hyp in entries}) != 1:
        raise UsageError("a baseline holds the outputs of one system", where=str(path))
    old = load_baseline(path) if path.exists() else None
    first = entries[0][1]
    new_names = {suite.name for suite, _ in entries}
    wholes = {suite.metadata["subset_of"] for suite, _ in entries if "subset_of" in suite.metadata}
    stored = dict(old.data) if old else {}
    suites = {name: data for name, data in stored.items() if name in new_names or not _is_part(name, wholes)}
    left = sorted(set(suites) - new_names)
    if old and left and old.signature != first.signature:
        raise InputError(
            f"{', '.join(left)} would keep the outputs of another system",
            where=str(path),
            hint="update all suites of the file in one run",
        )
    lines = []
    for suite, hyp in entries:
        scores = _scores(suite, hyp)
        lines += _changes(suite.name, suites.get(suite.name, {}).get("scores", {}), scores)
        outputs = {case.id: mt for case, mt in zip(suite.cases, hyp.outputs, strict=True)}
        suites[suite.name] = {"digest": suite.digest, "scores": scores, "outputs": outputs}
    history = [
        *(old.history if old else ()),
        {"date": date, "reason": reason.strip(), "signature": first.signature},
    ]
    data = {
        "schema": SCHEMA,
        "kind": KIND,
        "system": first.system,
        "signature": first.signature,
        "suites": {name: suites[name] for name in sorted(suites)},
        "history": history,
    }
    textio.write_atomic(
        path, (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
    )
    return lines


def _is_part(name: str, wholes: set[str]) -> bool:
    whole, _, size = name.rpartition("-")
    return whole in wholes and size.isdecimal()


def _scores(suite: Suite, hypotheses: Hypotheses) -> dict[str, dict[str, Any]]:
    scores = {}
    for name in default_metrics(suite.kind):
        metric = find_metric(name)
        value = metric.value(metric.statistics(suite.cases, hypotheses.outputs).sum(0))
        if math.isfinite(value):
            scores[name] = {"value": value, "signature": metric.signature}
    return scores


def _changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    lines = []
    for metric, score in new.items():
        before = old.get(metric, {}).get("value")
        was = f"{before:.4g} -> " if isinstance(before, (int, float)) else "new: "
        lines.append(f"{name} {metric} {was}{score['value']:.4g}")
    return lines


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
