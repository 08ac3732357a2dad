"""Which articles tell of the same event.

In: the source sentences of many articles. Out: groups of article ids, the event with most articles first.
Not here: what the articles of one event disagree about (disagreements).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from khabar_summarize.analysis import analyse
from khabar_summarize.english import weight
from khabar_summarize.sources import SourceSentence

__all__ = ["group_events"]

# Two reports of one event share about 0.3 or more of their weighted words, two of one region 0.05 to 0.15.
_SAME_EVENT = 0.22
_SENTENCES = 30  # of the beginning of an article: its background would blur the event


def group_events(articles: Sequence[str], sentences: Sequence[SourceSentence]) -> list[list[str]]:
    """Group article ids by event.

    Args:
        articles: ids in the order given by the user.
        sentences: usable sentences of all of them.
    """
    vectors: dict[str, Counter[str]] = {article: Counter() for article in articles}
    taken: Counter[str] = Counter()
    for sentence in sentences:
        taken[sentence.article] += 1
        if taken[sentence.article] <= _SENTENCES:
            for unit in analyse(sentence.text).units:
                factor = {"name": 1.5, "number": 0.7, "date": 0.3}.get(unit.kind, weight(unit.key))
                vectors[sentence.article][unit.key] += factor  # type: ignore[assignment]
    for vector in vectors.values():
        for key in vector:
            vector[key] = 1 + math.log(1 + vector[key])  # type: ignore[assignment]
    groups: list[list[str]] = []
    for article in articles:
        likeness = [
            sum(_cosine(vectors[article], vectors[other]) for other in group) / len(group) for group in groups
        ]
        best = max(range(len(groups)), key=lambda i: likeness[i], default=None)
        if best is not None and likeness[best] >= _SAME_EVENT:
            groups[best].append(article)
        else:
            groups.append([article])
    return sorted(groups, key=lambda group: -len(group))


def _cosine(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    dot = sum(value * right[key] for key, value in left.items() if key in right)
    norms = math.sqrt(sum(v * v for v in left.values()) * sum(v * v for v in right.values()))
    return dot / norms if norms else 0.0
