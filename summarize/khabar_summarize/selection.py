"""Which sentences matter: drop what is not the story, rank the rest, fit a window.

In: the source sentences of one event. Out: usable sentences in reading order with a score each, and the part
of them that fits into a model's input. Not here: writing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from khabar_summarize.analysis import Analysis, analyse
from khabar_summarize.english import content_stems, count_words, word_set
from khabar_summarize.sources import SourceSentence

__all__ = ["Ranked", "fit_window", "overlap", "points_back", "rank", "subheads_over", "usable"]

_NOT_BODY = word_set("headline subhead caption dateline byline")
_BOILERPLATE = re.compile(
    r"^\W*(?:read (?:also|more)|see also|also read|watch|follow us|subscribe|sign up|click here"
    r"|share (?:this|on)|related(?: (?:articles?|stories|topics))?:|advertisement|copyright|©"
    r"|all rights reserved|file photo|video:|photo(?: credit|s)?:|image(?: caption| source)?:"
    r"|story highlights|sponsored|newsletter|download (?:the|our)|comments?$|tags?:|sources?:"
    r"|(?:editing|reporting|writing|edited|translated) by|by: )"
    r"|(?:\((?:getty|afp|reuters|ap|epa|anadolu)[^)]*\)|getty images|all rights reserved)\W*$",
    re.IGNORECASE,
)
# Text that speaks to a language model instead of a reader is not news.
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:article|instructions?|prompts?|above|previous|prior)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…:;][\"”’»')\]]*$")
_DANGLING = re.compile(
    r"^\W*(?:he|she|it|they|his|her|their|this|these|that|those|but|and|so|however|moreover|also|meanwhile"
    r"|in addition|another|the (?:latter|former|two|same|move|decision|statement|sources?))\b",
    re.IGNORECASE,
)
# "These names" were named before; "this week" was not.
_POINTS = re.compile(
    r"\b(?:these|those|this|such)\s+(?!(?:week|weekend|month|year|morning|afternoon|evening|time|season|century"
    r"|summer|winter|spring|autumn|and|as|was|is|will|would|has|had|a|an|who|that|which|in|of|to|week's|year's|\w+ing|\w+ed)\b)"
    r"[a-z]{3,}"
)
# "..., he added." says nothing of who he is.
_HE_SAID = re.compile(
    r",[\"”]?\s+(?:(?:he|she|it|they) (?:said|added|says|noted|explained|continued|stressed|told \w+)"
    r"|(?:said|added) (?:he|she))(?: in [\w ]{3,30})?[.!]?$",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|we|my|our|us|me)\b")
_HEADING_WORDS = 14  # a line without a final mark that is not longer may be a heading
_LEAST_WORDS, _MOST_WORDS = 7, 45
_SAME = 0.75  # share of common stems from which two sentences tell the same
_LEAD_SHARE = 0.45  # of the window that the beginning of a long article may take
_SECTION = 12  # sentences; a long article is represented section by section


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A usable sentence with its importance.

    Attributes:
        source: the sentence.
        index: its place in the list that it was taken from.
        score: 0..about 1, higher matters more.
        stems: its content stems.
        dangling: True when it leans on the sentence before it ("He added…").
    """

    source: SourceSentence
    index: int
    score: float
    stems: frozenset[str]
    dangling: bool


def usable(sentences: Sequence[SourceSentence]) -> list[int]:
    """Indices of the sentences that tell the story: no headings, captions, boilerplate, repetitions.

    A text that has nothing but heading-like lines (a list of headlines, a poem) keeps its longer lines.
    """
    counts = Counter(_bare(s.text) for s in sentences)
    kept: list[int] = []
    lines: list[int] = []
    seen: list[frozenset[str]] = []
    for i, sentence in enumerate(sentences):
        stems = frozenset(content_stems(sentence.text))
        n_words = sum(any(c.isalpha() for c in word) for word in sentence.text.split())
        if n_words < 3 or _is_noise(sentence.text) or any(overlap(stems, o) >= _SAME for o in seen):
            continue
        heading = n_words <= _HEADING_WORDS and not _ENDS.search(sentence.text)
        # A subhead that stands twice, as pages show it, may have got a full stop from the translator.
        beside = (*sentences[max(0, i - 1) : i], *sentences[i + 1 : i + 2])
        doubled = n_words <= _HEADING_WORDS and any(_bare(s.text) == _bare(sentence.text) for s in beside)
        if sentence.kind in _NOT_BODY or heading or doubled:
            # Its body sentence may say the same, so it is not remembered as seen.
            if n_words >= 5 and stems and counts[_bare(sentence.text)] == 1:
                lines.append(i)
            continue
        if len(stems) < 2:
            continue
        seen.append(stems)
        kept.append(i)
    return kept or lines


def _is_noise(text: str) -> bool:
    return _BOILERPLATE.search(text) is not None or _ORDERS.search(text) is not None


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def points_back(text: str) -> bool:
    """Whether it speaks of something as named before: "these names"; what is quoted does not count."""
    return _POINTS.search(re.sub(r'"[^"]*"|“[^”]*”', "", text)) is not None


