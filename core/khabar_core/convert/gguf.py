"""Turn a GGUF file into a CTranslate2 decoder model with numpy and gguf alone, no torch.

In: a GGUF of the Gemma 3, Llama (Mistral too) or Qwen 2/3 families; optionally a cut vocabulary and a
low-rank adapter to merge. Out: a CTranslate2 specification, quantised layer by layer. Not here: tokenizers
(convert.gguf_tokenizer), prompts, manifests.

Source: layouts of llama.cpp's convert_hf_to_gguf.py (Gemma norm weights are stored as 1 + gamma; query and
key rows of the llama architecture are permuted) and ctranslate2/converters/transformers.py (Gemma3Loader,
LlamaLoader).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from khabar_core.adapters import quantise_rows
from khabar_core.convert.gguf_file import Gguf
from khabar_core.errors import ModelError

__all__ = ["GGUF_ARCHITECTURES", "QUANTIZATIONS", "Gguf", "build_decoder"]

QUANTIZATIONS = ("int8", "int8_float32", "float16", "bfloat16", "float32")
_INT8 = ("int8", "int8_float32")
GGUF_ARCHITECTURES = ("gemma3", "llama", "qwen2", "qwen3")

AdapterMatrices = Mapping[str, Any]
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """What is converted and how; the attributes are `build_decoder`'s arguments."""

    gguf: Gguf
    vocabulary: Sequence[str]
    vocab_ids: Sequence[int] | None
    adapter: AdapterMatrices | None
    quantization: str
    progress: Progress | None

    @property
    def heads(self) -> tuple[int, int, int]:
        """Layers, heads, and heads of keys and values."""
        n_heads = int(self.gguf.number("ARCH.attention.head_count"))
        n_kv = int(self.gguf.number("ARCH.attention.head_count_kv", n_heads))
        return int(self.gguf.number("ARCH.block_count")), n_heads, n_kv

    def matrix(self, layer: int, gguf_name: str, hf_name: str) -> Any:
        """A layer's matrix, with B·A of the adapter added when there is one."""
        weight = self.gguf.tensor(f"blk.{layer}.{gguf_name}.weight")
        name = f"model.layers.{layer}.{hf_name}"
        if self.adapter is not None and f"{name}.a" in self.adapter:
            first, second = self.adapter[f"{name}.a"], self.adapter[f"{name}.b"]
            if (second.shape[0], first.shape[1]) != weight.shape:
                raise ModelError(f"the adapter's {name} does not fit this model", where=str(self.gguf.path))
            weight += second @ first
        return weight

    def bias(self, layer: int, gguf_name: str) -> Any:
        """A layer's bias, or None."""
        name = f"blk.{layer}.{gguf_name}.bias"
        return self.gguf.tensor(name) if name in self.gguf else None


def build_decoder(
    gguf: Gguf,
    vocabulary: Sequence[str],
    *,
    vocab_ids: Sequence[int] | None = None,
    adapter: AdapterMatrices | None = None,
    quantization: str = "int8",
    progress: Progress | None = None,
) -> Any:
    """Make the CTranslate2 specification of a model, ready to save.

    Args:
        gguf: the file.
        vocabulary: token strings in id order; as many as embedding rows kept.
        vocab_ids: rows of the file's embedding to keep, in this order; None keeps all.
        adapter: float32 arrays `NAME.a` (rank, in) and `NAME.b` (out, rank).
        quantization: how to store the weights, see QUANTIZATIONS; every layer is quantised as soon as it is
            read, so that the float32 model never stands in memory whole.
        progress: called with a fraction 0..1 and a word.

    Returns:
        A `ctranslate2.specs.TransformerDecoderModelSpec`, validated and quantised.

    Raises:
        ModelError: an architecture or quantisation that is not supported, or a tensor is missing.
    """
    if gguf.architecture not in GGUF_ARCHITECTURES:
        hint = "supported: " + ", ".join(GGUF_ARCHITECTURES)
        raise ModelError(
            f"architecture {gguf.architecture} cannot be converted", where=str(gguf.path), hint=hint
        )
    build = _Build(
        gguf=gguf,
        vocabulary=vocabulary,
        vocab_ids=vocab_ids,
        adapter=adapter,
        quantization=quantization,
        progress=progress,
    )
    return _build_gemma3(build) if gguf.architecture == "gemma3" else _build_llama(build)


