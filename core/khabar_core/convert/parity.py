"""Compare a converted, quantised model with the original: greedy tokens, and their probabilities.

In: the Hugging Face folder, the CTranslate2 folder. Out: a `Parity`, whose numbers go into the manifest.
Not here: translation quality (khabar_eval).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from khabar_core.convert.families import Profile, ct2_vocabulary, read_json
from khabar_core.convert.huggingface import quiet_transformers
from khabar_core.errors import ModelError
from khabar_core.manifest import DECODER_FAMILIES

__all__ = ["LINES", "Parity", "measure_parity"]

# Short, because a large model on a small machine must finish; news, because that is what models are used for.
LINES = {
    "ar": (
        "وصل وزير الخارجية إلى القاهرة يوم الأحد.",
        "قالت الأمم المتحدة إن 12 شخصا قتلوا في القصف.",
        "أعلنت الحكومة أن الانتخابات ستجرى في موعدها.",
        "ارتفعت أسعار النفط بنسبة 3 في المئة.",
    ),
    "en": (
        "The foreign minister arrived in Cairo on Sunday.",
        "The United Nations said 12 people were killed in the shelling.",
        "The government announced that the election will be held on time.",
        "Oil prices rose by 3 percent.",
    ),
}
MAX_TOKENS = 40
# A conversion that is right loses a few hundredths of a nat to int8; wrong tensors cost whole nats.
MAX_LOGPROB_LOSS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How close the converted model is to the original.

    Attributes:
        n_lines: lines compared.
        n_tokens: greedy tokens of the original.
        n_equal_lines: lines whose greedy tokens are all equal.
        token_agreement: share of the original's greedy tokens that come before the first difference, 0..1.
        logprob_loss: mean over the original's greedy tokens of (its log-probability - the converted model's),
            in nats; around 0 is good.
    """

    n_lines: int
    n_tokens: int
    n_equal_lines: int
    token_agreement: float
    logprob_loss: float

    @property
    def sound(self) -> bool:
        """Whether the difference is one that rounding explains."""
        return self.logprob_loss <= MAX_LOGPROB_LOSS


def measure_parity(original: Path, converted: Path, profile: Profile) -> Parity:
    """Run both models on a few fixed lines; needs torch and memory for the original.

    Raises:
        ModelError: one of the models cannot be run.
    """
    task = profile.tasks[0]
    lines = LINES["en" if task == "brief" else "ar"]
    is_decoder = profile.family in DECODER_FAMILIES
    try:
        with quiet_transformers():
            reference = _Original(original, converted, profile)
            expected = [reference.greedy(line) for line in lines]
            scores = [reference.logprobs(source, tokens) for source, tokens in expected]
            tokens = [(reference.tokens(source), reference.tokens(written)) for source, written in expected]
            prefix = reference.prefix
            del reference
        run = _run_decoder if is_decoder else _run_seq2seq
        found, found_scores = run(converted, tokens, prefix)
    except (RuntimeError, ValueError, KeyError, IndexError, AttributeError, OSError) as exc:
        reason = " ".join(str(exc).split())[:200]
        raise ModelError(f"the comparison with the original failed: {reason}", where=str(original)) from exc
    return _compare([written for _, written in tokens], found, scores, found_scores)


def _compare(
    expected: Sequence[Sequence[str]],
    found: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
    found_scores: Sequence[Sequence[float]],
) -> Parity:
    common = equal = n_tokens = 0
    for ours, theirs in zip(found, expected, strict=True):
        common += sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False)))
        equal += list(ours) == list(theirs)
        n_tokens += len(theirs)
    loss = 0.0
    for ours_scores, theirs_scores in zip(found_scores, scores, strict=True):
        loss += sum(b - a for a, b in zip(ours_scores, theirs_scores, strict=True))
    return Parity(
        n_lines=len(expected),
        n_tokens=n_tokens,
        n_equal_lines=equal,
        token_agreement=round(common / max(1, n_tokens), 4),
        logprob_loss=round(loss / max(1, n_tokens), 4),
    )


