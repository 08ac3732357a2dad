"""Text to tokens and back, with the tokenizer files of a model folder.

In: text. Out: token strings, which are what CTranslate2 takes. Special tokens are never made from the text of
an
article: one that says `<eos>` gives the pieces of that word. Not here: prompts, language codes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from khabar_core.errors import ModelError

__all__ = ["Codec", "SentencePieceCodec", "TextCodec", "suppressed_pieces"]

_ADD_AGAIN = "add the model again"


class Codec(Protocol):
    """Text to tokens and back."""

    def __contains__(self, token: str) -> bool:
        """Whether the vocabulary has a token."""

    def encode(self, text: str, *, specials: bool = False) -> list[str]:
        """Token strings; special tokens are recognised in the text only when asked."""

    def decode(self, tokens: Sequence[str]) -> str:
        """The text of tokens, stripped; special tokens are dropped."""

    def defuse(self, text: str) -> str:
        """The text with special tokens that stand in it broken by a space."""


class TextCodec:
    """A tokenizer from a `tokenizer.json`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        found = [token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special]
        longest_first = sorted((text for text in found if len(text) > 1), key=len, reverse=True)
        self._specials = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    @classmethod
    def from_file(cls, path: Path) -> TextCodec:
        """Read a tokenizer.

        Raises:
            ModelError: the file is missing or malformed.
        """
        from tokenizers import Tokenizer

        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ModelError(f"tokenizer cannot be read: {exc}", where=str(path), hint=_ADD_AGAIN) from exc
        try:
            return cls(Tokenizer.from_str(text))
        except Exception as exc:  # the library raises nothing more precise
            raise ModelError(f"tokenizer cannot be read: {exc}", where=str(path), hint=_ADD_AGAIN) from exc

    def __contains__(self, token: str) -> bool:
        return self._tokenizer.token_to_id(token) is not None

    def encode(self, text: str, *, specials: bool = False) -> list[str]:
        """Token strings, without the ones that a template would add."""
        text = text if specials else self.defuse(text)
        return list(self._tokenizer.encode(text, add_special_tokens=False).tokens)

    def decode(self, tokens: Sequence[str]) -> str:
        """The text of tokens, stripped."""
        ids = [self._tokenizer.token_to_id(token) for token in tokens]
        text: str = self._tokenizer.decode([number for number in ids if number is not None])
        return text.strip()

    def defuse(self, text: str) -> str:
        """Put a space after the first character of every special token."""
        if self._specials is None:
            return text
        return self._specials.sub(lambda match: f"{match.group()[0]} {match.group()[1:]}", text)


class SentencePieceCodec:
    """A SentencePiece model; its control symbols are never made from text, so nothing needs defusing."""

    def __init__(self, path: Path) -> None:
        import sentencepiece

        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
        except (OSError, RuntimeError, TypeError) as exc:
            raise ModelError(f"tokenizer cannot be read: {exc}", where=str(path), hint=_ADD_AGAIN) from exc

    def __contains__(self, token: str) -> bool:
        number = self._processor.piece_to_id(token)
        return bool(self._processor.id_to_piece(number) == token)

    def encode(self, text: str, *, specials: bool = False) -> list[str]:
        """Pieces; user-defined symbols such as `<2en>` are recognised in any case."""
        return [str(piece) for piece in self._processor.encode(text, out_type=str)]

    def decode(self, tokens: Sequence[str]) -> str:
        """The text of pieces, stripped; control and unknown symbols are dropped."""
        ids = [self._processor.piece_to_id(token) for token in tokens]
        kept = [
            token
            for token, number in zip(tokens, ids, strict=True)
            if not self._processor.is_control(number) and not self._processor.is_unknown(number)
        ]
        return str(self._processor.decode_pieces(kept)).strip()

    def defuse(self, text: str) -> str:
        """The text as it is."""
        return text


def suppressed_pieces(codec: Codec, phrases: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Token sequences that spell the phrases: in a sentence (after a space) and at its beginning."""
    found = set()
    for phrase in phrases:
        if phrase.strip():
            found.add(tuple(codec.encode(" " + phrase.strip())))
            found.add(tuple(codec.encode(phrase.strip())))
    return tuple(sorted(pieces for pieces in found if pieces))
