"""The outputs of a system for a suite, kept in a file, so that scoring needs no model.

In: a system and a suite, or a file. Out: `Hypotheses`. The file is JSON lines: a header that names suite and
system, then one object a segment; plain text with one line a segment is read too. Not here: how outputs are
made (systems).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from khabar_core import textio
from khabar_core.errors import InputError
from khabar_eval.cases import Suite, check_outputs
from khabar_eval.readers import read_lines

__all__ = ["Hypotheses", "Usage", "load_hypotheses", "save_hypotheses"]

SCHEMA = 1
KIND = "khabar-hypotheses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What producing the outputs took; None where it was not measured.

    Attributes:
        seconds: wall-clock, loading not included.
        peak_mib: largest resident memory of the process, MiB.
        size_mb: model files on disk, MB.
        licence: of the model.
    """

    seconds: float | None = None
    peak_mib: float | None = None
    size_mb: float | None = None
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypotheses:
    """Outputs of one system for one suite.

    Attributes:
        system: name for reports.
        signature: how they were made; "" for files that do not say.
        outputs: one for each case, in order.
        usage: time and memory.
        cached: True when read from a cache rather than made now.
    """

    system: str
    signature: str
    outputs: tuple[str, ...]
    usage: Usage = Usage()
    cached: bool = False


def save_hypotheses(path: Path, suite: Suite, hypotheses: Hypotheses) -> None:
    """Write a hypothesis file.

    Raises:
        InputError: it cannot be written.
    """
    header = {
        "schema": SCHEMA,
        "kind": KIND,
        "suite": suite.name,
        "suite_digest": suite.digest,
        "system": hypotheses.system,
        "signature": hypotheses.signature,
        "seconds": hypotheses.usage.seconds,
        "peak_mib": hypotheses.usage.peak_mib,
        "size_mb": hypotheses.usage.size_mb,
        "licence": hypotheses.usage.licence,
    }
    rows = [header]
    rows += [{"id": c.id, "mt": mt} for c, mt in zip(suite.cases, hypotheses.outputs, strict=True)]
    text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    textio.write_atomic(path, text.encode("utf-8", "replace"))


def load_hypotheses(path: str | Path, suite: Suite, *, name: str | None = None) -> Hypotheses:
    """Read a hypothesis file made by khabar, or plain text with one line a segment.

    Raises:
        InputError: it belongs to another suite, or has another number of segments.
    """
    lines = read_lines(path)
    header = _header(lines[0], str(path))
    if header is None:
        check_outputs(suite, lines, where=str(path))
        return Hypotheses(system=name or Path(path).stem, signature=f"file:{path}", outputs=tuple(lines))
    if header.get("suite_digest") != suite.digest:
        raise InputError(
            f"made for suite {header.get('suite')!r} with digest {header.get('suite_digest')}, "
            f"not for {suite.name!r} with digest {suite.digest}",
            where=str(path),
            hint="translate this suite anew; the suite may have changed since",
        )
    outputs = [_output(line, f"{path}:{k}") for k, line in enumerate(lines[1:], start=2) if line.strip()]
    ids = [key for key, _ in outputs]
    check_outputs(suite, ids, where=str(path))
    wrong = next((k for k, case in enumerate(suite.cases) if case.id != ids[k]), None)
    if wrong is not None:
        raise InputError(
            f"segment {suite.cases[wrong].id!r} expected, {ids[wrong]!r} found", where=f"{path}:{wrong + 2}"
        )
    return Hypotheses(
        system=name or str(header.get("system", Path(path).stem)),
        signature=str(header.get("signature", "")),
        outputs=tuple(mt for _, mt in outputs),
        usage=Usage(
            seconds=_number(header, "seconds"),
            peak_mib=_number(header, "peak_mib"),
            size_mb=_number(header, "size_mb"),
            licence=str(header.get("licence", "")),
        ),
    )


def _header(line: str, where: str) -> dict[str, object] | None:
    """The header object, or None when the file is plain text."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or row.get("kind") != KIND:
        return None
    if row.get("schema") != SCHEMA:
        raise InputError(f"schema {row.get('schema')!r}, this khabar reads {SCHEMA}", where=where)
    return row


def _output(line: str, where: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
        key, mt = row["id"], row["mt"]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise InputError('an object with "id" and "mt" expected', where=where) from exc
    if not isinstance(key, str) or not isinstance(mt, str):
        raise InputError('"id" and "mt" must be text', where=where)
    return key, mt


def _number(header: dict[str, object], key: str) -> float | None:
    value = header.get(key)
    finite = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e18
    return float(value) if finite else None  # type: ignore[arg-type]
