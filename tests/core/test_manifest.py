"""A manifest comes back as it was written, refuses what it does not know, and notices altered files."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import ModelError
from khabar_core.manifest import (
    MANIFEST_FILE,
    HintFormat,
    Manifest,
    ManifestFile,
    describe_files,
    file_sha256,
)

words = st.text(max_size=20)
manifests = st.builds(
    Manifest,
    name=st.text(min_size=1, max_size=20),
    family=st.sampled_from(["gemma3", "marian", "nllb", "bart"]),
    tasks=st.lists(words, max_size=3).map(tuple),
    prompts=st.dictionaries(words, words, max_size=3),
    hint_format=st.none() | st.builds(HintFormat, before=words, max_hints=st.integers(0, 99)),
    languages=st.dictionaries(words, words, max_size=3),
    licence=words,
    special=st.dictionaries(words, words | st.integers() | st.none() | st.lists(words), max_size=3),
    training_data=st.lists(words, max_size=3).map(tuple),
    max_input_tokens=st.integers(1, 9999),
)


def write_model(folder: Path) -> Manifest:
    """A folder with two files and its manifest."""
    (folder / "sub").mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "sub" / "tokenizer.json").write_bytes(b"{}")
    return Manifest(name="m", family="marian", files=describe_files(folder)).write(folder)


@settings(max_examples=60)
@given(manifests)
def test_json_is_an_exact_inverse(manifest: Manifest) -> None:
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


def test_written_manifest_is_read_and_verified(tmp_path: Path) -> None:
    written = write_model(tmp_path)
    assert Manifest.read(tmp_path) == written
    assert list(written.files) == ["model.bin", "sub/tokenizer.json"]
    seen: list[float] = []
    written.verify(lambda fraction, name: seen.append(fraction))
    assert seen[-1] == 1.0


@pytest.mark.parametrize(("content", "message"), [(b"weightz", "is altered"), (b"short", "has 5 bytes")])
def test_altered_file_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    manifest = write_model(tmp_path)
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match=f"model.bin {message}"):
        manifest.verify()


def test_missing_file_is_named(tmp_path: Path) -> None:
    manifest = write_model(tmp_path)
    (tmp_path / "model.bin").unlink()
    with pytest.raises(ModelError, match=r"model.bin is missing"):
        manifest.verify()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "C:\\x", "a\\b", ""])
def test_paths_that_leave_the_folder_are_refused(name: str) -> None:
    data = dataclasses.replace(Manifest(name="m", family="t5")).to_json()
    data["files"] = {name: {"sha256": "0" * 64, "bytes": 1}}
    with pytest.raises(ModelError, match="leaves the model folder"):
        Manifest.from_json(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"path": "/x"}, "unknown key 'path'"),
        ({"schema": 2}, "schema 2 is not 1"),
        ({"family": "rnn"}, "family rnn is not known"),
        ({"name": ""}, "name is missing"),
        ({"tasks": "translate"}, "tasks: list expected"),
        ({"tasks": [1]}, "tasks: strings expected"),
        ({"prompts": {"translate": 1}}, "prompts: strings expected"),
        ({"max_input_tokens": "many"}, "max_input_tokens: int expected"),
        ({"max_input_tokens": True}, "max_input_tokens: int expected"),
        ({"hint_format": {"colon": ":"}}, "unknown key 'colon'"),
        ({"files": {"a": {"sha256": 1, "bytes": 1}}}, "a: sha256 and bytes expected"),
        ({"files": {"a": []}}, "an object is expected"),
    ],
)
def test_malformed_manifest_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    data = {**Manifest(name="m", family="t5").to_json(), **change}
    with pytest.raises(ModelError, match=message):
        Manifest.from_json(data)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_unreadable_manifest_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        Manifest.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_folder_without_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no manifest.json \(khabar models add"):
        Manifest.read(tmp_path)


def test_size_is_the_sum_of_the_files() -> None:
    files = {"a": ManifestFile(sha256="", bytes=3), "b": ManifestFile(sha256="", bytes=4)}
    assert Manifest(name="m", family="t5", files=files).size_bytes == 7


def test_what_changed_after_the_manifest_is_noticed_before_use(tmp_path: Path) -> None:
    """A flipped bit would load and give nonsense; reading gigabytes each time would be too slow."""
    manifest = write_model(tmp_path)
    manifest.check()
    name = next(iter(manifest.files))
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(bytes([data[0] ^ 1]) + data[1:])
    later = time.time() + 60
    os.utime(tmp_path / name, (later, later))
    with pytest.raises(ModelError, match="is altered: its checksum differs"):
        manifest.check()
    (tmp_path / name).write_bytes(data + b"x")
    with pytest.raises(ModelError, match="the manifest says"):
        manifest.check()
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match="is missing"):
        manifest.check()


def test_a_copied_model_is_read_whole_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = write_model(tmp_path)
    long_ago = time.time() - 1000
    os.utime(tmp_path / MANIFEST_FILE, (long_ago, long_ago))
    read: list[Path] = []
    true_sum = file_sha256

    def counted(path: Path) -> str:
        read.append(path)
        return true_sum(path)

    monkeypatch.setattr("khabar_core.manifest.file_sha256", counted)
    manifest.check()
    manifest.check()
    assert len(read) == len(manifest.files) > 0
