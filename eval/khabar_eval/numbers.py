"""Find the numbers of Arabic and English text and compare them by value.

In: a line. Out: `Quantity` records; which numbers of a source a translation keeps, and which it invents.
Digits of every script, separators of both conventions, magnitudes (5.3 مليار, 5.3 billion) and percentages
are understood; English number words count as kept, never as invented. Not here: Arabic number words, dates as
dates, units.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["NUMBER_WORDS", "Quantity", "find_quantities", "invented", "kept"]

_SEPARATORS = ".,\u066b\u066c"
_SPACES = "\u00a0\u2009\u202f"  # no-break, thin and narrow no-break space group digits in both languages
_GROUPED = r"(?<!\d)\d{1,3}(?:[%s]\d{3})+(?!\d)"
_PLAIN = rf"\d+(?:[{_SEPARATORS}]\d+)*"
_NUMBER = {
    True: re.compile(f"{_GROUPED % (_SPACES + ' ')}|{_PLAIN}"),
    # In English a plain space between groups is more often a list ("Dec. 17 250 people") than one number.
    False: re.compile(f"{_GROUPED % _SPACES}|{_PLAIN}"),
}
_ARABIC = re.compile("[\u0600-\u06ff]")
_NOT_ASCII_DIGIT = re.compile(r"(?![0-9])\d")
_MAGNITUDES = (
    (10**12, "trillion", "tn", "trn", "تريليونات", "تريليونا", "تريليون", "ترليون"),
    (10**9, "billion", "bn", "bln", "مليارات", "مليارا", "مليار", "بلايين", "بليون"),
    (10**6, "million", "mn", "mln", "ملايين", "مليونا", "مليون"),
    (10**3, "thousand", "الفا", "الف", "الاف"),
    (10**2, "hundred"),
)
_SCALE = {word: Decimal(size) for size, *words in _MAGNITUDES for word in words}
_SCALE_AFTER = re.compile(rf"[\s-]*({'|'.join(sorted(_SCALE, key=len, reverse=True))})(?!\w)", re.IGNORECASE)
_ABBREVIATED = re.compile(r"([mk])(?!\w)", re.IGNORECASE)  # $5m; without a currency it may be metres
_PERCENT_AFTER = re.compile(
    r"\s*-?\s*(?:[%٪]|per\s?cent\b|pct\b|percentage\b(?!\s+point)|(?:في|فى|ب)\s?(?:ال)?(?:مئة|مائة|ميه|مية))",
    re.IGNORECASE,
)
_ALEF = str.maketrans("أإآ", "ااا")
_MARKS = re.compile("[\u064b-\u0652\u0640]")

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
)
_UNITS += "seventeen eighteen nineteen"
_WORDS = {word: value for value, word in enumerate(_UNITS.split())}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
NUMBER_WORDS = frozenset({*_WORDS, *_TENS, *_SCALE, "percent"})
_WORD = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[\s-]({'|'.join(list(_WORDS)[1:10])}))?|({'|'.join(_WORDS)}))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number in a text.

    Attributes:
        readings: the values it may have; two for an Arabic `2.345`, which is 2345 or 2.345.
        percent: whether a percentage.
        in_digits: False for an English number word.
        text: as it stands.
    """

    readings: tuple[Decimal, ...]
    percent: bool = False
    in_digits: bool = True
    text: str = ""

    def agrees(self, other: Quantity) -> bool:
        """Whether both can be the same value, percent sign included."""
        return self.percent == other.percent and any(value in other.readings for value in self.readings)


def find_quantities(text: str, *, arabic: bool | None = None) -> list[Quantity]:
    """Find numbers from left to right.

    Args:
        text: one line.
        arabic: which conventions to read it by; None decides by the presence of Arabic letters.

    >>> [str(q.readings[0]) for q in find_quantities("5.3 billion riyals, up 0.47% on Dec. 17")]
    ['5300000000.0', '0.47', '17']
    """
    text = _MARKS.sub("", _NOT_ASCII_DIGIT.sub(_ascii_digit, text)).translate(_ALEF)
    if arabic is None:
        arabic = _ARABIC.search(text) is not None
    found = []
    taken = []
    for match in _NUMBER[arabic].finditer(text):
        taken.append(match.span())
        tail = text[match.end() : match.end() + 24]
        scale, used = _scale(tail, before=text[max(0, match.start() - 1) : match.start()])
        groups = _readings(match.group(), arabic)
        for place, readings in enumerate(groups):
            # Of 1-2-3 or 17.12.2016 only the last number can carry the word that follows.
            last = place == len(groups) - 1
            percent = last and (
                _PERCENT_AFTER.match(tail[used:]) is not None
                or text[match.start() - 1 : match.start()] in ("%", "٪")
            )
            values = tuple(value * scale if last else value for value in readings)
            found.append(Quantity(values, percent, True, match.group()))
    if not arabic:
        found.extend(_number_words(text, taken))
    return found


