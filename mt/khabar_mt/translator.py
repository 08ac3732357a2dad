"""Translate texts and articles: segment, normalise, match names, decode, check, repair, restore layout.

In: Arabic text, lines or articles. Out: English in the same layout, with what each segment went through. The
output of a segment depends on nothing but the segment, the names in its article, the model, the glossary and
the options. Not here: files (documents), many files (batch), the steps of decoding again (ladder).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import overload

from khabar_core.engines.base import Engine, Hypothesis
from khabar_core.records import (
    Article,
    Flag,
    FlagKind,
    Segment,
    Signature,
    TranslatedArticle,
    Translation,
)
from khabar_glossaries import Glossary, Match
from khabar_mt.arabic import NORMALISER_VERSION, has_arabic, normalise, to_ascii_digits
from khabar_mt.cache import Cache, Entry
from khabar_mt.consistency import WINDOW, NameLedger
from khabar_mt.datelines import english_dateline
from khabar_mt.documents.news import find_dateline
from khabar_mt.judge import judge
from khabar_mt.ladder import Item, Ladder, Outcome
from khabar_mt.layout import ArticlePlan, plan_article
from khabar_mt.matching import find_names, matches_of_parts, segment_key
from khabar_mt.options import TranslateOptions
from khabar_mt.pieces import cut_segment, merge_pieces
from khabar_mt.references import decode_references, open_references
from khabar_mt.rescue import beginnings_for, hint_orders
from khabar_mt.terms import hints_for

__all__ = ["Progress", "Translator"]

# Called with (segments done, segments in all).
Progress = Callable[[int, int], None]
# A stream decodes a few paragraphs at a time: enough for a full batch, few enough to show the first soon.
_STREAM_SEGMENTS = WINDOW


class Translator:
    """Translates Arabic into English.

    Args:
        engine: a loaded model.
        glossary: names and terms to obey; None for none.
        options: how.
        fallback: another engine for segments that this one cannot get right.
        cache: remembers decoded segments between runs.
        ledger: spells names that no glossary knows the same way in everything that this translator
            translates; None does so within each article.

    >>> from khabar_core.engines.echo import EchoEngine
    >>> Translator(EchoEngine(lambda request: "hello")).translate_lines(["مرحبا", ""])
    ['Hello', '']
    """

    def __init__(
        self,
        engine: Engine,
        glossary: Glossary | None = None,
        options: TranslateOptions | None = None,
        *,
        fallback: Engine | None = None,
        cache: Cache | None = None,
        ledger: NameLedger | None = None,
    ) -> None:
        self._engine = engine
        self._glossary = glossary if glossary is not None else Glossary.empty()
        self._options = options or TranslateOptions()
        self._cache = cache
        self._ledger = ledger
        self._ladder = Ladder(
            engine, self._options, judge, prefixer=beginnings_for, reorderer=hint_orders, fallback=fallback
        )
        self._fallback_name = fallback.name if fallback else ""

    @classmethod
    def load(
        cls,
        model: str = "default",
        glossary: Glossary | None = None,
        options: TranslateOptions | None = None,
        *,
        threads: int | None = None,
        cache: Cache | None = None,
    ) -> Translator:
        """Load a model by name or path and make a translator.

        Args:
            model: "default", a name in the model store, or a folder.
            glossary: None takes the one that is shipped; `Glossary.empty()` for none.
            options: how to translate.
            threads: None takes what the machine or container grants.
            cache: remembers decoded segments between runs.

        Raises:
            ModelError: the model is missing or cannot be used.
        """
        from khabar_core.engines import load_engine

        engine = load_engine(model, threads=threads)
        return cls(engine, Glossary.builtin() if glossary is None else glossary, options, cache=cache)

    @property
    def signature(self) -> Signature:
        """How its output is made: equal signatures, comparable outputs."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            khabar = version("khabar")
        except PackageNotFoundError:  # run from a source tree that is not installed
            khabar = "unknown"
        fields = {
            "glossary": self._glossary.digest[:12],
            "norm": NORMALISER_VERSION,
            "opt": self._options.tag,
        }
        if self._fallback_name:
            fields["fallback"] = self._fallback_name
        return self._engine.signature.with_fields(**fields, khabar=khabar)

    @property
    def engine(self) -> Engine:
        """The engine, for those who need its other tasks."""
        return self._engine

    @overload
    def translate(self, source: str | Article) -> TranslatedArticle: ...
    @overload
    def translate(self, source: list[str] | tuple[str, ...]) -> list[TranslatedArticle]: ...
    def translate(
        self, source: str | Article | list[str] | tuple[str, ...]
    ) -> TranslatedArticle | list[TranslatedArticle]:
        """Translate one text, one article, or several texts.

        Args:
            source: a text (its lines are its paragraphs), an article, or several texts.

        Returns:
            An article; a list of them for several texts.
        """
        if isinstance(source, Article):
            return self.translate_all([source])[0]
        if isinstance(source, str):
            return self.translate_all([_article(source, "text")])[0]
        return self.translate_all([_article(text, f"text{i + 1}") for i, text in enumerate(source)])

    def translate_all(
        self, articles: Sequence[Article], progress: Progress | None = None
    ) -> list[TranslatedArticle]:
        """Translate articles together: their segments share batches, equal segments are decoded once."""
        plans = [self._plan(article) for article in articles]
        segments = [segment for plan in plans for segment in plan.segments]
        matches = [found for plan in plans for found in find_names(self._glossary, plan.segments)]
        translations = self._translate_segments(segments, matches, progress)
        signature = self.signature
        results = []
        position = 0
        for plan in plans:
            ledger = NameLedger() if self._ledger is None else self._ledger
            own = tuple(ledger.apply_all(translations[position : position + len(plan.segments)]))
            position += len(own)
            english = {translation.segment.id: translation.text for translation in own}
            results.append(
                TranslatedArticle(
                    article=plan.article, paragraphs=plan.join(english), translations=own, signature=signature
                )
            )
        return results

    def translate_lines(self, lines: Sequence[str], progress: Progress | None = None) -> list[str]:
        """Translate lines that have nothing to do with each other: one line out for each line in.

        Line ends inside a line become spaces.
        """
        articles = [
            Article(id=str(i + 1), paragraphs=(" ".join(line.split("\n")),), kinds=("body",))
            for i, line in enumerate(lines)
        ]
        return [translated.paragraphs[0] for translated in self.translate_all(articles, progress)]

    def stream(self, article: Article) -> Iterator[Translation]:
        """Yield an article's translations in reading order, a few at a time, the same as `translate`."""
        segments = self._plan(article).segments
        matches = find_names(self._glossary, segments)
        ledger = NameLedger() if self._ledger is None else self._ledger
        for start in range(0, len(segments), _STREAM_SEGMENTS):
            part = slice(start, start + _STREAM_SEGMENTS)
            yield from ledger.apply_all(self._translate_segments(segments[part], matches[part]))

    def stream_paragraphs(self, article: Article) -> Iterator[tuple[str, tuple[Translation, ...]]]:
        """Yield each English paragraph with its translations as soon as it is complete; blank ones too."""
        plan = self._plan(article)
        stream = self.stream(article)
        for index, pieces in enumerate(plan.paragraphs):
            own = tuple(itertools.islice(stream, sum(piece.segment is not None for piece in pieces)))
            english = {translation.segment.id: translation.text for translation in own}
            yield plan.join_paragraph(index, english), own

    def join(self, article: Article, translations: Iterable[Translation]) -> TranslatedArticle:
        """Put streamed translations together.

        Raises:
            KeyError: a segment is missing.
        """
        plan = self._plan(article)
        own = tuple(translations)
        paragraphs = plan.join({translation.segment.id: translation.text for translation in own})
        return TranslatedArticle(
            article=article, paragraphs=paragraphs, translations=own, signature=self.signature
        )

    def _plan(self, article: Article) -> ArticlePlan:
        """Cut an article up; only datelines of which every part is known are cut off."""
        table: dict[str, str] = {}
        if self._options.datelines:
            for paragraph in map(open_references, article.paragraphs):
                text = paragraph[: find_dateline(paragraph)].strip()
                english = english_dateline(text, self._place) if text else None
                if english:
                    table[text] = english
        return plan_article(article, is_dateline=table)

    def _place(self, name: str) -> str | None:
        """A place that the glossary knows."""
        entry = self._glossary.lookup(name)
        return entry.target if entry is not None and entry.type == "place" else None

    def _translate_segments(
        self,
        segments: Sequence[Segment],
        matches: Sequence[tuple[Match, ...]],
        progress: Progress | None = None,
    ) -> list[Translation]:
        """Translate segments of any articles, given the names in each; equal ones once."""
        keys = [segment_key(*pair) for pair in zip(segments, matches, strict=True)]
        unique: dict[str, tuple[Segment, tuple[Match, ...]]] = {}
        for key, segment, found in zip(keys, segments, matches, strict=True):
            unique.setdefault(key, (segment, found))
        done: dict[str, Translation] = {}
        waiting: list[tuple[str, Segment, list[Item]]] = []
        for key, (segment, found) in unique.items():
            literal = self._literal(segment)
            if literal is not None:
                done[key] = literal
            else:
                waiting.append((key, segment, self._items(segment, found)))
        # Longest first: segments of like length share batches, and a lack of memory shows at once.
        waiting.sort(key=lambda entry: sum(len(item.text) for item in entry[2]), reverse=True)
        n_done = len(done)
        if progress:
            progress(n_done, len(unique))
        for start in range(0, len(waiting), self._options.chunk_segments):
            chunk = waiting[start : start + self._options.chunk_segments]
            outcomes = iter(self._decode([item for _, _, items in chunk for item in items]))
            for key, segment, items in chunk:
                done[key] = merge_pieces(segment, items, [next(outcomes) for _ in items])
            n_done += len(chunk)
            if progress:
                progress(n_done, len(unique))
        return [_for_segment(done[key], segment) for key, segment in zip(keys, segments, strict=True)]

    def _literal(self, segment: Segment) -> Translation | None:
        """The translation of what needs no decoding: datelines, figures, other languages."""
        text = segment.text
        meant = decode_references(text)
        if segment.kind == "dateline":
            english = english_dateline(meant, self._place)
            return Translation(segment=segment, text=english or text, attempts=("table",))
        if segment.language == "ar" and has_arabic(meant):
            return None
        if not any(char.isalpha() for char in meant):
            return Translation(segment=segment, text=to_ascii_digits(text), passed_through=True)
        flag = Flag(kind=FlagKind.NOT_ARABIC, detail=segment.language, informative=True)
        return Translation(segment=segment, text=text, flags=(flag,), passed_through=True)

    def _items(self, segment: Segment, found: Sequence[Match]) -> list[Item]:
        """Cut a segment to what the model can take, with the terms of each part."""
        limit = min(self._options.max_input_tokens, self._engine.max_input_tokens)
        names = [match.token_span for match in found]
        parts = cut_segment(open_references(segment.text), limit, self._engine.count_tokens, names)
        items = []
        wants_hints = self._options.hints and self._engine.takes_hints
        for i, (part, matches) in enumerate(zip(parts, matches_of_parts(found, parts), strict=True)):
            items.append(
                Item(
                    text=" ".join(normalise(part).split()),
                    source=part,
                    hints=tuple((normalise(ar), en) for ar, en in hints_for(matches)) if wants_hints else (),
                    matches=matches,
                    opens=i == 0,
                    closes=i == len(parts) - 1,
                )
            )
        return items

    def _decode(self, items: Sequence[Item]) -> list[Outcome]:
        """Decode items, from the cache where it knows them."""
        unique: dict[str, Item] = {}
        keys = [_key(item) for item in items]
        for key, item in zip(keys, items, strict=True):
            unique.setdefault(key, item)
        known: Mapping[str, Entry] = {}
        prefix = self.signature.digest if self._cache is not None else ""
        if self._cache is not None:
            known = self._cache.get_many([prefix + key for key in unique])
        outcomes: dict[str, Outcome] = {}
        for key, item in unique.items():
            entry = known.get(prefix + key)
            if entry is not None:
                best = judge(item, entry.hypothesis)
                outcomes[key] = Outcome(best=best, attempts=entry.attempts, chosen=entry.chosen)
        new = {key: item for key, item in unique.items() if key not in outcomes}
        if new:
            for key, outcome in zip(new, self._ladder.run(list(new.values())), strict=True):
                outcomes[key] = outcome
            if self._cache is not None:
                self._cache.put_many({prefix + key: _entry(outcomes[key]) for key in new})
        # Equal texts may be written with different marks: terms point into each one's own source.
        return [
            outcomes[key] if unique[key] is item else self._rejudge(item, outcomes[key])
            for key, item in zip(keys, items, strict=True)
        ]

    def _rejudge(self, item: Item, outcome: Outcome) -> Outcome:
        best = judge(item, _entry(outcome).hypothesis)
        return Outcome(best=best, attempts=outcome.attempts, chosen=outcome.chosen)


def _key(item: Item) -> str:
    """Names an item by everything that its decoding depends on, beside the translator's signature."""
    parts = [item.text, str(item.opens), str(item.closes), *(str(m.ambiguous) for m in item.matches)]
    parts += [f"{source}\t{target}" for source, target in item.hints]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _entry(outcome: Outcome) -> Entry:
    best = outcome.best
    hypothesis = Hypothesis(
        text=best.raw,
        logprob_per_token=best.logprob_per_token,
        n_tokens=best.n_tokens,
        finished=best.finished,
    )
    return Entry(hypothesis=hypothesis, attempts=outcome.attempts, chosen=outcome.chosen)


def _article(text: str, article_id: str) -> Article:
    """A text as an article, with its news structure."""
    from khabar_mt.documents.news import read_structure

    paragraphs = tuple(text.split("\n"))
    structure = read_structure(paragraphs)
    return Article(
        id=article_id,
        paragraphs=paragraphs,
        title=structure.title,
        dateline=structure.dateline,
        kinds=structure.kinds,
    )


def _for_segment(translation: Translation, segment: Segment) -> Translation:
    """The same translation for another occurrence of the same text."""
    import dataclasses

    return (
        translation if translation.segment is segment else dataclasses.replace(translation, segment=segment)
    )
