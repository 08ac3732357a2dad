"""Text to tokens and back, with the `tokenizer.json` of a model folder.

In: text. Out: token strings, which are what CTranslate2 takes. Special tokens are never made from text: an
article that says `<eos>` gives the pieces of that word. Not here: SentencePiece files (engines.ct2_seq2seq).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from khabar_core.errors import ModelError

__all__ = ["TextCodec", "suppressed_pieces"]


class TextCodec:
    """A tokenizer from a `tokenizer.json`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        # Splitting the text at special tokens is what lets an article write one; see `encode`.
        self._specials = sorted(
            (token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special),
            key=len,
            reverse=True,
        )

    @classmethod
    def from_file(cls, path: Path) -> TextCodec:
        """Read a tokenizer.

        Raises:
            ModelError: the file is missing or malformed.
        """
        from tokenizers import Tokenizer

        try:
            return cls(Tokenizer.from_file(str(path)))
        except Exception as exc:  # tokenizers raises bare Exception for every fault
            raise ModelError(
                f"tokenizer cannot be read: {exc}", where=str(path), hint="add the model again"
            ) from exc

    def __contains__(self, token: str) -> bool:
        return self._tokenizer.token_to_id(token) is not None

    def encode(self, text: str) -> list[str]:
        """Token strings of a text, without special tokens of any kind."""
        return list(self._tokenizer.encode(self._defuse(text), add_special_tokens=False).tokens)

    def decode(self, tokens: Sequence[str]) -> str:
        """The text of tokens, stripped; special tokens are dropped."""
        ids = [self._tokenizer.token_to_id(token) for token in tokens]
        text: str = self._tokenizer.decode([number for number in ids if number is not None])
        return text.strip()

    def _defuse(self, text: str) -> str:
        """Break special tokens that stand in a text with a space after their first character."""
        for special in self._specials:
            if special in text:
                text = text.replace(special, special[0] + " " + special[1:])
        return text


def suppressed_pieces(codec: TextCodec, phrases: Sequence[str]) -> list[tuple[str, ...]]:
    """Token sequences that spell the phrases: in a sentence (after a space) and at its beginning."""
    found: dict[tuple[str, ...], None] = {}
    for phrase in phrases:
        if phrase.strip():
            found[tuple(codec.encode(" " + phrase.strip()))] = None
            found[tuple(codec.encode(phrase.strip()))] = None
    return sorted(found)
