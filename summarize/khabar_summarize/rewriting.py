"""Write a brief sentence by sentence: choose what to tell, let the model retell it, check it.

A small model that reads a whole article mixes its parties, figures and speakers: six of seven such briefs had
a sentence that the article does not bear out, though names and numbers were right. The same model retells a
single sentence, or two that belong together, faithfully. So the choice of what to tell is made here, and the
model sees nothing but the sentences that it is to retell.

In: the pool of one event, an engine trained on such rewriting. Out: units (which sentences to tell together)
and for each unit drafts, best first, checked by rule against the unit alone. Not here: the model's second
opinion and what takes the place of a sentence that fails (drafting).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from khabar_core.engines.base import Engine
from khabar_core.records import Check
from khabar_summarize.analysis import analyse
from khabar_summarize.drafts import Draft, Pool, stands_alone
from khabar_summarize.edits import unsafe_change
from khabar_summarize.english import count_words
from khabar_summarize.options import BriefOptions
from khabar_summarize.selection import Ranked, overlap
from khabar_summarize.verify import SOFT_CHECKS, Verdict
from khabar_summarize.writing import rewrite

__all__ = ["Rewriter", "Unit", "plan"]

_MOST_WORDS = 75  # of the sentences that are told together
_SAME = 0.5  # common stems from which two sentences tell the same story
_REPEATED = 0.6  # what the repetition of chosen sentences costs a sentence
_SECTIONS, _LONG = 4, 24  # parts of a long article, and from how many sentences on it is long
_TOLD_SECTION = 0.6  # what is left of a sentence's worth when its part of a long article has had its turn
_NEW_NAME, _MAIN_ACTOR = 0.2, 5  # what an actor adds who is not in the brief yet but in so many sentences
_LONG_SENTENCE, _LONG_COST = 26, 0.004  # words, and what each beyond costs a sentence
_AIM = 22  # words; longer sentences are no brief
_WORD_COST = 0.015
_COPIED = 0.25  # what a sentence costs that changes nothing
_WORD = re.compile(r"[^\W_]+")
_LEAST_OWN = 0.1  # of a wording that only the sentence to be told supports, not the one it leans on


@dataclass(frozen=True, slots=True)
class Unit:
    """Sentences that are told in one: `main` matters, the others say who or what it is about.

    Attributes:
        main: index of the sentence that is to be told.
        shown: what the model sees, in reading order.
        worth: how much it adds to what was chosen before it.
    """

    main: int
    shown: tuple[int, ...]
    worth: float = 0.0


def plan(ranked: Sequence[Ranked], n: int) -> list[Unit]:
    """The units to tell, the most important first.

    Args:
        ranked: usable sentences of one event in reading order; `index` is the place in this order.
        n: at most so many.
    """
    chosen: list[Unit] = []
    story = _Story(ranked)
    left = [r for r in ranked if not _asks(r)] or list(ranked)
    while len(chosen) < n:
        left = sorted((r for r in left if not story.tells(r)), key=lambda r: (-story.worth(r), r.index))
        unit = next((unit for r in left if (unit := _unit(r, ranked)) is not None), None)
        if unit is None:
            break
        chosen.append(replace(unit, worth=story.worth(ranked[unit.main])))
        story.told.update(unit.shown)
    return chosen


class _Story:
    """What is told already, and what a sentence adds to it."""

    def __init__(self, ranked: Sequence[Ranked]) -> None:
        self.told: set[int] = set()
        self._ranked = ranked
        self._names = [{key for name in analyse(r.source.text).names for key in name.keys} for r in ranked]
        self._counts = Counter(key for names in self._names for key in names)
        self._section = len(ranked) / _SECTIONS

    def tells(self, ranked: Ranked) -> bool:
        """Whether the sentence is told, or one that says about the same."""
        return ranked.index in self.told or any(
            overlap(ranked.stems, self._ranked[i].stems) >= _SAME for i in self.told
        )

    def worth(self, ranked: Ranked) -> float:
        """Importance; less when repeated, more for a new actor and an untouched part of a long article."""
        score = ranked.score - _LONG_COST * max(0, count_words(ranked.source.text) - _LONG_SENTENCE)
        if not self.told:
            return score
        worth = score + _NEW_NAME * self._new_names(ranked.index)
        worth -= _REPEATED * max(overlap(ranked.stems, self._ranked[i].stems) for i in self.told)
        if len(self._ranked) >= _LONG:
            part = int(ranked.index / self._section)
            worth *= _TOLD_SECTION ** len({i for i in self.told if int(i / self._section) == part})
        return worth

    def _new_names(self, index: int) -> float:
        """How much the article has to do with the sentence's names that are not told yet; 0..1."""
        told = set().union(*(self._names[i] for i in self.told))
        new = [self._counts[key] for key in self._names[index] - told if self._counts[key] > 1]
        return min(1.0, max(new, default=0) / _MAIN_ACTOR)


