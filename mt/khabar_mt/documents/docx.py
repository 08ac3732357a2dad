"""Word files (.docx): body, tables, text boxes, headers, footers and notes; all else is copied unchanged.

In: a zip archive, which may be hostile (truncated, a zip bomb, XML entities). Out: a document with one
paragraph for each line of each Word paragraph (line breaks and tabs separate). A translation takes the
formatting of the longest run of its line; lines are turned left to right. Not here: tracked deletions,
pictures, charts, document properties.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from khabar_core.errors import InputError
from khabar_mt.documents.base import Document, Source, make_article, one_line

__all__ = ["read"]

MAX_PARTS = 10_000
MAX_PART_BYTES = 64 * 2**20  # of text; pictures and films may be larger
MAX_FILE_BYTES = 2**30
# Real documents pack 3 to 30 times; 1,000 and more is what bombs are made of. Small parts may pack any number
# of times.
MAX_RATIO = 300
MIN_SUSPICIOUS_BYTES = 4 * 2**20

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# "Strict" files of newer Word versions use another namespace for the same elements.
_W_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_CONTENT = re.compile(
    r"(?:wordprocessingml\.(document\.main|header|footer|footnotes|endnotes)\+xml"
    r"|ms-word\.(document)\.macroEnabled\.main\+xml|wordprocessingml\.(template)\.main\+xml)$"
)
_ORDER = ("document.main", "document", "template", "header", "footer", "footnotes", "endnotes")
_HEADING = re.compile(r"heading ([1-9])$")
_LETTER = re.compile(r"[^\W\d_]")
# Everything that stands behind w:bidi in a paragraph's properties (ECMA-376 part 1, 17.3.1.26): order matters
# to Word.
_BEHIND_BIDI_WORDS = (
    "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc "
    "textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
)
_BEHIND_BIDI = frozenset(_BEHIND_BIDI_WORDS.split())

# What zipfile lets through when compressed data is damaged or cut off.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)

_Element = Any  # lxml has no type information


@dataclass(slots=True)
class _Line:
    """The text elements of one line of one Word paragraph."""

    paragraph: _Element
    kind: str
    texts: list[_Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(element.text or "" for element in self.texts)


def read(source: Source) -> Document:
    """Read a Word file.

    Raises:
        InputError: it is no Word file, damaged, protected, or built to exhaust memory.
    """
    parts = _text_parts(source)
    lines = [line for _, root in parts for line in _lines(root, _style_names(source))]
    texts = [line.text for line in lines]
    if not any(_LETTER.search(text) for text in texts):
        raise InputError("has no text to translate", where=source.where)
    article = make_article(source, "docx", texts, [line.kind for line in lines])

    def write(paragraphs: Sequence[str], _: object) -> bytes:
        if list(paragraphs) == texts:
            return source.data
        # Parsed again, so that a document can be rendered more than once.
        fresh = _text_parts(source)
        found = [line for _, root in fresh for line in _lines(root, {})]
        for line, new in zip(found, paragraphs, strict=True):
            if new != line.text and line.texts:
                _replace(line, one_line(new))
        for _, root in fresh:
            for name in ("bidiVisual", "sectPr/{ns}bidi"):
                _switch_off(root, name)
        return _pack(source, dict(fresh))

    return Document("docx", article, write)


def _open(source: Source) -> zipfile.ZipFile:
    """Open the archive after looking at its table of contents only."""
    if source.data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            "is an old or a password-protected Word file", where=source.where, hint="save it as .docx"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(source.data))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as exc:
        what = "is a truncated Word file" if source.data.startswith(b"PK\x03\x04") else "is not a Word file"
        raise InputError(what, where=source.where, hint="open and save it again in Word") from exc
    if len(infos) > MAX_PARTS:
        raise InputError(f"has {len(infos)} parts, more than a Word file has", where=source.where)
    for info in infos:
        if info.flag_bits & 1:
            raise InputError("is password-protected", where=source.where)
        is_packed_tight = info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if (is_packed_tight and info.file_size > MIN_SUSPICIOUS_BYTES) or info.file_size > MAX_FILE_BYTES:
            raise InputError(
                f"part {info.filename[:80]!r} unpacks to {info.file_size} bytes",
                where=source.where,
                hint="this looks like a zip bomb",
            )
    if "[Content_Types].xml" not in archive.NameToInfo:
        raise InputError("is a zip archive, but not a Word file", where=source.where)
    return archive


def _read_part(source: Source, archive: zipfile.ZipFile, name: str) -> _Element:
    """Parse one part, with no entity, no network and no unlimited size."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with archive.open(name) as part:
            data = part.read(MAX_PART_BYTES + 1)
        if len(data) > MAX_PART_BYTES:
            raise InputError(f"part {name[:80]!r} is larger than {MAX_PART_BYTES} bytes", where=source.where)
        root = etree.fromstring(data, parser)
    except KeyError as exc:
        raise InputError(f"part {name[:80]!r} is missing", where=source.where) from exc
    except (*_DAMAGE, etree.XMLSyntaxError) as exc:
        raise InputError(f"part {name[:80]!r} is damaged: {exc}", where=source.where) from exc
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(f"part {name[:80]!r} declares XML entities", where=source.where)
    return root


