"""Decoder-only language models (Gemma, Llama, Qwen, ...) on CTranslate2, prompted as their manifest says.

In: requests. Out: hypotheses that do not depend on how the requests were batched: only prompts of equal
length share a batch, because CTranslate2 feeds the tokens beyond the shortest prompt one by one, and with
int8 the two roads round differently (measured: on 40 sentences 28 outputs changed, none with equal lengths).
Models that bear a neutral filler token before the prompt name it in their manifest; it rounds lengths up, so
that batches fill. Not here: encoder-decoder models, prompts, thread counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.batching import (
    Job,
    check_length,
    choose_compute_type,
    first_line,
    make_batches,
    make_hypotheses,
    model_signature,
    output_limit,
    run_jobs,
)
from khabar_core.engines.prompts import fill_prompt
from khabar_core.engines.threads import ThreadPlan, plan_threads
from khabar_core.engines.tokenizing import TextCodec, suppressed_pieces
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest
from khabar_core.records import Signature

__all__ = ["Ct2DecoderEngine"]

# Prompt lengths are rounded up to a multiple of this where the model bears fillers.
LENGTH_STEP = 8
# Longer prompts than any task needs; memory grows with them.
MAX_PROMPT_TOKENS = 4096


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
        self._manifest = manifest
        self._name = name or manifest.name
        self._plan = plan_threads(threads)
        self._compute_type = choose_compute_type(compute_type, manifest.compute_type)
        self._codec = TextCodec.from_file(manifest.file("tokenizer.json"))
        special = manifest.special
        self._bos, self._eos = str(special.get("bos") or ""), str(special.get("eos") or "</s>")
        # Base models go on with another example; a translation of one line ends with the line.
        self._stops = tuple(str(token) for token in special.get("stop") or ())
        filler = special.get("filler")
        self._filler = str(filler) if filler and str(filler) in self._codec else None
        self._window = int(special.get("sliding_window") or MAX_PROMPT_TOKENS)
        self._generator = self._load(self._plan)
        self._signature = model_signature(manifest, ["tokenizer.json"], self._generator.compute_type)

    def _load(self, plan: ThreadPlan) -> Any:
        import ctranslate2

        self._manifest.file("model.bin")
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
            where, hint = str(self._manifest.path), f"khabar models verify {self._name}"
            raise ModelError(
                f"the model cannot be loaded: {first_line(exc)}", where=where, hint=hint
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
            ModelError: the model has no prompt for a task, a text is far too long, or CTranslate2 failed.
        """
        generator, workers = self._generator, self._plan.workers
        if options.sampling_temperature > 0:
            # CTranslate2 seeds the random numbers of a thread only once, so a sample that can be repeated
            # needs a new, single worker.
            import ctranslate2

            ctranslate2.set_random_seed(options.seed)
            generator, workers = self._load(ThreadPlan(1, self._plan.workers * self._plan.threads)), 1
        jobs = [self._job(i, request, options) for i, request in enumerate(requests)]
        batches = make_batches(jobs, options, workers)
        try:
            return run_jobs(
                jobs,
                batches,
                lambda batch: self._start(generator, batch, options),
                lambda job, result: self._finish(job, result, options),
            )
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"decoding failed: {first_line(exc)}", where=self._name) from exc

    def score(self, request: Request, outputs: Sequence[str]) -> list[float]:
        """How likely the model finds each text as the output of a request.

        Args:
            request: as for `generate`; prompt and text together must fit the model's sliding window.
            outputs: finished texts.

        Returns:
            The sum of the natural-log probabilities of each text's tokens; comparable among `outputs` only.

        Raises:
            ModelError: the model has no prompt for the task, a text is too long, or CTranslate2 failed.
        """
        prompt = list(self._job(0, request, DecodeOptions()).tokens)
        texts = [prompt + self._codec.encode(" " + output.strip()) for output in outputs]
        for tokens in texts:
            check_length(len(tokens), self._window, self._name)
        try:
            # One text a batch: CTranslate2 refuses texts of unequal length here.
            pending = [self._generator.score_batch([tokens], asynchronous=True)[0] for tokens in texts]
            return [float(sum(handle.result().log_probs[len(prompt) - 1 :])) for handle in pending]
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"scoring failed: {first_line(exc)}", where=self._name) from exc

    def _job(self, index: int, request: Request, options: DecodeOptions) -> Job:
        manifest, codec = self._manifest, self._codec
        text = fill_prompt(request, manifest.prompts, manifest.hint_format, codec.defuse)
        prefix = codec.encode(" " + request.prefix.strip()) if request.prefix.strip() else []
        prompt = ([self._bos] if self._bos else []) + codec.encode(text, specials=True) + prefix
        if self._filler is not None:
            prompt = [self._filler] * (-len(prompt) % LENGTH_STEP) + prompt
        check_length(len(prompt), MAX_PROMPT_TOKENS, self._name)
        return Job(
            index=index,
            tokens=tuple(prompt),
            prefix=tuple(prefix),
            limit=output_limit(request, options, len(codec.encode(request.text))),
            suppress=suppressed_pieces(codec, request.suppress),
            task=request.task,
        )

    def _start(self, generator: Any, batch: Sequence[Job], options: DecodeOptions) -> Any:
        sampling = options.sampling_temperature > 0
        prompts = [list(job.tokens) for job in batch]
        if len(prompts[0]) > self._window:
            # CTranslate2 reads the common beginning of a batch at once, and wrongly beyond a sliding window
            # (measured against transformers). A shorter companion makes it read the rest step by step, as it
            # should.
            prompts.append(prompts[0][: self._window])
        handles = generator.generate_batch(
            prompts,
            asynchronous=True,
            beam_size=1 if sampling else options.beam_size,
            num_hypotheses=options.n_best,
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram,
            suppress_sequences=[list(pieces) for pieces in batch[0].suppress] or None,
            end_token=[self._eos, *self._stops_of(batch[0])],
            return_end_token=True,
            max_length=batch[0].limit,
            include_prompt_in_result=False,
            return_scores=True,
            sampling_topk=0 if sampling else 1,
            sampling_temperature=options.sampling_temperature if sampling else 1.0,
        )
        return handles[: len(batch)]

    def _stops_of(self, job: Job) -> tuple[str, ...]:
        return self._stops if job.task == "translate" else ()

    def _text(self, tokens: Sequence[str], job: Job) -> str:
        """The text; where a newline stops the output, also one inside a longer token does."""
        text = self._codec.decode(tokens)
        return text.split("\n", 1)[0].rstrip() if self._stops_of(job) else text

    def _finish(self, job: Job, result: Any, options: DecodeOptions) -> list[Hypothesis]:
        return make_hypotheses(
            result.sequences,
            result.scores,
            eos=self._eos,
            stops=self._stops_of(job),
            n_prefix=0,  # the prefix is a part of the prompt here
            length_penalty=options.length_penalty,
            detokenise=lambda tokens: self._text([*job.prefix, *tokens], job),
        )
