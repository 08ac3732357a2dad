"""Downloads over real HTTP from 127.0.0.1: what is fetched, resumed, refused, and what a message says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from khabar_core.errors import InputError, ModelError
from khabar_core.hub import (
    HubRef,
    choose_files,
    download_file,
    fetch_repository,
    parse_hub_ref,
)

from .tiny_hub import COMMIT, TinyHub

NAME = "press/opus-tiny"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyHub]:
    """A hub with one repository: weights in two formats, a tokenizer, and things nobody needs."""
    folder = tmp_path / "repository"
    (folder / "onnx").mkdir(parents=True)
    for name, content in (
        ("config.json", b'{"model_type": "marian"}'),
        ("source.spm", b"source pieces"),
        ("target.spm", b"target pieces"),
        ("vocab.json", b"{}"),
        ("model.safetensors", bytes(range(256)) * 400),
        ("pytorch_model.bin", b"pickled" * 100),
        ("tf_model.h5", b"keras" * 100),
        ("onnx/model.onnx", b"graph" * 100),
        ("README.md", b"# Tiny"),
        ("LICENSE", b"Do as you like."),
    ):
        (folder / name).write_bytes(content)
    with TinyHub(repositories={NAME: folder}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def test_a_hub_name_fetches_the_needed_files_and_no_others(hub: TinyHub) -> None:
    found = fetch_repository(HubRef(repository=NAME))
    assert sorted(path.name for path in found.path.iterdir()) == [
        "LICENSE",
        "config.json",
        "model.safetensors",
        "source.spm",
        "target.spm",
        "vocab.json",
    ]
    assert found.licence == "cc-by-4.0"
    assert found.source == f"{hub.url}/{NAME}@{COMMIT}"
    assert not hub.downloads("pytorch_model.bin")
    assert not hub.downloads("model.onnx")


def test_a_broken_connection_goes_on_where_it_stopped(hub: TinyHub, monkeypatch: pytest.MonkeyPatch) -> None:
    # The library writes blocks of 10 MB and goes on after the last one; smaller blocks, for a smaller file.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    hub.break_after["model.safetensors"] = 30_000
    found = fetch_repository(HubRef(repository=NAME))
    assert (found.path / "model.safetensors").read_bytes() == bytes(range(256)) * 400
    first, second = hub.downloads("model.safetensors")
    assert first == ""
    start = int(second.removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 30_000


def test_complete_files_are_not_fetched_twice(hub: TinyHub) -> None:
    fetch_repository(HubRef(repository=NAME))
    fetch_repository(HubRef(repository=NAME))
    assert len(hub.downloads("model.safetensors")) == 1


def test_offline_takes_the_cache_and_asks_nobody(hub: TinyHub) -> None:
    online = fetch_repository(HubRef(repository=NAME))
    hub.log.clear()
    offline = fetch_repository(HubRef(repository=NAME), offline=True)
    assert offline.path == online.path
    assert offline.source == online.source
    assert hub.log == []


def test_offline_without_the_model_says_so(hub: TinyHub) -> None:
    with pytest.raises(ModelError, match="not in the cache, and downloads are off"):
        fetch_repository(HubRef(repository="press/other"), offline=True)
    assert hub.log == []


def test_a_mirror_is_named_by_its_address(hub: TinyHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://unreachable.invalid")
    ref = parse_hub_ref(f"{hub.url}/{NAME}/tree/main")
    assert ref is not None
    assert fetch_repository(ref).source.startswith(hub.url)


def test_an_unknown_model_names_the_address(hub: TinyHub) -> None:
    with pytest.raises(ModelError, match=r"127\.0\.0\.1.*/press/none: no such model on the hub"):
        fetch_repository(HubRef(repository="press/none"))


def test_an_unknown_revision_is_named(hub: TinyHub) -> None:
    with pytest.raises(ModelError, match="no revision v9"):
        fetch_repository(HubRef(repository=NAME, revision="v9"))


def test_a_hub_that_is_down_is_one_clear_error(hub: TinyHub, monkeypatch: pytest.MonkeyPatch) -> None:
    # A port that was open a moment ago and is closed now.
    with TinyHub() as gone:
        url = gone.url
    monkeypatch.setenv("HF_ENDPOINT", url)
    with pytest.raises(ModelError, match="try again"):
        fetch_repository(HubRef(repository=NAME))


def test_progress_reaches_the_end(hub: TinyHub) -> None:
    seen: list[float] = []
    fetch_repository(HubRef(repository=NAME), progress=lambda fraction, word: seen.append(fraction))
    assert seen
    assert max(seen) <= 1.0


@pytest.mark.parametrize(
    ("text", "repository", "revision", "endpoint", "file"),
    [
        ("owner/name", "owner/name", None, None, None),
        ("owner/name@v1.2", "owner/name", "v1.2", None, None),
        ("gpt2", "gpt2", None, None, None),
        ("owner/name/q4_k_m.gguf", "owner/name", None, None, "q4_k_m.gguf"),
        ("https://huggingface.co/owner/name", "owner/name", None, "https://huggingface.co", None),
        ("https://hf.example/base/o/n/tree/dev", "o/n", "dev", "https://hf.example/base", None),
        ("https://h.example/o/n/resolve/main/a.gguf", "o/n", "main", "https://h.example", "a.gguf"),
    ],
)
def test_hub_references_are_understood(
    text: str, repository: str, revision: str | None, endpoint: str | None, file: str | None
) -> None:
    expected = HubRef(repository=repository, revision=revision, endpoint=endpoint, file=file)
    assert parse_hub_ref(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "../etc/passwd", "owner/..", "a b", "owner/name@; rm", "https://host/only", "x/y/z.txt", "-x"],
)
def test_other_texts_are_no_hub_references(text: str) -> None:
    assert parse_hub_ref(text) is None


def test_shards_are_taken_with_their_index() -> None:
    names = ["config.json", "model-1-of-2.safetensors", "model-2-of-2.safetensors", "pytorch_model.bin"]
    index = "model.safetensors.index.json"
    assert set(choose_files([*names, index], "hub")) == {*names[:3], index}


def test_a_ctranslate2_repository_needs_no_other_weights() -> None:
    names = ["config.json", "model.bin", "shared_vocabulary.json", "model.safetensors"]
    assert choose_files(names, "hub") == ["config.json", "model.bin", "shared_vocabulary.json"]


def test_several_gguf_files_must_be_chosen_from() -> None:
    with pytest.raises(ModelError, match=r"several GGUF files .*a\.gguf, b\.gguf"):
        choose_files(["a.gguf", "b.gguf"], "hub")
    assert choose_files(["a.gguf", "b.gguf"], "hub", "b.gguf") == ["b.gguf"]


def test_a_repository_without_weights_is_refused() -> None:
    with pytest.raises(ModelError, match="no weights that khabar can read"):
        choose_files(["config.json", "model.onnx"], "hub")


def test_a_file_download_goes_on_after_a_crash(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    with TinyHub(files={"m.zip": content}, break_after={"m.zip": 100_000}) as server:
        url = f"{server.url}/files/m.zip"
        with pytest.raises(
            ModelError, match=r"broke after 100000 of 256000 bytes .*goes on where it stopped"
        ):
            download_file(url, tmp_path)
        found = download_file(url, tmp_path)
        assert found.read_bytes() == content
        assert server.downloads("m.zip") == ["", "bytes=100000-"]
        assert download_file(url, tmp_path) == found
        assert len(server.downloads("m.zip")) == 2


def test_a_stale_part_is_thrown_away(tmp_path: Path) -> None:
    """The file on the server has become shorter than what was fetched of the old one."""
    with TinyHub(files={"m.zip": b"old" * 100_000}, break_after={"m.zip": 200_000}) as server:
        url = f"{server.url}/files/m.zip"
        with pytest.raises(ModelError):
            download_file(url, tmp_path)
        server.files["m.zip"] = b"new"
        assert download_file(url, tmp_path).read_bytes() == b"new"


def test_a_wrong_checksum_leaves_no_file(tmp_path: Path) -> None:
    with TinyHub(files={"m.zip": b"content"}) as server:
        url = f"{server.url}/files/m.zip"
        with pytest.raises(ModelError, match="checksum differs"):
            download_file(url, tmp_path, sha256="0" * 64)
        assert list(tmp_path.iterdir()) == []
        right = hashlib.sha256(b"content").hexdigest()
        assert download_file(url, tmp_path, sha256=right.upper()).read_bytes() == b"content"


def test_a_missing_file_is_an_error_with_its_status(tmp_path: Path) -> None:
    with TinyHub() as server, pytest.raises(ModelError, match="the server answers 404"):
        download_file(f"{server.url}/files/none.zip", tmp_path)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/m.zip", "https://", "http://host.example/m.zip"]
)
def test_insecure_and_odd_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        download_file(url, tmp_path)


def test_a_file_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    target = tmp_path / "downloads"
    with TinyHub(files={"..%2f..%2fevil.zip": b"x", "../../evil.zip": b"x"}) as server:
        found = download_file(f"{server.url}/files/..%2f..%2fevil.zip", target)
    assert found.parent == target
