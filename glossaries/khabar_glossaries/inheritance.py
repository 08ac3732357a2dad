"""Let a user's entries profit from what the shipped glossary knows, and reach into its longer names.

In: entries of a user's file. Out: the same entries; those without a type or a warning get those of the
shipped entry for the same Arabic. English forms are never touched: what the user wrote is what counts. Not
here: layers (glossary), evidence for doubted words (evidence).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from khabar_glossaries.entry import Entry
from khabar_glossaries.folding import fold_letters
from khabar_glossaries.wordlists import common_words

__all__ = ["adapt_longer", "inherit"]

_NAMES = frozenset({"person", "place", "org", "group", "media"})
_COMMON_WORD = "homograph: also a common word"
_SHIPPED_DOUBT = "homograph: the shipped glossary doubts this word"


def inherit(entries: Iterable[Entry], shipped: Iterable[Entry]) -> list[Entry]:
    """Complete a user's entries.

    * An entry without a type takes that of the shipped entry with the same Arabic and the same English; if
      there is none and its English has no capital, it is a term, which takes the Arabic article.
    * An entry whose Arabic is a common word, or one that the shipped glossary calls ambiguous, becomes a
      homograph: it fires with weak evidence, because somebody lists it for a reason, but not without any.
      A note with "ambiguous", "homograph" or "unambiguous" is the user's own decision and stays.

    Args:
        entries: as read from a file.
        shipped: the shipped glossary; must be hashable when it is a tuple of entries.

    Returns:
        One entry for each, in the same order.
    """
    known = _by_key(tuple(shipped))
    return [_complete(entry, known) for entry in entries]


@lru_cache(maxsize=2)
def _by_key(shipped: tuple[Entry, ...]) -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in shipped:
        for surface in entry.surfaces:
            found.setdefault(fold_letters(surface), entry)
    return found


def _complete(entry: Entry, known: Mapping[str, Entry]) -> Entry:
    key = fold_letters(entry.source)
    kind, note = entry.type, entry.note
    if kind == "other":
        other = known.get(key)
        if other is not None and not set(other.forms).isdisjoint(entry.forms):
            kind = other.type
        elif not entry.exact_case:
            kind = "term"
    if not (note and (entry.ambiguous or entry.homograph or entry.unambiguous)):
        # Most of 100,000 entries have one spelling and are unknown: a look-up is all that this may cost.
        reason = _doubt(key, known)
        for variant in entry.variants:
            reason = reason or _doubt(fold_letters(variant), known)
        if reason:
            note = f"{note}; {reason}" if note else reason
    return (
        entry
        if (kind, note) == (entry.type, entry.note)
        else dataclasses.replace(entry, type=kind, note=note)
    )


def _doubt(key: str, known: Mapping[str, Entry]) -> str:
    """Why a folded key may be another word; "" if nothing is known."""
    shipped = known.get(key)
    if shipped is not None and shipped.ambiguous:
        return _SHIPPED_DOUBT
    return _COMMON_WORD if key in common_words() else ""


def adapt_longer(entries: Sequence[Entry], shipped: Iterable[Entry]) -> list[Entry]:
    """Carry a user's spelling into the shipped names that hold it: that of غروندبرغ into هانس غروندبرغ.

    The longest name wins in a text, so without this the shipped full name would hide the user's surname.

    Args:
        entries: of one file.
        shipped: the shipped glossary, as for `inherit`.

    Returns:
        Entries for the longer names, in the user's layer; none for names that the file has itself.
    """
    known, holders = _by_key(tuple(shipped)), _holders(tuple(shipped))
    own: set[str] = set()
    adapted: dict[str, Entry] = {}
    for entry in entries:
        key = fold_letters(entry.source)
        other = known.get(key)
        if other is None or other.target == entry.target:
            continue
        own = own or {fold_letters(surface) for entry in entries for surface in entry.surfaces}
        for longer in holders.get(key.partition(" ")[0], ()):
            if f" {key} " not in f" {fold_letters(longer.source)} " or fold_letters(longer.source) == key:
                continue
            if not own.isdisjoint(map(fold_letters, longer.surfaces)):
                continue
            # A name that holds two of the user's spellings takes both.
            current = adapted.get(longer.source, longer)
            changed = _respell(current, other, entry)
            if changed is not None:
                adapted[longer.source] = changed
    return list(adapted.values())


@lru_cache(maxsize=2)
def _holders(shipped: tuple[Entry, ...]) -> Mapping[str, list[Entry]]:
    """Folded word -> the names of several words that hold it."""
    found: dict[str, list[Entry]] = {}
    for entry in shipped:
        if " " in entry.source and entry.type in _NAMES:
            for word in dict.fromkeys(fold_letters(entry.source).split(" ")):
                found.setdefault(word, []).append(entry)
    return found


def _respell(longer: Entry, shipped: Entry, entry: Entry) -> Entry | None:
    """The longer name with the user's English in place of the shipped one; None where it does not stand."""
    forms = sorted(shipped.forms, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms))
    respelt = [pattern.sub(lambda _: entry.target, form, count=1) for form in longer.forms]
    changed = [new for new, old in zip(respelt, longer.forms, strict=True) if new != old]
    if respelt[0] == longer.target:
        return None
    return dataclasses.replace(
        longer, target=changed[0], accepted=tuple(changed[1:]), layer=entry.layer, line=entry.line
    )
