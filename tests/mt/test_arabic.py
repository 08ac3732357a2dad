"""Light normalisation: what it removes, what it must keep."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_mt.arabic import has_arabic, normalise, to_ascii_digits


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("أعلنـــت  القُوَّاتُ", "أعلنت القوات"),
        ("٣٫٥٪ و١٬٢٥٠", "3.5% و1,250"),
        ("۱۲ شباط", "12 شباط"),
        ("\ufefb\ufee0", "لال"),  # presentation forms of lam-alef and lam
        ("\u202bخبر\u202c \u200fعاجل\ufeff", "خبر عاجل"),
        ("إلى على آب ة ى", "إلى على آب ة ى"),  # letters that carry meaning
        ("½ … ²", "½ … ²"),  # no NFKC where no presentation form stands
        ("سطر\nآخر", "سطر\nآخر"),
    ],
)
def test_normalise(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


@given(st.text(st.sampled_from("ابتثجحخ ًٌَُِّْـ٠١٢٣abc. \u200f\u202b\ufefb"), max_size=40))
@settings(max_examples=100)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_arabic_letters_are_found_and_digits_are_not_letters() -> None:
    assert has_arabic("abc ب")
    assert not has_arabic("abc ٣ ، ؟")


def test_digits_alone() -> None:
    assert to_ascii_digits("٢٠٢٠/۱۲") == "2020/12"
