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


def json_report(evaluation: Evaluation) -> bytes:
    """Write the evaluation as one JSON object."""
    data: dict[str, Any] = {"schema": SCHEMA, "kind": "khabar-evaluation", **to_json(evaluation)}
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8", "replace")


def schema_path() -> Path:
    """Where the JSON schema of the report lies."""
    return Path(__file__).parent / "schemas" / "evaluation.schema.json"
