"""Show a translated article: plain text, Markdown, a page with both languages, JSON, TSV.

In: a `TranslatedArticle`. Out: text. Not here: writing back into the source's own format (`Document.render`).
"""

from __future__ import annotations

from khabar_core.errors import UsageError
from khabar_core.records import TranslatedArticle

__all__ = ["FORMATS", "render"]

# Format -> the suffix of its files.
FORMATS = {
    "text": ".txt",
    "md": ".md",
    "html": ".html",
    "json": ".json",
    "jsonl": ".jsonl",
    "tsv": ".tsv",
}


def render(translated: TranslatedArticle, format: str) -> str:
    """Show a translated article in one of FORMATS.

    Raises:
        UsageError: an unknown format.
    """
    if format in ("text", "md", "tsv"):
        from khabar.render import plain

        show = {"text": plain.render_text, "md": plain.render_markdown, "tsv": plain.render_tsv}[format]
    elif format in ("json", "jsonl"):
        from khabar.render import data

        show = {"json": data.render_json, "jsonl": data.render_jsonl}[format]
    elif format == "html":
        from khabar.render.page import render_page as show
    else:
        raise UsageError(f"unknown format {format!r}", hint=f"one of {', '.join(FORMATS)}")
    return show(translated)
