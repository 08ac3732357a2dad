"""Judge a hypothesis: tidy it, repair its names, run every check.

In: an item and what the decoder wrote. Out: a candidate with flags and terms. Not here: which candidate wins
(ladder), the checks themselves (guards, terms).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from khabar_core.engines.base import Hypothesis
from khabar_core.records import Flag, FlagKind, TermHit, TermStatus
from khabar_mt.guards import Evidence, check
from khabar_mt.ladder import Candidate, Item
from khabar_mt.rescue import is_soft
from khabar_mt.terms import check_terms, is_advice, repair_terms
from khabar_mt.tidy import tidy

__all__ = ["judge"]


def judge(item: Item, hypothesis: Hypothesis) -> Candidate:
    """Tidy, repair names, run every check."""
    text = tidy(hypothesis.text, item.text, opens=item.opens, closes=item.closes)
    hits: tuple[TermHit, ...] = ()
    if item.matches:
        hits = check_terms(item.matches, text, item.hints)
        text, hits = repair_terms(item.source, text, hits)
    evidence = Evidence(
        source=item.text,
        text=text,
        logprob_per_token=hypothesis.logprob_per_token,
        finished=hypothesis.finished,
    )
    flags = check(evidence)
    flags = (*flags, *_term_flags(hits))
    return Candidate(
        raw=hypothesis.text,
        text=text,
        logprob_per_token=hypothesis.logprob_per_token,
        n_tokens=hypothesis.n_tokens,
        finished=hypothesis.finished,
        flags=flags,
        hits=hits,
    )


def _term_flags(hits: Sequence[TermHit]) -> Iterator[Flag]:
    """A defect for names that are wrong, a remark for words that have good synonyms: nothing goes unsaid."""
    wrong = [hit for hit in hits if hit.status is TermStatus.VIOLATED]
    for informative in (False, True):
        own = [hit.target.replace(",", " ") for hit in wrong if is_soft(hit) == informative]
        if own:
            detail = f"not found: {', '.join(dict.fromkeys(own))}"
            yield Flag(kind=FlagKind.TERM, detail=detail, informative=informative)
    reworded = [hit.target for hit in hits if is_advice(hit) and hit.found is None]
    if reworded:
        detail = f"perhaps in other words: {', '.join(dict.fromkeys(reworded))}"
        yield Flag(kind=FlagKind.TERM, detail=detail, informative=True)
