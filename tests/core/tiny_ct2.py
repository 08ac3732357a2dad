"""A tiny encoder-decoder in CTranslate2's own format, for what needs no Hugging Face model and no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .tiny_tokenizers import pieces, sentencepiece_model


def make_ct2(folder: Path, *, seed: int = 0) -> Path:
    """A tiny encoder-decoder in CTranslate2's format, made without torch; no tokenizer beside it."""
    import numpy as np
    from ctranslate2.specs import TransformerSpec

    rng = np.random.default_rng(seed)
    tokens = pieces(sentencepiece_model())
    size, width = 16, 32
    spec = TransformerSpec.from_config((1, 1), 2, pre_norm=True)

    def matrix(linear: Any, rows: int, columns: int) -> None:
        linear.weight = rng.standard_normal((rows, columns)).astype(np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(size, np.float32), np.zeros(size, np.float32)

    for stack in (spec.encoder, spec.decoder):
        norm(stack.layer_norm)
        layer = stack.layer[0]
        for block in (layer.self_attention, layer.ffn):
            norm(block.layer_norm)
        matrix(layer.self_attention.linear[0], 3 * size, size)
        matrix(layer.self_attention.linear[1], size, size)
        matrix(layer.ffn.linear_0, width, size)
        matrix(layer.ffn.linear_1, size, width)
    cross = spec.decoder.layer[0].attention
    norm(cross.layer_norm)
    for linear, rows in zip(cross.linear, (size, 2 * size, size), strict=True):
        matrix(linear, rows, size)
    for table in (spec.encoder.embeddings[0], spec.decoder.embeddings, spec.decoder.projection):
        matrix(table, len(tokens), size)
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    return folder
