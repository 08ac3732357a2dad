"""Translated articles in, a checked brief out.

In: `TranslatedArticle`s, an engine that does the task "brief" or none. Out: a `Briefing` whose every
sentence cites segments and carries its checks. Not here: translating, and how a brief is shown (render).
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from khabar_core.engines.base import Engine
from khabar_core.errors import InputError
from khabar_core.records import Briefing, BriefSentence, Signature, TranslatedArticle
from khabar_summarize.disagreements import Disagreement, find_disagreements
from khabar_summarize.drafting import Drafter
from khabar_summarize.drafts import Draft, Pool
from khabar_summarize.english import count_words
from khabar_summarize.events import group_events
from khabar_summarize.options import BriefOptions
from khabar_summarize.selection import rank, subheads_over, usable
from khabar_summarize.sources import SourceSentence, equivalents_of, source_sentences
from khabar_summarize.verify import Verifier
from khabar_summarize.writing import can_write

if TYPE_CHECKING:
    from khabar_glossaries import Glossary

__all__ = ["VERSION", "Summarizer"]

log = logging.getLogger(__name__)

VERSION = "2"  # of selection, checks and ladder; part of every signature
# What can be checked of a sentence that khabar composes itself to set accounts side by side.
_FACTS = ("names", "numbers", "dates", "quotes")
_WORDS_PER_EVENT = 25  # least room for one event in a brief of several


class Summarizer:
    """Writes briefs.

    Args:
        engine: writes the sentences if it does the task "brief"; None, or another engine: extracts only.
        glossary: its accepted spellings of one name count as equal.
        options: length, style, candidates.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        glossary: Glossary | None = None,
        options: BriefOptions | None = None,
    ) -> None:
        self._engine = engine if can_write(engine) else None
        self._model = "none" if engine is None else engine.name
        self._glossary = glossary
        self._options = options or BriefOptions()

    @classmethod
    def load(
        cls, model: str = "default", *, glossary: Glossary | None = None, options: BriefOptions | None = None
    ) -> Summarizer:
        """A summarizer with a model of the store.

        Raises:
            ModelError: the model is missing or cannot be run.
        """
        from khabar_core.engines import load_engine

        return cls(load_engine(model), glossary, options)

    @property
    def writes(self) -> bool:
        """Whether a model writes; else briefs are extracts."""
        return self._engine is not None and not self._options.extractive

    @property
    def signature(self) -> Signature:
        """What determines a brief, beside the articles."""
        options = self._options
        base = self._engine.signature if self._engine is not None and self.writes else Signature()
        return base.with_fields(
            summarizer=VERSION,
            mode="abstractive" if self.writes else "extractive",
            words=options.max_words,
            sentences=options.sentences or "auto",
            style=options.style,
            beam=options.beam_size,
            samples=options.samples,
            seed=options.seed,
        )

    def brief(self, articles: Sequence[TranslatedArticle]) -> Briefing:
        """One brief of all articles; events follow one another, that with most articles first.

        Raises:
            InputError: there is nothing to write a brief from.
        """
        briefs = self.briefs(articles)
        if len(briefs) == 1:
            return briefs[0]
        notes = [f"{len(briefs)} events that have nothing to do with each other"]
        for number, briefing in enumerate(briefs, start=1):
            notes.extend(f"event {number}: {note}" for note in briefing.notes)
        return Briefing(
            sentences=tuple(sentence for briefing in briefs for sentence in briefing.sentences),
            articles=tuple(article.article.id for article in articles),
            signature=briefs[0].signature,
            notes=tuple(notes),
        )

    def briefs(self, articles: Sequence[TranslatedArticle]) -> list[Briefing]:
        """One brief for each event; they share the words that the options allow.

        Raises:
            InputError: there is nothing to write a brief from.
        """
        articles = _unique(articles)
        sentences = source_sentences(articles)
        kept = usable(sentences)
        if not kept:
            where = ", ".join(article.article.id for article in articles) or None
            raise InputError(
                "no sentences to write a brief from",
                where=where,
                hint="headings, tables and captions are left out",
            )
        ids = [a.article.id for a in articles if any(sentences[i].article == a.article.id for i in kept)]
        events = group_events(ids, [sentences[i] for i in kept])
        n_events = (
            max(1, min(len(events), self._options.max_words // _WORDS_PER_EVENT)) if len(events) > 1 else 1
        )
        skipped = events[n_events:]
        options = self._share(n_events)
        equivalents = self._equivalents(articles)
        briefs = []
        for event in events[:n_events]:
            indices = [i for i in kept if sentences[i].article in event]
            members = [a for a in articles if a.article.id in event]
            briefs.append(self._brief_event(members, sentences, indices, options, equivalents))
        if skipped:
            left = ", ".join(article for event in skipped for article in event)
            note = f"no room for other events in {self._options.max_words} words: {left}"
            briefs[-1] = dataclasses.replace(briefs[-1], notes=(*briefs[-1].notes, note))
        return briefs

    def _share(self, n_events: int) -> BriefOptions:
        options = self._options
        if n_events == 1:
            return options
        sentences = None if options.sentences is None else max(1, options.sentences // n_events)
        return dataclasses.replace(options, max_words=options.max_words // n_events, sentences=sentences)

    def _equivalents(self, articles: Sequence[TranslatedArticle]) -> dict[str, str]:
        from khabar_summarize.analysis import equivalents_key

        keys: dict[str, str] = {}
        for entry in self._glossary or ():
            keys.update(equivalents_key((entry.target, *entry.accepted)))
        keys.update(equivalents_of(articles))
        return keys

    def _brief_event(
        self,
        articles: Sequence[TranslatedArticle],
        sentences: Sequence[SourceSentence],
        indices: Sequence[int],
        options: BriefOptions,
        equivalents: dict[str, str],
    ) -> Briefing:
        pool_sentences = [sentences[i] for i in indices]
        title = next(
            (s.text for s in sentences if s.kind == "headline" and s.article == articles[0].article.id), ""
        )
        verifier = Verifier(pool_sentences, equivalents)
        subheads = subheads_over(sentences, indices)
        ranked = rank(pool_sentences, range(len(pool_sentences)), title, subheads)
        pool = Pool(tuple(ranked), verifier)
        drafter = Drafter(pool, options, self._engine)
        if options.style == "headline":
            headline = _headline(sentences, articles, options)
            if headline is not None:
                return self._briefing([headline], articles, ("the article's own headline",))
            options = dataclasses.replace(options, sentences=1)
            drafter = Drafter(pool, options, self._engine)
        drafts = drafter.draft()
        notes = list(drafter.notes)
        if not self.writes:
            notes.insert(0, self._why_extractive())
        disagreements = find_disagreements(pool_sentences, range(len(pool_sentences)))
        drafts, told = _with_disagreements(drafts, disagreements, pool, options)
        notes.extend(told)
        result = [_sentence(draft, pool_sentences) for draft in drafts]
        notes.extend(_single_sources(result, pool_sentences, len(articles)))
        return self._briefing(result, articles, tuple(notes))

    def _why_extractive(self) -> str:
        if self._options.extractive:
            return "extractive: sentences are taken from the articles, as asked"
        if self._model == "none":
            return "extractive: no model was given"
        return f"extractive: the model {self._model} does not write briefs"

    def _briefing(
        self,
        sentences: Iterable[BriefSentence],
        articles: Sequence[TranslatedArticle],
        notes: tuple[str, ...],
    ) -> Briefing:
        return Briefing(
            sentences=tuple(sentences),
            articles=tuple(article.article.id for article in articles),
            signature=self.signature,
            notes=notes,
        )


def _unique(articles: Sequence[TranslatedArticle]) -> list[TranslatedArticle]:
    """The articles, checked to have different ids: citations could not be told apart otherwise."""
    seen: set[str] = set()
    for article in articles:
        if article.article.id in seen:
            raise InputError(
                "two articles have the same id", where=article.article.id, hint="give each its own id"
            )
        seen.add(article.article.id)
    return list(articles)


def _sentence(draft: Draft, pool: Sequence[SourceSentence]) -> BriefSentence:
    return BriefSentence(
        text=draft.text,
        cites=tuple(pool[i].id for i in draft.verdict.cites),
        mode=draft.mode,
        support=draft.verdict.support,
        checks=draft.verdict.checks,
    )


def _headline(
    sentences: Sequence[SourceSentence], articles: Sequence[TranslatedArticle], options: BriefOptions
) -> BriefSentence | None:
    """The translated headline of the first article that has one of fitting length."""
    ids = [article.article.id for article in articles]
    for sentence in sentences:
        if (
            sentence.kind == "headline"
            and sentence.article in ids
            and count_words(sentence.text) <= options.max_words
        ):
            return BriefSentence(text=sentence.text, cites=(sentence.id,), mode="extractive", support=1.0)
    return None


def _with_disagreements(
    drafts: Sequence[Draft], disagreements: Sequence[Disagreement], pool: Pool, options: BriefOptions
) -> tuple[list[Draft], list[str]]:
    """Say beside the brief, and in it where there is room, on which of its figures the sources differ."""
    drafts = list(drafts)
    notes = []
    told = {i for draft in drafts for i in draft.verdict.cites}
    for disagreement in disagreements:
        text = disagreement.sentence()
        notes.append(text)
        cites = tuple(account.sentence for account in disagreement.accounts)
        already = any(set(cites) <= set(draft.verdict.cites) for draft in drafts)
        words = sum(count_words(draft.text) for draft in drafts)
        limit = options.sentences or len(drafts) + 1
        named = all(account.speaker for account in disagreement.accounts)
        if already or not named or not told & set(cites) or options.style == "headline":
            continue
        verdict = pool.verifier.check(text, cites)
        facts = tuple(check for check in verdict.checks if check.name in _FACTS)
        if not all(check.passed for check in facts):
            continue
        draft = Draft(text, dataclasses.replace(verdict, cites=cites, checks=facts), "extractive")
        one_sided = [d for d in drafts if d.mode == "extractive" and d.verdict.cites[0] in cites]
        if len(drafts) < limit and words + count_words(text) <= options.max_words:
            drafts.append(draft)
        elif one_sided and words - count_words(one_sided[-1].text) + count_words(text) <= options.max_words:
            drafts[drafts.index(one_sided[-1])] = draft
    return drafts, notes


def _single_sources(
    sentences: Sequence[BriefSentence], pool: Sequence[SourceSentence], n_articles: int
) -> list[str]:
    """Which sentences rest on one article alone, where several tell of the event."""
    if n_articles < 2:
        return []
    article_of = {source.id: source.article for source in pool}
    notes = []
    for number, sentence in enumerate(sentences, start=1):
        articles = {article_of[cite] for cite in sentence.cites if cite in article_of}
        if len(articles) == 1:
            notes.append(f"sentence {number} rests on {articles.pop()} alone")
    return notes
