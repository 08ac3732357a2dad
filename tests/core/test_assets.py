"""The store: what is listed, found, verified and removed, and that installations are all or nothing."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from khabar_core.assets import BrokenModel, ModelStore, check_name, load_manifest
from khabar_core.errors import ModelError, UsageError
from khabar_core.manifest import MANIFEST_FILE, Manifest


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store whose folder does not exist yet."""
    return ModelStore(tmp_path / "models")


def install(store: ModelStore, name: str, content: bytes = b"weights", replace: bool = False) -> Manifest:
    """Install a model of two files."""
    with store.staging(name, replace=replace) as stage:
        folder = stage / "model"
        (folder / "sub").mkdir(parents=True)
        (folder / "model.bin").write_bytes(content)
        (folder / "sub" / "tokenizer.json").write_bytes(b"{}")
        return store.install(folder, Manifest(name=name, family="marian", licence="CC-BY-4.0"))


def leftovers(store: ModelStore) -> list[str]:
    """Whatever lies in the store that is not a model."""
    return [path.name for path in store.root.iterdir() if path.name not in store.names()]


def test_an_installed_model_is_found_by_name_and_by_folder(store: ModelStore) -> None:
    installed = install(store, "opus")
    assert installed.path == store.root / "opus"
    assert set(installed.files) == {"model.bin", "sub/tokenizer.json"}
    assert store.manifest("opus") == installed
    assert load_manifest("opus", store=store) == installed
    assert load_manifest(str(store.root / "opus")) == installed
    assert store.verify("opus") == installed
    assert leftovers(store) == []


def test_an_absent_store_is_an_empty_store(store: ModelStore) -> None:
    assert store.names() == []
    assert list(store.entries()) == []
    assert not store.root.exists()


def test_a_missing_model_names_every_place_and_the_command(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError) as caught:
        load_manifest("opus", store=store)
    text = str(caught.value)
    assert str(store.root / "opus") in text
    assert str(tmp_path / "opus") in text
    assert "khabar models add" in text


def test_a_bare_name_prefers_the_store_to_a_folder_beside(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(store, "opus")
    (tmp_path / "opus").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_manifest("opus", store=store).path == store.root / "opus"
    with pytest.raises(ModelError, match=r"there is no manifest.json in it .*khabar models add \./opus"):
        load_manifest("./opus", store=store)


def test_a_path_that_does_not_exist_says_so(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        load_manifest(tmp_path / "none", store=store)


@pytest.mark.parametrize("damage", ["missing", "shorter", "altered", "foreign"])
def test_verify_finds_every_damage(damage: str, store: ModelStore) -> None:
    install(store, "opus")
    weights = store.root / "opus" / "model.bin"
    if damage == "missing":
        weights.unlink()
    elif damage == "shorter":
        weights.write_bytes(b"weigh")
    elif damage == "altered":
        weights.write_bytes(b"weighed")
    else:
        (store.root / "opus" / "extra.bin").write_bytes(b"?")
    with pytest.raises(ModelError, match=r"is missing|has 5 bytes|is altered|does not belong"):
        store.verify("opus")


def test_a_damaged_manifest_does_not_hide_the_other_models(store: ModelStore) -> None:
    for name in ("a", "b", "c"):
        install(store, name)
    (store.root / "b" / MANIFEST_FILE).write_text("{", encoding="utf-8")
    (store.root / "d").mkdir()
    entries = list(store.entries())
    assert [entry.name for entry in entries] == ["a", "b", "c", "d"]
    assert [isinstance(entry, BrokenModel) for entry in entries] == [False, True, False, True]
    store.remove("b")
    assert store.names() == ["a", "c", "d"]


def test_removing_leaves_nothing(store: ModelStore) -> None:
    install(store, "opus")
    assert store.remove("opus") == store.root / "opus"
    assert list(store.root.iterdir()) == []
    with pytest.raises(ModelError, match="no model named"):
        store.remove("opus")


def test_removing_a_link_leaves_what_it_points_to(store: ModelStore, tmp_path: Path) -> None:
    install(store, "opus")
    elsewhere = tmp_path / "elsewhere"
    (store.root / "opus").rename(elsewhere)
    (store.root / "linked").symlink_to(elsewhere)
    assert store.names() == ["linked"]
    store.remove("linked")
    assert (elsewhere / "model.bin").is_file()


def test_a_taken_name_is_refused_before_any_work(store: ModelStore) -> None:
    install(store, "opus")
    with pytest.raises(ModelError, match=r"exists already .*--replace"), store.staging("opus"):
        pytest.fail("the staging folder was made")


def test_replacing_swaps_the_whole_model(store: ModelStore) -> None:
    install(store, "opus", b"old")
    install(store, "opus", b"new", replace=True)
    assert (store.root / "opus" / "model.bin").read_bytes() == b"new"
    store.verify("opus")
    assert leftovers(store) == []


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ModelError("broken"), ValueError("bug")])
def test_a_failure_in_the_middle_leaves_the_store_as_it_was(
    fault: BaseException | type[BaseException], store: ModelStore
) -> None:
    install(store, "opus", b"old")

    def stop_halfway() -> None:
        with store.staging("opus", replace=True) as stage:
            (stage / "half.bin").write_bytes(b"half")
            raise fault

    with pytest.raises((KeyboardInterrupt, ModelError, ValueError)):
        stop_halfway()
    assert (store.root / "opus" / "model.bin").read_bytes() == b"old"
    assert leftovers(store) == []


