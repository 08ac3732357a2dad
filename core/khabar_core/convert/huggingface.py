"""Convert a Hugging Face model folder into CTranslate2's format, quantised.

In: a folder with `config.json`, weights and tokenizer. Out: a CTranslate2 folder with a tokenizer that needs
no torch, and a `Profile`. Needs torch, which only this conversion does: `pip install "khabar[convert]"`.
Not here: download (hub), comparison with the original (parity).
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from khabar_core.convert.families import (
    Profile,
    ct2_vocabulary,
    newline_stops,
    profile,
    read_json,
    recognise_hf,
    turn_end,
)
from khabar_core.convert.folders import TOKENIZER_FILES, chat_template, copy_files, find_tokenizer
from khabar_core.errors import ModelError
from khabar_core.manifest import DECODER_FAMILIES

__all__ = ["QUANTIZATIONS", "convert_huggingface", "quiet_transformers", "require_torch"]

QUANTIZATIONS = ("int8", "int8_float32", "float16", "float32")
_NOTICES = ("LICENSE*", "NOTICE*", "USE_POLICY*")


def require_torch() -> None:
    """Raises ModelError with the remedy when torch or transformers is not installed."""
    for module in ("torch", "transformers"):
        if importlib.util.find_spec(module) is None:
            hint = 'pip install "khabar[convert]"; models in CTranslate2, Argos or GGUF format need no torch'
            raise ModelError(f"converting this model needs {module}", hint=hint)


def convert_huggingface(
    folder: Path, target: Path, *, quantization: str = "int8", family: str | None = None
) -> Profile:
    """Write the converted model and its tokenizer into an empty folder.

    Args:
        folder: a Hugging Face model folder; code in it is never run.
        target: an empty folder.
        quantization: one of QUANTIZATIONS.
        family: what the user says it is; None believes the configuration.

    Raises:
        ModelError: torch is missing, the type of model is not supported, or the files are damaged.
    """
    recognised, config = recognise_hf(folder)
    require_torch()
    _refuse_scaled_gemma(folder, config)
    _require_tokenizer(folder)
    _write_weights(folder, target, quantization)
    tokenizer = _load_tokenizer(folder)
    copy_files(folder, target, (*TOKENIZER_FILES, *_NOTICES))
    _write_tokenizer(tokenizer, target)
    template = chat_template(folder)
    found = profile(family or recognised, _with_generation(folder, config), chat_template=template)
    special = {**found.special, **find_tokenizer(folder, target)}
    _mend_config(target, found)
    if found.family in DECODER_FAMILIES:
        special.update(_ends(tokenizer, template))
        special.update(newline_stops(set(ct2_vocabulary(target)), template))
    return dataclasses.replace(found, special=special)


def _require_tokenizer(folder: Path) -> None:
    """transformers makes an empty tokenizer for a known class when the files are missing, without a word."""
    wanted = ("tokenizer.json", "*.model", "*.spm", "vocab.json", "vocab.txt")
    if not any(found.is_file() for pattern in wanted for found in folder.glob(pattern)):
        hint = "tokenizer.json or a SentencePiece model is expected"
        raise ModelError("has no tokenizer", where=str(folder), hint=hint)


def _refuse_scaled_gemma(folder: Path, config: dict[str, Any]) -> None:
    """The larger Gemma 3 stretch the positions of some layers, which the converter ignores without a word."""
    text = config.get("text_config", config)
    if not str(config.get("model_type", "")).startswith("gemma3") or not isinstance(text, dict):
        return
    scaling = text.get("rope_scaling") or (text.get("rope_parameters") or {}).get("full_attention") or {}
    kind = (
        scaling.get("rope_type", scaling.get("type", "default")) if isinstance(scaling, dict) else "unknown"
    )
    if kind != "default":
        hint = "take its GGUF, or a Gemma 3 of at most 1B"
        raise ModelError(f"Gemma 3 with {kind} rope scaling is not supported", where=str(folder), hint=hint)


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence warnings and progress bars of transformers, which tell a user of khabar nothing."""
    from transformers.utils import logging as hf_logging

    level = hf_logging.get_verbosity()
    bars = hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hf_logging.set_verbosity(level)
        if bars:
            hf_logging.enable_progress_bar()


