"""Cut an article into segments, and put translations back in the same layout.

In: an article. Out: a plan: for each paragraph its segments and the literal text around them; from it and the
English of each segment, the English paragraphs. Bullets, numbering, datelines and white space stay where they
are. Not here: translating; reading the structure of files (documents).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khabar_core.records import Article, Segment
from khabar_mt.arabic import has_arabic, to_ascii_digits
from khabar_mt.documents.news import find_dateline
from khabar_mt.language import detect
from khabar_mt.references import decode_references, open_references
from khabar_mt.segmentation import split_sentences

__all__ = ["ArticlePlan", "Piece", "plan_article"]

_BULLET = re.compile(
    r"(?:[-*+•▪●◦·–—]\s+|[0-9٠-٩۰-۹]{1,3}\s?[.)\-]\s+|\([0-9٠-٩۰-۹]{1,3}\)\s*|[أبجدهوزحطي]\s?\)\s*)"
)
_ABJAD = dict(zip("أبجدهوزحطي", "abcdefghij", strict=True))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph: a segment to translate, or literal text that is English already.

    Attributes:
        segment: None for literal text.
        literal: what stands in the English instead of a segment.
        gap: white space that follows, as in the source.
    """

    segment: Segment | None
    literal: str = ""
    gap: str = ""


@dataclass(frozen=True, slots=True)
class ArticlePlan:
    """The layout of an article: pieces for each paragraph, in order."""

    article: Article
    paragraphs: tuple[tuple[Piece, ...], ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Every segment in reading order."""
        return tuple(p.segment for pieces in self.paragraphs for p in pieces if p.segment is not None)

    def join(self, english: Mapping[str, str]) -> tuple[str, ...]:
        """Build the English paragraphs.

        Args:
            english: segment id to text; an id that is missing is an error of the caller.
        """
        return tuple(self.join_paragraph(index, english) for index in range(len(self.paragraphs)))

    def join_paragraph(self, index: int, english: Mapping[str, str]) -> str:
        """Build one English paragraph from the texts of its own segments."""
        return _join(self.paragraphs[index], english)


def plan_article(article: Article, *, is_dateline: Mapping[str, str] | None = None) -> ArticlePlan:
    """Cut an article into segments.

    Args:
        article: one paragraph for each unit of layout.
        is_dateline: filled by the caller's table: dateline as it stands (stripped) to its English; only these
            are cut off. None leaves datelines to the model.
    """
    table = is_dateline or {}
    kinds = article.kinds or ("body",) * len(article.paragraphs)
    planned: list[tuple[Piece, ...]] = []
    offset = number = 0
    for index, (paragraph, kind) in enumerate(zip(article.paragraphs, kinds, strict=True)):
        pieces: list[Piece] = []
        for text, start, own_kind, literal, gap in _cut(paragraph, kind, table):
            if literal is not None:
                pieces.append(Piece(None, literal, gap))
                continue
            number += 1
            segment = Segment(
                id=f"{article.id}:{number}",
                text=text,
                paragraph=index,
                span_chars=(offset + start, offset + start + len(text)),
                kind=own_kind,
                language="ar" if own_kind == "dateline" else detect(decode_references(text)),
            )
            pieces.append(Piece(segment, "", gap))
        planned.append(tuple(pieces))
        offset += len(paragraph) + 1
    return ArticlePlan(article, tuple(planned))


_Cut = tuple[str, int, str, "str | None", str]  # text, start, kind, literal, gap


def _cut(paragraph: str, kind: str, datelines: Mapping[str, str]) -> list[_Cut]:
    """Cut one paragraph; its texts, literals and gaps join to the paragraph (digits of bullets aside)."""
    # Character references count as what they stand for, where there is something to translate.
    shown = open_references(paragraph)
    shown = shown if has_arabic(shown) else paragraph
    body = shown.strip()
    if not body:
        return [("", 0, kind, paragraph, "")] if paragraph else []
    position = len(shown) - len(shown.lstrip())
    cuts: list[_Cut] = [("", 0, kind, decode_references(paragraph[:position]), "")] if position else []
    bullet = _BULLET.match(shown, position)
    if bullet and bullet.end() < len(shown.rstrip()):
        cuts.append(("", position, kind, _english_bullet(bullet.group()), ""))
        position = bullet.end()
    elif kind in ("body", "dateline"):
        end = find_dateline(shown)
        text = shown[position:end].strip() if end else ""
        if text in datelines:
            stop = position + len(text)
            cuts.append((paragraph[position:stop], position, "dateline", None, paragraph[stop:end]))
            position = end
    for sentence in split_sentences(shown[position:]):
        text = sentence.strip()
        if text:
            start = position + len(sentence) - len(sentence.lstrip())
            stop, end = start + len(text), position + len(sentence)
            if start > position:
                cuts.append(("", position, kind, decode_references(paragraph[position:start]), ""))
            cuts.append((paragraph[start:stop], start, kind, None, decode_references(paragraph[stop:end])))
        else:
            space = paragraph[position : position + len(sentence)]
            cuts.append(("", position, kind, decode_references(space), ""))
        position += len(sentence)
    return cuts


def _english_bullet(bullet: str) -> str:
    """`٣- ` to `3- `, `ب) ` to `b) `."""
    text = to_ascii_digits(bullet)
    return _ABJAD[text[0]] + text[1:] if text[0] in _ABJAD else text


def _join(pieces: Sequence[Piece], english: Mapping[str, str]) -> str:
    """One English paragraph."""
    parts: list[str] = []
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        parts.append(piece.literal if piece.segment is None else english[piece.segment.id])
        # Sentences that were written without a space between them get one.
        glued = piece.segment is not None and not piece.gap and index < last
        parts.append(" " if glued and pieces[index + 1].segment is not None else piece.gap)
    return "".join(parts)
