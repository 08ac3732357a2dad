"""Folding: equal spellings meet, and every folded character knows where it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_glossaries.folding import fold, fold_key

ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآٱىةئؤءگڤپچ"
NOISE = "\N{ARABIC FATHA}\N{ARABIC SHADDA}\N{ARABIC TATWEEL}\N{RIGHT-TO-LEFT MARK}\N{ZERO WIDTH NON-JOINER}"
texts = st.text(alphabet=ARABIC + NOISE + " \t\n-_،.0٣xلل\ufefb\ufdf2", max_size=60)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("أردوغان", "اردوغان"),
        ("إِدْلِب", "ادلب"),
        ("دمشـــق", "دمشق"),
        ("مصطفى", "مصطفي"),
        ("غزة", "غزه"),
        ("مسئول", "مسيول"),
        ("مؤتمر", "موتمر"),
        ("ڤيينا", "فيينا"),
        ("پوتين", "بوتين"),
        ("کابل", "كابل"),
        ("إف-16", "إف ١٦"),
        ("سعد_الحريري", "سعد الحريري"),
        ("\u202bحلب\u202c", "حلب"),
        ("ﻻهاي", "لاهاي"),
        ("الأمم  المتحدة", "الأمم\u00a0المتحدة"),
        ("للرياض", "ل" + "الرياض"),
    ],
)
def test_spellings_of_one_name_fold_to_one_key(a: str, b: str) -> None:
    assert fold_key(a) == fold_key(b)


@pytest.mark.parametrize(("a", "b"), [("غزة", "جزة"), ("قطر", "كطر"), ("حماس", "هماس"), ("سوريا", "سوري")])
def test_letters_that_tell_names_apart_stay(a: str, b: str) -> None:
    assert fold_key(a) != fold_key(b)


def test_a_line_break_is_no_space() -> None:
    """A name must not be put together from the end of one line and the beginning of the next."""
    assert fold("الأمم\nالمتحدة").text == "الامم\nالمتحده"


@settings(max_examples=100)
@given(texts)
def test_every_folded_character_maps_into_the_original(text: str) -> None:
    folded = fold(text)
    last = 0
    for i in range(len(folded.text)):
        start, end = folded.span(i, i + 1)
        assert last <= start < end <= len(text)
        last = start


@settings(max_examples=100)
@given(texts)
def test_folding_what_is_folded_changes_nothing_but_fused_lam(text: str) -> None:
    once = fold_key(text)
    assert "لل" in once or fold_key(once) == once


def test_spans_cover_the_marks_of_the_last_letter() -> None:
    text = "في إدلـبَ قال"
    start = text.index("إ")
    folded = fold(text)
    at = folded.text.index("ادلب")
    assert folded.span(at, at + 4) == (start, start + len("إدلـبَ"))
