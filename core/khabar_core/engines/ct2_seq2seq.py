"""Encoder-decoder models on CTranslate2: Marian/OPUS, NLLB, M2M100, mBART, T5, OpenNMT; BART and Pegasus for
briefs.

In: requests. Out: hypotheses that do not depend on how the requests were batched: only sources of equal
length share a batch, because the padding of unequal ones shifts int8 roundings (measured). Nothing is cut:
CTranslate2's own limits (1,024 source tokens, 256 output tokens, both silent) are lifted and guarded here.
Not here: loading (ct2_engine), conversion, languages' codes (manifest), decoder-only models.

Keys of `Manifest.special` used here are described in convert.families.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.batching import (
    MAX_OUTPUT_TOKENS,
    Job,
    check_length,
    make_hypotheses,
    output_limit,
)
from khabar_core.engines.ct2_engine import Ct2Engine
from khabar_core.engines.prompts import fill_prompt
from khabar_core.engines.tokenizing import Codec, SentencePieceCodec, TextCodec, suppressed_pieces
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest

__all__ = ["Ct2Seq2SeqEngine"]

# Names under which SentencePiece models come with models of one tokenizer for both sides.
_SHARED_SPM = ("sentencepiece.bpe.model", "sentencepiece.model", "spiece.model", "spm.model")
_BARE = {"translate": "{source}", "brief": "{source}"}


class Ct2Seq2SeqEngine(Ct2Engine):
    """An encoder-decoder model; its folder has a `tokenizer.json` or SentencePiece models."""

    _runner = "Translator"

    def _read_tokenizers(self) -> tuple[Sequence[str], Codec]:
        special = self._manifest.special
        self._eos = str(special.get("eos") or "</s>")
        self._max_output = int(special.get("max_output_tokens") or MAX_OUTPUT_TOKENS)
        decoding = special.get("decoding")
        self._decoding: Mapping[str, Any] = decoding if isinstance(decoding, dict) else {}
        names, source, self._target = _load_codecs(self._manifest)
        return names, source

    def _job(self, index: int, request: Request, options: DecodeOptions) -> Job:
        manifest = self._manifest
        if request.task not in manifest.tasks:
            hint = "it can do: " + ", ".join(manifest.tasks)
            raise ModelError(f"this model cannot do the task {request.task}", where=self._name, hint=hint)
        text = fill_prompt(request, {**_BARE, **manifest.prompts}, manifest.hint_format, self._codec.defuse)
        # A newline means nothing to these models, and SentencePiece would make an unknown token of it.
        body = self._codec.encode(text.replace("\n", " "), specials=True)
        check_length(len(body), manifest.max_input_tokens, self._name)
        prefix = self._target.encode(request.prefix.strip()) if request.prefix.strip() else []
        return Job(
            index=index,
            tokens=(*self._marks("source_start", request), *body, *self._marks("source_end", request)),
            prefix=(*self._marks("target_start", request), *prefix),
            limit=output_limit(request, options, len(body), self._max_output),
            suppress=suppressed_pieces(self._target, request.suppress),
            task=request.task,
        )

    def _marks(self, key: str, request: Request) -> list[str]:
        """Tokens that the family puts around a text, with the language codes filled in."""
        marks = []
        for mark in self._manifest.special.get(key) or ():
            for field, code in (("source", request.source_language), ("target", request.target_language)):
                if f"{{{field}_language}}" in mark:
                    mark = mark.replace(f"{{{field}_language}}", self._language(code))
            marks.append(str(mark))
        return marks

    def _language(self, code: str) -> str:
        """The model's own code of a language."""
        found = self._manifest.languages.get(code)
        if found is None:
            hint = "it knows: " + ", ".join(sorted(self._manifest.languages))
            raise ModelError(f"this model has no language {code}", where=self._name, hint=hint)
        return found

    def _start(self, model: Any, batch: Sequence[Job], options: DecodeOptions) -> Any:
        sampling = options.sampling_temperature > 0
        # What a summariser was published with holds for briefs as long as the caller does not ask otherwise.
        tuned = self._decoding if batch[0].task == "brief" else {}
        return model.translate_batch(
            [list(job.tokens) for job in batch],
            target_prefix=[list(job.prefix) for job in batch] if batch[0].prefix else None,
            asynchronous=True,
            beam_size=1 if sampling else options.beam_size,
            num_hypotheses=options.n_best,
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram or int(tuned.get("no_repeat_ngram", 0)),
            suppress_sequences=[list(pieces) for pieces in batch[0].suppress] or None,
            end_token=self._eos,
            return_end_token=True,
            max_input_length=0,
            max_decoding_length=batch[0].limit + len(batch[0].prefix),
            min_decoding_length=max(1, min(batch[0].limit // 2, int(tuned.get("min_length", 1)))),
            return_scores=True,
            sampling_topk=0 if sampling else 1,
            sampling_temperature=options.sampling_temperature if sampling else 1.0,
        )

    def _finish(self, job: Job, result: Any, options: DecodeOptions) -> list[Hypothesis]:
        n_marks = len(self._manifest.special.get("target_start") or ())
        return make_hypotheses(
            result.hypotheses,
            result.scores,
            eos=self._eos,
            n_prefix=len(job.prefix),
            length_penalty=options.length_penalty,
            detokenise=lambda tokens: self._target.decode(tokens[n_marks:]),
        )


def _load_codecs(manifest: Manifest) -> tuple[list[str], Codec, Codec]:
    """Names of the tokenizer files, and the tokenizers of source and target.

    Raises:
        ModelError: no tokenizer is there, or one is malformed.
    """
    special = manifest.special
    kind = special.get("tokenizer")
    names = [special.get("source_spm"), special.get("target_spm")]
    folder = manifest.path
    if kind != "sentencepiece" and folder is not None and (folder / "tokenizer.json").is_file():
        codec = TextCodec.from_file(manifest.file("tokenizer.json"))
        return ["tokenizer.json"], codec, codec
    if not all(names) and folder is not None:
        candidates = [("source.spm", "target.spm"), *((name, name) for name in _SHARED_SPM)]
        found = [pair for pair in candidates if all((folder / name).is_file() for name in pair)]
        names = list(found[0]) if found else []
    if not names:
        hint = "tokenizer.json, or source.spm and target.spm, or sentencepiece.model"
        raise ModelError("the model has no tokenizer that khabar can read", where=str(folder), hint=hint)
    source_name, target_name = str(names[0]), str(names[1])
    source = SentencePieceCodec(manifest.file(source_name))
    if source_name == target_name:
        return [source_name], source, source
    return [source_name, target_name], source, SentencePieceCodec(manifest.file(target_name))
