"""Decoder-only language models (Gemma, Llama, Qwen, ...) on CTranslate2, prompted as their manifest says.

In: requests. Out: hypotheses that do not depend on how the requests were batched: only prompts of equal
length share a batch, because CTranslate2 feeds the tokens beyond the shortest prompt one by one, and with
int8 the two roads round differently (measured: on 40 sentences 28 outputs changed, none with equal lengths).
Models that bear a neutral filler token before the prompt name it in their manifest; it rounds lengths up, so
that batches fill. Not here: loading (ct2_engine), encoder-decoder models, prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.batching import (
    Job,
    check_length,
    first_line,
    make_hypotheses,
    output_limit,
)
from khabar_core.engines.ct2_engine import Ct2Engine
from khabar_core.engines.prompts import fill_prompt
from khabar_core.engines.tokenizing import Codec, TextCodec, suppressed_pieces
from khabar_core.errors import ModelError

__all__ = ["Ct2DecoderEngine"]

# Prompt lengths are rounded up to a multiple of this where the model bears fillers.
LENGTH_STEP = 8
# Longer prompts than any task needs; memory grows with them.
MAX_PROMPT_TOKENS = 4096


class Ct2DecoderEngine(Ct2Engine):
    """A decoder-only model; its folder has a `tokenizer.json`."""

    _runner = "Generator"

    def _read_tokenizers(self) -> tuple[Sequence[str], Codec]:
        manifest, special = self._manifest, self._manifest.special
        codec = TextCodec.from_file(manifest.file("tokenizer.json"))
        self._bos, self._eos = str(special.get("bos") or ""), str(special.get("eos") or "</s>")
        # Base models go on with another example; a translation of one line ends with the line.
        self._stops = tuple(str(token) for token in special.get("stop") or ())
        filler = special.get("filler")
        self._filler = str(filler) if filler and str(filler) in codec else None
        self._window = int(special.get("sliding_window") or MAX_PROMPT_TOKENS)
        return ["tokenizer.json"], codec

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
            pending = [self._model.score_batch([tokens], asynchronous=True)[0] for tokens in texts]
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

    def _start(self, model: Any, batch: Sequence[Job], options: DecodeOptions) -> Any:
        sampling = options.sampling_temperature > 0
        prompts = [list(job.tokens) for job in batch]
        if len(prompts[0]) > self._window:
            # CTranslate2 reads the common beginning of a batch at once, and wrongly beyond a sliding window
            # (measured against transformers). A shorter companion makes it read the rest step by step, as it
            # should.
            prompts.append(prompts[0][: self._window])
        handles = model.generate_batch(
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
