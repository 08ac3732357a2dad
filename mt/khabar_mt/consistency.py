"""Spell a name that no glossary knows the same way throughout. In: translations in reading order. Out: the
same, with one spelling of each name.

Glossary names need no memory: `terms` writes each as the glossary does. Here an Arabic word and the
capitalised English word that sounds like it are a pair. Which English wins is decided once for a name, when
it is first met, by the sentences that are looked at together: the glossary's spelling where a full name of it
ends in the word, else the most frequent spelling, else the first. Later sentences follow, for an article or,
with one ledger, for a batch. A stream looks at the same sentences together as a complete translation, so that
both agree. Not here: names of the glossary (terms).
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from khabar_core.records import Span, TermHit, Translation
from khabar_glossaries.clitics import PREFIXES
from khabar_glossaries.english import plain
from khabar_glossaries.folding import fold_key
from khabar_glossaries.romanise import arabic_sounds, english_sounds, n_consonants, sound_similarity
from khabar_glossaries.wordlists import common_words
from khabar_mt.references import open_references
from khabar_mt.respelling import Replacement, candidates

__all__ = ["WINDOW", "NameLedger"]

# Sentences that decide together: most news articles are shorter, and a stream may not wait for more.
WINDOW = 12
# A pair is remembered only if it sounds this much alike, and a spelling changed only if it is this near the
# first.
_PAIR = 0.8
_SAME_NAME = 0.8
_MIN_LETTERS = 4
_MIN_CONSONANTS = 3
# Longer "sentences" are no prose, and each of their words would be compared with each.
_MAX_CHARS = 5_000
_ARABIC_WORD = re.compile("[\u0620-\u065f\u0670-\u06d3]+")


@dataclasses.dataclass(frozen=True, slots=True)
class _Pair:
    """An Arabic word without proclitics and its English."""

    key: str
    text: str


class NameLedger:
    """Remembers how names were spelt; not safe to share between threads."""

    def __init__(self) -> None:
        self._spellings: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._spellings)

    def apply_all(self, translations: Iterable[Translation]) -> Iterator[Translation]:
        """Give every name one spelling.

        Args:
            translations: of an article from its beginning, in reading order, or the next part of it, whose
                length is then a multiple of WINDOW.

        Yields:
            The translations, their term spans moved where a spelling before them changed length.
        """
        rest = iter(translations)
        while window := list(itertools.islice(rest, WINDOW)):
            pairs = _pairs_in(window)
            self._decide(window, pairs)
            for translation, own in zip(window, pairs, strict=True):
                yield self._apply(translation, own)

    def _decide(self, window: Sequence[Translation], pairs: Sequence[Sequence[_Pair]]) -> None:
        """Choose the spelling of each name that is met for the first time."""
        votes: dict[str, Counter[str]] = {}
        for own in pairs:
            for pair in own:
                votes.setdefault(pair.key, Counter())[pair.text] += 1
        known = {key: word for translation in window for key, word in _last_words(translation.terms)}
        for key, spellings in votes.items():
            # The counter keeps the order of reading: of equally frequent spellings the first one wins.
            usual, _ = spellings.most_common(1)[0]
            right = known.get(key)
            if right is not None and right not in spellings and not _same_name(right, usual):
                right = None  # another word, not another spelling
            self._spellings.setdefault(key, right or usual)

    def _apply(self, translation: Translation, pairs: Sequence[_Pair]) -> Translation:
        """Write the chosen spellings."""
        text, hits = translation.text, translation.terms
        for pair in pairs:
            chosen = self._spellings.get(pair.key, pair.text)
            if chosen == pair.text or not _same_name(chosen, pair.text):
                continue
            # Looked up anew each time: an edit moves what follows it.
            while (span := _find(text, pair.text, hits)) is not None:
                replacement = Replacement(span, pair.text, chosen)
                text = replacement.apply(text)
                hits = tuple(replacement.moved(hit) for hit in hits)
        if text == translation.text:
            return translation
        return dataclasses.replace(translation, text=text, terms=hits)


def _last_words(hits: Iterable[TermHit]) -> Iterator[tuple[str, str]]:
    """(folded last word, English) of the glossary's full names: ساندبرغ of هنريك ساندبرغ is Sandberg."""
    for hit in hits:
        arabic, english = fold_key(hit.source).split(" "), plain(hit.found or "").split(" ")
        if hit.type == "person" and len(arabic) == len(english) > 1:
            yield arabic[-1], english[-1].rpartition("-")[2]


