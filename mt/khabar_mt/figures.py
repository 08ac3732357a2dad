"""What both sides of a number comparison share: keys, mentions, and how digits with separators are read.

In: digits as written. Out: every value they may stand for, because 3.000 is three thousand in Algiers and
three in Cairo. Not here: words (numbers_arabic, numbers_english), the comparison (numbers).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "FIGURE",
    "Key",
    "Mention",
    "month",
    "number",
    "read_date",
    "read_figure",
    "read_time",
    "time",
    "weekday",
]

Key = tuple[str, Fraction]
Reading = frozenset[Key]

# Digits with separators inside; also groups of three that a space separates: 1 250 000.
FIGURE = r"[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?![0-9.,])|[0-9]+(?:[.,][0-9]+)*"
_SPACES = re.compile(r"[ \u00a0\u202f]")
# Longer strings of digits are identifiers, and turning them into integers costs time for nothing.
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Mention:
    """One number in a text.

    Attributes:
        text: as it stands.
        readings: what it may mean; each a set of keys that must all be found on the other side.
        strong: whether its loss or addition is worth a flag.
    """

    text: str
    readings: tuple[Reading, ...]
    strong: bool = True


def number(value: Fraction | int) -> Key:
    """The key of a plain number."""
    return ("n", Fraction(value))


def month(index: int) -> Key:
    """The key of a month, 1..12."""
    return ("m", Fraction(index))


def weekday(index: int) -> Key:
    """The key of a day of the week, Monday 0."""
    return ("d", Fraction(index))


def time(hours: int, minutes: int) -> Key:
    """The key of a time of day."""
    return ("t", Fraction(hours % 24 * 60 + minutes))


def read_figure(text: str) -> tuple[tuple[Fraction, ...], ...]:
    """Every way to read digits with separators, the likeliest first; a reading may be several numbers.

    >>> read_figure("3,118")
    ((Fraction(3118, 1),), (Fraction(1559, 500),))
    """
    if _SPACES.search(text):
        groups = _SPACES.split(text)
        joined = Fraction("".join(groups)[:_MAX_DIGITS])
        return ((joined,), tuple(Fraction(group) for group in groups))
    parts = re.split(r"([.,])", text[: 2 * _MAX_DIGITS])
    digits, separators = parts[::2], parts[1::2]
    if any(len(group) > _MAX_DIGITS for group in digits):
        return ()
    if not separators:
        return ((Fraction(digits[0]),),)
    triples = all(len(group) == 3 for group in digits[1:]) and 1 <= len(digits[0]) <= 3
    if len(set(separators)) == 1:
        whole = Fraction("".join(digits))
        if len(separators) == 1:
            decimal = Fraction(f"{digits[0]}.{digits[1]}")
            return ((whole,), (decimal,)) if triples and digits[0] != "0" else ((decimal,),)
        if triples:
            return ((whole,),)
    elif len(set(separators[:-1])) == 1 and all(len(group) == 3 for group in digits[1:-1]):
        return ((Fraction(f"{''.join(digits[:-1])}.{digits[-1]}"),),)
    return (tuple(Fraction(group) for group in digits),)


def read_time(hours: str, minutes: str) -> tuple[Reading, ...]:
    """Readings of `15:30`: a time, the same on a twelve-hour clock, or a score."""
    h, m = int(hours), int(minutes)
    readings = [{number(h), number(m)}]
    if h < 25 and m < 60:
        readings += [{time(h, m)}, {number(h * 100 + m)}]
        for hour in {h, h - 12 if h > 12 else h + 12}:
            readings.append({time(hour, m)})
            readings.append({number(hour)} if m == 0 else {number(hour), number(m)})
    return tuple(frozenset(reading) for reading in readings)


def read_date(parts: Iterable[str]) -> tuple[Reading, ...]:
    """Readings of `15/2/2020` in any order of day and month; the month may be a name on the other side."""
    numbers = [int(part) for part in parts]
    readings = [frozenset(number(n) for n in numbers)]
    for i, n in enumerate(numbers):
        if 1 <= n <= 12 and len(numbers) > 1:
            readings.append(frozenset([month(n), *(number(o) for j, o in enumerate(numbers) if j != i)]))
    return tuple(readings)
