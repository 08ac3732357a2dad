"""The records that pass between the rooms: frozen, typed, without behaviour beyond simple derivations.

Article -> Segment -> Translation -> TranslatedArticle -> Briefing, and Score. Spans are half-open [start,
end)
pairs of code points. Dicts exist only at the JSON edge: `to_json` makes one from any record.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Article",
    "BriefSentence",
    "Briefing",
    "Check",
    "Flag",
    "FlagKind",
    "Score",
    "Segment",
    "Signature",
    "Span",
    "TermHit",
    "TermStatus",
    "TranslatedArticle",
    "Translation",
    "to_json",
]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Signature:
    """How an output was made, as sacrebleu prints it for scores: `key:value|key:value`, keys in given order.

    Two outputs are comparable iff their signatures are equal.
    """

    fields: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return "|".join(f"{key}:{value}" for key, value in self.fields)

    def with_fields(self, **fields: object) -> Signature:
        """A copy with fields added at the end, or replaced where the key exists."""
        merged = dict(self.fields)
        merged.update({key: str(value) for key, value in fields.items()})
        return Signature(tuple(merged.items()))

    @property
    def digest(self) -> str:
        """The first 12 hex digits of the sha256 of the printed form."""
        return hashlib.sha256(str(self).encode("utf-8")).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A text to translate. `"\\n".join(paragraphs)` is the text that spans point into.

    Attributes:
        id: stable within a run, e.g. the file's stem.
        paragraphs: every unit of layout in order: lines of a text file, cells, cues; blank ones included.
        title: the headline, if one was recognised; it also stands in `paragraphs`.
        dateline: the dateline as written (`بيروت (رويترز) - `), if one was recognised.
        language: ISO 639-1 code, or "und".
        metadata: free strings (path, url, date, source).
        kinds: what each paragraph is ("body", "headline", "subhead", "dateline", "caption", "list"), as far
            as the reader could tell; empty when nobody looked, otherwise as long as `paragraphs`.
    """

    id: str
    paragraphs: tuple[str, ...]
    title: str | None = None
    dateline: str | None = None
    language: str = "ar"
    metadata: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The paragraphs joined with newlines."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One sentence or line to translate, without surrounding white space.

    Attributes:
        id: `<article id>:<number from 1>`, unique within a run.
        text: the source as written, not normalised.
        paragraph: index into `Article.paragraphs`.
        span_chars: where `text` stands in `Article.text`.
        kind: "body", "headline", "dateline", "caption", "list", "subhead".
        language: what language detection said; only "ar" is translated.
    """

    id: str
    text: str
    paragraph: int
    span_chars: Span
    kind: str = "body"
    language: str = "ar"


class TermStatus(str, enum.Enum):
    """What became of one occurrence of a glossary term."""

    AT_ONCE = "at_once"  # the decoder wrote an accepted form (from the hint or by itself)
    REPAIRED = "repaired"  # a wrong spelling was found and replaced
    VIOLATED = "violated"  # no accepted form stands in the translation
    AMBIGUOUS = "ambiguous"  # the word may not be the term; nothing was enforced


@dataclass(frozen=True, slots=True, kw_only=True)
class TermHit:
    """One occurrence of a glossary term in a source segment, and what became of it.

    Attributes:
        source: the Arabic as it stands in the segment, without proclitics.
        source_span: in code points of `Segment.text`.
        target: the English that the glossary prefers.
        accepted: other English forms that count as right.
        type: entry type (person, place, org, group, weapon, title, ...).
        status: see TermStatus.
        found: the English form that stands in the translation, if one does.
        target_span: where `found` stands in `Translation.text`.
        steps: what the enforcement did, in order, e.g. ("hint", "respelling: Adlib -> Idlib").
        glossary: name of the glossary layer that the entry comes from.
        forbidden: English forms that the glossary knows to be wrong.
        plural: whether an English plural of the target counts as right too.
        exact_case: whether the capitals of the target are required.
    """

    source: str
    source_span: Span
    target: str
    accepted: tuple[str, ...] = ()
    type: str = "other"
    status: TermStatus = TermStatus.VIOLATED
    found: str | None = None
    target_span: Span | None = None
    steps: tuple[str, ...] = ()
    glossary: str = ""
    forbidden: tuple[str, ...] = ()
    plural: bool = False
    exact_case: bool = True


class FlagKind(str, enum.Enum):
    """Why a segment deserves a second look."""

    NUMBERS = "numbers"  # a number of the source is missing, or one was added
    ARABIC_LEFT = "arabic_left"  # Arabic letters in the translation
    EMPTY = "empty"  # nothing came out
    COPY = "copy"  # the source came out again
    LENGTH = "length"  # far too short or too long for its source
    LOOP = "loop"  # an n-gram repeats
    LOW_SCORE = "low_score"  # low log-probability per token
    TERM = "term"  # a glossary term is not as the glossary says
    TRUNCATED = "truncated"  # decoding stopped at the length limit
    SPLIT = "split"  # the segment was cut to fit the model (informative)
    NOT_ARABIC = "not_arabic"  # passed through untouched (informative)
    DIRECTION = "direction"  # a compass point was exchanged for another
    NEGATION = "negation"  # the source denies something and the translation does not
    OTHER_SCRIPT = "other_script"  # letters of a script that neither side uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One warning about one translation; `detail` says in a few words what was seen."""

    kind: FlagKind
    detail: str = ""
    informative: bool = False  # True: worth knowing, not a defect


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One translated segment.

    Attributes:
        segment: the source.
        text: the English; equal to the source when `passed_through`.
        logprob_per_token: mean natural-log probability of the output tokens, <= 0; None when not decoded.
        terms: glossary terms in the source, with what became of each.
        flags: what is doubtful; empty when every guard is satisfied.
        attempts: names of the decoding attempts in order ("beam", "nbest", "penalty", "split").
        passed_through: True when the segment is not Arabic and stands unchanged.
    """

    segment: Segment
    text: str
    logprob_per_token: float | None = None
    terms: tuple[TermHit, ...] = ()
    flags: tuple[Flag, ...] = ()
    attempts: tuple[str, ...] = ()
    passed_through: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether a flag says that something may be wrong."""
        return any(not flag.informative for flag in self.flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedArticle:
    """An article with its translations.

    Attributes:
        article: the source.
        paragraphs: English, one for each source paragraph, white space and layout kept.
        translations: in reading order.
        signature: how it was made.
    """

    article: Article
    paragraphs: tuple[str, ...]
    translations: tuple[Translation, ...]
    signature: Signature = Signature()

    @property
    def text(self) -> str:
        """The English paragraphs joined with newlines."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One verification of one brief sentence: names, numbers, dates, quotes, negation, roles."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSentence:
    """One sentence of a brief with its evidence.

    Attributes:
        text: English.
        cites: segment ids that support it, most important first; never empty.
        mode: "abstractive" (written by a model) or "extractive" (taken from the article, perhaps shortened).
        support: 0..1, how much of the sentence its sources cover.
        checks: every verification made.
    """

    text: str
    cites: tuple[str, ...]
    mode: str
    support: float
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """A brief of one or several articles; every sentence is traceable through its cites.

    Attributes:
        sentences: in reading order.
        articles: ids of the articles it was made from.
        signature: how it was made.
        notes: remarks for the reader (contradicting figures, sentences that were replaced).
    """

    sentences: tuple[BriefSentence, ...]
    articles: tuple[str, ...] = ()
    signature: Signature = Signature()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric of one system on one test set.

    Attributes:
        metric: e.g. "chrF2++".
        value: sacrebleu metrics 0..100, rates 0..1.
        n: segments (or documents, occurrences: see `unit`) that it was computed on.
        higher_is_better: the direction.
        interval: 95 % confidence interval [low, high], if one was computed.
        unit: what n counts.
        signature: of the metric.
    """

    metric: str
    value: float
    n: int
    higher_is_better: bool = True
    interval: tuple[float, float] | None = None
    unit: str = "segments"
    signature: str = ""


def to_json(record: Any) -> Any:
    """Make JSON-ready data from a record: dataclasses to dicts, enums to values, tuples to lists."""
    if isinstance(record, Signature):
        return str(record)
    if isinstance(record, enum.Enum):
        return record.value
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: to_json(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {str(key): to_json(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [to_json(item) for item in record]
    return record