def _pairs_in(window: Sequence[Translation]) -> list[list[_Pair]]:
    """The pairs of each translation; a sentence that is repeated is read once."""
    known: dict[tuple[str, str, int], list[_Pair]] = {}
    found = []
    for translation in window:
        # Equal sentences share the tuple of their terms.
        key = (translation.segment.text, translation.text, id(translation.terms))
        if key not in known:
            known[key] = _pairs_of(translation)
        found.append(known[key])
    return found


def _pairs_of(translation: Translation) -> list[_Pair]:
    """The pairs of a translation; none where nothing was translated, or too much to be one sentence."""
    if translation.passed_through or not translation.text or len(translation.text) > _MAX_CHARS:
        return []
    return _pairs(open_references(translation.segment.text), translation.text, translation.terms)


def _same_name(first: str, other: str) -> bool:
    """Whether two spellings differ as spellings, not as words: Sharif and Sharifs, Chad and Chadian are
    words.
    """
    a, b = plain(first).lower(), plain(other).lower()
    if a.startswith(b) or b.startswith(a) or a[:-1] == b[: len(a) - 1] == b[:-2]:
        return False
    return sound_similarity(english_sounds(first), english_sounds(other)) >= _SAME_NAME


def _find(text: str, word: str, hits: Sequence[TermHit]) -> Span | None:
    """The first place of a word outside the glossary's names."""
    for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text):
        if not _overlaps(match.span(), hits):
            return match.span()
    return None


def _overlaps(span: Span, hits: Iterable[TermHit]) -> bool:
    return any(
        hit.target_span is not None and span[0] < hit.target_span[1] and hit.target_span[0] < span[1]
        for hit in hits
    )


def _pairs(source: str, text: str, hits: Sequence[TermHit]) -> list[_Pair]:
    """Arabic words outside the glossary's names with the English word that sounds most like each."""
    taken = [hit.target_span for hit in hits if hit.target_span is not None]
    words = [text[slice(*span)] for span in candidates(plain(text), 0, taken)]
    sounds = {word: english_sounds(word) for word in words}
    free = {word: s for word, s in sounds.items() if n_consonants(s) >= _MIN_CONSONANTS}
    pairs: list[_Pair] = []
    used: set[str] = set()
    for match in _ARABIC_WORD.finditer(source):
        if any(match.start() < hit.source_span[1] and hit.source_span[0] < match.end() for hit in hits):
            continue
        best = _best(match.group(), {word: s for word, s in free.items() if word not in used})
        if best is not None:
            key, word = best
            used.add(word)
            pairs.append(_Pair(key, word))
    return pairs


def _best(arabic: str, words: dict[str, str]) -> tuple[str, str] | None:
    """(folded Arabic without proclitics, English word) of the best pair that is good enough."""
    folded = fold_key(arabic)
    if folded in common_words() or not words:
        return None
    best: tuple[float, str, str] | None = None
    for prefix in sorted(PREFIXES, key=len):
        stem = folded[len(prefix) :]
        if not folded.startswith(prefix) or len(stem) < _MIN_LETTERS or stem in common_words():
            continue
        heard = arabic_sounds(stem)
        for word, sounds in words.items():
            likeness = sound_similarity(sounds, heard)
            # A reading with fewer proclitics wins unless another is clearly better.
            if likeness >= _PAIR and (best is None or likeness > best[0] + 0.05):
                best = (likeness, stem, word)
    return None if best is None else best[1:]
