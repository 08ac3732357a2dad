"""Language detection: by script, letters and words; langdetect only for long enough texts."""

from __future__ import annotations

import pytest

from khabar_mt.language import arabic_share, detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("قال الوزير إن الاجتماع سيعقد غدا", "ar"),
        ("قمة", "ar"),
        ("غوگل تطلق هاتفا جديدا في الأسواق", "ar"),  # a Persian letter in a foreign name
        ("وزیر الخارجیة الإیراني یصل إلی بغداد", "ar"),  # Arabic typed on a Persian keyboard
        ("این گزارش را وزارت خارجه منتشر کرد", "fa"),
        ("یہ خبر پاکستان کے وزیر نے دی ہے", "ur"),
        ("سەرۆکی هەرێمی کوردستان لەگەڵ وەزیر کۆبوەوە", "ku"),
        ("د افغانستان ولسمشر په کابل کې وویل چې", "ps"),
        ("The minister said the meeting would be held tomorrow", "en"),
        ("Le ministre a déclaré que la réunion aurait lieu demain", "fr"),
        ("OK", "en"),
        ("ראש הממשלה אמר", "he"),
        ("12:30 - 45%", "und"),
        ("", "und"),
        ("أعلنت Microsoft Windows Server 2019 Enterprise Edition", "ar"),
        ("Al Jazeera (الجزيرة) said on Monday that it would appeal", "en"),
    ],
)
def test_detect(text: str, code: str) -> None:
    assert detect(text) == code


def test_the_same_text_always_gets_the_same_answer() -> None:
    text = "Der Minister sagte, das Treffen werde morgen stattfinden"
    assert {detect(text) for _ in range(5)} == {"de"}


def test_share_counts_words_not_letters() -> None:
    assert arabic_share("قال internationalisation") == 0.5
    assert arabic_share("1, 2") == 0.0