def _build_gemma3(build: _Build) -> Any:
    """Gemma 3, text only."""
    import numpy as np
    from ctranslate2.specs import attention_spec, common_spec, transformer_spec

    gguf, (n_layers, n_heads, n_kv) = build.gguf, build.heads
    head_dim = int(gguf.number("ARCH.attention.key_length", 256))
    window = int(gguf.number("ARCH.attention.sliding_window", 512))
    pattern = int(gguf.number("ARCH.attention.sliding_window_pattern", 6))
    global_base = gguf.number("ARCH.rope.freq_base", 1e6)
    # Older converters left it out; every Gemma 3 has this value (transformers: rope_local_base_freq).
    local_base = gguf.number("ARCH.rope.freq_base_swa", gguf.number("ARCH.rope.local.freq_base", 1e4))
    kind, factor = _rope_scaling(gguf)
    if kind == "Su":
        raise ModelError("this kind of rope scaling is not supported", where=str(gguf.path))
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
        rotary_scaling_type=None if kind is None else attention_spec.RotaryScalingType[kind],
        rotary_scaling_factor=factor,
        num_heads_kv=n_kv if n_kv != n_heads else None,
        head_dim=head_dim,
        sliding_window=window,
        pre_post_layer_norm=True,
        quant_type=common_spec.Quantization.CT2,
        qk_norm=True,
    )
    spec.decoder.scale_embeddings = True
    _set_ends(spec, build)
    for i, layer in enumerate(spec.decoder.layer):
        is_global = (i + 1) % pattern == 0
        attention = layer.self_attention
        attention.rotary_base = np.float32(global_base if is_global else local_base)
        attention.sliding_window = np.int32(0 if is_global else window)
        if kind is not None and not is_global:
            attention.rotary_scaling_factor = np.float32(1.0)  # only the global layers see far
        for norm, name in (
            (layer.input_layer_norm, "attn_norm"),
            (layer.post_attention_layer_norm, "post_attention_norm"),
            (layer.pre_feedforward_layer_norm, "ffn_norm"),
            (layer.post_feedforward_layer_norm, "post_ffw_norm"),
            (attention.q_norm, "attn_q_norm"),
            (attention.k_norm, "attn_k_norm"),
        ):
            norm.gamma = gguf.tensor(f"blk.{i}.{name}.weight")
        _set_matrices(build, layer, i)
        _close_layer(build, layer, (i + 1) / n_layers)
    return _finish(spec, build)


