"""Decide whether an English name stands in a translation.

In: a translation and the forms that are right for a name. Out: whether, and as which form, it is there.
Compared without regard to case (datelines shout), accents, hyphens, full stops, possessive 's and
`al-`/`el-`; a different spelling is a different name. Not here: which forms are right (suites, glossaries),
repairing names (mt).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from khabar_eval.cases import Entity

__all__ = ["find_form", "fold_name"]

_COUNTABLE = ("group", "other", "term", "title", "weapon")
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")
_APOSTROPHES = str.maketrans("", "", "'’‘`ʼʿʾ.")
_NOT_WORD = re.compile(r"[^\w+&]+")


def fold_name(text: str) -> str:
    """Lower-case words separated and surrounded by single spaces, without accents and marks.

    >>> fold_name("the U.N.'s Hadi el-Bahrá")
    ' the un hadi al bahra '
    """
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _POSSESSIVE.sub("", text).translate(_APOSTROPHES)
    words = _NOT_WORD.sub(" ", text.casefold()).split()
    return f" {' '.join('al' if word == 'el' else word for word in words)} "


def find_form(entity: Entity, folded_mt: str, extra: Iterable[str] = ()) -> str | None:
    """The first right form of an entity that stands in a translation.

    Args:
        entity: target and accepted forms are looked for in order.
        folded_mt: the translation after `fold_name`.
        extra: more right forms, e.g. of a glossary.
    """
    for form in (entity.target, *entity.accepted, *extra):
        folded = fold_name(form)
        folded = folded.removeprefix(" the") if len(folded.split()) > 1 else folded
        if not folded.strip():
            continue
        if folded in folded_mt:
            return form
        # "Houthi fighters" names the Houthis, and one drone of several is a drone.
        if entity.type in _COUNTABLE and (
            folded.rstrip().removesuffix("s") + " " in folded_mt or folded.rstrip() + "s " in folded_mt
        ):
            return form
    return None
