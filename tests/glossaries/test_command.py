"""The command line of the glossary: output on stdout, exit codes, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.cli.main import main


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.tsv").write_text("source\ttarget\ttype\nبرنوف\tBarnouf\tplace\n", encoding="utf-8")
    (tmp_path / "bad.tsv").write_text("برنوف\tBarnouf\nبرنوف\tParnof\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("وصل\nإلى برنوف\n", encoding="utf-8")
    return tmp_path


def test_lint_prints_findings_and_exits_5(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "lint", str(files / "bad.tsv")]) == 5
    out, err = capfd.readouterr()
    assert "bad.tsv:2: error: برنوف is 'Parnof' here and 'Barnouf' at line 1 [conflict]" in out
    assert "1 error in the glossary" in err
    assert main(["glossary", "lint", str(files / "good.tsv")]) == 0


def test_find_prints_line_span_and_target(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    args = ["glossary", "find", str(files / "text.txt"), "--glossary", str(files / "good.tsv")]
    assert main(args) == 0
    assert capfd.readouterr().out == "2\t4-9\tبرنوف\tBarnouf\tplace\n"
    assert main([*args, "--json"]) == 0
    record = json.loads(capfd.readouterr().out)
    assert (record["schema"], record["line"], record["span_chars"], record["glossary"]) == (
        1,
        2,
        [4, 9],
        "good.tsv",
    )


def test_convert_goes_through_every_format_and_back(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    previous = files / "good.tsv"
    for ending in ("json", "tbx", "tmx", "csv", "tsv"):
        target = files / f"next.{ending}"
        assert main(["glossary", "convert", str(previous), "--output", str(target)]) == 0
        previous = target
    capfd.readouterr()
    assert main(["glossary", "show", str(previous)]) == 0
    assert capfd.readouterr().out == "برنوف\tBarnouf\tplace\t\n"


def test_convert_without_a_format_is_a_usage_error(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "convert", str(files / "good.tsv")]) == 2
    assert "which format?" in capfd.readouterr().err


def test_merge_says_what_it_drops(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "merge", str(files / "bad.tsv"), str(files / "good.tsv")]) == 0
    out, err = capfd.readouterr()
    assert "Barnouf" in out
    assert "bad.tsv:2: برنوف = Parnof dropped" in err


def test_show_searches_both_sides(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "show", "--search", "nebenz", "--json"]) == 0
    records = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {record["target"] for record in records} == {"Nebenzia", "Vasily Nebenzia"}
    assert main(["glossary", "show", "--search", "ادلب", "--type", "place"]) == 0
    assert "Idlib" in capfd.readouterr().out


def test_stats_mine_and_build_automatic(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "stats", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["entries"] > 3000
    (files / "a.txt").write_text("قال الكريتي\nعاد الكريتي\n", encoding="utf-8")
    (files / "b.txt").write_text("Then Kreiti spoke\nLater Kreiti returned\n", encoding="utf-8")
    assert main(["glossary", "mine", str(files / "a.txt"), str(files / "b.txt")]) == 0
    assert "الكريتي\t\tKreiti" in capfd.readouterr().out
    out = files / "auto.tsv"
    assert main(["glossary", "build-automatic", str(files / "good.tsv"), "--output", str(out)]) == 0
    assert "Barnouf" in out.read_text(encoding="utf-8")


def test_a_missing_file_and_a_malformed_one(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "stats", str(files / "none.tsv")]) == 3
    (files / "swap.tsv").write_text("Barnouf\tبرنوف\n", encoding="utf-8")
    assert main(["glossary", "stats", str(files / "swap.tsv")]) == 5
    assert "swap.tsv:1:" in capfd.readouterr().err
