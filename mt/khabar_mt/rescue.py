"""Propose new attempts for a name that is missing. In: an item and its best translation. Out: hints in
another order, beginnings to force.

A small model drops names above all in lists ("in Rafah and Khan Younis") and writes one of two names twice;
both leave a place in the English where the missing name belongs, and only such places are forced: a name put
anywhere else makes a sentence that reads well and is false. Not here: decoding and choosing (ladder), the
checks (terms).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from khabar_core.records import TermHit, TermStatus
from khabar_glossaries.english import find_form, plain
from khabar_glossaries.entry import BUILTIN_LAYER
from khabar_mt.ladder import Candidate, Item
from khabar_mt.terms import forced_prefix

__all__ = ["beginnings_for", "hint_orders", "is_soft"]

# Of the shipped glossary: "Turkish" may become "of Turkey", a title may become "he". Worth a remark, not
# another decoding. In a user's file every entry counts.
_SOFT_TYPES = frozenset({"demonym", "title", "term", "month", "other"})
_MAX_NAMES = 2
_MAX_BEGINNINGS = 6
# Between two members of a list; the conjunction itself is a proclitic of the second.
_LIST_GAP = re.compile(r"\s*[،,]?\s*(أو\s+|ثم\s+)?")
_JOINERS = {"و": " and ", "ف": " and ", "أو": " or ", "ثم": " and then "}


def is_soft(hit: TermHit) -> bool:
    """Whether a violated hit is a remark rather than a defect."""
    return hit.glossary == BUILTIN_LAYER and hit.type in _SOFT_TYPES


def _missing(best: Candidate) -> list[int]:
    """The violated hits that count, as indices."""
    wrong = (i for i, hit in enumerate(best.hits) if hit.status is TermStatus.VIOLATED and not is_soft(hit))
    return list(wrong)


def hint_orders(item: Item, best: Candidate) -> list[tuple[tuple[str, str], ...]]:
    """Other ways to show the hints: the missing names alone, first, and last.

    A model that was shown eight names may forget one; shown alone, it seldom does.
    """
    targets = {best.hits[i].target for i in _missing(best)}
    own = tuple(hint for hint in item.hints if hint[1] in targets)
    rest = tuple(hint for hint in item.hints if hint[1] not in targets)
    if not own:
        return []
    orders = dict.fromkeys((own, own + rest, rest + own))
    return [order for order in orders if order != item.hints]


def beginnings_for(item: Item, best: Candidate) -> list[str]:
    """Beginnings of the English that end in a missing name, the likeliest first."""
    found: dict[str, None] = {}
    for i in _missing(best)[:_MAX_NAMES]:
        hit = best.hits[i]
        guess = forced_prefix(best.text, hit, item.source)
        if guess is not None:
            found[guess] = None
        found.update(dict.fromkeys(_in_lists(item, best, i)))
        found.update(dict.fromkeys(_written_twice(best, hit)))
    return list(found)[:_MAX_BEGINNINGS]


def _in_lists(item: Item, best: Candidate, i: int) -> Iterator[str]:
    """Behind the name that stands before the missing one in a list, and before the one that follows it."""
    before = _joiner(item, i - 1) if i else None
    if before is not None and (place := best.hits[i - 1].target_span) is not None:
        yield best.text[: place[1]] + before + best.hits[i].target
    if _joiner(item, i) is not None and (place := best.hits[i + 1].target_span) is not None:
        yield _begin(best.text[: place[0]], best.hits[i].target)


def _joiner(item: Item, i: int) -> str | None:
    """What joins the i-th name and the next one to a list in English; None if they are none."""
    if i + 1 >= len(item.matches):
        return None
    left, right = item.matches[i], item.matches[i + 1]
    gap = _LIST_GAP.fullmatch(item.source[left.token_span[1] : right.token_span[0]])
    if gap is None:
        return None
    word = (gap.group(1) or "").strip() or right.clitics[:1]
    if not word and re.search("[،,]", gap.group()):
        return ", "
    return _JOINERS.get(word)


def _written_twice(best: Candidate, hit: TermHit) -> Iterator[str]:
    """Where another name stands in the English more often than in the source: at its first place if the
    missing one comes before it in the source, else at its later ones.
    """
    text = plain(best.text)
    for other in dict.fromkeys(h.found for h in best.hits if h.found and h.target != hit.target):
        places = find_form(text, other)
        due = [h.source_span for h in best.hits if h.found == other]
        if len(places) > len(due):
            for start, _ in places[:1] if hit.source_span < due[0] else places[1:]:
                yield _begin(best.text[:start], hit.target)


def _begin(text: str, target: str) -> str:
    """A beginning with a name at its end; a word that opens the sentence takes a capital."""
    return text + (target if text.strip() else target[:1].upper() + target[1:])
