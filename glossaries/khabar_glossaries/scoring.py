"""Measure how well names are kept. In: sources, translations, what was expected. Out: counts and rates.

Pure functions for evaluations: term success, false fires on trap words, consistency of names. A rate is None
where there is nothing to count. Not here: translating, significance tests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from khabar_core.records import Span
from khabar_glossaries.english import find_form, plain, singular_forms
from khabar_glossaries.folding import fold_key
from khabar_glossaries.matcher import Match

__all__ = [
    "ConsistencyCount",
    "ExpectedTerm",
    "TermCount",
    "Trap",
    "consistency",
    "count_terms",
    "false_fires",
    "fired_traps",
    "found_terms",
    "missed_terms",
]


@dataclass(frozen=True, slots=True)
class ExpectedTerm:
    """A term that a translation should hold.

    Attributes:
        source: Arabic without proclitics.
        forms: English forms that count as right, preferred one first.
        exact: whether capitals are required; None goes by the first form.
    """

    source: str
    forms: tuple[str, ...]
    exact: bool | None = None

    @property
    def exact_case(self) -> bool:
        """Whether capitals are required."""
        return any(c.isupper() for c in self.forms[0]) if self.exact is None else self.exact


@dataclass(frozen=True, slots=True)
class Trap:
    """A word of a source that a careless matcher takes for a name.

    Attributes:
        token: the whole word as it stands there.
        reading: the Arabic name that it is not: `وتين` in بوتين, `جدة` where it means grandmother.
        target: the English that must not be enforced; "" for none in particular.
        n_names: how often the same reading is really meant in this source.
    """

    token: str
    reading: str
    target: str = ""
    n_names: int = 0


@dataclass(frozen=True, slots=True)
class TermCount:
    """Terms expected and found."""

    expected: int = 0
    found: int = 0

    @property
    def rate(self) -> float | None:
        """Term success, 0 to 1."""
        return self.found / self.expected if self.expected else None

    def __add__(self, other: TermCount) -> TermCount:
        return TermCount(self.expected + other.expected, self.found + other.found)


@dataclass(frozen=True, slots=True)
class ConsistencyCount:
    """Occurrences of names that occur more than once, and how many have their name's usual form."""

    occurrences: int = 0
    usual: int = 0

    @property
    def rate(self) -> float | None:
        """Share of occurrences in the usual form, 0 to 1."""
        return self.usual / self.occurrences if self.occurrences else None


def found_terms(mt: str, terms: Sequence[ExpectedTerm]) -> list[str | None]:
    """The form that stands in a translation for each term, or None.

    Each place counts for one term, the longest form first, so that "South Sudan" is not also "Sudan". A term
    that is expected several times needs one place only: English may say "he".
    """
    text = plain(mt)
    taken: list[Span] = []
    found: dict[int, str] = {}
    order = sorted(range(len(terms)), key=lambda i: -max(map(len, terms[i].forms)))
    for i in order:
        place = _place(text, terms[i], taken)
        if place is not None:
            taken.append(place)
            found[i] = mt[slice(*place)]
    by_forms = {terms[i].forms: form for i, form in found.items()}
    return [found.get(i) or by_forms.get(term.forms) for i, term in enumerate(terms)]


def _place(text: str, term: ExpectedTerm, taken: Iterable[Span]) -> Span | None:
    """The first free place of the longest form of a term."""
    taken = list(taken)
    forms = (*term.forms, *singular_forms(term.source, term.forms))
    for form in sorted(forms, key=len, reverse=True):
        for span in find_form(text, form, exact=term.exact_case, plural=True):
            if not any(span[0] < end and start < span[1] for start, end in taken):
                return span
    return None


def missed_terms(mt: str, terms: Sequence[ExpectedTerm]) -> list[ExpectedTerm]:
    """The terms that do not stand in a translation."""
    return [term for term, form in zip(terms, found_terms(mt, terms), strict=True) if form is None]


def count_terms(mts: Sequence[str], terms: Sequence[Sequence[ExpectedTerm]]) -> TermCount:
    """Term success over segments.

    Raises:
        ValueError: the two lengths differ.
    """
    total = TermCount()
    for mt, expected in zip(mts, terms, strict=True):
        total += TermCount(len(expected), len(expected) - len(missed_terms(mt, expected)))
    return total


def false_fires(src: str, traps: Sequence[str], matches: Sequence[Match]) -> list[Match]:
    """The sure matches that overlap a trap: a word of the source where no name stands.

    Args:
        src: the Arabic segment.
        traps: words of it as they stand there, e.g. "والي" or "بالأمل".
        matches: what the glossary found in the segment.
    """
    spans = [(start, start + len(trap)) for trap in traps for start in _occurrences(src, trap)]
    return [
        match
        for match in matches
        if not match.ambiguous
        and any(match.token_span[0] < end and start < match.token_span[1] for start, end in spans)
    ]


def fired_traps(src: str, traps: Sequence[Trap], matches: Sequence[Match]) -> list[Trap]:
    """The traps that caught the glossary: it is sure of the wrong reading more often than the name is meant.

    Args:
        src: the Arabic segment.
        traps: of this segment.
        matches: what the glossary found in it.
    """
    fired = []
    for trap in traps:
        reading = fold_key(trap.reading)
        hits = [
            match
            for match in matches
            if not match.ambiguous
            and trap.token in src[slice(*match.token_span)]
            and (fold_key(match.surface) == reading or (trap.target and match.entry.target == trap.target))
        ]
        if len(hits) > trap.n_names:
            fired.append(trap)
    return fired


def _occurrences(text: str, word: str) -> list[int]:
    """Where a word stands, not inside a longer word."""
    found, start = [], text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            found.append(start)
        start = text.find(word, start + 1)
    return found


def consistency(occurrences: Iterable[tuple[str, str | None]]) -> ConsistencyCount:
    """Whether each name is always written in the same way.

    Args:
        occurrences: (Arabic, English form found or None) for every occurrence; None does not count.
    """
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for source, form in occurrences:
        if form is not None:
            forms[fold_key(source)][plain(form).replace("-", " ").casefold()] += 1
    repeated = [counter for counter in forms.values() if counter.total() > 1]
    return ConsistencyCount(
        sum(counter.total() for counter in repeated),
        sum(counter.most_common(1)[0][1] for counter in repeated),
    )
