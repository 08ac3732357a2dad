"""Translated articles as JSON: one object for the article, or one for each segment.

In: a `TranslatedArticle`. Out: JSON lines, whose keys docs/cli.md lists. Not here: other commands' JSON.
"""

from __future__ import annotations

import json
from typing import Any

from khabar_core.records import TermHit, TranslatedArticle, Translation, to_json

__all__ = ["SCHEMA", "render_json", "render_jsonl"]

# Raised when a key changes its meaning or goes away; new keys may appear at any time.
SCHEMA = 1


def render_json(translated: TranslatedArticle) -> str:
    """One object for the whole article."""
    article = translated.article
    return _line(
        {
            "schema": SCHEMA,
            "id": article.id,
            "title": article.title,
            "dateline": article.dateline,
            "language": article.language,
            "metadata": dict(article.metadata),
            "paragraphs": [
                {"src": src, "mt": mt, "kind": kind}
                for src, mt, kind in zip(
                    article.paragraphs,
                    translated.paragraphs,
                    article.kinds or ("body",) * len(article.paragraphs),
                    strict=True,
                )
            ],
            "segments": [_segment(translation) for translation in translated.translations],
            "signature": str(translated.signature),
        }
    )


def render_jsonl(translated: TranslatedArticle) -> str:
    """One object for each segment, in reading order."""
    signature = str(translated.signature)
    return "".join(
        _line({"schema": SCHEMA, **_segment(translation), "signature": signature})
        for translation in translated.translations
    )


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _segment(translation: Translation) -> dict[str, Any]:
    """The keys of one segment; units are in the names."""
    segment = translation.segment
    return {
        "id": segment.id,
        "src": segment.text,
        "mt": translation.text,
        "kind": segment.kind,
        "language": segment.language,
        "paragraph": segment.paragraph,
        "span_chars": list(segment.span_chars),
        "logprob_per_token": translation.logprob_per_token,
        "flags": [to_json(flag) for flag in translation.flags],
        "terms": [_term(term) for term in translation.terms],
        "attempts": list(translation.attempts),
        "passed_through": translation.passed_through,
    }


def _term(term: TermHit) -> dict[str, Any]:
    record = to_json(term)
    record["source_span_chars"] = record.pop("source_span")
    record["target_span_chars"] = record.pop("target_span")
    return dict(record)
