"""Join glossaries and count what is in them. In: layers of entries. Out: one list of entries; counts.

Not here: searching several layers without joining them (Glossary does that).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from khabar_glossaries.entry import Entry
from khabar_glossaries.folding import fold_key

__all__ = ["Conflict", "GlossaryStats", "count_entries", "merge"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries of one Arabic name with different English: `kept` stays, `dropped` goes."""

    kept: Entry
    dropped: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryStats:
    """What is in a glossary.

    Attributes:
        entries: how many.
        keys: Arabic spellings that differ after folding.
        types: entries by type.
        variants: Arabic spellings beyond the preferred ones.
        accepted: English forms beyond the preferred ones.
        forbidden: English forms known to be wrong.
        ambiguous: entries that need evidence.
        unsourced: entries without origin or date.
    """

    entries: int
    keys: int
    types: dict[str, int]
    variants: int
    accepted: int
    forbidden: int
    ambiguous: int
    unsourced: int


def count_entries(entries: Sequence[Entry]) -> GlossaryStats:
    """Count a glossary's entries."""
    return GlossaryStats(
        entries=len(entries),
        keys=len({fold_key(surface) for entry in entries for surface in entry.surfaces}),
        types=dict(Counter(entry.type for entry in entries).most_common()),
        variants=sum(len(entry.variants) for entry in entries),
        accepted=sum(len(entry.accepted) for entry in entries),
        forbidden=sum(len(entry.forbidden) for entry in entries),
        ambiguous=sum(entry.ambiguous for entry in entries),
        unsourced=sum(not (entry.origin and entry.date) for entry in entries),
    )


def merge(layers: Iterable[Sequence[Entry]]) -> tuple[list[Entry], list[Conflict]]:
    """Join layers, the most important first.

    Entries of one name with the same English become one with the spellings of both. Where the English
    differs, the entry of the more important layer stays. A variant that a more important entry owns is
    dropped.

    Returns:
        The entries in the order of the layers, and what was dropped.
    """
    merged: list[Entry] = []
    owners: dict[str, int] = {}
    conflicts: list[Conflict] = []
    for entries in layers:
        for entry in entries:
            at = owners.get(fold_key(entry.source))
            if at is None:
                free = tuple(v for v in entry.variants if fold_key(v) not in owners)
                for surface in (entry.source, *free):
                    owners.setdefault(fold_key(surface), len(merged))
                merged.append(dataclasses.replace(entry, variants=free))
            elif entry.target in merged[at].forms or merged[at].target in entry.forms:
                merged[at] = _joined(merged[at], entry, owners, at)
            else:
                conflicts.append(Conflict(merged[at], entry))
    return merged, conflicts


def _joined(first: Entry, second: Entry, owners: dict[str, int], at: int) -> Entry:
    """One entry with the spellings of both; everything else as in the first, or from the second where it is
    empty.
    """
    variants = list(first.variants)
    known = {fold_key(surface) for surface in first.surfaces}
    for surface in second.surfaces:
        if fold_key(surface) not in known and owners.setdefault(fold_key(surface), at) == at:
            known.add(fold_key(surface))
            variants.append(surface)
    accepted = dict.fromkeys((*first.accepted, *second.forms))
    accepted.pop(first.target, None)
    forbidden = dict.fromkeys((*first.forbidden, *second.forbidden))
    return dataclasses.replace(
        first,
        variants=tuple(variants),
        accepted=tuple(accepted),
        forbidden=tuple(form for form in forbidden if form not in (first.target, *accepted)),
        note=first.note or second.note,
        origin=first.origin or second.origin,
        date=first.date or second.date,
        case=first.case or second.case,
    )
