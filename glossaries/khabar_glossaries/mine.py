"""Propose entries from translated text. In: Arabic lines and their English. Out: candidates with evidence.

A candidate is an Arabic word and a capitalised English word of the same line that sound alike; words that
follow each other on both sides form one name. How often the pair occurs is the evidence. Not here: deciding;
a person reads the candidates before they go into a glossary.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from khabar_core.errors import InputError
from khabar_glossaries.clitics import PREFIXES
from khabar_glossaries.entry import Entry
from khabar_glossaries.folding import fold_key
from khabar_glossaries.glossary import Glossary
from khabar_glossaries.romanise import arabic_sounds, english_sounds, n_consonants, sound_similarity
from khabar_glossaries.wordlists import common_words

__all__ = ["Candidate", "mine"]

_ARABIC = re.compile("[\u0620-\u065f\u0670-\u06d3]+")
_ENGLISH = re.compile(r"\w[\w'’]*(?:-\w+)*")
_ALIKE = 0.72
_MIN_CONSONANTS = 2
_MAX_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pair that may be a name.

    Attributes:
        source: Arabic without proclitics.
        target: the English form seen most often.
        others: other English forms seen, most frequent first.
        n_lines: lines in which the pair stands.
        n_source: lines in which the Arabic stands.
        likeness: in sound, 0 to 1.
        example: number of the first line, from 1.
    """

    source: str
    target: str
    others: tuple[str, ...]
    n_lines: int
    n_source: int
    likeness: float
    example: int

    def to_entry(self) -> Entry:
        """The candidate as an entry whose note says what it is based on."""
        share = f"{self.n_lines} of {self.n_source} lines"
        note = f"mined: {share}, likeness {self.likeness:.2f}, line {self.example}"
        return Entry(source=self.source, target=self.target, accepted=self.others, note=note, origin="mined")


@dataclass(slots=True)
class _Evidence:
    targets: Counter[str]
    lines: set[int]


def mine(
    src: Sequence[str],
    mt: Sequence[str],
    *,
    known: Glossary | None = None,
    min_lines: int = 2,
    limit: int | None = None,
) -> list[Candidate]:
    """Collect candidates that the glossary does not know yet, best first.

    Args:
        src: Arabic lines.
        mt: their English, line by line.
        known: what need not be proposed again.
        min_lines: lines in which a pair must stand.
        limit: how many to return at most.

    Raises:
        InputError: the two have different numbers of lines.
    """
    if len(src) != len(mt):
        raise InputError(f"{len(src)} Arabic lines and {len(mt)} English lines", hint="one line for one line")
    known = known if known is not None else Glossary.empty()
    evidence: dict[str, _Evidence] = defaultdict(lambda: _Evidence(Counter(), set()))
    surfaces: dict[str, Counter[str]] = defaultdict(Counter)
    for number, (arabic, english) in enumerate(zip(src, mt, strict=True), 1):
        for source, target in _pairs(arabic, english, known):
            key = fold_key(source)
            evidence[key].targets[target] += 1
            evidence[key].lines.add(number)
            surfaces[key][source] += 1
    kept = {key: found for key, found in evidence.items() if len(found.lines) >= min_lines}
    totals = _count_lines(src, kept)
    candidates = [_candidate(key, found, surfaces[key], totals[key]) for key, found in kept.items()]
    candidates.sort(key=lambda c: (-c.n_lines * c.likeness * c.n_lines / c.n_source, c.source))
    return candidates[:limit]


def _candidate(key: str, found: _Evidence, surfaces: Counter[str], n_source: int) -> Candidate:
    ranked = [form for form, _ in found.targets.most_common()]
    source = surfaces.most_common(1)[0][0]
    return Candidate(
        source=source,
        target=ranked[0],
        others=tuple(ranked[1:4]),
        n_lines=len(found.lines),
        n_source=max(n_source, len(found.lines)),
        likeness=sound_similarity(english_sounds(ranked[0]), arabic_sounds(source)),
        example=min(found.lines),
    )


def _count_lines(src: Iterable[str], keys: Iterable[str]) -> Counter[str]:
    """In how many lines each key stands, proclitics allowed."""
    wanted = [Entry(source=key, target="x") for key in keys]
    finder = Glossary([wanted])
    counts: Counter[str] = Counter()
    for line in src:
        counts.update({match.entry.source for match in finder.find(line)})
    return counts


def _pairs(arabic: str, english: str, known: Glossary) -> list[tuple[str, str]]:
    """The pairs of one line: aligned words, joined where they follow each other on both sides."""
    covered = [match.token_span for match in known.find(arabic)]
    words = [
        (match.start(), match.group())
        for match in _ARABIC.finditer(arabic)
        if not any(start <= match.start() < end for start, end in covered)
    ]
    names = [match.span() for match in _ENGLISH.finditer(english)]
    aligned: list[tuple[int, str, int] | None] = []
    used: set[int] = set()
    for _, word in words:
        best = _best_name(word, english, names, used)
        aligned.append(best)
        if best is not None:
            used.add(best[2])
    pairs = []
    i = 0
    while i < len(words):
        first = aligned[i]
        if first is None:
            i += 1
            continue
        j = i
        while (
            j + 1 < len(words)
            and j - i + 1 < _MAX_WORDS
            and _follows(words, aligned, j, arabic, english, names)
        ):
            j += 1
        last = aligned[j] or first
        start = words[i][0] + first[0]
        end = words[j][0] + len(words[j][1])
        pairs.append((arabic[start:end], english[names[first[2]][0] : names[last[2]][1]]))
        i = j + 1
    return pairs


def _follows(
    words: Sequence[tuple[int, str]],
    aligned: Sequence[tuple[int, str, int] | None],
    j: int,
    arabic: str,
    english: str,
    names: Sequence[tuple[int, int]],
) -> bool:
    """Whether word j + 1 goes on the name of word j on both sides."""
    here, there = aligned[j], aligned[j + 1]
    if here is None or there is None or there[0] != 0 or there[2] != here[2] + 1:
        return False
    between = arabic[words[j][0] + len(words[j][1]) : words[j + 1][0]]
    gap = english[names[here[2]][1] : names[there[2]][0]]
    return between == " " and gap == " "


def _best_name(
    word: str, english: str, names: Sequence[tuple[int, int]], used: set[int]
) -> tuple[int, str, int] | None:
    """(letters of proclitics, stem, index) of the capitalised word that sounds most like an Arabic word."""
    folded = fold_key(word)
    if folded in common_words() or len(folded) < 3:
        return None
    best: tuple[float, int, str, int] | None = None
    for prefix in sorted(PREFIXES, key=len):
        if not word.startswith(prefix) or len(word) - len(prefix) < 3:
            continue
        stem = word[len(prefix) :]
        sounds = arabic_sounds(stem)
        if fold_key(stem) in common_words() or n_consonants(sounds) < _MIN_CONSONANTS:
            continue
        for k, (start, end) in enumerate(names):
            name = english[start:end]
            if k in used or not name[0].isupper() or (k == 0 and name.lower() in _OPENERS):
                continue
            likeness = sound_similarity(english_sounds(name), sounds)
            # A reading with fewer proclitics wins unless another is clearly better.
            if likeness >= _ALIKE and (best is None or likeness > best[0] + 0.05):
                best = (likeness, len(prefix), stem, k)
    return None if best is None else best[1:]


_OPENERS = frozenset(
    ["the", "a", "an", "in", "on", "at", "it", "he", "she", "they", "this", "that", "but", "and"]
)
