"""Show a brief: text, Markdown, one HTML page, data for JSON.

In: `Briefing`s, and the articles they cite. Out: text in the wanted format; everything that comes
from an article or a model is escaped. Not here: writing files, printing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from khabar_core.errors import InputError, UsageError
from khabar_core.records import Briefing, BriefSentence, TranslatedArticle, to_json
from khabar_core.webpage import escape_html, page_start

__all__ = ["FORMATS", "Citation", "brief_data", "citations", "render_briefs"]

FORMATS = ("text", "md", "html", "json")
_RESULT = {True: "ok", False: "bad"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_LEADING = re.compile(r"^(\s*)([-+=]|\d+[.)])")
_CONTROL = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a citation stands for.

    Attributes:
        id: of the segment.
        number: of the sentence in its article, from 1; shown in brackets.
        article: id of the article.
        english: the supporting sentence.
        arabic: its source, "" when the article was English.
    """

    id: str
    number: int
    article: str
    english: str
    arabic: str


def citations(briefs: Iterable[Briefing], articles: Sequence[TranslatedArticle]) -> dict[str, Citation]:
    """Resolve every citation.

    Raises:
        InputError: a brief cites a segment that the articles do not have.
    """
    known: dict[str, Citation] = {}
    for article in articles:
        for number, translation in enumerate(article.translations, start=1):
            segment = translation.segment
            known[segment.id] = Citation(
                id=segment.id,
                number=number,
                article=article.article.id,
                english=translation.text,
                arabic="" if translation.passed_through else segment.text,
            )
    wanted = [cite for brief in briefs for sentence in brief.sentences for cite in sentence.cites]
    missing = next((cite for cite in wanted if cite not in known), None)
    if missing is not None:
        raise InputError(
            f"a citation points to {missing}, which is not in the articles", hint="pass the same articles"
        )
    return {cite: known[cite] for cite in wanted}


def render_briefs(
    briefs: Sequence[Briefing],
    articles: Sequence[TranslatedArticle],
    *,
    format: str = "text",
    style: str = "paragraph",
    cite: bool = False,
) -> str:
    """Render briefs, one for each event, as text that ends with a newline.

    Args:
        briefs: of `Summarizer.briefs`.
        articles: those that they were made from.
        format: "text", "md" or "html" (JSON: `brief_data`).
        style: "paragraph", "bullets" or "headline".
        cite: put the numbers of the supporting sentences behind each sentence; HTML always shows them.

    Raises:
        UsageError: the format is unknown.
    """
    resolved = citations(briefs, articles)
    if format == "html":
        return _page(briefs, articles, resolved, style)
    if format not in ("text", "md"):
        raise UsageError(f"unknown format {format}", where="--format", hint="use " + ", ".join(FORMATS))
    escape = _escape_markdown if format == "md" else _plain
    several = len(articles) > 1
    blocks = []
    for brief in briefs:
        sentences = []
        for sentence in brief.sentences:
            marks = f" {_marks(sentence, resolved, several)}" if cite else ""
            sentences.append(escape(sentence.text) + (escape(marks) if format == "md" else marks))
        if style == "bullets":
            blocks.append("\n".join(f"- {sentence}" for sentence in sentences))
        else:
            blocks.append(" ".join(sentences))
    text = "\n\n".join(blocks) + "\n"
    return text + _markdown_sources(briefs, resolved, several) if format == "md" and cite else text


def _marks(sentence: BriefSentence, resolved: Mapping[str, Citation], several: bool) -> str:
    cites = [resolved[cite] for cite in sentence.cites]
    labels = [f"{c.article}:{c.number}" if several else str(c.number) for c in cites]
    return f"[{', '.join(labels)}]"


def _plain(text: str) -> str:
    return _CONTROL.sub("", text)


def _escape_markdown(text: str) -> str:
    """Text as Markdown that shows it unchanged: no emphasis, links, HTML, headings or lists of its own."""
    escaped = _MARKDOWN.sub(r"\\\1", _plain(text))
    return _LEADING.sub(lambda m: f"{m.group(1)}{m.group(2)[:-1]}\\{m.group(2)[-1]}", escaped)