def _build_llama(build: _Build) -> Any:
    """Llama, Mistral (the llama architecture in GGUF), Qwen 2 and Qwen 3."""
    from ctranslate2.specs import attention_spec, common_spec, transformer_spec

    gguf, (n_layers, n_heads, n_kv) = build.gguf, build.heads
    hidden = int(gguf.number("ARCH.embedding_length"))
    head_dim = int(gguf.number("ARCH.attention.key_length", hidden // n_heads))
    if int(gguf.number("ARCH.rope.dimension_count", head_dim)) != head_dim:
        raise ModelError("partial rotary embeddings are not supported", where=str(gguf.path))
    if gguf.number("ARCH.expert_count", 0):
        raise ModelError("mixtures of experts are not supported", where=str(gguf.path))
    kind, factor = _rope_scaling(gguf)
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        n_layers,
        n_heads,
        activation=common_spec.Activation.SWISH,
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=0,
        rotary_interleave=False,
        rotary_scaling_type=None if kind is None else attention_spec.RotaryScalingType[kind],
        rotary_scaling_factor=factor,
        rotary_base=gguf.number("ARCH.rope.freq_base", 1e4),
        # Two equal windows: then Su scales the frequencies and nothing else.
        original_max_position_embeddings=8192 if kind == "Su" else 0,
        max_position_embeddings=8192 if kind == "Su" else 0,
        num_heads_kv=n_kv if n_kv != n_heads else None,
        head_dim=head_dim,
        quant_type=common_spec.Quantization.CT2,
        qk_norm=gguf.architecture == "qwen3",
    )
    _set_ends(spec, build)
    spec.decoder.scale_embeddings = False
    # llama.cpp permutes query and key rows of the llama architecture only, for its interleaved rotation.
    heads = (n_heads, n_kv) if gguf.architecture == "llama" else None
    for i, layer in enumerate(spec.decoder.layer):
        attention = layer.self_attention
        attention.layer_norm.gamma = gguf.tensor(f"blk.{i}.attn_norm.weight")
        layer.ffn.layer_norm.gamma = gguf.tensor(f"blk.{i}.ffn_norm.weight")
        if gguf.architecture == "qwen3":
            attention.q_norm.gamma = gguf.tensor(f"blk.{i}.attn_q_norm.weight")
            attention.k_norm.gamma = gguf.tensor(f"blk.{i}.attn_k_norm.weight")
        if kind == "Su":
            divisors = gguf.tensor("rope_freqs.weight")
            attention.rotary_scaling_long_factor = attention.rotary_scaling_short_factor = divisors
        _set_matrices(build, layer, i, permuted_heads=heads)
        _close_layer(build, layer, (i + 1) / n_layers)
    return _finish(spec, build)


def _rope_scaling(gguf: Gguf) -> tuple[str | None, float]:
    """Name of CTranslate2's scaling type and its factor.

    Llama 3.1 and later store a divisor for each frequency in the tensor rope_freqs; CTranslate2's type for
    that model ignores them (measured against transformers), but its type Su divides by given numbers.
    """
    kind = gguf.field("ARCH.rope.scaling.type", "none")
    if kind == "linear":
        return "Linear", gguf.number("ARCH.rope.scaling.factor", 1.0)
    if kind != "none":
        raise ModelError(f"rope scaling {kind} is not supported", where=str(gguf.path))
    return ("Su", 1.0) if "rope_freqs.weight" in gguf else (None, 1.0)


def _set_ends(spec: Any, build: _Build) -> None:
    """Embedding, output projection and last norm; the matrices are quantised at once, being the largest."""
    gguf, quantization = build.gguf, build.quantization
    if quantization not in QUANTIZATIONS:
        hint = "one of " + ", ".join(QUANTIZATIONS)
        raise ModelError(f"quantization {quantization} is not known", where=str(gguf.path), hint=hint)
    decoder = spec.decoder
    decoder.start_from_zero_embedding = False
    decoder.layer_norm.gamma = gguf.tensor("output_norm.weight")
    tied = "output.weight" not in gguf
    for part, name in ((decoder.embeddings, "token_embd.weight"), (decoder.projection, "output.weight")):
        if tied and part is decoder.projection:
            part.weight = decoder.embeddings.weight
            if quantization in _INT8:
                part.weight_scale = decoder.embeddings.weight_scale
            continue
        part.weight = gguf.tensor(name, build.vocab_ids)
        if quantization in _INT8:
            part.weight, part.weight_scale = quantise_rows(part.weight)


def _set_matrices(build: _Build, layer: Any, i: int, permuted_heads: tuple[int, int] | None = None) -> None:
    """The seven matrices of a layer."""
    from ctranslate2.converters import utils
    from ctranslate2.specs import common_spec

    parts = []
    for letter in "qkv":
        part = common_spec.LinearSpec()
        part.weight = build.matrix(i, f"attn_{letter}", f"self_attn.{letter}_proj")
        bias = build.bias(i, f"attn_{letter}")
        if permuted_heads is not None and letter != "v":
            n_heads = permuted_heads[0 if letter == "q" else 1]
            part.weight = _unpermute(part.weight, n_heads)
            bias = None if bias is None else _unpermute(bias[:, None], n_heads)[:, 0]
        if bias is not None:
            part.bias = bias
        parts.append(part)
    attention = layer.self_attention
    utils.fuse_linear(attention.linear[0], parts)
    attention.linear[1].weight = build.matrix(i, "attn_output", "self_attn.o_proj")
    output_bias = build.bias(i, "attn_output")
    if output_bias is not None:
        attention.linear[1].bias = output_bias
    layer.ffn.linear_0.weight = build.matrix(i, "ffn_gate", "mlp.gate_proj")
    layer.ffn.linear_0_noact.weight = build.matrix(i, "ffn_up", "mlp.up_proj")
    layer.ffn.linear_1.weight = build.matrix(i, "ffn_down", "mlp.down_proj")


def _unpermute(weight: Any, n_heads: int) -> Any:
    """Undo llama.cpp's row order: within a head, (pair, half) back to (half, pair)."""
    rows, columns = weight.shape
    return weight.reshape(n_heads, rows // n_heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _close_layer(build: _Build, layer: Any, done: float) -> None:
    """Quantise a layer's linear layers, where the type is an int8 one, and say how far the work is."""
    if build.quantization in _INT8:
        linears = [
            *layer.self_attention.linear,
            layer.ffn.linear_0,
            layer.ffn.linear_0_noact,
            layer.ffn.linear_1,
        ]
        for linear in linears:
            linear.weight, linear.weight_scale = quantise_rows(linear.weight)
    if build.progress is not None:
        build.progress(done, "converting weights" if build.adapter is None else "merging weights")


def _finish(spec: Any, build: _Build) -> Any:
    gguf, quantization = build.gguf, build.quantization
    vocabulary, rows = list(build.vocabulary), spec.decoder.embeddings.weight.shape[0]
    if len(vocabulary) != rows:
        raise ModelError(f"{len(vocabulary)} tokens for {rows} embedding rows", where=str(gguf.path))
    for key, default in (("bos", "<bos>"), ("eos", "<eos>"), ("unknown", "<unk>")):
        number = gguf.field(f"tokenizer.ggml.{key}_token_id")
        # With a cut vocabulary the ids of the file no longer count, but Gemma's names do.
        known = isinstance(number, int) and number < rows and default not in vocabulary
        setattr(
            spec.config,
            f"{'unk' if key == 'unknown' else key}_token",
            vocabulary[number] if known else default,
        )
    spec.config.layer_norm_epsilon = gguf.number("ARCH.attention.layer_norm_rms_epsilon", 1e-6)
    spec.register_vocabulary(vocabulary)
    try:
        spec.validate()
        # int8 matrices are done already; quantising them again would spoil their scales.
        spec.optimize(quantization=None if quantization in _INT8 else quantization)
    except ValueError as exc:
        raise ModelError(f"the model is incomplete: {exc}", where=str(gguf.path)) from exc
    return spec
