"""Datelines in English agency style."""

from __future__ import annotations

import pytest

from khabar_mt.datelines import english_dateline


@pytest.mark.parametrize(
    ("arabic", "english"),
    [
        ("نيويورك - ", "NEW YORK -"),
        ("بيروت (رويترز) - ", "BEIRUT (Reuters) -"),
        ("القاهرة - أ ف ب", "CAIRO (AFP)"),
        ("غزة/ الأناضول/ ", "GAZA (Anadolu) -"),
        ("بيروت: «الشرق الأوسط»", "BEIRUT (Asharq Al-Awsat)"),
        ("حلب (سوريا) 17 كانون الأول - ", "ALEPPO, Syria, Dec. 17 -"),
        ("عدن، 12 مايو - ", "ADEN, May 12 -"),
        ("دبي ٢٠ تموز/يوليو - ", "DUBAI, July 20 -"),
        ("تونس 23 أكتوبر/تشرين الأول 2011 - ", "TUNIS, Oct. 23, 2011 -"),
        ("بيروت 10 تشرين الأول/أكتوبر 2016 - ", "BEIRUT, Oct. 10, 2016 -"),
        ("بيروت، 10 كانون الثاني / يناير (رويترز) - ", "BEIRUT, Jan. 10 (Reuters) -"),
        ("القاهرة 10 أكتوبر/ تشرين الأول (د ب أ) - ", "CAIRO, Oct. 10 (dpa) -"),
        ("بيروت ١٠ تشرين الأوّل - ", "BEIRUT, Oct. 10 -"),
        ("غزة/ 10 كانون الأول/ الأناضول/ ", "GAZA, Dec. 10 (Anadolu) -"),
        ("دمشق 3/12/2018 (سانا) - ", "DAMASCUS, Dec. 3, 2018 (SANA) -"),
        ("كييف/إسطنبول - ", "KYIV/ISTANBUL -"),
        ("بـيـروت – ", "BEIRUT -"),
        ("بـيـروت ـ ", "BEIRUT -"),
    ],
)
def test_known_datelines(arabic: str, english: str) -> None:
    assert english_dateline(arabic) == english


@pytest.mark.parametrize(
    "text", ["الرئيس - ", "قرية مجهولة - ", "بيروت (شخص ما) - ", "رويترز - ", "", " - ", "بيروت 3/13/2018 - "]
)
def test_what_is_not_known_is_left_to_the_model(text: str) -> None:
    assert english_dateline(text) is None


def test_a_glossary_may_know_more_places() -> None:
    assert english_dateline("رادس (تونس) - ", {"رادس": "Rades"}.get) == "RADES, Tunisia -"
