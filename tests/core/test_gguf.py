"""GGUF files: read without trust, converted so that the model says the same as before."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khabar_core.convert.gguf import Gguf, build_decoder
from khabar_core.convert.gguf_model import convert_gguf
from khabar_core.convert.gguf_tokenizer import gguf_tokenizer, gguf_vocabulary
from khabar_core.errors import ModelError

MakeGguf = Callable[..., tuple[Path, Any]]


def greedy_ct2(folder: Path, prompt: list[str], n_tokens: int) -> list[str]:
    """The tokens that the converted model writes in float32."""
    import ctranslate2

    generator = ctranslate2.Generator(str(folder), compute_type="float32", intra_threads=1)
    # The companion is what the engine adds for prompts beyond the sliding window.
    options = {
        "max_length": n_tokens,
        "min_length": n_tokens,
        "beam_size": 1,
        "include_prompt_in_result": False,
    }
    result = generator.generate_batch([prompt, prompt[:16]], **options)
    return list(result[0].sequences[0])


def greedy_torch(hf_model: Any, prompt: list[int], n_tokens: int, eos: int) -> list[int]:
    """The ids that the transformers model writes, the end mark forbidden as `min_length` does."""
    import torch

    ids = list(prompt)
    with torch.no_grad():
        for _ in range(n_tokens):
            logits = hf_model(torch.tensor([ids])).logits[0, -1]
            logits[eos] = -torch.inf
            ids.append(int(logits.argmax()))
    return ids[len(prompt) :]


def hf_twin(model: Any) -> Any:
    """The same weights in transformers."""
    import torch
    from transformers import (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        LlamaConfig,
        LlamaForCausalLM,
        Qwen2Config,
        Qwen2ForCausalLM,
        Qwen3Config,
        Qwen3ForCausalLM,
    )

    shape = {
        "vocab_size": len(model.tokens),
        "hidden_size": model.hidden,
        "intermediate_size": model.inner,
        "num_hidden_layers": model.n_layers,
        "num_attention_heads": model.n_heads,
        "num_key_value_heads": model.n_kv,
        "head_dim": model.head_dim,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": model.architecture == "gemma3",
    }
    if model.architecture == "gemma3":
        twin = Gemma3ForCausalLM(
            Gemma3TextConfig(**shape, sliding_window=model.window, query_pre_attn_scalar=model.head_dim)
        )
    elif model.architecture == "qwen2":
        del shape["head_dim"]
        twin = Qwen2ForCausalLM(Qwen2Config(**shape))
    elif model.architecture == "qwen3":
        twin = Qwen3ForCausalLM(Qwen3Config(**shape))
    elif model.rope_divisors:
        scaling = {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 16,
        }
        twin = LlamaForCausalLM(LlamaConfig(**shape, rope_scaling=scaling))
    else:
        twin = LlamaForCausalLM(LlamaConfig(**shape))
    weights = {name: torch.from_numpy(weight) for name, weight in model.weights().items()}
    if model.architecture == "gemma3":  # transformers adds the one that GGUF stores
        weights = {name: w - 1 if "norm" in name else w for name, w in weights.items()}
    missing, unexpected = twin.load_state_dict(weights, strict=False)
    assert not unexpected
    assert set(missing) <= {"lm_head.weight"}  # tied
    return twin.eval()


@pytest.mark.torch
@pytest.mark.parametrize("architecture", ["gemma3", "llama", "qwen2", "qwen3"])
def test_converted_model_writes_the_tokens_of_transformers(
    architecture: str, tiny_gguf: MakeGguf, tmp_path: Path
) -> None:
    """Float32, greedy, longer than Gemma's window: the conversion loses nothing."""
    path, model = tiny_gguf(architecture=architecture)
    folder = tmp_path / "out"
    folder.mkdir()
    convert_gguf(path, folder, quantization="float32")
    prompt = [2, *np.random.default_rng(5).integers(260, len(model.tokens), 30).tolist()]
    written = greedy_ct2(folder, [model.tokens[i] for i in prompt], 25)
    expected = greedy_torch(hf_twin(model), prompt, 25, eos=1)
    assert written == [model.tokens[i] for i in expected]
    assert len(set(written)) > 5  # a model that repeats one token would prove little


