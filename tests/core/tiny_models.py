"""Tiny, randomly initialised Hugging Face models of every family, with tiny tokenizers.

Random weights give nonsense, but the same nonsense in every correct implementation, and that is compared.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .tiny_tokenizers import (
    bpe_table,
    fairseq_pieces,
    pieces,
    scored_pieces,
    sentencepiece_model,
    word_pieces,
)

FAMILIES = (
    "bart",
    "gemma3",
    "llama",
    "m2m100",
    "marian",
    "mbart",
    "mbart50",
    "mistral",
    "mt5",
    "nllb",
    "pegasus",
    "qwen2",
    "qwen3",
    "t5",
)
_SEED = 20


def make_tiny(family: str, folder: Path) -> Path:
    """Write a tiny model with its tokenizer into a folder and return the folder."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(_SEED)
    with _quiet():
        _MAKERS[family](folder)
    return folder


@contextlib.contextmanager
def _quiet() -> Any:
    from khabar_core.convert.huggingface import quiet_transformers

    with quiet_transformers():
        yield


# Model type -> factors for weights of layers and of embeddings; found by trying.
_GAINS = {
    "gemma3_text": (15.0, 1.0),
    "m2m_100": (25.0, 10.0),
    "marian": (25.0, 10.0),
    "mt5": (2.0, 0.3),
    "pegasus": (25.0, 10.0),
    "t5": (4.0, 0.3),
}


def _save(folder: Path, model: Any, tokenizer: Any = None) -> None:
    """Save a model after making it lively.

    As initialised, a tiny model repeats one token whatever it reads, and so does a wrong conversion of it.
    Larger weights, and random biases and norms, make the output depend on every part and on the source.
    """
    import torch

    kind = model.config.model_type
    layers, words = _GAINS.get(kind, (15.0, 5.0))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.add_(torch.randn_like(weight) * 0.1)
            else:
                weight.mul_(words if "shared" in name or "embed_tokens" in name else layers)
    model.eval().save_pretrained(str(folder))
    if tokenizer is not None:
        tokenizer.save_pretrained(str(folder))


_SMALL = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 128,
    "dropout": 0.0,
    # Tied embeddings would make every tiny model repeat its last token for ever.
    "tie_word_embeddings": False,
}


def _marian(folder: Path) -> None:
    import transformers

    model = sentencepiece_model()
    # Marian's own order: end and unknown first, padding last.
    vocabulary = ["</s>", "<unk>", *(p for p in pieces(model) if p not in ("<unk>", "<s>", "</s>")), "<pad>"]
    (folder / "source.spm").write_bytes(model)
    (folder / "target.spm").write_bytes(model)
    table = {token: number for number, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "ar", "target_lang": "en"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    pad = len(vocabulary) - 1
    config = transformers.MarianConfig(
        **_SMALL,
        vocab_size=len(vocabulary),
        decoder_vocab_size=len(vocabulary),
        pad_token_id=pad,
        eos_token_id=0,
        bos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=0,
        activation_function="swish",
        scale_embedding=True,
        static_position_embeddings=True,
    )
    _save(folder, transformers.MarianMTModel(config))


def _m2m100(folder: Path) -> None:
    import transformers

    model = sentencepiece_model()
    (folder / "spm.model").write_bytes(model)
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary += [p for p in pieces(model) if p not in ("<unk>", "<s>", "</s>")]
    table = {token: number for number, token in enumerate(vocabulary)}
    (folder / "plain.json").write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    tokenizer = transformers.M2M100Tokenizer(str(folder / "plain.json"), str(folder / "spm.model"))
    size = len(vocabulary) + len(tokenizer.lang_token_to_id) + tokenizer.num_madeup_words
    network = transformers.M2M100ForConditionalGeneration(_m2m100_config(size))
    # No text stands for the words that fill the table, so the model must not write them.
    network.lm_head.weight.data[-tokenizer.num_madeup_words :] = 0.0
    _save(folder, network, tokenizer)
    (folder / "plain.json").unlink()
    (folder / "spm.model").unlink()


def _m2m100_config(size: int) -> Any:
    import transformers

    return transformers.M2M100Config(
        **_SMALL,
        vocab_size=size,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        scale_embedding=True,
        activation_function="relu",
    )


def _nllb(folder: Path) -> None:
    import transformers

    vocabulary, merges = bpe_table(("<s>", "<pad>", "</s>", "<unk>"), metaspace=True)
    tokenizer = transformers.NllbTokenizer(
        vocab=vocabulary, merges=merges, src_lang="arb_Arab", tgt_lang="eng_Latn"
    )
    network = transformers.M2M100ForConditionalGeneration(_m2m100_config(len(tokenizer)))
    # Two hundred languages would drown the words, and are no text.
    network.lm_head.weight.data[len(vocabulary) :] = 0.0
    _save(folder, network, tokenizer)


def _mbart_like(folder: Path, tokenizer: Any, **extra: Any) -> None:
    import transformers

    config = transformers.MBartConfig(
        **_SMALL,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        scale_embedding=True,
        activation_function="gelu",
        **extra,
    )
    config.normalize_before = True
    config.normalize_embedding = True
    _save(folder, transformers.MBartForConditionalGeneration(config), tokenizer)


def _mbart50(folder: Path) -> None:
    import transformers

    tokenizer = transformers.MBart50Tokenizer(
        vocab=scored_pieces(sentencepiece_model()), src_lang="ar_AR", tgt_lang="en_XX"
    )
    extra = {"decoder_start_token_id": tokenizer.eos_token_id, "tokenizer_class": "MBart50Tokenizer"}
    _mbart_like(folder, tokenizer, **extra)


def _mbart(folder: Path) -> None:
    import transformers

    tokenizer = transformers.MBartTokenizer(vocab=fairseq_pieces(), src_lang="ar_AR", tgt_lang="en_XX")
    _mbart_like(folder, tokenizer)


def _bart(folder: Path) -> None:
    import transformers

    vocabulary, merges = bpe_table(("<s>", "<pad>", "</s>", "<unk>", "<mask>"), metaspace=False)
    tokenizer = transformers.BartTokenizer(vocab=vocabulary, merges=merges)
    config = transformers.BartConfig(
        **_SMALL,
        vocab_size=len(tokenizer),
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        activation_function="gelu",
    )
    config.normalize_before = False
    model = transformers.BartForConditionalGeneration(config)
    model.generation_config.forced_bos_token_id = 0  # as the published summarisers have it
    _save(folder, model, tokenizer)


def _pegasus(folder: Path) -> None:
    import transformers

    first = [("<pad>", 0.0), ("</s>", 0.0), ("<mask_1>", 0.0), ("<mask_2>", 0.0)]
    first += [(f"<unk_{i}>", 0.0) for i in range(2, 103)] + [("<unk>", 0.0)]
    tokenizer = transformers.PegasusTokenizer(vocab=[*first, *word_pieces()])
    config = transformers.PegasusConfig(
        **_SMALL,
        vocab_size=len(tokenizer),
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        scale_embedding=True,
        activation_function="relu",
    )
    config.normalize_before = True
    config.normalize_embedding = False
    _save(folder, transformers.PegasusForConditionalGeneration(config), tokenizer)


def _t5_like(folder: Path, kind: str, **extra: Any) -> None:
    import transformers

    tokenizer = transformers.T5Tokenizer(
        vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *word_pieces()], extra_ids=4
    )
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        relative_attention_num_buckets=8,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
        dropout_rate=0.0,
        **extra,
    )
    _save(folder, getattr(transformers, f"{kind}ForConditionalGeneration")(config), tokenizer)


