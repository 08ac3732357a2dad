"""House style: quotes, spacing, final stops; words stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_mt.tidy import tidy


@pytest.mark.parametrize(
    ("raw", "source", "clean"),
    [
        ("he said : « we are ready » .", "قال «نحن مستعدون».", 'He said: "we are ready."'),
        ('He said "no", then left.', 'قال "لا" ثم غادر.', 'He said "no," then left.'),
        ("Talks resume.", "استئناف المحادثات", "Talks resume"),  # a headline has no full stop
        ("Talks resumed", "استؤنفت المحادثات.", "Talks resumed."),
        ('He said "we resumed talks"', 'قال "استأنفنا".', 'He said "we resumed talks."'),
        ("The talks in the U.S.", "المحادثات في الولايات المتحدة", "The talks in the U.S."),
        ("What happened??", "ماذا حدث؟", "What happened??"),
        ('He said "we are ready.', 'قال "نحن مستعدون".', 'He said "we are ready."'),
        ('"We are ready. We will come', '"نحن مستعدون. سنأتي', '"We are ready. We will come'),  # goes on
        ("The list.", "القائمة:", "The list:"),
        ("NATO (NATO) met.", "اجتمع الحلف (الناتو).", "NATO met."),
        ("rose ٣٫٥ ٪ , officials said.", "ارتفع ٣٫٥٪.", "Rose 3.5%, officials said."),
        ("iPhone sales fell", "تراجعت المبيعات", "iPhone sales fell"),
        ("", "نص.", ""),
    ],
)
def test_tidy(raw: str, source: str, clean: str) -> None:
    assert tidy(raw, source) == clean


def test_a_part_of_a_sentence_keeps_its_small_letter_and_gets_no_stop() -> None:
    assert tidy("and they left", "وغادروا.", opens=False, closes=False) == "and they left"


@given(
    st.text(st.sampled_from("abC Z.,;:!?\"'()«»“”،؟%0 \n"), max_size=50),
    st.sampled_from(["قال.", "قال", '"قال"']),
)
@settings(max_examples=100)
def test_no_letter_or_digit_is_lost_and_a_second_time_changes_nothing(text: str, source: str) -> None:
    once = tidy(text, source)
    assert re.sub(r"[\W_]", "", once).lower() == re.sub(r"[\W_]", "", text).lower()
    assert "\n" not in once
