"""What one English sentence says, in comparable pieces.

In: a sentence, and the equivalents that a glossary knows. Out: an `Analysis`: units (words, names, figures)
in order, quotations, negated heads, who speaks. Not here: comparing two sentences (verify).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from khabar_core.records import Span
from khabar_summarize.english import (
    STOPWORDS,
    Token,
    is_common_word,
    plain_quotes,
    stem,
    tokenise,
    weight,
    word_set,
)
from khabar_summarize.figures import Figure, find_dates, find_figures
from khabar_summarize.names import Name, find_names, fold

__all__ = ["SPEECH_STEMS", "Analysis", "Cue", "Unit", "analyse", "equivalents_key", "quotations"]

_QUOTED = re.compile(r'"([^"]+)"')
NEGATORS = word_set(
    "not no never neither nor none nobody nothing without cannot cant n't hardly barely nowhere"
)
# Verbs that say no by themselves: they neither need a negator in the source nor contradict one.
SOFT_NEGATORS = frozenset(
    stem(word)
    for word in word_set(
        "deny refuse reject decline fail lack prevent avoid stop halt dismiss rule unable unlikely"
        " unwilling absence"
        " impossible far opposed oppose against block ban prohibit forbid unless yet instead rather free"
        " few little"
        " only except unclear unknown miss missing undisclosed withhold stopped short end cancel abandon"
        " scrap drop"
        " resist unchanged unsuccessful ineligible disagree disprove false untrue innocent longer until"
    )
)
SPEECH_STEMS = frozenset(
    stem(word)
    for word in word_set(
        "said told announced declared stated reiterated repeated emphasised added warned urged called"
        " insisted claimed reported argued"
        " accused"
        " condemned confirmed denied stressed noted explained affirmed replied asked criticised criticized"
        " praised"
        " described suggested acknowledged admitted pledged vowed promised predicted wrote tweeted"
    )
)
_CLAUSE_MARKS = frozenset([",", ";", ":", "—", "–", "(", ")", ".", "!", "?", "…"])
_CLAUSE_WORDS = word_set("but although though while whereas because")
_NEGATION_REACH = 3  # content words after a negator that it can govern
_CUE_REACH = 5  # content words on each side that count as its surroundings
_PAST_FORMS = word_set(
    "told met held won shot led took gave sent struck fought beat hit brought sold paid saw threw drove"
    " left put"
    " said cut let set made found caught sought taught fled"
)
_BE = word_set("was were is are been be being")


class Unit(NamedTuple):
    """One piece of a sentence that can be compared: a word stem, a name word, a figure."""

    key: str
    kind: str  # "word", "name", "number", "date"
    weight: float
    run: int  # index of the name or figure it belongs to, -1 for words
    verbal: bool = False  # a word that is surely a verb form


class Cue(NamedTuple):
    """A word that denies, with the weights of the content around it.

    `governed` is what it denies: the content words that follow it in its clause.
    """

    hard: bool  # "not", "no", "never"; else a verb or adjective that says no ("refused", "unclear")
    governed: tuple[tuple[str, float], ...]
    near: frozenset[str]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A sentence taken apart.

    Attributes:
        text: the sentence with plain quotes.
        units: content units in order, passives turned active.
        names: see `find_names`.
        figures: numbers; `dates` are day and month words.
        quotes: quoted passages, folded to bare words.
        cues: words that deny.
        stems: every content stem.
        speakers: keys of the names that speak.
    """

    text: str
    units: tuple[Unit, ...]
    names: tuple[Name, ...]
    figures: tuple[Figure, ...]
    dates: tuple[Figure, ...]
    quotes: tuple[str, ...]
    cues: tuple[Cue, ...]
    stems: frozenset[str]
    speakers: frozenset[str]


def equivalents_key(forms: tuple[str, ...]) -> dict[str, str]:
    """Folded word -> key, for the words by which the accepted forms of one name differ.

    >>> equivalents_key(("Idlib", "Edlib"))
    {'idlib': '=idlib', 'edlib': '=idlib'}
    """
    split = [[fold(token.text) for token in tokenise(form) if token.is_word] for form in forms]
    keys: dict[str, str] = {}
    for words in split[1:]:
        if len(words) == len(split[0]):
            for mine, other in zip(split[0], words, strict=True):
                if mine != other:
                    keys[mine] = keys[other] = f"={mine}"
    return keys


def analyse(text: str, equivalents: Mapping[str, str] | None = None) -> Analysis:
    """Take a sentence apart; equal calls are answered from a cache."""
    return _analyse(text, tuple(sorted((equivalents or {}).items())))


@functools.lru_cache(maxsize=8192)
def _analyse(text: str, equivalents: tuple[tuple[str, str], ...]) -> Analysis:
    text = plain_quotes(text)
    names = find_names(text, dict(equivalents))
    figures = find_figures(text)
    dates = find_dates(text)
    tokens = tokenise(text)
    units = _units(tokens, names, figures, dates)
    stems = frozenset(unit.key for _, unit in units)
    return Analysis(
        text=text,
        units=_activated(tokens, units),
        names=tuple(names),
        figures=tuple(figures),
        dates=tuple(dates),
        quotes=quotations(text),
        cues=_cues(tokens, units),
        stems=stems,
        speakers=_speakers(tokens, names),
    )


def quotations(text: str) -> tuple[str, ...]:
    """Quoted passages as bare words in lower case."""
    found = []
    for match in _QUOTED.finditer(plain_quotes(text)):
        words = " ".join(re.findall(r"[\w'-]+", match.group(1).lower()))
        if words:
            found.append(words)
    return tuple(found)