def _lm_options(size: int) -> dict[str, Any]:
    return {
        "vocab_size": size,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        # Not the default, which a converter may fall back to unnoticed.
        "rope_parameters": {"rope_type": "default", "rope_theta": 50000.0},
    }


def _gemma3(folder: Path) -> None:
    import transformers

    first = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
    vocabulary, merges = bpe_table(first, metaspace=True, byte_fallback=True)
    tokenizer = transformers.GemmaTokenizer(vocab=vocabulary, merges=merges, add_bos_token=True)
    config = transformers.Gemma3TextConfig(
        **{**_lm_options(len(tokenizer)), "num_hidden_layers": 6, "rope_parameters": None},
        head_dim=8,
        sliding_window=96,
        query_pre_attn_scalar=8,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    _save(folder, transformers.Gemma3ForCausalLM(config), tokenizer)


def _llama(folder: Path, kind: str = "Llama") -> None:
    import transformers

    vocabulary, merges = bpe_table(("<unk>", "<s>", "</s>"), metaspace=True, byte_fallback=True)
    tokenizer = transformers.LlamaTokenizer(vocab=vocabulary, merges=merges, add_bos_token=True)
    options = {**_lm_options(len(tokenizer)), "bos_token_id": 1, "eos_token_id": 2}
    config = getattr(transformers, f"{kind}Config")(**options)
    _save(folder, getattr(transformers, f"{kind}ForCausalLM")(config), tokenizer)


def _qwen(folder: Path, kind: str, **extra: Any) -> None:
    import transformers

    vocabulary, merges = bpe_table(("<unk>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"), metaspace=False)
    tokenizer = transformers.Qwen2Tokenizer(vocab=vocabulary, merges=merges)
    options = _lm_options(len(tokenizer))
    eos = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    config = getattr(transformers, f"{kind}Config")(**options, bos_token_id=eos, eos_token_id=eos, **extra)
    _save(folder, getattr(transformers, f"{kind}ForCausalLM")(config), tokenizer)


_MAKERS: dict[str, Callable[[Path], None]] = {
    "bart": _bart,
    "gemma3": _gemma3,
    "llama": _llama,
    "m2m100": _m2m100,
    "marian": _marian,
    "mbart": _mbart,
    "mbart50": _mbart50,
    "mistral": lambda folder: _llama(folder, "Mistral"),
    "mt5": lambda folder: _t5_like(folder, "MT5", feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "nllb": _nllb,
    "pegasus": _pegasus,
    "qwen2": lambda folder: _qwen(folder, "Qwen2"),
    "qwen3": lambda folder: _qwen(folder, "Qwen3", head_dim=8),
    "t5": lambda folder: _t5_like(folder, "T5"),
}
