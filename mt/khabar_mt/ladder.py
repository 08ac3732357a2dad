"""Decode, and decode again in other ways what fails a check.

In: items (text, hints), a judge that turns a hypothesis into a candidate with flags. Out: for each item the
best candidate and the attempts that were made. Steps, cheapest first: beam, its other hypotheses (a greedy
first attempt is decoded again for them), hints in another order and forced beginnings (a name that is
missing), repetition penalty, split in halves, another engine. Not here: the checks themselves (guards,
terms), where a missing name belongs (rescue).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from khabar_core.engines.base import DecodeOptions, Engine, Hypothesis, Request
from khabar_core.errors import ModelError
from khabar_core.records import Flag, FlagKind, TermHit
from khabar_glossaries import Match
from khabar_mt.guards import MIN_LOGPROB
from khabar_mt.options import TranslateOptions
from khabar_mt.segmentation import split_long

__all__ = ["Candidate", "Item", "Judge", "Ladder", "Outcome", "choose"]

# What a defect costs in nats per token: far above any difference in score, so checks come first, then score.
_COSTS = {
    FlagKind.EMPTY: 40.0,
    FlagKind.COPY: 30.0,
    FlagKind.TRUNCATED: 20.0,
    FlagKind.LOOP: 20.0,
    FlagKind.ARABIC_LEFT: 12.0,
    FlagKind.OTHER_SCRIPT: 12.0,
    FlagKind.LENGTH: 10.0,
    FlagKind.NUMBERS: 6.0,
    FlagKind.DIRECTION: 6.0,
    FlagKind.NEGATION: 6.0,
    FlagKind.TERM: 3.0,
}
# A later candidate must not be much less likely than the first: the model would be guessing.
_MAX_SCORE_LOSS = 1.0
# What a rescued name may cost in nats per token: true rescues lay below 0.46, names put where the source has
# none often above.
_MAX_NAME_LOSS = 0.6
# Width of each prompt that is tried for a missing name; what comes out is scored as a whole.
_NAMES_WIDTH = 2
_NAMES = frozenset({FlagKind.TERM})
_BROKEN = frozenset({FlagKind.EMPTY, FlagKind.COPY, FlagKind.TRUNCATED, FlagKind.LOOP})
_PENALTY_HELPS = _BROKEN | {FlagKind.ARABIC_LEFT, FlagKind.OTHER_SCRIPT, FlagKind.LENGTH}
_SPLIT_HELPS = _PENALTY_HELPS | {FlagKind.NUMBERS}
# Shorter sentences have no clause to be cut at.
_MIN_WORDS_TO_SPLIT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One text to decode.

    Attributes:
        text: normalised, on one line.
        source: as it stands in the article, character references opened; spans of terms point into it.
        hints: for the prompt.
        matches: glossary terms in `source`.
        opens: whether it begins a sentence.
        closes: whether it ends one.
    """

    text: str
    source: str
    hints: tuple[tuple[str, str], ...] = ()
    matches: tuple[Match, ...] = ()
    opens: bool = True
    closes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A judged hypothesis.

    Attributes:
        raw: what the engine wrote.
        text: after tidying and repair of names.
        logprob_per_token: of the raw text.
        n_tokens: of the raw text.
        finished: whether decoding reached its end.
        flags: what the checks say.
        hits: what became of the terms.
    """

    raw: str
    text: str
    logprob_per_token: float
    n_tokens: int
    finished: bool = True
    flags: tuple[Flag, ...] = ()
    hits: tuple[TermHit, ...] = ()

    @property
    def kinds(self) -> frozenset[FlagKind]:
        """The kinds of defects it has."""
        return frozenset(flag.kind for flag in self.flags if not flag.informative)

    @property
    def cost(self) -> float:
        """Lower is better: defects first, then the score."""
        return self.defects - self.logprob_per_token

    @property
    def defects(self) -> float:
        """What its defects cost."""
        defects = 0.0
        for flag in self.flags:
            if flag.informative:
                continue
            weight = 1 + flag.detail.count(",") if flag.kind in (FlagKind.NUMBERS, FlagKind.TERM) else 1
            defects += _COSTS.get(flag.kind, 0.0) * weight
        return defects


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The chosen candidate, the names of the attempts in order, and of the one that it came from."""

    best: Candidate
    attempts: tuple[str, ...]
    chosen: str = "beam"


Judge = Callable[[Item, Hypothesis], Candidate]
# Beginnings that new attempts must have, each tried by itself.
Prefixer = Callable[[Item, Candidate], Sequence[str]]
# Other orders and choices of the hints, each tried by itself.
Reorderer = Callable[[Item, Candidate], Sequence[tuple[tuple[str, str], ...]]]


