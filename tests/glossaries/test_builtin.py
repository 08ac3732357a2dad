"""The shipped press glossary: size, sources, no contradictions, and the names an analyst meets every day."""

from __future__ import annotations

from collections import Counter

import pytest

from khabar_glossaries import ENTRY_TYPES, Glossary
from khabar_glossaries.lint import lint
from khabar_glossaries.wordlists import common_words, whole_words


@pytest.fixture(scope="module")
def press() -> Glossary:
    return Glossary.builtin()


def test_it_has_thousands_of_entries_each_with_source_and_date(press: Glossary) -> None:
    assert len(press) >= 3_000
    assert all(entry.origin and entry.date for entry in press)
    counts = Counter(entry.type for entry in press)
    assert set(counts) <= set(ENTRY_TYPES)
    assert (
        min(counts[kind] for kind in ("person", "place", "org", "group", "weapon", "demonym", "month")) >= 24
    )


def test_lint_finds_no_error(press: Glossary) -> None:
    assert [finding for finding in lint(press.layers) if finding.level == "error"] == []


def test_no_entry_breaks_a_prompt(press: Glossary) -> None:
    assert not [e.source for e in press if set("=;\n") & set(e.source + e.target)]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("نيبينزيا", "Nebenzia"),
        ("نيبنزيا", "Nebenzia"),
        ("إردوغان", "Erdogan"),
        ("اردوغان", "Erdogan"),
        ("وللولايات المتحدة", "United States"),
        ("بإدلب", "Idlib"),
        ("شباط/فبراير", "February"),
        ("انطونيو غوتيريش", "Antonio Guterres"),
        ("ينس ستولتنبرغ", "Jens Stoltenberg"),
        ("للبنتاغون", "Pentagon"),
        ("وحزب الله", "Hezbollah"),
        ("ليونيسف", "UNICEF"),
        ("الفلسطينيون", "Palestinian"),
    ],
)
def test_everyday_names_are_found_in_every_spelling(press: Glossary, text: str, target: str) -> None:
    (match,) = press.find(f"قال {text} أمس")
    assert not match.ambiguous
    assert match.entry.target == target


@pytest.mark.parametrize(
    "text",
    [
        "كان الوالي هنا",
        "في إيجاد حل",
        "وقف إلى جانبه",
        "شرب فنجان قهوة",
        "زرع الرجل نوى التمر",
        "كتب كلمة أخيرة",
    ],
)
def test_everyday_words_do_not_fire(press: Glossary, text: str) -> None:
    assert [match.entry.source for match in press.find(text) if not match.ambiguous] == []


def test_the_word_lists_hold_no_name(press: Glossary) -> None:
    sure = {key for key, entry in press.matcher.written_keys() if not entry.ambiguous}
    assert len(common_words()) > 1_000
    assert not common_words() & sure
    assert "والي" in whole_words()


def test_it_is_read_once(press: Glossary) -> None:
    assert Glossary.builtin() is press
    assert len(press.digest) == 12
