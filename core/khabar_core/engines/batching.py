"""What the CTranslate2 engines share: jobs, batches of equal length, hypotheses, signatures.

In: requests as tokens. Out: batches whose composition does not show in the output; hypotheses with true mean
log-probabilities. Not here: prompts, tokenizers, the models themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.errors import ModelError, UsageError
from khabar_core.manifest import Manifest
from khabar_core.records import Signature

__all__ = [
    "Job",
    "check_length",
    "choose_compute_type",
    "first_line",
    "make_batches",
    "make_hypotheses",
    "model_signature",
    "output_limit",
    "run_jobs",
]

# Limits on the output are rounded up, so that inputs of one length but unequal sources can share a batch.
LIMIT_STEP = 32
MAX_OUTPUT_TOKENS = 512
# Wider batches gain nothing more (measured up to 64 with the default model).
MAX_BATCH = 48


@dataclass(frozen=True, slots=True)
class Job:
    """One request as tokens. Jobs with equal keys may share a batch.

    Attributes:
        index: place of the request in the call.
        tokens: what the model reads: a decoder's prompt, an encoder's source.
        prefix: tokens that the output begins with.
        limit: tokens after which decoding stops.
        suppress: token sequences that the output must not contain.
        task: of the request.
    """

    index: int
    tokens: tuple[str, ...]
    prefix: tuple[str, ...]
    limit: int
    suppress: tuple[tuple[str, ...], ...]
    task: str

    @property
    def key(self) -> tuple[int, int, str, tuple[tuple[str, ...], ...]]:
        """Equal for jobs that may share a batch."""
        return (len(self.tokens), self.limit, self.task, self.suppress)


Start = Callable[[Sequence[Job]], Any]
Finish = Callable[[Job, Any], list[Hypothesis]]


def run_jobs(
    jobs: Sequence[Job], batches: Sequence[Sequence[Job]], start: Start, finish: Finish
) -> list[list[Hypothesis]]:
    """Start every batch, longest first, and collect the results in the order of the requests.

    Raises:
        ModelError: CTranslate2 failed.
    """
    # The last batches to finish are then short ones, and no worker waits long.
    pending = [(batch, start(batch)) for batch in reversed(batches)]
    results: list[list[Hypothesis]] = [[] for _ in jobs]
    for batch, handles in pending:
        for job, handle in zip(batch, handles, strict=True):
            results[job.index] = finish(job, handle.result())
    return results


def make_batches(jobs: Sequence[Job], options: DecodeOptions, workers: int) -> list[list[Job]]:
    """Sort jobs and cut them into batches of equal keys, small enough that every worker gets some."""
    fair = max(4, -(-len(jobs) // (2 * workers)))
    batches = []
    for _, same in groupby(sorted(jobs, key=lambda job: job.key), key=lambda job: job.key):
        group = list(same)
        # Every position of every beam keeps its keys and values, 37 kB with the default model, and reordering
        # beams holds them twice. Outputs are seldom half as long as their limit.
        beams = 1 if options.beam_size == 1 else 2 * options.beam_size
        width = (len(group[0].tokens) + group[0].limit // 2) * beams
        size = max(1, min(MAX_BATCH, fair, options.batch_tokens // width))
        batches += [group[start : start + size] for start in range(0, len(group), size)]
    return batches


def output_limit(
    request: Request, options: DecodeOptions, n_source: int, most: int = MAX_OUTPUT_TOKENS
) -> int:
    """After how many tokens to stop: a translation may have 2.2 times the tokens of its source.

    Args:
        request: its task decides.
        options: an explicit limit wins.
        n_source: tokens of the source.
        most: what the model can write at all.
    """
    if options.max_output_tokens is not None:
        return min(most, options.max_output_tokens)
    if request.task != "translate":
        return min(most, MAX_OUTPUT_TOKENS // 2)
    limit = max(24, math.ceil(2.2 * n_source) + 16)
    return min(most, MAX_OUTPUT_TOKENS, -(-limit // LIMIT_STEP) * LIMIT_STEP)


def make_hypotheses(
    outputs: Sequence[Sequence[str]],
    scores: Sequence[float],
    *,
    eos: str,
    stops: Collection[str] = (),
    n_prefix: int,
    length_penalty: float,
    detokenise: Callable[[Sequence[str]], str],
) -> list[Hypothesis]:
    """Make hypotheses from tokens that end with `eos` when the model finished.

    CTranslate2 divides the sum of log-probabilities by length ** length_penalty. The length counts the end
    mark and a forced prefix, the sum leaves the prefix out (measured with penalties 0, 1, 2); this undoes the
    division and takes the mean.

    Args:
        outputs: tokens of each hypothesis, forced prefix included.
        scores: CTranslate2's, parallel to `outputs`.
        eos: the end mark.
        stops: other tokens that ended the output.
        n_prefix: forced tokens at the beginning, which have no score of their own.
        length_penalty: that was used.
        detokenise: makes text from tokens.
    """
    hypotheses = []
    for tokens, score in zip(outputs, scores, strict=True):
        finished = bool(tokens) and (tokens[-1] == eos or tokens[-1] in stops)
        written = tokens[:-1] if finished else tokens
        n_scored = max(1, len(tokens) - n_prefix)
        total = score * max(1, len(tokens)) ** length_penalty
        hypotheses.append(
            Hypothesis(
                text=detokenise(written),
                logprob_per_token=min(0.0, total / n_scored),
                n_tokens=max(0, len(written) - n_prefix),
                finished=finished,
            )
        )
    return hypotheses


def model_signature(manifest: Manifest, tokenizers: Sequence[str], compute_type: str) -> Signature:
    """Model name, checksums of weights, tokenizer and adapter, CTranslate2's version, compute type in use."""
    import ctranslate2

    def short(name: str) -> str:
        entry = manifest.files.get(name)
        return entry.sha256[:12] if entry is not None else "unknown"

    fields = [("model", manifest.name), ("weights", short("model.bin"))]
    fields.append(("tokenizer", "+".join(short(name) for name in tokenizers)))
    made_from = manifest.special.get("made_from")
    if isinstance(made_from, dict) and made_from.get("adapter"):
        fields.append(("adapter", str(made_from["adapter"])[:12]))
    return Signature((*fields, ("ctranslate2", ctranslate2.__version__), ("compute", compute_type)))


def check_length(n_tokens: int, most: int, name: str) -> None:
    """Refuse what the model would cut or could not place.

    Raises:
        ModelError: too many tokens.
    """
    if n_tokens > most:
        raise ModelError(
            f"a text of {n_tokens} tokens is too long, {most} fit", where=name, hint="split the text"
        )


def choose_compute_type(wanted: str | None, stored: str) -> str:
    """The type to run a model with: what was asked for, else the stored one where this processor has it.

    Raises:
        UsageError: the type asked for does not exist, or not on this machine.
    """
    import ctranslate2

    known = {"auto", "default", *ctranslate2.get_supported_compute_types("cpu")}
    if wanted is None:
        # "default" converts to the nearest type, e.g. float16 weights to float32.
        return stored if stored in known else "default"
    if wanted not in known:
        hint = "one of " + ", ".join(sorted(known))
        raise UsageError(f"{wanted} is not supported on this machine", where="compute type", hint=hint)
    return wanted


def first_line(exc: Exception) -> str:
    """The first line of a foreign error, cut to a length that fits a terminal."""
    return str(exc).split("\n", 1)[0][:200] or type(exc).__name__
