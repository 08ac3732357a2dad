"""What every engine does. In: requests (a text, term hints, perhaps a forced beginning). Out: hypotheses.

An engine knows its model's tokenizer and prompt format; callers see plain text only. Not here: segmentation,
guards, glossaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from khabar_core.records import Signature

__all__ = ["DecodeOptions", "Engine", "Hypothesis", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One text to decode.

    Attributes:
        text: the source, normalised, one line.
        task: "translate" or "brief"; the model's manifest has a prompt for each task that it can do.
        hints: (source form, target form) pairs; engines without a hint format ignore them.
        prefix: beginning that the output must have (target language), "" for none.
        suppress: target strings that the output must not contain.
        source_language: ISO 639-1.
        target_language: ISO 639-1.
    """

    text: str
    task: str = "translate"
    hints: tuple[tuple[str, str], ...] = ()
    prefix: str = ""
    suppress: tuple[str, ...] = ()
    source_language: str = "ar"
    target_language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions:
    """How to decode.

    Attributes:
        beam_size: 1 is greedy.
        n_best: hypotheses to return for each request, <= beam_size unless sampling.
        repetition_penalty: > 1 punishes tokens already written.
        no_repeat_ngram: forbids repeating n-grams of this many tokens; 0 allows them.
        length_penalty: exponent; 0 keeps the sum of log-probabilities.
        max_output_tokens: hard stop; None lets the engine choose from the source length.
        sampling_temperature: 0 means no sampling; > 0 samples n_best hypotheses.
        seed: for sampling.
        batch_tokens: upper bound on the padded tokens in a batch; does not change the output.
    """

    beam_size: int = 4
    n_best: int = 1
    repetition_penalty: float = 1.0
    no_repeat_ngram: int = 0
    length_penalty: float = 1.0
    max_output_tokens: int | None = None
    sampling_temperature: float = 0.0
    seed: int = 0
    batch_tokens: int = 2048

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise ValueError(f"beam_size must be >= 1, got {self.beam_size}")
        if self.n_best < 1:
            raise ValueError(f"n_best must be >= 1, got {self.n_best}")
        if not self.sampling_temperature and self.n_best > self.beam_size:
            raise ValueError(f"n_best {self.n_best} needs beam_size >= {self.n_best}, got {self.beam_size}")
        if self.batch_tokens < 1:
            raise ValueError(f"batch_tokens must be >= 1, got {self.batch_tokens}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One decoded output.

    Attributes:
        text: detokenised, stripped; includes the forced prefix.
        logprob_per_token: mean natural-log probability of the decoded tokens, <= 0.
        n_tokens: decoded tokens, end of sentence not counted.
        finished: False when decoding stopped at the length limit.
    """

    text: str
    logprob_per_token: float
    n_tokens: int
    finished: bool = True


@runtime_checkable
class Engine(Protocol):
    """A loaded model."""

    @property
    def name(self) -> str:
        """The name that the user gave: "default", a store name, a path."""

    @property
    def signature(self) -> Signature:
        """Model, tokenizer and adapter hashes, CTranslate2 version, compute type."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """What it can do, e.g. ("translate", "brief")."""

    @property
    def takes_hints(self) -> bool:
        """Whether the model was trained to obey term hints."""

    @property
    def max_input_tokens(self) -> int:
        """Longest source, in tokens of `count_tokens`, that the model handles well."""

    def count_tokens(self, text: str) -> int:
        """How many tokens the model sees for a text, without prompt and special tokens."""

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        """Decode; one list for each request, best first, never empty.

        Raises:
            ModelError: the model cannot do the task, or the inference library failed.
        """
