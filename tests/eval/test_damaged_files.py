"""Files with a value of a wrong kind anywhere are refused in one line, and never crash."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from khabar_core.errors import KhabarError
from khabar_eval.baseline import describe_baseline, load_baseline, write_baseline
from khabar_eval.cases import Suite
from khabar_eval.gating import load_gates
from khabar_eval.hypotheses import Hypotheses, load_hypotheses, save_hypotheses
from khabar_eval.manifest import load_suite
from khabar_eval.running import Plan, evaluate
from khabar_eval.scoring import ScoringOptions
from khabar_eval.systems import FileSystem

WRONG = [None, True, 0, -1, 1.5, 10**400, "", "x", [], [1], ["a"], {}, {"a": 1}, float("inf")]
GATES: dict[str, Any] = {
    "schema": 1,
    "alpha": 0.05,
    "correction": "none",
    "test": "bootstrap",
    "trials": 100,
    "bootstrap": 100,
    "seed": 1,
    "resample": "segments",
    "suites": {"s": 0},
    "rule": [{"metric": "empty", "tier": "hard", "at_most": 0.0, "suites": ["s"], "slice": "topic=t"}],
}
MANIFEST: dict[str, Any] = {
    "schema": 1,
    "name": "m",
    "format": "tsv",
    "licence": "CC0-1.0",
    "glossary": "names.tsv",
    "columns": {"src": 1, "ref": 2},
    "metadata": {"a": "b"},
    "file": [{"role": "cases", "path": "t.tsv", "sha256": ""}],
}
ROW: dict[str, Any] = {
    "id": "a",
    "src": "وصل 5",
    "refs": ["5 came"],
    "doc": "d",
    "entities": [["وصل", "came", "other", ["x"]]],
    "terms": [{"source": "وصل", "target": "came", "type": "term", "accepted": ["x"]}],
    "traps": ["x"],
    "random": [["وصل", "came"]],
    "topic": "t",
    "tags": ["x"],
}
BRIEF: dict[str, Any] = {
    "id": "b",
    "sentences": ["One thing.", "Two things."],
    "brief": [{"text": "Things.", "cites": [1]}],
    "topic": "t",
    "tags": ["x"],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def variants(value: dict[str, Any]) -> Iterator[Any]:
    """Copies of a value, each with one wrong thing at one place."""
    for path in places(value):
        for wrong in WRONG:
            changed = copy.deepcopy(value)
            inner: Any = changed
            for key in path[:-1]:
                inner = inner[key]
            if path:
                inner[path[-1]] = wrong
            yield changed if path else wrong


def toml(value: Any) -> str:
    """A value as TOML; infinity and huge numbers included."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return "inf" if value == float("inf") else json.dumps(value)


def survives(use: Callable[[], object]) -> bool:
    """Whether it worked; a refusal must be one line, anything else fails the test."""
    try:
        use()
    except KhabarError as exc:
        refusal = str(exc)
    else:
        return True
    assert "\n" not in refusal
    return False


def load_toml(path: Path, data: Any, load: Callable[[str], object]) -> bool:
    if not isinstance(data, dict):
        return False
    lines = [f"{json.dumps(k)} = {toml(v)}" for k, v in data.items() if v is not None]
    path.write_text("\n".join(lines).replace("null", '"null"'), encoding="utf-8")
    return survives(lambda: load(str(path)))


def test_gates(tmp_path: Path) -> None:
    assert load_toml(tmp_path / "g.toml", GATES, load_gates)
    outcomes = [load_toml(tmp_path / "g.toml", data, load_gates) for data in variants(GATES)]
    assert outcomes.count(False) > 200


def test_manifests(tmp_path: Path) -> None:
    data = "خبر\tNews\n".encode()
    (tmp_path / "t.tsv").write_bytes(data)
    (tmp_path / "names.tsv").write_bytes(data)
    good = copy.deepcopy(MANIFEST)
    good["file"][0]["sha256"] = hashlib.sha256(data).hexdigest()
    assert load_toml(tmp_path / "m.toml", good, load_suite)
    outcomes = [load_toml(tmp_path / "m.toml", bad, load_suite) for bad in variants(good)]
    assert outcomes.count(False) > 100


@pytest.mark.parametrize(("row", "output"), [(ROW, "5 came"), (BRIEF, "Things. [1]")])
def test_rows_of_a_suite(row: dict[str, Any], output: str, tmp_path: Path) -> None:
    path, out = tmp_path / "s.jsonl", tmp_path / "s.en"
    out.write_text(output + "\n", encoding="utf-8")
    metrics = ("number_fidelity", "term_success", "name_recall") if row is ROW else ("citation_recall",)
    plan = Plan(scoring=ScoringOptions(metrics=(*metrics, "empty")))

    def use() -> None:
        evaluate([load_suite(str(path))], [FileSystem("x", str(out))], plan)

    for number, data in enumerate([row, *variants(row)]):
        path.write_text(json.dumps(data) + "\n", encoding="utf-8")
        assert survives(use) or number > 0


def test_baselines(tmp_path: Path) -> None:
    suite = Suite(name="s", cases=load_suite("news").cases[:2])
    made = Hypotheses(system="x", signature="y", outputs=("a", "b"))
    path = tmp_path / "b.json"
    write_baseline(path, [(suite, made)], reason="first", date="2024-01-01")
    good = json.loads(path.read_text(encoding="utf-8"))
    scores = good["suites"]["s"]["scores"]
    good["suites"]["s"]["scores"] = {name: scores[name] for name in ("chrF2++", "empty")}

    def use() -> None:
        baseline = load_baseline(path)
        describe_baseline(baseline)
        baseline.hypotheses(suite, ("chrF2++", "empty"))

    for number, data in enumerate([good, *variants(good)]):
        path.write_text(json.dumps(data), encoding="utf-8")
        assert survives(use) or number > 0


def test_hypotheses(tmp_path: Path) -> None:
    suite = Suite(name="s", cases=load_suite("news").cases[:2])
    path = tmp_path / "h.jsonl"
    save_hypotheses(path, suite, Hypotheses(system="x", signature="y", outputs=("a", "b")))
    lines = path.read_text(encoding="utf-8").split("\n")
    for place in (0, 1):
        for data in variants(json.loads(lines[place])):
            changed = [*lines[:place], json.dumps(data), *lines[place + 1 :]]
            path.write_text("\n".join(changed), encoding="utf-8")
            survives(lambda: load_hypotheses(path, suite))
