"""Where a mark inside a sentence (bold, a link) belongs in the translation, when that is certain.

In: a paragraph in both languages, the marks' places in the source, what is known to correspond (sentences,
names). Out: the marks' places in the English, or None. A guess would stress words that the source does not
stress, so only these are placed: whole sentences, names of the glossary, numbers and other text that stands
alike in both, and a label before a colon. Not here: how a format writes marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from khabar_core.records import Span, TranslatedArticle, Translation
from khabar_mt.arabic import to_ascii_digits

__all__ = ["Anchor", "anchors_of", "find_translations", "place_marks"]

_EDGE = " -–—\t\n\r\u00a0«»“”„\"'‘’()[]،,.؛;:!؟?…\u200e\u200f"
# What a name may bear that is no part of its entry: وبحزب الله.
_PROCLITICS = re.compile(r"[وف]?[بكل]?(?:ال|ل)?")
_LABEL = re.compile(r"[^:\n]{1,80}:")
# Longer paragraphs and more marks are no prose, and every mark is looked for in all of its paragraph.
_MAX_CHARS = 20_000
_MAX_MARKS = 200
# An English label has not many more words than its Arabic, or the colon is another one.
_LABEL_WORDS = 2.5


@dataclass(frozen=True, slots=True)
class Anchor:
    """A stretch of a paragraph and the stretch of its translation that says the same.

    Attributes:
        source: in the paragraph.
        target: in its translation.
        is_sentence: else a name.
    """

    source: Span
    target: Span
    is_sentence: bool = False


def anchors_of(translated: TranslatedArticle) -> list[list[Anchor]]:
    """What corresponds in each paragraph: its sentences, and the names in them."""
    own: list[list[Translation]] = [[] for _ in translated.article.paragraphs]
    for translation in translated.translations:
        own[translation.segment.paragraph].append(translation)
    anchors: list[list[Anchor]] = []
    offset = 0
    for source, english, translations in zip(
        translated.article.paragraphs, translated.paragraphs, own, strict=True
    ):
        found: list[Anchor] = []
        for translation, at in find_translations(english, translations):
            start, end = (position - offset for position in translation.segment.span_chars)
            found.append(Anchor((start, end), (at, at + len(translation.text.strip())), True))
            lead = len(translation.text) - len(translation.text.lstrip())
            for hit in translation.terms:
                if hit.target_span is not None:
                    here, there = hit.source_span, hit.target_span
                    place = (there[0] + at - lead, there[1] + at - lead)
                    found.append(Anchor((here[0] + start, here[1] + start), place))
        anchors.append(found)
        offset += len(source) + 1  # the newline that joins paragraphs
    return anchors


def find_translations(
    paragraph: str, translations: Sequence[Translation]
) -> Iterator[tuple[Translation, int]]:
    """Where each sentence of an English paragraph begins; one that is not there as it was is left out."""
    position = 0
    for translation in translations:
        text = translation.text.strip()
        start = paragraph.find(text, position) if text else -1
        if start >= 0:
            position = start + len(text)
            yield translation, start


def place_marks(
    source: str, english: str, marks: Sequence[Span], anchors: Sequence[Anchor] = ()
) -> list[Span | None]:
    """Find the marks' places in the English.

    Args:
        source: the paragraph.
        english: its translation.
        marks: stretches of the source, the most important first; they do not cross one another.
        anchors: what corresponds; may be empty.

    Returns:
        For each mark its stretch of the English, or None. They do not cross one another either, and one lies
        in another only if it does so in the source.
    """
    if len(source) > _MAX_CHARS:
        return [None] * len(marks)
    placed: list[Span | None] = []
    for mark in marks[:_MAX_MARKS]:
        target = _place(source, english, mark, anchors)
        others = [(marks[i], other) for i, other in enumerate(placed) if other is not None]
        if target is not None and all(_agree(mark, target, *other) for other in others):
            placed.append(target)
        else:
            placed.append(None)
    return placed + [None] * (len(marks) - len(placed))


def _place(source: str, english: str, whole: Span, anchors: Sequence[Anchor]) -> Span | None:
    """The place of one mark; never a part of a word."""
    mark = _trim(source, whole)
    if mark[0] >= mark[1]:
        return None
    target = _sentences(source, english, whole, anchors) or _name(source, mark, anchors)
    target = target or _verbatim(source, english, mark) or _label(source, english, mark)
    if target is None or any(_cuts_word(english, position) for position in target):
        return None
    return target


def _cuts_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and text[position - 1].isalnum() and text[position].isalnum()


def _trim(text: str, span: Span) -> Span:
    """The span without quotes, punctuation and white space at its edges."""
    start, end = span
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return start, end


def _sentences(source: str, english: str, whole: Span, anchors: Sequence[Anchor]) -> Span | None:
    """The sentences that the mark covers exactly; their final marks go with it where it has them."""
    mark = _trim(source, whole)
    inside = [
        anchor for anchor in anchors if anchor.is_sentence and _inside(_trim(source, anchor.source), mark)
    ]
    if not inside or _trim(source, (inside[0].source[0], inside[-1].source[1])) != mark:
        return None
    start, end = inside[0].target[0], inside[-1].target[1]
    bare = _trim(english, (start, end))
    return (
        start if whole[0] <= inside[0].source[0] else bare[0],
        end if whole[1] >= inside[-1].source[1] else bare[1],
    )


def _name(source: str, mark: Span, anchors: Sequence[Anchor]) -> Span | None:
    """The name that the mark covers, with what is written together with it, or at least half of the name."""
    for anchor in anchors:
        start, end = anchor.source
        if anchor.is_sentence:
            continue
        if mark[0] <= start and mark[1] == end and _PROCLITICS.fullmatch(source, mark[0], start):
            return anchor.target
        if _inside(mark, anchor.source) and 2 * (mark[1] - mark[0]) >= end - start:
            return anchor.target  # رويترز in وكالة رويترز, which is Reuters
    return None


def _verbatim(source: str, english: str, mark: Span) -> Span | None:
    """Where the same text stands in the English: a number, a name in Latin letters."""
    digits = to_ascii_digits(source)
    text = digits[slice(*mark)]
    if not any(char.isalnum() for char in text):
        return None
    # In Arabic a conjunction may be written together with it: و34.
    pattern = rf"(?<![0-9A-Za-z.,]){re.escape(text)}(?!\w|[.,][0-9])"
    theirs = [match.span() for match in re.finditer(pattern, english)]
    ours = [match.start() for match in re.finditer(pattern, digits)]
    if len(theirs) == len(ours) and mark[0] in ours:
        return theirs[ours.index(mark[0])]
    return theirs[0] if len(theirs) == 1 else None


def _label(source: str, english: str, mark: Span) -> Span | None:
    """What stands before the first colon at the head of both: `المصدر: ...`, a speaker in an interview."""
    here, there = _LABEL.match(source), _LABEL.match(english)
    if not here or not there or _trim(source, here.span()) != mark:
        return None
    n_words = len(source[slice(*mark)].split())
    if len(there.group().split()) > _LABEL_WORDS * n_words + 1:
        return None
    return _trim(english, there.span())


def _agree(mark: Span, target: Span, other_mark: Span, other_target: Span) -> bool:
    """Whether two marks lie to each other in the English as they do in the source."""
    if target[1] <= other_target[0] or other_target[1] <= target[0]:
        return mark[1] <= other_mark[0] or other_mark[1] <= mark[0]
    return (_inside(mark, other_mark) and _inside(target, other_target)) or (
        _inside(other_mark, mark) and _inside(other_target, target)
    )


def _inside(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]
