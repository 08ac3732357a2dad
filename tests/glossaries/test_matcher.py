"""The matcher: clitics, traps, longest match, layers, spans."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_glossaries import Entry, Glossary, Match
from khabar_glossaries.clitics import PREFIXES
from khabar_glossaries.folding import fold_key


def glossary(*rows: tuple[str, str, str], **fields: str) -> Glossary:
    return Glossary([[Entry(source=a, target=b, type=kind, **fields) for a, b, kind in rows]])


PRESS = glossary(
    ("لبنان", "Lebanon", "place"),
    ("بنان", "Banan", "person"),
    ("واشنطن", "Washington", "place"),
    ("بوتين", "Putin", "person"),
    ("وتين", "Watin", "place"),
    ("كوبا", "Cuba", "place"),
    ("وبا", "Waba", "place"),
    ("فرنسا", "France", "place"),
    ("مالي", "Mali", "place"),
    ("الرياض", "Riyadh", "place"),
    ("اللاذقية", "Latakia", "place"),
    ("الأمم المتحدة", "United Nations", "org"),
    ("مجلس الأمن", "Security Council", "org"),
    ("مجلس الأمن الدولي", "U.N. Security Council", "org"),
    ("جنوب السودان", "South Sudan", "place"),
    ("السودان", "Sudan", "place"),
    ("فلسطيني", "Palestinian", "demonym"),
    ("أنطونيو غوتيريش", "Antonio Guterres", "person"),
    ("تركيا", "Turkey", "place"),
    ("تركي", "Turkish", "demonym"),
)


def targets(matches: list[Match]) -> list[str]:
    return [match.entry.target for match in matches if not match.ambiguous]


@pytest.mark.parametrize("prefix", sorted(PREFIXES))
def test_every_combination_of_proclitics_is_seen(prefix: str) -> None:
    text = f"قال {prefix}واشنطن أمس"
    (match,) = PRESS.find(text)
    assert match.entry.target == "Washington"
    assert match.clitics == prefix
    assert text[slice(*match.span)] == "واشنطن"
    assert text[slice(*match.token_span)] == prefix + "واشنطن"


@pytest.mark.parametrize("word", ["لبنان", "ولبنان", "بلبنان", "بوتين", "وبوتين", "كوبا", "فرنسا", "واشنطن"])
def test_a_letter_of_the_name_is_not_a_proclitic(word: str) -> None:
    """لبنان is not ل + بنان, بوتين is not ب + وتين, كوبا is not ك + وبا."""
    (match,) = PRESS.find(f"زار {word} مرارا")
    assert match.entry.target in {"Lebanon", "Putin", "Cuba", "France", "Washington"}


@pytest.mark.parametrize("word", ["والي", "بتونس", "الواشنطنية", "سلبنان", "فرنساوي", "ماليزيا", "وللواشنطن"])
def test_a_name_inside_another_word_does_not_match(word: str) -> None:
    assert PRESS.find(f"هذا {word} هنا") == []


def test_lam_before_the_article_is_opened() -> None:
    text = "سافر للرياض ثم وللأمم المتحدة وللاذقية"
    matches = PRESS.find(text)
    assert targets(matches) == ["Riyadh", "United Nations", "Latakia"]
    assert [m.clitics for m in matches] == ["ل", "ول", "ول"]
    assert [m.surface for m in matches] == ["الرياض", "الأمم المتحدة", "اللاذقية"]
    assert text[slice(*matches[1].token_span)] == "وللأمم المتحدة"


def test_two_lams_may_belong_to_the_name() -> None:
    text = "صدر قرار للبنان"
    (match,) = PRESS.find(text)
    assert (match.entry.target, text[slice(*match.span)]) == ("Lebanon", "لبنان")


def test_the_longest_name_wins() -> None:
    assert targets(PRESS.find("في مجلس الأمن الدولي وبجنوب السودان والسودان")) == [
        "U.N. Security Council",
        "South Sudan",
        "Sudan",
    ]


def test_words_take_article_and_endings_and_names_do_not() -> None:
    matches = PRESS.find("الفلسطينيون والفلسطينية وفلسطينيان اللبنان")
    assert targets(matches) == ["Palestinian"] * 3
    assert [m.plural for m in matches] == [True, False, True]


def test_an_accusative_adjective_is_not_the_country() -> None:
    assert targets(PRESS.find("قُتل 34 جنديًا تركيًا")) == ["Turkish"]
    assert targets(PRESS.find("قتل 34 جنديا تركيا")) == ["Turkish"]
    assert targets(PRESS.find("زار تركيا")) == ["Turkey"]


@pytest.mark.parametrize(
    "spelling", ["انطونيو غوتيريش", "أنطونيو جوتيريش", "أنطونيو گوتيريش", "أنطـونيو  غوتيرِيش"]
)
def test_spelling_habits_of_the_press_match(spelling: str) -> None:
    assert targets(PRESS.find(f"قال {spelling} إن")) == ["Antonio Guterres"]


def test_punctuation_between_words_separates_names() -> None:
    assert targets(PRESS.find("الأمم، المتحدة")) == []


def test_an_earlier_file_hides_a_later_one() -> None:
    low = [Entry(source="إدلب", target="Idleb", type="place")]
    high = [Entry(source="ادلب", target="Idlib", type="place")]
    assert targets(Glossary([low, high]).find("في إدلب")) == ["Idlib"]


def test_regex_characters_in_a_key_are_letters() -> None:
    odd = glossary(("(سي) + إن.إن*", "CNN", "media"))
    assert targets(odd.find("قالت (سي) + إن.إن* أمس")) == ["CNN"]
    assert odd.find("قالت سيي إننإن أمس") == []


def test_an_empty_glossary_finds_nothing() -> None:
    assert Glossary.empty().find("في إدلب") == []
    assert len(Glossary.empty()) == 0


def test_a_huge_line_is_searched_in_linear_time() -> None:
    """Nothing backtracks: a megabyte without spaces takes a moment, not minutes."""
    assert PRESS.find("ل" * 500_000 + "بنان") == []


@settings(max_examples=60)
@given(st.text(alphabet="لبناوتيفرسكمة \N{ARABIC SHADDA}\N{ARABIC TATWEEL}،", max_size=80))
def test_matches_are_ordered_disjoint_and_spell_their_key(text: str) -> None:
    last = 0
    for match in PRESS.find(text):
        assert last <= match.token_span[0] <= match.span[0] < match.span[1] <= match.token_span[1]
        last = match.token_span[1]
        if match.surface == text[slice(*match.span)] and not match.suffix:
            keys = {fold_key(surface) for surface in match.entry.surfaces}
            assert fold_key(match.surface) in keys
