"""Unpack a model archive from a stranger without letting it write elsewhere or fill the disk.

In: a zip (also .argosmodel) or tar file, an empty folder. Out: its regular files below that folder. Refused:
paths that leave the folder, links and devices, encrypted members, two members of one name, archives that grow
absurdly. Not here: what the files mean (convert).
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from khabar_core.errors import ModelError

__all__ = ["UnpackLimits", "is_archive", "unpack"]

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackLimits:
    """When an archive counts as an attack.

    Attributes:
        total_bytes: of all files together.
        files: number of members.
        ratio: unpacked size divided by the archive's size; weights hardly compress and text by about five.
        free_bytes: the ratio is not looked at below this unpacked size.
    """

    total_bytes: int = 64 << 30
    files: int = 10_000
    ratio: float = 100.0
    free_bytes: int = 16 << 20


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of an archive; `open` gives its content."""

    name: str
    open: Callable[[], IO[bytes]]


def is_archive(path: Path) -> bool:
    """Whether a file is a zip or tar archive, by its content and not by its name."""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except OSError:
        return False


def unpack(archive: Path, target: Path, limits: UnpackLimits = UnpackLimits()) -> None:
    """Write an archive's files below a folder that exists and is empty.

    Sizes are counted while they are written, because an archive may lie about them. The folder may hold some
    files when this fails; the caller removes it.

    Raises:
        ModelError: the archive is broken, or asks for something that a model has no need of.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                _write_all(archive, _zip_members(archive, opened), target, limits)
        elif tarfile.is_tarfile(archive):
            with tarfile.open(archive) as packed:
                _write_all(archive, _tar_members(archive, packed), target, limits)
        else:
            raise ModelError("is neither a zip nor a tar archive", where=str(archive))
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeDecodeError,
    ) as exc:
        raise ModelError(f"the archive is broken: {exc}", where=str(archive), hint="fetch it again") from exc


def _zip_members(archive: Path, opened: zipfile.ZipFile) -> Iterator[_Member]:
    for info in opened.infolist():
        mode = info.external_attr >> 16
        # Zips made on Windows have no mode at all; those that have one say what kind of thing it is.
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refusal(archive, info.filename, "is a link or a device")
        if info.flag_bits & 0x1:
            raise _refusal(archive, info.filename, "is encrypted")
        if not info.is_dir():
            # The default argument binds this member, not the loop's last one.
            yield _Member(info.orig_filename, lambda info=info: opened.open(info))  # type: ignore[misc]


def _tar_members(archive: Path, packed: tarfile.TarFile) -> Iterator[_Member]:
    for info in packed:
        if info.isdir():
            continue
        if not info.isfile():
            raise _refusal(archive, info.name, "is a link or a device")
        content = packed.extractfile(info)
        if content is not None:
            yield _Member(info.name, lambda content=content: content)  # type: ignore[misc]


def _write_all(archive: Path, members: Iterator[_Member], target: Path, limits: UnpackLimits) -> None:
    packed_bytes = max(1, archive.stat().st_size)
    allowed = min(limits.total_bytes, max(limits.free_bytes, int(packed_bytes * limits.ratio)))
    written, seen = 0, set[str]()
    for number, member in enumerate(members, 1):
        if number > limits.files:
            raise ModelError(
                f"more than {limits.files} files", where=str(archive), hint="not a model archive"
            )
        name = _safe_name(archive, member.name)
        # Lower case, because two names that differ in case are one file on some systems.
        if name.lower() in seen:
            raise _refusal(archive, member.name, "appears twice")
        seen.add(name.lower())
        destination = target / name
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, open(destination, "xb") as out:
                while block := source.read(_BLOCK):
                    written += len(block)
                    if written > allowed:
                        message = f"grows beyond {allowed >> 20} MiB from {packed_bytes >> 10} KiB"
                        raise ModelError(message, where=str(archive), hint="a zip bomb?")
                    out.write(block)
        except (FileExistsError, NotADirectoryError) as exc:
            raise _refusal(archive, member.name, "is a file and a folder at once") from exc


def _safe_name(archive: Path, name: str) -> str:
    parts = PurePosixPath(name)
    bad = (
        not parts.parts
        or parts.is_absolute()
        or ".." in parts.parts
        or any(char in name for char in "\\:\0")
        or any(ord(char) < 32 for char in name)
        or len(name) > 400
    )
    if bad:
        raise _refusal(archive, name, "leaves the folder or is no sound name")
    return parts.as_posix()


def _refusal(archive: Path, name: str, why: str) -> ModelError:
    return ModelError(f"member {name!r:.80} {why}", where=str(archive), hint="not a sound model archive")
