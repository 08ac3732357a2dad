"""The term report: what became of every glossary name, document by document.

In: translated articles. Out: TSV for a file, and one line of counts. Not here: enforcing terms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from khabar_core.records import TermHit, TermStatus, TranslatedArticle

__all__ = ["render_terms", "summarise_terms"]

_HEADER = (
    "document\tsegment\tstatus\tsource\tspan_chars\ttarget\tfound\tfound_span_chars\ttype\tglossary\tsteps"
)


def render_terms(articles: Iterable[TranslatedArticle]) -> str:
    """A header, then one line for each occurrence; spans are in the segment and in its translation."""
    lines = [_HEADER]
    for translated in articles:
        for translation in translated.translations:
            for term in translation.terms:
                cells = (
                    translated.article.id,
                    translation.segment.id,
                    term.status.value,
                    term.source,
                    "{}-{}".format(*term.source_span),
                    term.target,
                    term.found or "",
                    "{}-{}".format(*term.target_span) if term.target_span else "",
                    term.type,
                    term.glossary,
                    "; ".join(term.steps),
                )
                lines.append("\t".join(" ".join(cell.split()) for cell in cells))
    return "\n".join(lines) + "\n"


def summarise_terms(articles: Sequence[TranslatedArticle]) -> str:
    """How many names are right, and which came out in more than one way."""
    terms = [
        term
        for translated in articles
        for translation in translated.translations
        for term in translation.terms
    ]
    counts = Counter(term.status for term in terms)
    words = {
        TermStatus.AT_ONCE: "right at once",
        TermStatus.REPAIRED: "repaired",
        TermStatus.VIOLATED: "violated",
        TermStatus.AMBIGUOUS: "ambiguous",
    }
    text = f"{len(terms)} glossary terms: " + ", ".join(
        f"{counts[status]} {word}" for status, word in words.items()
    )
    changing = _changing_names(terms)
    return text + (f"; not the same everywhere: {', '.join(changing)}" if changing else "")


def _changing_names(terms: Iterable[TermHit]) -> list[str]:
    """Targets that were found in more than one form; capitals, plurals and possessives are no difference."""
    forms: dict[str, dict[str, str]] = {}
    for term in terms:
        if term.found:
            stem = re.sub("(?:['’]s|s['’]?)$", "", term.found.casefold())
            forms.setdefault(term.target, {}).setdefault(stem, term.found)
    return [
        f"{target} ({' / '.join(sorted(found.values()))})"
        for target, found in forms.items()
        if len(found) > 1
    ]
