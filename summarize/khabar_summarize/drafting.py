"""From candidates and ranked sentences to the sentences of a brief: what fails its checks is replaced.

In: the pool of one event, a verifier over it, an engine or none. Out: drafts (text, citations, mode,
verdict), and notes on what was replaced and why. The ladder for a sentence that fails: the same facts from
another candidate, a second try of the model after what is settled, a shortened extract, the extract itself.
Not here: several events, records, formats.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from khabar_core.engines.base import Engine
from khabar_summarize.analysis import analyse
from khabar_summarize.compress import shorter_forms
from khabar_summarize.english import content_stems, count_words
from khabar_summarize.options import BriefOptions
from khabar_summarize.second_opinion import Scorer
from khabar_summarize.selection import Ranked, fit_window, in_parts, overlap
from khabar_summarize.verify import Verdict, Verifier
from khabar_summarize.writing import Candidate, Writer, writes_citations

__all__ = ["Draft", "Drafter", "Pool"]

log = logging.getLogger(__name__)

DEFAULT_SENTENCES = 4
_REDUNDANT = 0.55  # share of the shorter one's stems from which two sentences tell the same
_LIKELY = 0.5  # weight of a candidate's mean log-probability; samples that ramble have a low one
_LONG, _PARTS, _NEW_PART = 25, 4, 0.12  # sentences of a long article, its parts, what an untouched one adds
_FULL = 0.75  # share of the asked length from which a brief counts as full
# Tokens of the article that khabar's own models read: prompt and output then stay near their sliding window
# of 512, beyond which reading is several times slower.
_WINDOW = 440
_WINDOW_SHARE = 0.9  # of the input of other models
# A brief of fewer words tells one thing, so the whole article is read at once.
_WORDS_FOR_PARTS, _LEAD = 60, 0.5
_WORTH_TELLING = 0.75  # of the best sentence's score, that a later part's sentence must tell of
_MIXED = (
    0.1  # what each source beyond the second costs: such sentences may join what does not belong together
)
_LONG_WINDED = 0.01  # what a word beyond the twentieth costs a sentence
_PRONOUN = re.compile(r"\b(?:he|him|his|she|her|they|them|their|it|its)\b", re.IGNORECASE)
_PRONOUNS = ("he ", "she ", "it ", "they ", "his ", "her ", "their ", "its ", "this ", "these ")


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence on its way into a brief."""

    text: str
    verdict: Verdict
    mode: str  # "abstractive" or "extractive"

    @property
    def stems(self) -> frozenset[str]:
        """Content stems, to see what it repeats."""
        return frozenset(content_stems(self.text))


def _repetition(left: Draft, right: Draft) -> float:
    """How much of the shorter of two sentences stands in the other."""
    shorter = min(len(left.stems), len(right.stems))
    return len(left.stems & right.stems) / shorter if shorter else 0.0


def _stands_alone(draft: Draft) -> bool:
    """Whether it can be read without the sentence before: no pronoun, or a name before it."""
    pronoun = _PRONOUN.search(draft.text)
    return pronoun is None or any(name.span[0] < pronoun.start() for name in analyse(draft.text).names)


def _may_pass(draft: Draft) -> bool:
    """Whether it passes, or fails only checks that a model's second opinion may settle."""
    return draft.verdict.passed or draft.verdict.doubtful


@dataclass(frozen=True, slots=True)
class Pool:
    """The usable sentences of one event, ranked, and the verifier over them; `Ranked.index` counts in it."""

    ranked: tuple[Ranked, ...]
    verifier: Verifier


class _Room(NamedTuple):
    """How many words and sentences a brief may have so far."""

    words: int
    sentences: int


