"""Mining candidates, building an automatic glossary, and scoring."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from khabar_core.errors import GlossaryError, InputError
from khabar_glossaries import Entry, Glossary
from khabar_glossaries.automatic import AutomaticOptions, build_automatic, read_pairs
from khabar_glossaries.mine import mine
from khabar_glossaries.scoring import (
    ExpectedTerm,
    consistency,
    count_terms,
    false_fires,
    found_terms,
)

SRC = [
    "وصل زيدان الكريتي إلى قرية برنوف صباح أمس",
    "قال زيدان الكريتي إن برنوف هادئة",
    "وفي برنوف، التقى الكريتي سكانها",
    "لم يتغير شيء في المدينة",
]
MT = [
    "Zidan Kreiti reached the village of Barnouf yesterday morning",
    "Zidan Kreiti said Barnouf was calm",
    "In Barnouf, Kreiti met its residents",
    "Nothing changed in the city",
]


def test_mining_finds_names_with_their_evidence() -> None:
    candidates = {c.source: c for c in mine(SRC, MT)}
    assert candidates["برنوف"].target == "Barnouf"
    assert (candidates["برنوف"].n_lines, candidates["برنوف"].n_source) == (3, 3)
    assert candidates["زيدان الكريتي"].target == "Zidan Kreiti"
    assert "3 of 3 lines" in candidates["برنوف"].to_entry().note


def test_mining_skips_what_is_known_and_what_is_rare() -> None:
    known = Glossary([[Entry(source="برنوف", target="Barnouf")]])
    assert "برنوف" not in {c.source for c in mine(SRC, MT, known=known)}
    assert mine(SRC, MT, min_lines=4) == []
    assert len(mine(SRC, MT, limit=1)) == 1


def test_mining_wants_as_many_lines_on_both_sides() -> None:
    with pytest.raises(InputError, match="4 Arabic lines and 3 English lines"):
        mine(SRC, MT[:3])


def test_the_automatic_glossary_takes_what_sounds_alike() -> None:
    rows = [
        ("برنوف", "Barnoof", "place", "list_a"),
        ("برنوف", "Barnouf", "place", "list_a|list_b"),
        ("برنوف", "Paris", "place", "list_a|list_b|list_c"),
        ("زيدان", "Zidan", "person", "list_a"),
        ("إدلب", "Edlib", "place", "list_a|list_b"),
        ("الحكومة", "Alhukuma", "place", "list_a"),
        ("قم", "Qom", "place", "list_a"),
        ("برنوف",),
    ]
    entries = build_automatic(rows, options=AutomaticOptions(date="2026-11"))
    assert [(e.source, e.target, e.accepted) for e in entries] == [
        ("برنوف", "Barnouf", ("Barnoof",)),
        ("زيدان", "Zidan", ()),
    ]
    assert entries[0].note == "automatic"
    assert entries[0].origin == "list_a|list_b"
    assert entries[1].ambiguous
    assert len(build_automatic(rows, options=AutomaticOptions(limit=1))) == 1


def test_pairs_are_read_plain_and_compressed(tmp_path: Path) -> None:
    text = "برنوف\tBarnouf\tplace\tx\n".encode()
    (tmp_path / "a.tsv").write_bytes(text)
    (tmp_path / "a.tsv.xz").write_bytes(lzma.compress(text))
    assert list(read_pairs(tmp_path / "a.tsv")) == list(read_pairs(tmp_path / "a.tsv.xz"))
    (tmp_path / "bad.xz").write_bytes(b"not xz")
    with pytest.raises(InputError, match=r"not a complete \.xz"):
        list(read_pairs(tmp_path / "bad.xz"))
    (tmp_path / "bad.tsv").write_bytes(b"a\tb\n\xff\n")
    with pytest.raises(GlossaryError, match=r"bad\.tsv:2: not UTF-8"):
        list(read_pairs(tmp_path / "bad.tsv"))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_pairs(tmp_path / "none.tsv"))


SUDAN = ExpectedTerm("السودان", ("Sudan",))
SOUTH = ExpectedTerm("جنوب السودان", ("South Sudan", "S. Sudan"))
TRUCE = ExpectedTerm("هدنة", ("truce", "cease-fire"))


@pytest.mark.parametrize(
    ("mt", "terms", "found"),
    [
        ("South Sudan and Sudan", [SUDAN, SOUTH], ["Sudan", "South Sudan"]),
        ("South Sudan", [SUDAN, SOUTH], [None, "South Sudan"]),
        ("sudan's Truce", [SUDAN, TRUCE], [None, "Truce"]),
        ("Sudan, he said", [SUDAN, SUDAN], ["Sudan", "Sudan"]),
        ("", [SUDAN], [None]),
    ],
)
def test_found_terms(mt: str, terms: list[ExpectedTerm], found: list[str | None]) -> None:
    assert found_terms(mt, terms) == found


def test_term_success_is_a_share_of_the_expected() -> None:
    count = count_terms(["Sudan", "nothing"], [[SUDAN], [SUDAN, TRUCE]])
    assert (count.expected, count.found, count.rate) == (3, 1, pytest.approx(1 / 3))
    assert count_terms([], []).rate is None
    with pytest.raises(ValueError, match="zip"):
        count_terms(["Sudan"], [])


def test_false_fires_are_sure_matches_on_trap_words() -> None:
    glossary = Glossary([[Entry(source="أمل", target="Amal"), Entry(source="إدلب", target="Idlib")]])
    text = "بأمل في إدلب"
    matches = glossary.find(text)
    assert [m.entry.target for m in false_fires(text, ["بأمل"], matches)] == ["Amal"]
    assert false_fires(text, ["مل", "في"], matches) == []


def test_consistency_counts_names_that_occur_more_than_once() -> None:
    count = consistency(
        [("إدلب", "Idlib"), ("ادلب", "Idleb"), ("إدلب", "Idlib"), ("حلب", "Aleppo"), ("إدلب", None)]
    )
    assert (count.occurrences, count.usual) == (3, 2)
    assert consistency([]).rate is None
