"""What every metric can do: turn outputs into one row of numbers a segment, and sums of rows into values.

In: nothing. Out: the protocol and the array types. Not here: any metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from khabar_eval.cases import Case

__all__ = ["Floats1d", "Floats2d", "Metric"]

Floats1d = npt.NDArray[np.float64]
Floats2d = npt.NDArray[np.float64]


class Metric(Protocol):
    """What every metric can do."""

    @property
    def name(self) -> str:
        """As it stands in reports, gates and baselines."""

    @property
    def higher_is_better(self) -> bool:
        """The direction."""

    @property
    def unit(self) -> str:
        """What `count` counts."""

    @property
    def is_rate(self) -> bool:
        """Whether it counts events, so that equal differences are common and must count in tests."""

    @property
    def signature(self) -> str:
        """How it is computed, version included; values with different signatures are not comparable."""

    def statistics(self, cases: Sequence[Case], outputs: Sequence[str]) -> Floats2d:
        """(n_segments, n_stats) numbers that add up over segments."""

    def value(self, total: Floats1d) -> float:
        """The metric of a sum of rows; NaN when there is nothing to measure."""

    def values(self, totals: Floats2d) -> Floats1d:
        """The metric of many sums, (n, n_stats) to (n,)."""

    def count(self, total: Floats1d) -> int:
        """How many units a sum of rows is about, given the rows' number in total[-1]."""
