"""The thread plan respects affinity, container quotas and the user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from khabar_core.engines.threads import MAX_WORKERS, ThreadPlan, available_cpus, plan_threads
from khabar_core.errors import UsageError


@pytest.fixture
def sixty_four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large machine."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("50000 100000", 1),
        ("max 100000", 64),
        ("", 64),
        ("x y", 64),
    ],
)
def test_quota_of_control_groups_2(quota: str, expected: int, tmp_path: Path, sixty_four_cpus: None) -> None:
    """A container with two processors on a machine of 64 gets two; half a processor still gets one."""
    (tmp_path / "cpu.max").write_text(quota + "\n", encoding="ascii")
    assert available_cpus(tmp_path) == expected


@pytest.mark.parametrize(("quota", "expected"), [("300000", 3), ("-1", 64)])
def test_quota_of_control_groups_1(quota: str, expected: int, tmp_path: Path, sixty_four_cpus: None) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota, encoding="ascii")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000", encoding="ascii")
    assert available_cpus(tmp_path) == expected


def test_affinity_counts_where_there_is_no_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5, 7}, raising=False)
    assert available_cpus(tmp_path) == 3


def test_without_affinity_processors_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_cpus(tmp_path) == 1


def test_every_processor_gets_a_batch_of_its_own() -> None:
    assert plan_threads(2) == ThreadPlan(workers=2, threads=1)
    assert plan_threads(1) == ThreadPlan(workers=1, threads=1)
    assert plan_threads(4 * MAX_WORKERS) == ThreadPlan(workers=MAX_WORKERS, threads=4)


def test_environment_decides_where_no_number_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_THREADS", "3")
    assert plan_threads() == ThreadPlan(workers=3, threads=1)
    assert plan_threads(1) == ThreadPlan(workers=1, threads=1)


@pytest.mark.parametrize("value", ["many", "0", "-2"])
def test_senseless_numbers_are_usage_errors(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_THREADS", value)
    with pytest.raises(UsageError):
        plan_threads()
