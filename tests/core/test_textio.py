"""Careful reading and writing: one clear error, nothing half-written."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar_core.errors import InputError, UsageError
from khabar_core.textio import (
    check_encoding,
    check_target,
    decode_text,
    open_atomic,
    open_source,
    read_bytes,
    read_text,
    safe_terminal,
    write_atomic,
)


def test_text_is_read_as_it_stands(tmp_path: Path) -> None:
    """Universal newlines and str.splitlines would both change this text."""
    path = tmp_path / "a.txt"
    path.write_bytes("سطر\r\nآخر\u2028نفسه\r\x0b\n".encode())
    assert read_text(path) == "سطر\r\nآخر\u2028نفسه\r\x0b\n"


def test_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfx")
    assert read_text(path) == "x"


def test_stdin_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("خبر".encode()), encoding="ascii"))
    assert read_text("-") == "خبر"


def test_cp1256_is_read_when_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("قال الوزير".encode("cp1256"))
    with pytest.raises(InputError, match=r"a\.txt: invalid utf-8 at byte offset 0 \(line 1\) .*--encoding"):
        read_text(path)
    assert read_text(path, "cp1256") == "قال الوزير"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        ("قال\nأ".encode() + b"\xff" + b"x", r"invalid utf-8 at byte offset 9 \(line 2\)"),
        ("خبر".encode()[:-1], r"middle of a utf-8 character \(byte offset 4\): the file is truncated"),
        (b"abc\0def", r"binary, not text \(zero byte at offset 3\)"),
        (b"%PDF-1.7\n", "is a PDF file, not text .*pdftotext"),
        (b"PK\x03\x04xxxx", "zip archive"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        ("خبر".encode("utf-16"), "UTF-16 text .*--encoding utf-16"),
    ],
)
def test_unusable_bytes_get_one_clear_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_text(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_bytes(tmp_path / "none")
    with pytest.raises(InputError, match="is a directory"):
        read_bytes(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes("a\0b")
    with pytest.raises(InputError, match="no such file"), open_source(tmp_path / "none"):
        pass


def test_empty_input_can_be_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    assert read_text(path, allow_empty=True) == ""


@pytest.mark.parametrize("name", ["utf-7000", "rot13", "a\0b", "base64"])
def test_unknown_encoding_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="unknown encoding"):
        check_encoding(name)


@given(st.text())
def test_decoding_inverts_encoding(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        with pytest.raises(InputError):
            decode_text(data, where="x")
    elif not data.startswith((b"PK\x03\x04", b"{\\rtf", b"%PDF-")):
        assert decode_text(data, where="x") == text


def test_written_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with open_atomic(path) as out:
            out.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_full_disk_is_one_clear_line() -> None:
    """/dev/full says "no space left" on every write."""
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with pytest.raises(InputError, match="/dev/full: cannot be written: no space left on device"):
        write_atomic("/dev/full", b"x")


def test_new_files_get_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomic(tmp_path / "new", b"x")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )
    (tmp_path / "new").chmod(0o600)
    write_atomic(tmp_path / "new", b"y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_link_keeps_pointing_to_the_written_file(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_writing_into_nowhere_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: no such file or directory"):
        write_atomic(tmp_path / "no" / "file", b"x")
    with pytest.raises(InputError, match="is a directory"):
        write_atomic(tmp_path, b"x")


@given(st.text())
def test_terminal_text_obeys_no_control_character(text: str) -> None:
    safe = safe_terminal(text)
    assert not any(ord(c) < 32 and c not in "\t\n" for c in safe)
    assert not any("\x7f" <= c <= "\x9f" or "\u202a" <= c <= "\u202e" for c in safe)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/urandom"])
def test_a_device_that_never_ends_is_refused(device: str) -> None:
    with pytest.raises(InputError, match="never ends"):
        read_bytes(device)


def test_a_target_is_checked_before_the_work(tmp_path: Path) -> None:
    check_target(None)
    check_target("-")
    check_target("/dev/null")
    check_target(tmp_path / "new")
    (tmp_path / "old").write_bytes(b"")
    check_target(tmp_path / "old")
    assert list(tmp_path.iterdir()) == [tmp_path / "old"]
    with pytest.raises(InputError, match="no folder"):
        check_target(tmp_path / "no" / "file")
    with pytest.raises(InputError, match="is a directory"):
        check_target(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        check_target("zero\0byte")


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told_before_the_work(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="is not writable"):
        check_target(tmp_path / "file")
