"""Translated articles as plain text, Markdown and TSV.

In: a `TranslatedArticle`. Out: text that ends with a newline. Not here: terminal safety (cli.output).
"""

from __future__ import annotations

import re

from khabar_core.records import TranslatedArticle

__all__ = ["render_markdown", "render_text", "render_tsv"]

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
_MARKDOWN_BEGIN = re.compile(r"([#+\-]|\d+(?=[.)]))")
_BULLET = re.compile(r"(?:[-*+•▪●◦–—]|\d{1,3}[.)\-])\s+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def render_text(translated: TranslatedArticle) -> str:
    """The English paragraphs, one a line, blank lines kept."""
    return translated.text + "\n"


def render_markdown(translated: TranslatedArticle) -> str:
    """Headline and subheads as headings, doubtful sentences in a list at the end, the signature last."""
    blocks: list[str] = []
    in_list = False
    kinds = _kinds(translated)
    for text, kind in zip(translated.paragraphs, kinds, strict=True):
        text = text.strip()
        if not text:
            continue
        if kind == "list":
            item = "- " + _escape(_BULLET.sub("", text, count=1))
            if in_list:
                blocks[-1] += "\n" + item
            else:
                blocks.append(item)
        else:
            mark = {"headline": "# ", "subhead": "## "}.get(kind, "")
            blocks.append(mark + _escape(text))
        in_list = kind == "list"
    doubtful = [translation for translation in translated.translations if translation.doubtful]
    if doubtful:
        lines = ["**Doubtful sentences**", ""]
        for translation in doubtful:
            reasons = "; ".join(
                f"{flag.kind.value}: {flag.detail}" if flag.detail else flag.kind.value
                for flag in translation.flags
                if not flag.informative
            )
            lines.append(f"- {_escape(translation.text.strip())} ({_escape(reasons)})")
        blocks.append("\n".join(lines))
    if translated.signature.fields:
        blocks.append(f"<!-- {str(translated.signature).replace('--', '- -')} -->")
    return "\n\n".join(blocks) + "\n"


def render_tsv(translated: TranslatedArticle) -> str:
    """A header, then one line for each segment: id, Arabic, English, flags, logprob_per_token."""
    lines = ["id\tsrc\tmt\tflags\tlogprob_per_token"]
    for translation in translated.translations:
        logprob = translation.logprob_per_token
        cells = (
            translation.segment.id,
            translation.segment.text,
            translation.text,
            ",".join(flag.kind.value for flag in translation.flags),
            "" if logprob is None else repr(logprob),
        )
        lines.append("\t".join(" ".join(cell.split()) for cell in cells))
    return "\n".join(lines) + "\n"


def _kinds(translated: TranslatedArticle) -> tuple[str, ...]:
    """The kinds of the paragraphs; all body where nobody looked."""
    return translated.article.kinds or ("body",) * len(translated.paragraphs)


def _escape(text: str) -> str:
    """Keep a text from being read as Markdown or HTML; an article may say anything."""
    text = _MARKDOWN_SPECIAL.sub(r"\\\1", _CONTROL.sub("", " ".join(text.split())))
    return (
        _MARKDOWN_BEGIN.sub(r"\\\1", text, count=1)
        if _MARKDOWN_BEGIN.match(text) and text[0] in "#+-"
        else text
    )
