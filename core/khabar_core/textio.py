"""Read and write files the careful way: one clear error instead of a traceback, nothing half-written.

In: a path or "-" for standard input. Out: bytes or text exactly as they stand in the file (no newline is
rewritten), or a file that appears whole or not at all. Not here: formats (documents), what the text means.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from khabar_core.errors import InputError, UsageError

__all__ = [
    "STDIN",
    "check_encoding",
    "check_target",
    "decode_text",
    "display_name",
    "open_atomic",
    "open_source",
    "read_bytes",
    "read_text",
    "safe_terminal",
    "write_atomic",
]

STDIN = "-"
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# First bytes of files that people hand over by mistake -> what it is, and what to do.
_MAGIC = (
    (b"%PDF-", "a PDF file", "extract its text first, e.g. with pdftotext"),
    (b"PK\x03\x04", "a zip archive", "only .docx archives can be read; unpack others first"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Office file", "save it as .docx"),
    (b"\x1f\x8b", "a gzip file", "unpack it first: gzip -dc FILE | khabar …"),
    (b"{\\rtf", "an RTF file", "save it as .docx or .txt"),
    (b"\x89PNG", "a picture", "khabar reads text, not pictures"),
    (b"\xff\xd8\xff", "a picture", "khabar reads text, not pictures"),
)
_ENDLESS = ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Characters that a terminal obeys instead of showing, and bidi controls that reorder what stands around them.
# Tab and newline stay.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def display_name(source: str | Path) -> str:
    """How messages name a source: the path as given, or `<stdin>`."""
    return "<stdin>" if str(source) == STDIN else str(source)


def check_encoding(encoding: str) -> str:
    """Return the canonical name of a text encoding.

    Raises:
        UsageError: Python knows no text encoding of that name.
    """
    try:
        info = codecs.lookup(encoding)
        "".encode(info.name)
    except (LookupError, ValueError) as exc:
        raise UsageError(
            f"unknown encoding {encoding!r}",
            where="--encoding",
            hint="for Arabic: utf-8, cp1256 or iso-8859-6",
        ) from exc
    return info.name


def _refuse_endless(source: str | Path) -> None:
    """Devices that give bytes for ever would fill the memory."""
    if "\0" not in str(source) and os.path.realpath(source) in _ENDLESS:
        raise InputError("never ends", where=display_name(source), hint="give a file")


@contextlib.contextmanager
def open_source(source: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading piece by piece, or standard input for "-".

    Raises:
        InputError: the file is missing, a directory or unreadable.
    """
    if str(source) == STDIN:
        yield sys.stdin.buffer
        return
    _refuse_endless(source)
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open(source, "rb"))
        except (OSError, ValueError) as exc:
            raise _unreadable(exc, display_name(source)) from exc
        yield file


def read_bytes(source: str | Path, *, allow_empty: bool = False) -> bytes:
    """Read a whole file, or standard input for "-".

    Raises:
        InputError: the file is missing, a directory, unreadable, or empty while that is not allowed.
    """
    where = display_name(source)
    _refuse_endless(source)
    try:
        # "-" is always standard input; a file of that name can be given as ./-
        data = sys.stdin.buffer.read() if str(source) == STDIN else Path(source).read_bytes()
    except (OSError, ValueError) as exc:  # ValueError: a path with a zero byte
        raise _unreadable(exc, where) from exc
    if not data and not allow_empty:
        raise InputError("is empty", where=where)
    return data


def decode_text(data: bytes, *, where: str, encoding: str = "utf-8") -> str:
    """Decode a file's bytes; a byte order mark stays at the beginning of the text.

    Raises:
        InputError: the bytes are not text in this encoding; the message names the byte offset.
        UsageError: no such encoding.
    """
    encoding = check_encoding(encoding)
    for magic, what, hint in _MAGIC:
        if data.startswith(magic):
            raise InputError(f"is {what}, not text", where=where, hint=hint)
    if encoding in ("utf-8", "utf-8-sig") and data.startswith(_UTF16_BOMS):
        raise InputError("is UTF-16 text", where=where, hint="use --encoding utf-16")
    zero = -1 if encoding.startswith(("utf-16", "utf-32")) else data.find(b"\0")
    if zero >= 0:
        raise InputError(f"is binary, not text (zero byte at offset {zero})", where=where)
    try:
        # utf-8-sig would drop the mark, which a faithful copy must keep.
        text = data.decode("utf-8" if encoding == "utf-8-sig" else encoding)
    except UnicodeDecodeError as exc:
        raise InputError(_bad_bytes(data, exc, encoding), where=where, hint=_encoding_hint(encoding)) from exc
    except UnicodeError as exc:  # utf-16 without a byte order mark, among others
        raise InputError(
            f"is not {encoding} text: {exc}", where=where, hint=_encoding_hint(encoding)
        ) from exc
    if "\0" in text:
        raise InputError("is binary, not text (it contains zero characters)", where=where)
    return text


