"""HTML pages, in two ways: the whole page with its tags, or the article alone.

In: a page. Out: `read`: a document with one paragraph for each stretch of text between block elements and
line breaks, also titles and descriptions; scripts, styles, code and whatever says translate="no" stay as they
are. `read_article`: headline and body as trafilatura finds them, rendered as plain text. Inline marks inside
a stretch (bold, span) are dropped unless they cover all of it; links stay, behind the sentence when their
text is translated. Not here: fetching pages; running scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from khabar_core.errors import InputError
from khabar_core.textio import check_encoding
from khabar_mt.documents.base import BOM, Document, Source, make_article, one_line

__all__ = ["read", "read_article"]

_INLINE_WORDS = (
    "a abbr acronym b bdi bdo big cite data del dfn em font i ins label mark q s samp small span strike "
    "strong sub sup time tt u var wbr img ruby rt rp rb picture source"
)
_INLINE = frozenset(_INLINE_WORDS.split())
_UNTOUCHED_WORDS = (
    "script style template code pre kbd textarea svg math noscript iframe object embed canvas select"
)
_UNTOUCHED = frozenset(_UNTOUCHED_WORDS.split())
_MEDIA = ("img", "picture", "sup")
_KINDS = {"h1": "headline", "li": "list", "figcaption": "caption", "caption": "caption", "title": "caption"}
_KINDS.update({f"h{level}": "subhead" for level in range(2, 7)})
_META = frozenset({"description", "og:title", "og:description", "twitter:title", "twitter:description"})
_LETTER = re.compile(r"[^\W\d_]")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_STYLE_DIRECTION = (
    (re.compile(r"(direction\s*:\s*)rtl", re.IGNORECASE), r"\1ltr"),
    (re.compile(r"(text-align\s*:\s*)right", re.IGNORECASE), r"\1left"),
)

# lxml has no type information, and its elements pass through many hands here.
_Element = Any


@dataclass(frozen=True, slots=True)
class _Place:
    """A text or tail of an element: where a piece of text stands."""

    element: _Element
    is_tail: bool

    def get(self) -> str:
        return (self.element.tail if self.is_tail else self.element.text) or ""

    def set(self, text: str) -> None:
        if self.is_tail:
            self.element.tail = text
        else:
            self.element.text = text


@dataclass(frozen=True, slots=True)
class _Unit:
    """One translatable stretch: a run of text and inline elements, or one attribute."""

    text: str
    kind: str
    parent: _Element
    start: _Place | None = None  # where the run's first text stands
    children: tuple[_Element, ...] = ()  # the run's inline elements
    attribute: str = ""


def read(source: Source) -> Document:
    """Read a page; rendering keeps its tags."""
    page = _decode(source)
    whole = re.search(r"<html[\s>]|<body[\s>]|<head[\s>]", page, re.IGNORECASE) is not None
    units = list(_units(_parse(page, whole, source.where)))
    if not units:
        raise InputError("has no text to translate", where=source.where)
    texts = [unit.text for unit in units]
    article = make_article(source, "html", texts, [unit.kind for unit in units])

    def write(paragraphs: Sequence[str]) -> bytes:
        if list(paragraphs) == texts:
            return page.encode("utf-8", "replace")
        # The page is parsed again, so that a document can be rendered more than once.
        root = _parse(page, whole, source.where)
        for unit, new in zip(list(_units(root)), paragraphs, strict=True):
            if new != unit.text:
                _replace(unit, one_line(new))
        _make_english(root)
        return _serialise(root, whole).encode("utf-8", "xmlcharrefreplace")

    return Document("html", article, write)


def read_article(source: Source) -> Document:
    """Take the article out of a page; rendering makes plain text."""
    import trafilatura

    page = _decode(source)
    found = trafilatura.bare_extraction(
        page, with_metadata=True, include_comments=False, include_tables=False
    )
    body = (found.text or "").strip() if found is not None else ""
    if not body:
        raise InputError(
            "no article was found in this page",
            where=source.where,
            hint="--from html translates the whole page",
        )
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    title = one_line(found.title or "").strip()
    if title and lines[0] != title:
        lines.insert(0, title)
    texts = [text for line in lines for text in (line, "")][:-1]
    kinds = ["headline" if title and number == 0 else "" for number in range(len(texts))]
    article = make_article(source, "article", texts, kinds)
    known = {"author": found.author, "date": found.date, "site": found.sitename, "url": found.url}
    metadata = {**article.metadata, **{key: str(value) for key, value in known.items() if value}}
    article = replace(article, metadata=metadata)

    def write(paragraphs: Sequence[str]) -> bytes:
        return ("\n".join(one_line(text) for text in paragraphs) + "\n").encode("utf-8", "replace")

    return Document("article", article, write)


def _decode(source: Source) -> str:
    """Decode as the user says; where nothing is said, as UTF-8 or else as the page itself declares."""
    encoding = source.encoding
    declared = _CHARSET.search(source.data[:4096])
    if check_encoding(encoding) == "utf-8" and declared and not source.data.startswith(BOM.encode("utf-8")):
        try:
            source.data.decode("utf-8")
        except UnicodeDecodeError:
            encoding = declared.group(1).decode("ascii")
    return Source(where=source.where, id=source.id, data=source.data, encoding=encoding).decode()


def _parse(page: str, whole: bool, where: str) -> _Element:
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    text = page.removeprefix(BOM) if whole else f"<div>{page.removeprefix(BOM)}</div>"
    try:
        # As bytes: lxml refuses a str that has an XML encoding declaration.
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as exc:
        raise InputError(f"is not readable HTML: {exc}", where=where) from exc
    # Beyond its limits (depth 2,048) the parser drops what follows without an error.
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise InputError("nests too deeply", where=where, hint="translate its text instead")
    return root


def _serialise(root: _Element, whole: bool) -> str:
    from lxml import html

    if whole:
        tree = root.getroottree()
        return str(html.tostring(tree, encoding="unicode", doctype=tree.docinfo.doctype or None))
    wrapper = root.find(".//body/div")
    inner = [html.tostring(child, encoding="unicode") for child in wrapper]
    # html escapes here, because .text is the one piece that tostring does not see.
    first = (wrapper.text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return first + "".join(inner)


def _is_untouched(element: _Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in _UNTOUCHED:  # comments have a function for a tag
        return True
    return element.get("translate") == "no" or "notranslate" in (element.get("class") or "").split()


def _is_inline(element: _Element) -> bool:
    """Whether an element and all that is in it belong to a line of text."""
    return all(
        _is_untouched(inner) or (inner.tag in _INLINE and inner.tag != "br")
        for inner in element.iter()
        if isinstance(inner.tag, str)
    )


def _units(root: _Element) -> Iterator[_Unit]:
    """All stretches in document order; a stack instead of recursion, because pages can nest without limit."""
    stack: list[_Element] = [root]
    while stack:
        element = stack.pop()
        if isinstance(element, _Unit):
            yield element
            continue
        yield from _attribute_units(element)
        if _is_untouched(element):
            continue
        pending: list[_Element] = []
        start, children = _Place(element, False), []
        for child in element:
            if not isinstance(child.tag, str) or (child.tag != "br" and _is_inline(child)):
                children.append(child)
                continue
            pending.extend(_run(element, start, children))
            pending.append(child)
            start, children = _Place(child, True), []
        pending.extend(_run(element, start, children))
        stack.extend(reversed(pending))


def _attribute_units(element: _Element) -> Iterator[_Unit]:
    """Texts in attributes: picture descriptions and the page's description."""
    if element.tag == "meta" and (element.get("name") or element.get("property")) in _META:
        attribute = "content"
    elif element.tag == "img":
        attribute = "alt"
    else:
        return
    text = " ".join((element.get(attribute) or "").split())
    if _LETTER.search(text):
        yield _Unit(text, "caption", element, attribute=attribute)


