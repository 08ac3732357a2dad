"""Judge a hypothesis: tidy it, repair its names, run every check.

In: an item and what the decoder wrote. Out: a candidate with flags and terms; the beginning that would put a
wrong name right. Not here: which candidate wins (ladder), the checks themselves (guards, terms).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from khabar_core.engines.base import Hypothesis
from khabar_core.records import Flag, FlagKind, TermHit, TermStatus
from khabar_mt.guards import Evidence, check
from khabar_mt.ladder import Candidate, Item
from khabar_mt.terms import check_terms, forced_prefix, repair_terms
from khabar_mt.tidy import tidy

__all__ = ["judge", "prefix_for"]

# "Turkish" may become "of Turkey", a title may become "he": worth a remark, not another decoding.
_SOFT_TYPES = frozenset({"demonym", "title", "term", "month", "other"})


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
    """A defect for names that are wrong, a remark for words that have good synonyms."""
    wrong = [hit for hit in hits if hit.status is TermStatus.VIOLATED]
    for informative in (False, True):
        own = [hit.target.replace(",", " ") for hit in wrong if (hit.type in _SOFT_TYPES) == informative]
        if own:
            detail = f"not found: {', '.join(dict.fromkeys(own))}"
            yield Flag(kind=FlagKind.TERM, detail=detail, informative=informative)


def prefix_for(item: Item, best: Candidate) -> str | None:
    """The beginning that puts the first violated name right."""
    for hit in best.hits:
        if hit.status is TermStatus.VIOLATED and hit.type not in _SOFT_TYPES:
            prefix = forced_prefix(best.text, hit, item.source)
            if prefix is not None:
                return prefix
    return None