def _write_weights(folder: Path, target: Path, quantization: str) -> None:
    import torch

    with quiet_transformers(), torch.no_grad():
        converter = _converter_class()(str(folder), low_cpu_mem_usage=True)
        try:
            converter.convert(str(target), quantization=quantization, force=True)
        except MemoryError as exc:
            raise ModelError("not enough memory to convert", where=str(folder)) from exc
        except OSError as exc:
            if exc.filename is None and exc.errno is None:  # how transformers reports bad weights
                raise ModelError(f"cannot be read: {_one_line(exc)}", where=str(folder)) from exc
            raise
        except _FOREIGN_ERRORS as exc:
            raise ModelError(f"cannot be converted: {_one_line(exc)}", where=str(folder)) from exc
        except Exception as exc:
            if type(exc).__module__.startswith(("safetensors", "pickle", "_pickle", "torch")):
                raise ModelError(f"the weights are damaged: {_one_line(exc)}", where=str(folder)) from exc
            raise


# Loaders index into configurations, tensors and vocabularies that a stranger wrote; any of these means that
# the folder does not hold what its configuration says.
_FOREIGN_ERRORS = (
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


def _mend_config(target: Path, found: Profile) -> None:
    """Fill in CTranslate2's `config.json` what the converter could not know; nulls there stop it."""
    config = read_json(target / "config.json")
    for key, token in (("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>")):
        if key in config and config[key] is None:
            config[key] = found.special.get(key.removesuffix("_token")) or token
    if found.family == "mbart":
        # mBART-50 begins with the end token, the first mBART with the target language.
        fifty = bool(found.special.get("target_start"))
        config["decoder_start_token"] = "</s>" if fifty else found.languages["en"]
    text = json.dumps(config, ensure_ascii=False, indent=2)
    (target / "config.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _converter_class() -> Any:
    """CTranslate2's converter (4.8), mended where transformers 5 changed what it relies on."""
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc]
        def load_model(self, model_class: Any, name: str, **options: Any) -> Any:
            model = super().load_model(model_class, name, **options)
            config = model.config
            if config.model_type in ("t5", "umt5") and hasattr(config, "scale_decoder_outputs"):
                # transformers 5 reports tied embeddings for every T5; the converter would then scale the
                # outputs of T5 v1.1 and its descendants, which flattens every probability.
                config.tie_word_embeddings = bool(config.scale_decoder_outputs)
            elif config.model_type == "mt5":
                config.tie_word_embeddings = False
            return model

        def load_tokenizer(self, tokenizer_class: Any, name: str, **options: Any) -> Any:
            tokenizer = super().load_tokenizer(tokenizer_class, name, **options)
            languages = getattr(tokenizer, "lang_token_to_id", None)
            return tokenizer if not languages else _WithLanguages(tokenizer, languages)

    return Converter


class _WithLanguages:
    """A tokenizer whose `special_tokens_map` lists the language tokens, as it did before transformers 5."""

    def __init__(self, tokenizer: Any, languages: Mapping[str, int]) -> None:
        self._tokenizer = tokenizer
        ordered = sorted(languages, key=lambda token: languages[token])
        self.special_tokens_map = {
            **tokenizer.special_tokens_map,
            "additional_special_tokens": ordered,
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


def _load_tokenizer(folder: Path) -> Any:
    import transformers

    with quiet_transformers():
        try:
            return transformers.AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
        except (*_FOREIGN_ERRORS, OSError) as exc:
            raise ModelError(f"its tokenizer cannot be read: {_one_line(exc)}", where=str(folder)) from exc


def _write_tokenizer(tokenizer: Any, target: Path) -> None:
    """Write `tokenizer.json` if the tokenizer has that form and the folder did not bring one."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None and hasattr(backend, "save") and not (target / "tokenizer.json").exists():
        backend.save(str(target / "tokenizer.json"))


def _with_generation(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the decoding options, which newer models keep in a file of their own."""
    if (folder / "generation_config.json").is_file():
        extra = read_json(folder / "generation_config.json")
        if isinstance(extra, dict):
            return {**config, **extra}
    return config


def _ends(tokenizer: Any, template: str) -> dict[str, Any]:
    """First and last token of a language model; no first one if its tokenizer puts none."""
    bos, eos = tokenizer.bos_token, turn_end(template) or tokenizer.eos_token
    ids = tokenizer("a").input_ids
    starts = bos is not None and bool(ids) and ids[0] == tokenizer.bos_token_id
    return {"bos": bos if starts else "", "eos": eos or "</s>", "unk": tokenizer.unk_token}


def _one_line(exc: BaseException) -> str:
    return " ".join(str(exc).split())[:200] or type(exc).__name__
