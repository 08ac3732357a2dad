"""Take over models that are in CTranslate2's format already: plain folders, Argos packages, OpenNMT exports.

In: a folder with `model.bin`, or an unpacked Argos package around one. Out: the files that are needed, and a
manifest that lacks name and origin. Not here: archives (unpack), other formats (huggingface, gguf).
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

from khabar_core.convert.families import (
    ct2_kind,
    ct2_vocabulary,
    newline_stops,
    profile,
    read_json,
    recognise_ct2,
)
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest

__all__ = [
    "TOKENIZER_FILES",
    "chat_template",
    "copy_files",
    "find_tokenizer",
    "stored_type",
    "take_argos",
    "take_ct2",
    "take_khabar",
]

# What CTranslate2 itself reads.
_CT2_FILES = (
    "model.bin",
    "config.json",
    "shared_vocabulary.json",
    "shared_vocabulary.txt",
    "source_vocabulary.json",
    "source_vocabulary.txt",
    "target_vocabulary.json",
    "target_vocabulary.txt",
    "vocabulary.json",
    "vocabulary.txt",
    "vmap.txt",
)
# What a tokenizer or a reader of the licence needs; `config.json` belongs to CTranslate2 here.
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "generation_config.json",
)
_NOTICES = ("LICENSE*", "NOTICE*", "USE_POLICY*")
# SentencePiece files by the names that converters give them: source side, target side.
_SPM_PAIRS = (
    ("source.spm", "target.spm"),
    ("source.model", "target.model"),
    ("src.model", "tgt.model"),
    ("src.spm.model", "tgt.spm.model"),
    ("spm.src.model", "spm.tgt.model"),
)
_SPM_SINGLE = (
    "sentencepiece.model",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
    "spm.model",
)
_MAX_TEMPLATE_CHARS = 100_000


def take_ct2(folder: Path, target: Path, *, family: str | None = None) -> Manifest:
    """Copy a CTranslate2 folder.

    Args:
        folder: with `model.bin`, vocabulary and tokenizer.
        target: an empty folder.
        family: what the user says it is; None looks at the vocabulary.

    Raises:
        ModelError: it is no such folder, has no tokenizer, or its family cannot be told.
    """
    kind = ct2_kind(folder)
    if kind not in ("TransformerSpec", "TransformerDecoderModelSpec"):
        raise ModelError(f"model.bin holds {kind or 'no CTranslate2 model'}", where=str(folder))
    family = family or recognise_ct2(folder)
    copy_files(folder, target, (*_CT2_FILES, *TOKENIZER_FILES, *_NOTICES))
    found = profile(family, {}, chat_template=chat_template(folder))
    special = {**found.special, **find_tokenizer(folder, target)}
    if kind == "TransformerDecoderModelSpec":
        stops = newline_stops(set(ct2_vocabulary(folder)), chat_template(folder))
        special = {**_ends(folder), **stops, **special}
    found = dataclasses.replace(found, special=special)
    return found.draft(compute_type=stored_type(target, kind))


def take_argos(folder: Path, target: Path) -> Manifest:
    """Copy an unpacked Argos package: `metadata.json`, `model/`, `sentencepiece.model`.

    Raises:
        ModelError: a part is missing, or the package uses another tokenizer.
    """
    data = read_json(folder / "metadata.json")
    if not isinstance(data, dict) or not isinstance(data.get("from_code"), str):
        raise ModelError("metadata.json does not name the languages", where=str(folder))
    if not (folder / "sentencepiece.model").is_file():
        other = "bpe.model" if (folder / "bpe.model").is_file() else "no sentencepiece.model"
        raise ModelError(f"has {other}; only SentencePiece is supported", where=str(folder))
    kind = ct2_kind(folder / "model")
    if kind != "TransformerSpec":
        raise ModelError(f"model.bin holds {kind or 'no CTranslate2 model'}", where=str(folder / "model"))
    copy_files(folder / "model", target, _CT2_FILES)
    copy_files(folder, target, ("sentencepiece.model", *_NOTICES))
    languages = {str(data[key]): str(data[key]) for key in ("from_code", "to_code") if data.get(key)}
    special: dict[str, Any] = {
        "tokenizer": "sentencepiece",
        "source_spm": "sentencepiece.model",
        "target_spm": "sentencepiece.model",
        "eos": "</s>",
    }
    # Packages for several targets put a language mark before the output.
    if isinstance(data.get("target_prefix"), str) and data["target_prefix"]:
        special["target_start"] = [data["target_prefix"]]
    found = dataclasses.replace(profile("opennmt", {}), languages=languages, special=special)
    words = [data.get("from_name", data["from_code"]), data.get("to_name", data.get("to_code", "?"))]
    description = f"Argos package {words[0]} to {words[1]}, version {data.get('package_version', '?')}"
    return found.draft(compute_type=stored_type(target, kind), description=description)


def take_khabar(folder: Path, target: Path) -> Manifest:
    """Copy a model that has a manifest already, checksums compared first.

    Raises:
        ModelError: a file is missing or altered.
    """
    manifest = Manifest.read(folder)
    manifest.verify()
    for name in manifest.files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target / name)
    return dataclasses.replace(manifest, path=None)


def copy_files(folder: Path, target: Path, patterns: tuple[str, ...]) -> list[str]:
    """Copy the files of a folder that match; links are followed, so that the copy stands alone."""
    names = []
    for pattern in patterns:
        for found in sorted(folder.glob(pattern)):
            if found.is_file() and not (target / found.name).exists():
                shutil.copyfile(found, target / found.name)
                names.append(found.name)
    return names


def find_tokenizer(folder: Path, target: Path) -> dict[str, Any]:
    """Copy the tokenizer of a folder and say which kind it is, as keys for `Manifest.special`.

    Raises:
        ModelError: there is none.
    """
    for source, goal in _SPM_PAIRS:
        if (folder / source).is_file() and (folder / goal).is_file():
            copy_files(folder, target, (source, goal))
            return {"tokenizer": "sentencepiece", "source_spm": source, "target_spm": goal}
    if (target / "tokenizer.json").is_file() or copy_files(folder, target, ("tokenizer.json",)):
        return {"tokenizer": "tokenizer.json"}
    for name in _SPM_SINGLE:
        if (folder / name).is_file():
            copy_files(folder, target, (name,))
            return {"tokenizer": "sentencepiece", "source_spm": name, "target_spm": name}
    hint = "tokenizer.json, source.spm and target.spm, or sentencepiece.model"
    raise ModelError("has no tokenizer", where=str(folder), hint=f"put into it: {hint}")


def chat_template(folder: Path) -> str:
    """The chat template of a language model, "" for a base model."""
    if (folder / "chat_template.jinja").is_file():
        text = (folder / "chat_template.jinja").read_text(encoding="utf-8", errors="replace")
        return text[:_MAX_TEMPLATE_CHARS]
    if (folder / "tokenizer_config.json").is_file():
        data = read_json(folder / "tokenizer_config.json")
        template = data.get("chat_template") if isinstance(data, dict) else None
        # Some files hold several named templates.
        return str(template)[:_MAX_TEMPLATE_CHARS] if template else ""
    return ""


def stored_type(folder: Path, kind: str) -> str:
    """How the weights are stored; loads the model, so that a damaged one is found now and not later.

    Raises:
        ModelError: CTranslate2 cannot load it.
    """
    import ctranslate2

    loader = ctranslate2.Translator if kind == "TransformerSpec" else ctranslate2.Generator
    try:
        model = loader(str(folder), device="cpu", compute_type="default", inter_threads=1, intra_threads=1)
    except (RuntimeError, ValueError) as exc:
        reason = str(exc).split("\n", 1)[0][:200]
        raise ModelError(f"CTranslate2 cannot load it: {reason}", where=str(folder)) from exc
    return str(model.compute_type)


def _ends(folder: Path) -> dict[str, Any]:
    """First and last token of a language model, from CTranslate2's own configuration."""
    config = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
    if not isinstance(config, dict):
        return {}
    pairs = (("bos", "bos_token"), ("eos", "eos_token"), ("unk", "unk_token"))
    return {ours: config[theirs] for ours, theirs in pairs if isinstance(config.get(theirs), str)}
