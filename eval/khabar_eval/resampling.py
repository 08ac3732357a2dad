"""Confidence intervals and paired significance tests from per-segment statistics.

In: for each metric the statistics of one or two systems. Out: 95 % intervals, p-values of the paired
bootstrap and of approximate randomisation. Random numbers and formulas for BLEU, chrF and TER are sacrebleu's
(`sacrebleu.significance`), so that the same seed gives the same p-values; unlike there, resamples are made in
blocks, so that memory stays bounded for 100,000 segments. Rates count ties as evidence for chance:
sacrebleu's strict `>` would call two faulty segments against none significant (p = 0.0005), as most swaps
give exactly that difference again. Segments are drawn and swapped one by one as there, or whole documents.
Not here: what is significant enough (gates).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from khabar_core.errors import UsageError
from khabar_eval.metrics import Floats1d, Floats2d, Metric

__all__ = ["RESAMPLED", "Comparison", "Sampling", "bootstrap_intervals", "compare", "n_resampled"]

RESAMPLED = ("segments", "documents")

_MOST_RESAMPLES = 1_000_000
_BLOCK_CELLS = 8_000_000  # float64 cells of one block of resample weights: 64 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How often and from which seed to resample; the defaults are sacrebleu's.

    Attributes:
        bootstrap: resamples for intervals and the paired bootstrap.
        trials: of approximate randomisation.
        seed: of both.
        resample: what is drawn and swapped, "segments" or whole "documents"; a segment without a document is
            one by itself.
    """

    bootstrap: int = 1000
    trials: int = 10000
    seed: int = 12345
    resample: str = "segments"

    def __post_init__(self) -> None:
        for name, low, high in (
            # A 95 % interval leaves out 1 resample in 40 at each end.
            ("bootstrap", 40, _MOST_RESAMPLES),
            ("trials", 40, _MOST_RESAMPLES),
            ("seed", 0, 1 << 64),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise UsageError(f"{name} must be a whole number from {low} to {high}, got {value!r:.40}")
        if self.resample not in RESAMPLED:
            raise UsageError(f'resample must be "segments" or "documents", got {self.resample!r:.40}')

    @property
    def signature(self) -> str:
        """`bs:1000|seed:12345`, of intervals; documents are named, segments are what everybody resamples."""
        unit = "|unit:document" if self.resample == "documents" else ""
        return f"bs:{self.bootstrap}|seed:{self.seed}{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of a system against a baseline on the same segments.

    Attributes:
        metric: its name.
        value: of the system.
        baseline: of the baseline.
        difference: value - baseline.
        interval: 95 % bootstrap interval of the difference.
        p_bootstrap: paired bootstrap, two-sided.
        p_randomisation: approximate randomisation, two-sided; 1.0 when the outputs have equal statistics.
        higher_is_better: the direction.
        n: units measured.
    """

    metric: str
    value: float
    baseline: float
    difference: float
    interval: tuple[float, float]
    p_bootstrap: float
    p_randomisation: float
    higher_is_better: bool
    n: int

    @property
    def gain(self) -> float:
        """The difference in the good direction: negative is worse."""
        return self.difference if self.higher_is_better else -self.difference


def n_resampled(sampling: Sampling, documents: Sequence[str]) -> int:
    """How many units are drawn and swapped.

    Args:
        sampling: says which.
        documents: of each segment, "" where there is none.
    """
    return len(documents) if sampling.resample == "segments" else len(set(_unit_names(documents)))


def bootstrap_intervals(
    metrics: Sequence[Metric],
    statistics: Sequence[Floats2d],
    sampling: Sampling,
    documents: Sequence[str] = (),
) -> list[tuple[float, float] | None]:
    """95 % intervals of several metrics over the same segments.

    None where nothing can be measured, or where a single unit is all there is: resampling it can only give
    the value itself, which says nothing about its error.
    """
    units = _units(statistics, sampling, documents)
    if len(units[0]) < 2:
        return [None] * len(metrics)
    return [_interval(row) for row in _bootstrap_scores(metrics, [units], sampling)[0]]


def compare(
    metrics: Sequence[Metric],
    system: Sequence[Floats2d],
    baseline: Sequence[Floats2d],
    sampling: Sampling,
    documents: Sequence[str] = (),
) -> list[Comparison]:
    """Test the difference of two systems for several metrics; pairs of matrices have equal numbers of rows.

    Args:
        metrics: what to compare.
        system: for each metric the rows of all segments.
        baseline: the same for the other system.
        sampling: how often, from which seed, and what to resample.
        documents: of each segment; needed to resample documents.

    Raises:
        ValueError: the two systems have different numbers of segments, or documents are missing.
    """
    if any(a.shape != b.shape for a, b in zip(system, baseline, strict=True)):
        raise ValueError("the two systems have different numbers of segments")
    if all((a == b).all() for a, b in zip(system, baseline, strict=True)):
        return [_no_difference(metric, rows) for metric, rows in zip(metrics, system, strict=True)]
    n_segments = len(system[0])
    system, baseline = (_units(rows, sampling, documents) for rows in (system, baseline))
    boot_sys, boot_base = _bootstrap_scores(metrics, [system, baseline], sampling)
    shuffled = _randomised_differences(metrics, system, baseline, sampling)
    results = []
    for k, metric in enumerate(metrics):
        total_sys, total_base = system[k].sum(0), baseline[k].sum(0)
        value, base = metric.value(total_sys), metric.value(total_base)
        difference = value - base
        samples = boot_sys[k] - boot_base[k]
        samples = samples[~np.isnan(samples)]
        # One unit has no spread: every resample and half of all swaps give it back.
        same = len(system[k]) < 2 or bool((system[k] == baseline[k]).all())
        results.append(
            Comparison(
                metric=metric.name,
                value=value,
                baseline=base,
                difference=difference,
                interval=_interval(samples) or (difference, difference),
                # sacrebleu's formula gives equal outputs the smallest p-value there is; here they get 1.
                p_bootstrap=1.0 if same else _p_value(_centred(samples, metric), abs(difference), metric),
                p_randomisation=1.0 if same else _p_value(shuffled[k], abs(difference), metric),
                higher_is_better=metric.higher_is_better,
                n=metric.count(np.append(total_sys, n_segments)),
            )
        )
    return results


def _unit_names(documents: Sequence[str]) -> list[str]:
    return [doc or f"\n{place}" for place, doc in enumerate(documents)]


def _units(
    statistics: Sequence[Floats2d], sampling: Sampling, documents: Sequence[str]
) -> Sequence[Floats2d]:
    """One row for each unit that is drawn and swapped: the rows themselves, or their sums by document."""
    if sampling.resample == "segments" or not statistics:
        return statistics
    if any(len(rows) != len(documents) for rows in statistics):
        raise ValueError(f"{len(documents)} documents for {len(statistics[0])} segments")
    numbers: dict[str, int] = {}
    places = [numbers.setdefault(name, len(numbers)) for name in _unit_names(documents)]
    sums = []
    for rows in statistics:
        total = np.zeros((len(numbers), rows.shape[1]))
        np.add.at(total, places, rows)
        sums.append(total)
    return sums


def _no_difference(metric: Metric, rows: Floats2d) -> Comparison:
    """The comparison of two systems with equal statistics."""
    value = metric.value(rows.sum(0))
    return Comparison(
        metric=metric.name,
        value=value,
        baseline=value,
        difference=value - value,
        interval=(0.0, 0.0),
        p_bootstrap=1.0,
        p_randomisation=1.0,
        higher_is_better=metric.higher_is_better,
        n=metric.count(np.append(rows.sum(0), len(rows))),
    )


def _centred(samples: Floats1d, metric: Metric) -> Floats1d:
    """Bootstrap differences as they would scatter if there were none; rates are centred before abs()."""
    if not len(samples):
        return samples
    shifted: Floats1d = samples - samples.mean() if metric.is_rate else np.abs(samples)
    centred: Floats1d = np.abs(shifted) if metric.is_rate else shifted - shifted.mean()
    return centred


def _p_value(stats: Floats1d, difference: float, metric: Metric) -> float:
    """(c + 1) / (n + 1), see `sacrebleu.significance._compute_p_value`; NaN samples count as no evidence."""
    if np.isnan(difference):
        return 1.0
    # Sums of the same counts in another order differ in the last bits.
    reached = stats >= difference - 1e-12 if metric.is_rate else stats > difference
    exceeding = int(np.sum(np.isnan(stats) | reached))
    return (exceeding + 1) / (len(stats) + 1)


def _interval(scores: Floats1d) -> tuple[float, float] | None:
    """The bounds that leave out n // 40 values at each end, as sacrebleu's `estimate_ci` does."""
    valid = np.sort(scores[~np.isnan(scores)])
    if not len(valid):
        return None
    cut = len(valid) // 40
    return float(valid[cut]), float(valid[len(valid) - cut - 1])


def _bootstrap_scores(
    metrics: Sequence[Metric], systems: Sequence[Sequence[Floats2d]], sampling: Sampling
) -> list[list[Floats1d]]:
    """For each system and metric the scores of all resamples; the same resamples for all of them."""
    n_segments = len(systems[0][0])
    joined = np.hstack([matrix for system in systems for matrix in system])
    rng = np.random.default_rng(sampling.seed)
    sums = []
    for n_rows in _blocks(sampling.bootstrap, n_segments):
        picks = rng.choice(n_segments, size=(n_rows, n_segments), replace=True)
        weights = np.empty((n_rows, n_segments))
        for row in range(n_rows):
            weights[row] = np.bincount(picks[row], minlength=n_segments)
        sums.append(weights @ joined)
    return _scores(metrics, systems, np.vstack(sums))


def _randomised_differences(
    metrics: Sequence[Metric], system: Sequence[Floats2d], baseline: Sequence[Floats2d], sampling: Sampling
) -> list[Floats1d]:
    """For each metric the absolute differences of all trials in which outputs were swapped at random."""
    joined_sys, joined_base = np.hstack(list(system)), np.hstack(list(baseline))
    n_segments = len(joined_sys)
    rng = np.random.default_rng(sampling.seed)
    first, second = [], []
    for n_rows in _blocks(sampling.trials, n_segments):
        swap = rng.integers(2, size=(n_rows, n_segments), dtype=bool).astype(np.float64)
        # a = swap @ base + (1 - swap) @ sys; b is the rest of both systems' sums.
        moved = swap @ (joined_base - joined_sys)
        first.append(joined_sys.sum(0) + moved)
        second.append(joined_base.sum(0) - moved)
    a = _scores(metrics, [system], np.vstack(first))[0]
    b = _scores(metrics, [system], np.vstack(second))[0]
    return [np.abs(x - y) for x, y in zip(a, b, strict=True)]


def _blocks(n_rows: int, n_columns: int) -> Iterator[int]:
    """Sizes of blocks that add up to n_rows; multiples of 32, because numpy draws booleans 32 at a time."""
    size = max(32, _BLOCK_CELLS // n_columns // 32 * 32)
    for start in range(0, n_rows, size):
        yield min(size, n_rows - start)


def _scores(
    metrics: Sequence[Metric], systems: Sequence[Sequence[Floats2d]], sums: Floats2d
) -> list[list[Floats1d]]:
    """Cut the columns of summed statistics into systems and metrics, and score each row."""
    result = []
    column = 0
    for system in systems:
        scores = []
        for metric, matrix in zip(metrics, system, strict=True):
            width = matrix.shape[1]
            scores.append(metric.values(sums[:, column : column + width]))
            column += width
        result.append(scores)
    return result
