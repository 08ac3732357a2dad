"""The documentation is true: its examples run, its list of options is what the program says."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands(page: str) -> list[str]:
    """The commands of a page's console blocks that translate."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    lines = [
        line[2:] for block in CONSOLE.findall(text) for line in block.split("\n") if line.startswith("$ ")
    ]
    return [line for line in lines if "khabar translate" in line]


@pytest.mark.parametrize("command", commands("cli.md"))
def test_examples_run(command: str, tmp_path: Path) -> None:
    """Each example, as a shell runs it, with the model replaced by the echo."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    program = tmp_path / "bin" / "khabar"
    program.parent.mkdir()
    options = "'--model', 'echo', '--no-builtin-glossary'"
    code = f"import sys; from khabar.cli.main import main; sys.exit(main([*sys.argv[1:], {options}]))"
    program.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(code)} "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    made = {path.name for path in tmp_path.iterdir()} - {"examples", "bin", "home", "xdg_cache_home"}
    assert done.stdout or made


def test_there_are_examples() -> None:
    assert len(commands("cli.md")) >= 10


def test_help_page_is_what_the_program_says() -> None:
    spec = importlib.util.spec_from_file_location("build_help", ROOT / "docs" / "build_help.py")
    assert spec is not None
    assert spec.loader is not None
    build_help = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_help)
    page = (ROOT / "docs" / "help.md").read_text(encoding="utf-8")
    assert page == build_help.build(), "run: python docs/build_help.py"
