"""How a brief is to be: length, style, how hard to try. In: nothing. Out: `BriefOptions`."""

from __future__ import annotations

from dataclasses import dataclass

from khabar_core.errors import UsageError

__all__ = ["STYLES", "BriefOptions"]

STYLES = ("paragraph", "bullets", "headline")
_LEAST_WORDS, _MOST_WORDS = 5, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefOptions:
    """Options of one brief.

    Attributes:
        max_words: upper bound on the words of the whole brief, citations not counted.
        sentences: upper bound on its sentences; None leaves it to the length.
        style: "paragraph", "bullets" or "headline" (one line).
        extractive: take sentences from the article even if the model can write.
        beam_size: of the search for candidates.
        samples: candidates that imported models draw at random beside those of the beam.
        temperature: of that drawing.
        seed: of that drawing; equal seeds give equal briefs.
        second_opinion: let an imported model that can score texts compare what it wrote with variants of it.
    """

    max_words: int = 90
    sentences: int | None = None
    style: str = "paragraph"
    extractive: bool = False
    beam_size: int = 4
    samples: int = 3
    temperature: float = 0.5
    seed: int = 0
    second_opinion: bool = True

    def __post_init__(self) -> None:
        if not _LEAST_WORDS <= self.max_words <= _MOST_WORDS:
            raise UsageError(
                f"must be between {_LEAST_WORDS} and {_MOST_WORDS}, got {self.max_words}", where="--max-words"
            )
        if self.sentences is not None and not 1 <= self.sentences <= 50:
            raise UsageError(f"must be between 1 and 50, got {self.sentences}", where="--sentences")
        if self.style not in STYLES:
            raise UsageError(f"unknown style {self.style}", where="--style", hint="use " + ", ".join(STYLES))
        if self.beam_size < 1 or self.samples < 0 or self.temperature <= 0:
            raise UsageError("beam_size must be >= 1, samples >= 0, temperature > 0")
