"""How to translate: every option of the translator, declared once.

In: keyword arguments. Out: a checked, frozen record. Not here: the engine's own options, which it derives.
"""

from __future__ import annotations

from dataclasses import dataclass

from khabar_core.errors import UsageError

__all__ = ["TranslateOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """Options of one translator; those that change the output stand in its signature (`tag`).

    Attributes:
        beam_size: width of the first attempt; 1 is greedy.
        max_input_tokens: longer sentences are cut at clause marks, never truncated; the model's own limit
            applies when it is lower.
        ladder: whether a segment that fails a check is decoded again in other ways.
        n_best: hypotheses looked at when the best one fails a check; a beam has no more than its size.
        hints: whether glossary terms are shown to models that were trained to obey them.
        datelines: whether `بيروت (رويترز) - ` becomes `BEIRUT (Reuters) - ` by table instead of by the model.
        batch_tokens: padded tokens decoded together, does not change the output; twice as many decode a tenth
            faster and take 130 MB more.
        chunk_segments: segments decoded between two progress reports; does not change the output.
    """

    beam_size: int = 4
    max_input_tokens: int = 160
    ladder: bool = True
    n_best: int = 4
    hints: bool = True
    datelines: bool = True
    batch_tokens: int = 1024
    chunk_segments: int = 128

    def __post_init__(self) -> None:
        for name, low, high in (
            ("beam_size", 1, 64),
            ("max_input_tokens", 8, 4096),
            ("n_best", 2, 64),
            ("batch_tokens", 1, 1 << 20),
            ("chunk_segments", 1, 1 << 20),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{name} must be between {low} and {high}, got {value}", where=name)

    @property
    def tag(self) -> str:
        """The options that change the output, short, for the signature."""
        switches = (("ladder", self.ladder), ("hints", self.hints), ("datelines", self.datelines))
        off = "".join(f"-no_{name}" for name, on in switches if not on)
        return f"b{self.beam_size}-i{self.max_input_tokens}-n{self.n_best}{off}"
