"""Find the names of an article once, and hand each part of a segment its own. In: segments, a glossary. Out:
matches.

An article's segments share their evidence: "Assad" is a name where "Bashar al-Assad" stands in another
sentence. Not here: what counts as evidence (khabar_glossaries.evidence).
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Sequence

from khabar_core.records import Segment
from khabar_glossaries import Glossary
from khabar_glossaries.matcher import Match
from khabar_mt.references import open_references

__all__ = ["find_names", "matches_of_parts", "segment_key"]


def find_names(glossary: Glossary, segments: Sequence[Segment]) -> list[tuple[Match, ...]]:
    """The matches of each segment of one article."""
    if not glossary:
        return [()] * len(segments)
    return [
        tuple(matches)
        for matches in glossary.find_all([open_references(segment.text) for segment in segments])
    ]


def matches_of_parts(matches: Sequence[Match], parts: Sequence[str]) -> list[tuple[Match, ...]]:
    """The matches that lie wholly in each part of a segment, their spans counted from its beginning."""
    waiting = sorted(matches, key=lambda match: match.token_span)
    starts = [match.token_span[0] for match in waiting]
    found: list[tuple[Match, ...]] = []
    start = 0
    for part in parts:
        end = start + len(part)
        inside = waiting[bisect_left(starts, start) : bisect_left(starts, end)]
        found.append(tuple(_moved(match, start) for match in inside if match.token_span[1] <= end))
        start = end
    return found


def _moved(match: Match, by: int) -> Match:
    """The match with its spans counted from a later beginning."""
    span, token_span = match.span, match.token_span
    return dataclasses.replace(
        match, span=(span[0] - by, span[1] - by), token_span=(token_span[0] - by, token_span[1] - by)
    )


def segment_key(segment: Segment, matches: Sequence[Match]) -> str:
    """Equal for segments that come out alike: the same text, and the same of its names beyond doubt."""
    return "\n".join((segment.kind, segment.text, *(str(match.ambiguous) for match in matches)))
