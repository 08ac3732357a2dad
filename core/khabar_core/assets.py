"""The model store: a folder with one folder a model, each with its manifest.

In: a name or a folder. Out: manifests; models listed, verified, removed; new ones installed whole or not
at all.
Not here: the default model (default_model builds it into a cache), conversion (convert), downloads (hub).
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from khabar_core.errors import ModelError, UsageError
from khabar_core.manifest import MANIFEST_FILE, Manifest, describe_files
from khabar_core.settings import Settings, models_dir

__all__ = [
    "RESERVED_NAMES",
    "BrokenModel",
    "ModelStore",
    "check_name",
    "load_manifest",
    "models_dir",
    "verify_folder",
]

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]

# Names that mean something without being in the store.
RESERVED_NAMES = ("default", "echo")
# A name becomes a folder and appears in commands, so it must be harmless in both.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STAGING = ".adding-"
# Longer than the conversion of any model takes.
_STALE_S = 2 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class BrokenModel:
    """A folder of the store that cannot be used, and why."""

    name: str
    error: ModelError


class ModelStore:
    """The folder of added models; it need not exist before the first installation.

    Args:
        root: the folder; None takes the one of the settings.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = models_dir() if root is None else root

    @classmethod
    def from_settings(cls, settings: Settings) -> ModelStore:
        """The store that resolved settings point to."""
        return cls(settings.models)

    def names(self) -> list[str]:
        """Names of everything that looks like a model, sorted."""
        try:
            found = [entry.name for entry in os.scandir(self.root) if entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            raise ModelError(f"cannot be read: {_reason(exc)}", where=str(self.root)) from exc
        return sorted(name for name in found if _NAME.fullmatch(name))

    def entries(self) -> Iterator[Manifest | BrokenModel]:
        """Every model in order of its name; one that cannot be read does not hide the others."""
        for name in self.names():
            try:
                yield Manifest.read(self.root / name)
            except ModelError as exc:
                yield BrokenModel(name, exc)

    def manifest(self, name: str) -> Manifest:
        """The manifest of an added model.

        Raises:
            ModelError: there is no such model, or its manifest is unreadable.
        """
        folder = self.root / check_name(name)
        if not folder.is_dir():
            raise _missing(name, [folder])
        return Manifest.read(folder)

    def verify(self, name: str, progress: Progress | None = None) -> Manifest:
        """Compare every file of a model with its size and checksum; files that do not belong are refused too.

        Raises:
            ModelError: a file is missing, altered or foreign.
        """
        manifest = self.manifest(name)
        verify_folder(manifest, progress)
        return manifest

    def remove(self, name: str) -> Path:
        """Remove a model, also one whose manifest is broken; returns the folder that is gone.

        Raises:
            ModelError: there is no such model, or it cannot be removed.
        """
        folder = self.root / check_name(name)
        if not os.path.lexists(folder):
            raise _missing(name, [folder])
        try:
            if folder.is_symlink():
                folder.unlink()  # the link is ours, what it points to is not
                return folder
            # Renamed first: a half-removed model must not look like a model.
            doomed = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.root)) / name
            os.replace(folder, doomed)
            shutil.rmtree(doomed.parent)
        except OSError as exc:
            raise ModelError(f"cannot be removed: {_reason(exc)}", where=str(folder)) from exc
        return folder

    @contextlib.contextmanager
    def staging(self, name: str, *, replace: bool = False) -> Iterator[Path]:
        """An empty folder on the store's own disk, to put a model together in; always removed at the end.

        Raises:
            ModelError: the name is taken and `replace` is not set, or the store cannot be written.
        """
        check_name(name)
        if name in RESERVED_NAMES:
            raise UsageError(f"{name} is a built-in model", where="--name", hint="choose another name")
        if not replace and os.path.lexists(self.root / name):
            raise ModelError(
                f"model {name} exists already",
                where=str(self.root / name),
                hint="use --replace or another --name",
            )
        folder = None
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._sweep()
            folder = Path(tempfile.mkdtemp(prefix=f"{_STAGING}{name}-", dir=self.root))
            yield folder
        except OSError as exc:
            raise _disk_error(exc, self.root) from exc
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what additions left that were killed before they could clean up."""
        oldest = time.time() - _STALE_S
        for found in self.root.glob(f"{_STAGING}*"):
            if found.is_dir() and found.stat().st_mtime < oldest:
                shutil.rmtree(found, ignore_errors=True)

    def install(self, staged: Path, manifest: Manifest) -> Manifest:
        """Move a staged folder into the store under the manifest's name, with every file described in it.

        An older model of that name disappears only after the new one is complete.

        Raises:
            ModelError: the store cannot be written.
        """
        target = self.root / check_name(manifest.name)
        try:
            manifest = dataclasses.replace(manifest, files=describe_files(staged))
            manifest.write(staged)
            _flush(staged)
            os.chmod(staged, 0o755)  # mkdtemp made it private
            if os.path.lexists(target):
                old = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.root)) / "old"
                os.replace(target, old)
                try:
                    os.replace(staged, target)
                except OSError:
                    os.replace(old, target)
                    raise
                shutil.rmtree(old.parent, ignore_errors=True)
            else:
                os.replace(staged, target)
        except OSError as exc:
            raise _disk_error(exc, self.root) from exc
        log.info("installed %s in %s", manifest.name, target)
        return dataclasses.replace(manifest, path=target)


def load_manifest(name_or_path: str | Path, *, store: ModelStore | None = None) -> Manifest:
    """Find a model by its store name or its folder.

    Anything that contains a separator or begins with a dot or tilde is a folder; a bare name is looked up in
    the store first, then in the working directory, so that a stray folder never shadows a model.

    Raises:
        ModelError: there is no such model; the message names every place that was looked in.
    """
    text = str(name_or_path)
    path = Path(text).expanduser() if not text.startswith("~") or "/" in text else Path(text)
    if isinstance(name_or_path, Path) or _is_path(text):
        if (path / MANIFEST_FILE).is_file():
            return Manifest.read(path)
        if not path.exists():
            raise ModelError("no such folder", where=text, hint="khabar models list shows what is there")
        hint = f"make a model of it: khabar models add {text}"
        raise ModelError(f"there is no {MANIFEST_FILE} in it", where=text, hint=hint)
    store = ModelStore() if store is None else store
    places = [store.root / text]
    if _NAME.fullmatch(text) and places[0].is_dir():
        return Manifest.read(places[0])
    places.append(Path.cwd() / text)
    if (path / MANIFEST_FILE).is_file():
        return Manifest.read(path)
    raise _missing(text, places)


def verify_folder(manifest: Manifest, progress: Progress | None = None) -> None:
    """`Manifest.verify`, and no file may be there that the manifest does not name.

    Raises:
        ModelError: a file is missing, altered or foreign.
    """
    manifest.verify(progress)
    if manifest.path is None:
        return
    for found in sorted(manifest.path.rglob("*")):
        name = found.relative_to(manifest.path).as_posix()
        if found.is_file() and name != MANIFEST_FILE and name not in manifest.files:
            raise ModelError(
                f"{name} does not belong to the model", where=str(manifest.path), hint="remove the file"
            )


def check_name(name: str) -> str:
    """Return the name if it may name a model.

    Raises:
        UsageError: it holds other characters than letters, digits, dot, dash and underscore, or is too long.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r:.60} cannot name a model",
            hint="letters, digits, dots, dashes and underscores, beginning with a letter or digit",
        )
    return name


