"""The evaluation as JSON, for programs.

In: an `Evaluation`. Out: UTF-8 bytes that fit the published schema (schemas/evaluation.schema.json). Not
here: other
reports.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from khabar_core.records import to_json
from khabar_eval.results import Evaluation

__all__ = ["SCHEMA", "json_report", "schema_path"]

SCHEMA = 1


def json_report(evaluation: Evaluation, *, indent: int | None = 1) -> bytes:
    """Write the evaluation as one JSON object; indent None puts it on one line."""
    data: dict[str, Any] = {"schema": SCHEMA, "kind": "khabar-evaluation", **to_json(evaluation)}
    text = json.dumps(data, ensure_ascii=False, indent=indent, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def schema_path() -> Path:
    """Where the JSON schema of the report lies."""
    return Path(__file__).parent / "schemas" / "evaluation.schema.json"
