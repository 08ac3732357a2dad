"""JSON lines: the chosen fields are translated; everything else of each line stays byte for byte.

In: text with one JSON object a line, and field names. Out: a document with one paragraph for each line of
each chosen field. Not here: nested fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from khabar_core.errors import InputError
from khabar_mt.documents.base import BOM, Document, Slot, Source, one_line, slotted

__all__ = ["DEFAULT_FIELDS", "read"]

# Looked for in this order when no field is named.
DEFAULT_FIELDS = ("text", "src", "content")
_HEADLINE_FIELDS = ("title", "headline")
_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r"\\u[0-9A-Fa-f]{4}|\\.|[^\\]+")
_LINE_ESCAPES = frozenset({"\\n", "\\r", "\\u000a", "\\u000d", "\\u000A", "\\u000D", "\\u2028", "\\u2029"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder()


def read(source: Source) -> Document:
    """Read a JSON lines file; `source.column` may name several fields, separated by commas."""
    content = source.decode()
    names = tuple(name.strip() for name in source.column.split(",")) if source.column else ()
    slots: list[Slot] = []
    position = 1 if content.startswith(BOM) else 0
    number = 0
    while position < len(content):
        number += 1
        # Only a newline separates objects: U+2028 may stand inside a JSON string.
        end = content.find("\n", position)
        end = len(content) if end < 0 else end
        if content[position:end].strip():
            slots.extend(_row(content, position, end, names, f"{source.where}:{number}"))
        position = end + 1
    return slotted(source, "jsonl", content, slots)


def _row(content: str, start: int, end: int, names: tuple[str, ...], where: str) -> Iterator[Slot]:
    """The slots of one object, in the order in which they stand."""
    try:
        fields = dict(_members(content[start:end]))
    except JSONDecodeError as exc:
        raise InputError(f"not a JSON object: {exc.msg} (column {exc.colno})", where=where) from exc
    except (RecursionError, ValueError) as exc:
        raise InputError(f"JSON that cannot be read: {exc}", where=where) from exc
    chosen = names or next(((name,) for name in DEFAULT_FIELDS if name in fields), ())
    missing = [name for name in chosen if name not in fields]
    if missing or not chosen:
        what = f"no field {missing[0]!r}" if missing else f"none of the fields {', '.join(DEFAULT_FIELDS)}"
        raise InputError(what, where=where, hint=f"--field NAME; found: {', '.join(fields)[:120]}")
    for name, (begin, stop) in sorted(((name, fields[name]) for name in chosen), key=lambda item: item[1]):
        if content[start + begin] != '"':
            if content[start + begin : start + stop] == "null":
                continue
            raise InputError(f"field {name!r} is not a text", where=where)
        yield from _strings(content, start + begin + 1, start + stop - 1, name)


def _members(line: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each key of an object with the [start, end) of its value."""
    position = _skip(line, 0)
    if line[position : position + 1] != "{":
        raise JSONDecodeError("expecting '{'", line, position)
    position = _skip(line, position + 1)
    if line[position : position + 1] == "}":
        _expect_end(line, position + 1)
        return
    while True:
        if line[position : position + 1] != '"':
            raise JSONDecodeError("expecting a key in double quotes", line, position)
        key, position = scanstring(line, position + 1, True)
        position = _skip(line, position)
        if line[position : position + 1] != ":":
            raise JSONDecodeError("expecting ':'", line, position)
        start = _skip(line, position + 1)
        _, position = _DECODER.raw_decode(line, start)
        yield key, (start, position)
        position = _skip(line, position)
        if line[position : position + 1] == "}":
            _expect_end(line, position + 1)
            return
        if line[position : position + 1] != ",":
            raise JSONDecodeError("expecting ',' or '}'", line, position)
        position = _skip(line, position + 1)


def _skip(line: str, position: int) -> int:
    match = _SPACE.match(line, position)
    return match.end() if match else position


def _expect_end(line: str, position: int) -> None:
    if _skip(line, position) != len(line):
        raise JSONDecodeError("more after the object", line, position)


def _strings(content: str, start: int, end: int, name: str) -> Iterator[Slot]:
    """The slots of one JSON string: one for each line that it holds."""
    kind = "headline" if name in _HEADLINE_FIELDS else ""
    begin = start
    for token in _TOKEN.finditer(content, start, end):
        if token.group() in _LINE_ESCAPES:
            yield _slot(content, begin, token.start(), kind)
            begin = token.end()
    if begin < end:
        yield _slot(content, begin, end, kind)


def _slot(content: str, start: int, end: int, kind: str) -> Slot:
    # A lone surrogate is no character and could not be written as UTF-8.
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", json.loads(f'"{content[start:end]}"'))
    return Slot(start, end, text, kind, lambda new: json.dumps(one_line(new), ensure_ascii=False)[1:-1])
