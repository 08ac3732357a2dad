"""Number comparison: what counts as the same number, what is lost, what was invented."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_mt.figures import number, read_figure
from khabar_mt.numbers import compare_numbers
from khabar_mt.numbers_arabic import arabic_numbers
from khabar_mt.numbers_english import english_numbers

SAME = [
    ("قتل 34 جنديا", "Thirty-four soldiers were killed"),
    ("قتل خمسة وعشرون شخصا", "25 people were killed"),
    ("بلغ العدد ١٬٢٥٠٬٠٠٠", "The number reached 1.25 million"),
    ("1.5 مليون لاجئ", "1,500,000 refugees"),
    ("مليون ونصف المليون لاجئ", "1.5 million refugees"),
    ("تبرع بثلاثة أرباع المليون", "He donated $750,000"),
    ("نصف مليون شخص", "half a million people"),
    ("ثلاثة ملايين و250 ألف دولار", "$3.25 million"),
    ("ما بين 340 مليون و500 مليون متحدث", "340 million to 500 million speakers"),
    ("ألفان ومئتا شخص", "2,200 people"),
    ("عام ألفين وثمانية عشر", "in 2018"),
    ("مئة وخمسين حالة", "150 cases"),
    ("ثلاثمئة وخمس وستون يوما", "365 days"),
    ("الحادي عشر من سبتمبر", "Sept. 11"),
    ("في 15 شباط/فبراير 2020", "on February 15, 2020"),
    ("في 15/2/2020", "on Feb. 15, 2020"),
    ("3.000 شخص", "3,000 people"),
    ("المساحة 2.345 هكتارا", "2,345 hectares"),
    ("سجل الدينار 3,118 مقابل اليورو", "The dinar stood at 3.118 to the euro"),
    ("بلغت قوتها 6،1 درجات", "a magnitude of 6.1"),
    ("عند الساعة 15:30", "at 3:30 p.m."),
    ("الساعة 13,00 ت.غ", "1300 GMT"),
    ("العاشرة والنصف صباحا", "10:30 a.m."),
    ("ارتفع 7 في المئة", "rose 7%"),
    ("ارتفع سبعة بالمئة", "rose 7 percent"),
    ("فاز 3-2", "won 3-2"),
    ("بين 16 و22 عاما", "aged 16 to 22"),
    ("وهو السادس حول سوريا", "the sixth on Syria"),
    ("قبل ثلاثة عقود", "30 years ago"),
    ("جنديان قتلا وأصيب شخصان", "Two soldiers were killed and two people wounded"),
    ("الساعات الأربع والعشرين الماضية", "the past 24 hours"),
    ("في القرن العشرين", "in the 1970s"),
    ("قتل أحد الجنود", "One of the soldiers was killed"),
    ("الملك محمد السادس", "King Mohammed VI"),
    ("مجموعة السبع", "the G7"),
    ("نحو 25 كم", "about 25 km"),
    ("48 قاعدة", "four dozen bases"),
    ("يوم الجمعة", "on Friday"),
    ("ليل الجمعة/السبت", "on Friday night"),
    ("مارس ضغوطا على الحكومة", "He put pressure on the government"),
    ("الرحلة MH17", "Flight MH17"),
]


@pytest.mark.parametrize(("source", "english"), SAME)
def test_equal_numbers_raise_no_flag(source: str, english: str) -> None:
    assert not compare_numbers(source, english)


@pytest.mark.parametrize(
    ("source", "english", "missing", "added"),
    [
        ("قتل 34 جنديا", "Soldiers were killed", ("34",), ()),
        ("قتل 34 جنديا", "43 soldiers were killed", ("34",), ("43",)),
        ("قتل ثلاثة جنود", "Soldiers were killed", ("ثلاثة",), ()),
        ("1.5 مليون لاجئ", "1.5 billion refugees", ("1.5 مليون",), ("1.5 billion",)),
        ("3 آلاف شخص", "3 people", ("3 آلاف",), ("3",)),
        ("في آذار الماضي", "in May", ("آذار",), ("May",)),
        ("قال الخميس", "He said on Friday", ("الخميس",), ("Friday",)),
        ("قتل جنديان", "Soldiers were killed", ("جنديان",), ()),
        ("وصل الوفد", "The delegation of 12 arrived", (), ("12",)),
        ("عام 2018", "in 2019", ("2018",), ("2019",)),
        ("عند الساعة 15:30", "at 4:30 p.m.", ("15:30",), ("4:30 p.m",)),
    ],
)
def test_lost_and_invented_numbers_are_named(
    source: str, english: str, missing: tuple[str, ...], added: tuple[str, ...]
) -> None:
    difference = compare_numbers(source, english)
    assert (difference.missing, difference.added) == (missing, added)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("تسعمئة وتسعة وتسعون ألفا وتسعمئة وتسعة وتسعون", 999_999),
        ("مليونان وثلاثمئة ألف", 2_300_000),
        ("خمس عشرة سفينة", 15),
        ("اثنا عشر ألفا", 12_000),
        ("وثمانية وأربعين", 48),
        ("مليار", 10**9),
        ("بمئة ألف دولار", 100_000),
        ("ثماني مئة", 800),
    ],
)
def test_number_words_have_their_value(text: str, value: int) -> None:
    first = arabic_numbers(text)[0]
    assert frozenset({number(value)}) in first.readings


@pytest.mark.parametrize(
    "text", ["أثنى على الجهود", "مئات الآلاف من الناس", "ألفه الكاتب", "والي المدينة", "الأحد", "ولست مهتما"]
)
def test_words_that_look_like_numbers_are_no_numbers(text: str) -> None:
    assert not [
        m for m in arabic_numbers(text) if m.strong and any(k[0] == "n" for r in m.readings for k in r)
    ]


@given(st.integers(0, 10**12))
@settings(max_examples=100)
def test_digits_are_found_again_with_and_without_separators(value: int) -> None:
    assert not compare_numbers(f"بلغ العدد {value} تقريبا", f"It reached about {value:,}.")


@given(st.integers(3, 999))
@settings(max_examples=100)
def test_english_words_equal_arabic_digits(value: int) -> None:
    assert not compare_numbers(f"{value} سفينة", f"{_spell(value)} ships")


_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen"""
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"


def _spell(value: int) -> str:
    units, tens = _UNITS.split(), _TENS.split()
    if value < 20:
        return units[value]
    if value < 100:
        return tens[value // 10] + (f"-{units[value % 10]}" if value % 10 else "")
    rest = f" and {_spell(value % 100)}" if value % 100 else ""
    return f"{units[value // 100]} hundred{rest}"


@given(st.text(st.sampled_from("0123456789.,: /-واثن مليون th$%kbn"), max_size=60))
@settings(max_examples=100)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    compare_numbers(text, text)


def test_separators_have_every_reading() -> None:
    assert read_figure("3.000") == ((Fraction(3000),), (Fraction(3),))
    assert read_figure("11,836.52") == ((Fraction("11836.52"),),)
    assert read_figure("0.5") == ((Fraction(1, 2),),)


def test_a_megabyte_of_digits_is_no_number() -> None:
    assert compare_numbers("9" * 1_000_000, "nothing").missing == ()


def test_weak_words_are_never_added() -> None:
    assert not [m for m in english_numbers("both of the two first once a dozen decades") if m.strong]
