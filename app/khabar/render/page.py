"""A page with both languages side by side: Arabic right, English left; names and doubtful sentences marked.

In: a `TranslatedArticle`. Out: one HTML file without scripts and without anything to load, safe to open
whatever the article contains. Not here: briefs and scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from khabar.render.marks import STATUS_WORDS, Mark, enclose, names_of, term_tag
from khabar_core.records import Flag, TranslatedArticle, Translation
from khabar_core.webpage import escape_html, page_start
from khabar_mt.documents.inline import find_translations

__all__ = ["render_page"]


def render_page(translated: TranslatedArticle) -> str:
    """Make the page."""
    style = resources.files("khabar.render").joinpath("page.css").read_text(encoding="utf-8")
    title = _headline(translated) or translated.article.title or translated.article.id
    parts = [
        page_start(title, style),
        *_summary(translated),
        "<main>",
        *_rows(translated),
        "</main>",
        *_footer(translated),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _headline(translated: TranslatedArticle) -> str:
    """The translated headline."""
    article = translated.article
    for index, kind in enumerate(article.kinds):
        if kind == "headline" and index < len(translated.paragraphs):
            return translated.paragraphs[index].strip()
    return ""


def _summary(translated: TranslatedArticle) -> list[str]:
    """Counts, and what the colours mean."""
    terms = [term for translation in translated.translations for term in names_of(translation)]
    doubtful = sum(translation.doubtful for translation in translated.translations)
    n_segments = len(translated.translations)
    source = translated.article.metadata.get("path", translated.article.id)
    facts = [_count(n_segments, "segment"), _count(doubtful, "doubtful", plural="doubtful")]
    legend = []
    for status, meaning in STATUS_WORDS.items():
        n_terms = sum(term.status is status for term in terms)
        if n_terms:
            legend.append(f'<li><mark class="{status.value}">{n_terms}</mark> {escape_html(meaning)}</li>')
    if terms:
        facts.insert(1, _count(len(terms), "glossary name"))
    lines = ["<header>", f'<p class="facts"><bdi>{escape_html(source)}</bdi> · {" · ".join(facts)}</p>']
    if legend:
        lines.append(f'<ul class="legend">{"".join(legend)}</ul>')
    return [*lines, "</header>"]


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _rows(translated: TranslatedArticle) -> Iterable[str]:
    """One row for each paragraph that has text."""
    article = translated.article
    kinds = article.kinds or ("body",) * len(article.paragraphs)
    of_paragraph: dict[int, list[Translation]] = {}
    for translation in translated.translations:
        of_paragraph.setdefault(translation.segment.paragraph, []).append(translation)
    offset = 0
    number = 0
    for index, (source, target) in enumerate(zip(article.paragraphs, translated.paragraphs, strict=True)):
        translations = of_paragraph.get(index, [])
        if source.strip() or target.strip():
            notes = [translation for translation in translations if translation.doubtful]
            numbers = {translation.segment.id: number + n for n, translation in enumerate(notes, 1)}
            number += len(notes)
            tag = {"headline": "h1", "subhead": "h2"}.get(kinds[index], "p")
            english = enclose(target, _target_marks(target, translations, numbers))
            arabic = enclose(source, _source_marks(offset, len(source), translations))
            yield f'<section class="{escape_html(kinds[index])}">'
            yield f'<{tag} class="en" lang="en" dir="ltr">{english}</{tag}>'
            yield f'<{tag} class="ar" lang="ar" dir="rtl">{arabic}</{tag}>'
            yield from _notes(notes, numbers)
            yield "</section>"
        offset += len(source) + 1  # the newline that joins paragraphs


def _notes(notes: Sequence[Translation], numbers: dict[str, int]) -> Iterable[str]:
    """Why sentences of a row are doubtful."""
    if notes:
        items = "".join(
            f'<li id="note-{numbers[note.segment.id]}" value="{numbers[note.segment.id]}">'
            f"{'; '.join(_flag(flag) for flag in note.flags if not flag.informative)}</li>"
            for note in notes
        )
        yield f'<ol class="notes">{items}</ol>'


def _flag(flag: Flag) -> str:
    name = flag.kind.value.replace("_", " ")
    return (
        f"<b>{escape_html(name)}:</b> <bdi>{escape_html(flag.detail)}</bdi>"
        if flag.detail
        else f"<b>{escape_html(name)}</b>"
    )


def _target_marks(
    paragraph: str, translations: Sequence[Translation], numbers: dict[str, int]
) -> Iterable[Mark]:
    """Marks in the English: doubtful sentences, and the names inside each sentence."""
    for translation, start in find_translations(paragraph, translations):
        number = numbers.get(translation.segment.id)
        if number is not None:
            note = f'<a class="ref" href="#note-{number}">{number}</a>'
            yield Mark(
                (start, start + len(translation.text.strip())), '<span class="doubtful">', f"{note}</span>"
            )
        lead = len(translation.text) - len(translation.text.lstrip())
        for term in names_of(translation):
            if term.target_span is not None:
                first, last = (start + end - lead for end in term.target_span)
                yield Mark((first, last), term_tag(term, term.source), "</mark>")


def _source_marks(offset: int, length: int, translations: Sequence[Translation]) -> Iterable[Mark]:
    """Marks in the Arabic: names; spans of segments point into the whole article."""
    for translation in translations:
        start = translation.segment.span_chars[0] - offset
        for term in names_of(translation):
            first, last = (start + end for end in term.source_span)
            if 0 <= first < last <= length:
                yield Mark((first, last), term_tag(term, term.target), "</mark>")


def _footer(translated: TranslatedArticle) -> list[str]:
    """How the page was made."""
    if not translated.signature.fields:
        return []
    rows = "".join(
        f"<div><dt>{escape_html(key)}</dt><dd>{escape_html(value)}</dd></div>"
        for key, value in translated.signature.fields
    )
    return ["<footer>", "<p>Machine translation. How it was made:</p>", f"<dl>{rows}</dl>", "</footer>"]
