"""Find a suite by name or path, and check that its files are the ones its manifest describes.

In: the name of a bundled suite, a TOML manifest, or a data file of any known format. Out: a `Suite`. A
manifest:

    schema = 1
    name = "court-reports"
    format = "pairs"            # pairs, jsonl, tsv, tmx, wmt-xml
    licence = "CC-BY-4.0"
    glossary = "courts.tsv"     # optional
    [[file]]
    role = "src"                # src, ref, docs for pairs; cases for all others
    path = "courts.ar"          # relative to the manifest
    sha256 = "…"
    [columns]                   # tsv only, from 1
    src = 2
    ref = 3

Unknown keys are errors. Not here: the readers themselves.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khabar_core import textio
from khabar_core.errors import InputError, UsageError
from khabar_core.manifest import file_sha256
from khabar_eval import readers
from khabar_eval.cases import Case, Suite

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["bundled_names", "load_suite", "read_toml", "suite_from_pairs"]

SCHEMA = 1
_FOLDER = Path(__file__).parent / "suites"
_FORMATS = ("jsonl", "pairs", "tmx", "tsv", "wmt-xml")
_KEYS = {
    "schema": int,
    "name": str,
    "format": str,
    "licence": str,
    "description": str,
    "source": str,
    "glossary": str,
    "file": list,
    "columns": dict,
    "metadata": dict,
}
_FILE_KEYS = ("path", "role", "sha256")
_BY_SUFFIX: Mapping[str, Callable[[Path], tuple[Case, ...]]] = {
    ".jsonl": readers.read_jsonl,
    ".tmx": readers.read_tmx,
    ".tsv": readers.read_tsv,
    ".xml": readers.read_wmt_xml,
}


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a manifest."""

    role: str
    path: Path
    sha256: str


def bundled_names() -> list[str]:
    """Names of the translation suites that come with khabar, e.g. "news"."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load_suite(name_or_path: str) -> Suite:
    """Load a suite.

    Args:
        name_or_path: a bundled name ("news"), a manifest (.toml), a data file (.jsonl, .tsv, .tmx, .xml), or
            "sacrebleu:SET" or "sacrebleu:SET/ar-en" for a set in sacrebleu's cache.

    Raises:
        InputError: it cannot be read, is empty, or its files differ from the manifest.
        UsageError: no such suite, or a format that cannot be told.
    """
    if name_or_path.startswith("sacrebleu:"):
        spec = name_or_path.removeprefix("sacrebleu:")
        # A set's own name may have a slash (wmt21/systems), a pair always has a hyphen after its slash.
        name, _, pair = spec.rpartition("/") if "-" in spec.rpartition("/")[2] else (spec, "", "")
        cases = readers.read_sacrebleu(name or spec, pair or "ar-en")
        return Suite(name=name or spec, cases=cases, origin=name_or_path)
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return _load_manifest(path)
    if path.suffix in _BY_SUFFIX:
        return Suite(name=path.stem, cases=_BY_SUFFIX[path.suffix](path), origin=str(path))
    if name_or_path in bundled_names():
        return _load_manifest(_FOLDER / f"{name_or_path}.toml")
    raise UsageError(
        f"no suite {name_or_path!r}",
        hint=f"bundled: {', '.join(bundled_names())}; or a .toml, .jsonl, .tsv, .tmx, .xml file, or --src",
    )


def suite_from_pairs(
    src_path: str, ref_paths: list[str], docs_path: str | None = None, *, name: str = ""
) -> Suite:
    """Make a suite of parallel plain text files.

    Raises:
        InputError: see `readers.read_pairs`.
    """
    cases = readers.read_pairs(src_path, ref_paths, docs_path)
    return Suite(name=name or Path(src_path).stem, cases=cases, origin=src_path)


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        InputError: it cannot be read or is not TOML.
    """
    text = textio.read_text(path)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise InputError(f"not TOML: {exc}", where=str(path)) from exc
    return data


def _load_manifest(path: Path) -> Suite:
    data = read_toml(path)
    where = str(path)
    for key, value in data.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            raise InputError(f"unknown or wrongly typed key {key!r}", where=where, hint=", ".join(_KEYS))
    if data.get("schema") != SCHEMA:
        raise InputError(f"schema {data.get('schema')!r}, this khabar reads {SCHEMA}", where=where)
    if data.get("format") not in _FORMATS or not data.get("name"):
        raise InputError(
            '"name" and "format" are needed', where=where, hint="formats: " + ", ".join(_FORMATS)
        )
    files = [_check_file(item, path) for item in data.get("file", ())]
    glossary = data.get("glossary")
    if glossary is not None:
        glossary = str(path.parent / glossary)
        if not os.path.isfile(glossary):  # Path.is_file raises on names that are too long
            raise InputError("the glossary of the suite is missing", where=glossary, hint=f"named in {where}")
    return Suite(
        name=data["name"],
        cases=_read_cases(data, files, where),
        licence=data.get("licence", ""),
        origin=where,
        description=data.get("description", ""),
        glossary=glossary,
        metadata={str(key): str(value) for key, value in data.get("metadata", {}).items()},
    )


def _check_file(item: object, manifest: Path) -> _File:
    if not isinstance(item, dict) or sorted(item) != sorted(_FILE_KEYS):
        raise InputError("each [[file]] needs path, role and sha256", where=str(manifest))
    path = manifest.parent / str(item["path"])
    if not os.path.isfile(path):
        raise InputError("no such file", where=f"{path!s:.200}", hint=f"named in {manifest}")
    found = file_sha256(path)
    if found != item["sha256"]:
        raise InputError(
            f"sha256 is {found}, the manifest says {item['sha256']}",
            where=str(path),
            hint=f"scores would not be comparable; if the change is meant, correct {manifest}",
        )
    return _File(str(item["role"]), path, found)


def _read_cases(data: Mapping[str, Any], files: list[_File], where: str) -> tuple[Case, ...]:
    by_role: dict[str, list[Path]] = {}
    for file in files:
        by_role.setdefault(file.role, []).append(file.path)
    allowed = ("src", "ref", "docs") if data["format"] == "pairs" else ("cases",)
    strange = next((role for role in by_role if role not in allowed), None)
    if strange is not None or not by_role:
        raise InputError(f"file roles must be {', '.join(allowed)}, got {strange!r}", where=where)
    if data["format"] == "pairs":
        if len(by_role.get("src", [])) != 1 or not by_role.get("ref") or len(by_role.get("docs", [])) > 1:
            raise InputError("pairs need one src, one or more ref and at most one docs file", where=where)
        docs = by_role.get("docs", [None])[0]
        return readers.read_pairs(by_role["src"][0], by_role["ref"], docs)
    if data["format"] == "tsv":
        columns = data.get("columns")
        return tuple(case for path in by_role["cases"] for case in readers.read_tsv(path, columns))
    read = _BY_SUFFIX[{"jsonl": ".jsonl", "tmx": ".tmx", "wmt-xml": ".xml"}[data["format"]]]
    return tuple(case for path in by_role["cases"] for case in read(path))