def _units(
    tokens: list[Token], names: list[Name], figures: list[Figure], dates: list[Figure]
) -> list[tuple[int, Unit]]:
    """(code point, unit) in order; words inside a name or figure appear as that only."""
    placed: list[tuple[int, Unit]] = []
    taken: list[Span] = []
    for run, name in enumerate(names):
        taken.append(name.span)
        last = ""
        for key in name.keys:
            if key != last:  # "Saudi Arabia" is one unit
                placed.append((name.span[0], Unit(key, "name", 1.0, run)))
            last = key
    for run, figure in enumerate([*figures, *dates]):
        taken.append(figure.span)
        kind = "date" if figure.kind == "date" else "number"
        placed.append((figure.span[0], Unit(figure.value, kind, 1.0, run)))
    for token in tokens:
        if not token.is_word or any(start <= token.span[0] < end for start, end in taken):
            continue
        for part in token.lower.split("-"):
            if part in STOPWORDS or part in NEGATORS or len(part) < 2:
                continue
            key = stem(part)
            verbal = (part.endswith("ed") and len(part) > 4) or part in _PAST_FORMS
            placed.append((token.span[0], Unit(key, "word", weight(key), -1, verbal)))
    placed.sort(key=lambda item: item[0])
    return placed


def _activated(tokens: list[Token], units: list[tuple[int, Unit]]) -> tuple[Unit, ...]:
    """The units with `X was hit by Y` turned into `Y hit X`, so that order means agent before patient."""
    ordered = list(units)
    for i, token in enumerate(tokens):
        if token.lower != "by":
            continue
        window = tokens[max(0, i - 4) : i]
        be = next((j for j in range(len(window) - 1, -1, -1) if window[j].lower in _BE), None)
        verb = next(
            (t for t in reversed(window) if t.lower.endswith(("ed", "en")) or stem(t.lower) != t.lower), None
        )
        if be is None or verb is None or verb.span[0] < window[be].span[0]:
            continue
        clause_start = _clause_edge(tokens, i, -1)
        clause_end = _clause_edge(tokens, i, +1)
        auxiliary, by = window[be].span[0], token.span[0]
        head = [u for u in ordered if clause_start <= u[0] < auxiliary]
        middle = [u for u in ordered if auxiliary <= u[0] < by]
        tail = [u for u in ordered if by <= u[0] < clause_end]
        before = [u for u in ordered if u[0] < clause_start]
        after = [u for u in ordered if u[0] >= clause_end]
        if head and tail:
            ordered = [*before, *tail, *middle, *head, *after]
            break
    return tuple(unit for _, unit in ordered)


def _clause_edge(tokens: list[Token], index: int, step: int) -> int:
    """Code point where the clause around a token begins (-1) or ends (+1)."""
    j = index + step
    while 0 <= j < len(tokens):
        if tokens[j].text in _CLAUSE_MARKS or tokens[j].lower in _CLAUSE_WORDS | {"that", "and"}:
            return tokens[j].span[1] if step < 0 else tokens[j].span[0]
        j += step
    return 0 if step < 0 else tokens[-1].span[1] + 1


def _cues(tokens: list[Token], units: list[tuple[int, Unit]]) -> tuple[Cue, ...]:
    """The words that deny, each with what it denies and what stands around it."""
    cues = []
    for i, token in enumerate(tokens):
        hard = token.lower in NEGATORS or token.lower.endswith("n't")
        if not hard and not _says_no(token.lower):
            continue
        following = tokens[i + 1].lower if i + 1 < len(tokens) else ""
        if hard and (following in ("only", "just", "least") or (token.text == "No" and following == ".")):
            continue
        end = _clause_end(tokens, i)
        after = [u for at, u in units if token.span[1] <= at]
        before = [u for at, u in units if at < token.span[0]]
        governed = [u for at, u in units if token.span[1] <= at < end][:_NEGATION_REACH]
        near = frozenset(u.key for u in [*before[-_CUE_REACH:], *after[:_CUE_REACH]])
        cues.append(Cue(hard, tuple((u.key, u.weight) for u in governed), near))
    return tuple(cues)


def _says_no(word: str) -> bool:
    if stem(word) in SOFT_NEGATORS:
        return True
    return word.startswith("un") and len(word) > 5 and is_common_word(word[2:])


def _clause_end(tokens: list[Token], index: int) -> int:
    for token in tokens[index + 1 :]:
        if token.text in _CLAUSE_MARKS or token.lower in _CLAUSE_WORDS:
            return token.span[0]
    return tokens[-1].span[1] + 1


def _speakers(tokens: list[Token], names: list[Name]) -> frozenset[str]:
    """Keys of the names that may be speaking: before a verb of speech, or after "according to".

    A wide net on purpose: appositions part a speaker from the verb.
    """
    speakers: set[str] = set()
    for i, token in enumerate(tokens):
        if stem(token.lower) in SPEECH_STEMS and token.lower not in ("call", "report", "claim", "state"):
            speakers.update(n.keys[-1] for n in names if n.span[1] <= token.span[0])
            after = [n for n in names if 0 < n.span[0] - token.span[1] < 12]
            speakers.update(n.keys[-1] for n in after[:1])
        elif token.lower == "according" and i + 1 < len(tokens):
            speakers.update(n.keys[-1] for n in names if 0 <= n.span[0] - tokens[i + 1].span[1] < 60)
    return frozenset(speakers)
