"""`khabar models` as a user runs it: output, JSON, exit codes, one line for each fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from khabar.cli.main import main
from khabar_core.assets import ModelStore
from khabar_core.manifest import MANIFEST_FILE, Manifest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A KHABAR_HOME of the test's own."""
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def opus(home: Path) -> Manifest:
    """A model in the store, whose description is hostile to terminals."""
    store = ModelStore()
    with store.staging("opus") as stage:
        folder = stage / "model"
        folder.mkdir()
        (folder / "model.bin").write_bytes(b"weights")
        draft = Manifest(name="opus", family="marian", licence="CC-BY-4.0", description="bad\x1b[31m\nword")
        return store.install(folder, draft)


def rows(text: str) -> list[dict[str, Any]]:
    """JSON lines."""
    found = [json.loads(line) for line in text.split("\n") if line]
    assert all(row["schema"] == 1 for row in found)
    return found


def test_the_list_begins_with_the_default_model(opus: Manifest, capfdbinary: Any) -> None:
    assert main(["models", "list"]) == 0
    first, second = capfdbinary.readouterr().out.decode().removesuffix("\n").split("\n")
    assert first.startswith("default\tgemma3\t")
    assert "built on first use" in first
    assert second == "opus\tmarian\ttranslate\tint8\t0.0 MB\tCC-BY-4.0"


def test_the_list_as_json_holds_whole_manifests(opus: Manifest, capfdbinary: Any) -> None:
    assert main(["models", "list", "--json"]) == 0
    default, found = rows(capfdbinary.readouterr().out.decode())
    assert default["name"] == "default"
    assert not default["built"]
    assert found["files"]["model.bin"]["bytes"] == 7
    assert found["path"] == str(opus.path)


def test_a_damaged_model_is_listed_with_its_fault(opus: Manifest, home: Path, capfdbinary: Any) -> None:
    (home / "models" / "opus" / MANIFEST_FILE).write_text("{", encoding="utf-8")
    assert main(["models", "list"]) == 0
    assert b"opus\tdamaged: " in capfdbinary.readouterr().out


def test_info_shows_no_control_characters(opus: Manifest, capfdbinary: Any) -> None:
    assert main(["models", "info", "opus"]) == 0
    text = capfdbinary.readouterr().out.decode()
    assert "\x1b" not in text
    assert "bad\\x1b[31m word" in text


def test_verify_tells_sound_from_damaged_with_exit_code_4(
    opus: Manifest, home: Path, capfdbinary: Any
) -> None:
    assert main(["models", "verify"]) == 0
    assert capfdbinary.readouterr().out == b"opus: sound\n"
    (home / "models" / "opus" / "model.bin").write_bytes(b"altered")
    assert main(["models", "verify", "--json"]) == 4
    captured = capfdbinary.readouterr()
    (row,) = rows(captured.out.decode())
    assert not row["sound"]
    assert captured.err.count(b"\n") == 1
    assert b"is altered" in captured.err


def test_remove_removes_once(opus: Manifest, home: Path, capfdbinary: Any) -> None:
    assert main(["models", "remove", "opus"]) == 0
    assert not (home / "models" / "opus").exists()
    assert main(["models", "remove", "opus"]) == 4
    assert b"no model named 'opus'" in capfdbinary.readouterr().err


def test_where_names_folders_and_the_settings_behind_them(
    opus: Manifest, home: Path, capfdbinary: Any
) -> None:
    assert main(["models", "where", "opus"]) == 0
    assert capfdbinary.readouterr().out.decode() == f"{opus.path}\n"
    assert main(["models", "where"]) == 0
    assert f"models: {home / 'models'} (KHABAR_HOME)" in capfdbinary.readouterr().out.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "./none"], 3, b"no such file or folder"),
        (["add", "owner/name", "--offline"], 4, b"not in the cache"),
        (["add", "./none", "--quantization", "int1"], 2, b"--quantization"),
        (["add", "./none", "--name", "../x"], 2, b"cannot name a model"),
        (["add", "./none", "--prompt", "hello"], 2, b"{source} must stand"),
        (["info", "none"], 4, b"khabar models add"),
        (["where", "./none"], 4, b"no such folder"),
    ],
)
def test_faults_are_one_line_and_a_code(
    arguments: list[str], code: int, words: bytes, home: Path, capfdbinary: Any
) -> None:
    assert main(["models", *arguments]) == code
    captured = capfdbinary.readouterr()
    assert captured.out == b""
    assert captured.err.count(b"\n") == 1
    assert words in captured.err


def test_a_mistyped_setting_is_a_usage_error(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    monkeypatch.setenv("KHABAR_MODEL", "x")
    assert main(["models", "list"]) == 2
    assert b"KHABAR_MODEL: no such setting" in capfdbinary.readouterr().err


def test_bench_measures_each_compute_type(
    home: Path, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from khabar_core.measure import ModelSpeed

    def measure(name: str, *, compute_type: str | None, threads: int | None, beam_size: int) -> ModelSpeed:
        return ModelSpeed(
            name=name,
            compute_type=compute_type or "float32",
            threads=threads or 2,
            beam_size=beam_size,
            load_s=0.5,
            decode_s=2.0,
            n_texts=12,
            n_tokens=300,
            peak_mb=None,
        )

    monkeypatch.setattr("khabar_core.measure.measure_model", measure)
    assert main(["models", "bench", "opus"]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[1:] == ["float32\t0.5\t150\t?\t2\t4", "int8\t0.5\t150\t?\t2\t4"]
    assert main(["models", "bench", "opus", "--compute-type", "int8", "--beam", "1", "--json"]) == 0
    (row,) = rows(capfdbinary.readouterr().out.decode())
    assert (row["name"], row["compute_type"], row["beam_size"], row["tokens_per_s"]) == (
        "opus",
        "int8",
        1,
        150.0,
    )
    assert row["peak_mb"] is None


def test_bench_of_a_missing_model_is_one_line(home: Path, capfdbinary: Any) -> None:
    assert main(["models", "bench", "nope"]) == 4
    captured = capfdbinary.readouterr().err.decode()
    assert captured.startswith("khabar: ")
    assert captured.count("\n") == 1
