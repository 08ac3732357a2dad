"""Fixtures for every test: no environment, no home, no network; an engine that needs no model."""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path

import pytest

from khabar_core.engines.echo import EchoEngine

# Built once for the whole run when a test needs it; the user's own cache is never touched.
MODEL_HOME = os.environ.get("KHABAR_HOME")


class NetworkError(RuntimeError):
    """A test tried to reach beyond this machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs torch where it is not installed; `make test-torch` installs it and runs these."""
    if importlib.util.find_spec("torch") is not None:
        return
    for item in items:
        if item.get_closest_marker("torch"):
            item.add_marker(pytest.mark.skip(reason="torch is not installed (make test-torch)"))


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Clear KHABAR_* and HF_*, and move every home and cache directory to the test's own folder."""
    for name in list(os.environ):
        if name.startswith(("KHABAR_", "HF_", "GITHUB_", "TRANSFORMERS_")):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves the loopback interface."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]) if isinstance(address, tuple) else str(address)
            if host not in ("127.0.0.1", "::1", "localhost"):
                raise NetworkError(f"connection to {host} in a test")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def echo() -> EchoEngine:
    """An engine that upper-cases and records its calls."""
    return EchoEngine()


@pytest.fixture(scope="session")
def model_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A KHABAR_HOME with room for the built default model, shared by the tests marked `model`."""
    return Path(MODEL_HOME) if MODEL_HOME else tmp_path_factory.mktemp("khabar-home")
