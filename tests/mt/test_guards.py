"""Guards: each defect is seen, and good translations pass."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.records import FlagKind
from khabar_mt.guards import Evidence, check, find_loop

GOOD = (
    "أعلن الوزير أن الاجتماع سيعقد غدا في العاصمة.",
    "The minister said the meeting would be held tomorrow in the capital.",
)


def _kinds(source: str, text: str, *, logprob: float | None = -0.3, finished: bool = True) -> set[FlagKind]:
    evidence = Evidence(source=source, text=text, logprob_per_token=logprob, finished=finished)
    return {flag.kind for flag in check(evidence)}


def test_a_good_translation_passes() -> None:
    assert _kinds(*GOOD) == set()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("  ", FlagKind.EMPTY),
        (GOOD[0], FlagKind.COPY),
        ("The minister said the meeting would be held غدا in the capital.", FlagKind.ARABIC_LEFT),
        ("The minister said the meeting будет held tomorrow in the capital.", FlagKind.OTHER_SCRIPT),
        ("The minister.", FlagKind.LENGTH),
        ("The minister said that the meeting " + "about very many different things " * 6, FlagKind.LENGTH),
        ("The minister of the minister of the minister of the capital.", FlagKind.LOOP),
        ("He said no no no no to the meeting in the capital.", FlagKind.LOOP),
        ("The minister said 12 meetings would be held tomorrow in the capital.", FlagKind.NUMBERS),
    ],
)
def test_each_defect_is_seen(text: str, kind: FlagKind) -> None:
    assert kind in _kinds(GOOD[0], text)


def test_an_exchanged_compass_point_is_seen() -> None:
    source = "دمرت الطائرات منشأة في شمال شرق البلاد أمس"
    assert _kinds(source, "Planes destroyed a facility in the northwest of the country yesterday") == {
        FlagKind.DIRECTION
    }
    assert _kinds(source, "Planes destroyed a facility in the country's northeast yesterday") == set()
    assert _kinds(source, "Planes destroyed a facility in that part of the country yesterday") == set()


def test_a_lost_denial_is_seen() -> None:
    source = "ولم ترفض الجماعة الاقتراح الذي قدمه الوسيط"
    assert _kinds(source, "The group rejected the proposal made by the mediator") == {FlagKind.NEGATION}
    assert _kinds(source, "The group did not reject the proposal made by the mediator") == set()
    assert _kinds(source, "The group didn't reject the proposal made by the mediator") == set()
    only = "لم تقبل الجماعة سوى اقتراح واحد من اقتراحات الوسيط"
    assert _kinds(only, "The group accepted a single one of the mediator's proposals") == set()


def test_what_the_decoder_says_is_reported() -> None:
    assert _kinds(*GOOD, finished=False) == {FlagKind.TRUNCATED}
    assert _kinds(*GOOD, logprob=-3.0) == {FlagKind.LOW_SCORE}
    assert _kinds(*GOOD, logprob=None) == set()


def test_repetition_of_the_source_is_no_loop() -> None:
    assert _kinds("لا لا لا لا للحرب", "No no no no to the war") == set()


def test_a_short_headline_may_be_much_longer_in_english() -> None:
    assert _kinds("أ ف ب", "Agence France-Presse") == set()


def test_letters_of_the_source_may_be_kept() -> None:
    assert FlagKind.OTHER_SCRIPT not in _kinds(
        "يعني الحرف Ω المقاومة في هذا الكتاب", "The letter Ω means resistance in this book"
    )


@given(
    st.lists(st.sampled_from("abcde"), min_size=1, max_size=6),
    st.integers(4, 8),
    st.lists(st.sampled_from("xyz"), max_size=5),
)
@settings(max_examples=100)
def test_every_repetition_in_a_row_is_found(unit: list[str], times: int, rest: list[str]) -> None:
    loop = find_loop([*rest, *(unit * times), *rest])
    assert loop is not None
    assert loop[1] >= 3


@given(st.permutations(list("abcdefghij")))
@settings(max_examples=50)
def test_words_that_are_all_different_are_no_loop(words: list[str]) -> None:
    assert find_loop(words) is None
