"""An engine that needs no model: it upper-cases its input and records the calls; for tests and `--model
echo`.

In: requests. Out: the text in capitals (Arabic has none, so it comes out as it is), or what `reply` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.records import Signature

__all__ = ["EchoEngine"]


class EchoEngine:
    """Upper-cases; records every call in `calls`.

    Args:
        reply: makes the output from a request instead of upper-casing.
        max_input_tokens: what to claim; tokens are white-space words.
    """

    def __init__(self, reply: Callable[[Request], str] | None = None, *, max_input_tokens: int = 512) -> None:
        self._reply = reply or (lambda request: request.prefix + request.text.upper())
        self._max_input_tokens = max_input_tokens
        self.calls: list[tuple[tuple[Request, ...], DecodeOptions]] = []

    @property
    def name(self) -> str:
        """Always "echo"."""
        return "echo"

    @property
    def signature(self) -> Signature:
        """`model:echo`."""
        return Signature((("model", "echo"),))

    @property
    def tasks(self) -> tuple[str, ...]:
        """Everything."""
        return ("translate", "brief")

    @property
    def takes_hints(self) -> bool:
        """True, so that tests see the hints in `calls`."""
        return True

    @property
    def max_input_tokens(self) -> int:
        """As given to the constructor."""
        return self._max_input_tokens

    def count_tokens(self, text: str) -> int:
        """White-space words."""
        return len(text.split())

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        """One hypothesis (repeated n_best times) for each request, with log-probability 0."""
        self.calls.append((tuple(requests), options))
        results = []
        for request in requests:
            text = self._reply(request)
            hypothesis = Hypothesis(text=text, logprob_per_token=0.0, n_tokens=max(1, len(text.split())))
            results.append([hypothesis] * options.n_best)
        return results