def _is_path(text: str) -> bool:
    return "/" in text or os.sep in text or text.startswith((".", "~"))


def _missing(name: str, places: list[Path]) -> ModelError:
    looked = ", ".join(str(place) for place in places)
    return ModelError(
        f"no model named {name!r:.60}; looked in {looked}",
        hint="khabar models list shows what is there, khabar models add SOURCE adds one",
    )


def _disk_error(exc: OSError, root: Path) -> ModelError:
    """Say whether the store or the source failed; a full disk names no file, but is the store's."""
    if isinstance(exc.filename, (str, os.PathLike)):
        named, store = Path(exc.filename).absolute(), root.absolute()
        if not named.is_relative_to(store) and not store.is_relative_to(named):
            return ModelError(f"cannot be read: {_reason(exc)}", where=str(named))
    hint = None
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "make room, or point KHABAR_MODELS to a larger disk"
    elif exc.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        hint = "point KHABAR_MODELS to a folder that you can write"
    return ModelError(f"the model store cannot be written: {_reason(exc)}", where=str(root), hint=hint)


def _reason(exc: OSError) -> str:
    return (exc.strerror or str(exc)).lower()


def _flush(folder: Path) -> None:
    """Force every file to the disk, so that a power cut after the rename leaves no hollow model."""
    for found in folder.rglob("*"):
        if found.is_file():
            with open(found, "rb") as stream:
                os.fsync(stream.fileno())
