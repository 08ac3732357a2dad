"""Tiny random language models, written as GGUF with numpy alone: real files, real conversion, no download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SPECIALS = ("<pad>", "<eos>", "<bos>", "<unk>")
LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:=;-ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
)
PIECES = ("▁th", "▁the", "▁A", "▁Ar", "▁Ara", "in", "▁ال", "▁و", "an", "ion", "▁في")


@dataclass(frozen=True)
class TinyModel:
    """Dimensions of a tiny model; weights follow from the seed."""

    architecture: str = "gemma3"
    n_layers: int = 7
    n_heads: int = 4
    n_kv: int = 2
    head_dim: int = 16
    hidden: int = 64
    inner: int = 96
    window: int = 16
    seed: int = 0
    rope_divisors: tuple[float, ...] = ()

    @property
    def tokens(self) -> list[str]:
        """A SentencePiece-like vocabulary: specials, bytes, letters, a few longer pieces."""
        return [*SPECIALS, *(f"<0x{i:02X}>" for i in range(256)), "▁", *LETTERS, "▁t", *PIECES]

    def weights(self) -> dict[str, Any]:
        """Float32 arrays under the names that Hugging Face gives them."""
        rng = np.random.default_rng(self.seed)

        def matrix(rows: int, columns: int) -> Any:
            return (rng.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

        def norm(size: int) -> Any:
            return (rng.standard_normal(size) * 0.2 + 1).astype(np.float32)

        gemma = self.architecture == "gemma3"
        found = {
            "model.embed_tokens.weight": matrix(len(self.tokens), self.hidden),
            "model.norm.weight": norm(self.hidden),
        }
        if not gemma:
            found["lm_head.weight"] = matrix(len(self.tokens), self.hidden) * 3
        q, kv = self.n_heads * self.head_dim, self.n_kv * self.head_dim
        for i in range(self.n_layers):
            shapes = {
                "self_attn.q_proj": (q, self.hidden),
                "self_attn.k_proj": (kv, self.hidden),
                "self_attn.v_proj": (kv, self.hidden),
                "self_attn.o_proj": (self.hidden, q),
                "mlp.gate_proj": (self.inner, self.hidden),
                "mlp.up_proj": (self.inner, self.hidden),
                "mlp.down_proj": (self.hidden, self.inner),
            }
            for name, shape in shapes.items():
                found[f"model.layers.{i}.{name}.weight"] = matrix(*shape)
            norms = ["input_layernorm", "post_attention_layernorm"]
            if gemma:
                norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
            for name in norms:
                # What a layer adds must outweigh the tied embedding, or the model only repeats itself.
                gain = 4 if gemma and name.startswith("post") else 1
                found[f"model.layers.{i}.{name}.weight"] = norm(self.hidden) * np.float32(gain)
            if gemma or self.architecture == "qwen3":
                for letter in "qk":
                    found[f"model.layers.{i}.self_attn.{letter}_norm.weight"] = norm(self.head_dim)
            if self.architecture == "qwen2":
                for letter, size in (("q", q), ("k", kv), ("v", kv)):
                    found[f"model.layers.{i}.self_attn.{letter}_proj.bias"] = norm(size) - 1
        return found


_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def gguf_name(name: str, gemma: bool) -> str:
    """The name that llama.cpp gives to a weight."""
    ends = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    ends["lm_head.weight"] = "output.weight"
    if name in ends:
        return ends[name]
    _, _, layer, *parts = name.split(".")
    stem, kind = ".".join(parts[:-1]), parts[-1]
    if stem == "post_attention_layernorm":
        return f"blk.{layer}.{'post_attention_norm' if gemma else 'ffn_norm'}.{kind}"
    return f"blk.{layer}.{_NAMES[stem]}.{kind}"


def permuted(weight: Any, n_heads: int) -> Any:
    """The row order that llama.cpp gives to query and key, as its convert_hf_to_gguf.py writes it."""
    rows = weight.shape[0]
    return weight.reshape(n_heads, 2, rows // n_heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


def write_gguf(path: Path, model: TinyModel) -> Path:
    """Write the model in float32."""
    import gguf

    arch, tokens = model.architecture, model.tokens
    writer = gguf.GGUFWriter(str(path), arch)
    writer.add_block_count(model.n_layers)
    writer.add_context_length(512)
    writer.add_embedding_length(model.hidden)
    writer.add_feed_forward_length(model.inner)
    writer.add_head_count(model.n_heads)
    writer.add_head_count_kv(model.n_kv)
    writer.add_key_length(model.head_dim)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6 if arch == "gemma3" else 1e4)
    if arch == "gemma3":
        writer.add_sliding_window(model.window)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(len(tokens))])
    kinds = {"<unk>": 2, "<pad>": 3, "<eos>": 3, "<bos>": 3}
    writer.add_token_types([kinds.get(t, 6 if t.startswith("<0x") else 1) for t in tokens])
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_add_space_prefix(arch != "gemma3")
    for name, weight in model.weights().items():
        if arch == "llama" and ("q_proj" in name or "k_proj" in name):
            weight = permuted(weight, model.n_heads if "q_proj" in name else model.n_kv)
        writer.add_tensor(gguf_name(name, arch == "gemma3"), np.ascontiguousarray(weight))
    if model.rope_divisors:
        writer.add_tensor("rope_freqs.weight", np.array(model.rope_divisors, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def tiny_gguf(tmp_path: Path) -> Callable[..., tuple[Path, TinyModel]]:
    """A function that writes a tiny model; keyword arguments change its dimensions."""

    def make(**changes: Any) -> tuple[Path, TinyModel]:
        model = replace(TinyModel(), **changes)
        return write_gguf(tmp_path / f"{model.architecture}.gguf", model), model

    return make


@pytest.fixture(scope="session")
def tiny_decoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted tiny Gemma, int8, with a manifest that has prompts for both tasks and a filler."""
    from khabar_core.convert.gguf_model import convert_gguf
    from khabar_core.manifest import HintFormat, Manifest, describe_files

    root = tmp_path_factory.mktemp("tiny-decoder")
    folder = root / "model"
    folder.mkdir()
    model = TinyModel(window=96)
    facts = convert_gguf(write_gguf(root / "tiny.gguf", model), folder, quantization="int8")
    Manifest(
        name="tiny",
        family=facts.family,
        tasks=("translate", "brief"),
        prompts={"translate": "{terms}Arabic: {source}\nEnglish:", "brief": "Article:\n{source}\nBrief:"},
        hint_format=HintFormat(),
        special={
            "bos": facts.bos,
            "eos": facts.eos,
            "filler": "<pad>",
            "sliding_window": facts.sliding_window,
        },
        files=describe_files(folder),
        max_input_tokens=160,
    ).write(folder)
    return folder