@pytest.mark.torch
def test_llama3_frequencies_are_those_of_transformers(tiny_gguf: MakeGguf, tmp_path: Path) -> None:
    """rope_freqs of Llama 3.1 changes every angle; a converter that ignores it writes other tokens."""
    _, plain = tiny_gguf(architecture="llama")
    twin = hf_twin(type(plain)(architecture="llama", rope_divisors=(1.0,)))
    scaled = twin.model.rotary_emb.inv_freq.numpy()
    divisors = 1e4 ** (-np.arange(0, plain.head_dim, 2) / plain.head_dim) / scaled
    path, model = tiny_gguf(architecture="llama", rope_divisors=tuple(divisors.tolist()))
    folder = tmp_path / "out"
    folder.mkdir()
    convert_gguf(path, folder, quantization="float32")
    prompt = [2, *range(270, 300)]
    written = greedy_ct2(folder, [model.tokens[i] for i in prompt], 25)
    assert written == [model.tokens[i] for i in greedy_torch(twin, prompt, 25, eos=1)]
    assert written != [model.tokens[i] for i in greedy_torch(hf_twin(plain), prompt, 25, eos=1)]


def test_adapter_is_merged_and_a_cut_vocabulary_keeps_its_rows(tiny_gguf: MakeGguf) -> None:
    """W + B·A on the named matrix only; embedding rows in the order of the list."""
    path, model = tiny_gguf()
    rng = np.random.default_rng(1)
    name = "model.layers.2.mlp.up_proj"
    adapter = {
        f"{name}.a": rng.standard_normal((4, model.hidden)).astype(np.float32),
        f"{name}.b": rng.standard_normal((model.inner, 4)).astype(np.float32),
    }
    rows = [0, 1, 2, 3, 300, 290]
    tokens = [model.tokens[i] for i in rows]
    spec = build_decoder(Gguf(path), tokens, vocab_ids=rows, adapter=adapter, quantization="float32")
    weights = model.weights()
    merged = weights[f"{name}.weight"] + adapter[f"{name}.b"] @ adapter[f"{name}.a"]
    np.testing.assert_allclose(spec.decoder.layer[2].ffn.linear_0_noact.weight.numpy(), merged, rtol=1e-5)
    untouched = spec.decoder.layer[1].ffn.linear_0_noact.weight.numpy()
    np.testing.assert_array_equal(untouched, weights["model.layers.1.mlp.up_proj.weight"])
    embedding = weights["model.embed_tokens.weight"][rows]
    np.testing.assert_array_equal(spec.decoder.embeddings.weight.numpy(), embedding)


def test_adapter_of_another_shape_is_refused(tiny_gguf: MakeGguf) -> None:
    path, model = tiny_gguf()
    name = "model.layers.0.mlp.up_proj"
    adapter = {
        f"{name}.a": np.zeros((4, 10), np.float32),
        f"{name}.b": np.zeros((model.inner, 4), np.float32),
    }
    with pytest.raises(ModelError, match=r"up_proj does not fit this model"):
        build_decoder(Gguf(path), model.tokens, adapter=adapter)


