"""One name, one spelling: the glossary's, else the most frequent, else the first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.records import Segment, TermStatus, Translation
from khabar_glossaries import Entry, Glossary
from khabar_mt.consistency import WINDOW, NameLedger
from khabar_mt.terms import check_terms, repair_terms

GLOSSARY = Glossary(
    [
        [
            Entry(source="سراقب", target="Saraqib", accepted=("Saraqeb", "Seraqib"), type="place"),
            Entry(source="سوريا", target="Syria", accepted=("Syrian",), type="place"),
            Entry(source="بلجيكا", target="Belgium", accepted=("Belgian",), type="place"),
            Entry(source="أنطونيو غوتيريش", target="Antonio Guterres", accepted=("Guterres",), type="person"),
            Entry(
                source="فولوديمير زيلينسكي",
                target="Volodymyr Zelenskiy",
                accepted=("Volodymyr Zelensky",),
                type="person",
            ),
            Entry(source="زيلينسكي", target="Zelenskiy", accepted=("Zelensky",), type="person"),
            Entry(source="حوثي", target="Houthi", accepted=("Huthi",), type="group"),
            Entry(source="هنريك فيلدمارغ", target="Henrik Feldmarg", type="person"),
        ]
    ]
)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("في سراقب", "Saraqeb's mayor", "Saraqib's mayor"),
        ("سراقب وسراقب", "Saraqeb and Seraqib", "Saraqib and Saraqib"),
        ("قال زيلينسكي", "Zelensky said", "Zelenskiy said"),
        ("فولوديمير زيلينسكي قال إن زيلينسكي", "Volodymyr Zelensky said", "Volodymyr Zelenskiy said"),
        ("جيش سوريا", "The Syrian army", "The Syrian army"),
        ("جيش بلجيكا", "The Belgian army", "The Belgian army"),
        ("أنطونيو غوتيريش", "Guterres said", "Guterres said"),
        ("حوثي", "a Huthi", "a Huthi"),
    ],
)
def test_an_accepted_spelling_becomes_the_preferred_one(source: str, text: str, expected: str) -> None:
    repaired, hits = repair_terms(source, text, check_terms(GLOSSARY.find(source), text))
    assert repaired == expected
    for hit in hits:
        assert hit.status is TermStatus.AT_ONCE
        assert hit.target_span is not None
        assert repaired[slice(*hit.target_span)] == hit.found


def translation(source: str, text: str) -> Translation:
    segment = Segment(id="a:1", text=source, paragraph=0, span_chars=(0, len(source)))
    hits = check_terms(GLOSSARY.find(source), text)
    return Translation(segment=segment, text=text, terms=hits)


def run(*pairs: tuple[str, str]) -> list[str]:
    return [t.text for t in NameLedger().apply_all(translation(*pair) for pair in pairs)]


def test_the_first_of_equally_frequent_spellings_is_kept() -> None:
    assert run(
        ("وصل العمروشي إلى برنوف", "Al-Amroushi reached Barnouf"),
        ("قال العمروشي في سراقب", "Amrouchi's aides spoke in Saraqib"),
        ("وبرنوف هادئة", "And Parnouf is calm, in Parnouf"),
    ) == [
        "Al-Amroushi reached Barnouf",
        "Amroushi's aides spoke in Saraqib",
        "And Barnouf is calm, in Barnouf",
    ]


def test_the_most_frequent_spelling_wins_over_the_first() -> None:
    assert run(
        ("وصل العمروشي", "Amrouchi arrived"),
        ("قال العمروشي", "Amroushi said"),
        ("وغادر العمروشي", "Amroushi left"),
    ) == ["Amroushi arrived", "Amroushi said", "Amroushi left"]


def test_the_word_of_a_full_name_in_the_glossary_wins_over_both() -> None:
    assert run(
        ("قال فيلدمارغ", "Veldmark said"),
        ("أضاف فيلدمارغ", "Veldmark added"),
        ("وعاد هنريك فيلدمارغ", "Henrik Feldmarg returned"),
    ) == ["Feldmarg said", "Feldmarg added", "Henrik Feldmarg returned"]


def test_what_was_shown_is_not_taken_back() -> None:
    """A name decided in one window keeps its spelling in the next, whatever is frequent there."""
    first = [("وصل العمروشي", "Amrouchi arrived")] + [("جملة", "A sentence")] * (WINDOW - 1)
    later = [("قال العمروشي", "Amroushi said"), ("غادر العمروشي", "Amroushi left")]
    assert run(*first, *later)[WINDOW:] == ["Amrouchi said", "Amrouchi left"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("زار العمروشي", "Amroushi visited"), ("غادر الحمروشي", "Hamroushi left")),
        (("قال برنوف", "Barnouf said"), ("قال البارون", "The baron said")),
        (("أهل تشادي", "Chadi came"), ("أهل تشادي", "Chadian people came")),
        (("في سراقب", "In Saraqib"), ("سراقب", "Saraqib")),
    ],
)
def test_other_names_stay(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert run(first, second) == [first[1], second[1]]


def test_spans_of_glossary_names_move_along() -> None:
    ledger = NameLedger()
    list(ledger.apply_all([translation("وصل العمروشي", "Amroushi arrived")]))
    (changed,) = ledger.apply_all([translation("العمروشي في سراقب", "Ammroushiy in Saraqib")])
    assert changed.text == "Amroushi in Saraqib"
    (hit,) = changed.terms
    assert hit.target_span is not None
    assert changed.text[slice(*hit.target_span)] == "Saraqib"


def test_one_ledger_holds_for_many_articles() -> None:
    ledger = NameLedger()
    first = list(ledger.apply_all([translation("وصل العمروشي", "Amroushi arrived")]))
    second = list(ledger.apply_all([translation("غادر العمروشي", "Amrouchy left")]))
    assert [t.text for t in first + second] == ["Amroushi arrived", "Amroushi left"]
    assert len(ledger) == 1


WORDS = ["Amroushi", "Amrouchi", "Barnouf", "Parnouf", "Saraqib", "said", "in", "the"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["العمروشي", "برنوف", "وبرنوف", "سراقب", "قال"]), max_size=4),
            st.lists(st.sampled_from(WORDS), max_size=5),
        ),
        max_size=4,
    )
)
def test_a_second_pass_changes_nothing_and_spans_stay_true(pairs: list[tuple[list[str], list[str]]]) -> None:
    given_ = [translation(" ".join(arabic), " ".join(english)) for arabic, english in pairs]
    once = list(NameLedger().apply_all(given_))
    for result in once:
        for hit in result.terms:
            if hit.target_span is not None:
                assert result.text[slice(*hit.target_span)] == hit.found
    assert [t.text for t in NameLedger().apply_all(once)] == [t.text for t in once]
    assert len(once) == len(given_)
