"""`import khabar` gives every public name and loads nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import khabar

HEAVY = (
    "ctranslate2",
    "numpy",
    "sentencepiece",
    "tokenizers",
    "transformers",
    "torch",
    "lxml",
    "sacrebleu",
    "typer",
)


def run(code: str) -> str:
    """Run Python code in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    return done.stdout


def test_import_loads_nothing_heavy() -> None:
    assert run(f"import sys, khabar; print([m for m in {HEAVY!r} if m in sys.modules])").strip() == "[]"


def test_help_loads_no_model_library() -> None:
    code = (
        "import sys\nfrom khabar.cli.main import main\nmain(['translate', '--help'])\n"
        f"print([m for m in {HEAVY[:-1]!r} if m in sys.modules])"
    )
    assert run(code).strip().endswith("[]")


def test_public_names_are_sorted_complete_and_found() -> None:
    assert khabar.__all__ == sorted(khabar.__all__)
    assert set(khabar.__all__) == set(khabar._HOME_OF)
    for name in khabar.__all__:
        assert getattr(khabar, name) is not None
        assert name in dir(khabar)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Translater'"):
        _ = khabar.Translater


def test_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert khabar.__version__ == version("khabar")
