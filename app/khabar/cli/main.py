"""The program `khabar`: collects the commands, turns errors into one line and an exit code.

In: arguments. Out: an exit code: 0 ok, 1 to 6 as `khabar_core.errors` says, 130 after Ctrl-C. Not here: what
the commands do; each lives in a module of this folder that has `register(app)`.
"""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

import khabar
from khabar import cli
from khabar.cli.output import silence_stdout
from khabar_core.errors import InputError, KhabarError
from khabar_core.textio import safe_terminal

__all__ = ["build_app", "main"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
# The order in --help; commands that are not named here follow.
_ORDER = ("translate", "brief", "summarize", "glossary", "evaluate", "selftest", "models")


def build_app() -> typer.Typer:
    """Put the program together from the command modules in this folder."""
    app = typer.Typer(
        name="khabar",
        add_completion=False,
        no_args_is_help=True,
        # Rich markup would eat [brackets] in help texts, and its tracebacks print local variables.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)
        ] = False,
    ) -> None:
        """Arabic news into English: translate, brief, keep names right, and measure it; offline."""

    names = [module.name for module in pkgutil.iter_modules(cli.__path__)]
    for name in sorted(names, key=lambda name: (_rank(name), name)):
        module: Any = importlib.import_module(f"{cli.__name__}.{name}") if name != "main" else None
        if hasattr(module, "register"):
            module.register(app)
    return app


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def main(args: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        args: without the program's name; None takes them from the command line.

    Returns:
        The exit code.
    """
    args = list(sys.argv[1:] if args is None else args)
    _open_closed_streams()
    try:
        if args == ["--version"]:
            print(f"khabar {khabar.__version__}", flush=True)
            return 0
        typer.main.get_command(build_app())(args=args, prog_name="khabar")
        sys.stdout.flush()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except KhabarError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, which is its right; the last flush must not fail.
        silence_stdout()
        return 0
    except OSError as error:
        # Help and the like go to a full disk: what commands print has its own, clearer error.
        if error.filename is not None or error.errno not in _FULL:
            raise
        silence_stdout()
        _complain(f"<stdout>: cannot be written: {(error.strerror or str(error)).lower()}")
        return InputError.exit_code
    except MemoryError:
        _complain("out of memory")
        return KhabarError.exit_code
    return 0


def _open_closed_streams() -> None:
    """Give the program the streams that its caller has closed (`<&-`): nothing to read, nowhere to write.

    First of all, so that no file gets the number of a standard stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _complain(text: str) -> None:
    """Print one line on standard error, whatever the message contains."""
    line = safe_terminal(" ".join(text.split()))
    print(f"khabar: {line}", file=sys.stderr)
