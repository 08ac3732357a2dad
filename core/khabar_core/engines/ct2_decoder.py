"""Decoder-only language models (Gemma, Llama, Qwen, ...) on CTranslate2, prompted as their manifest says.

In: requests. Out: hypotheses that do not depend on how the requests were batched: only prompts of equal
length share a batch, because CTranslate2 feeds the tokens beyond the shortest prompt one by one, and with
int8 the two roads round differently (measured: on 40 sentences 28 outputs changed, none with equal lengths).
Models that bear a neutral filler token before the prompt name it in their manifest; it rounds lengths up, so
that batches fill. Not here: encoder-decoder models, prompts, thread counts.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.prompts import fill_prompt
from khabar_core.engines.threads import ThreadPlan, plan_threads
from khabar_core.engines.tokenizing import TextCodec, suppressed_pieces
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest
from khabar_core.records import Signature

__all__ = ["Ct2DecoderEngine"]

log = logging.getLogger(__name__)

# Prompt lengths are rounded up to a multiple of this where the model bears fillers.
LENGTH_STEP = 8
# Limits on the output are rounded up, so that prompts of one length but unequal sources can share a batch.
LIMIT_STEP = 32
MAX_OUTPUT_TOKENS = 512
# Above this a batch of short prompts gains nothing more.
MAX_BATCH = 48


@dataclass(frozen=True, slots=True)
class _Job:
    """One request as tokens. Jobs with equal keys may share a batch."""

    index: int
    prompt: tuple[str, ...]
    prefix: tuple[str, ...]
    limit: int
    suppress: tuple[tuple[str, ...], ...]

    @property
    def key(self) -> tuple[int, int, tuple[tuple[str, ...], ...]]:
        return (len(self.prompt), self.limit, self.suppress)


class Ct2DecoderEngine:
    """A decoder-only model.

    Args:
        manifest: of a folder with a CTranslate2 model and `tokenizer.json`.
        name: what the user called it.
        threads: total number of threads; None takes what the machine or container grants.
        compute_type: CTranslate2's; None takes the manifest's.

    Raises:
        ModelError: a file is missing, or the model cannot be loaded.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        name: str | None = None,
        threads: int | None = None,
        compute_type: str | None = None,
    ) -> None:
        import ctranslate2

        self._manifest = manifest
        self._name = name or manifest.name
        self._plan = plan_threads(threads)
        self._compute_type = compute_type or manifest.compute_type
        self._codec = TextCodec.from_file(manifest.file("tokenizer.json"))
        special = manifest.special
        self._bos, self._eos = str(special.get("bos") or ""), str(special.get("eos") or "</s>")
        filler = special.get("filler")
        self._filler = str(filler) if filler and str(filler) in self._codec else None
        manifest.file("model.bin")
        self._generator = self._load(self._plan)
        self._signature = _signature(manifest, self._generator.compute_type, ctranslate2.__version__)

    def _load(self, plan: ThreadPlan) -> Any:
        import ctranslate2

        try:
            return ctranslate2.Generator(
                str(self._manifest.path),
                device="cpu",
                compute_type=self._compute_type,
                inter_threads=plan.workers,
                intra_threads=plan.threads,
                max_queued_batches=-1,
            )
        except (RuntimeError, ValueError) as exc:
            where, hint = str(self._manifest.path), "khabar models verify"
            raise ModelError(
                f"the model cannot be loaded: {_first_line(exc)}", where=where, hint=hint
            ) from exc

    @property
    def name(self) -> str:
        """The name that the user gave."""
        return self._name

    @property
    def signature(self) -> Signature:
        """Model, tokenizer and adapter hashes, CTranslate2 version, compute type."""
        return self._signature

    @property
    def tasks(self) -> tuple[str, ...]:
        """As the manifest says."""
        return self._manifest.tasks

    @property
    def takes_hints(self) -> bool:
        """Whether the manifest has a hint format."""
        return self._manifest.hint_format is not None

    @property
    def max_input_tokens(self) -> int:
        """As the manifest says."""
        return self._manifest.max_input_tokens

    def count_tokens(self, text: str) -> int:
        """Tokens of the text alone."""
        return len(self._codec.encode(text))

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        """Decode; the result of a request is the same whatever else is in `requests`, except when sampling.

        Raises:
            ModelError: the model has no prompt for a task, or CTranslate2 failed.
        """
        jobs = sorted(
            (self._job(i, request, options) for i, request in enumerate(requests)), key=lambda j: j.key
        )
        generator = self._generator
        if options.sampling_temperature > 0:
            # CTranslate2 seeds a thread's generator only once, so a repeatable sample needs a new, single
            # worker.
            import ctranslate2

            ctranslate2.set_random_seed(options.seed)
            generator = self._load(ThreadPlan(1, self._plan.workers * self._plan.threads))
        pending = []
        # Longest first: the last batches to finish are then short ones, and no worker waits long.
        for batch in reversed(_batches(jobs, options, self._plan.workers)):
            pending.append((batch, self._start(generator, batch, options)))
        results: list[list[Hypothesis]] = [[] for _ in requests]
        for batch, handles in pending:
            for job, handle in zip(batch, handles, strict=True):
                try:
                    results[job.index] = self._hypotheses(job, handle.result(), options)
                except (RuntimeError, ValueError) as exc:
                    raise ModelError(f"decoding failed: {_first_line(exc)}", where=self._name) from exc
        return results

    def _job(self, index: int, request: Request, options: DecodeOptions) -> _Job:
        text = fill_prompt(request, self._manifest.prompts, self._manifest.hint_format)
        body = self._codec.encode(text)
        prefix = self._codec.encode(" " + request.prefix.strip()) if request.prefix.strip() else []
        prompt = ([self._bos] if self._bos else []) + body + prefix
        if self._filler is not None:
            prompt = [self._filler] * (-len(prompt) % LENGTH_STEP) + prompt
        limit = options.max_output_tokens or self._limit(request, len(body))
        return _Job(
            index=index,
            prompt=tuple(prompt),
            prefix=tuple(prefix),
            limit=limit,
            suppress=tuple(suppressed_pieces(self._codec, request.suppress)),
        )

    def _limit(self, request: Request, n_body: int) -> int:
        """Room for the output: a translation may be 2.2 times as long in tokens as its source."""
        if request.task != "translate":
            return MAX_OUTPUT_TOKENS // 2
        n_source = len(self._codec.encode(request.text)) if request.hints else n_body
        limit = max(24, int(2.2 * n_source) + 16)
        return min(MAX_OUTPUT_TOKENS, -(-limit // LIMIT_STEP) * LIMIT_STEP)

    def _start(self, generator: Any, batch: Sequence[_Job], options: DecodeOptions) -> Any:
        sampling = options.sampling_temperature > 0
        # repetition penalty and n-gram blocking look at generated tokens only, never at the source.
        try:
            return generator.generate_batch(
                [list(job.prompt) for job in batch],
                asynchronous=True,
                beam_size=1 if sampling else options.beam_size,
                num_hypotheses=options.n_best,
                length_penalty=options.length_penalty,
                repetition_penalty=options.repetition_penalty,
                no_repeat_ngram_size=options.no_repeat_ngram,
                suppress_sequences=[list(pieces) for pieces in batch[0].suppress] or None,
                end_token=self._eos,
                return_end_token=True,
                max_length=batch[0].limit,
                include_prompt_in_result=False,
                return_scores=True,
                sampling_topk=0 if sampling else 1,
                sampling_temperature=options.sampling_temperature if sampling else 1.0,
            )
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"decoding failed: {_first_line(exc)}", where=self._name) from exc

    def _hypotheses(self, job: _Job, result: Any, options: DecodeOptions) -> list[Hypothesis]:
        """Detokenise; undo CTranslate2's division of the score by length ** length_penalty."""
        hypotheses = []
        for tokens, score in zip(result.sequences, result.scores, strict=True):
            finished = bool(tokens) and tokens[-1] == self._eos
            written = tokens[:-1] if finished else tokens
            n_scored = max(1, len(tokens))
            hypotheses.append(
                Hypothesis(
                    text=self._codec.decode([*job.prefix, *written]),
                    logprob_per_token=min(0.0, score * n_scored ** (options.length_penalty - 1.0)),
                    n_tokens=len(written),
                    finished=finished,
                )
            )
        return hypotheses


def _batches(jobs: Sequence[_Job], options: DecodeOptions, workers: int) -> list[list[_Job]]:
    """Cut sorted jobs into batches of equal keys, small enough that every worker gets some."""
    fair = max(4, -(-len(jobs) // (2 * workers)))
    batches = []
    for _, same in groupby(jobs, key=lambda job: job.key):
        group = list(same)
        width = (len(group[0].prompt) + group[0].limit // 2) * options.beam_size
        size = max(1, min(MAX_BATCH, fair, options.batch_tokens * 4 // width))
        batches += [group[start : start + size] for start in range(0, len(group), size)]
    return batches


def _signature(manifest: Manifest, compute_type: str, version: str) -> Signature:
    def short(name: str) -> str:
        entry = manifest.files.get(name)
        return entry.sha256[:12] if entry is not None else "unknown"

    fields = [
        ("model", manifest.name),
        ("weights", short("model.bin")),
        ("tokenizer", short("tokenizer.json")),
    ]
    made_from = manifest.special.get("made_from")
    if isinstance(made_from, dict) and made_from.get("adapter"):
        fields.append(("adapter", str(made_from["adapter"])[:12]))
    return Signature((*fields, ("ctranslate2", version), ("compute", compute_type)))


def _first_line(exc: Exception) -> str:
    return str(exc).split("\n", 1)[0][:200] or type(exc).__name__
