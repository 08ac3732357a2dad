"""From ranked sentences to the sentences of a brief: what a model writes is checked, what fails is replaced.

In: the pool of one event, a verifier over it, an engine or none. Out: drafts (text, citations, mode, verdict)
in reading order, and notes on what was replaced and why. khabar's own models retell chosen sentences one by
one (rewriting); other models write a brief of the whole text. The ladder for a sentence that fails: another
wording of the same facts, for other models a second try after what is settled, a shortened extract, the
extract itself. Not here: several events, records, formats.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence

from khabar_core.engines.base import Engine
from khabar_summarize.compress import shorter_forms
from khabar_summarize.drafts import PRONOUNS, Draft, Pool, confirmed, may_pass, repetition, stands_alone
from khabar_summarize.english import count_words
from khabar_summarize.options import BriefOptions
from khabar_summarize.rewriting import Rewriter, Unit, plan
from khabar_summarize.selection import Ranked, fit_window, overlap
from khabar_summarize.verify import Verdict
from khabar_summarize.writing import Candidate, Writer, can_retell

__all__ = ["Drafter"]

log = logging.getLogger(__name__)

DEFAULT_SENTENCES = 4
_WORDS_PER_SENTENCE = 15  # of a brief whose length is given in words only
_REDUNDANT = 0.55  # share of the shorter one's stems from which two sentences tell the same
_LIKELY = 0.5  # weight of a candidate's mean log-probability; samples that ramble have a low one
_LONG, _PARTS, _NEW_PART = 25, 4, 0.12  # sentences of a long article, its parts, what an untouched one adds
_FULL = 0.75  # share of the asked length from which a brief counts as full
_WINDOW_SHARE = 0.9  # of a model's input that the article may take
_EACH = 0.2  # what a sentence more is worth to a brief, whatever it says
_SHORT = 22  # words; a longer extract is cut where it can be
_SPARE_UNITS = 3  # told beside those that there is room for, because some fail
_MIXED = 0.1  # what each source beyond the second costs: it may not belong to the others
_NOTHING = "the model wrote nothing; the brief is extractive"
_LONG_WINDED = 0.01  # what a word beyond the twentieth costs a sentence


def best_fit(sizes: Sequence[tuple[int, float]], words: int, n: int) -> list[int]:
    """Which sentences to take so that they are worth most together; the first one if it fits at all.

    Args:
        sizes: words and worth of each, the most important first.
        words: that there is room for.
        n: sentences that there is room for.

    >>> best_fit([(30, 0.9), (40, 0.5), (25, 0.4), (30, 0.4)], 90, 4)
    [0, 2, 3]
    """
    first = [0] if sizes and sizes[0][0] <= words and n else []
    room = words - sum(sizes[i][0] for i in first)
    # The best choice for each number of sentences and words; ties keep the earlier sentences.
    best: dict[tuple[int, int], tuple[float, list[int]]] = {(len(first), 0): (0.0, first)}
    for i in range(len(first), len(sizes)):
        size, worth = sizes[i]
        for (count, used), (total, chosen) in list(best.items()):
            key = (count + 1, used + size)
            if key[0] <= n and key[1] <= room and total + worth > best.get(key, (0.0, []))[0]:
                best[key] = (total + worth, [*chosen, i])
    return max(best.values(), key=lambda found: found[0])[1]


def _short_first(text: str) -> list[str]:
    """The forms of a sentence: the longest that is short, shorter ones, then the long ones."""
    forms = shorter_forms(text)
    short = [form for form in forms if count_words(form) <= _SHORT]
    return [*short, *[form for form in forms if form not in short][::-1]]


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
        self._limit = options.sentences or max(
            DEFAULT_SENTENCES, round(options.max_words / _WORDS_PER_SENTENCE)
        )
        self.notes: list[str] = []

    def draft(self) -> list[Draft]:
        """The drafts in reading order; never more words or sentences than asked for."""
        drafts: list[Draft] = []
        if self._engine is not None and not self._options.extractive:
            write = self._retold if can_retell(self._engine) else self._written
            drafts = write(self._engine)
            if not drafts and not self.notes:
                self.notes.append(_NOTHING)
        if self._words(drafts) < _FULL * self._options.max_words and len(drafts) < self._limit:
            drafts = self._filled(drafts)
        return drafts

    def _retold(self, engine: Engine) -> list[Draft]:
        """What matters most, retold unit by unit until there is no room left."""
        units = plan(self._pool.ranked, self._limit + _SPARE_UNITS)
        written = Rewriter(engine, self._pool, self._options).rewrite(units)
        if not any(written):
            self.notes.append(_NOTHING)
        told = [(unit, *self._tell(unit, wordings)) for unit, wordings in zip(units, written, strict=True)]
        drafts: list[tuple[Unit, Draft, str | None]] = []
        for unit, draft, why in told:
            if draft is not None and all(repetition(draft, d) <= _REDUNDANT for _, d, _ in drafts):
                drafts.append((unit, draft, why))
        sizes = [(count_words(draft.text), unit.worth + _EACH) for unit, draft, _ in drafts]
        kept = [drafts[i] for i in best_fit(sizes, self._options.max_words, self._limit)]
        changed = sum(why == "" for _, _, why in kept)
        self.notes += [why for _, _, why in kept if why]
        if changed:
            self.notes.append(f"extracts, because the model's wordings changed more than is safe: {changed}")
        return [draft for _, draft, _ in sorted(kept, key=lambda item: item[0].main)]

    def _tell(self, unit: Unit, wordings: Sequence[Draft]) -> tuple[Draft | None, str | None]:
        """The best wording that passes, else an extract of the unit.

        Returns:
            The draft, or None; and why no wording was taken, "" where only its changes are not safe.
        """
        fitting = [w for w in wordings if stands_alone(w)]
        if fitting and fitting[0].verdict.passed:
            return dataclasses.replace(fitting[0], text=_short_first(fitting[0].text)[0]), None
        extract = None
        if not self._pool.ranked[unit.main].dangling:
            extract = self._extract(unit.main, self._options.max_words)
        failed = [wording for wording in fitting or wordings if not wording.verdict.passed]
        if not failed:
            return extract, None
        if all(check.name == "edits" for check in failed[0].verdict.failures):
            return extract, ""
        which = f"of [{self._pool.ranked[unit.main].source.id}]"
        return extract, self._replacement(which, failed[0], extract)

    def _written(self, engine: Engine) -> list[Draft]:
        """What the model writes of the whole text, every failing sentence replaced."""
        limit = int(engine.max_input_tokens * _WINDOW_SHARE)
        window = fit_window(self._pool.ranked, engine.count_tokens, limit)
        writer = Writer(engine, [r.source.text for r in window], self._options)
        best, others = self._best(writer)
        settled: list[Draft] = []
        retried, kept = False, True
        for place, draft in enumerate(best):
            if self._full(settled):
                break
            draft = self._confirm(draft)
            # "Its head said..." says something else when the sentence before is gone.
            leans = not kept and draft.text.lower().startswith(PRONOUNS)
            kept = draft.verdict.passed and not leans
            replacement: Draft | None = draft
            if not kept:
                replacement = self._substitute(draft, others, settled)
                if replacement is None and not retried and self._options.samples:
                    retried = True
                    tries = self._retry(writer, settled)
                    others.extend(tries)
                    replacement = self._substitute(draft, tries, settled)
                if replacement is None:
                    replacement = self._extract_for(draft, settled)
                self.notes.append(self._replacement(str(place + 1), draft, replacement))
            if replacement is not None and self._fits(replacement, settled):
                settled.append(replacement)
        self._add_others(settled, others)
        return settled

    def _best(self, writer: Writer) -> tuple[list[Draft], list[Draft]]:
        """The best candidate, and the sentences of the others that may pass.

        Samples are drawn only when the beam's best has a sentence that must fail: they cost as much again.
        """
        asked = writer.beam()
        candidates = [self._checked(candidate) for candidate in asked]
        best = self._choose(asked, candidates)
        if self._options.samples and not (best and all(may_pass(draft) for draft in best)):
            drawn = [c for c in writer.samples() if all(c.sentences != other.sentences for other in asked)]
            asked = [*asked, *drawn]
            candidates.extend(self._checked(candidate) for candidate in drawn)
            best = self._choose(asked, candidates)
        return best, [d for c in candidates if c is not best for d in c if may_pass(d)]

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
            if stands_alone(draft) and self._fits(draft, settled):
                confirmed = self._confirm(draft)
                if confirmed.verdict.passed:
                    settled.append(confirmed)

    def _confirm(self, draft: Draft) -> Draft:
        """The draft with the model's second opinion, if that is wanted."""
        if not self._options.second_opinion:
            return draft
        return confirmed(draft, self._pool.verifier, self._engine)

    def _replacement(self, which: str, failed: Draft, replacement: Draft | None) -> str:
        """A note on what became of a sentence that failed."""
        failures = [f"{check.name}: {check.detail}" for check in failed.verdict.failures]
        why = "; ".join(failures) or "it leans on a sentence that was replaced"
        how = "left out" if replacement is None else f"replaced ({replacement.mode})"
        log.debug("written sentence %s %s", which, how)
        return f"written sentence {which} was {how}: {why}"

    def _checked(self, candidate: Candidate) -> list[Draft]:
        return [Draft(text, self._pool.verifier.check(text), "abstractive") for text in candidate.sentences]

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
        repeated = sum(repetition(a, b) > _REDUNDANT for i, a in enumerate(within) for b in within[:i])
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
            d for d in others if wanted & set(d.verdict.cites) and stands_alone(d) and self._fits(d, settled)
        ]
        for draft in sorted(fitting, key=lambda d: -overlap(d.stems, failed.stems))[:2]:
            confirmed = self._confirm(draft)
            if confirmed.verdict.passed:
                return confirmed
        return None

    def _retry(self, writer: Writer, settled: Sequence[Draft]) -> list[Draft]:
        """New sentences for what follows the settled ones; those that may pass."""
        found = writer.samples(prefix=" ".join(draft.text for draft in settled))
        drafts = [d for candidate in found for d in self._checked(candidate)]
        return [d for d in drafts if may_pass(d)]

    def _extract_for(self, failed: Draft, settled: Sequence[Draft]) -> Draft | None:
        """The source sentence that the failing one rests on most, shortened if need be."""
        for index in failed.verdict.cites:
            before = settled[-1].verdict.cites if settled else ()
            dangling = self._pool.ranked[index].dangling and index - 1 not in before
            if dangling or any(index in d.verdict.cites for d in settled):
                continue
            draft = self._extract(index, self._options.max_words - self._words(settled))
            if draft is not None and self._fits(draft, settled):
                return draft
        return None

    def _extract(self, index: int, words: int) -> Draft | None:
        """The longest form of a source sentence that is short, fits and passes its own check."""
        for form in _short_first(self._pool.ranked[index].source.text):
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
            later = [i for i in later if not ordered[i].text.lower().startswith(PRONOUNS)]
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
        return len(drafts) >= self._limit or self._words(drafts) >= self._options.max_words

    def _fits(self, draft: Draft, settled: Sequence[Draft]) -> bool:
        return (
            self._words(settled) + count_words(draft.text) <= self._options.max_words
            and len(settled) < self._limit
            and all(repetition(draft, other) <= _REDUNDANT for other in settled)
        )

    def _add(self, settled: list[Draft], draft: Draft) -> None:
        if self._fits(draft, settled):
            settled.append(draft)
