"""What TBX and TMX share. In: XML text. Out: a tree whose elements know their line.

Entities and external references are refused (defusedxml): a glossary from a mail must not expand to gigabytes
or read files. Not here: the two vocabularies (tbx, tmx).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from khabar_core.errors import GlossaryError

__all__ = ["Node", "attribute", "element", "parse_xml"]

MAX_DEPTH = 64


@dataclass(slots=True)
class Node:
    """An element: name without namespace, attributes without prefix, own text, children, line."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, its children's in place (inline markup such as <hi> stays readable)."""
        return "".join(self.pieces)

    def iter(self, *names: str) -> Iterator[Node]:
        """Descendants of these names in document order."""
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.iter(*names)

    @property
    def language(self) -> str:
        """The primary subtag of xml:lang or lang, in lower case; "" if there is none."""
        return self.attributes.get("lang", "").replace("_", "-").split("-")[0].lower()


class _Builder:
    """Receives parser events; asks the parser for its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.expat: Any = None

    def start(self, tag: str, attributes: dict[str, str]) -> Node:
        line = self.expat.CurrentLineNumber
        if len(self.stack) >= MAX_DEPTH:
            raise GlossaryError(f"elements nested deeper than {MAX_DEPTH}", where=f"{self.name}:{line}")
        node = Node(_local(tag), {_local(key): value for key, value in attributes.items()}, line)
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node
        self.stack.append(node)
        return node

    def end(self, tag: str) -> None:
        node = self.stack.pop()
        if self.stack:
            self.stack[-1].pieces.append(node.text)

    def data(self, text: str) -> None:
        if self.stack:
            self.stack[-1].pieces.append(text)

    def close(self) -> Node | None:
        return self.root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def parse_xml(text: str, name: str, root: tuple[str, ...]) -> Node:
    """Parse XML and check the name of its root.

    Raises:
        GlossaryError: not well-formed, another vocabulary, or with entity declarations.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    builder = _Builder(name)
    # DTDs are common in TMX and harmless; entities and external references are not.
    parser = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    builder.expat = parser.parser
    # An encoding declaration is about the bytes; the text is decoded already.
    body = text[text.find("?>") + 2 :] if text.lstrip().startswith("<?xml") and "?>" in text else text
    # The declaration's lines still count in error messages.
    skipped = text[: len(text) - len(body)].count("\n")
    try:
        parser.feed(("\n" * skipped + body).encode("utf-8") if body.strip() else b"")
        node = parser.close()
    except DefusedXmlException as exc:
        raise GlossaryError(
            "entity declarations or external references are not allowed",
            where=name,
            hint="write the text out",
        ) from exc
    except ParseError as exc:
        line = exc.position[0] if getattr(exc, "position", None) else 1
        raise GlossaryError(f"not XML: {str(exc).split(':')[0]}", where=f"{name}:{line}") from exc
    if not isinstance(node, Node) or node.name not in root:
        found = node.name if isinstance(node, Node) else "nothing"
        raise GlossaryError(f"root element {found!r}, {' or '.join(root)} expected", where=name)
    return node


def attribute(name: str, value: str) -> str:
    """` name="value"` with the value escaped."""
    return f" {name}={quoteattr(value)}"


def element(name: str, text: str, attributes: str = "") -> str:
    """An element with escaped text."""
    return f"<{name}{attributes}>{escape(text)}</{name}>"