class Drafter:
    """Makes the drafts of one event.

    Args:
        pool: its sentences.
        options: length, style, candidates.
        engine: writes if it can; None takes extracts only.
    """

    def __init__(self, pool: Pool, options: BriefOptions, engine: Engine | None) -> None:
        self._pool = pool
        self._options = options
        self._engine = engine
        self._limit = options.sentences or DEFAULT_SENTENCES
        # What the parts of the article that are written so far may take.
        self._room = _Room(options.max_words, self._limit)
        self.notes: list[str] = []

    def draft(self) -> list[Draft]:
        """The drafts in reading order; never more words or sentences than asked for."""
        drafts: list[Draft] = []
        if self._engine is not None and not self._options.extractive:
            drafts = self._written(self._engine)
        if self._words(drafts) < _FULL * self._options.max_words and len(drafts) < self._limit:
            drafts = self._filled(drafts)
        return drafts

    def _written(self, engine: Engine) -> list[Draft]:
        """What the model writes, part by part in a long article, every failing sentence replaced."""
        own = writes_citations(engine)
        limit = _WINDOW if own else int(engine.max_input_tokens * _WINDOW_SHARE)
        parts = [list(self._pool.ranked)]
        if self._limit > 1 and self._options.max_words >= _WORDS_FOR_PARTS:
            parts = in_parts(self._pool.ranked, engine.count_tokens, limit)
        if self._options.sentences is None:
            self._limit = DEFAULT_SENTENCES + (len(parts) > 2)
        settled: list[Draft] = []
        others: list[Draft] = []
        for number, part in enumerate(parts, start=1):
            # The beginning of a news article deserves more than its even share.
            share = (number + _LEAD) / (len(parts) + _LEAD)
            self._room = _Room(int(share * self._options.max_words), math.ceil(share * self._limit - 0.5))
            window = fit_window(part, engine.count_tokens, limit)
            writer = Writer(engine, [r.source.text for r in window], self._options)
            shown = [r.index for r in window]
            if number == 1:
                others += self._write_part(writer, shown, settled)
            else:
                others += self._write_on(writer, shown, settled)
        self._room = _Room(self._options.max_words, self._limit)
        if not settled and not others and not self.notes:
            self.notes.append("the model wrote nothing; the brief is extractive")
        self._add_others(settled, others)
        return settled

    def _write_part(self, writer: Writer, shown: Sequence[int], settled: list[Draft]) -> list[Draft]:
        """Settle the sentences of the best candidate; returns those of the others that may pass."""
        best, others = self._best(writer, shown)
        mine: list[Draft] = []
        retried, kept = False, True
        for place, draft in enumerate(best):
            if self._full([*settled, *mine]):
                break
            draft = self._confirmed(draft)
            # "Its head said..." says something else when the sentence before is gone.
            leans = not kept and draft.text.lower().startswith(_PRONOUNS)
            kept = draft.verdict.passed and not leans
            replacement: Draft | None = draft
            if not kept:
                before = [*settled, *mine]
                replacement = self._substitute(draft, others, before)
                if replacement is None and not retried and self._options.samples:
                    retried = True
                    tries = self._retry(writer, shown, mine)
                    others.extend(tries)
                    replacement = self._substitute(draft, tries, before)
                if replacement is None:
                    replacement = self._extract_for(draft, before)
                self._note_replacement(place, draft, replacement)
            if replacement is not None and self._fits(replacement, [*settled, *mine]):
                mine.append(replacement)
        settled += mine
        return others

    def _write_on(self, writer: Writer, shown: Sequence[int], settled: list[Draft]) -> list[Draft]:
        """Settle what matters most in a later part, from any candidate; returns what is left.

        It has room for a sentence or two, and those that open a candidate are not always the ones.
        """
        best, others = self._best(writer, shown)
        drafts = sorted([d for d in best if _may_pass(d)] + others, key=lambda d: -self._worth(d))
        least = max((self._score_of(i) for i in shown), default=0.0) * _WORTH_TELLING
        before = len(settled)
        for number, draft in enumerate(drafts):
            if self._full(settled):
                return drafts[number:]
            matters = self._score_of(draft.verdict.cites[0]) >= least
            if matters and _stands_alone(draft) and self._fits(draft, settled):
                confirmed = self._confirmed(draft)
                if confirmed.verdict.passed:
                    settled.append(confirmed)
        for index in sorted(shown, key=lambda i: -self._score_of(i)):
            if self._full(settled) or len(settled) > before or self._score_of(index) < least:
                break
            extract = self._extract(index, self._room.words - self._words(settled))
            if not self._pool.ranked[index].dangling and extract and self._fits(extract, settled):
                settled.append(extract)
        return []

    def _best(self, writer: Writer, shown: Sequence[int]) -> tuple[list[Draft], list[Draft]]:
        """The best candidate, and the sentences of the others that may pass.

        Samples are drawn only when the beam's best has a sentence that must fail: they cost as much again.
        """
        asked = writer.beam()
        candidates = [self._checked(candidate, shown) for candidate in asked]
        best = self._choose(asked, candidates)
        if self._options.samples and not (best and all(_may_pass(draft) for draft in best)):
            drawn = [c for c in writer.samples() if all(c.sentences != other.sentences for other in asked)]
            asked = [*asked, *drawn]
            candidates.extend(self._checked(candidate, shown) for candidate in drawn)
            best = self._choose(asked, candidates)
        return best, [d for c in candidates if c is not best for d in c if _may_pass(d)]

    def _choose(self, asked: Sequence[Candidate], candidates: Sequence[list[Draft]]) -> list[Draft]:
        values = [
            self._value(drafts) + _LIKELY * candidate.logprob
            for drafts, candidate in zip(candidates, asked, strict=True)
        ]
        return candidates[values.index(max(values))] if values else []

    def _add_others(self, settled: list[Draft], others: Sequence[Draft]) -> None:
        """Sentences of other candidates, while the brief is short."""
        for draft in sorted(others, key=lambda d: -self._worth(d)):
            if self._words(settled) >= _FULL * self._options.max_words:
                break
            if _stands_alone(draft) and self._fits(draft, settled):
                confirmed = self._confirmed(draft)
                if confirmed.verdict.passed:
                    settled.append(confirmed)

    def _confirmed(self, draft: Draft) -> Draft:
        """The draft with the model's second opinion, where it matters and the model can give one."""
        engine = self._engine
        open_ = draft.verdict.passed or draft.verdict.doubtful
        if not open_ or not self._options.second_opinion or not isinstance(engine, Scorer):
            return draft
        verdict = self._pool.verifier.check_by_model(draft.text, draft.verdict, engine)
        return Draft(draft.text, verdict, draft.mode)

    def _note_replacement(self, place: int, failed: Draft, replacement: Draft | None) -> None:
        failures = [f"{check.name}: {check.detail}" for check in failed.verdict.failures]
        why = "; ".join(failures) or "it leans on a sentence that was replaced"
        how = "left out" if replacement is None else f"replaced ({replacement.mode})"
        self.notes.append(f"written sentence {place + 1} was {how}: {why}")
        log.debug("written sentence %d %s", place + 1, how)

    def _checked(self, candidate: Candidate, shown: Sequence[int]) -> list[Draft]:
        drafts = []
        for written in candidate.sentences:
            cites = [shown[i] for i in written.cites]
            drafts.append(Draft(written.text, self._pool.verifier.check(written.text, cites), "abstractive"))
        return drafts

    def _value(self, drafts: Sequence[Draft]) -> float:
        """How good a whole candidate is: checked, covering what matters, long enough, not repetitive."""
        within = list(drafts[: self._limit])
        passed = [d for d in within if d.verdict.passed]
        if not within:
            return -1.0
        covered = {i for d in passed for i in d.verdict.cites}
        top = sorted((r.score for r in self._pool.ranked), reverse=True)[: max(4, len(covered))]
        coverage = sum(self._score_of(i) for i in covered) / (sum(top) or 1.0)
        length = min(1.0, self._words(passed) / self._options.max_words)
        repeated = sum(_repetition(a, b) > _REDUNDANT for i, a in enumerate(within) for b in within[:i])
        support = sum(d.verdict.support for d in passed) / len(within)
        return len(passed) / len(within) + support + 0.8 * coverage + 0.3 * length - 0.5 * repeated

    def _worth(self, draft: Draft) -> float:
        """Support, and the importance of the source that it mainly rests on; many sources and words cost."""
        cites = draft.verdict.cites
        told = self._score_of(cites[0]) if cites else 0.0
        mixed = _MIXED * max(0, len(cites) - 2)
        return (
            0.5 * draft.verdict.support + told - mixed - _LONG_WINDED * max(0, count_words(draft.text) - 20)
        )

    def _score_of(self, index: int) -> float:
        return self._pool.ranked[index].score

    def _substitute(self, failed: Draft, others: Sequence[Draft], settled: Sequence[Draft]) -> Draft | None:
        """A passing sentence of another candidate that tells what the failing one meant to tell."""
        wanted = set(failed.verdict.cites)
        fitting = [
            d for d in others if wanted & set(d.verdict.cites) and _stands_alone(d) and self._fits(d, settled)
        ]
        for draft in sorted(fitting, key=lambda d: -overlap(d.stems, failed.stems))[:2]:
            confirmed = self._confirmed(draft)
            if confirmed.verdict.passed:
                return confirmed
        return None

    def _retry(self, writer: Writer, shown: Sequence[int], settled: Sequence[Draft]) -> list[Draft]:
        """New sentences for what follows the settled ones; those that may pass."""
        marks = {index: number for number, index in enumerate(shown, start=1)}
        pieces = []
        for draft in settled:
            numbers = [str(marks[i]) for i in draft.verdict.cites if i in marks]
            pieces.append(f"{draft.text} [{','.join(numbers)}]" if numbers else draft.text)
        found = writer.samples(prefix=" ".join(pieces))
        drafts = [d for candidate in found for d in self._checked(candidate, shown)]
        return [d for d in drafts if _may_pass(d)]

    def _extract_for(self, failed: Draft, settled: Sequence[Draft]) -> Draft | None:
        """The source sentence that the failing one rests on most, shortened if need be."""
        for index in failed.verdict.cites:
            before = settled[-1].verdict.cites if settled else ()
            dangling = self._pool.ranked[index].dangling and index - 1 not in before
            if dangling or any(index in d.verdict.cites for d in settled):
                continue
            draft = self._extract(index, self._room.words - self._words(settled))
            if draft is not None and self._fits(draft, settled):
                return draft
        return None

    def _extract(self, index: int, words: int) -> Draft | None:
        """The longest form of a source sentence that fits and passes its own check."""
        for form in shorter_forms(self._pool.ranked[index].source.text):
            if count_words(form) <= words:
                verdict = self._pool.verifier.check(form, [index])
                own = Verdict(cites=(index,), support=verdict.support, checks=verdict.checks)
                if verdict.passed or form in self._pool.ranked[index].source.text:
                    return Draft(form, own, "extractive")
        return None

    def _filled(self, drafts: list[Draft]) -> list[Draft]:
        """Add extracts by importance until the length is reached; reading order is that of the sources."""
        drafts = list(drafts)
        n_written = len(drafts)
        left = list(self._pool.ranked)
        while left and len(drafts) < self._limit and self._words(drafts) < 0.9 * self._options.max_words:
            ranked = max(left, key=lambda r: r.score + self._news(r, drafts))
            left.remove(ranked)
            if any(ranked.index in d.verdict.cites[:2] for d in drafts[:n_written]):
                continue
            if ranked.dangling and len(self._pool.ranked) > self._limit:
                continue
            draft = self._extract(ranked.index, self._options.max_words - self._words(drafts))
            if draft is not None:
                self._add(drafts, draft)
        if not drafts and self._pool.ranked:
            drafts.append(self._shortest())
        ordered = drafts[:n_written]
        for draft in sorted(drafts[n_written:], key=lambda d: d.verdict.cites[0]):
            later = [i for i, d in enumerate(ordered) if min(d.verdict.cites) > draft.verdict.cites[0]]
            # Never between a sentence and the one that leans on it.
            later = [i for i in later if not ordered[i].text.lower().startswith(_PRONOUNS)]
            ordered.insert(later[0] if later else len(ordered), draft)
        return ordered

    def _news(self, ranked: Ranked, drafts: Sequence[Draft]) -> float:
        """What a sentence of a part that the brief does not touch yet is worth, in a long article."""
        n = len(self._pool.ranked)
        if n < _LONG or not drafts:
            return 0.0
        part = n / _PARTS
        touched = {int(i / part) for d in drafts for i in d.verdict.cites[:1]}
        return 0.0 if int(ranked.index / part) in touched else _NEW_PART

    def _shortest(self) -> Draft:
        """The shortest form of any sentence, when nothing fits into the words allowed."""
        forms = [(form, r.index) for r in self._pool.ranked for form in shorter_forms(r.source.text)[-1:]]
        text, index = min(forms, key=lambda item: count_words(item[0]))
        self.notes.append(f"no sentence is as short as {self._options.max_words} words; this is the shortest")
        verdict = self._pool.verifier.check(text, [index])
        return Draft(
            text, Verdict(cites=(index,), support=verdict.support, checks=verdict.checks), "extractive"
        )

    def _words(self, drafts: Sequence[Draft]) -> int:
        return sum(count_words(d.text) for d in drafts)

    def _full(self, drafts: Sequence[Draft]) -> bool:
        return len(drafts) >= self._room.sentences or self._words(drafts) >= self._room.words

    def _fits(self, draft: Draft, settled: Sequence[Draft]) -> bool:
        return (
            self._words(settled) + count_words(draft.text) <= self._room.words
            and len(settled) < self._room.sentences
            and all(_repetition(draft, other) <= _REDUNDANT for other in settled)
        )

    def _add(self, settled: list[Draft], draft: Draft) -> None:
        if self._fits(draft, settled):
            settled.append(draft)
