"""Convert a GGUF file into a model folder: weights, vocabulary and tokenizer, ready for a manifest.

In: a GGUF file and an empty folder. Out: the folder filled, and what the file says about itself. Not here:
prompts and manifests (the store makes them), downloads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from khabar_core.convert.gguf import build_decoder
from khabar_core.convert.gguf_file import Gguf
from khabar_core.convert.gguf_tokenizer import gguf_tokenizer, gguf_vocabulary
from khabar_core.errors import ModelError

__all__ = ["GgufFacts", "convert_gguf"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFacts:
    """What a GGUF file says about its model.

    Attributes:
        family: one of the manifest's decoder families.
        name: the model's own name, "" if it has none.
        licence: as the file says, "unknown" if it does not.
        bos: token that begins every prompt; "" when the model wants none.
        eos: token that ends every output.
        chat_template: Jinja text, "" for base models.
        window: positions that the model was trained with.
        sliding_window: how far its local layers look back, 0 when all layers look at everything; goes into
            `Manifest.special` under this name, because the engine must know.
    """

    family: str
    name: str
    licence: str
    bos: str
    eos: str
    chat_template: str
    window: int
    sliding_window: int = 0


def convert_gguf(
    source: Path,
    folder: Path,
    *,
    quantization: str = "int8",
    progress: Callable[[float, str], None] | None = None,
) -> GgufFacts:
    """Write `model.bin`, `config.json`, `vocabulary.json` and `tokenizer.json` into a folder.

    Raises:
        ModelError: the file is unreadable or of an unsupported kind.
        OSError: the folder cannot be written.
    """
    gguf = Gguf(source)
    vocabulary = gguf_vocabulary(gguf)
    tokenizer = gguf_tokenizer(gguf)
    spec = build_decoder(gguf, vocabulary, quantization=quantization, progress=progress)
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8", newline="\n")
    eos = _token(gguf, vocabulary, "eos")
    if not eos:
        raise ModelError("the file does not name its end token", where=str(source))
    wants_bos = bool(
        gguf.field("tokenizer.ggml.add_bos_token", gguf.field("tokenizer.ggml.model") == "llama")
    )
    default_window = 512 if gguf.architecture == "gemma3" else 0
    return GgufFacts(
        family=gguf.architecture,
        name=str(gguf.field("general.name", "")),
        licence=str(gguf.field("general.license", "unknown")),
        bos=_token(gguf, vocabulary, "bos") if wants_bos else "",
        eos=eos,
        chat_template=str(gguf.field("tokenizer.chat_template", "")),
        window=int(gguf.number("ARCH.context_length", 2048)),
        sliding_window=int(gguf.number("ARCH.attention.sliding_window", default_window)),
    )


def _token(gguf: Gguf, vocabulary: list[str], kind: str) -> str:
    number = gguf.field(f"tokenizer.ggml.{kind}_token_id")
    return vocabulary[number] if isinstance(number, int) and 0 <= number < len(vocabulary) else ""
