"""What stands in a brief before it is one: sentences with citations and verdicts, and the pool they draw on.

In: ranked sentences, a verifier, written texts. Out: `Draft`s and what can be asked of them. Not here: making
them (drafting, rewriting).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from khabar_core.engines.base import Engine
from khabar_summarize.analysis import analyse
from khabar_summarize.english import content_stems
from khabar_summarize.second_opinion import Scorer
from khabar_summarize.selection import Ranked, points_back
from khabar_summarize.verify import Verdict, Verifier

__all__ = ["PRONOUNS", "Draft", "Pool", "confirmed", "may_pass", "repetition", "stands_alone"]

# A sentence that begins so may say something else when the one before it is gone.
PRONOUNS = ("he ", "she ", "it ", "they ", "his ", "her ", "their ", "its ", "this ", "these ")
_PRONOUN = re.compile(r"\b(?:he|him|his|she|her|they|them|their|it|its)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence on its way into a brief."""

    text: str
    verdict: Verdict
    mode: str  # "abstractive" or "extractive"
    logprob: float = 0.0  # mean natural-log probability of its tokens, where a model wrote it

    @property
    def stems(self) -> frozenset[str]:
        """Content stems, to see what it repeats."""
        return frozenset(content_stems(self.text))


@dataclass(frozen=True, slots=True)
class Pool:
    """The usable sentences of one event, ranked, and the verifier over them; `Ranked.index` counts in it."""

    ranked: tuple[Ranked, ...]
    verifier: Verifier


def repetition(left: Draft, right: Draft) -> float:
    """How much of the shorter of two sentences stands in the other."""
    shorter = min(len(left.stems), len(right.stems))
    return len(left.stems & right.stems) / shorter if shorter else 0.0


def stands_alone(draft: Draft) -> bool:
    """Whether it can be read without the sentence before: no "these names", no pronoun without a name."""
    if points_back(draft.text):
        return False
    pronoun = _PRONOUN.search(draft.text)
    return pronoun is None or any(name.span[0] < pronoun.start() for name in analyse(draft.text).names)


def may_pass(draft: Draft) -> bool:
    """Whether it passes, or fails only checks that a model's second opinion may settle."""
    return draft.verdict.passed or draft.verdict.doubtful


def confirmed(draft: Draft, verifier: Verifier, engine: Engine | None) -> Draft:
    """The draft with the model's second opinion, where it matters and the model can give one."""
    if not may_pass(draft) or not isinstance(engine, Scorer):
        return draft
    verdict = verifier.check_by_model(draft.text, draft.verdict, engine)
    return Draft(draft.text, verdict, draft.mode, draft.logprob)
