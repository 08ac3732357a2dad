"""Collect the glossary terms of a run and write the term report in the format of the file's ending.

In: translated articles, as they are made. Out: a file. Not here: the formats (khabar.render.terms,
terms_page).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from khabar.render.terms import (
    TermSegment,
    render_name_table,
    render_terms,
    render_terms_json,
    summarise_terms,
    term_segments,
)
from khabar_core.errors import UsageError
from khabar_core.records import Article, Signature, TranslatedArticle
from khabar_core.textio import write_atomic
from khabar_mt.translator import Translator

__all__ = ["ENDINGS", "ListeningTranslator", "TermCollector", "check_ending"]

ENDINGS = (".tsv", ".txt", ".json", ".html")


def check_ending(path: Path) -> None:
    """Refuse a file whose ending names no format; none at all means TSV.

    Raises:
        UsageError: an unknown ending.
    """
    if path.suffix and path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"no report format {path.suffix!r}", where="--term-report", hint=f"one of {', '.join(ENDINGS)}"
        )


class TermCollector:
    """Keeps of each article only the segments that have terms."""

    def __init__(self) -> None:
        self._segments: list[TermSegment] = []
        self._signature = Signature()

    def add(self, translated: TranslatedArticle) -> None:
        """Note an article."""
        self._segments += term_segments([translated])
        self._signature = translated.signature

    def write(self, path: Path) -> None:
        """Write the report; the file is replaced as a whole.

        Raises:
            InputError: it cannot be written.
        """
        ending = path.suffix.lower()
        if ending == ".html":
            from khabar.render.terms_page import render_terms_page

            text = render_terms_page(self._segments, self._signature)
        else:
            show = {".txt": render_name_table, ".json": render_terms_json}.get(ending, render_terms)
            text = show(self._segments)
        write_atomic(path, text.encode("utf-8", "replace"))

    @property
    def summary(self) -> str:
        """One line of counts."""
        return summarise_terms(self._segments)


class ListeningTranslator:
    """A translator that tells a collector what it made; for batches, which keep nothing in memory."""

    def __init__(self, translator: Translator, collector: TermCollector) -> None:
        self._translator = translator
        self._collector = collector

    @property
    def signature(self) -> Signature:
        """Of the translator."""
        return self._translator.signature

    def translate_all(self, articles: Sequence[Article]) -> list[TranslatedArticle]:
        """Translate articles together, and note their terms."""
        results = self._translator.translate_all(articles)
        for translated in results:
            self._collector.add(translated)
        return results
