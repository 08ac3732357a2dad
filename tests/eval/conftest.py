"""A small suite and imperfect outputs for it, written for these tests."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from khabar_eval.cases import Case, Entity, Suite
from khabar_eval.hypotheses import Hypotheses

_PLACES = (
    ("حلب", "Aleppo"),
    ("إدلب", "Idlib"),
    ("صنعاء", "Sanaa"),
    ("طرابلس", "Tripoli"),
    ("الموصل", "Mosul"),
)
_TOPICS = ("syria", "yemen", "libya")


def make_suite(n: int = 40, name: str = "small") -> Suite:
    """Cases with a number and a place each, five to a document."""
    cases = []
    for k in range(n):
        arabic, english = _PLACES[k % len(_PLACES)]
        cases.append(
            Case(
                id=f"s{k:03d}",
                src=f"قال مسؤول محلي إن {17 + k} شخصا نزحوا من {arabic} خلال الأسبوع الماضي بسبب الأمطار",
                refs=(
                    f"A local official said {17 + k} people fled {english} during the past week due to rain.",
                ),
                doc=f"d{k // 5}",
                entities=(Entity(arabic, english, "place"),),
                topic=_TOPICS[k % len(_TOPICS)],
                tags=("rain",) if k % 2 else (),
            )
        )
    return Suite(name=name, cases=tuple(cases), licence="CC0-1.0")


def spoil(suite: Suite, rate: float, seed: int = 1) -> list[str]:
    """Outputs that lack a share of the words of the references."""
    rng = random.Random(seed)
    return [" ".join(w for w in case.refs[0].split() if rng.random() >= rate) or "x" for case in suite.cases]


@pytest.fixture
def suite() -> Suite:
    """Forty segments in eight documents."""
    return make_suite()


@pytest.fixture
def spoiled(suite: Suite) -> Callable[..., Hypotheses]:
    """Make hypotheses that lack a share of the words."""

    def make(rate: float, name: str = "system", seed: int = 1) -> Hypotheses:
        outputs = tuple(spoil(suite, rate, seed))
        return Hypotheses(system=name, signature=f"test:{name}", outputs=outputs)

    return make
