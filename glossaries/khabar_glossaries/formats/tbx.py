"""TBX glossaries (ISO 30042). In: TBX 3 (conceptEntry) or TBX 2 (martif, termEntry). Out: entries; TBX 3 is
written.

The preferred Arabic and English term make source and target, admitted terms variants and accepted forms,
deprecated English terms forbidden forms. Not here: files and encodings (the package).
"""

from __future__ import annotations

from collections.abc import Sequence

from khabar_core.errors import GlossaryError
from khabar_glossaries.entry import CASES, ENTRY_TYPES, Entry, make_entry
from khabar_glossaries.formats.xmlfile import Node, attribute, element, parse_xml

__all__ = ["parse_tbx", "write_tbx"]

_STATUS = "administrativeStatus"
_PREFERRED, _ADMITTED, _DEPRECATED = (
    "preferredTerm-admn-sts",
    "admittedTerm-admn-sts",
    "deprecatedTerm-admn-sts",
)
_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<tbx xmlns="urn:iso:std:iso:30042:ed-2" type="TBX-Basic" style="dca" xml:lang="en">
<tbxHeader><fileDesc><sourceDesc><p>Arabic-English names, written by khabar</p></sourceDesc></fileDesc>
</tbxHeader>
<text><body>
"""
_FOOTER = "</body></text>\n</tbx>\n"


def parse_tbx(text: str, name: str, layer: str) -> list[Entry]:
    """Parse a TBX glossary; concepts without an Arabic or without an English term are errors.

    Raises:
        GlossaryError: malformed, with file and line.
    """
    root = parse_xml(text, name, ("tbx", "martif", "TBX"))
    return [_entry(concept, name, layer) for concept in root.iter("conceptEntry", "termEntry")]


def _terms(concept: Node, language: str) -> tuple[list[str], list[str], list[str]]:
    """Preferred, other and deprecated terms of one language."""
    preferred: list[str] = []
    other: list[str] = []
    deprecated: list[str] = []
    for section in concept.iter("langSec", "langSet"):
        if section.language != language:
            continue
        for group in section.iter("termSec", "tig", "ntig"):
            term = next(group.iter("term"), None)
            if term is None:
                continue
            statuses = [
                note.text for note in group.iter("termNote") if note.attributes.get("type") == _STATUS
            ]
            status = statuses[0].strip() if statuses else ""
            if status.startswith(("deprecated", "superseded")):
                deprecated.append(term.text)
            elif status.startswith("preferred"):
                preferred.append(term.text)
            else:
                other.append(term.text)
    return preferred, other, deprecated


def _typed(concept: Node, tag: str, kind: str) -> list[str]:
    return [node.text for node in concept.iter(tag) if node.attributes.get("type") == kind]


def _entry(concept: Node, name: str, layer: str) -> Entry:
    """An entry of one concept."""
    where = f"{name}:{concept.line}"
    preferred, other, _ = _terms(concept, "ar")
    arabic = preferred + other
    preferred, other, forbidden = _terms(concept, "en")
    english = preferred + other
    for found, language in ((arabic, "Arabic (ar)"), (english, "English (en)")):
        if not found:
            raise GlossaryError(f"a concept without a term in {language}", where=where)
    fields = [text.strip().lower() for text in _typed(concept, "descrip", "subjectField")]
    marks = [text.strip() for text in _typed(concept, "admin", "projectSubset")]
    case = next((mark[5:] for mark in marks if mark.startswith("case:")), "")
    dates = [node.text.strip() for node in concept.iter("date")]
    raw = Entry(
        source=arabic[0],
        target=english[0],
        variants=tuple(arabic[1:]),
        accepted=tuple(english[1:]),
        # A subject field of another database ("geography") is no reason to refuse its terms.
        type=next((text for text in fields if text in ENTRY_TYPES), "other"),
        forbidden=tuple(forbidden),
        note=" ".join(node.text for node in concept.children if node.name == "note"),
        origin=next(iter(_typed(concept, "admin", "source")), ""),
        date=dates[0] if dates else "",
        case=case if case in CASES else "",
        layer=layer,
        line=concept.line,
    )
    return make_entry(raw, where=where)


def write_tbx(entries: Sequence[Entry]) -> str:
    """Write TBX-Basic, version 3, style dca."""
    parts = [_HEADER]
    for number, entry in enumerate(entries, 1):
        parts.append(f"<conceptEntry{attribute('id', f'c{number}')}>\n")
        parts.append(element("descrip", entry.type, attribute("type", "subjectField")))
        if entry.origin:
            parts.append(element("admin", entry.origin, attribute("type", "source")))
        if entry.case:
            parts.append(element("admin", f"case:{entry.case}", attribute("type", "projectSubset")))
        if entry.date:
            kind = element("transac", "modification", attribute("type", "transactionType"))
            parts.append(f"<transacGrp>{kind}{element('date', entry.date)}</transacGrp>")
        if entry.note:
            parts.append(element("note", entry.note))
        parts.append("\n" + _language("ar", entry.source, entry.variants, ()))
        parts.append(_language("en", entry.target, entry.accepted, entry.forbidden))
        parts.append("</conceptEntry>\n")
    parts.append(_FOOTER)
    return "".join(parts)


def _language(code: str, main: str, others: Sequence[str], forbidden: Sequence[str]) -> str:
    """The section of one language."""
    sections = []
    for term, status in (
        (main, _PREFERRED),
        *((form, _ADMITTED) for form in others),
        *((form, _DEPRECATED) for form in forbidden),
    ):
        note = element("termNote", status, attribute("type", _STATUS))
        sections.append(f"<termSec>{element('term', term)}{note}</termSec>")
    return f"<langSec{attribute('xml:lang', code)}>{''.join(sections)}</langSec>\n"
