"""Recognise what news articles are made of: headline, dateline, subheads, lists.

In: paragraphs, and what the file format already says about them. Out: title, dateline, a kind for each
paragraph. Careful by design: a body line taken for a headline does harm, a headline taken for a body line
does not. Not here: how a dateline is written in English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_mt.months import MONTH_NAMES

__all__ = ["Structure", "find_dateline", "read_structure"]

MAX_HEADLINE_CHARS = 160
MAX_HEADLINE_WORDS = 25
_FINAL_STOP = re.compile("[.؛،,;:…]['\"»”’)\\]]*$")
_LIST_ITEM = re.compile(r"[-*+•▪●◦–—]\s|[0-9٠-٩]{1,3}[.)\-]\s")
_LETTERS = re.compile(r"[^\W\d_]")

# Words that begin sentences: a stretch before a dash that begins with one of them is no place.
_NOT_A_PLACE_WORDS = (
    "قال قالت وقال وقالت أعلن أعلنت وأعلن أكد أكدت وأكد ذكر ذكرت أفاد أفادت أضاف وأضاف تابع وتابع أشار "
    "وأشار كما وفي في من على عن إلى الى مع بعد قبل خلال منذ حتى لكن ولكن هذا هذه ذلك تلك الذي التي إن أن "
    "لا لم لن ما هل كان كانت يقول تقول يرى ترى وبحسب بحسب وفق وفقا وفقًا حسب عندما حين بينما أما وأما إذا "
    "لو قد وقد سوف الرئيس الوزير السؤال الجواب س ج ملاحظة تنويه ملخص خاص عاجل"
)
_NOT_A_PLACE = frozenset(_NOT_A_PLACE_WORDS.split())
_AGENCY_WORDS = (
    "رويترز",
    "الأناضول",
    "أ ف ب",
    "أ. ف. ب",
    "أ.ف.ب",
    "ا ف ب",
    "ا.ف.ب",
    "فرانس برس",
    "أ ب",
    "أ.ب",
    "د ب أ",
    "د.ب.أ",
    "أ ش أ",
    "أ.ش.أ",
    "أسوشيتد برس",
    "اسوشيتد برس",
    "شينخوا",
    "سانا",
    "واس",
    "وام",
    "كونا",
    "قنا",
    "بترا",
    "وفا",
    "سبوتنيك",
    "تاس",
    "إيلاف",
    "الجزيرة نت",
    "الجزيرة",
    "العربية نت",
    "العربية.نت",
    "العربية",
    "سكاي نيوز عربية",
    "بي بي سي",
    "سي إن إن",
    "الشرق الأوسط",
    "الحياة",
    "وكالات",
    "معا",
    "سما",
    "الأنباء",
    "العربي الجديد",
    "القدس العربي",
    "عربي21",
    "الوكالة الوطنية",
    "يو بي آي",
    "UPI",
    "AFP",
    "AP",
    "Reuters",
)
_AGENCY = (
    "(?:"
    + "|".join(re.escape(word).replace(r"\ ", r"\s?") for word in sorted(_AGENCY_WORDS, key=len)[::-1])
    + ")"
)
_WORD = r"[^\W\d_]+"
_MARKS = frozenset(map(chr, (*range(0x064B, 0x0653), 0x0670)))
_DASH = "[-\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}ـ]"
# One to four words; a list of places is joined by a slash, a comma or "و".
_PLACE = rf"{_WORD}(?:\s{_WORD}){{0,3}}(?:\s?[/،,]\s?{_WORD}(?:\s{_WORD}){{0,2}}){{0,2}}"
_DIGITS = "[0-9٠-٩]"
_ANY_MONTH = rf"{_WORD}(?:\s{_WORD})?(?:\s?/\s?{_WORD}(?:\s{_WORD})?)?"
_MONTH = "(?:" + "|".join(name.replace(" ", r"\s") for name in sorted(MONTH_NAMES, key=len)[::-1]) + ")"
_YEAR = rf"(?:\s{_DIGITS}{{4}})?"
# Right behind the place any two words may be a month (also of other calendars); elsewhere only a known one.
_LOOSE_DATE = rf"\s?[،,]?\s?{_DIGITS}{{1,2}}\s{_ANY_MONTH}{_YEAR}"
_KNOWN_DATE = (
    rf"\s?(?:{_DASH}|[،,/])?\s?(?:{_DIGITS}{{1,2}}\s{_MONTH}(?:\s?/\s?{_MONTH})?{_YEAR}"
    rf"|{_DIGITS}{{1,2}}[-/.]{_DIGITS}{{1,2}}[-/.]{_DIGITS}{{4}})"
)
_DATE = rf"(?:{_KNOWN_DATE}|{_LOOSE_DATE})?"
_LATE_DATE = rf"(?:{_KNOWN_DATE})?"
_OPEN, _CLOSE = '[(«"\\[]', '[)»"\\]]'
_DATELINES = (
    # بيروت (رويترز) - ; غزة «الشرق الأوسط»: ; what stands in brackets may be any short name
    re.compile(rf"{_PLACE}{_DATE}\s?{_OPEN}[^()«»\"\[\]\n]{{1,30}}{_CLOSE}{_LATE_DATE}\s?(?:{_DASH}|:|/)\s*"),
    # القاهرة - أ ف ب: ; دبي - العربية.نت - ; بيروت: «الشرق الأوسط»
    re.compile(
        rf"{_PLACE}{_DATE}\s?(?:{_DASH}|:|/)\s?{_OPEN}?{_AGENCY}{_CLOSE}?{_LATE_DATE}"
        rf"(?:\s?(?:{_DASH}|:|،|/)\s*|\s*$)"
    ),
    # نيويورك - ; عمان 3 آذار/مارس -
    re.compile(rf"{_WORD}(?:\s{_WORD}){{0,2}}(?:\s?[/،]\s?{_WORD}){{0,2}}{_DATE}\s{_DASH}+\s+"),
)
# Four words and a pair of brackets: nothing longer is a dateline, and longer lines need not be searched.
_MAX_DATELINE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Structure:
    """What was recognised.

    Attributes:
        title: the headline's text.
        dateline: as written, with the separator and space that end it.
        kinds: one for each paragraph.
    """

    title: str | None
    dateline: str | None
    kinds: tuple[str, ...]


def find_dateline(paragraph: str) -> int:
    """Where the dateline at the beginning of a paragraph ends; 0 when there is none.

    >>> text = "بيروت (رويترز) - قال متحدث"
    >>> text[:find_dateline(text)]
    'بيروت (رويترز) - '
    """
    # Vowel marks may stand on any letter: read past them, and answer in the paragraph's own positions.
    kept = [i for i, char in enumerate(paragraph[:_MAX_DATELINE_CHARS]) if char not in _MARKS]
    head = "".join(paragraph[i] for i in kept)
    indent = len(head) - len(head.lstrip())
    for pattern in _DATELINES:
        match = pattern.match(head, indent)
        if match and _NOT_A_PLACE.isdisjoint(match.group().split()):
            return kept[match.end()] if match.end() < len(kept) else min(len(paragraph), _MAX_DATELINE_CHARS)
    return 0


def read_structure(paragraphs: Sequence[str], kinds: Sequence[str] | None = None) -> Structure:
    """Find the headline, the dateline and the kind of each paragraph.

    Args:
        paragraphs: as read; blank ones included.
        kinds: what the format already knows; "" where it knows nothing. Kinds that are given are not changed.
    """
    found = list(kinds) if kinds is not None else [""] * len(paragraphs)
    filled = [index for index, text in enumerate(paragraphs) if text.strip()]
    title = next((index for index in filled if found[index] == "headline"), None)
    if title is None:
        title = _plain_headline(paragraphs, found, filled)
        if title is not None:
            found[title] = "headline"
    dateline = None
    # A subtitle or a byline may stand between the headline and the dateline, not more.
    for index in [index for index in filled if found[index] in ("", "body")][:3]:
        end = find_dateline(paragraphs[index])
        if end:
            dateline = paragraphs[index][:end].lstrip()
            if end == len(paragraphs[index]):
                found[index] = "dateline"
            break
    for index in filled:
        if not found[index]:
            found[index] = _plain_kind(paragraphs, index)
    return Structure(
        title=paragraphs[title].strip() if title is not None else None,
        dateline=dateline,
        kinds=tuple(kind or "body" for kind in found),
    )


def _looks_like_heading(text: str) -> bool:
    """Short, and not ended as a sentence is."""
    text = text.strip()
    short = len(text) <= MAX_HEADLINE_CHARS and len(text.split()) <= MAX_HEADLINE_WORDS
    return short and _LETTERS.search(text) is not None and _FINAL_STOP.search(text) is None


def _plain_headline(paragraphs: Sequence[str], kinds: Sequence[str], filled: Sequence[int]) -> int | None:
    """The first line, when it looks like a headline and a blank line and a body follow."""
    if len(filled) < 2 or kinds[filled[0]]:
        return None
    first, second = filled[:2]
    if second == first + 1 or not _looks_like_heading(paragraphs[first]):
        return None
    if _LIST_ITEM.match(paragraphs[first].lstrip()) or find_dateline(paragraphs[first]):
        return None
    return first


def _plain_kind(paragraphs: Sequence[str], index: int) -> str:
    """Tell list items and subheads (short lines between blank ones) from the body."""
    text = paragraphs[index]
    if _LIST_ITEM.match(text.lstrip()):
        return "list"
    # Pages that were copied often carry a subhead twice, as caption and heading.
    before = index == 0 or paragraphs[index - 1].strip() in ("", text.strip())
    after = index + 1 < len(paragraphs) and paragraphs[index + 1].strip() in ("", text.strip())
    if before and after and _looks_like_heading(text) and text.rstrip()[-1] not in "؟?!":
        return "subhead"
    return "body"
