"""Ask a language model whether a sentence or a variant of it fits the cited sentences better.

In: an engine that can score texts, a written sentence, the sentences it cites. Out: a `Check` named "model".
The model that wrote a sentence is asked again with the cited sentences alone before it: a slip made under a
long article is often visible there, and an error of somebody else nearly always. Not here: the
variants (alternatives).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from khabar_core.engines.base import Request
from khabar_core.errors import ModelError
from khabar_core.records import Check
from khabar_summarize.alternatives import Alternative, alternatives
from khabar_summarize.analysis import Analysis
from khabar_summarize.writing import number_sentences

__all__ = ["Scorer", "second_opinion"]

log = logging.getLogger(__name__)

# By how much (natural log) a variant must be likelier to fail a sentence that no rule doubts; one that a rule
# doubts fails when any is likelier. A name of the sources in another's place is often likely without being
# right, the more so when it is shorter. Set on the held-out cited briefs.
_MARGINS = {"name": 8.0, "number": 5.0, "exchange": 1.0, "denial": 1.0, "opposite": 1.0}
_SHORTER = 4.0  # what a name gains by a word less, whatever it is


@runtime_checkable
class Scorer(Protocol):
    """An engine that tells how likely a text is as the output of a request."""

    def score(self, request: Request, outputs: Sequence[str]) -> list[float]:
        """Sums of natural-log probabilities, one for each text."""


def second_opinion(
    engine: Scorer, written: Analysis, cited: Sequence[Analysis], *, doubted: bool = False
) -> Check | None:
    """Compare a sentence with its variants.

    Args:
        engine: scores the task "brief".
        written: the sentence.
        cited: the sentences that it cites.
        doubted: whether a check by rule has failed that the model may overrule.

    Returns:
        The check, or None when there is nothing to compare or the texts are too long for the model.
    """
    variants = alternatives(written, cited)
    if not variants or not cited:
        return None
    request = Request(text=number_sentences([a.text for a in cited]), task="brief", source_language="en")
    try:
        own, *others = engine.score(request, [written.text, *(variant.text for variant in variants)])
    except ModelError as exc:
        log.debug("no second opinion: %s", exc)
        return None
    gains = [
        (likelihood - own - _allowed(written, variant, doubted), variant)
        for likelihood, variant in zip(others, variants, strict=True)
    ]
    gain, worst = max(gains, key=lambda item: item[0])
    if gain > 0:
        return Check(name="model", passed=False, detail=worst.problem)
    return Check(name="model", passed=True, detail=f"compared with {len(variants)} variants")


def _allowed(written: Analysis, variant: Alternative, doubted: bool) -> float:
    shorter = max(0, len(written.text.split()) - len(variant.text.split())) if variant.kind == "name" else 0
    return _SHORTER * shorter + (0.0 if doubted else _MARGINS[variant.kind])