def test_what_a_killed_addition_left_is_swept_away(store: ModelStore) -> None:
    for name, age_s in (("dead", 3 * 24 * 3600), ("alive", 60)):
        folder = store.root / f".adding-{name}-x"
        folder.mkdir(parents=True)
        (folder / "half.bin").write_bytes(b"half")
        os.utime(folder, (time.time() - age_s,) * 2)
    install(store, "opus")
    assert leftovers(store) == [".adding-alive-x"]


def test_a_replacement_that_cannot_be_moved_leaves_the_old_model(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(store, "opus", b"old")
    move, calls = os.replace, []

    def fail_second(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(source))
        move(source, target)

    monkeypatch.setattr("os.replace", fail_second)
    with pytest.raises(ModelError, match="input/output error"):
        install(store, "opus", b"new", replace=True)
    assert (store.root / "opus" / "model.bin").read_bytes() == b"old"
    store.verify("opus")


def test_a_source_that_cannot_be_read_is_not_blamed_on_the_store(store: ModelStore, tmp_path: Path) -> None:
    def read_secret() -> None:
        with store.staging("opus"):
            raise PermissionError(
                errno.EACCES, os.strerror(errno.EACCES), str(tmp_path / "secret" / "model.bin")
            )

    with pytest.raises(ModelError, match=r"secret/model\.bin: cannot be read: permission denied"):
        read_secret()


def test_a_full_disk_is_one_error_with_a_remedy(store: ModelStore) -> None:
    with pytest.raises(ModelError, match=r"no space left.*KHABAR_MODELS"), store.staging("opus"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(store.root.iterdir()) == []


def test_a_store_that_cannot_be_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = ModelStore(tmp_path / "file" / "models")
    with pytest.raises(ModelError, match="the model store cannot be written"), store.staging("opus"):
        pytest.fail("the staging folder was made")


def test_a_read_only_store_is_one_error(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.root.mkdir()

    def refuse(*args: object, **options: object) -> str:
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS), str(store.root))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(ModelError, match=r"read-only.*a folder that you can write"), store.staging("opus"):
        pytest.fail("the staging folder was made")


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a b", "-x", "é", "x" * 101, "a\n"])
def test_names_that_could_do_harm_are_refused(name: str, store: ModelStore) -> None:
    with pytest.raises(UsageError):
        check_name(name)
    with pytest.raises(UsageError):
        store.remove(name)


@pytest.mark.parametrize("name", ["default", "echo"])
def test_built_in_names_cannot_be_taken(name: str, store: ModelStore) -> None:
    with pytest.raises(UsageError, match="built-in"), store.staging(name):
        pytest.fail("the staging folder was made")


def test_a_manifest_cannot_reach_outside_its_folder(store: ModelStore, tmp_path: Path) -> None:
    install(store, "opus")
    path = store.root / "opus" / MANIFEST_FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace('"model.bin"', '"../../secret"'), encoding="utf-8"
    )
    with pytest.raises(ModelError, match="leaves the model folder"):
        store.manifest("opus")
