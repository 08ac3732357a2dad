"""What a model folder says about itself, in its `manifest.json`: a contract between the store and the
engines.

In: a folder with a manifest, or the values for one. Out: a `Manifest`; its JSON; a check of the files against
their checksums. Not here: where models are kept, how they are fetched or converted (assets, convert), how
they are run (engines).
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from khabar_core.errors import ModelError

__all__ = [
    "DECODER_FAMILIES",
    "MANIFEST_FILE",
    "SEQ2SEQ_FAMILIES",
    "HintFormat",
    "Manifest",
    "ManifestFile",
    "describe_files",
    "file_sha256",
]

MANIFEST_FILE = "manifest.json"
SCHEMA = 1
_AGAIN = "remove the model and add it again"
# Clocks and file systems are exact to two seconds at worst.
_CLOCK_S = 2.0

# Families that khabar knows how to prompt and detokenise; the engine is chosen by this name.
SEQ2SEQ_FAMILIES = ("bart", "m2m100", "marian", "mbart", "nllb", "opennmt", "pegasus", "t5")
DECODER_FAMILIES = ("gemma3", "llama", "mistral", "qwen2", "qwen3")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """Size and checksum of one file of a model."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HintFormat:
    """How term hints are written where a prompt says `{terms}`: before + pairs joined by separator + after.

    The defaults give `Terms: نيبينزيا = Nebenzia; إدلب = Idlib` and a newline.
    """

    before: str = "Terms: "
    between: str = " = "
    separator: str = "; "
    after: str = "\n"
    max_hints: int = 24  # more would push the text out of the model's window


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A model: what it is, what it can do, which files it has, where it came from.

    Attributes:
        name: the name users type.
        family: one of SEQ2SEQ_FAMILIES or DECODER_FAMILIES.
        tasks: what it can do: "translate", "brief".
        prompts: task -> template with `{source}`, for decoders also `{terms}`; seq2seq models may have a
            prefix (`summarize: {source}`); a task without a template gets the bare source.
        hint_format: how hints are written; None when the model was not trained to obey hints.
        languages: ISO 639-1 code -> the code that the model uses (`{"ar": "arb_Arab", "en": "eng_Latn"}`).
        files: path inside the folder (with forward slashes) -> size and checksum.
        licence: SPDX name, or the title of the terms.
        source: where it came from: URL, hub id with revision, or wheel.
        date: ISO date on which it was added or made.
        compute_type: how the weights are stored ("int8", "int8_float32", "float16", "float32", ...).
        max_input_tokens: longest source that it handles well, prompt not counted.
        special: what a family's engine needs beyond this: token names, decoder start, file names.
        description: one line for listings.
        training_data: names of the corpora, if known.
        scores: measured scores as text, each with its signature.
        path: the folder; None while the manifest is not on disk.
    """

    name: str
    family: str
    tasks: tuple[str, ...] = ("translate",)
    prompts: Mapping[str, str] = field(default_factory=dict)
    hint_format: HintFormat | None = None
    languages: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, ManifestFile] = field(default_factory=dict)
    licence: str = "unknown"
    source: str = "unknown"
    date: str = ""
    compute_type: str = "int8"
    max_input_tokens: int = 512
    special: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    training_data: tuple[str, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    @property
    def is_decoder(self) -> bool:
        """Whether it is a decoder-only language model."""
        return self.family in DECODER_FAMILIES

    @property
    def size_bytes(self) -> int:
        """Total size of the files."""
        return sum(entry.bytes for entry in self.files.values())

    def file(self, name: str) -> Path:
        """Where a file of the model lies.

        Raises:
            ModelError: the manifest is not on disk, or the file is missing.
        """
        if self.path is None:
            raise ModelError(f"model {self.name} is not on disk")
        found = self.path / name
        if not found.is_file():
            raise ModelError(f"{name} is missing", where=str(self.path), hint="add the model again")
        return found

    def to_json(self) -> dict[str, Any]:
        """The JSON object that `manifest.json` holds."""
        data: dict[str, Any] = {"schema": SCHEMA}
        for item in dataclasses.fields(self):
            if item.name == "path":
                continue
            value = getattr(self, item.name)
            if item.name == "files":
                value = {name: dataclasses.asdict(entry) for name, entry in sorted(value.items())}
            elif isinstance(value, HintFormat):
                value = dataclasses.asdict(value)
            elif isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, Mapping):
                value = dict(value)
            data[item.name] = value
        return data

    @classmethod
    def from_json(cls, data: Any, *, path: Path | None = None) -> Manifest:
        """Read the JSON object.

        Raises:
            ModelError: a key is unknown or missing, a value has the wrong type, the family is not known.
        """
        where = str(path / MANIFEST_FILE) if path is not None else MANIFEST_FILE
        values = _checked_values(data, where)
        family = values["family"]
        known = SEQ2SEQ_FAMILIES + DECODER_FAMILIES
        if family not in known:
            raise ModelError(
                f"model family {family} is not known", where=where, hint="one of " + ", ".join(known)
            )
        hints = values.get("hint_format")
        if hints is not None:
            _refuse_unknown(hints, HintFormat, where)
            values["hint_format"] = HintFormat(**hints)
        values["files"] = {
            name: _file_entry(name, entry, where) for name, entry in values.get("files", {}).items()
        }
        return cls(**values, path=path)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read `folder/manifest.json`; the files themselves are not looked at.

        Raises:
            ModelError: there is none, or it is malformed.
        """
        where = folder / MANIFEST_FILE
        try:
            data = json.loads(where.read_text(encoding="utf-8"))
        except FileNotFoundError as exc:
            raise ModelError(
                "no manifest.json", where=str(folder), hint="khabar models add FOLDER makes one"
            ) from exc
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as exc:
            raise ModelError(f"manifest cannot be read: {exc}", where=str(where)) from exc
        return cls.from_json(data, path=folder)

    def write(self, folder: Path) -> Manifest:
        """Write `folder/manifest.json` and return the manifest with its new path."""
        text = json.dumps(self.to_json(), ensure_ascii=False, indent=1)
        (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        return dataclasses.replace(self, path=folder)

    def verify(self, progress: Callable[[float, str], None] | None = None) -> None:
        """Compare every file with its size and checksum.

        Args:
            progress: called with the fraction of bytes read and the file's name.

        Raises:
            ModelError: a file is missing or altered.
        """
        done, total = 0, max(1, self.size_bytes)
        for name, entry in self.files.items():
            self._check_size(name, entry)
            self._check_sum(name, entry)
            done += entry.bytes
            if progress is not None:
                progress(done / total, name)

    def check(self) -> None:
        """What can be checked before every use: sizes, and the checksums of files younger than the manifest.

        Raises:
            ModelError: a file is missing or altered.
        """
        if self.path is None or not self.files:
            return
        manifest = self.path / MANIFEST_FILE
        written = manifest.stat().st_mtime if manifest.is_file() else 0.0
        altered = False
        for name, entry in self.files.items():
            found = self._check_size(name, entry)
            if found.stat().st_mtime > written + _CLOCK_S:
                self._check_sum(name, entry)
                altered = True
        if altered:
            # A copy of a model, whose files all are young: not to be read whole every time.
            with contextlib.suppress(OSError):
                os.utime(manifest)

    def _check_size(self, name: str, entry: ManifestFile) -> Path:
        found = self.file(name)
        n_bytes = found.stat().st_size
        if n_bytes != entry.bytes:
            message = f"{name} has {n_bytes} bytes, the manifest says {entry.bytes}"
            raise ModelError(message, where=str(self.path), hint=_AGAIN)
        return found

    def _check_sum(self, name: str, entry: ManifestFile) -> None:
        if file_sha256(self.file(name)) != entry.sha256:
            raise ModelError(f"{name} is altered: its checksum differs", where=str(self.path), hint=_AGAIN)


def _refuse_unknown(data: Any, record: type, where: str) -> None:
    if not isinstance(data, dict):
        raise ModelError(f"{record.__name__}: an object is expected", where=where)
    known = {item.name for item in dataclasses.fields(record)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise ModelError(f"unknown key {unknown[0]!r}", where=where, hint="made by a newer khabar?")


def _checked_values(data: Any, where: str) -> dict[str, Any]:
    """The manifest's keys with types checked and lists made tuples."""
    if not isinstance(data, dict):
        raise ModelError("a JSON object is expected", where=where)
    values = dict(data)
    if values.pop("schema", None) != SCHEMA:
        raise ModelError(
            f"schema {data.get('schema')!r} is not {SCHEMA}", where=where, hint="made by a newer khabar?"
        )
    if "path" in values:
        raise ModelError("unknown key 'path'", where=where)
    _refuse_unknown(values, Manifest, where)
    for key in ("name", "family"):
        if not values.get(key):
            raise ModelError(f"{key} is missing", where=where)
    for key, value in values.items():
        if key != "hint_format":
            _check_type(key, value, where)
    for key in _LISTS & set(values):
        values[key] = tuple(values[key])
    return values


_LISTS = {"tasks", "training_data"}
_MAPPINGS = {"files", "languages", "prompts", "scores", "special"}


def _check_type(key: str, value: object, where: str) -> None:
    expected: type = str
    strings: list[object] = []
    if key in _LISTS:
        expected = list
        strings = list(value) if isinstance(value, list) else []
    elif key in _MAPPINGS:
        expected = dict
        strings = list(value.values()) if isinstance(value, dict) and key in {"languages", "prompts"} else []
    elif key == "max_input_tokens":
        expected = int
    if not isinstance(value, expected) or isinstance(value, bool):
        raise ModelError(f"{key}: {expected.__name__} expected, got {value!r:.60}", where=where)
    if not all(isinstance(item, str) for item in strings):
        raise ModelError(f"{key}: strings expected", where=where)


def _file_entry(name: str, entry: Any, where: str) -> ManifestFile:
    parts = PurePosixPath(name)
    # A manifest may come from a stranger; a path that leaves the folder would read or remove other files.
    if parts.is_absolute() or ".." in parts.parts or "\\" in name or ":" in name or not parts.parts:
        raise ModelError(f"file path {name!r} leaves the model folder", where=where)
    _refuse_unknown(entry, ManifestFile, where)
    if not isinstance(entry.get("sha256"), str) or not isinstance(entry.get("bytes"), int):
        raise ModelError(f"files: {name}: sha256 and bytes expected", where=where)
    return ManifestFile(sha256=entry["sha256"], bytes=entry["bytes"])


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def describe_files(folder: Path) -> dict[str, ManifestFile]:
    """Size and checksum of every file below a folder, the manifest itself left out."""
    entries = {}
    for found in sorted(folder.rglob("*")):
        name = found.relative_to(folder).as_posix()
        if found.is_file() and name != MANIFEST_FILE:
            entries[name] = ManifestFile(sha256=file_sha256(found), bytes=found.stat().st_size)
    return entries
