"""A stretch of a page that is translated as one: a run of text with inline elements, or an attribute.

In: a run's elements and its translation. Out: the run rewritten: links, pictures, code and comments stay,
links in the sentence where their place is certain and behind it otherwise; emphasis stays where its place is
certain. Not here: finding runs in a page (html).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from khabar_core.records import Span
from khabar_mt.documents.inline import Anchor, place_marks

__all__ = [
    "Element",
    "Place",
    "Unit",
    "Words",
    "is_inline",
    "is_untouched",
    "replace_run",
    "run_texts",
    "words_of",
]

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
_EMPHASIS_WORDS = "b big cite del dfn em font i ins mark s small span strike strong sub u"
_EMPHASIS = frozenset(_EMPHASIS_WORDS.split())
# lxml has no type information, and its elements pass through many hands here.
Element = Any


@dataclass(frozen=True, slots=True)
class Place:
    """A text or tail of an element: where a piece of text stands."""

    element: Element
    is_tail: bool

    def get(self) -> str:
        """The text, "" for none."""
        return (self.element.tail if self.is_tail else self.element.text) or ""

    def set(self, text: str) -> None:
        """Put another text there."""
        if self.is_tail:
            self.element.tail = text
        else:
            self.element.text = text


@dataclass(frozen=True, slots=True)
class Unit:
    """One translatable stretch: a run of text and inline elements, or one attribute."""

    text: str
    kind: str
    parent: Element
    start: Place | None = None  # where the run's first text stands
    children: tuple[Element, ...] = ()  # the run's inline elements
    attribute: str = ""


def is_untouched(element: Element) -> bool:
    """Whether nothing in an element is translated."""
    if not isinstance(element.tag, str) or element.tag in _UNTOUCHED:  # comments have a function for a tag
        return True
    return element.get("translate") == "no" or "notranslate" in (element.get("class") or "").split()


def is_inline(element: Element) -> bool:
    """Whether an element and all that is in it belong to a line of text."""
    return all(
        is_untouched(inner) or (inner.tag in _INLINE and inner.tag != "br")
        for inner in element.iter()
        if isinstance(inner.tag, str)
    )


def run_texts(element: Element) -> Iterator[str]:
    """The texts inside an inline element, without what stays untouched."""
    stack: list[Element | str] = [element]  # pages can nest deeper than Python recurses
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif not is_untouched(item):
            yield item.text or ""
            for child in reversed(item):
                stack.append(child.tail or "")
                stack.append(child)
        elif item.tag == "code":
            yield item.text or ""


@dataclass(slots=True)
class Words:
    """What a run says, white space folded, and the elements whose words it has, outer ones first."""

    text: str = ""
    elements: list[Element] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def words_of(start: Place, children: Sequence[Element]) -> Words:
    """Read a run."""
    words = Words()
    raw: list[str] = [start.get()]
    length = len(raw[0])
    ends: dict[int, int] = {}
    begins: list[int] = []
    # Elements, texts, and numbers of elements that end: pages can nest deeper than Python recurses.
    stack: list[Element | str | int] = []
    for child in reversed(children):
        stack += [child.tail or "", child]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            raw.append(item)
            length += len(item)
        elif isinstance(item, int):
            ends[item] = length
        elif is_untouched(item) and item.tag != "code":
            continue
        else:
            stack.append(len(words.elements))
            words.elements.append(item)
            begins.append(length)
            inner = [] if item.tag == "code" else list(item)
            for child in reversed(inner):
                stack += [child.tail or "", child]
            stack.append(item.text or "")
    words.text, places = _fold("".join(raw))
    words.spans = [(places[begin], places[ends[i]]) for i, begin in enumerate(begins)]
    return words


def _fold(raw: str) -> tuple[str, list[int]]:
    """Fold white space as `" ".join(raw.split())` does; with the new place of every old character."""
    out: list[str] = []
    places: list[int] = []
    space = False
    for char in raw:
        if char.isspace():
            space = bool(out)
        else:
            out += [" ", char] if space else [char]
            space = False
        places.append(len(out) - (not char.isspace()))
    return "".join(out), [*places, len(out)]


def replace_run(unit: Unit, new: str, anchors: Sequence[Anchor] = ()) -> None:
    """Put a translation in the place of a run's text.

    Args:
        unit: the run.
        new: its translation.
        anchors: what corresponds in it; emphasis and links follow them.
    """
    if unit.attribute:
        unit.parent.set(unit.attribute, new)
        return
    parent, start, children = unit.parent, unit.start, unit.children
    # One inline element around all of the text keeps its place: <h2><a href=…>…</a></h2>
    while start is not None and not start.get().strip():
        texts = [child for child in children if len(children) == 1 or any(map(str.strip, run_texts(child)))]
        has_tails = any((child.tail or "").strip() for child in children)
        if len(texts) != 1 or has_tails or is_untouched(texts[0]):
            break
        parent, start, children = texts[0], Place(texts[0], False), tuple(texts[0])
    if start is None:
        return
    old = start.get()
    end = (children[-1].tail or "") if children else old
    lead, tail = old[: len(old) - len(old.lstrip())], end[len(end.rstrip()) :]
    if not old.strip() and not children:
        lead = ""
    line = _Line(parent.makeelement("span"))
    if children:
        _write_marked(line, words_of(start, children), children, new, anchors)
    else:
        line.add_text(new)
    line.add_text(tail)
    position = parent.index(start.element) + 1 if start.is_tail else 0
    for child in children:
        if child.getparent() is parent:  # kept ones have moved into the new line
            parent.remove(child)
    start.set(lead + (line.root.text or ""))
    for element in list(line.root):
        parent.insert(position, element)
        position += 1


class _Line:
    """Text and elements in the making; the innermost open element takes what is added."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self._open = [root]

    def add_text(self, text: str) -> None:
        """Add text."""
        here = self._open[-1]
        if len(here):
            here[-1].tail = (here[-1].tail or "") + text
        else:
            here.text = (here.text or "") + text

    def open(self, element: Element) -> None:
        """Begin an element."""
        self._open[-1].append(element)
        self._open.append(element)

    def close(self) -> None:
        """End the innermost element."""
        self._open.pop()

    def add_behind(self, element: Element) -> None:
        """Add an element behind everything, with a space before it where it shows."""
        if isinstance(element.tag, str):
            place = Place(self.root[-1], True) if len(self.root) else Place(self.root, False)
            place.set(place.get().rstrip() + " ")
        self.root.append(element)