def _markdown_sources(briefs: Sequence[Briefing], resolved: Mapping[str, Citation], several: bool) -> str:
    lines = ["", "---", ""]
    shown: set[str] = set()
    for brief in briefs:
        for sentence in brief.sentences:
            for cite in sentence.cites:
                if cite not in shown:
                    shown.add(cite)
                    c = resolved[cite]
                    label = f"{c.article}:{c.number}" if several else str(c.number)
                    arabic = f" — {_escape_markdown(c.arabic)}" if c.arabic else ""
                    lines.append(f"- {_escape_markdown(f'[{label}]')} {_escape_markdown(c.english)}{arabic}")
    return "\n".join(lines) + "\n"


def brief_data(brief: Briefing, articles: Sequence[TranslatedArticle]) -> dict[str, Any]:
    """A brief for JSON: the record, and for every sentence its citations with both languages."""
    resolved = citations([brief], articles)
    data: dict[str, Any] = {"brief": brief.text, **to_json(brief)}
    for sentence in data["sentences"]:
        sentence["sources"] = [to_json(resolved[cite]) for cite in sentence["cites"]]
    return data


def _page(
    briefs: Sequence[Briefing],
    articles: Sequence[TranslatedArticle],
    resolved: Mapping[str, Citation],
    style: str,
) -> str:
    """One page that loads nothing: the brief, then each sentence beside its sources."""
    css = resources.files("khabar_summarize").joinpath("data/brief.css").read_text(encoding="utf-8")
    several = len(articles) > 1
    parts = [
        page_start(f"Brief: {_plain(', '.join(a.article.id for a in articles))}", css),
        "<main>",
    ]
    number = 0
    for brief in briefs:
        parts.append('<section class="event">')
        parts.extend(_lead(brief, number, style))
        for sentence in brief.sentences:
            number += 1
            parts.extend(_evidence(number, sentence, resolved, several))
        parts.extend(_notes(brief))
        parts.append("</section>")
    parts += [
        "</main>",
        f"<footer>{_text(str(briefs[0].signature))}</footer>" if briefs else "",
        "</body>",
        "</html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _text(text: str) -> str:
    """Escape for HTML; control characters become visible, bidi controls go."""
    return _CONTROL.sub("", escape_html(text))


def _lead(brief: Briefing, before: int, style: str) -> Iterable[str]:
    linked = [
        f'{_text(sentence.text)} <a href="#s{before + i}" class="ref">{before + i}</a>'
        for i, sentence in enumerate(brief.sentences, start=1)
    ]
    if style == "bullets":
        yield '<ul class="brief">' + "".join(f"<li>{item}</li>" for item in linked) + "</ul>"
    else:
        tag = "h1" if style == "headline" else "p"
        yield f'<{tag} class="brief">{" ".join(linked)}</{tag}>'


def _evidence(
    number: int, sentence: BriefSentence, resolved: Mapping[str, Citation], several: bool
) -> Iterable[str]:
    """One sentence, its checks, and its sources in both languages."""
    yield f'<article id="s{number}">'
    yield f'<h2><span class="number">{number}</span> {_text(sentence.text)}</h2>'
    checks = "".join(
        f'<li class="{_RESULT[check.passed]}" title="{_text(check.detail)}">{_text(check.name)}</li>'
        for check in sentence.checks
    )
    mode = "written" if sentence.mode == "abstractive" else "extract"
    support = f"<li>support {sentence.support:.0%}</li>"
    yield f'<ul class="checks"><li class="mode">{mode}</li>{support}{checks}</ul>'
    for cite in sentence.cites:
        citation = resolved[cite]
        label = f"{citation.article}:{citation.number}" if several else str(citation.number)
        yield '<div class="source">'
        yield f'<span class="label"><bdi>{_text(label)}</bdi></span>'
        yield f'<p class="en" lang="en" dir="ltr">{_text(citation.english)}</p>'
        if citation.arabic:
            yield f'<p class="ar" lang="ar" dir="rtl">{_text(citation.arabic)}</p>'
        yield "</div>"
    yield "</article>"


def _notes(brief: Briefing) -> Iterable[str]:
    if brief.notes:
        items = "".join(f"<li><bdi>{_text(note)}</bdi></li>" for note in brief.notes)
        yield f'<ul class="notes">{items}</ul>'
