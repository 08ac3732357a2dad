"""Turn a GGUF file into a CTranslate2 decoder model with numpy and gguf alone, no torch.

In: a GGUF of the Gemma 3 family; optionally a cut vocabulary and a low-rank adapter to merge. Out: a CTranslate2
model folder, quantised. Not here: tokenizers (a GGUF's own or ours), prompts, manifests.

Source: layout of Gemma 3 in llama.cpp's convert_hf_to_gguf.py (norm weights are stored as 1 + gamma) and in
ctranslate2/converters/transformers.py (Gemma3Loader).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from khabar_core.errors import ModelError

__all__ = ["Gguf", "build_gemma3"]

Adapter = Mapping[str, Any]
Progress = Callable[[float, str], None]


class Gguf:
    """Read access to a GGUF file: metadata, and tensors dequantised one at a time.

    Raises:
        ModelError: the file is not a readable GGUF.
    """

    def __init__(self, path: Path) -> None:
        from gguf import GGUFReader

        try:
            self._reader = GGUFReader(str(path))
        except (OSError, ValueError, KeyError, IndexError) as exc:
            raise ModelError("not a readable GGUF file", where=str(path), hint="download it again") from exc
        self.path = path
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def field(self, name: str, default: Any = None) -> Any:
        """A metadata value; "ARCH." is replaced by the architecture's name."""
        if name.startswith("ARCH."):
            name = f"{self.architecture}.{name.removeprefix('ARCH.')}"
        found = self._reader.fields.get(name)
        return default if found is None else found.contents()

    @property
    def architecture(self) -> str:
        """e.g. "gemma3", "llama"."""
        return str(self._reader.fields["general.architecture"].contents())

    def tensor(self, name: str, rows: Sequence[int] | None = None) -> Any:
        """A float32 array (out, in); only the given rows when asked, so that a cut embedding stays small."""
        import numpy as np
        from gguf.quants import dequantize

        if name not in self._tensors:
            raise ModelError(f"tensor {name} is missing", where=str(self.path))
        tensor = self._tensors[name]
        data = tensor.data if rows is None else tensor.data[np.asarray(rows)]
        return np.ascontiguousarray(dequantize(data, tensor.tensor_type), dtype=np.float32)


def _merged(gguf: Gguf, layer: int, gguf_name: str, hf_name: str, adapter: Adapter | None) -> Any:
    """A layer's matrix, with B·A of the adapter added when there is one."""
    weight = gguf.tensor(f"blk.{layer}.{gguf_name}.weight")
    name = f"model.layers.{layer}.{hf_name}"
    if adapter is not None and f"{name}.a" in adapter:
        weight += adapter[f"{name}.b"] @ adapter[f"{name}.a"]
    return weight


def build_gemma3(
    gguf: Gguf,
    vocabulary: Sequence[str],
    *,
    vocab_ids: Sequence[int] | None = None,
    adapter: Adapter | None = None,
    progress: Progress | None = None,
) -> Any:
    """Make the CTranslate2 specification of a Gemma 3 text model, not yet quantised.

    Args:
        gguf: the file.
        vocabulary: token strings in id order; as many as embedding rows kept.
        vocab_ids: rows of the file's embedding to keep, in this order; None keeps all.
        adapter: float32 arrays `NAME.a` (rank, in) and `NAME.b` (out, rank).
        progress: called with a fraction 0..1 and a word.

    Returns:
        A `ctranslate2.specs.TransformerDecoderModelSpec` with float32 weights.

    Raises:
        ModelError: another architecture, or a tensor is missing.
    """
    import numpy as np
    from ctranslate2.converters import utils
    from ctranslate2.specs import common_spec, transformer_spec

    if gguf.architecture != "gemma3":
        raise ModelError(f"architecture {gguf.architecture} is not gemma3", where=str(gguf.path))
    n_layers = int(gguf.field("ARCH.block_count"))
    n_heads, n_kv = int(gguf.field("ARCH.attention.head_count")), int(gguf.field("ARCH.attention.head_count_kv"))
    head_dim = int(gguf.field("ARCH.attention.key_length", 256))
    window = int(gguf.field("ARCH.attention.sliding_window", 512))
    pattern = int(gguf.field("ARCH.attention.sliding_window_pattern", 6))
    global_base = float(gguf.field("ARCH.rope.freq_base", 1e6))
    local_base = float(gguf.field("ARCH.rope.local.freq_base", 1e4))
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        n_layers,
        n_heads,
        activation=common_spec.Activation.GELUTanh,
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=head_dim,
        rotary_interleave=False,
        rotary_base=local_base,
        num_heads_kv=n_kv if n_kv != n_heads else None,
        head_dim=head_dim,
        sliding_window=window,
        pre_post_layer_norm=True,
        quant_type=common_spec.Quantization.CT2,
        qk_norm=True,
    )
    decoder = spec.decoder
    decoder.scale_embeddings = True
    decoder.start_from_zero_embedding = False
    embedding = gguf.tensor("token_embd.weight", vocab_ids)
    decoder.embeddings.weight = embedding
    decoder.projection.weight = gguf.tensor("output.weight", vocab_ids) if "output.weight" in gguf else embedding
    decoder.layer_norm.gamma = gguf.tensor("output_norm.weight")

    for i, layer in enumerate(decoder.layer):
        is_global = (i + 1) % pattern == 0
        attention = layer.self_attention
        attention.rotary_base = np.float32(global_base if is_global else local_base)
        attention.sliding_window = np.int32(0 if is_global else window)
        norms = (
            (layer.input_layer_norm, "attn_norm"),
            (layer.post_attention_layer_norm, "post_attention_norm"),
            (layer.pre_feedforward_layer_norm, "ffn_norm"),
            (layer.post_feedforward_layer_norm, "post_ffw_norm"),
            (attention.q_norm, "attn_q_norm"),
            (attention.k_norm, "attn_k_norm"),
        )
        for norm, name in norms:
            norm.gamma = gguf.tensor(f"blk.{i}.{name}.weight")
        parts = [common_spec.LinearSpec() for _ in range(3)]
        for part, letter in zip(parts, "qkv", strict=True):
            part.weight = _merged(gguf, i, f"attn_{letter}", f"self_attn.{letter}_proj", adapter)
        utils.fuse_linear(attention.linear[0], parts)
        attention.linear[1].weight = _merged(gguf, i, "attn_output", "self_attn.o_proj", adapter)
        layer.ffn.linear_0.weight = _merged(gguf, i, "ffn_gate", "mlp.gate_proj", adapter)
        layer.ffn.linear_0_noact.weight = _merged(gguf, i, "ffn_up", "mlp.up_proj", adapter)
        layer.ffn.linear_1.weight = _merged(gguf, i, "ffn_down", "mlp.down_proj", adapter)
        if progress is not None:
            progress((i + 1) / n_layers, "merging weights")
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<bos>", "<eos>", "<unk>"
    spec.config.layer_norm_epsilon = float(gguf.field("ARCH.attention.layer_norm_rms_epsilon", 1e-6))
    spec.register_vocabulary(list(vocabulary))
    return spec