def _write_marked(
    line: _Line, words: Words, children: Sequence[Element], new: str, anchors: Sequence[Anchor]
) -> None:
    """Write a translation with the elements that have a place in it, then those that have none."""
    ranks = [i for i, element in enumerate(words.elements) if _weight(element) is not None]
    ranks.sort(key=lambda i: (_weight(words.elements[i]), i))
    places = place_marks(words.text, new, [words.spans[i] for i in ranks], anchors)
    placed = {i: place for i, place in zip(ranks, places, strict=True) if place is not None}
    shells = {words.elements[i]: _shell(words.elements[i]) for i in placed}
    behind = [element for child in children for element in _kept(child, shells)]
    events: list[tuple[int, int, int, int, int]] = []  # place, 0 closes and 1 opens, order there, element
    for i, (start, end) in placed.items():
        events += [(start, 1, start - end, i, i), (end, 0, end - start, -i, i)]
    position = 0
    for place, opens, *_, i in sorted(events):
        shell = shells[words.elements[i]]
        # Code brings its own text.
        if opens or not _is_whole(shell):
            line.add_text(new[position:place])
        if opens:
            line.open(shell)
        else:
            line.close()
        position = place
    line.add_text(new[position:])
    for element in behind:
        line.add_behind(element)


def _weight(element: Element) -> int | None:
    """Whose place is looked for first: links, code, emphasis; None for elements that mean nothing."""
    if element.tag == "a":
        return 0 if element.get("href") else None
    if _is_whole(element):
        return 1
    return 2 if element.tag in _EMPHASIS else None


def _is_whole(element: Element) -> bool:
    """Whether an element stands in the translation with the text that it has in the source."""
    return element.tag in ("code", "sup")


def _shell(element: Element) -> Element:
    """The element for the translation: without its text, unless that stays."""
    if _is_whole(element):
        element.tail = None
        return element
    return element.makeelement(element.tag, dict(element.attrib))


def _kept(child: Element, shells: dict[Element, Element]) -> Iterator[Element]:
    """What a translation must not lose and has no place in it: links, pictures, comments, untouched elements.

    Pictures of a link that has a place go into the link.
    """
    stack: list[tuple[Element, Element | None]] = [(child, None)]
    while stack:
        element, link = stack.pop()
        shell = shells.get(element)
        if shell is element:
            continue
        if shell is None and (is_untouched(element) or element.tag in _MEDIA):
            element.tail = None
            if link is None:
                yield element
            else:
                link.append(element)
            continue
        if element.tag == "a" and element.get("href"):
            link = shell if shell is not None else _bare_link(element)
            if shell is None:
                yield link
        stack.extend((inner, link) for inner in reversed(element))


def _bare_link(element: Element) -> Element:
    """A link without its words, which are somewhere in the translation."""
    link = element.makeelement("a", dict(element.attrib))
    link.text = "[link]" if any(map(str.strip, run_texts(element))) else None
    return link