def kept(source: str, mt: str, refs: Sequence[str] = ()) -> tuple[list[Quantity], list[Quantity]]:
    """Which numbers of the source must be in the translation, and which of them are missing.

    A number must be there if the references show that English states it: with references, only numbers that
        at
    least one of them has are expected (`56 ألف` is rightly 56,000, `مساء 15,00` rightly 3 p.m.).

    Returns:
        (expected, missing), occurrences in source order; missing is a part of expected.
    """
    expected = [q for q in find_quantities(source) if q.in_digits]
    if refs:
        lost = [_unmatched(expected, find_quantities(ref, arabic=False)) for ref in refs]
        expected = [q for k, q in enumerate(expected) if any(k not in places for places in lost)]
    missing = _unmatched(expected, find_quantities(mt, arabic=False))
    return expected, [q for k, q in enumerate(expected) if k in missing]


def invented(source: str, mt: str, refs: Sequence[str] = ()) -> list[Quantity]:
    """Numbers in digits that stand in the translation but neither in the source nor in a reference."""
    known = find_quantities(source)
    for ref in refs:
        known += find_quantities(ref, arabic=False)
    values = {value for quantity in known for value in quantity.readings}
    return [
        quantity
        for quantity in find_quantities(mt, arabic=False)
        if quantity.in_digits and not any(value in values for value in quantity.readings)
    ]


def _unmatched(wanted: Sequence[Quantity], available: Iterable[Quantity]) -> set[int]:
    """Places in `wanted` that find no partner, each available number serving once."""
    pool = list(available)
    missing = set()
    for place, quantity in enumerate(wanted):
        partner = next((k for k, other in enumerate(pool) if quantity.agrees(other)), None)
        if partner is None:
            missing.add(place)
        else:
            del pool[partner]
    return missing


def _ascii_digit(match: re.Match[str]) -> str:
    return str(unicodedata.decimal(match.group()))


def _scale(tail: str, before: str) -> tuple[Decimal, int]:
    """The magnitude word after a number, and how many characters it takes."""
    word = _SCALE_AFTER.match(tail)
    if word is not None:
        return _SCALE[word.group(1).lower()], word.end()
    short = _ABBREVIATED.match(tail)
    if short is not None and before in ("$", "€", "£", "¥"):
        return Decimal(10**6 if short.group(1).lower() == "m" else 10**3), short.end()
    return Decimal(1), 0


def _readings(token: str, arabic: bool) -> list[tuple[Decimal, ...]]:
    """The numbers that a run of digits and separators stands for, each with its possible values."""
    for space in _SPACES + " ":
        token = token.replace(space, "")
    parts = re.split(f"[{_SEPARATORS}]", token)
    marks = [char for char in token if char in _SEPARATORS]
    if not marks:
        return [(Decimal(token),)]
    whole = "".join(parts)
    grouped = len(parts[0]) <= 3 and parts[0] != "0" and all(len(part) == 3 for part in parts[1:])
    if len(set(marks)) == 1:
        mark = marks[0]
        decimal = Decimal(f"{parts[0]}.{parts[1]}") if len(parts) == 2 else None
        if mark == "\u066c" or (decimal is None and grouped):
            return [(Decimal(whole),)]
        if mark == "\u066b" and decimal is not None:
            return [(decimal,)]
        if decimal is None:
            return [(Decimal(part),) for part in parts]
        if grouped and arabic:
            return [(Decimal(whole), decimal)]
        return [(Decimal(whole),)] if grouped and mark == "," else [(decimal,)]
    head_grouped = len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:-1])
    if len(set(marks[:-1])) == 1 and marks[-1] not in marks[:-1] and head_grouped:
        return [(Decimal("".join(parts[:-1]) + "." + parts[-1]),)]
    return [(Decimal(part),) for part in parts]


def _number_words(text: str, taken: Sequence[tuple[int, int]]) -> Iterable[Quantity]:
    for match in _WORD.finditer(text):
        if any(start <= match.start() < end for start, end in taken):
            continue
        tens, unit, word = (part.lower() if part else "" for part in match.groups())
        value = _TENS[tens] + _WORDS.get(unit, 0) if tens else _WORDS[word]
        tail = text[match.end() : match.end() + 24]
        scale, used = _scale(tail, before="")
        percent = _PERCENT_AFTER.match(tail[used:]) is not None
        yield Quantity((value * scale,), percent, False, match.group())
