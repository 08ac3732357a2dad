"""Who does what to whom: names in a written sentence against their places in the sentences it cites.

In: the analysis of a written sentence and those of the cited ones. Out: what is wrong, in words. Three
tests: a verb with its two names the other way round, an exchange of two names that would fit the sources
clearly better, a speaker who does not speak there. Not here: whether the names stand in the sources at all
(checks).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from khabar_summarize.analysis import Analysis, Unit
from khabar_summarize.names import same_word

__all__ = ["role_problems"]

_Pair = tuple[str, str]
_Triple = tuple[frozenset[str], str, frozenset[str]]

_WRITTEN_REACH, _SOURCE_REACH = 4, 6  # units after a unit that it forms ordered pairs with
_WRITTEN_NEAR, _SOURCE_NEAR = 3, 4  # the same for pairs in any order
# How much better an exchange of two names must fit: in order, and in neighbourhood. A sentence that only
# tells the
# clauses in another order gains in order, but each name keeps its own neighbours.
_ORDER_GAIN, _NEAR_GAIN = 0.9, 0.1


def role_problems(written: Analysis, cited: Sequence[Analysis]) -> list[str]:
    """What is wrong with the parts that names play; empty when nothing is."""
    return [*_reversed(written, cited), *_exchanged(written, cited), *_wrong_speaker(written, cited)]


def _reversed(written: Analysis, cited: Sequence[Analysis]) -> list[str]:
    """Verbs whose agent and patient are the other way round in the sources."""
    source = [triple for a in cited for triple in _triples(a.units)]
    problems = []
    for agent, verb, patient in _triples(written.units):
        as_written = any(v == verb and (agent & s) and (patient & o) for s, v, o in source)
        turned = any(v == verb and (agent & o) and (patient & s) for s, v, o in source)
        if turned and not as_written:
            problems.append(f'{_shown(agent)} and {_shown(patient)} have each other\'s part in "{verb}"')
    return problems


def _shown(keys: frozenset[str]) -> str:
    return " ".join(sorted(keys))


def _triples(units: Sequence[Unit]) -> list[_Triple]:
    """(name, verb, name) wherever a verb stands between two neighbouring names."""
    runs: list[tuple[int, int, frozenset[str]]] = []
    for i, unit in enumerate(units):
        if unit.kind != "name":
            continue
        if runs and units[runs[-1][0]].run == unit.run:
            runs[-1] = (runs[-1][0], i, runs[-1][2] | {unit.key})
        else:
            runs.append((i, i, frozenset([unit.key])))
    return [
        (left[2], units[i].key, right[2])
        for left, right in itertools.pairwise(runs)
        if not left[2] & right[2]
        for i in range(left[1] + 1, right[0])
        if units[i].verbal
    ]


def _exchanged(written: Analysis, cited: Sequence[Analysis]) -> list[str]:
    """Pairs of names that would fit the sources clearly better in each other's place."""
    ordered = [_pairs(a.units, _SOURCE_REACH) for a in cited]
    near = [_pairs(a.units, _SOURCE_NEAR) for a in cited]
    near = [pairs | {(right, left) for left, right in pairs} for pairs in near]
    runs: dict[int, list[str]] = {}
    for unit in written.units:
        if unit.kind == "name":
            runs.setdefault(unit.run, []).append(unit.key)
    in_order = _fit(written.units, ordered, _WRITTEN_REACH)
    in_place = _fit(written.units, near, _WRITTEN_NEAR)
    problems = []
    for first, second in itertools.combinations(runs, 2):
        if set(runs[first]) & set(runs[second]):
            continue
        other = _exchange(written.units, runs, first, second)
        if (
            _fit(other, ordered, _WRITTEN_REACH) - in_order > _ORDER_GAIN
            and _fit(other, near, _WRITTEN_NEAR) - in_place >= _NEAR_GAIN
        ):
            problems.append(f"{' '.join(runs[first])} and {' '.join(runs[second])} have each other's part")
    return problems


def _pairs(units: Sequence[Unit], reach: int) -> frozenset[_Pair]:
    return frozenset(
        (left.key, right.key) for i, left in enumerate(units) for right in units[i + 1 : i + 1 + reach]
    )


def _fit(units: Sequence[Unit], sources: Sequence[frozenset[_Pair]], reach: int) -> float:
    """Weight of the pairs with a name that a source has too; neighbours count more."""
    score = 0.0
    for i, left in enumerate(units):
        for distance, right in enumerate(units[i + 1 : i + 1 + reach], start=1):
            if "name" not in (left.kind, right.kind) or (left.kind, left.run) == (right.kind, right.run):
                continue
            if any((left.key, right.key) in pairs for pairs in sources):
                score += min(left.weight, right.weight) / distance
    return score


def _exchange(units: Sequence[Unit], runs: dict[int, list[str]], first: int, second: int) -> list[Unit]:
    """The units with two names in each other's place."""
    other = {first: second, second: first}
    out: list[Unit] = []
    placed: set[int] = set()
    for unit in units:
        if unit.kind != "name" or unit.run not in other:
            out.append(unit)
        elif unit.run not in placed:
            placed.add(unit.run)
            out.extend(Unit(key, "name", 1.0, unit.run) for key in runs[other[unit.run]])
    return out


def _wrong_speaker(written: Analysis, cited: Sequence[Analysis]) -> list[str]:
    """A lone speaker who speaks in none of the cited sentences, though somebody speaks in each."""
    speakers = {key for a in cited for key in a.speakers}
    if len(written.speakers) != 1 or not speakers or not all(a.speakers for a in cited):
        return []
    speaker = next(iter(written.speakers))
    return [] if same_word(speaker, speakers) else [f"{speaker} is not the one who speaks in the source"]
