"""Let a model write: sentences in, candidate briefs or retold sentences out.

In: an engine that does the task "brief", source sentences. Out: khabar's own models retell a few numbered
sentences in one (`rewrite`); others write a brief from the whole text (`Writer`). Not here: choosing what to
tell (rewriting), believing it (verify).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_core.engines.base import DecodeOptions, Engine, Hypothesis, Request
from khabar_summarize.english import split_sentences
from khabar_summarize.options import BriefOptions

__all__ = ["Candidate", "Writer", "can_retell", "can_write", "number_sentences", "parse", "rewrite"]

_MARK = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]")
_UNSAFE = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TOKENS_PER_WORD = 1.6  # English with names and citation marks
_MOST_TOKENS, _MARK_TOKENS = 80, 8  # of a retold sentence and its citation mark
_REPETITION = 1.05  # a mild penalty, so that names can return
_TASK = "brief"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One brief as the model wrote it, and the mean log-probability of its tokens."""

    sentences: tuple[str, ...]
    logprob: float


def can_write(engine: Engine | None) -> bool:
    """Whether the engine does the task."""
    return engine is not None and _TASK in engine.tasks


def can_retell(engine: Engine) -> bool:
    """Whether the model was trained to retell numbered sentences in one.

    khabar's own were, and only they obey term hints too; other models may translate, and write whole briefs.
    """
    return can_write(engine) and engine.takes_hints


def number_sentences(texts: Sequence[str]) -> str:
    """The block that the model reads: `[1] First.` and so on, a line each.

    Brackets of the article become parentheses, so that nothing in it can pass for a number of ours.
    """
    lines = []
    for number, text in enumerate(texts, start=1):
        clean = " ".join(_UNSAFE.sub("", text).replace("[", "(").replace("]", ")").split())
        lines.append(f"[{number}] {clean}")
    return "\n".join(lines)


def rewrite(engine: Engine, groups: Sequence[Sequence[str]], beam_size: int) -> list[list[tuple[str, float]]]:
    """Retell each group of sentences in one sentence.

    Args:
        engine: one that `can_retell`.
        groups: one to three sentences each.
        beam_size: how many wordings to look for.

    Returns:
        For each group its wordings without citation marks, with their mean log-probability, likeliest first;
        none for a group that is longer than what the model handles well.
    """
    sizes = [engine.count_tokens(" ".join(group)) for group in groups]
    fitting = [i for i, size in enumerate(sizes) if size <= engine.max_input_tokens]
    found: list[list[tuple[str, float]]] = [[] for _ in groups]
    if not fitting:
        return found
    options = DecodeOptions(
        beam_size=beam_size,
        n_best=beam_size,
        repetition_penalty=_REPETITION,
        max_output_tokens=min(max(sizes[i] for i in fitting), _MOST_TOKENS) + _MARK_TOKENS,
    )
    requests = [Request(text=number_sentences(groups[i]), task=_TASK, source_language="en") for i in fitting]
    for i, hypotheses in zip(fitting, engine.generate(requests, options), strict=True):
        wordings: dict[str, float] = {}
        for hypothesis in hypotheses:
            for written in parse(hypothesis.text)[: 1 if hypothesis.finished else -1]:
                wordings.setdefault(written, hypothesis.logprob_per_token)
                break
        found[i] = list(wordings.items())
    return found


class Writer:
    """A model with the sentences it writes from.

    Args:
        engine: one that `can_write`.
        texts: the sentences.
        options: length and how many candidates.
    """

    def __init__(self, engine: Engine, texts: Sequence[str], options: BriefOptions) -> None:
        self._engine = engine
        self._options = options
        self._text = " ".join(" ".join(texts).split())
        self._limit = int(options.max_words * _TOKENS_PER_WORD) + 40

    def beam(self) -> list[Candidate]:
        """The likeliest briefs, best first."""
        size = self._options.beam_size
        options = DecodeOptions(
            beam_size=size, n_best=size, repetition_penalty=_REPETITION, max_output_tokens=self._limit
        )
        return self._ask(options, "")

    def samples(self, prefix: str = "") -> list[Candidate]:
        """Briefs drawn at random.

        Args:
            prefix: beginning that is already settled; not part of the candidates.
        """
        options = DecodeOptions(
            beam_size=1,
            n_best=self._options.samples,
            sampling_temperature=self._options.temperature,
            seed=self._options.seed + bool(prefix),
            max_output_tokens=self._limit,
        )
        return self._ask(options, prefix)

    def _ask(self, options: DecodeOptions, prefix: str) -> list[Candidate]:
        request = Request(text=self._text, task=_TASK, prefix=prefix, source_language="en")
        candidates: list[Candidate] = []
        for hypothesis in self._engine.generate([request], options)[0]:
            candidate = Candidate(_new_sentences(hypothesis, prefix), hypothesis.logprob_per_token)
            if candidate.sentences and all(candidate.sentences != other.sentences for other in candidates):
                candidates.append(candidate)
        return candidates


def _new_sentences(hypothesis: Hypothesis, prefix: str) -> tuple[str, ...]:
    """What the model added to the prefix; an unfinished last sentence is cut off."""
    text = _UNSAFE.sub("", hypothesis.text)
    if prefix and text.startswith(prefix.strip()):
        text = text[len(prefix.strip()) :]
    sentences = _clean_sentences(text)
    # Even behind a full stop: "3." may have been about to become "3.5".
    return tuple(sentences if hypothesis.finished else sentences[:-1])


def parse(text: str) -> list[str]:
    """Split an output into sentences, without the citation marks behind them.

    >>> parse("Two died. [2,5] Rain goes on. [9]")
    ['Two died.', 'Rain goes on.']
    """
    pieces = _MARK.sub("\n", _UNSAFE.sub("", text)).replace("[", "").replace("]", "").split("\n")
    return [sentence for piece in pieces for sentence in _clean_sentences(piece)]


def _clean_sentences(text: str) -> list[str]:
    """The sentences that have a letter, each on one line."""
    sentences = (" ".join(sentence.split()) for sentence in split_sentences(text))
    return [s for s in sentences if len(s) > 1 and any(c.isalpha() for c in s)]
