"""Finding English forms, and comparing names by sound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_glossaries.english import find_form, plain, singular_forms, starts_with_vowel_sound
from khabar_glossaries.romanise import similarity


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("António Guterres said", "Antonio Guterres"),
        ("IDLIB - Shelling", "Idlib"),
        ("Al-Assad said", "al-Assad"),
        ("Al Assad said", "al-Assad"),
        ("the UN said", "U.N."),
        ("the U.N. said", "UN"),
        ("Sana’a airport", "Sanaa"),
        ("Sanaa airport", "Sana'a"),
        ("the World Food Program", "World Food Programme"),
        ("the Organisation of Islamic Cooperation", "Organization of Islamic Co-operation"),
        ("the Syrian Army", "Syrian army"),
        ("Idlib's west", "Idlib"),
        ("the defence ministry", "Defense Ministry".lower()),
        ("in Bahamas", "the Bahamas"),
    ],
)
def test_spelling_habits_that_are_no_errors_are_found(text: str, form: str) -> None:
    exact = any(c.isupper() for c in form)
    assert len(find_form(plain(text), form, exact=exact)) == 1


@pytest.mark.parametrize(
    ("text", "form"),
    [("idlib", "Idlib"), ("Nigeria", "Niger"), ("Omani", "Oman"), ("IS it", "ISIS"), ("Turkey", "TURKEY")],
)
def test_other_words_are_not_found(text: str, form: str) -> None:
    assert find_form(text, form) == []


def test_plurals_are_found_where_allowed() -> None:
    assert find_form("two armies", "army", exact=False, plural=True) == [(4, 10)]
    assert find_form("two Syrians", "Syrian", plural=True) == [(4, 11)]
    assert find_form("two Syrians", "Syrian") == []


def test_regex_characters_in_a_form_are_characters() -> None:
    assert find_form("the C++ (group)", "C++ (group)") == [(4, 15)]
    assert find_form("xxxx", ".*") == []


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_plain_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    ("word", "vowel"),
    [
        ("Idlib", True),
        ("Houthi", False),
        ("U.N.", False),
        ("Ukrainian", False),
        ("Emirati", True),
        ("FBI", True),
    ],
)
def test_articles_follow_the_sound(word: str, vowel: bool) -> None:
    assert starts_with_vowel_sound(word) is vowel


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Idlib", "Adlib"),
        ("Nebenzia", "نيبينزيا"),
        ("Saraqib", "Sarqab"),
        ("Guterres", "غوتيريش"),
        ("Khan Sheikhoun", "Han Shaykhun"),
        ("Kafr Nabl", "Kfarnabel"),
        ("Stoltenberg", "Staltenburg"),
        ("Deir el-Zour", "Deir Ezzor"),
    ],
)
def test_spellings_of_one_name_sound_alike(a: str, b: str) -> None:
    assert similarity(a, b) > 0.8


@pytest.mark.parametrize(
    ("a", "b"),
    [("Iraq", "Iran"), ("Syria", "Russia"), ("Hama", "Hamas"), ("Idlib", "Italy"), ("Haftar", "Khalifa")],
)
def test_different_names_do_not(a: str, b: str) -> None:
    assert similarity(a, b) < 0.72


@settings(max_examples=60)
@given(
    st.text(alphabet="abdghiklmnorstuwyz", min_size=1, max_size=12),
    st.text(alphabet="abdghiklnorstu", max_size=12),
)
def test_likeness_is_symmetric_and_bounded(a: str, b: str) -> None:
    assert 0.0 <= similarity(a, b) <= 1.0
    assert similarity(a, b) == pytest.approx(similarity(b, a))


@settings(max_examples=100)
@given(
    st.text(alphabet="aAyYs.'-([{*+?^$| ", min_size=1, max_size=8).filter(str.strip),
    st.booleans(),
    st.booleans(),
)
def test_any_form_finds_itself(form: str, exact: bool, plural: bool) -> None:
    """Whatever a glossary holds is text, never a pattern."""
    words = form.strip("-. '([{*+?^$|")
    spans = find_form(f"x {form} x", form, exact=exact, plural=plural)
    if words == form and "--" not in form and not form.lower().startswith("the "):
        assert spans


@pytest.mark.parametrize(
    ("source", "forms", "singular"),
    [
        ("الحوثيين", ("Houthis", "Houthi rebels"), ("Houthi",)),
        ("الصاروخان", ("Rockets",), ("Rocket",)),
        ("حماس", ("Hamas",), ()),
        ("فنيين", ("Boss", "Virus"), ()),
    ],
)
def test_only_arabic_plurals_have_singulars(
    source: str, forms: tuple[str, ...], singular: tuple[str, ...]
) -> None:
    assert singular_forms(source, forms) == singular
