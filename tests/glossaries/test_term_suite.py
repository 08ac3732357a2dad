"""The shipped glossary on the evaluation's term suite, without any model: what fires, and what must not."""

from __future__ import annotations

import json
from collections import defaultdict
from importlib import resources
from typing import Any

import pytest

from khabar_glossaries import Glossary, Match
from khabar_glossaries.folding import fold_key
from khabar_glossaries.scoring import Trap, fired_traps

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[tuple[Row, list[Match]]]:
    """Each segment with its matches; the segments of a document share their evidence."""
    text = resources.files("khabar_eval").joinpath("suites/terms.jsonl").read_text(encoding="utf-8")
    documents: dict[str, list[Row]] = defaultdict(list)
    for line in text.split("\n"):
        if line:
            row = json.loads(line)
            documents[row["doc"]].append(row)
    glossary = Glossary.builtin()
    found = []
    for segments in documents.values():
        found.extend(zip(segments, glossary.find_all([row["src"] for row in segments]), strict=True))
    return found


def traps_of(row: Row) -> list[Trap]:
    return [
        Trap(
            token=trap["token"],
            reading=trap["not"],
            target=trap["not_target"],
            n_names=sum(fold_key(term["source"]) == fold_key(trap["not"]) for term in row["terms"]),
        )
        for trap in row["traps"]
    ]


def test_at_most_one_trap_word_in_two_hundred_fires(rows: list[tuple[Row, list[Match]]]) -> None:
    n_traps = sum(len(row["traps"]) for row, _ in rows)
    fired = [trap for row, matches in rows for trap in fired_traps(row["src"], traps_of(row), matches)]
    assert n_traps >= 200
    assert len(fired) <= n_traps / 200, fired


def test_nearly_every_expected_term_is_matched_beyond_doubt(rows: list[tuple[Row, list[Match]]]) -> None:
    n_terms = n_sure = 0
    for row, matches in rows:
        sure = [match for match in matches if not match.ambiguous]
        for term in row["terms"]:
            n_terms += 1
            # A longer entry may hold the term: ميدان تقسيم holds تقسيم.
            n_sure += any(
                term["target"] in form
                for match in sure
                if term["occurs_as"] in row["src"][slice(*match.token_span)]
                or row["src"][slice(*match.token_span)] in term["occurs_as"]
                for form in match.entry.forms
            )
    assert n_terms >= 600
    assert n_sure / n_terms >= 0.95


def test_spans_spell_the_name_without_its_proclitics(rows: list[tuple[Row, list[Match]]]) -> None:
    for row, matches in rows:
        for match in matches:
            token = row["src"][slice(*match.token_span)]
            assert row["src"][slice(*match.span)] in token
            assert (
                match.span[0] - match.token_span[0]
                <= len(match.clitics) + token.count("\N{ARABIC SHADDA}") + 2
            )
