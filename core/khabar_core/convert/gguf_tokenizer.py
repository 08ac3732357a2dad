"""Make a `tokenizer.json` from the vocabulary inside a GGUF file.

In: a GGUF with a SentencePiece-like ("llama": Gemma, Llama 2, Mistral) or byte-level ("gpt2": Llama 3, Qwen)
vocabulary. Out: a tokenizer of the tokenizers library, and token strings in id order. Not here: weights,
prompts.

Source: llama.cpp's llama-vocab.cpp for the meaning of token types and of the names of pre-tokenizers; the
merges of a SentencePiece vocabulary are rebuilt as transformers' convert_slow_tokenizer.generate_merges does
it.
"""

from __future__ import annotations

from typing import Any

from khabar_core.convert.gguf_file import Gguf
from khabar_core.errors import ModelError

__all__ = ["gguf_tokenizer", "gguf_vocabulary"]

# Values of tokenizer.ggml.token_type.
_UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 2, 3, 4, 6

_GPT2_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_MODERN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{%s}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
# Each digit alone, and the white space before one whole: SmolLM's digits are cut off before its words are.
_SMOLLM_WORDS = r"\p{N}|\s+(?=\p{N})|" + _GPT2_WORDS
# tokenizer.ggml.pre -> expression that cuts a text into words before merging.
_PRE_TOKENIZERS = {
    "default": _GPT2_WORDS,
    "gpt-2": _GPT2_WORDS,
    "llama-bpe": _MODERN_WORDS % "1,3",
    "llama3": _MODERN_WORDS % "1,3",
    "qwen2": _MODERN_WORDS % "1",
    "smollm": _SMOLLM_WORDS,
}


def gguf_vocabulary(gguf: Gguf) -> list[str]:
    """Token strings in id order.

    Raises:
        ModelError: the file has no vocabulary, or a token stands in it twice.
    """
    tokens = gguf.field("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not tokens:
        raise ModelError("the file holds no vocabulary", where=str(gguf.path), hint="give a tokenizer.json")
    if len(set(tokens)) != len(tokens):
        raise ModelError("a token stands in the vocabulary twice", where=str(gguf.path))
    return [str(token) for token in tokens]


def gguf_tokenizer(gguf: Gguf) -> Any:
    """A `tokenizers.Tokenizer` equal to the one the model was trained with.

    Raises:
        ModelError: the kind of vocabulary is not supported, or its parts do not fit together.
    """
    kind = gguf.field("tokenizer.ggml.model")
    tokens = gguf_vocabulary(gguf)
    types = gguf.field("tokenizer.ggml.token_type") or [1] * len(tokens)
    if len(types) != len(tokens):
        raise ModelError("token types and tokens differ in number", where=str(gguf.path))
    if kind == "llama":
        tokenizer = _sentencepiece_like(gguf, tokens, types)
    elif kind == "gpt2":
        tokenizer = _byte_level(gguf, tokens)
    else:
        hint = "give a tokenizer.json"
        raise ModelError(f"vocabulary of kind {kind} cannot be read", where=str(gguf.path), hint=hint)
    _add_tokens(tokenizer, tokens, types)
    return tokenizer


def _sentencepiece_like(gguf: Gguf, tokens: list[str], types: list[int]) -> Any:
    """BPE over characters with byte fallback, spaces written as U+2581."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    scores = gguf.field("tokenizer.ggml.scores")
    if not isinstance(scores, list) or len(scores) != len(tokens):
        raise ModelError("scores and tokens differ in number", where=str(gguf.path))
    normal = [score for score, kind in zip(scores, types, strict=True) if kind == 1]
    if len(set(normal)) < 2:
        # Some converters write a constant; ids are then in the order of the merges.
        scores = [-float(number) for number in range(len(tokens))]
    unknown = next((token for token, kind in zip(tokens, types, strict=True) if kind == _UNKNOWN), None)
    if unknown is None:
        number = gguf.field("tokenizer.ggml.unknown_token_id")
        unknown = tokens[number] if isinstance(number, int) and number < len(tokens) else None
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(
        models.BPE(
            vocabulary,
            _merges(vocabulary, scores, types),
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=_BYTE in types,
        )
    )
    prefixed = bool(gguf.field("tokenizer.ggml.add_space_prefix", True))
    steps = [normalizers.Prepend("▁")] if prefixed else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    undo = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence([*undo, decoders.Strip(" ", 1, 0)] if prefixed else undo)
    return tokenizer


def _merges(vocabulary: dict[str, int], scores: list[float], types: list[int]) -> list[tuple[str, str]]:
    """Every way to make a piece from two others, in the order in which SentencePiece would take them."""
    found: list[tuple[float, int, int, str, str]] = []
    for token, number in vocabulary.items():
        if types[number] in (_UNKNOWN, _CONTROL, _BYTE) or len(token) < 2:
            continue
        ways = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        local = [(left, right) for left, right in ways if left in vocabulary and right in vocabulary]
        local.sort(key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
        found += [(scores[number], len(left), len(right), left, right) for left, right in local]
    found.sort(key=lambda way: way[:3], reverse=True)
    return [(left, right) for *_, left, right in found]


def _byte_level(gguf: Gguf, tokens: list[str]) -> Any:
    """BPE over bytes, as GPT-2 introduced it."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    written = gguf.field("tokenizer.ggml.merges")
    if not isinstance(written, list):
        raise ModelError("the vocabulary has no merges", where=str(gguf.path), hint="give a tokenizer.json")
    pre = str(gguf.field("tokenizer.ggml.pre", "default"))
    if pre not in _PRE_TOKENIZERS:
        hint = "give a tokenizer.json"
        raise ModelError(f"pre-tokenizer {pre} is not supported", where=str(gguf.path), hint=hint)
    merges = [tuple(merge.split(" ")) for merge in written]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    if any(len(pair) != 2 or "".join(pair) not in vocabulary for pair in merges):
        raise ModelError("merges do not fit the vocabulary", where=str(gguf.path))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=pre in ("llama-bpe", "llama3")))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PRE_TOKENIZERS[pre]), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _add_tokens(tokenizer: Any, tokens: list[str], types: list[int]) -> None:
    """Control tokens are special; user-defined ones are never split."""
    from tokenizers import AddedToken

    by_kind = list(zip(tokens, types, strict=True))
    control = [t for t, kind in by_kind if kind in (_UNKNOWN, _CONTROL)]
    defined = [t for t, kind in by_kind if kind == _USER_DEFINED]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in control])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in defined])
