"""Compare the numbers, dates and days of an Arabic source with those of its English translation.

In: source and translation. Out: what is missing and what was added, as text. A flag must mean something: only
numbers that are sure on one side and have no possible counterpart on the other are reported, and order and
frequency are not compared. Not here: how numbers are found (numbers_arabic, numbers_english).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from khabar_mt.figures import Key, Mention
from khabar_mt.numbers_arabic import arabic_numbers
from khabar_mt.numbers_english import english_numbers

__all__ = ["NumberDifference", "compare_numbers"]


@dataclass(frozen=True, slots=True)
class NumberDifference:
    """The numbers of one side that the other lacks, as they stand in the text.

    Attributes:
        missing: in the source only.
        added: in the translation only.
        n_source: numbers in the source whose loss would be reported.
    """

    missing: tuple[str, ...]
    added: tuple[str, ...]
    n_source: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.added)


def compare_numbers(source: str, translation: str) -> NumberDifference:
    """Find numbers that were lost or invented.

    >>> compare_numbers("قتل خمسة وعشرون جنديا في ٣ هجمات", "Twenty-five soldiers were killed in 5 attacks.")
    NumberDifference(missing=('3',), added=('5',), n_source=2)
    """
    ours, theirs = arabic_numbers(source), english_numbers(translation)
    strong = [mention for mention in ours if mention.strong]
    return NumberDifference(
        missing=_unmatched(strong, _keys(theirs)),
        added=_unmatched((mention for mention in theirs if mention.strong), _keys(ours)),
        n_source=len(strong),
    )


def _keys(mentions: Iterable[Mention]) -> frozenset[Key]:
    """Every value that some reading of some mention has."""
    return frozenset(key for mention in mentions for reading in mention.readings for key in reading)


def _unmatched(mentions: Iterable[Mention], keys: frozenset[Key]) -> tuple[str, ...]:
    """Mentions of which no reading is covered, without repetitions."""
    lost = (
        mention.text
        for mention in mentions
        if mention.readings and not any(r <= keys for r in mention.readings)
    )
    return tuple(dict.fromkeys(lost))