def _run(parent: _Element, start: _Place, children: Sequence[_Element]) -> Iterator[_Unit]:
    """The unit of one run, and of the pictures inside it; of a menu, one unit for each link."""
    if _is_menu(start, children):
        for child in children:
            if child.tag == "a":
                yield from _run(child, _Place(child, False), tuple(child))
        return
    pieces = [start.get()]
    for child in children:
        pieces.extend(_texts(child))
        pieces.append(child.tail or "")
        for picture in child.iter("img"):
            yield from _attribute_units(picture)
    text = " ".join("".join(pieces).split())
    if _LETTER.search(text):
        kind = next((_KINDS[tag.tag] for tag in (parent, *parent.iterancestors()) if tag.tag in _KINDS), "")
        yield _Unit(text, kind, parent, start, tuple(children))


def _is_menu(start: _Place, children: Sequence[_Element]) -> bool:
    """Whether a run is a row of links with nothing but signs between them: they make no sentence."""
    between = [start.get(), *(child.tail or "" for child in children)]
    between += [piece for child in children if child.tag != "a" for piece in _texts(child)]
    links = [child for child in children if child.tag == "a" and any(map(_LETTER.search, _texts(child)))]
    return len(links) > 1 and not any(map(_LETTER.search, between))


def _texts(element: _Element) -> Iterator[str]:
    """The texts inside an inline element, without what stays untouched."""
    stack: list[_Element | str] = [element]  # pages can nest deeper than Python recurses
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif not _is_untouched(item):
            yield item.text or ""
            for child in reversed(item):
                stack.append(child.tail or "")
                stack.append(child)
        elif item.tag == "code":
            yield item.text or ""


