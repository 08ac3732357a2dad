"""What every metric can do: turn outputs into one row of numbers a segment, and sums of rows into values.

In: nothing. Out: the protocol, the array types, what metrics that are means share. Not here: any metric.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from khabar_eval.cases import Case

__all__ = ["Floats1d", "Floats2d", "MeanMetric", "Metric"]

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


class MeanMetric:
    """The sums of a metric that is the mean of one score a row: rows are (score, 1)."""

    def check(self, kind: str) -> None:
        """Refuse, before anything is run, to measure a suite of a kind; by default nothing is refused."""

    def value(self, total: Floats1d) -> float:
        """The mean, on the scale of the scores."""
        return float(total[0] / total[1]) if total[1] else math.nan

    def values(self, totals: Floats2d) -> Floats1d:
        """(n,) means."""
        means: Floats1d = totals[:, 0] / totals[:, 1]
        return means

    def count(self, total: Floats1d) -> int:
        """Rows."""
        return int(total[1])
