"""Ask a language model whether the cited sentences support a written one.

In: an engine that can score texts, a written sentence, the sentences it cites. Out: a `Check` named "model".
An engine that does the task "verify" is asked straight: how likely is "yes" after the sources and the claim?
Another one that writes briefs is asked whether a variant of the sentence is likelier after the cited
sentences alone: a slip made under a long article is often visible there, and an error of somebody else nearly
always. Not here: the variants (alternatives), what the opinion overrules (verify).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from khabar_core.engines.base import Request
from khabar_core.errors import ModelError
from khabar_core.records import Check
from khabar_summarize.alternatives import alternatives
from khabar_summarize.analysis import Analysis
from khabar_summarize.writing import number_sentences

__all__ = ["Scorer", "Verifying", "probability", "second_opinion"]

log = logging.getLogger(__name__)

# How likely "yes" must be: more where a rule doubts the sentence too, little where only the model objects.
LEAST_DOUBTED, LEAST = 0.5, 0.2
# By how much (natural log) a variant must be likelier to fail a sentence: little where a rule doubts it too,
# much where only the model objects.
_MARGIN_DOUBTED, _MARGIN = 1.0, 4.0


@runtime_checkable
class Scorer(Protocol):
    """An engine that tells how likely a text is as the output of a request."""

    def score(self, request: Request, outputs: Sequence[str]) -> list[float]:
        """Sums of natural-log probabilities, one for each text."""


@runtime_checkable
class Verifying(Scorer, Protocol):
    """A scorer that says what it was trained for."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """What it can do, e.g. ("translate", "brief", "verify")."""


def second_opinion(
    engine: Scorer, written: Analysis, cited: Sequence[Analysis], *, doubted: bool = False
) -> Check | None:
    """What the model thinks of a sentence.

    Args:
        engine: scores the task "verify", or else "brief".
        written: the sentence.
        cited: the sentences that it cites.
        doubted: whether a check by rule has failed that the model may overrule.

    Returns:
        The check, or None when there is nothing to compare or the texts are too long for the model.
    """
    if not cited:
        return None
    try:
        if isinstance(engine, Verifying) and "verify" in engine.tasks:
            yes = probability(engine, written.text, [a.text for a in cited])
            passed = yes >= (LEAST_DOUBTED if doubted else LEAST)
            return Check(name="model", passed=passed, detail=f"supported with probability {yes:.2f}")
        return _by_variants(engine, written, cited, doubted)
    except ModelError as exc:
        log.debug("no second opinion: %s", exc)
        return None


def probability(engine: Scorer, claim: str, sources: Sequence[str]) -> float:
    """How likely the model finds it that the sources support the claim: 0..1.

    Raises:
        ModelError: the model does not do the task "verify", or the texts are too long for it.
    """
    text = f"{number_sentences(sources)}\nClaim: {' '.join(claim.split())}"
    request = Request(text=text, task="verify", source_language="en")
    return min(1.0, math.exp(engine.score(request, ["yes"])[0]))


def _by_variants(engine: Scorer, written: Analysis, cited: Sequence[Analysis], doubted: bool) -> Check | None:
    variants = alternatives(written, cited)
    if not variants:
        return None
    request = Request(text=number_sentences([a.text for a in cited]), task="brief", source_language="en")
    own, *others = engine.score(request, [written.text, *(variant.text for variant in variants)])
    gain, worst = max(zip(others, variants, strict=True), key=lambda item: item[0])
    if gain - own > (_MARGIN_DOUBTED if doubted else _MARGIN):
        return Check(name="model", passed=False, detail=worst.problem)
    return Check(name="model", passed=True, detail=f"compared with {len(variants)} variants")
