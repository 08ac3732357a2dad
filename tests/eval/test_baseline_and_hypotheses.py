"""Stored outputs fit the suite they were made for, or are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from khabar_core.errors import InputError, UsageError
from khabar_eval.baseline import describe_baseline, load_baseline, write_baseline
from khabar_eval.cases import Suite
from khabar_eval.hypotheses import Hypotheses, Usage, load_hypotheses, save_hypotheses
from khabar_eval.running import pick_suites

Make = Callable[..., Hypotheses]


@pytest.fixture
def stored(suite: Suite, spoiled: Make, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    write_baseline(path, [(suite, spoiled(0.2))], reason="first", date="2024-03-01")
    return path


def edit(path: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_a_baseline_comes_back_as_it_was(stored: Path, suite: Suite, spoiled: Make) -> None:
    assert load_baseline(stored).hypotheses(suite).outputs == spoiled(0.2).outputs


def test_a_baseline_has_one_output_a_line_for_the_review(stored: Path, suite: Suite) -> None:
    lines = stored.read_text(encoding="utf-8").split("\n")
    assert sum(f'"{case.id}": "' in line for line in lines for case in suite.cases) == len(suite.cases)


def test_an_update_tells_old_and_new_and_keeps_history(stored: Path, suite: Suite, spoiled: Make) -> None:
    lines = write_baseline(stored, [(suite, spoiled(0.1))], reason="better model", date="2024-04-01")
    assert any(line.startswith("small chrF2++ ") and " -> " in line for line in lines)
    baseline = load_baseline(stored)
    assert [item["reason"] for item in baseline.history] == ["first", "better model"]
    text = describe_baseline(baseline)
    assert "small: 40 segments" in text
    assert "2024-04-01: better model" in text


def test_a_baseline_needs_a_reason_and_one_system(stored: Path, suite: Suite, spoiled: Make) -> None:
    with pytest.raises(UsageError, match="say why"):
        write_baseline(stored, [(suite, spoiled(0.1))], reason=" ", date="2024-04-01")
    other = replace(suite, name="other")
    with pytest.raises(UsageError, match="one system"):
        write_baseline(
            stored, [(suite, spoiled(0.1, "a")), (other, spoiled(0.1, "b"))], reason="x", date="2024-04-01"
        )
    with pytest.raises(InputError, match="small would keep the outputs of another system"):
        write_baseline(stored, [(other, spoiled(0.1, "b"))], reason="x", date="2024-04-01")


def test_a_part_of_another_size_takes_the_place_of_the_old_one(suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "b.json"

    def update(limit: int, signature: str) -> None:
        (part,) = pick_suites([suite], {}, limit)
        outputs = tuple(case.refs[0] for case in part.cases)
        made = Hypotheses(system="s", signature=signature, outputs=outputs)
        write_baseline(path, [(part, made)], reason="x", date="2024-04-01")

    update(16, "a")
    update(24, "b")
    assert list(load_baseline(path).data) == ["small-24"]
    assert len(load_baseline(path).history) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["suites"]["small"].update(digest="0"), "another version of suite 'small'"),
        (lambda d: d["suites"]["small"]["outputs"].popitem(), "outputs of suite 'small' are damaged"),
        (
            lambda d: d["suites"]["small"]["scores"]["BLEU"].update(signature="v1"),
            "BLEU was v1, now it is nrefs",
        ),
        (lambda d: d["suites"]["small"]["scores"]["BLEU"].update(value=99.0), "but the file says 99"),
        (
            lambda d: d["suites"]["small"]["scores"].update(BLEU=1),
            "score of 'BLEU' for suite 'small' is damaged",
        ),
        (lambda d: d["suites"]["small"].pop("scores"), "scores of suite 'small' are missing"),
        (lambda d: d["suites"].pop("small"), "baseline has no suites"),
        (lambda d: d.update(kind="other"), "not a khabar baseline"),
        (lambda d: d.update(schema=7), "schema 7, this khabar reads 1"),
    ],
)
def test_an_altered_baseline_is_refused(
    change: Callable[[dict], object],  # type: ignore[type-arg]
    message: str,
    stored: Path,
    suite: Suite,
) -> None:
    edit(stored, change)
    with pytest.raises(InputError, match=message):
        load_baseline(stored).hypotheses(suite)


def test_not_a_number_in_a_baseline_is_refused(stored: Path) -> None:
    edit(stored, lambda d: d["suites"]["small"]["scores"]["BLEU"].update(value=float("nan")))
    with pytest.raises(InputError, match="NaN is not a JSON number"):
        load_baseline(stored)


def test_a_suite_that_is_not_in_the_baseline_is_refused(stored: Path, suite: Suite) -> None:
    with pytest.raises(InputError, match="baseline has no suite 'other'"):
        load_baseline(stored).hypotheses(replace(suite, name="other"))


def test_hypotheses_come_back_with_what_they_took(suite: Suite, spoiled: Make, tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    made = replace(spoiled(0.2), usage=Usage(seconds=1.5, peak_mib=300.0, size_mb=80.0, licence="MIT"))
    save_hypotheses(path, suite, made)
    assert load_hypotheses(path, suite) == made


def test_plain_text_is_read_line_by_line(suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "system.en"
    path.write_text("".join(f"Line\u2028{k}\n" for k in range(40)), encoding="utf-8")
    loaded = load_hypotheses(path, suite)
    assert loaded.system == "system"
    assert loaded.outputs[3] == "Line\u20283"
    path.write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"system\.en: 2 outputs for the 40 segments of suite 'small'"):
        load_hypotheses(path, suite)


def test_hypotheses_of_another_suite_are_refused(suite: Suite, spoiled: Make, tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    save_hypotheses(path, suite, spoiled(0.2))
    changed = replace(suite, cases=(*suite.cases[:-1], replace(suite.cases[-1], refs=("Other.",))))
    with pytest.raises(InputError, match="made for suite 'small' with digest"):
        load_hypotheses(path, changed)


def test_swapped_lines_are_found(suite: Suite, spoiled: Make, tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    save_hypotheses(path, suite, spoiled(0.2))
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[3], lines[4] = lines[4], lines[3]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"h\.jsonl:4: segment 's002' expected, 's003' found"):
        load_hypotheses(path, suite)
    lines[3] = '{"id": "s002"}'
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r'h\.jsonl:4: an object with "id" and "mt" expected'):
        load_hypotheses(path, suite)