@runtime_checkable
class _Scorer(Protocol):
    """An engine that can say how likely it finds a finished text."""

    def score(self, request: Request, outputs: Sequence[str]) -> list[float]:
        """Sums of natural-log probabilities of the outputs' tokens."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One way to decode again: what it needs to see, and how it asks."""

    name: str
    helps: frozenset[FlagKind]
    options: DecodeOptions
    ask: Callable[[Item, Candidate], list[Request]]
    engine: Engine
    joins: bool = False  # the requests are parts of one text, not alternatives
    rescores: bool = False  # prompts or beginnings differ, so the scores do not compare as they are


class Ladder:
    """Runs items through the steps until every check passes or no step is left.

    Args:
        engine: decodes.
        options: widths; `options.ladder` off leaves only the first attempt.
        judge: tidies, repairs and checks a hypothesis.
        prefixer: proposes beginnings that put a missing name right.
        reorderer: proposes other orders of the hints.
        fallback: another engine for what the first cannot do.
    """

    def __init__(
        self,
        engine: Engine,
        options: TranslateOptions,
        judge: Judge,
        *,
        prefixer: Prefixer | None = None,
        reorderer: Reorderer | None = None,
        fallback: Engine | None = None,
    ) -> None:
        self._engine = engine
        self._options = options
        self._judge = judge
        self._prefixer = prefixer
        self._reorderer = reorderer
        # CTranslate2 finishes all hypotheses of a beam anyway, so those beside the best cost nothing.
        n_best = min(options.n_best, options.beam_size) if options.ladder else 1
        self._first = DecodeOptions(
            beam_size=options.beam_size, n_best=n_best, batch_tokens=options.batch_tokens
        )
        self._steps = self._make_steps(fallback) if options.ladder else ()

    def run(self, items: Sequence[Item]) -> list[Outcome]:
        """Decode the items; the outcome of one does not depend on the others."""
        hypotheses = self._engine.generate([_request(item) for item in items], self._first)
        outcomes = [self._first_outcome(item, found) for item, found in zip(items, hypotheses, strict=True)]
        for step in self._steps:
            self._climb(step, items, outcomes)
        return outcomes

    def _first_outcome(self, item: Item, found: Sequence[Hypothesis]) -> Outcome:
        """The best hypothesis if it passes, else the best of all that the beam has."""
        first = self._judge(item, found[0])
        if len(found) == 1 or not first.defects:
            return Outcome(best=first, attempts=("beam",))
        best = choose(first, [self._judge(item, other) for other in found[1:]], trusted=True)
        chosen = "beam" if best is first else "nbest"
        return Outcome(best=best, attempts=("beam", "nbest"), chosen=chosen)

    def _climb(self, step: _Step, items: Sequence[Item], outcomes: list[Outcome]) -> None:
        """Try one step on the items that it may help, and keep what is better."""
        asked: list[tuple[int, int]] = []  # item, number of requests
        requests: list[Request] = []
        for index, (item, outcome) in enumerate(zip(items, outcomes, strict=True)):
            own = step.ask(item, outcome.best) if outcome.best.kinds & step.helps else []
            if own:
                asked.append((index, len(own)))
                requests += own
        if not requests:
            return
        results = step.engine.generate(requests, step.options)
        position = 0
        for index, n in asked:
            own_results = results[position : position + n]
            position += n
            hypotheses = [_join(own_results)] if step.joins else [h for found in own_results for h in found]
            before = outcomes[index]
            candidates = [self._judge(items[index], hypothesis) for hypothesis in hypotheses]
            if step.rescores:
                candidates = self._rescored(items[index], before.best, candidates)
            best = choose(before.best, candidates, trusted=step.engine is self._engine)
            outcomes[index] = Outcome(
                best=best,
                attempts=(*before.attempts, step.name),
                chosen=before.chosen if best is before.best else step.name,
            )

    def _rescored(self, item: Item, before: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates with fewer defects, scored as whole texts under the item's own prompt.

        A forced beginning has no score of its own, and a prompt with other hints has another scale.
        """
        better = [candidate for candidate in candidates if candidate.defects < before.defects]
        if not better or not isinstance(self._engine, _Scorer):
            return better
        try:
            totals = self._engine.score(_request(item), [candidate.raw for candidate in better])
        except ModelError:  # too long to be scored as a whole
            return better
        rescored = [
            dataclasses.replace(c, logprob_per_token=total / (self._engine.count_tokens(c.raw) + 1))
            for c, total in zip(better, totals, strict=True)
        ]
        least = max(before.logprob_per_token - _MAX_NAME_LOSS, MIN_LOGPROB)
        return [c for c in rescored if c.logprob_per_token >= min(least, before.logprob_per_token)]

    def _make_steps(self, fallback: Engine | None) -> tuple[_Step, ...]:
        every = frozenset(_COSTS)
        one = dataclasses.replace(self._first, n_best=1)
        wide = dataclasses.replace(one, beam_size=self._options.n_best, n_best=self._options.n_best)
        names = dataclasses.replace(one, beam_size=_NAMES_WIDTH, n_best=_NAMES_WIDTH)
        penalty = dataclasses.replace(one, repetition_penalty=1.3, no_repeat_ngram=4)
        again = lambda item, _: [_request(item)]  # noqa: E731 - several steps ask the same question again
        steps = [
            _Step("hints", _NAMES, names, self._ask_orders, self._engine, rescores=True),
            _Step("names", _NAMES, names, self._ask_beginnings, self._engine, rescores=True),
            _Step("penalty", _PENALTY_HELPS, penalty, again, self._engine),
            _Step("split", _SPLIT_HELPS, one, self._ask_halves, self._engine, joins=True),
        ]
        if self._first.n_best == 1:  # a greedy attempt has no other hypotheses
            steps.insert(0, _Step("nbest", every, wide, again, self._engine))
        if fallback is not None:
            steps.append(_Step(f"engine:{fallback.name}", every, one, again, fallback))
        return tuple(steps)

    def _ask_orders(self, item: Item, best: Candidate) -> list[Request]:
        orders = self._reorderer(item, best) if self._reorderer else ()
        return [dataclasses.replace(_request(item), hints=hints) for hints in orders]

    def _ask_beginnings(self, item: Item, best: Candidate) -> list[Request]:
        prefixes = self._prefixer(item, best) if self._prefixer else ()
        return [dataclasses.replace(_request(item), prefix=prefix) for prefix in prefixes]

    def _ask_halves(self, item: Item, _: Candidate) -> list[Request]:
        if len(item.text.split()) < _MIN_WORDS_TO_SPLIT:
            return []
        n_tokens = self._engine.count_tokens(item.text)
        parts = [
            part.strip() for part in split_long(item.text, -(-n_tokens * 3 // 5), self._engine.count_tokens)
        ]
        parts = [part for part in parts if part]
        requests = []
        for part in parts:
            hints = tuple(hint for hint in item.hints if hint[0] in part)
            requests.append(Request(text=part, hints=hints))
        return requests if len(requests) > 1 else []


def _request(item: Item) -> Request:
    return Request(text=item.text, hints=item.hints)


def _join(results: Sequence[Sequence[Hypothesis]]) -> Hypothesis:
    """The best hypotheses of the parts of one item as one; a part's final stop inside becomes nothing."""
    best = [found[0] for found in results]
    n_tokens = sum(h.n_tokens for h in best)
    total = sum(h.logprob_per_token * h.n_tokens for h in best)
    texts = []
    for i, hypothesis in enumerate(best):
        text = hypothesis.text.strip()
        if i < len(best) - 1:
            text = text[:-1] if text.endswith(".") and not text.endswith("..") else text
        if i and text[:1].isupper() and text.split(" ")[0].lower() in _FUNCTION_WORDS:
            text = text[0].lower() + text[1:]
        texts.append(text)
    return Hypothesis(
        text=" ".join(filter(None, texts)),
        logprob_per_token=total / n_tokens if n_tokens else 0.0,
        n_tokens=n_tokens,
        finished=all(h.finished for h in best),
    )


# These take a small letter when a half of a sentence begins with them.
_FUNCTION_WORDS_TEXT = """\
the a an and but or in on at of to for from by with as it he she they we his her their its this that
these those after before during while when where which who according there saying adding noting"""
_FUNCTION_WORDS = frozenset(_FUNCTION_WORDS_TEXT.split())


def choose(first: Candidate, others: Sequence[Candidate], *, trusted: bool) -> Candidate:
    """The candidate of the lowest cost; ties keep the earlier one.

    Args:
        first: the best so far.
        others: new candidates.
        trusted: whether the scores are comparable with that of `first`.
    """
    best = first
    for candidate in others:
        loss = first.logprob_per_token - candidate.logprob_per_token
        if trusted and loss > _MAX_SCORE_LOSS and not first.kinds & _BROKEN:
            continue
        if first.kinds <= _NAMES and not candidate.kinds <= _NAMES:
            # A right name is not worth a wrong number.
            continue
        if candidate.cost < best.cost:
            best = candidate
    return best