class _Original:
    """The model as transformers runs it, in float32."""

    def __init__(self, folder: Path, converted: Path, profile: Profile) -> None:
        import transformers

        # The converted vocabulary says what each id means; the original tokenizer does not know ids that only
        # fill the table.
        self._vocabulary = ct2_vocabulary(converted)
        self._profile = profile
        self._is_decoder = profile.family in DECODER_FAMILIES
        names = "AutoModelForCausalLM" if self._is_decoder else "AutoModelForSeq2SeqLM"
        loader = getattr(transformers, names)
        options = {"local_files_only": True, "trust_remote_code": False}
        self._model = loader.from_pretrained(str(folder), dtype="float32", **options).eval()
        # Options that a model was published with (forced ends, no repetition) are no part of its weights.
        self._model.generation_config = transformers.GenerationConfig()
        languages = profile.languages
        named: dict[str, Any] = {}
        if profile.family in ("nllb", "mbart"):
            named = {"src_lang": languages["ar"], "tgt_lang": languages["en"]}
        elif profile.family == "m2m100":
            named = {"src_lang": "ar", "tgt_lang": "en"}
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **options, **named)
        self.prefix = [
            token.replace("{target_language}", languages.get("en", ""))
            for token in profile.special.get("target_start", [])
        ]

        self._start = getattr(self._model.config, "decoder_start_token_id", None)
        if self._start is None and not self._is_decoder:
            token = read_json(converted / "config.json").get("decoder_start_token")
            self._start = self._tokenizer.convert_tokens_to_ids(token)

    def tokens(self, ids: Sequence[int]) -> list[str]:
        return [self._vocabulary[number] for number in ids]

    def greedy(self, line: str) -> tuple[list[int], list[int]]:
        """Source ids, and output ids without the tokens that were forced."""
        import torch
        from transformers import GenerationConfig

        config = self._model.config
        forced = self._tokenizer.convert_tokens_to_ids(self.prefix) if self.prefix else []
        source = self._source(line)
        options: dict[str, Any] = {
            "max_new_tokens": MAX_TOKENS + len(forced),
            "num_beams": 1,
            "do_sample": False,
            "eos_token_id": self._tokenizer.eos_token_id,
            "pad_token_id": self._tokenizer.pad_token_id or 0,
            "bos_token_id": self._tokenizer.bos_token_id,
            "use_cache": True,
        }
        if not self._is_decoder:
            options["decoder_start_token_id"] = self._start
            options["forced_bos_token_id"] = forced[0] if forced else None
        if self._profile.family == "marian":
            # The padding token starts Marian's decoder and may never be written.
            options["bad_words_ids"] = [[config.pad_token_id]]
        with torch.no_grad():
            ids = self._model.generate(torch.tensor([source]), generation_config=GenerationConfig(**options))[
                0
            ].tolist()
        skip = len(source) if self._is_decoder else 1 + len(forced)
        written = ids[skip:]
        if written and written[-1] == self._tokenizer.eos_token_id:
            written = written[:-1]
        return source, written

    def logprobs(self, source: Sequence[int], written: Sequence[int]) -> list[float]:
        """Natural-log probability of each written token."""
        import torch

        if not written:
            return []
        config = self._model.config
        with torch.no_grad():
            if self._is_decoder:
                ids = torch.tensor([[*source, *written]])
                logits = self._model(ids).logits[0, len(source) - 1 : -1]
            else:
                prefix = self._tokenizer.convert_tokens_to_ids(self.prefix) if self.prefix else []
                given = [self._start, *prefix]
                ids = torch.tensor([[*given, *written]])
                logits = self._model(
                    input_ids=torch.tensor([list(source)]), decoder_input_ids=ids[:, :-1]
                ).logits[0, len(given) - 1 :]
            logits = logits.float()
            if self._profile.family == "marian":
                logits[:, config.pad_token_id] = float("-inf")
            table = torch.log_softmax(logits, dim=-1)
            chosen = table.gather(1, torch.tensor(list(written))[:, None])[:, 0]
        return [float(value) for value in chosen]

    def _source(self, line: str) -> list[int]:
        if self._is_decoder:
            prompt = self._profile.prompts["translate"].replace("{terms}", "").replace("{source}", line)
            ids = self._tokenizer(prompt, add_special_tokens=False).input_ids
            bos = self._profile.special.get("bos")
            start = [self._tokenizer.convert_tokens_to_ids(bos)] if bos else []
            return [int(i) for i in [*start, *ids]]
        return [int(i) for i in self._tokenizer(line).input_ids]


def _run_seq2seq(
    folder: Path, pairs: Sequence[tuple[list[str], list[str]]], prefix: list[str]
) -> tuple[list[list[str]], list[list[float]]]:
    import ctranslate2

    model = ctranslate2.Translator(str(folder), device="cpu", compute_type="default")
    found, scores = [], []
    for source, written in pairs:
        result = model.translate_batch(
            [source],
            target_prefix=[prefix] if prefix else None,
            beam_size=1,
            max_decoding_length=MAX_TOKENS + len(prefix),
            max_input_length=0,
        )[0]
        found.append(list(result.hypotheses[0])[len(prefix) :])
        scored = model.score_batch([source], [[*prefix, *written]], max_input_length=0)[0]
        scores.append(list(scored.log_probs)[len(prefix) : len(prefix) + len(written)])
    return found, scores


def _run_decoder(
    folder: Path, pairs: Sequence[tuple[list[str], list[str]]], prefix: list[str]
) -> tuple[list[list[str]], list[list[float]]]:
    import ctranslate2

    model = ctranslate2.Generator(str(folder), device="cpu", compute_type="default")
    found, scores = [], []
    for source, written in pairs:
        result = model.generate_batch(
            [source],
            max_length=MAX_TOKENS,
            beam_size=1,
            sampling_topk=1,
            include_prompt_in_result=False,
        )[0]
        found.append(list(result.sequences[0]))
        scored = model.score_batch([[*source, *written]], max_input_length=0)[0]
        # The first token of the prompt has no score, and n tokens give n - 1 of them.
        scores.append(list(scored.log_probs)[len(source) - 1 :] if written else [])
    return found, scores