def overlap(left: frozenset[str], right: frozenset[str]) -> float:
    """Jaccard share of common stems."""
    union = len(left | right)
    return len(left & right) / union if union else 0.0


def subheads_over(sentences: Sequence[SourceSentence], indices: Sequence[int]) -> list[str]:
    """For each usable sentence the subhead of its section, "" before the first one."""
    usable_ones = set(indices)
    headings = {}
    current, article = "", ""
    for i, sentence in enumerate(sentences):
        if sentence.article != article:
            current, article = "", sentence.article
        if i in usable_ones:
            headings[i] = current
        elif sentence.kind != "headline" and 3 <= len(sentence.text.split()) <= _HEADING_WORDS:
            current = "" if _is_noise(sentence.text) or sentence.kind == "caption" else sentence.text
    return [headings[i] for i in indices]


def rank(
    sentences: Sequence[SourceSentence],
    indices: Sequence[int],
    title: str = "",
    subheads: Sequence[str] = (),
) -> list[Ranked]:
    """Score the usable sentences: near the centre of the text, early, rich in its main names.

    Args:
        sentences: of one event.
        indices: of the usable ones.
        title: headline; what it mentions matters.
        subheads: of each usable sentence's section; what they mention matters there.
    """
    analyses = {i: analyse(sentences[i].text) for i in indices}
    n = max(1, len(indices))
    document: Counter[str] = Counter()
    for a in analyses.values():
        document.update(a.stems)
    centroid = {key: count * math.log(1 + n / count) for key, count in document.items() if count > 1}
    names: Counter[str] = Counter(
        key for a in analyses.values() for name in a.names for key in set(name.keys)
    )
    wanted = frozenset(content_stems(title))
    ranked = []
    for order, i in enumerate(indices):
        heads = [wanted, frozenset(content_stems(subheads[order]))] if subheads else [wanted]
        score = _score(sentences[i], analyses[i], order, n, centroid, names, heads)
        stems = frozenset(content_stems(sentences[i].text))
        text = sentences[i].text
        dangling = bool(_DANGLING.match(text) or _HE_SAID.search(text)) or points_back(text)
        ranked.append(Ranked(source=sentences[i], index=i, score=score, stems=stems, dangling=dangling))
    return ranked


def _score(
    sentence: SourceSentence,
    analysis: Analysis,
    order: int,
    n: int,
    centroid: Mapping[str, float],
    names: Mapping[str, int],
    heads: Sequence[frozenset[str]],
) -> float:
    norm = math.sqrt(sum(value * value for value in centroid.values())) or 1.0
    own = math.sqrt(len(analysis.stems)) or 1.0
    central = sum(centroid.get(key, 0.0) for key in analysis.stems) / (norm * own)
    early = 1.0 / (1.0 + 0.4 * order) + 0.15 * (1 - order / n)
    top = max(names.values(), default=1)
    mine = {key for name in analysis.names for key in name.keys}
    salient = min(1.0, sum(names.get(key, 0) for key in mine) / (2.0 * top))
    titled = max((len(head & analysis.stems) / len(head) for head in heads if head), default=0.0)
    score = 0.45 * central + 0.45 * early + 0.15 * salient + 0.2 * titled
    n_words = count_words(sentence.text)
    if n_words < _LEAST_WORDS:
        score *= 0.5
    if n_words > _MOST_WORDS:
        score *= 0.85
    if sentence.text.rstrip().endswith("?") or _FIRST_PERSON.search(
        re.sub(r"[\"“].*?[\"”]", "", sentence.text)
    ):
        score *= 0.7
    if sentence.text.lstrip()[:1] in '"“«':
        score *= 0.75
    if _DANGLING.match(sentence.text):
        score *= 0.8
    if sentence.doubtful:
        score *= 0.8
    return score


def fit_window(ranked: Sequence[Ranked], size: Callable[[str], int], limit: int) -> list[Ranked]:
    """The sentences to show to a model, in reading order.

    Args:
        ranked: usable sentences in reading order.
        size: tokens of a text.
        limit: tokens that they may take together.

    Returns:
        All of them if they fit; else the beginning, then the best of each section in turn.
    """
    sizes = [size(r.source.text) + 4 for r in ranked]  # "[12] " and a newline
    if sum(sizes) <= limit:
        return list(ranked)
    chosen: set[int] = set()
    used = 0
    for i in range(len(ranked)):
        if used + sizes[i] > limit * _LEAD_SHARE:
            break
        chosen.add(i)
        used += sizes[i]
    sections = [range(start, min(start + _SECTION, len(ranked))) for start in range(0, len(ranked), _SECTION)]
    queues = [sorted(set(s) - chosen, key=lambda i: -ranked[i].score) for s in sections]
    queues.sort(key=lambda queue: -ranked[queue[0]].score if queue else 0.0)
    while any(queues):
        for queue in queues:
            if queue:
                i = queue.pop(0)
                if used + sizes[i] <= limit:
                    chosen.add(i)
                    used += sizes[i]
    return [ranked[i] for i in sorted(chosen)]
