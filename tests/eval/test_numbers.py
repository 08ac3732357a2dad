"""Numbers of both languages are found and compared by value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_eval.numbers import find_quantities, invented, kept


def values(text: str) -> list[str]:
    return [
        "|".join(f"{v.normalize():f}" for v in q.readings) + "%" * q.percent for q in find_quantities(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قتل ٣٤ جنديا و۱۲ مدنيا", ["34", "12"]),
        ("بلغ العدد ٤٬٣٧٢", ["4372"]),
        ("سجل 3,118 دينار", ["3118|3.118"]),
        ("بمساحة 2.345 هكتار", ["2345|2.345"]),
        ("ارتفع 0,5 في المئة", ["0.5%"]),
        ("بنسبة ٠٫٤٧٪", ["0.47%"]),
        ("التضخم 14.1 فى المائة", ["14.1%"]),
        ("نحو 56 ألف نازح", ["56000"]),
        ("قيمته 5.3 مليار ريال", ["5300000000"]),
        ("1 250 000 ناخب", ["1250000"]),
        ("في 17.12.2016", ["17", "12", "2016"]),
        ("فاز 2-1", ["2", "1"]),
        ("5.3 billion riyals", ["5300000000"]),
        ("$4.5m deal, 3bn people", ["4500000", "3000000000"]),
        ("5m high", ["5"]),
        ("up 0.47%, or 12 percent", ["0.47%", "12%"]),
        ("up 1.7 percentage points", ["1.7"]),
        ("1,234.5 and 1,234,567", ["1234.5", "1234567"]),
        ("Dec. 17 250 people", ["17", "250"]),
        ("twenty-five soldiers and three thousand others", ["25", "3000"]),
        ("the F-16 and the 21st", ["16", "21"]),
        ("no figures here", []),
    ],
)
def test_values_are_read_by_the_conventions_of_the_language(text: str, expected: list[str]) -> None:
    assert values(text) == expected


def test_a_number_word_keeps_a_number() -> None:
    expected, missing = kept("وصل 3 وزراء", "Three ministers arrived")
    assert len(expected) == 1
    assert missing == []


def test_a_changed_number_is_missing_and_invented() -> None:
    src, mt = "قتل 34 جنديا", "43 soldiers were killed"
    assert [q.text for q in kept(src, mt)[1]] == ["34"]
    assert [q.text for q in invented(src, mt)] == ["43"]


def test_a_lost_percent_sign_is_a_lost_number() -> None:
    assert [q.text for q in kept("بنسبة 12%", "by 12 dollars")[1]] == ["12"]


def test_a_changed_magnitude_is_a_changed_number() -> None:
    assert [q.text for q in kept("5 ملايين", "5 billion")[1]] == ["5"]


def test_two_occurrences_need_two_numbers() -> None:
    assert len(kept("من 7 إلى 7", "from 7 to seven")[1]) == 0
    assert len(kept("من 7 إلى 7", "from 7")[1]) == 1


def test_references_decide_what_english_states() -> None:
    """15,00 in the evening is rightly 3 p.m., so that nobody is blamed for not writing 15."""
    expected, _ = kept("الساعة 15,00", "at 3 p.m.", ["at 3 p.m."])
    assert expected == []
    assert invented("الساعة 15,00", "at 3 p.m.", ["at 3 p.m."]) == []


def test_one_reference_that_states_a_number_is_enough() -> None:
    expected, missing = kept("قتل 2 أمس", "some died", ["Two died", "A couple died"])
    assert len(expected) == 1
    assert len(missing) == 1


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_every_whole_number_survives_grouping_and_script(n: int) -> None:
    eastern = str(n).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    found = find_quantities(f"{n:,} and {n}")
    assert [q.readings for q in found] == [(Decimal(n),), (Decimal(n),)]
    assert kept(f"العدد {eastern} هنا", f"The number is {n:,}.")[1] == []


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_any_text_keeps_its_own_numbers(text: str) -> None:
    assert kept(text, text)[1] == [] or any("\u0600" <= c <= "\u06ff" for c in text)
    assert invented(text, text) == [] or any("\u0600" <= c <= "\u06ff" for c in text)
