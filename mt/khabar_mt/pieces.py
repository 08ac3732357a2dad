"""Cut a segment that is too long for the model, and put the translated parts together again.

In: a segment's text and the model's limit; later the outcome of each part. Out: parts that join to the text;
one translation whose terms point into the whole. Not here: where sentences end (segmentation).
"""

from __future__ import annotations

import dataclasses
import itertools
from bisect import bisect_left
from collections.abc import Callable, Sequence

from khabar_core.records import Flag, FlagKind, Segment, Span, TermHit, Translation
from khabar_mt.ladder import Item, Outcome
from khabar_mt.segmentation import split_long
from khabar_mt.terms import mark_attempt

__all__ = ["cut_segment", "merge_pieces"]


def cut_segment(text: str, limit: int, count: Callable[[str], int], names: Sequence[Span] = ()) -> list[str]:
    """Parts of at most `limit` tokens that join to the text; none is without letters and digits.

    Args:
        text: of the segment.
        limit: tokens; a part that begins with a name that would have been cut may have a few more.
        count: counts tokens.
        names: stretches that are not cut.
    """
    parts: list[str] = []
    for part in split_long(text, limit, count):
        if parts and not any(char.isalnum() for char in part):
            parts[-1] += part
        else:
            parts.append(part)
    cuts = list(itertools.accumulate(len(part) for part in parts))[:-1]
    spans = sorted(names)
    cuts = [_outside(cut, spans) for cut in cuts]
    bounds = [0, *(cut for cut in dict.fromkeys(cuts) if cut), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)] if text else parts


def _outside(cut: int, names: Sequence[Span]) -> int:
    """The cut, or the beginning of the name that it would fall into; `names` are sorted."""
    # Names overlap seldom, and never more than a few.
    last = bisect_left(names, (cut, 0))
    for start, end in reversed(names[max(0, last - 4) : last]):
        if start < cut < end:
            cut = start
    return cut


def merge_pieces(segment: Segment, items: Sequence[Item], outcomes: Sequence[Outcome]) -> Translation:
    """One translation from the outcomes of a segment's parts.

    Args:
        segment: the whole.
        items: its parts in order; their sources join to the segment's text.
        outcomes: one for each.
    """
    texts: list[str] = []
    hits: list[TermHit] = []
    flags: dict[tuple[FlagKind, str], Flag] = {}
    attempts: dict[str, None] = {}
    source_offset = target_offset = n_tokens = 0
    total = 0.0
    for item, outcome in zip(items, outcomes, strict=True):
        best = outcome.best
        if texts and best.text:
            target_offset += 1  # the space between parts
        marked = mark_attempt(best.hits, outcome.chosen)
        hits += [_shift(hit, source_offset, target_offset) for hit in marked]
        flags.update({(flag.kind, flag.detail): flag for flag in best.flags})
        attempts.update(dict.fromkeys(outcome.attempts))
        n_tokens += best.n_tokens
        total += best.logprob_per_token * best.n_tokens
        source_offset += len(item.source)
        if best.text:
            texts.append(best.text)
            target_offset += len(best.text)
    if len(items) > 1:
        flag = Flag(kind=FlagKind.SPLIT, detail=f"{len(items)} parts", informative=True)
        flags[flag.kind, flag.detail] = flag
    return Translation(
        segment=segment,
        text=" ".join(texts),
        logprob_per_token=total / n_tokens if n_tokens else None,
        terms=tuple(hits),
        flags=tuple(flags.values()),
        attempts=tuple(attempts),
    )


def _shift(hit: TermHit, by_source: int, by_target: int) -> TermHit:
    """The hit with its spans in the whole."""
    source: Span = (hit.source_span[0] + by_source, hit.source_span[1] + by_source)
    target = hit.target_span
    if target is not None:
        target = (target[0] + by_target, target[1] + by_target)
    return dataclasses.replace(hit, source_span=source, target_span=target)
