"""Headlines, datelines, subheads and lists are recognised; ordinary sentences are not taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar_mt.documents import find_dateline, read_structure


@pytest.mark.parametrize(
    ("paragraph", "dateline"),
    [
        ("نيويورك - دعا المجلس إلى الهدوء", "نيويورك - "),
        ("بيروت (رويترز) - قال متحدث إن الطريق مغلق", "بيروت (رويترز) - "),
        ("غزة/ الأناضول/ وصلت القافلة", "غزة/ الأناضول/ "),
        ("القاهرة - أ ف ب: افتتح المعرض", "القاهرة - أ ف ب: "),
        ("واشنطن – رويترز – رفضت المحكمة", "واشنطن – رويترز – "),
        ("بغداد 12 كانون الثاني/يناير (د ب أ) - أعلن", "بغداد 12 كانون الثاني/يناير (د ب أ) - "),
        ("بيروت: «الشرق الأوسط»", "بيروت: «الشرق الأوسط»"),
        ("دبي - العربية.نت - ارتفع", "دبي - العربية.نت - "),
        ("القدس/رام الله (أ ف ب) - شهدت", "القدس/رام الله (أ ف ب) - "),
        ("  عدن — قتل ثلاثة", "  عدن — "),
        ("صنعاء (د.ب.أ)- اندلعت", "صنعاء (د.ب.أ)- "),
        ("بيروت 10 تشرين الأول - قال متحدث", "بيروت 10 تشرين الأول - "),
        ("بيروت 10 تشرين الأوّل/أكتوبر 2016 - قال", "بيروت 10 تشرين الأوّل/أكتوبر 2016 - "),
        ("عمّان (رويترز) 3 كانون الثاني - قال", "عمّان (رويترز) 3 كانون الثاني - "),
        ("بيروت - 10 كانون الأول (رويترز) - قال", "بيروت - 10 كانون الأول (رويترز) - "),
        ("بيروت - رويترز، 10 تشرين الثاني - قال", "بيروت - رويترز، 10 تشرين الثاني - "),
        ("غزة/ 10 كانون الأول/ الأناضول/ وصلت", "غزة/ 10 كانون الأول/ الأناضول/ "),
        ("بيروت 10/10/2016 (رويترز) - قال", "بيروت 10/10/2016 (رويترز) - "),
    ],
)
def test_datelines_of_the_arabic_press(paragraph: str, dateline: str) -> None:
    assert paragraph[: find_dateline(paragraph)] == dateline


@pytest.mark.parametrize(
    "paragraph",
    [
        "قال الرئيس - في كلمة متلفزة - إن بلاده",
        "وأضاف الوزير (رويترز) - أن",
        "أعلنت الوزارة: لا إصابات",
        "وصل الوفد إلى المدينة ثم غادرها.",
        "- بند في قائمة",
        "12 - بند مرقم",
        "",
        "   ",
        "السؤال - هل ينجح الاتفاق",
        "اقتنص الفيلم «طفيلي»، الذي أخرجه",
        "وفي 10 تشرين الأول - قال",
        "10 تشرين الأول - قال",
    ],
)
def test_ordinary_sentences_have_no_dateline(paragraph: str) -> None:
    assert find_dateline(paragraph) == 0


@given(st.text())
def test_a_dateline_is_always_a_beginning(text: str) -> None:
    assert 0 <= find_dateline(text) <= len(text)


def test_headline_dateline_subhead_and_list() -> None:
    structure = read_structure(
        [
            "اتفاق على هدنة لثلاثة أيام",
            "",
            "عمان (رويترز) - أعلن الوسيط أن الهدنة تبدأ غدا.",
            "وتشمل الهدنة:",
            "- المعابر",
            "٢) الموانئ",
            "",
            "ترحيب دولي",
            "",
            "رحبت عواصم عدة بالاتفاق.",
        ]
    )
    assert structure.title == "اتفاق على هدنة لثلاثة أيام"
    assert structure.dateline == "عمان (رويترز) - "
    assert structure.kinds == (
        "headline",
        "body",
        "body",
        "body",
        "list",
        "list",
        "body",
        "subhead",
        "body",
        "body",
    )


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["أعلن الوسيط أن الهدنة تبدأ غدا.", "", "ورحبت عواصم بالاتفاق."],  # a full stop: a sentence
        ["سطر أول", "سطر ثان"],  # no blank line: verse, a list, lines of a corpus
        ["كلمة " * 30, "", "نص."],  # too long
        ["سطر وحيد"],  # nothing follows
        ["- بند", "", "نص."],
        ["1990", "", "نص."],  # no letters
    ],
)
def test_what_is_no_headline(paragraphs: list[str]) -> None:
    assert read_structure(paragraphs).title is None


def test_a_dateline_on_its_own_line_is_a_kind() -> None:
    structure = read_structure(["عنوان", "", "بيروت: «الشرق الأوسط»", "أعلنت الحكومة خطة."])
    assert structure.kinds[2] == "dateline"


def test_kinds_of_the_format_are_kept() -> None:
    structure = read_structure(["شعار", "عنوان الصفحة", "نص."], ["caption", "headline", ""])
    assert structure.title == "عنوان الصفحة"
    assert structure.kinds == ("caption", "headline", "body")