def _replace(unit: _Unit, new: str) -> None:
    """Put a translation in the place of a run's text."""
    if unit.attribute:
        unit.parent.set(unit.attribute, new)
        return
    parent, start, children = unit.parent, unit.start, unit.children
    # One inline element around all of the text keeps its place: <h2><a href=…>…</a></h2>
    while start is not None and not start.get().strip():
        texts = [child for child in children if len(children) == 1 or any(map(str.strip, _texts(child)))]
        has_tails = any((child.tail or "").strip() for child in children)
        if len(texts) != 1 or has_tails or _is_untouched(texts[0]):
            break
        parent, start, children = texts[0], _Place(texts[0], False), tuple(texts[0])
    if start is None:
        return
    old = start.get()
    end = (children[-1].tail or "") if children else old
    lead, tail = old[: len(old) - len(old.lstrip())], end[len(end.rstrip()) :]
    if not old.strip() and not children:
        lead = ""
    kept = [element for child in children for element in _kept(child)]
    position = parent.index(start.element) + 1 if start.is_tail else 0
    for child in children:
        parent.remove(child)
    start.set(lead + new + ("" if kept else tail))
    _insert(parent, position, start, kept)
    if kept:
        kept[-1].tail = (kept[-1].tail or "") + tail


def _kept(child: _Element) -> Iterator[_Element]:
    """The elements of a run that a translation must not lose: links, pictures, comments, untouched ones."""
    stack = [child]
    while stack:
        element = stack.pop()
        is_link = element.tag == "a" and element.get("href")
        if is_link or _is_untouched(element) or element.tag in _MEDIA:
            yield element
        else:
            stack.extend(reversed(element))


def _insert(parent: _Element, position: int, start: _Place, kept: Sequence[_Element]) -> None:
    """Insert the kept elements: a link where its text stands in the translation, all others behind it."""
    place = start
    for element in kept:
        element.tail = None
        text = " ".join("".join(_texts(element)).split()) if isinstance(element.tag, str) else ""
        current = place.get()
        if text and text in current:
            before, after = current.split(text, 1)
            place.set(before)
            element.tail = after
        elif isinstance(element.tag, str):
            place.set(current.rstrip() + " ")
            if element.tag == "a" and text:
                for inner in [inner for inner in element if inner.tag not in _MEDIA]:
                    element.remove(inner)
                element.text = "[link]"
        parent.insert(position, element)
        position += 1
        place = _Place(element, True)


def _make_english(root: _Element) -> None:
    """Turn language and direction marks round, and declare UTF-8."""
    if root.tag == "html":
        root.set("lang", "en")
        root.set("dir", "ltr")
    for element in root.iter():
        if not isinstance(element.tag, str) or _is_untouched(element):
            continue
        if (element.get("dir") or "").lower() == "rtl":
            element.set("dir", "ltr")
        for name in ("lang", "{http://www.w3.org/XML/1998/namespace}lang"):
            if (element.get(name) or "").lower().startswith("ar"):
                element.set(name, "en")
        style = element.get("style")
        if style:
            for pattern, replacement in _STYLE_DIRECTION:
                style = pattern.sub(replacement, style)
            element.set("style", style)
        if element.tag == "meta":
            if element.get("charset"):
                element.set("charset", "utf-8")
            elif (element.get("http-equiv") or "").lower() == "content-type":
                element.set("content", "text/html; charset=utf-8")
