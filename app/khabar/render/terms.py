"""The term report: what became of every glossary name, over all documents of a run.

In: translated articles. Out: a table of names as text, the occurrences as TSV, both as JSON; one line of
counts. Not here: enforcing terms (khabar_mt.terms), the report as a page (terms_page).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from khabar_core.records import TermHit, TermStatus, TranslatedArticle, Translation, to_json
from khabar_mt.terms import is_advice

__all__ = [
    "NameRow",
    "TermSegment",
    "name_rows",
    "render_name_table",
    "render_terms",
    "render_terms_json",
    "summarise_terms",
    "term_segments",
]

SCHEMA = 1
_HEADER = (
    "document\tsegment\tstatus\tsource\tspan_chars\ttarget\tfound\tfound_span_chars\ttype\tglossary\tsteps"
)
_WORDS = {
    TermStatus.AT_ONCE: "right at once",
    TermStatus.REPAIRED: "repaired",
    TermStatus.VIOLATED: "violated",
    TermStatus.AMBIGUOUS: "ambiguous",
}
_PLURAL_OR_POSSESSIVE = re.compile("(?:['’]s|s['’]?)$")


@dataclass(frozen=True, slots=True)
class TermSegment:
    """A translated segment with glossary terms, and the document that it comes from."""

    document: str
    translation: Translation


@dataclass(slots=True)
class NameRow:
    """What became of one name.

    Attributes:
        target: the English that the glossary prefers.
        type: of the entry.
        sources: Arabic spellings that were met.
        statuses: how many occurrences ended how.
        n_reworded: of the ambiguous ones, words of art that stand there in other words.
        spellings: English forms that stand in the translations.
        violated: ids of the segments in which it is not as the glossary says, with their documents.
    """

    target: str
    type: str
    sources: Counter[str] = field(default_factory=Counter)
    statuses: Counter[TermStatus] = field(default_factory=Counter)
    n_reworded: int = 0
    spellings: Counter[str] = field(default_factory=Counter)
    violated: list[tuple[str, str]] = field(default_factory=list)

    @property
    def n_occurrences(self) -> int:
        """In all documents."""
        return sum(self.statuses.values())

    @property
    def changes(self) -> list[str]:
        """The spellings if there are several; capitals, plurals and possessives are no difference."""
        stems: dict[str, str] = {}
        for form in self.spellings:
            stems.setdefault(_PLURAL_OR_POSSESSIVE.sub("", form.casefold()), form)
        return sorted(stems.values()) if len(stems) > 1 else []


def term_segments(articles: Iterable[TranslatedArticle]) -> list[TermSegment]:
    """The segments that have glossary terms, in reading order."""
    return [
        TermSegment(translated.article.metadata.get("path", translated.article.id), translation)
        for translated in articles
        for translation in translated.translations
        if translation.terms
    ]


def name_rows(segments: Iterable[TermSegment]) -> list[NameRow]:
    """One row for each name: those that were not obeyed, then the frequent ones, then mere doubts."""
    rows: dict[tuple[str, str], NameRow] = {}
    for segment in segments:
        for term in segment.translation.terms:
            row = rows.setdefault((term.target, term.type), NameRow(term.target, term.type))
            row.sources[term.source] += 1
            row.statuses[term.status] += 1
            row.n_reworded += is_advice(term) and term.found is None
            if term.found:
                row.spellings[term.found] += 1
            if term.status is TermStatus.VIOLATED:
                row.violated.append((segment.document, segment.translation.segment.id))
    return sorted(
        rows.values(),
        key=lambda row: (
            -row.statuses[TermStatus.VIOLATED],
            row.statuses[TermStatus.AMBIGUOUS] == row.n_occurrences,
            -row.n_occurrences,
            row.target,
        ),
    )


def render_terms(segments: Iterable[TermSegment]) -> str:
    """TSV: a header, then one line for each occurrence; spans are in the segment and in its translation."""
    lines = [_HEADER]
    for segment in segments:
        for term in segment.translation.terms:
            cells = (
                segment.document,
                segment.translation.segment.id,
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


def render_name_table(segments: Sequence[TermSegment]) -> str:
    """Text for people: one line for each name, what was not obeyed first."""
    rows = name_rows(segments)
    lines = [_count_line(_terms(segments)), ""]
    for row in rows:
        parts = [f"{row.statuses[status]} {word}" for status, word in _WORDS.items() if row.statuses[status]]
        line = f"{row.target} ({row.type}, {' / '.join(row.sources)}): {', '.join(parts)}"
        spellings = [form for form in row.spellings if form != row.target]
        if spellings:
            line += "; spelt " + ", ".join(f"{form} {row.spellings[form]}x" for form in row.spellings)
        if row.violated:
            line += "; not obeyed in " + ", ".join(f"{document} {id}" for document, id in row.violated)
        lines.append(" ".join(line.split()))
    return "\n".join(lines) + "\n"


def render_terms_json(segments: Sequence[TermSegment]) -> str:
    """One object: counts, names, occurrences."""
    terms = _terms(segments)
    counts = Counter(term.status for term in terms)
    record = {
        "schema": SCHEMA,
        "counts": {status.value: counts[status] for status in TermStatus},
        "names": [_name_record(row) for row in name_rows(segments)],
        "occurrences": [
            {
                "document": segment.document,
                "segment": segment.translation.segment.id,
                **_occurrence(term),
            }
            for segment in segments
            for term in segment.translation.terms
        ],
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _name_record(row: NameRow) -> dict[str, object]:
    return {
        "target": row.target,
        "type": row.type,
        "sources": dict(row.sources),
        "occurrences": row.n_occurrences,
        **{status.value: row.statuses[status] for status in TermStatus},
        "reworded": row.n_reworded,
        "spellings": dict(row.spellings),
        "violated_in": [{"document": document, "segment": id} for document, id in row.violated],
    }


def _occurrence(term: TermHit) -> dict[str, object]:
    record = to_json(term)
    record["source_span_chars"] = record.pop("source_span")
    record["target_span_chars"] = record.pop("target_span")
    return dict(record)


def _terms(segments: Iterable[TermSegment]) -> list[TermHit]:
    return [term for segment in segments for term in segment.translation.terms]


def _count_line(terms: Sequence[TermHit]) -> str:
    counts = Counter(term.status for term in terms)
    return f"{len(terms)} glossary terms: " + ", ".join(
        f"{counts[status]} {word}" for status, word in _WORDS.items()
    )


def summarise_terms(segments: Sequence[TermSegment]) -> str:
    """How many names are right, and which came out in more than one way."""
    text = _count_line(_terms(segments))
    changing = [f"{row.target} ({' / '.join(row.changes)})" for row in name_rows(segments) if row.changes]
    return text + (f"; not the same everywhere: {', '.join(changing)}" if changing else "")