def _asks(ranked: Ranked) -> bool:
    """Whether the sentence asks, or announces a list that a brief has no room for."""
    return ranked.source.text.rstrip("\"”»') ").endswith(("?", ":"))


def _unit(main: Ranked, ranked: Sequence[Ranked]) -> Unit | None:
    """The sentence, with the one before it if it leans on that; None when what it leans on is not there."""
    shown = [main.index]
    if main.dangling:
        before = main.index - 1
        if before < 0 or not _follows(ranked[before], main) or ranked[before].dangling:
            return None
        shown.insert(0, before)
    words = sum(count_words(ranked[i].source.text) for i in shown)
    return Unit(main.index, tuple(shown)) if words <= _MOST_WORDS or len(shown) == 1 else None


def _follows(left: Ranked, right: Ranked) -> bool:
    """Whether one stands directly before the other in the same article."""
    same = left.source.article == right.source.article
    return same and left.source.position + 1 == right.source.position


class Rewriter:
    """Retells units of one event.

    Args:
        engine: writes.
        pool: the sentences.
        options: how hard to try.
    """

    def __init__(self, engine: Engine, pool: Pool, options: BriefOptions) -> None:
        self._engine = engine
        self._pool = pool
        self._options = options

    def rewrite(self, units: Sequence[Unit]) -> list[list[Draft]]:
        """Drafts of each unit that pass, best first, then the failing ones."""
        texts = [[self._pool.ranked[i].source.text for i in unit.shown] for unit in units]
        written = rewrite(self._engine, texts, self._options.beam_size)
        found = []
        for unit, sentences in zip(units, written, strict=True):
            drafts = [self._draft(unit, text, logprob) for text, logprob in sentences]
            found.append(sorted(drafts, key=lambda d: -self._value(d)))
        return found

    def _draft(self, unit: Unit, text: str, logprob: float) -> Draft:
        verdict = self._pool.verifier.check(text, unit.shown, within=unit.shown)
        before = [i for i in unit.shown if i != unit.main]
        if before:
            theirs = self._pool.verifier.check(text, before, within=before).support
            if verdict.support - theirs < _LEAST_OWN:
                verdict = _refused(verdict, "it tells only the sentence before the one to be told")
        texts = [self._pool.ranked[i].source.text for i in unit.shown]
        verdict = _with_edits(verdict, unsafe_change(texts[-1], text, " ".join(texts[:-1])))
        sources = [_bare(source) for source in texts]
        copied = any(_bare(text) in source for source in sources)
        return Draft(text, verdict, "extractive" if copied else "abstractive", logprob)

    def _value(self, draft: Draft) -> float:
        """Support and likelihood; length and mere copying cost."""
        value = 0.5 * draft.verdict.support + 0.5 * draft.logprob
        value -= _WORD_COST * max(0, count_words(draft.text) - _AIM)
        value -= _COPIED * (1 - _new_share(draft, self._pool))
        value += 2.0 * draft.verdict.passed + 0.5 * stands_alone(draft)
        return value


def _with_edits(verdict: Verdict, change: str) -> Verdict:
    """The verdict with the check of changes, which settles what is judged by the words around."""
    edits = Check(name="edits", passed=not change, detail=change or "none that can alter the meaning")
    settled = (
        replace(check, passed=True, detail=f"settled by the changes: {check.detail}")
        if not change and not check.passed and check.name in SOFT_CHECKS
        else check
        for check in verdict.checks
    )
    return replace(verdict, checks=(*settled, edits))


def _refused(verdict: Verdict, why: str) -> Verdict:
    """The verdict of a sentence that its sources bear out, but that is not the one asked for."""
    checks = [
        replace(check, passed=False, detail=why) if check.name == "content" else check
        for check in verdict.checks
    ]
    return Verdict(cites=(), support=0.0, checks=tuple(checks))


def _bare(text: str) -> str:
    """The words in lower case, each between blanks: a copy with other brackets or marks is a copy."""
    return " ".join(["", *_WORD.findall(text.lower()), ""])


def _new_share(draft: Draft, pool: Pool) -> float:
    """Share of its pairs of neighbouring words that the sentences it cites do not have."""
    mine = set(itertools.pairwise(draft.text.lower().split()))
    known: set[tuple[str, str]] = set()
    for i in draft.verdict.cites:
        known.update(itertools.pairwise(pool.ranked[i].source.text.lower().split()))
    return len(mine - known) / len(mine) if mine else 0.0
