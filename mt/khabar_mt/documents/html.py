"""HTML pages, in two ways: the whole page with its tags, or the article alone.

In: a page. Out: `read`: a document with one paragraph for each stretch of text between block elements and
line breaks, also titles and descriptions; scripts, styles, code and whatever says translate="no" stay as they
are. `read_article`: headline and body as trafilatura finds them, rendered as plain text. Not here: the inside
of a stretch (html_runs); fetching pages; running scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from khabar_core.errors import InputError
from khabar_core.textio import check_encoding
from khabar_mt.documents.base import BOM, Document, Source, make_article, one_line
from khabar_mt.documents.html_runs import (
    Element,
    Place,
    Unit,
    is_inline,
    is_untouched,
    replace_run,
    run_texts,
    words_of,
)
from khabar_mt.documents.inline import Anchor

__all__ = ["read", "read_article"]

_KINDS = {"h1": "headline", "li": "list", "figcaption": "caption", "caption": "caption", "title": "caption"}
_KINDS.update({f"h{level}": "subhead" for level in range(2, 7)})
_META = frozenset({"description", "og:title", "og:description", "twitter:title", "twitter:description"})
_LETTER = re.compile(r"[^\W\d_]")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_RESOURCE_LIMIT = 114  # libxml2's XML_ERR_RESOURCE_LIMIT, which lxml names only from 6.1 on
_STYLE_DIRECTION = (
    (re.compile(r"(direction\s*:\s*)rtl", re.IGNORECASE), r"\1ltr"),
    (re.compile(r"(text-align\s*:\s*)right", re.IGNORECASE), r"\1left"),
)


def read(source: Source) -> Document:
    """Read a page; rendering keeps its tags."""
    page = _decode(source)
    whole = re.search(r"<html[\s>]|<body[\s>]|<head[\s>]", page, re.IGNORECASE) is not None
    units = list(_units(_parse(page, whole, source.where)))
    if not units:
        raise InputError("has no text to translate", where=source.where)
    texts = [unit.text for unit in units]
    article = make_article(source, "html", texts, [unit.kind for unit in units])

    def write(paragraphs: Sequence[str], anchors: Sequence[Sequence[Anchor]]) -> bytes:
        if list(paragraphs) == texts:
            return page.encode("utf-8", "replace")
        # The page is parsed again, so that a document can be rendered more than once.
        root = _parse(page, whole, source.where)
        for unit, new, known in zip(list(_units(root)), paragraphs, anchors, strict=True):
            if new != unit.text:
                replace_run(unit, one_line(new), known)
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

    def write(paragraphs: Sequence[str], _: object) -> bytes:
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


def _parse(page: str, whole: bool, where: str) -> Element:
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    text = page.removeprefix(BOM) if whole else f"<div>{page.removeprefix(BOM)}</div>"
    try:
        # As bytes: lxml refuses a str that has an XML encoding declaration.
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as exc:
        raise InputError(f"is not readable HTML: {exc}", where=where) from exc
    # Beyond its limits (depth 2,048) the parser drops what follows without an error.
    if any(error.type == _RESOURCE_LIMIT for error in parser.error_log):
        raise InputError("nests too deeply", where=where, hint="translate its text instead")
    return root


def _serialise(root: Element, whole: bool) -> str:
    from lxml import html

    if whole:
        tree = root.getroottree()
        return str(html.tostring(tree, encoding="unicode", doctype=tree.docinfo.doctype or None))
    wrapper = root.find(".//body/div")
    inner = [html.tostring(child, encoding="unicode") for child in wrapper]
    # html escapes here, because .text is the one piece that tostring does not see.
    first = (wrapper.text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return first + "".join(inner)


def _units(root: Element) -> Iterator[Unit]:
    """All stretches in document order; a stack instead of recursion, because pages can nest without limit."""
    stack: list[Element] = [root]
    while stack:
        element = stack.pop()
        if isinstance(element, Unit):
            yield element
            continue
        yield from _attribute_units(element)
        if is_untouched(element):
            continue
        pending: list[Element] = []
        start, children = Place(element, False), []
        for child in element:
            if not isinstance(child.tag, str) or (child.tag != "br" and is_inline(child)):
                children.append(child)
                continue
            pending.extend(_run(element, start, children))
            pending.append(child)
            start, children = Place(child, True), []
        pending.extend(_run(element, start, children))
        stack.extend(reversed(pending))


def _attribute_units(element: Element) -> Iterator[Unit]:
    """Texts in attributes: picture descriptions and the page's description."""
    if element.tag == "meta" and (element.get("name") or element.get("property")) in _META:
        attribute = "content"
    elif element.tag == "img":
        attribute = "alt"
    else:
        return
    text = " ".join((element.get(attribute) or "").split())
    if _LETTER.search(text):
        yield Unit(text, "caption", element, attribute=attribute)


def _run(parent: Element, start: Place, children: Sequence[Element]) -> Iterator[Unit]:
    """The unit of one run, and of the pictures inside it; of a menu, one unit for each link."""
    if _is_menu(start, children):
        for child in children:
            if child.tag == "a":
                yield from _run(child, Place(child, False), tuple(child))
        return
    for child in children:
        for picture in child.iter("img"):
            yield from _attribute_units(picture)
    text = words_of(start, children).text
    if _LETTER.search(text):
        kind = next((_KINDS[tag.tag] for tag in (parent, *parent.iterancestors()) if tag.tag in _KINDS), "")
        yield Unit(text, kind, parent, start, tuple(children))


def _is_menu(start: Place, children: Sequence[Element]) -> bool:
    """Whether a run is a row of links with nothing but signs between them: they make no sentence."""
    between = [start.get(), *(child.tail or "" for child in children)]
    between += [piece for child in children if child.tag != "a" for piece in run_texts(child)]
    links = [child for child in children if child.tag == "a" and any(map(_LETTER.search, run_texts(child)))]
    return len(links) > 1 and not any(map(_LETTER.search, between))


def _make_english(root: Element) -> None:
    """Turn language and direction marks round, and declare UTF-8."""
    if root.tag == "html":
        root.set("lang", "en")
        root.set("dir", "ltr")
    for element in root.iter():
        if not isinstance(element.tag, str) or is_untouched(element):
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
