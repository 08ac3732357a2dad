"""Find where a translation spells a name wrongly. In: source, translation, a violated hit. Out: an edit.

Candidates are runs of capitalised words; the one that sounds most like the name wins if it sounds enough like
it and no other word of the source explains it better. Not here: deciding which hits to repair (terms)."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from khabar_core.records import Span, TermHit
from khabar_glossaries.clitics import ARTICLE, PREFIXES
from khabar_glossaries.english import find_form, plain, starts_with_vowel_sound
from khabar_glossaries.folding import fold_key
from khabar_glossaries.romanise import (
    arabic_sounds,
    english_sounds,
    n_consonants,
    sound_similarity,
)

__all__ = [
    "Candidate",
    "Replacement",
    "best_guess",
    "candidates",
    "find_replacement",
    "preferred_spelling",
]

# Measured on spellings of the same name by different newspapers (>= 0.8 nearly always) and on pairs of
# different names (<= 0.68 nearly always); short names need more because two consonants agree by chance.
_ENOUGH = 0.74
_ENOUGH_SHORT = 0.84
_SHORT_CONSONANTS = 3
_SAME_NAME = 0.86
_GUESS = 0.5  # a forced beginning is checked after decoding, so a weaker likeness is worth an attempt
_MARGIN = 0.04  # by which another source word must explain a candidate better to keep it

_WORD = re.compile(r"\w(?:[\w.]*\w)?(?:['’](?!s\b)\w+)*\.?(?<!\.)|\w")
_PARTICLE_WORDS = "al el ad an ar as ash at az ed bin ben ibn abu abi umm de der van von la le di da ul"
_COMMON_WORDS = """
the a an in on at of to for from by with and but or as it he she they we his her their its this that these
those after before during while when where which who according there here not no i you mr mrs ms dr gen col lt
president minister prime foreign ambassador sheikh king prince general secretary secretary-general chief
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december
"""
_TITLE_WORDS = """
president minister ambassador sheikh king prince general gen col dr mr mrs ms chief leader secretary envoy
premier spokesman spokeswoman chairman commander emir sultan pope judge lawyer director sen rep
secretary-general
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
# Capitalised words that are never a misspelt name: openings of sentences, months, titles.
_COMMON = frozenset(_COMMON_WORDS.split())
_TITLES = frozenset(_TITLE_WORDS.split())
_ADJECTIVE = re.compile("(?:an|ese|ish)$")  # Belgian is not a spelling of Belgium
_ARABIC_WORD = re.compile("[\u0620-\u065f\u0670-\u06d3]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of words in the translation.

    Attributes:
        span: in code points of the translation.
        text: what stands there.
        likeness: to the name, 0 to 1.
    """

    span: Span
    text: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Replacement:
    """An edit of a translation: `old` at `span` becomes `new`, and perhaps the article before it changes.

    Attributes:
        span: of the old spelling.
        old: the old spelling.
        new: the new one.
        article: span and new text of an indefinite article before it, if it changes.
    """

    span: Span
    old: str
    new: str
    article: tuple[Span, str] | None = None

    def apply(self, text: str) -> str:
        """The edited text."""
        text = text[: self.span[0]] + self.new + text[self.span[1] :]
        if self.article:
            (start, end), word = self.article
            text = text[:start] + word + text[end:]
        return text

    @property
    def _article_shift(self) -> int:
        return len(self.article[1]) - (self.article[0][1] - self.article[0][0]) if self.article else 0

    @property
    def new_span(self) -> Span:
        """Where the new spelling stands in the edited text."""
        start = self.span[0] + self._article_shift
        return start, start + len(self.new)

    def shift_at(self, position: int) -> int:
        """By how much a position outside the edit moves."""
        shift = 0
        if self.article and position >= self.article[0][1]:
            shift += self._article_shift
        if position >= self.span[1]:
            shift += len(self.new) - len(self.old)
        return shift

    def moved(self, hit: TermHit) -> TermHit:
        """A hit elsewhere in the text, with its span in the edited text."""
        if hit.target_span is None:
            return hit
        start, end = hit.target_span
        shift = self.shift_at(start)
        return dataclasses.replace(hit, target_span=(start + shift, end + shift))


def find_replacement(
    source: str, text: str, hit: TermHit, taken: Sequence[Span], others: Sequence[TermHit] = ()
) -> Replacement | None:
    """The edit that puts a violated name right, or None when no place is sure enough.

    Args:
        source: the Arabic segment.
        text: its translation.
        hit: the violated hit.
        taken: spans of other terms in the translation.
        others: the other hits of the segment.
    """
    easy = plain(text)
    wrong = _forbidden_place(easy, hit, taken)
    if wrong is not None:
        return _edit(text, wrong, hit)
    if not hit.exact_case:
        # A word such as "ceasefire" has synonyms, not misspellings.
        return None
    best = _best(source, easy, hit, taken, others)
    if best is not None and best.likeness >= _threshold(hit):
        return _edit(text, best.span, hit)
    surname = _surname_alone(easy, hit, taken)
    return _edit(text, surname, hit) if surname is not None else None


def best_guess(source: str, text: str, hit: TermHit) -> int | None:
    """Where the name most likely should stand: the start of the likeliest candidate, or None."""
    if not hit.exact_case:
        return None
    best = _best(source, plain(text), hit, (), ())
    return best.span[0] if best is not None and best.likeness >= _GUESS else None


def preferred_spelling(text: str, hit: TermHit, span: Span) -> Replacement | None:
    """The edit from an accepted spelling to the preferred one; None where the form is another word.

    Saraqeb becomes Saraqib; but Syrian stays beside Syria, Guterres beside Antonio Guterres, U.N. beside
    United Nations.
    """
    found, target = plain(text[slice(*span)]), plain(hit.target)
    if hit.type not in ("person", "place") or not hit.exact_case or found.casefold() == target.casefold():
        return None
    if len(found.split()) != len(target.split()) or found.lower().startswith(target.lower()[:-1]):
        return None
    if hit.type == "place" and _ADJECTIVE.search(found) and found[-2:].lower() != target[-2:].lower():
        return None
    # The same place may serve a longer name: Putin inside Vladimir Putin.
    if text[span[0] - 1 : span[0]] == "-" or text[span[1] : span[1] + 1] == "-":
        return None
    if sound_similarity(english_sounds(found), english_sounds(target)) < _SAME_NAME:
        return None
    return _edit(text, span, hit)


def _threshold(hit: TermHit) -> float:
    return _ENOUGH if n_consonants(english_sounds(hit.target)) >= _SHORT_CONSONANTS else _ENOUGH_SHORT


def _forbidden_place(text: str, hit: TermHit, taken: Sequence[Span]) -> Span | None:
    """The first free place of a form that the glossary forbids."""
    for form in hit.forbidden:
        for span in find_form(text, form, exact=any(c.isupper() for c in form)):
            if not _overlaps(span, taken):
                return span
    return None


def _overlaps(span: Span, taken: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def candidates(text: str, n_words: int, taken: Sequence[Span]) -> Iterator[Span]:
    """Runs of up to n_words + 1 words that begin and end with a capital, particles apart, free of other
    terms.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    for i, (start, _) in enumerate(words):
        for j in range(i, min(len(words), i + n_words + 1)):
            end = words[j][1]
            if j > i and text[words[j - 1][1] : words[j][0]] not in (" ", "-"):
                break
            if _overlaps((start, end), taken):
                break
            if _names(text, words[i : j + 1]):
                yield start, end


def _names(text: str, words: Sequence[Span]) -> bool:
    """Whether the words may be a name."""
    first, last = (text[slice(*words[k])] for k in (0, -1))
    if not last[:1].isupper() or last.lower() in _COMMON:
        return False
    if not (first[:1].isupper() or first.lower() in _PARTICLES) or first.lower() in _COMMON:
        return False
    inner = (text[slice(*span)] for span in words[1:-1])
    return all(word[:1].isupper() or word.lower() in _PARTICLES for word in inner)


def _best(
    source: str, text: str, hit: TermHit, taken: Sequence[Span], others: Sequence[TermHit]
) -> Candidate | None:
    """The likeliest misspelling of the name that nothing else explains."""
    forms = [english_sounds(form) for form in (hit.target, *hit.accepted)]
    arabic = arabic_sounds(hit.source)
    # A model that takes the proclitics for a part of the name writes them too: كالفاشر as "Kalfashir".
    spoken = {arabic, arabic_sounds(_with_proclitics(source, hit))}
    rivals = _Rivals(_other_words(source, hit), _other_terms(hit, others))
    best: Candidate | None = None
    for span in candidates(text, len(hit.target.replace("-", " ").split()), taken):
        words = text[slice(*span)]
        sounds = english_sounds(words)
        likeness = max(
            # Short forms such as IS or UN resemble anything.
            *(sound_similarity(sounds, form) for form in forms if n_consonants(form) > 1 or form == forms[0]),
            *(0.97 * sound_similarity(sounds, heard) for heard in spoken),
        )
        if best is not None and (likeness, best.span[0]) <= (best.likeness, span[0]):
            continue
        if _explained(words, likeness, max(sound_similarity(sounds, heard) for heard in spoken), rivals):
            continue
        best = Candidate(span, words, likeness)
    return best


def _with_proclitics(source: str, hit: TermHit) -> str:
    """The name with the letters that are joined to its front in the source."""
    start, end = hit.source_span
    while start and source[start - 1].isalpha():
        start -= 1
    return source[start:end]


@dataclass(frozen=True, slots=True)
class _Rivals:
    """Sounds of what else a candidate could be."""

    arabic: frozenset[str]
    english: frozenset[str]


def _other_words(source: str, hit: TermHit) -> frozenset[str]:
    """Sounds of the other words of the source."""
    start, end = hit.source_span
    words = set(_ARABIC_WORD.findall(f"{source[:start]} \n {source[end:]}"))
    sounds = frozenset().union(*map(_readings, words))
    return sounds - {arabic_sounds(hit.source)}


@functools.lru_cache(maxsize=8192)
def _readings(word: str) -> frozenset[str]:
    """Sounds of a word; each reading of its clitics is a possible name: ولبنان is also لبنان."""
    folded = fold_key(word)
    sounds = set()
    for prefix, article in product(PREFIXES, ("", ARTICLE)):
        stem = folded[len(prefix) + len(article) :]
        if len(stem) >= 3 and folded.startswith(prefix + article):
            sounds.add(arabic_sounds(stem))
    return frozenset(sounds)


def _other_terms(hit: TermHit, others: Sequence[TermHit]) -> frozenset[str]:
    """Sounds of the other terms' English."""
    return frozenset(english_sounds(other.target) for other in others if other.target != hit.target)


def _explained(words: str, likeness: float, likeness_arabic: float, rivals: _Rivals) -> bool:
    """Whether something else in the source sounds as much like the candidate, or like a word of it.

    Args:
        words: the candidate.
        likeness: of the candidate to the name's English forms.
        likeness_arabic: of the candidate to the name's Arabic, which is what other Arabic words compete with.
        rivals: what else is in the source.
    """
    sounds = english_sounds(words)
    if any(sound_similarity(sounds, rival) > likeness + _MARGIN for rival in rivals.english):
        return True
    enough = max(likeness_arabic - _MARGIN, _ENOUGH)
    if any(sound_similarity(sounds, rival) >= enough for rival in rivals.arabic):
        return True
    parts = [english_sounds(word) for word in re.split(r"[\s\-]+", words)]
    return len(parts) > 1 and any(
        n_consonants(part) >= _SHORT_CONSONANTS and sound_similarity(part, rival) > 0.9
        for part in parts
        for rival in (*rivals.arabic, *rivals.english)
    )


def _surname_alone(text: str, hit: TermHit, taken: Sequence[Span]) -> Span | None:
    """The right surname where the source has the full name and no other name stands before it."""
    parts = hit.target.split(" ")
    if hit.type != "person" or len(parts) < 2 or len(parts[-1]) < 4:
        return None
    for span in find_form(text, parts[-1]):
        if _overlaps(span, taken):
            continue
        before = text[: span[0]].rstrip()
        previous = re.search(r"([\w\-.]+)$", before)
        word = previous.group(1).rstrip(".").lower() if previous else ""
        if text[span[0] - 1 : span[0]] == "-":
            continue
        if not word or not previous or not previous.group(1)[:1].isupper() or word in _TITLES:
            return span
    return None


def _edit(text: str, span: Span, hit: TermHit) -> Replacement:
    """Write the target at a place: capitals, article and plural as the place needs them."""
    start, end = span
    new, old = hit.target, text[start:end]
    # The article may stand in the text already: the Levant -> "the" + Levant.
    if new.lower().startswith("the ") and re.search(r"\bthe\s+$", text[:start], re.IGNORECASE):
        new = new[4:]
    if not new.isupper() and old.isupper() and len(old) > 3:
        new = new.upper()
    elif _begins_sentence(text, start) and new[:1].islower():
        new = new[0].upper() + new[1:]
    if (
        hit.plural
        and old.endswith("s")
        and not new.endswith("s")
        and hit.type in ("demonym", "group", "weapon")
    ):
        new += "s"
    article = re.search(r"\b([Aa]n?)\s+$", text[:start])
    if article is None:
        return Replacement(span, old, new)
    word = article.group(1)
    right = ("A" if word[0] == "A" else "a") + ("n" if starts_with_vowel_sound(new) else "")
    change = None if right == word else (article.span(1), right)
    return Replacement(span, old, new, change)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“‘(«")
    return not before or before[-1] in ".!?\n"
