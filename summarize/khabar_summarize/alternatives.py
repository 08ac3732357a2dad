"""What a written sentence might have said instead: its names exchanged or replaced, its numbers, its denial.

In: a written sentence and the sentences it cites. Out: variants of the text, each with the error that it
would put right. Not here: judging which variant fits the sources (second_opinion).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from khabar_core.records import Span
from khabar_summarize.analysis import Analysis
from khabar_summarize.names import Name, same_word

__all__ = ["Alternative", "alternatives"]

_MOST_OF_A_KIND = 4
_REACH = 110  # characters between two names that may exchange their parts
_AUXILIARY = re.compile(
    r"\b(?:will|would|can|could|should|must|has|have|had|is|are|was|were|may|might|did|does|do)\b"
    r"(?! not\b|n't)"
)
_DENIAL = re.compile(r"\b(?:not|never)\s+|n't\b|\bno (?=[a-z])")
_OPPOSITES = (
    ("against", "in favour"), ("against", "for"), ("before", "after"), ("rose", "fell"), ("rise", "fall"),
    ("rises", "falls"), ("increase", "decrease"), ("increased", "decreased"), ("up", "down"),
    ("more", "less"), ("more", "fewer"), ("higher", "lower"), ("above", "below"), ("most", "least"),
    ("won", "lost"),
    ("accepted", "rejected"), ("accepted", "refused"), ("approved", "rejected"), ("agreed", "refused"),
    ("confirmed", "denied"), ("supported", "opposed"), ("support", "oppose"), ("opened", "closed"),
    ("began", "ended"), ("start", "end"), ("entered", "left"), ("to", "from"), ("first", "last"),
    ("northern", "southern"), ("north", "south"), ("eastern", "western"), ("east", "west"),
    ("arrested", "released"), ("praised", "criticised"), ("welcomed", "condemned"), ("with", "without"),
    ("can", "cannot"), ("legal", "illegal"), ("all", "none"), ("success", "failure"),
)  # fmt: skip
_LIST = re.compile(r"^(?:,|\s|and|or|&)*$")


@dataclass(frozen=True, slots=True)
class Alternative:
    """A variant of a sentence, and what is wrong with the sentence if the variant is right."""

    text: str
    kind: str  # "exchange", "name", "number", "denial", "opposite"
    problem: str


def alternatives(written: Analysis, cited: Sequence[Analysis]) -> list[Alternative]:
    """The variants worth comparing with the sentence; few of each kind, the likeliest first."""
    makers = (
        _exchanges(written),
        _names(written, cited),
        _numbers(written, cited),
        _denials(written, cited),
        _opposites(written, cited),
    )
    found: dict[str, Alternative] = {}
    for maker in makers:
        for alternative in itertools.islice(maker, _MOST_OF_A_KIND):
            if alternative.text != written.text:
                found.setdefault(alternative.text, alternative)
    return list(found.values())


def _put(text: str, *changes: tuple[Span, str]) -> str:
    """The text with spans replaced."""
    for (start, end), new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _shown(written: Analysis, name: Name) -> str:
    return written.text[name.span[0] : name.span[1]]


def _exchanges(written: Analysis) -> Iterator[Alternative]:
    """Two names in each other's place, nearest pairs first; the members of a list are left alone."""
    pairs = []
    for left, right in itertools.combinations(written.names, 2):
        between = written.text[left.span[1] : right.span[0]]
        if not set(left.keys) & set(right.keys) and len(between) <= _REACH and not _LIST.match(between):
            pairs.append((len(between), left, right))
    for _, left, right in sorted(pairs, key=lambda pair: pair[0]):
        first, second = _shown(written, left), _shown(written, right)
        text = _put(written.text, (left.span, second), (right.span, first))
        yield Alternative(text, "exchange", f"{first} and {second} have each other's part")


def _names(written: Analysis, cited: Sequence[Analysis]) -> Iterator[Alternative]:
    """A name replaced by another of its kind from the cited sentences; each name gets its turn."""
    own = {key for name in written.names for key in name.keys}
    others: dict[str, Name] = {}
    for a in cited:
        for name in a.names:
            if not name.initial and not any(same_word(key, own) for key in name.keys):
                others.setdefault(a.text[name.span[0] : name.span[1]], name)
    for shown, other in others.items():
        for name in written.names:
            if name.keys[-1].startswith("@") == other.keys[-1].startswith("@"):
                problem = f"{_shown(written, name)} stands where the source has {shown}"
                yield Alternative(_put(written.text, (name.span, shown)), "name", problem)


def _numbers(written: Analysis, cited: Sequence[Analysis]) -> Iterator[Alternative]:
    """A number replaced by another of its kind from the cited sentences."""
    own = {figure.value for figure in written.figures}
    others = {f.text: f for a in cited for f in a.figures if f.value not in own}
    for figure in written.figures:
        for shown, other in others.items():
            if other.kind == figure.kind:
                problem = f"{figure.text} stands where the source has {shown}"
                yield Alternative(_put(written.text, (figure.span, shown)), "number", problem)


def _denials(written: Analysis, cited: Sequence[Analysis]) -> Iterator[Alternative]:
    """A denial taken away; or, where the sources deny something, one put in."""
    outside = re.sub(r'"[^"]*"', lambda match: "_" * len(match.group()), written.text)
    denials = list(_DENIAL.finditer(outside))
    for match in denials:
        yield Alternative(
            _put(written.text, (match.span(), "")), "denial", "it denies what its sources affirm"
        )
    if not denials and any(cue.hard for a in cited for cue in a.cues):
        for match in _AUXILIARY.finditer(outside):
            text = _put(written.text, ((match.end(), match.end()), " not"))
            yield Alternative(text, "denial", "it affirms what its sources deny")


def _opposites(written: Analysis, cited: Sequence[Analysis]) -> Iterator[Alternative]:
    """A word exchanged for its opposite, where the sources have that one."""
    sources = " ".join(a.text.lower() for a in cited)
    for pair in _OPPOSITES:
        for mine, theirs in (pair, pair[::-1]):
            match = re.search(rf"\b{mine}\b", written.text)
            if match and re.search(rf"\b{theirs}\b", sources):
                problem = f'it says "{mine}" where its sources say "{theirs}"'
                yield Alternative(_put(written.text, (match.span(), theirs)), "opposite", problem)
