"""JSON glossaries. In: text. Out: entries, and back.

Three shapes are read: `{"schema": 1, "entries": [{...}]}` (what is written), a bare list of such objects, and
a plain mapping `{"إدلب": "Idlib"}`. Not here: files and encodings (the package).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from khabar_core.errors import GlossaryError
from khabar_glossaries.entry import Entry, make_entry

__all__ = ["parse_json", "write_json"]

_TEXTS = ("source", "target", "type", "note", "origin", "date", "case")
_LISTS = ("variants", "accepted", "forbidden")
SCHEMA = 1


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order, repetitions kept."""


def parse_json(text: str, name: str, layer: str) -> list[Entry]:
    """Parse a JSON glossary.

    Raises:
        GlossaryError: not JSON, an unknown shape or field, or a name twice in a plain mapping.
    """
    try:
        data = json.loads(text, object_pairs_hook=_Pairs)
        if "\\u" in text:
            # An escape can spell half of a character, which no file or terminal can be given.
            json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as exc:
        half = exc.object[exc.start].encode("ascii", "backslashreplace").decode("ascii")
        raise GlossaryError(f"{half} is half a character", where=name) from exc
    except json.JSONDecodeError as exc:
        raise GlossaryError(f"not JSON: {exc.msg}", where=f"{name}:{exc.lineno}") from exc
    except RecursionError as exc:
        raise GlossaryError("nested too deeply", where=name) from exc
    if isinstance(data, _Pairs):
        members = dict(data)
        if "entries" not in members:
            return _mapping(data, name, layer)
        if members.get("schema", SCHEMA) != SCHEMA:
            raise GlossaryError(
                f"schema {members['schema']!r}", where=name, hint=f"this version reads schema {SCHEMA}"
            )
        data = members["entries"]
    if not isinstance(data, list) or isinstance(data, _Pairs):
        raise GlossaryError("a list of entries expected", where=name)
    return [_entry(item, f"{name}: entry {number}", layer) for number, item in enumerate(data, 1)]


def _mapping(pairs: _Pairs, name: str, layer: str) -> list[Entry]:
    """Entries of a plain mapping from Arabic to English."""
    seen: dict[str, int] = {}
    entries = []
    for number, (source, target) in enumerate(pairs, 1):
        where = f"{name}: entry {number}"
        if source in seen:
            raise GlossaryError(f"{source} stands already at entry {seen[source]}", where=where)
        seen[source] = number
        if not isinstance(target, str):
            raise GlossaryError(f"the English of {source} must be a string", where=where)
        entries.append(make_entry(Entry(source=source, target=target, layer=layer), where=where))
    return entries


def _entry(item: object, where: str, layer: str) -> Entry:
    """An entry of one JSON object."""
    if not isinstance(item, _Pairs):
        raise GlossaryError("an object expected", where=where)
    fields = dict(item)
    for key, value in fields.items():
        if key in _TEXTS and not isinstance(value, str):
            raise GlossaryError(f"{key} must be a string", where=where)
        if key in _LISTS and not (
            isinstance(value, list)
            and not isinstance(value, _Pairs)
            and all(isinstance(form, str) for form in value)
        ):
            raise GlossaryError(f"{key} must be a list of strings", where=where)
        if key not in _TEXTS and key not in _LISTS:
            raise GlossaryError(
                f"unknown field {key[:40]!r}", where=where, hint="known: " + ", ".join(_TEXTS + _LISTS)
            )
    raw = Entry(
        source=fields.get("source", ""),
        target=fields.get("target", ""),
        variants=tuple(fields.get("variants", ())),
        accepted=tuple(fields.get("accepted", ())),
        type=fields.get("type", ""),
        forbidden=tuple(fields.get("forbidden", ())),
        note=fields.get("note", ""),
        origin=fields.get("origin", ""),
        date=fields.get("date", ""),
        case=fields.get("case", ""),
        layer=layer,
    )
    return make_entry(raw, where=where)


def write_json(entries: Sequence[Entry]) -> str:
    """Write the full shape, without empty fields, one entry a line so that version control shows changes."""
    lines = []
    for entry in entries:
        fields: dict[str, object] = {"source": entry.source, "target": entry.target}
        for key in (*_LISTS, "type", "note", "origin", "date", "case"):
            value = getattr(entry, key)
            if value:
                fields[key] = list(value) if key in _LISTS else value
        lines.append("  " + json.dumps(fields, ensure_ascii=False))
    body = ",\n".join(lines)
    return (
        f'{{"schema": {SCHEMA}, "entries": [\n{body}\n]}}\n'
        if lines
        else f'{{"schema": {SCHEMA}, "entries": []}}\n'
    )
