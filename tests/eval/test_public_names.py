"""The package's public face: complete, sorted, and cheap to import."""

from __future__ import annotations

import subprocess
import sys

import khabar_eval


def test_public_names_are_sorted_and_found() -> None:
    assert list(khabar_eval.__all__) == sorted(khabar_eval.__all__)
    assert all(getattr(khabar_eval, name) is not None for name in khabar_eval.__all__)
    assert callable(khabar_eval.evaluate)


def test_importing_loads_neither_numpy_nor_sacrebleu() -> None:
    code = "import sys, khabar_eval; print([m for m in ('numpy', 'sacrebleu', 'lxml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
