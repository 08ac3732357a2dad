"""TMX glossaries (1.4b). In: translation units with an Arabic and an English segment. Out: entries, and back.

A unit is an entry; what TMX has no element for travels in <prop> elements, so a glossary written by khabar is
read back complete. Not here: files and encodings (the package).
"""

from __future__ import annotations

from collections.abc import Sequence

from khabar_core.errors import GlossaryError
from khabar_glossaries.entry import CASES, ENTRY_TYPES, Entry, make_entry
from khabar_glossaries.formats.xmlfile import Node, attribute, element, parse_xml

__all__ = ["parse_tmx", "write_tmx"]

_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
<header creationtool="khabar" creationtoolversion="1" segtype="phrase"
 o-tmf="khabar" adminlang="en" srclang="ar" datatype="plaintext"/>
<body>
"""
_FOOTER = "</body>\n</tmx>\n"
_TEXT_PROPS = ("type", "origin", "date", "case")
_LIST_PROPS = {"variants": "variant", "accepted": "accepted", "forbidden": "forbidden"}


def parse_tmx(text: str, name: str, layer: str) -> list[Entry]:
    """Parse a TMX glossary.

    Raises:
        GlossaryError: malformed, or a unit without an Arabic or an English segment; with file and line.
    """
    root = parse_xml(text, name, ("tmx",))
    return [_entry(unit, name, layer) for unit in root.iter("tu")]


def _props(unit: Node, kind: str) -> list[str]:
    return [
        node.text for node in unit.children if node.name == "prop" and node.attributes.get("type") == kind
    ]


def _entry(unit: Node, name: str, layer: str) -> Entry:
    """An entry of one translation unit; further segments of a language are variants."""
    where = f"{name}:{unit.line}"
    segments: dict[str, list[str]] = {"ar": [], "en": []}
    for variant in unit.iter("tuv"):
        segment = next(variant.iter("seg"), None)
        if segment is not None and variant.language in segments:
            segments[variant.language].append(segment.text)
    for language, found in segments.items():
        if not found:
            raise GlossaryError(f"a unit without a segment in {language}", where=where)
    texts = {key: next(iter(_props(unit, f"x-khabar-{key}")), "") for key in _TEXT_PROPS}
    lists = {key: _props(unit, f"x-khabar-{prop}") for key, prop in _LIST_PROPS.items()}
    raw = Entry(
        source=segments["ar"][0],
        target=segments["en"][0],
        variants=(*segments["ar"][1:], *lists["variants"]),
        accepted=(*segments["en"][1:], *lists["accepted"]),
        type=texts["type"] if texts["type"] in ENTRY_TYPES else "other",
        forbidden=tuple(lists["forbidden"]),
        note=" ".join(node.text for node in unit.children if node.name == "note"),
        origin=texts["origin"],
        date=texts["date"],
        case=texts["case"] if texts["case"] in CASES else "",
        layer=layer,
        line=unit.line,
    )
    return make_entry(raw, where=where)


def write_tmx(entries: Sequence[Entry]) -> str:
    """Write TMX 1.4."""
    parts = [_HEADER]
    for number, entry in enumerate(entries, 1):
        parts.append(f"<tu{attribute('tuid', str(number))}>\n")
        if entry.note:
            parts.append(element("note", entry.note))
        for key in _TEXT_PROPS:
            if getattr(entry, key):
                parts.append(element("prop", getattr(entry, key), attribute("type", f"x-khabar-{key}")))
        for key, prop in _LIST_PROPS.items():
            parts.extend(
                element("prop", item, attribute("type", f"x-khabar-{prop}")) for item in getattr(entry, key)
            )
        parts.append("\n")
        for language, text in (("ar", entry.source), ("en", entry.target)):
            parts.append(f"<tuv{attribute('xml:lang', language)}>{element('seg', text)}</tuv>\n")
        parts.append("</tu>\n")
    parts.append(_FOOTER)
    return "".join(parts)
