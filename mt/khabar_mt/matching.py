"""Find the names of an article once, and hand each part of a segment its own. In: segments, a glossary. Out:
matches.

An article's segments share their evidence: "Assad" is a name where "Bashar al-Assad" stands in another
sentence. Not here: what counts as evidence (khabar_glossaries.evidence).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from khabar_core.records import Segment
from khabar_glossaries import Glossary
from khabar_glossaries.matcher import Match
from khabar_mt.references import open_references

__all__ = ["find_names", "matches_within", "segment_key"]


def find_names(glossary: Glossary, segments: Sequence[Segment]) -> list[tuple[Match, ...]]:
    """The matches of each segment of one article."""
    if not glossary:
        return [()] * len(segments)
    return [
        tuple(matches)
        for matches in glossary.find_all([open_references(segment.text) for segment in segments])
    ]


def matches_within(matches: Sequence[Match], start: int, end: int) -> tuple[Match, ...]:
    """The matches that lie wholly in [start, end) of a segment, their spans counted from `start`."""
    return tuple(
        dataclasses.replace(
            match,
            span=(match.span[0] - start, match.span[1] - start),
            token_span=(match.token_span[0] - start, match.token_span[1] - start),
        )
        for match in matches
        if start <= match.token_span[0] and match.token_span[1] <= end
    )


def segment_key(segment: Segment, matches: Sequence[Match]) -> str:
    """Equal for segments that come out alike: the same text, and the same of its names beyond doubt."""
    return "\n".join((segment.kind, segment.text, *(str(match.ambiguous) for match in matches)))