def _text_parts(source: Source) -> list[tuple[str, _Element]]:
    """The parts that hold text: the main one first."""
    with _open(source) as archive:
        types = _read_part(source, archive, "[Content_Types].xml")
        found: list[tuple[int, str]] = []
        for override in types.iter("{*}Override"):
            match = _CONTENT.search(override.get("ContentType") or "")
            if match:
                kind = next(group for group in match.groups() if group)
                found.append((_ORDER.index(kind), (override.get("PartName") or "").lstrip("/")))
        if not any(order < 3 for order, _ in found):
            raise InputError("is a zip archive, but not a Word file", where=source.where)
        return [(name, _read_part(source, archive, name)) for _, name in sorted(set(found))]


def _style_names(source: Source) -> dict[str, str]:
    """Style id -> the style's English name; ids are translated in localised Words, names are not."""
    with _open(source) as archive:
        if "word/styles.xml" not in archive.NameToInfo:
            return {}
        root = _read_part(source, archive, "word/styles.xml")
    names = {}
    for style in root.iter("{*}style"):
        name = style.find("{*}name")
        if name is not None:
            names[_attribute(style, "styleId")] = _attribute(name, "val").lower()
    return names


def _attribute(element: _Element, name: str) -> str:
    return element.get(_W + name) or element.get(_W_STRICT + name) or ""


def _local(element: _Element) -> str:
    """The tag without its namespace, "" for comments and for tags that are not Word's."""
    tag = element.tag
    if isinstance(tag, str) and tag.startswith((_W, _W_STRICT)):
        return tag.rpartition("}")[2]
    return ""


def _lines(root: _Element, styles: dict[str, str]) -> Iterator[_Line]:
    """Every line in document order; a text box comes after the paragraph that it is anchored in."""
    lines: dict[_Element, list[_Line]] = {}
    for element in root.iter():
        name = _local(element)
        if name == "p":
            lines[element] = [_Line(element, _kind(element, styles))]
        elif name in ("t", "br", "cr", "tab"):
            paragraph = next((up for up in element.iterancestors() if _local(up) == "p"), None)
            # In a paragraph's properties, w:tab defines a tab stop.
            if paragraph is None or _local(element.getparent()) != "r":
                continue
            if name == "t":
                lines[paragraph][-1].texts.append(element)
            elif lines[paragraph][-1].texts:
                lines[paragraph].append(_Line(paragraph, lines[paragraph][0].kind))
    for paragraph_lines in lines.values():
        yield from paragraph_lines


def _kind(paragraph: _Element, styles: dict[str, str]) -> str:
    """What the style says; "" when it says nothing."""
    properties = paragraph.find("{*}pPr")
    if properties is None:
        return ""
    style = properties.find("{*}pStyle")
    identifier = _attribute(style, "val") if style is not None else ""
    name = styles.get(identifier, identifier.lower())
    heading = _HEADING.match(name)
    if name == "title" or (heading and heading.group(1) == "1"):
        return "headline"
    if heading or name == "subtitle":
        return "subhead"
    if name == "caption":
        return "caption"
    return "list" if name.startswith("list") or properties.find("{*}numPr") is not None else ""


def _replace(line: _Line, new: str) -> None:
    """Write a translation into the longest text of a line that is not a link, and empty the others."""
    links = {}
    for element in line.texts:
        link = next((up for up in element.iterancestors() if _local(up) == "hyperlink"), None)
        if link is not None:
            links[element] = link
    outside = [element for element in line.texts if element not in links and (element.text or "").strip()]
    target = max(outside or line.texts, key=lambda element: len(element.text or ""))
    target_link = links.get(target)
    for element in line.texts:
        if element is target:
            element.text = new
        elif links.get(element) is not target_link and (element.text or "").strip():
            # The link stays usable behind the text: its words have no known place in the translation.
            element.text = " [link]"
            links[element].getparent().append(links[element])
        else:
            element.text = ""
        element.set(_SPACE, "preserve")
    _turn_left_to_right(line)


def _turn_left_to_right(line: _Line) -> None:
    """Switch the paragraph's and the runs' direction; explicitly, because a style may say right to left."""
    namespace = line.paragraph.tag.rpartition("}")[0] + "}"
    properties = line.paragraph.find(namespace + "pPr")
    if properties is None:
        properties = line.paragraph.makeelement(namespace + "pPr")
        line.paragraph.insert(0, properties)
    bidi = properties.find(namespace + "bidi")
    if bidi is None:
        bidi = properties.makeelement(namespace + "bidi")
        behind = (index for index, child in enumerate(properties) if _local(child) in _BEHIND_BIDI)
        properties.insert(next(behind, len(properties)), bidi)
    bidi.set(namespace + "val", "0")
    for element in line.texts:
        run = element.getparent().find(namespace + "rPr")
        for mark in run if run is not None else ():
            if _local(mark) in ("rtl", "cs"):
                mark.set(namespace + "val", "0")
            elif _local(mark) == "lang":
                mark.set(namespace + "val", "en-US")


def _switch_off(root: _Element, path: str) -> None:
    """Set a direction switch to 0 wherever it stands."""
    for namespace in (_W, _W_STRICT):
        for element in root.iterfind(".//" + namespace + path.format(ns=namespace)):
            element.set(namespace + "val", "0")


def _pack(source: Source, changed: dict[str, _Element]) -> bytes:
    """Write the archive again: changed parts anew, all others as they are."""
    from lxml import etree

    out = io.BytesIO()
    with _open(source) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in archive.infolist():
            if info.filename in changed:
                root = changed[info.filename]
                data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
            else:
                try:
                    data = archive.read(info)
                except _DAMAGE as exc:
                    raise InputError(f"part {info.filename[:80]!r} is damaged", where=source.where) from exc
            target.writestr(info, data, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()
