"""How many processors this process may really use, and how to divide them between parallel batches.

In: the operating system's limits, `KHABAR_THREADS`. Out: a `ThreadPlan`. Not here: thread pools themselves,
which CTranslate2 owns.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from khabar_core.settings import load_settings

__all__ = ["ThreadPlan", "available_cpus", "plan_threads"]

CGROUP_ROOT = Path("/sys/fs/cgroup")
# More workers than this gain nothing on memory bandwidth, and each has its own buffers.
MAX_WORKERS = 16


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """`workers` batches run at once, each on `threads` threads."""

    workers: int
    threads: int


def available_cpus(cgroup_root: Path = CGROUP_ROOT) -> int:
    """Processors that the scheduler and the container's quota leave to this process; at least 1.

    `os.cpu_count()` counts the machine's processors, which a container with a quota of two must not all use.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cpus = len(affinity(0)) if affinity is not None else (os.cpu_count() or 1)
    quota = _cgroup_quota(cgroup_root)
    return max(1, cpus if quota is None else min(cpus, math.ceil(quota)))


def plan_threads(threads: int | None = None) -> ThreadPlan:
    """Divide the processors: one thread for each batch, as many batches at once as there are processors.

    Measured with the default model on two cores: two workers with one thread make 1.6 to 2 times the tokens
    per second of one worker with two threads.

    Args:
        threads: total to use; None takes `KHABAR_THREADS`, else what is available.

    Raises:
        UsageError: a number below 1, or `KHABAR_THREADS` is no number.
    """
    total = load_settings(threads=threads).threads or available_cpus()
    workers = min(total, MAX_WORKERS)
    return ThreadPlan(workers, max(1, total // workers))


def _cgroup_quota(root: Path) -> float | None:
    """Processors that the control group grants, None without a limit; version 2 first, then version 1."""
    try:
        quota, period = (root / "cpu.max").read_text(encoding="ascii").split()[:2]
    except (OSError, ValueError):
        try:
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (root / "cpu" / "cpu.cfs_period_us").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None
    if not quota.isdigit() or not period.isdigit() or int(period) == 0 or int(quota) == 0:
        return None  # "max", or -1 in version 1
    return int(quota) / int(period)