def test_int8_is_near_float32(tiny_gguf: MakeGguf) -> None:
    """The quantised matrix, scaled back, is within half a step of the original."""
    path, model = tiny_gguf()
    linear = build_decoder(Gguf(path), model.tokens, quantization="int8").decoder.layer[0].ffn.linear_1
    scale = linear.weight_scale.numpy()[:, None]
    original = model.weights()["model.layers.0.mlp.down_proj.weight"]
    assert np.abs(linear.weight.numpy() / scale - original).max() <= (0.5001 / scale).max()


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0", "F16"])
def test_quantised_tensors_are_read_in_blocks_of_rows(kind: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Row by row or whole, picked or not: the same numbers as the gguf package gives."""
    import gguf

    from khabar_core.convert import gguf_file

    monkeypatch.setattr(gguf_file, "_BLOCK_VALUES", 200)
    matrix = np.random.default_rng(2).standard_normal((50, 64)).astype(np.float32)
    type_ = gguf.GGMLQuantizationType[kind]
    stored = matrix.astype(np.float16) if kind == "F16" else gguf.quants.quantize(matrix, type_)
    writer = gguf.GGUFWriter(str(tmp_path / "m.gguf"), "llama")
    writer.add_tensor("m", stored, raw_dtype=None if kind == "F16" else type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    expected = stored.astype(np.float32) if kind == "F16" else gguf.quants.dequantize(stored, type_)
    np.testing.assert_array_equal(Gguf(tmp_path / "m.gguf").tensor("m"), expected)
    np.testing.assert_array_equal(Gguf(tmp_path / "m.gguf").tensor("m", [40, 3, 3]), expected[[40, 3, 3]])


def test_metadata_is_that_of_the_gguf_package(tiny_gguf: MakeGguf) -> None:
    """Our reader against the reference reader, field by field."""
    import gguf

    path, _ = tiny_gguf()
    ours, reference = Gguf(path), gguf.GGUFReader(str(path))
    names = [name for name in reference.fields if not name.startswith("GGUF.")]
    assert len(names) > 15
    for name in names:
        assert ours.field(name) == reference.fields[name].contents(), name
    for tensor in reference.tensors:
        np.testing.assert_array_equal(ours.tensor(tensor.name), tensor.data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_a_model_error_and_nothing_else(data: st.DataObject, tiny_gguf: MakeGguf) -> None:
    """Cut anywhere in its header, or with a wild number in it, the file never crashes the reader."""
    path, _ = tiny_gguf(n_layers=1)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, 9000))
    if data.draw(st.booleans()):
        damaged = whole[:at]
    else:
        wild = data.draw(st.sampled_from([0, 1, 12, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1]))
        damaged = whole[:at] + struct.pack("<Q", wild) + whole[at + 8 :]
    bad = path.with_name("damaged.gguf")
    bad.write_bytes(damaged)
    with contextlib.suppress(ModelError):  # whatever else is raised fails the test
        found = Gguf(bad)
        gguf_vocabulary(found)
        found.tensor("token_embd.weight")


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04 a zip", b"GGUF\x09\x00\x00\x00" + b"\0" * 16])
def test_other_files_are_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.gguf: not a readable GGUF file") as caught:
        Gguf(path)
    assert "\n" not in str(caught.value)


def test_unknown_architecture_is_named(tiny_gguf: MakeGguf) -> None:
    path, model = tiny_gguf()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"gemma3", b"gemma9"))
    with pytest.raises(
        ModelError, match=r"architecture gemma9 cannot be converted.*supported: gemma3, llama"
    ):
        build_decoder(Gguf(path), model.tokens)


def test_tokenizer_of_a_sentencepiece_vocabulary_is_exact_inverse(tiny_gguf: MakeGguf) -> None:
    """Text that the vocabulary lacks goes through bytes and comes back; longer pieces are merged."""
    path, model = tiny_gguf()
    tokenizer = gguf_tokenizer(Gguf(path))
    assert tokenizer.encode("in the", add_special_tokens=False).tokens == ["in", "▁the"]
    for text in ("Arabic: في البيت\nEnglish:", "日本 🙂 naïve", "a  b"):
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text
    assert gguf_vocabulary(Gguf(path)) == model.tokens


def test_space_prefix_of_llama_is_added_and_removed(tiny_gguf: MakeGguf) -> None:
    path, _ = tiny_gguf(architecture="llama")
    tokenizer = gguf_tokenizer(Gguf(path))
    encoded = tokenizer.encode("the in", add_special_tokens=False)
    assert encoded.tokens == ["▁the", "▁", "in"]
    assert tokenizer.decode(encoded.ids) == "the in"


def _byte_level_gguf(path: Path, pre: str, merges: Sequence[str]) -> Path:
    """A vocabulary of the GPT-2 kind: all bytes, what the merges make, and an end token."""
    import gguf
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, *(merge.replace(" ", "") for merge in merges), "<|end|>"]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 1) + [3])
    writer.add_token_merges(list(merges))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_byte_level_vocabulary_is_read_with_its_merges(tmp_path: Path) -> None:
    """As Llama 3 has it."""
    path = _byte_level_gguf(tmp_path / "b.gguf", "llama-bpe", ["t h", "th e", "Ġ the"])
    tokenizer = gguf_tokenizer(Gguf(path))
    assert tokenizer.encode("the the<|end|>").tokens == ["the", "Ġthe", "<|end|>"]
    text = "قال 12345 the"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_smollm_cuts_digits_off_before_words(tmp_path: Path) -> None:
    """The oracle is the library's own pair of pre-tokenizers, with which these models were trained."""
    from tokenizers import pre_tokenizers

    path = _byte_level_gguf(tmp_path / "s.gguf", "smollm", ["t h", "th e", "Ġ the", "Ġ Ġ", "Ċ Ċ", "1 2"])
    ours, theirs = gguf_tokenizer(Gguf(path)), gguf_tokenizer(Gguf(path))
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    for text in ("the 12 the", "x  12", "the\n\n12  the", "a1b22", "it's 3.5%", "½ ٣٤", "  ", "the   \n 7"):
        assert ours.encode(text).tokens == theirs.encode(text).tokens
    assert ours.encode("  12").tokens == ["ĠĠ", "1", "2"]
