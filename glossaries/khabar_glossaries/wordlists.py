"""The word lists shipped beside the glossary. In: package data. Out: sets of folded words.

Not here: names.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from khabar_glossaries.folding import fold_key

__all__ = ["common_words", "whole_words"]


def _read(name: str) -> frozenset[str]:
    text = resources.files("khabar_glossaries").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return frozenset(fold_key(line) for line in text.split("\n") if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Frequent Arabic words of news text that are not names."""
    return _read("common_words.txt")


@lru_cache(maxsize=1)
def whole_words() -> frozenset[str]:
    """Words that look like clitic + name but are one word: والي, وسام, كمال, بلال."""
    return _read("whole_words.txt")
