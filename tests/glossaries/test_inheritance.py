"""What a user's file learns from the shipped glossary: types and warnings, never English."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar_glossaries import Entry, Glossary
from khabar_glossaries.inheritance import adapt_longer, inherit

SHIPPED = (
    Entry(source="حلب", target="Aleppo", type="place", note="homograph: also 'milking'"),
    Entry(source="صور", target="Tyre", type="place", note="ambiguous: also 'pictures'"),
    Entry(source="بوتين", target="Putin", type="person"),
)


def one(**fields: str) -> Entry:
    (entry,) = inherit([Entry(**fields)], SHIPPED)
    return entry


def test_an_entry_without_a_type_takes_the_one_of_the_same_name() -> None:
    assert one(source="بوتين", target="Putin").type == "person"
    assert one(source="بوتين", target="Poutine Street").type == "other"
    assert one(source="بوتين", target="Putin", type="place").type == "place"


def test_english_without_a_capital_is_a_term() -> None:
    assert one(source="مذكرة تعاون", target="cooperation note").type == "term"


def test_a_word_that_the_shipped_glossary_doubts_needs_some_evidence() -> None:
    doubted = one(source="صور", target="Tyre")
    assert doubted.homograph
    assert not doubted.ambiguous
    assert not one(source="حلب", target="Aleppo").homograph
    assert not one(source="صور", target="Tyre", note="unambiguous in our wire").homograph
    assert one(source="صور", target="Tyre", note="ambiguous").ambiguous


def test_a_common_word_needs_some_evidence() -> None:
    assert one(source="كلمة", target="Kelma").homograph


def test_english_is_never_touched() -> None:
    entry = one(source="صور", target="Sour")
    assert entry.forms == ("Sour",)
    assert not entry.forbidden


LONGER = (
    *SHIPPED,
    Entry(source="فلاديمير بوتين", target="Vladimir Putin", accepted=("V. Putin", "Vova"), type="person"),
    Entry(source="محافظة حلب", target="Aleppo province", type="place"),
    Entry(source="زيارة بوتين", target="Putin visit", type="term"),
)


def test_a_user_s_spelling_reaches_the_longer_names_that_hold_it() -> None:
    own = [Entry(source="بوتين", target="Poutine", layer="mine"), Entry(source="حلب", target="Haleb")]
    person, place = adapt_longer(own, LONGER)
    assert (person.source, person.target, person.accepted) == (
        "فلاديمير بوتين",
        "Vladimir Poutine",
        ("V. Poutine",),
    )
    assert (person.layer, person.type) == ("mine", "person")
    assert place.target == "Haleb province"


def test_the_longer_names_of_the_user_s_own_stay() -> None:
    own = [
        Entry(source="بوتين", target="Poutine"),
        Entry(source="فلاديمير بوتين", target="Vladimir V. Putin"),
    ]
    assert adapt_longer(own, LONGER) == []
    assert adapt_longer([Entry(source="بوتين", target="Putin")], LONGER) == []


def test_a_file_reaches_the_shipped_full_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("غروندبرغ\tGrundbergh\n", encoding="utf-8")
    (match,) = Glossary.load(path).find("قال هانس غروندبرغ أمس")
    assert (match.entry.target, match.entry.layer) == ("Hans Grundbergh", "mine.tsv")


@pytest.mark.parametrize("builtin", [True, False])
def test_files_inherit_when_they_are_loaded(tmp_path: Path, builtin: bool) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("صور\tTyre\nهدنة إنسانية عاجلة\turgent truce\n", encoding="utf-8")
    glossary = Glossary.load(path, builtin=builtin)
    assert [m for m in glossary.find("نشرت الوكالة صور الأطفال") if not m.ambiguous] == []
    (city,) = glossary.find("في صور")
    assert (city.entry.target, city.ambiguous) == ("Tyre", False)
    (truce,) = glossary.find("طالبوا بهدنة إنسانية عاجلة")
    assert truce.entry.target == "urgent truce"
