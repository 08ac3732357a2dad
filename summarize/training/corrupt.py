"""Plant errors in correct brief sentences, to see which the verifier catches.

In: articles as numbered sentences with cited briefs (JSONL: "sentences", "brief": [{"text", "cites"}]). Out:
corrupted sentences with the kind of error: numbers, dates, names, roles, negation, quotes. Seeded: the same
input gives the same errors. Not here: judging them (measure_verifier.py).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from khabar_summarize.analysis import Analysis, analyse
from khabar_summarize.english import plain_quotes
from khabar_summarize.names import WEEKDAYS, Name

KINDS = ("numbers", "dates", "names", "roles", "negation", "quotes")
# Names that occur in no article of the sets: an invented participant.
_STRANGERS = (
    "Petra Lindqvist", "Tomasz Zielinski", "Idris Okonjo", "Bergen", "Montevideo", "Ulaanbaatar",
    "Rafael Quintero", "Nordlys Institute", "Mirela Vasquez", "Tallinn",
)  # fmt: skip
_AUXILIARY = re.compile(
    r"\b(will|would|can|could|should|must|has|have|had|is|are|was|were|may|might|did|does|do)\b(?! not\b|n't)"
)
_NEGATION = re.compile(
    r"\b(did|does|do) not (\w+)|\b(will|would|can|could|should|must|has|have|had|is|are|was|were|may) not\b"
)
_PAST = re.compile(r"(?<=[a-z] )(\w{3,}ed)\b(?= [a-z])")
_DAYS = sorted(day.capitalize() for day in WEEKDAYS)


@dataclass(frozen=True)
class Planted:
    """One corrupted sentence."""

    kind: str
    text: str
    original: str


def corruptions(text: str, article: Sequence[str], rng: random.Random) -> Iterator[Planted]:
    """At most one error of each kind."""
    mine = analyse(text)
    theirs = [analyse(sentence) for sentence in article]
    makers: dict[str, Callable[[], str | None]] = {
        "numbers": lambda: _numbers(mine, theirs, rng),
        "dates": lambda: _dates(mine, rng),
        "names": lambda: _names(mine, theirs, rng),
        "roles": lambda: _roles(mine, rng),
        "negation": lambda: _negation(mine.text, rng),
        "quotes": lambda: _quotes(mine.text, theirs, rng),
    }
    for kind, make in makers.items():
        wrong = make()
        if wrong is not None and wrong != mine.text:
            yield Planted(kind, wrong, mine.text)


def _put(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]


def _numbers(mine: Analysis, theirs: Sequence[Analysis], rng: random.Random) -> str | None:
    """Half the time another number of the article, else a number near the right one."""
    digits = [f for f in mine.figures if re.search(r"\d", f.text)]
    if not digits:
        return None
    figure = rng.choice(digits)
    others = sorted(
        {f.text for a in theirs for f in a.figures if f.kind == figure.kind and f.value != figure.value}
    )
    others = [o for o in others if re.search(r"\d", o)]
    if others and rng.random() < 0.5:
        return _put(mine.text, figure.span, rng.choice(others))
    match = re.search(r"\d+", figure.text)
    if match is None:
        return None
    old = match.group()
    new = (
        str(int(old) + rng.choice([1, 2, 3, 5, 10, 11]))
        if len(old) < 4
        else str(int(old) + rng.choice([1, 2, 10]))
    )
    return _put(mine.text, figure.span, figure.text.replace(old, new, 1))


def _dates(mine: Analysis, rng: random.Random) -> str | None:
    days = [d for d in mine.dates if d.value in WEEKDAYS]
    if not days:
        return None
    day = rng.choice(days)
    return _put(mine.text, day.span, rng.choice([d for d in _DAYS if d.lower() != day.value]))


def _kind(name: Name) -> str:
    return "place" if name.keys[-1].startswith("@") else "other"


def _names(mine: Analysis, theirs: Sequence[Analysis], rng: random.Random) -> str | None:
    """Half the time another name of the article, of the same kind, else a stranger's."""
    own = {key for name in mine.names for key in name.keys}
    names = [n for n in mine.names if not n.initial and n.words[0] in mine.text]
    if not names:
        return None
    name = rng.choice(names)
    seen = {
        n.text: n
        for a in theirs
        for n in a.names
        if not n.initial and not own & set(n.keys) and _kind(n) == _kind(name) and n.text in a.text
    }
    new = rng.choice(sorted(seen)) if seen and rng.random() < 0.5 else rng.choice(_STRANGERS)
    start, end = name.span
    return mine.text[:start] + new + mine.text[end:]


def _roles(mine: Analysis, rng: random.Random) -> str | None:
    """Two names exchanged, where a verb stands between them."""
    pairs = []
    for i, left in enumerate(mine.names):
        for right in mine.names[i + 1 :]:
            between = mine.text[left.span[1] : right.span[0]]
            verb = re.search(
                r"\b\w{3,}ed\b|\b(?:told|met|hit|said|struck|gave|sent|held|won|beat|shot|took|left|led)\b",
                between,
            )
            if verb and len(between) < 70 and not re.search(r"\b(?:met|talks|spoke|joined|and)\b", between):
                same = set(left.keys) & set(right.keys)
                if (not same and not left.initial) or (left.initial and len(left.words) == 1 and not same):
                    pairs.append((left, right))
    if not pairs:
        return None
    left, right = rng.choice(pairs)
    text = mine.text
    first, second = text[left.span[0] : left.span[1]], text[right.span[0] : right.span[1]]
    return text[: left.span[0]] + second + text[left.span[1] : right.span[0]] + first + text[right.span[1] :]


def _negation(text: str, rng: random.Random) -> str | None:
    """A denial taken away, or one put in."""
    match = _NEGATION.search(text)
    if match:
        return _put(text, match.span(), match.group().replace(" not", "", 1))
    bare = re.sub(r'"[^"]*"', lambda m: "_" * len(m.group()), text)
    spots = list(_AUXILIARY.finditer(bare))
    if spots:
        spot = rng.choice(spots)
        return text[: spot.end()] + " not" + text[spot.end() :]
    past = _PAST.search(bare)
    return _put(text, past.span(), f"never {past.group()}") if past else None


def _quotes(text: str, theirs: Sequence[Analysis], rng: random.Random) -> str | None:
    """A word inside a quotation exchanged for another of the article."""
    spans = [m.span(1) for m in re.finditer(r'"([^"]{4,})"', plain_quotes(text))]
    if not spans:
        return None
    start, end = rng.choice(spans)
    words = list(re.finditer(r"[a-z]{4,}", text[start:end]))
    pool = sorted({w for a in theirs for w in re.findall(r"\b[a-z]{5,}\b", a.text)})
    if not words or not pool:
        return None
    word = rng.choice(words)
    new = rng.choice([w for w in pool if w != word.group()])
    return text[: start + word.start()] + new + text[start + word.end() :]
