"""Rules that keep bad and contaminating pairs out of training. In: one pair. Out: why it is dropped, or
None.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from khabar_mt.arabic import normalise

_ARABIC = re.compile("[\u0621-\u064a]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_MARKUP = re.compile(r"https?://|</?\w+|\{\{|\]\(|%[sd]\b|\$\{")
EN_GRAM, AR_GRAM = 8, 7


def fault_of(ar: str, en: str, group: str) -> str | None:
    """Why this pair is no good, or None. `group` decides how strict: names and lexicon entries may be
    short.
    """
    n_ar, n_en = len(ar.split()), len(en.split())
    if not ar or not en or not _ARABIC.search(ar) or not _LATIN.search(en):
        return "empty"
    if _ARABIC.search(en) or (
        group in ("news", "prose") and len(_ARABIC.findall(ar)) < 0.5 * len(ar.replace(" ", ""))
    ):
        return "script"
    if n_ar > 110 or n_en > 150:
        return "long"
    if group in ("names", "lexicon"):
        return "short" if max(n_ar, n_en) > 9 else None
    if n_en < 2:
        return "short"
    if not 0.55 <= (n_en + 2) / (n_ar + 2) <= 2.7:
        return "ratio"
    if group in ("docs", "interface") and (_MARKUP.search(ar) or _MARKUP.search(en)):
        return "markup"
    if group != "news":
        # Digits are the cheapest witness of alignment: two or more lost means that the lines do not match.
        lost = Counter(_NUMBER.findall(ar)) - Counter(_NUMBER.findall(en))
        if sum(lost.values()) >= 2:
            return "numbers"
    return None


@dataclass(frozen=True)
class Evaluation:
    """Word n-grams of the evaluation sets."""

    english: frozenset[int]
    arabic: frozenset[int]

    @classmethod
    def read(cls, config: dict, data: Path, here: Path) -> Evaluation:
        """Collect the n-grams of every file named in the [evaluation] table."""
        en: set[int] = set()
        ar: set[int] = set()
        for name in config["plain"]:
            lines = (data / name).read_text(encoding="utf-8").split("\n")
            for line in lines:
                (ar if name.endswith(".ar") else en).update(_grams(line, name.endswith(".ar")))
        for pattern in config["own"]:
            for path in sorted(here.glob(pattern)):
                for line in path.read_text(encoding="utf-8").split("\n"):
                    if line:
                        row = json.loads(line)
                        ar.update(_grams(row.get("ar") or row.get("src") or "", True))
                        for text in [row.get("en", ""), *row.get("refs", [])]:
                            en.update(_grams(text, False))
        return cls(frozenset(en), frozenset(ar))

    def overlap(self, ar: str, en: str) -> str | None:
        """ "evaluation" when the pair shares a long n-gram with an evaluation set."""
        if not self.english.isdisjoint(_grams(en, False)) or not self.arabic.isdisjoint(_grams(ar, True)):
            return "evaluation"
        return None


def _grams(text: str, arabic: bool) -> Iterable[int]:
    """Hashes of all n-grams; a shorter text counts as one n-gram when it has at least five words."""
    words = _WORD.findall((normalise(text) if arabic else text).lower())
    n = AR_GRAM if arabic else EN_GRAM
    if len(words) < n:
        return [hash(tuple(words))] if len(words) >= 5 else []
    return [hash(tuple(words[i : i + n])) for i in range(len(words) - n + 1)]


_HASTE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا"})


def newspaper_spelling(text: str, hints: list[list[str]]) -> tuple[str, list[list[str]]]:
    """Spell as hasty newsrooms do: alefs without hamza. Hints follow, so that they still match."""
    return text.translate(_HASTE), [[a.translate(_HASTE), e] for a, e in hints]