def read_text(source: str | Path, encoding: str = "utf-8", *, allow_empty: bool = False) -> str:
    """Read a text file or standard input; drops a byte order mark, keeps every newline as it is.

    Raises:
        InputError: see `read_bytes` and `decode_text`.
    """
    text = decode_text(
        read_bytes(source, allow_empty=allow_empty), where=display_name(source), encoding=encoding
    )
    return text.removeprefix(_BOM)


def check_target(path: str | Path | None) -> None:
    """See to it before long work that its result will have a place; None and "-" are standard output.

    A file that can be written now may still fail later, on a full disk for one.

    Raises:
        InputError: there is no such folder, or it cannot be written.
    """
    if path is None or str(path) == STDIN:
        return
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise InputError("is a directory, not a file", where=str(path))
        if target.exists() and not target.is_file():
            return  # a pipe or a device
        folder_exists = target.parent.is_dir()
    except (OSError, ValueError) as exc:  # a zero byte, a name that is too long
        raise InputError(f"cannot be written: {exc}", where=str(path)) from exc
    if not folder_exists:
        raise InputError(f"cannot be written: no folder {target.parent}", where=str(path))
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise InputError(f"cannot be written: {target.parent} is not writable", where=str(path))


@contextlib.contextmanager
def open_atomic(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that appears whole or not at all, also on a full disk or when interrupted.

    An existing file keeps its permissions; a symbolic link keeps pointing to the file, which is replaced.
    Pipes and devices (/dev/stdout, a FIFO) are written directly.

    Raises:
        InputError: the file cannot be written (no space, read-only, no such folder).
    """
    temporary: str | None = None
    try:
        target = Path(os.path.realpath(path))
    except ValueError as exc:  # a zero byte in the name
        raise InputError(f"cannot be written: {exc}", where=str(path)) from exc
    try:
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and stat.S_ISDIR(mode):
            raise InputError("is a directory, not a file", where=str(path))
        if mode is not None and not stat.S_ISREG(mode):
            with open(target, "wb") as device:
                yield device
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as out:
            yield out
        os.chmod(temporary, stat.S_IMODE(mode) if mode is not None else _new_file_mode())
        os.replace(temporary, target)
        temporary = None
    except BrokenPipeError:
        raise  # the reader of a pipe has gone: for the caller to ignore
    except OSError as exc:
        raise InputError(f"cannot be written: {_reason(exc)}", where=str(path)) from exc
    finally:
        # Reached with a name only when something went wrong, KeyboardInterrupt included.
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write a whole file with `open_atomic`."""
    with open_atomic(path) as out:
        out.write(data)


def safe_terminal(text: str) -> str:
    """Make control characters visible, so that a text cannot move the cursor, recolour or reorder a terminal.

    >>> safe_terminal("red\\x1b[31m")
    'red\\\\x1b[31m'
    """
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def _unreadable(exc: Exception, where: str) -> InputError:
    """Say in plain words why a file cannot be opened."""
    if isinstance(exc, FileNotFoundError):
        return InputError("no such file", where=where)
    if isinstance(exc, IsADirectoryError):
        return InputError("is a directory, not a file", where=where, hint="name the files in it")
    return InputError(f"cannot be read: {_reason(exc)}", where=where)


def _new_file_mode() -> int:
    """The permissions that open() would give; mkstemp is stricter on purpose."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reason(exc: Exception) -> str:
    """The system's words without path and number."""
    return (getattr(exc, "strerror", None) or str(exc)).lower()


def _bad_bytes(data: bytes, exc: UnicodeDecodeError, encoding: str) -> str:
    """Say where decoding failed, and whether the file just stops too early."""
    if exc.reason == "unexpected end of data":
        return (
            f"ends in the middle of a {encoding} character (byte offset {exc.start}): the file is truncated"
        )
    line = data.count(b"\n", 0, exc.start) + 1
    return f"invalid {encoding} at byte offset {exc.start} (line {line})"


def _encoding_hint(encoding: str) -> str:
    if encoding.startswith("utf-8"):
        return "give the right --encoding, e.g. cp1256"
    return "give the right --encoding"
