"""Write docs/help.md from the program itself, or check that it is up to date.

In: nothing, or --check. Out: docs/help.md; with --check only an exit code, 0 when it is up to date. Options
are read from the commands and not from the printed help, whose layout changes with typer's version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HELP = Path(__file__).with_name("help.md")
_HEAD = """<!-- made by docs/build_help.py; do not edit -->
# Commands and options

Every command, as `khabar COMMAND --help` prints it. What the commands do together: [cli.md](cli.md).
"""


def build() -> str:
    """Make the page."""
    import typer

    from khabar.cli.main import build_app

    root: Any = typer.main.get_command(build_app())
    return "\n".join([_HEAD, *_command(root, "khabar")])


def _command(command: Any, path: str) -> Iterator[str]:
    """One section for a command, then its subcommands."""
    subcommands = getattr(command, "commands", None)
    if subcommands is not None:
        if path != "khabar":
            yield f"## {path}\n\n{_text(command.help)}\n"
        for name, subcommand in subcommands.items():
            yield from _command(subcommand, f"{path} {name}")
        return
    yield f"## {path}\n\n{_text(command.help)}\n"
    yield "| argument or option | default | meaning |"
    yield "|---|---|---|"
    for parameter in command.params:
        yield _row(parameter)
    yield ""


def _text(help: str | None) -> str:
    """A docstring without its indentation; form feeds end what --help shows."""
    lines = [line.strip() for line in (help or "").split("\f")[0].strip().split("\n")]
    return "\n".join(f"    {line}" if line.startswith(("khabar ", "cat ")) else line for line in lines)


def _row(parameter: Any) -> str:
    """One line of a table."""
    if parameter.param_type_name == "argument":
        name = f"`{(parameter.metavar or parameter.name).upper()}`"
    else:
        options = [*parameter.opts, *parameter.secondary_opts]
        name = ", ".join(f"`{option}`" for option in options)
    default = parameter.default
    if default is True and parameter.secondary_opts:
        default = parameter.opts[0]
    shown = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    meaning = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| {name} | {shown.replace('|', chr(92) + '|')} | {meaning} |"


def main() -> int:
    """Write or check."""
    page = build()
    if "--check" not in sys.argv[1:]:
        HELP.write_text(page, encoding="utf-8")
        return 0
    if HELP.exists() and HELP.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write("docs/help.md is not what the program says: run python docs/build_help.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
