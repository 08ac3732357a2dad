"""Names are compared fairly, and faults of outputs are seen."""

from __future__ import annotations

import pytest

from khabar_eval import checks
from khabar_eval.cases import Case, Entity
from khabar_eval.names import find_form, fold_name


@pytest.mark.parametrize(
    ("target", "kind", "mt", "found"),
    [
        ("Aleppo", "place", "ALEPPO, Syria - ", True),
        ("Aleppo", "place", "Aleppo's districts", True),
        ("Oman", "place", "Romania and womanly", False),
        ("Hadi al-Bahra", "person", "hadi el Bahra said", True),
        ("Hadi al-Bahra", "person", "Hadi al-Bahri said", False),
        ("Côte d'Ivoire", "place", "Cote dIvoire", True),
        ("United Nations", "org", "the United Nation", False),
        ("the Hague", "place", "in The Hague", True),
        ("Houthis", "group", "Houthi fighters", True),
        ("Houthi", "group", "the Houthis", True),
        ("U.N.", "org", "the UN said", True),
        ("OPEC+", "org", "OPEC cut output", False),
        ("OPEC+", "org", "OPEC+ cut output", True),
    ],
)
def test_a_name_counts_when_its_spelling_is_right(target: str, kind: str, mt: str, found: bool) -> None:
    assert (find_form(Entity("x", target, kind), fold_name(mt)) is not None) is found


def test_accepted_forms_count_too() -> None:
    assert find_form(Entity("x", "Sana'a", "place", ("San’aa",)), fold_name("in Sanaa")) == "Sana'a"
    assert find_form(Entity("x", "Türkiye", "place", ("Turkey",)), fold_name("in Turkey")) == "Turkey"


REF = "The minister said on Tuesday that talks would resume next week in Geneva."


@pytest.mark.parametrize(
    ("check", "mt", "faulty"),
    [
        (checks.is_empty, " \t", True),
        (checks.is_empty, ".", False),
        (checks.is_untranslated, "The وزير said", True),
        (checks.is_untranslated, REF, False),
        (checks.has_loop, "the talks in the talks in the talks in Geneva", True),
        (checks.has_loop, "no no no", False),
        (checks.has_loop, "very very very very very very long", True),
        (checks.has_loop, "he said she said he knew", False),
        (checks.has_bad_length, "The.", True),
        (checks.has_bad_length, REF * 4, True),
        (checks.has_bad_length, "Talks resume next week in Geneva.", False),
        (checks.has_bad_length, "", False),
    ],
)
def test_faults_are_seen(check, mt: str, faulty: bool) -> None:  # type: ignore[no-untyped-def]
    case = Case(id="1", src="قال الوزير الثلاثاء إن المحادثات تستأنف الأسبوع المقبل في جنيف", refs=(REF,))
    assert check(case, mt) is faulty


def test_what_a_reference_does_is_no_fault() -> None:
    case = Case(id="1", src="x", refs=("The word كتاب means book. Bang, bang, bang, bang, bang!",))
    assert not checks.is_untranslated(case, "كتاب means book")
    assert not checks.has_loop(case, "bang bang bang bang bang")
