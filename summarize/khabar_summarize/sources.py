"""The sentences that a brief may be written from, taken from translated articles.

In: `TranslatedArticle`s (or English text, by `english_article`). Out: `SourceSentence`s, English beside
Arabic. Not here: which of them matter (selection).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_core.errors import InputError
from khabar_core.records import Article, Segment, Signature, TranslatedArticle, Translation
from khabar_summarize.analysis import equivalents_key
from khabar_summarize.english import sentence_spans

__all__ = ["SourceSentence", "english_article", "equivalents_of", "source_sentences"]

# Bidi controls and other invisible characters would hide in a brief what its checks have read.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSentence:
    """One English sentence with its origin.

    Attributes:
        id: the segment's id; a citation is this id.
        text: English, one line, no invisible characters.
        arabic: the source of the translation, "" when the article was English.
        article: id of the article.
        paragraph: index of the paragraph in its article.
        position: number of the sentence in its article, from 0.
        kind: kind of the segment ("body", "headline", "subhead", "caption", ...).
        doubtful: True when the translation carries a warning.
    """

    id: str
    text: str
    arabic: str = ""
    article: str = ""
    paragraph: int = 0
    position: int = 0
    kind: str = "body"
    doubtful: bool = False


def english_article(source: str | Article, article_id: str = "text") -> TranslatedArticle:
    """Take English text as an article that needs no translation.

    Args:
        source: the text, one paragraph a line, or an article that was read from a file.
        article_id: id for a text.

    Raises:
        InputError: there are no words in it.
    """
    if isinstance(source, str):
        source = Article(id=article_id, paragraphs=tuple(source.split("\n")), language="en")
    translations: list[Translation] = []
    offset = 0
    for index, paragraph in enumerate(source.paragraphs):
        for start, end in sentence_spans(paragraph):
            segment = Segment(
                id=f"{source.id}:{len(translations) + 1}",
                text=paragraph[start:end],
                paragraph=index,
                span_chars=(offset + start, offset + end),
                kind=_kind(source, index),
                language="en",
            )
            translations.append(Translation(segment=segment, text=segment.text, passed_through=True))
        offset += len(paragraph) + 1
    if not translations:
        raise InputError(
            "the article is empty", where=source.id, hint="give a text with at least one sentence"
        )
    return TranslatedArticle(
        article=source,
        paragraphs=source.paragraphs,
        translations=tuple(translations),
        signature=Signature((("source", "english"),)),
    )


def _kind(article: Article, paragraph: int) -> str:
    if paragraph < len(article.kinds):
        return article.kinds[paragraph]
    is_title = article.title is not None and article.paragraphs[paragraph].strip() == article.title.strip()
    return "headline" if is_title else "body"


def source_sentences(articles: Sequence[TranslatedArticle]) -> list[SourceSentence]:
    """All sentences of the articles in reading order; blank ones are left out."""
    sentences: list[SourceSentence] = []
    for article in articles:
        position = 0
        for translation in article.translations:
            text = _SPACE.sub(" ", _INVISIBLE.sub("", translation.text)).strip()
            if not text:
                continue
            segment = translation.segment
            sentences.append(
                SourceSentence(
                    id=segment.id,
                    text=text,
                    arabic="" if translation.passed_through else segment.text,
                    article=article.article.id,
                    paragraph=segment.paragraph,
                    position=position,
                    kind=segment.kind,
                    doubtful=translation.doubtful,
                )
            )
            position += 1
    return sentences


def equivalents_of(articles: Sequence[TranslatedArticle]) -> dict[str, str]:
    """Spellings that the glossary accepts for one name, from the terms found while translating."""
    keys: dict[str, str] = {}
    for article in articles:
        for translation in article.translations:
            for term in translation.terms:
                keys.update(equivalents_key((term.target, *term.accepted)))
    return keys
