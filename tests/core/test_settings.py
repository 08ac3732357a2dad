"""Settings: which value wins, where it came from, and which values are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar_core.errors import UsageError
from khabar_core.settings import VARIABLES, cache_dir, load_settings, models_dir


def test_without_anything_the_folders_are_the_users() -> None:
    found = load_settings()
    assert found.models.is_absolute()
    assert found.models.name == "models"
    assert found.cache != found.models
    assert found.threads is None
    assert not found.offline
    assert set(found.origins.values()) == {"default"}


def test_a_flag_beats_a_variable_and_a_variable_beats_home(tmp_path: Path) -> None:
    environ = {"KHABAR_HOME": str(tmp_path / "home"), "KHABAR_MODELS": str(tmp_path / "m")}
    found = load_settings(environ=environ)
    assert found.models == tmp_path / "m"
    assert found.cache == tmp_path / "home" / "cache"
    assert found.origins["models"] == "KHABAR_MODELS"
    assert found.origins["cache"] == "KHABAR_HOME"
    flagged = load_settings(models=tmp_path / "flag", environ=environ)
    assert flagged.models == tmp_path / "flag"
    assert flagged.origins["models"] == "flag"


def test_an_empty_variable_counts_as_unset() -> None:
    found = load_settings(environ={"KHABAR_MODELS": "", "KHABAR_THREADS": " ", "KHABAR_OFFLINE": ""})
    assert set(found.origins.values()) == {"default"}


def test_an_unknown_variable_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"KHABAR_MODEL_DIR: no such setting .*KHABAR_MODELS"):
        load_settings(environ={"KHABAR_MODEL_DIR": "/x"})
    load_settings(environ={"KHABARX": "1", "PATH": "/bin"})


def test_every_known_variable_is_accepted(tmp_path: Path) -> None:
    values = {"KHABAR_THREADS": "2", "KHABAR_OFFLINE": "1"}
    load_settings(environ={name: values.get(name, str(tmp_path)) for name in VARIABLES})


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "1_0", "٢", "99999", "1e3"])
def test_senseless_thread_counts_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="KHABAR_THREADS"):
        load_settings(environ={"KHABAR_THREADS": text})


def test_threads_come_from_flag_or_variable() -> None:
    assert load_settings(environ={"KHABAR_THREADS": "3"}).threads == 3
    assert load_settings(threads=5, environ={"KHABAR_THREADS": "3"}).threads == 5
    with pytest.raises(UsageError, match="--threads"):
        load_settings(threads=0, environ={})


@pytest.mark.parametrize("text", ["1", "true", "YES", " on "])
def test_offline_is_switched_on_by_either_variable(text: str) -> None:
    assert load_settings(environ={"KHABAR_OFFLINE": text}).origins["offline"] == "KHABAR_OFFLINE"
    hub = load_settings(environ={"HF_HUB_OFFLINE": text})
    assert hub.offline
    assert hub.origins["offline"] == "HF_HUB_OFFLINE"


def test_offline_may_be_switched_off_by_the_flag() -> None:
    assert not load_settings(offline=False, environ={"KHABAR_OFFLINE": "1"}).offline


def test_an_unclear_offline_is_refused() -> None:
    with pytest.raises(UsageError, match="1 or 0 is expected"):
        load_settings(environ={"KHABAR_OFFLINE": "maybe"})


def test_paths_are_made_absolute_and_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ={"KHABAR_MODELS": "here"}).models == tmp_path / "here"
    with pytest.raises(UsageError, match="zero byte"):
        load_settings(models="a\0b", environ={})
    with pytest.raises(UsageError, match="no home folder"):
        load_settings(environ={"KHABAR_CACHE": "~nobody-of-this-name/x"})


def test_the_short_forms_read_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path))
    assert models_dir() == tmp_path / "models"
    assert cache_dir() == tmp_path / "cache"
    assert list(tmp_path.iterdir()) == []
