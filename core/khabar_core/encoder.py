"""Contextual vectors of the tokens of English texts, by an encoder model that lies in a local folder.

In: a Hugging Face folder of a BERT-like model, texts. Out: for each text one vector a token. Needs torch,
which khabar does not install by itself; nothing is downloaded and no code of the folder is run. Not here:
what the vectors are for (BERTScore in khabar_eval), translation models (engines).
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from khabar_core.convert.huggingface import quiet_transformers
from khabar_core.errors import ModelError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["TextEncoder", "TokenVectors"]

# Their layers' outputs are used as they are; others (T5, mBART) normalise once more after the last layer.
FAMILIES = (
    "bart",
    "bert",
    "camembert",
    "deberta",
    "deberta-v2",
    "distilbert",
    "electra",
    "roberta",
    "xlm-roberta",
)
# Byte-level tokenizers of these families see a word differently when no space stands before it.
_SPACE_BEFORE = ("bart", "roberta")
_MAX_TOKENS = 4096  # a tokenizer without a limit says 10**30


class TokenVectors:
    """The tokens of one text.

    Attributes:
        vectors: (n_tokens, size), each of length 1, special tokens included.
        weights: (n_tokens,) 0 for special tokens, else 1.
    """

    __slots__ = ("vectors", "weights")

    def __init__(self, vectors: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> None:
        self.vectors = vectors
        self.weights = weights


class TextEncoder:
    """An encoder model, loaded once.

    Args:
        folder: with `config.json`, a tokenizer and weights.

    Raises:
        ModelError: torch is missing, or the folder does not hold such a model.
    """

    def __init__(self, folder: Path) -> None:
        config = _read_config(folder)
        self.family = str(config.get("model_type"))
        if self.family not in FAMILIES:
            raise ModelError(
                f"no encoder of a known kind: {self.family!r}",
                where=str(folder),
                hint="BERT-like models: " + ", ".join(FAMILIES),
            )
        if importlib.util.find_spec("torch") is None:
            raise ModelError("encoder models need torch", hint='pip install "khabar[bertscore]"')
        self._tokenizer, self._model = _load(folder)
        # An encoder-decoder names its encoder's layers apart.
        self.n_layers = int(self._model.config.num_hidden_layers)
        limit = int(getattr(self._model.config, "max_position_embeddings", 512))
        if self.family in ("roberta", "xlm-roberta", "camembert"):
            limit -= 2  # their first positions are padding
        self.max_tokens = min(int(self._tokenizer.model_max_length), limit, _MAX_TOKENS)

    def encode(self, texts: Sequence[str], layer: int, *, batch_size: int = 32) -> list[TokenVectors]:
        """The vectors of each text after a layer; longer texts are cut at `max_tokens`.

        Args:
            texts: plain text.
            layer: 1 to `n_layers`.
            batch_size: texts at once; does not change the vectors beyond rounding.

        Raises:
            UsageError: no such layer.
        """
        if not 1 <= layer <= self.n_layers:
            raise UsageError(f"layer must be between 1 and {self.n_layers}, got {layer}")
        # Texts of equal length together: padding costs as much as text.
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        found: dict[int, TokenVectors] = {}
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            batch = self._encode_batch([texts[k] for k in places], layer)
            found.update(zip(places, batch, strict=True))
        return [found[k] for k in range(len(texts))]

    def _encode_batch(self, texts: Sequence[str], layer: int) -> list[TokenVectors]:
        import numpy as np
        import torch

        lead = " " if self.family in _SPACE_BEFORE else ""
        inputs = self._tokenizer(
            [lead + text.strip() for text in texts],
            padding=True,
            truncation=True,
            max_length=self.max_tokens,
            return_tensors="pt",
        )
        arguments = {key: inputs[key] for key in ("input_ids", "attention_mask")}
        with torch.no_grad():
            states = self._model(**arguments, output_hidden_states=True).hidden_states[layer]
        states = torch.nn.functional.normalize(states.float(), dim=-1).numpy()
        special = (self._tokenizer.sep_token_id, self._tokenizer.cls_token_id)
        results = []
        for vectors, ids, mask in zip(
            states, inputs["input_ids"].numpy(), inputs["attention_mask"].numpy().astype(bool), strict=True
        ):
            weights = (~np.isin(ids[mask], special)).astype(np.float32)
            results.append(TokenVectors(vectors[mask], weights))
        return results


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError as exc:
        raise ModelError(f"config.json cannot be read: {exc.strerror}", where=str(folder)) from exc
    except (ValueError, RecursionError) as exc:
        raise ModelError(f"config.json is not JSON: {exc}", where=str(folder)) from exc
    if not isinstance(config, dict):
        raise ModelError("config.json is no JSON object", where=str(folder))
    return config


def _load(folder: Path) -> tuple[Any, Any]:
    from safetensors import SafetensorError
    from transformers import AutoModel, AutoTokenizer

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
            model = AutoModel.from_pretrained(str(folder), **options)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, SafetensorError) as exc:
        words = " ".join(str(exc).split())[:200]
        raise ModelError(
            f"cannot be loaded: {words}",
            where=str(folder),
            hint="the folder needs config.json, the tokenizer's files and the weights",
        ) from exc
    model.eval()
    return tokenizer, model.get_encoder() if model.config.is_encoder_decoder else model
