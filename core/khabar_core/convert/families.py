"""What khabar knows about each model family: how a model is recognised, its languages, its special tokens.

In: a Hugging Face `config.json`, or a CTranslate2 folder. Out: a `Profile`, from which the manifest is made.
Not here: conversion of weights, running.

Keys of `Manifest.special` that profiles set, all optional:

* `tokenizer`: "tokenizer.json" or "sentencepiece"; with the latter `source_spm` and `target_spm` name
  files.
* `source_start`, `source_end`, `target_start`: tokens put around the source and before the output. In them
  `{source_language}` and `{target_language}` stand for the values of `Manifest.languages`.
* `stop`: tokens that end a translation besides `eos`: the newline of base models, which else go on and on.
* `bos`, `eos`, `unk`, `pad`: token strings.
* `sliding_window`: of a language model whose layers do not all see the whole text.
* `max_output_tokens`: where decoding stops at the latest.
* `decoding`: options that the model was published with (`min_length`, `no_repeat_ngram`, ...).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest

__all__ = [
    "LANGUAGES",
    "Profile",
    "ct2_kind",
    "ct2_vocabulary",
    "newline_stops",
    "profile",
    "read_json",
    "recognise_ct2",
    "recognise_hf",
    "turn_end",
]

# ISO 639-1 -> (NLLB, mBART). M2M100 writes the ISO code itself between underscores.
LANGUAGES: Mapping[str, tuple[str, str]] = {
    "ar": ("arb_Arab", "ar_AR"),
    "de": ("deu_Latn", "de_DE"),
    "en": ("eng_Latn", "en_XX"),
    "es": ("spa_Latn", "es_XX"),
    "fa": ("pes_Arab", "fa_IR"),
    "fr": ("fra_Latn", "fr_XX"),
    "he": ("heb_Hebr", "he_IL"),
    "ru": ("rus_Cyrl", "ru_RU"),
    "tr": ("tur_Latn", "tr_TR"),
    "uk": ("ukr_Cyrl", "uk_UA"),
    "ur": ("urd_Arab", "ur_PK"),
    "zh": ("zho_Hans", "zh_CN"),
}

# model_type of a Hugging Face config.json -> family.
_MODEL_TYPES: Mapping[str, str] = {
    "bart": "bart",
    "gemma3": "gemma3",
    "gemma3_text": "gemma3",
    "llama": "llama",
    "m2m_100": "m2m100",
    "marian": "marian",
    "mbart": "mbart",
    "mistral": "mistral",
    "mt5": "t5",
    "pegasus": "pegasus",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "t5": "t5",
    "umt5": "t5",
}
_MAX_JSON_BYTES = 256 << 20

# A base model continues a text; this layout is the one that the default model was trained on.
_PLAIN_PROMPT = "Arabic: {source}\nEnglish:"
_ASK = "Translate this Arabic news text into English. Answer with the translation alone.\n\n{source}"
# Marker in a chat template -> the turn of a user as a whole, and the token that ends the answer. Written
# here, because running a stranger's template means running a stranger's program.
_CHATS: tuple[tuple[str, str, str], ...] = (
    (
        "<start_of_turn>",
        "<start_of_turn>user\n{ask}<end_of_turn>\n<start_of_turn>model\n",
        "<end_of_turn>",
    ),
    (
        "<|start_header_id|>",
        "<|start_header_id|>user<|end_header_id|>\n\n{ask}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
    ("<|im_start|>", "<|im_start|>user\n{ask}<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>"),
    ("[INST]", "[INST] {ask} [/INST]", "</s>"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The part of a manifest that follows from the family."""

    family: str
    tasks: tuple[str, ...] = ("translate",)
    prompts: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    special: Mapping[str, Any] = field(default_factory=dict)
    max_input_tokens: int = 512

    def draft(
        self,
        *,
        compute_type: str,
        licence: str = "",
        description: str = "",
        scores: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """A manifest that lacks name, source, date and files, which whoever installs the model knows."""
        return Manifest(
            name="",
            family=self.family,
            tasks=self.tasks,
            prompts=self.prompts,
            languages=self.languages,
            licence=licence,
            compute_type=compute_type,
            max_input_tokens=self.max_input_tokens,
            special=self.special,
            description=description,
            scores=scores or {},
        )


def read_json(path: Path) -> Any:
    """Read a JSON file of a foreign model.

    Raises:
        ModelError: it is missing, too large or malformed.
    """
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise ModelError("is too large for a configuration", where=str(path))
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ModelError("no such file", where=str(path)) from exc
    except (OSError, ValueError, RecursionError) as exc:
        raise ModelError(f"cannot be read: {exc}", where=str(path)) from exc


def recognise_hf(folder: Path) -> tuple[str, dict[str, Any]]:
    """Family and configuration of a Hugging Face model folder.

    Raises:
        ModelError: the model type is one that khabar cannot run.
    """
    config = read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise ModelError("an object is expected", where=str(folder / "config.json"))
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in _MODEL_TYPES:
        known = ", ".join(sorted(_MODEL_TYPES))
        raise ModelError(
            f"model type {kind!r:.40} is not supported", where=str(folder), hint=f"one of {known}"
        )
    family = _MODEL_TYPES[kind]
    if family == "m2m100" and _is_nllb(folder, config):
        family = "nllb"
    return family, {**config, "tokenizer_class": _tokenizer_class(folder, config)}


def _tokenizer_class(folder: Path, config: Mapping[str, Any]) -> str:
    """The class that the tokenizer was saved from; older models name it in their configuration."""
    if config.get("tokenizer_class"):
        return str(config["tokenizer_class"])
    if (folder / "tokenizer_config.json").is_file():
        settings = read_json(folder / "tokenizer_config.json")
        return str(settings.get("tokenizer_class", "")) if isinstance(settings, dict) else ""
    return ""


def _is_nllb(folder: Path, config: Mapping[str, Any]) -> bool:
    """NLLB has the architecture of M2M100; only its language codes differ."""
    if "Nllb" in _tokenizer_class(folder, config):
        return True
    if (folder / "tokenizer.json").is_file():
        return "arb_Arab" in (folder / "tokenizer.json").read_text(encoding="utf-8", errors="replace")
    return False


def ct2_kind(folder: Path) -> str | None:
    """Name of the specification in a CTranslate2 `model.bin`, e.g. "TransformerSpec"; None if it is not one.

    Source: ctranslate2/specs/model_spec.py: uint32 version, then uint16 length and the name with its NUL.
    """
    try:
        with open(folder / "model.bin", "rb") as stream:
            head = stream.read(6)
            version, length = struct.unpack("<IH", head)
            name = stream.read(min(length, 200))
    except (OSError, struct.error):
        return None
    if not 1 <= version < 1000 or not name.endswith(b"\0"):
        return None
    text = name[:-1].decode("ascii", errors="replace")
    return text if text.isidentifier() else None


def ct2_vocabulary(folder: Path) -> list[str]:
    """The tokens of a CTranslate2 model, source side where there are two; empty when no file is there."""
    for stem in ("shared_vocabulary", "source_vocabulary", "vocabulary"):
        if (folder / f"{stem}.json").is_file():
            tokens = read_json(folder / f"{stem}.json")
            return [str(token) for token in tokens] if isinstance(tokens, list) else []
        if (folder / f"{stem}.txt").is_file():
            text = (folder / f"{stem}.txt").read_text(encoding="utf-8", errors="replace")
            return text.removesuffix("\n").split("\n")
    return []


def recognise_ct2(folder: Path) -> str:
    """Family of a CTranslate2 folder, from the tokens it knows and the tokenizer files beside it.

    Raises:
        ModelError: it is not a translation or language model, or nothing gives the family away.
    """
    kind = ct2_kind(folder)
    tokens = set(ct2_vocabulary(folder))
    marks: Sequence[tuple[str, str]]
    if kind == "TransformerDecoderModelSpec":
        marks = (
            ("<start_of_turn>", "gemma3"),
            ("<|im_start|>", "qwen2"),
            ("<|begin_of_text|>", "llama"),
            ("[INST]", "mistral"),
            ("<s>", "llama"),
        )
    elif kind == "TransformerSpec":
        if (folder / "source.spm").is_file() and (folder / "target.spm").is_file():
            return "marian"
        marks = (
            ("arb_Arab", "nllb"),
            ("__ar__", "m2m100"),
            ("ar_AR", "mbart"),
            ("<unk_2>", "pegasus"),
            ("<extra_id_0>", "t5"),
            ("Ġthe", "bart"),
            ("▁the", "opennmt"),
        )
    else:
        raise ModelError(f"model.bin holds {kind or 'no CTranslate2 model'}", where=str(folder))
    for token, family in marks:
        if token in tokens:
            return family
    raise ModelError("the model's family cannot be told", where=str(folder), hint="name it with --family")


def profile(family: str, config: Mapping[str, Any], *, chat_template: str = "") -> Profile:
    """What follows from a family and its configuration.

    Args:
        family: one of the manifest's families.
        config: of Hugging Face; may be empty for a CTranslate2 folder.
        chat_template: of a language model's tokenizer; "" for base models.
    """
    if family in ("nllb", "m2m100", "mbart"):
        return _many_languages(family, config)
    if family == "marian":
        return Profile(
            family=family,
            special={"source_end": ["</s>"], "eos": "</s>"},
            max_input_tokens=_window(config, 512),
        )
    if family in ("bart", "pegasus"):
        return _summariser(family, config)
    if family == "t5":
        special = {"source_end": ["</s>"], "eos": "</s>", "pad": "<pad>"}
        return Profile(family=family, tasks=("translate", "brief"), special=special, max_input_tokens=512)
    if family == "opennmt":
        return Profile(family=family, special={"eos": "</s>"}, max_input_tokens=_window(config, 256))
    return _language_model(family, config, chat_template)


def _many_languages(family: str, config: Mapping[str, Any]) -> Profile:
    source = {"source_start": ["{source_language}"], "source_end": ["</s>"]}
    target = {"target_start": ["{target_language}"]}
    if family == "mbart":
        codes = {iso: pair[1] for iso, pair in LANGUAGES.items()}
        if config and "50" not in str(config.get("tokenizer_class")):
            # The first mBART, of 25 languages, writes the language after the text and starts its decoder with
            # the target language; it was published for fixed pairs, so that is written into its config.
            source, target = {"source_end": ["</s>", "{source_language}"]}, {}
    elif family == "nllb":
        codes = {iso: pair[0] for iso, pair in LANGUAGES.items()}
    else:
        codes = {iso: f"__{iso}__" for iso in LANGUAGES}
    special = {**source, **target, "eos": "</s>"}
    return Profile(family=family, languages=codes, special=special, max_input_tokens=_window(config, 512))


def _summariser(family: str, config: Mapping[str, Any]) -> Profile:
    special: dict[str, Any] = {"source_end": ["</s>"], "eos": "</s>"}
    if family == "bart":
        special["source_start"] = ["<s>"]
    if isinstance(config.get("forced_bos_token_id"), int):
        special["target_start"] = ["<s>"]
    decoding = {
        ours: config[theirs]
        for ours, theirs in (
            ("min_length", "min_length"),
            ("no_repeat_ngram", "no_repeat_ngram_size"),
            ("length_penalty", "length_penalty"),
        )
        if isinstance(config.get(theirs), (int, float))
    }
    if decoding:
        special["decoding"] = decoding
    return Profile(
        family=family,
        tasks=("brief",),
        prompts={"brief": "{source}"},
        special=special,
        max_input_tokens=_window(config, 1024),
    )


def newline_stops(vocabulary: Collection[str], chat_template: str) -> dict[str, Any]:
    """The `stop` key for a language model: its newlines; none for chat models, which end their turns.

    Byte-level vocabularies write a newline as U+010A, byte-fallback ones as <0x0A>, the others as it is.
    """
    # Gemma has a token for every run of newlines, up to 31 of them.
    found = sorted(token for token in vocabulary if token == "<0x0A>" or (token and not token.strip("\nĊ")))
    return {"stop": found} if found and not turn_end(chat_template) else {}


def turn_end(chat_template: str) -> str:
    """The token that ends an answer in a chat, "" for base models and unknown layouts."""
    return next((end for mark, _, end in _CHATS if mark in chat_template), "")


def _language_model(family: str, config: Mapping[str, Any], chat_template: str) -> Profile:
    # Models that also see pictures keep the settings of their language model apart.
    text = config.get("text_config")
    config = text if isinstance(text, dict) else config
    sliding = _sliding_window(family, config)
    prompt = _PLAIN_PROMPT
    for mark, turn, _ in _CHATS:
        if mark in chat_template:
            prompt = turn.replace("{ask}", _ASK)
            break
    return Profile(
        family=family,
        prompts={"translate": prompt},
        languages={"ar": "ar", "en": "en"},
        special={"sliding_window": sliding} if sliding else {},
        max_input_tokens=_window(config, 1024),
    )


def _window(config: Mapping[str, Any], default: int) -> int:
    """Positions of the model less a few for special tokens."""
    value = config.get("max_position_embeddings")
    if not isinstance(value, int) or isinstance(value, bool) or value <= 16:
        value = default
    # Attention of small models wanders beyond 1,024 tokens, whatever their window is.
    return min(value, 1024) - 8


def _sliding_window(family: str, config: Mapping[str, Any]) -> int:
    """How far the local layers look back; 0 when every layer looks at everything."""
    value = config.get("sliding_window")
    if isinstance(value, int) and value > 0 and config.get("use_sliding_window") is not False:
        return value
    # 512 is the smallest that a Gemma 3 has, and the engine may take a smaller one than is true.
    return 512 if family == "gemma3" else 0
