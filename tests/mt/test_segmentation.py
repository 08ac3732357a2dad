"""Sentence splitting: where it cuts, where it must not, and that the parts always join to the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_mt.segmentation import split_long, split_sentences

_PIECES = st.sampled_from(
    [
        *("قال", "الوزير", "د", "م", "أ", "ه", "ص", "كم", "إن", "وأضاف", "و", "عام", "U", "S", "No", "etc"),
        *("3", "2018", "١٥", "3.5", "15:30", ".", "..", "…", "!", "؟", "?", "؛", "،", ":", "-", "۔"),
        *('"', "«", "»", "(", ")", "“", "”", "'", " ", "  ", "\n", "\t", "\u00a0", "\u200f", "\u2028"),
        *("https://a.b/c?d=e.", "x@y.org", "َ"),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=40).map("".join)


@pytest.mark.parametrize(
    "sentences",
    [
        ["قال د. سامي إن النسبة بلغت 3.5 في المئة. ", "وأضاف: لا جديد!"],
        ["ونقلت أ. ف. ب. عن أ.د. محمد قوله ذلك.", "وأضاف أنه بخير"],  # the space was forgotten
        ["هل تأتي؟ ", "نعم! ", "متى؟ ", "غدا."],
        ["حدث ذلك عام 2018 م. ", "وقال شاهد إنه لم ير شيئا."],
        ["بدأ الاجتماع عند الساعة 3:15 ص. ", "وكان مغلقا."],
        ["زار موقع https://a.com/x.y?z=1. ", "ثم عاد."],
        ["راسلوا press@example.org. ", "سنرد غدا."],
        ["قدم طلبا إلى U.N. في جنيف. ", "رفض الطلب."],
        ["1. البند الأول. ", "2. البند الثاني."],
        ["وقع ذلك في 15. 3. 2020 صباحا. ", "ثم هدأ الوضع."],
        ["ترامب: سننسحب.. وبوتين يرد"],
        ["قال إن الأمر انتهى تماما ولا عودة عنه أبدا... ", "وغادر القاعة."],
        ['قال الأعضاء "يجب أن يتوقف هذا. يجب أن يتوقف الآن". ', "ثم خرجوا."],
        ["قال «تعال. اذهب.» ", "ومضى."],
        ["سجل العداء 9.58 ثانية (رقم قياسي. لم يكسر). ", "صفق الجمهور."],
        ["وصل الوفد، وبدأ الاجتماع، ثم انتهى"],  # never at a comma
        ["سطر أول\n", "سطر ثان"],
    ],
)
def test_known_sentences(sentences: list[str]) -> None:
    assert split_sentences("".join(sentences)) == sentences


def test_a_long_quotation_is_cut_inside() -> None:
    long = '"' + "نحن نرى أن الوضع خطير جدا وأن على الجميع العمل معا. " * 6 + 'هذا كل شيء".'
    assert len(split_sentences(long)) == 7


@given(_TEXTS)
@settings(max_examples=100)
def test_sentences_join_to_the_text(text: str) -> None:
    parts = split_sentences(text)
    assert "".join(parts) == text
    assert all(parts)


@given(_TEXTS)
@settings(max_examples=60)
def test_every_sentence_has_something_to_say_unless_nothing_does(text: str) -> None:
    parts = split_sentences(text)
    worded = [any(char.isalnum() for char in part) for part in parts]
    assert all(worded) or len(parts) == 1


@given(_TEXTS, st.integers(1, 12))
@settings(max_examples=60)
def test_long_parts_join_to_the_text_and_fit(text: str, limit: int) -> None:
    def count(part: str) -> int:
        return len("".join(part.split()))

    parts = split_long(text, limit, count)
    assert "".join(parts) == text
    assert all(count(part) <= limit or len(part) == 1 for part in parts)


def test_a_long_sentence_is_cut_at_its_best_clause_mark() -> None:
    text = (
        "أعلن الوزير عن خطة جديدة للطاقة، وقال إنها تشمل كل المدن؛ وأضاف أن التنفيذ يبدأ غدا، وأن المال جاهز"
    )
    left, right = split_long(text, 12, lambda part: len(part.split()))
    assert left.endswith("؛ ")
    assert right.startswith("وأضاف")


@pytest.mark.parametrize(
    "text", ["ا" * 300_000, '"قال. ' * 40_000, ". " * 100_000, " " * 300_000, "(" * 100_000]
)
def test_huge_lines_take_linear_time(text: str) -> None:
    """Quadratic behaviour would take minutes here and run into the test's own limit of patience."""
    assert "".join(split_sentences(text)) == text
    assert "".join(split_long(text, 100, lambda part: len(part.split()))) == text


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="limit must be >= 1"):
        split_long("نص", 0, len)
