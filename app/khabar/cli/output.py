"""What the commands share: results on standard output, progress on standard error, files that appear whole.

In: bytes or text. Out: the same on a pipe; on a terminal without control characters. Not here: the results.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import typer

from khabar_core.errors import InputError, KhabarError, UsageError
from khabar_core.textio import safe_terminal, write_atomic

__all__ = [
    "JSON_SCHEMA",
    "Progress",
    "emit",
    "emit_json",
    "full_disk_is_an_error",
    "on_terminal",
    "quiet_pipe",
    "save_or_emit",
    "silence_stdout",
    "warn",
]

# Raised when a key of any JSON output changes its meaning or goes away.
JSON_SCHEMA = 1


def on_terminal() -> bool:
    """Whether a person reads standard output directly."""
    return sys.stdout.isatty()


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """Let a reader close the pipe early (`| head`) without an error."""
    try:
        yield
        with full_disk_is_an_error():
            sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        raise typer.Exit(0) from None


@contextmanager
def full_disk_is_an_error() -> Iterator[None]:
    """Turn a failure of standard output into one clear line.

    Raises:
        InputError: standard output cannot be written, other than because its reader has gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        silence_stdout()
        reason = (exc.strerror or str(exc)).lower()
        raise InputError(f"cannot be written: {reason}", where="<stdout>") from exc


def silence_stdout() -> None:
    """Let nothing be written any more, so that the last flush of what is left does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def emit(data: bytes) -> None:
    """Write a result to standard output: as it is to a pipe or file, made safe for a terminal.

    The bytes are written past the locale's encoding: output is UTF-8 everywhere.

    Raises:
        InputError: standard output cannot be written.
        UsageError: binary data would go to a terminal.
    """
    if on_terminal():
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise UsageError(
                "binary output on a terminal", hint="use --output FILE or --format text"
            ) from exc
        data = safe_terminal(text.replace("\r\n", "\n")).encode("utf-8", "replace")
        data += b"" if data.endswith(b"\n") else b"\n"
    with full_disk_is_an_error():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def emit_json(record: Mapping[str, Any]) -> None:
    """Write one JSON object on one line; `schema` comes first."""
    line = json.dumps({"schema": JSON_SCHEMA, **record}, ensure_ascii=False)
    emit(line.encode("utf-8", "replace") + b"\n")


def save_or_emit(data: bytes, output: Path | None) -> None:
    """Write a result to a file, or to standard output when no file (or "-") is named."""
    if output is None or str(output) == "-":
        emit(data)
    else:
        write_atomic(output, data)


def warn(error: KhabarError) -> None:
    """Report one failure on standard error while the work goes on."""
    print(f"khabar: {safe_terminal(' '.join(str(error).split()))}", file=sys.stderr)


class Progress:
    """One line on standard error that counts; silent when nobody watches.

    Args:
        label: what is being done.
        total: how many steps there are; None when unknown.
        quiet: the user wants no progress.
        clock: for tests.
        out: for tests.
    """

    def __init__(
        self,
        label: str,
        total: int | None = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
        out: TextIO | None = None,
    ) -> None:
        self._label = label
        self._total = total
        self._out = out if out is not None else sys.stderr
        self._shown = not quiet and self._out.isatty()
        self._clock = clock
        self._begin = clock()
        self._last = float("-inf")
        self._width = 0

    def update(self, done: int, total: int | None = None) -> None:
        """Show how far it is; at most ten times a second."""
        if not self._shown:
            return
        self._total = total if total is not None else self._total
        now = self._clock()
        if now - self._last < 0.1 and done != self._total:
            return
        self._last = now
        share = f"{done}/{self._total}" if self._total else str(done)
        line = f"{self._label}: {share} ({now - self._begin:.0f} s)"
        self._out.write("\r" + line.ljust(self._width))
        self._out.flush()
        self._width = max(self._width, len(line))

    def note(self, text: str) -> None:
        """Show a remark in the place of the count, e.g. about a model that is being built."""
        if self._shown:
            line = f"{text} ({self._clock() - self._begin:.0f} s)"
            self._out.write("\r" + line.ljust(self._width))
            self._out.flush()
            self._width = max(self._width, len(line))

    def close(self) -> None:
        """Wipe the line."""
        if self._shown and self._width:
            self._out.write("\r" + " " * self._width + "\r")
            self._out.flush()
            self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
