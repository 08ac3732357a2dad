"""Figures on which the reports of one event differ: "33 soldiers (the White House), 34 (Ankara)".

In: the source sentences of one event. Out: a `Disagreement` for each fact that is given with different
numbers by different sources. Not here: deciding who is right.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_summarize.analysis import SPEECH_STEMS, Analysis, analyse
from khabar_summarize.english import STOPWORDS, is_common_word, plain_quotes, stem, tokenise, word_set
from khabar_summarize.figures import Figure
from khabar_summarize.sources import SourceSentence

__all__ = ["Account", "Disagreement", "find_disagreements"]

# What is counted in the same breath by several sources.
_COUNTED_VERBS = frozenset(
    stem(w)
    for w in word_set(
        "killed died dead wounded injured hurt arrested detained captured missing displaced fled"
        " evacuated rescued"
        " kidnapped abducted destroyed damaged burned attended protested infected drowned"
    )
)
# How the reader is told: "soldiers killed", whether a sentence says dead, killing or died.
_PARTICIPLES = {
    stem(word): word
    for word in word_set(
        "killed wounded injured arrested detained captured displaced rescued destroyed damaged"
    )
} | {stem("dead"): "killed"}
_REACH = 6
_LEAST_SHARED = 2  # content words beside the counted noun and the verb, when nobody is named as the source
_SPEAKER_WORDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One source's number: `speaker` is "" when the sentence names nobody."""

    value: str
    speaker: str
    sentence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One fact with different numbers; `what` is the counted thing in one source's words."""

    what: str
    verb: str
    accounts: tuple[Account, ...]

    def sentence(self) -> str:
        """The disagreement as a sentence for the reader."""
        told = []
        for account in self.accounts:
            told.append(
                f"{account.value} according to {account.speaker}" if account.speaker else account.value
            )
        return f"Figures for {self.what} {self.verb} differ: {'; '.join(told)}."


@dataclass(frozen=True, slots=True)
class _Count:
    figure: Figure
    noun: str
    verb: str
    verb_text: str
    what: str
    near: frozenset[str]
    dates: frozenset[str]
    speaker: str
    sentence: int
    article: str


def find_disagreements(sentences: Sequence[SourceSentence], indices: Sequence[int]) -> list[Disagreement]:
    """Counts of the same thing with different numbers by different sources.

    Args:
        sentences: all source sentences.
        indices: those of one event.
    """
    counts = [count for i in indices for count in _counts(sentences[i], i)]
    groups: list[list[_Count]] = []
    for count in counts:
        group = next((g for g in groups if all(_same_fact(count, other) for other in g)), None)
        if group is None:
            groups.append([count])
        else:
            group.append(count)
    found = []
    for group in groups:
        accounts: dict[tuple[str, str], Account] = {}
        for count in group:
            account = Account(value=count.figure.text, speaker=count.speaker, sentence=count.sentence)
            accounts.setdefault((count.figure.value, count.speaker), account)
        values = {value for value, _ in accounts}
        if len(values) > 1 and _independent(group):
            first = {value: account for (value, _), account in reversed(accounts.items())}
            ordered = tuple(sorted(first.values(), key=lambda a: a.sentence))
            found.append(Disagreement(what=group[0].what, verb=group[0].verb_text, accounts=ordered))
    return found


def _independent(group: Sequence[_Count]) -> bool:
    """Whether the numbers come from different mouths: one source that gives two counts two things."""
    for left, right in itertools.combinations(group, 2):
        if left.figure.value != right.figure.value:
            named = bool(left.speaker and right.speaker)
            if named and left.speaker.lower() == right.speaker.lower():
                return False
            if not named and left.article == right.article and len(left.near & right.near) < _LEAST_SHARED:
                return False
    return True


def _same_fact(left: _Count, right: _Count) -> bool:
    if (left.noun, left.verb) != (right.noun, right.verb):
        return False
    if left.dates and right.dates and not left.dates & right.dates:
        return False
    return left.figure.value == right.figure.value or len(left.near & right.near) >= 1


def _counts(source: SourceSentence, index: int) -> list[_Count]:
    """The counted things of one sentence: number, noun, verb."""
    analysis = analyse(source.text)
    text = plain_quotes(source.text)
    counts = []
    for figure in analysis.figures:
        if figure.kind != "number" or not figure.value.isdigit() or 1900 <= int(figure.value) <= 2100:
            continue
        after = [t for t in tokenise(text[figure.span[1] : figure.span[1] + 80]) if t.is_word]
        phrase = list(
            itertools.takewhile(lambda t: t.lower not in STOPWORDS and not _is_verb(t.lower), after[:4])
        )
        if not phrase:
            continue
        verb = _nearest_verb(text, figure)
        if verb is None:
            continue
        noun = stem(phrase[-1].lower)
        near = frozenset(u.key for u in analysis.units if u.kind in ("name", "word")) - {noun, stem(verb)}
        counts.append(
            _Count(
                figure=figure,
                noun=noun,
                verb=stem(verb),
                verb_text=verb,
                what=" ".join(t.text for t in phrase),
                near=near - SPEECH_STEMS,
                dates=frozenset(d.value for d in analysis.dates),
                speaker=_speaker(text, analysis, figure),
                sentence=index,
                article=source.article,
            )
        )
    return counts


def _is_verb(word: str) -> bool:
    return stem(word) in _COUNTED_VERBS


def _nearest_verb(text: str, figure: Figure) -> str | None:
    """The counting verb nearest to a figure, within a few words on either side."""
    before = [t for t in tokenise(text[: figure.span[0]]) if t.is_word][-_REACH:]
    after = [t for t in tokenise(text[figure.span[1] :]) if t.is_word][:_REACH]
    near = [(len(before) - i, t.lower) for i, t in enumerate(before)] + [
        (i + 1, t.lower) for i, t in enumerate(after)
    ]
    verbs = sorted(item for item in near if _is_verb(item[1]))
    return _PARTICIPLES.get(stem(verbs[0][1]), verbs[0][1]) if verbs else None


def _speaker(text: str, analysis: Analysis, figure: Figure) -> str:
    """Who gives a figure, as written: "the White House"; "" if nobody surely does."""
    match = re.search(r"\b[Aa]ccording to ((?:the |a |an )?[^,.;]{2,60})", text)
    if match:
        return " ".join(match.group(1).split()[: _SPEAKER_WORDS + 1]).strip(' "')
    tokens = tokenise(text)
    for i, token in enumerate(tokens):
        if stem(token.lower) not in SPEECH_STEMS or i == 0 or token.span[0] > figure.span[0]:
            continue
        # After a quotation the newspaper often goes on by itself: `denied "any part" in what killed 34`.
        if '"' in text[token.span[1] : figure.span[0]]:
            continue
        phrase = text[: token.span[0]].split()
        if 0 < len(phrase) <= _SPEAKER_WORDS and "," not in text[: token.span[0]]:
            return " ".join([phrase[0].lower() if is_common_word(phrase[0]) else phrase[0], *phrase[1:]])
        before = [n for n in analysis.names if n.span[1] <= token.span[0]]
        if before and token.span[0] - before[-1].span[1] < 40:
            start, end = before[-1].span
            article = "the " if text[:start].rstrip().lower().endswith("the") else ""
            return article + text[start:end]
    match = re.search(r",\s+((?:the )?[A-Z]?[\w' -]{2,40}?) (?:said|says|reported|announced)\b", text)
    return match.group(1) if match else ""
