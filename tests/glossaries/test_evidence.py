"""Ambiguous words become names only with evidence."""

from __future__ import annotations

import pytest

from khabar_glossaries import Entry, Glossary

ENTRIES = [
    Entry(source="بشار الأسد", target="Bashar al-Assad", type="person"),
    Entry(source="الأسد", target="al-Assad", type="person", note="ambiguous: the lion"),
    Entry(source="نوى", target="Nawa", type="place", note="ambiguous: kernels"),
    Entry(source="درعا", target="Daraa", type="place"),
    Entry(source="طفس", target="Tafas", type="place"),
    Entry(source="آب", target="August", type="month", note="ambiguous: father"),
    Entry(source="قاسم", target="Qassem", type="person"),
    Entry(source="نعيم قاسم", target="Naim Qassem", type="person"),
    Entry(source="مهدي عامل", target="Mahdi Amel", type="person"),
    Entry(source="حلب", target="Aleppo", type="place", note="homograph: milking"),
    Entry(source="عباس", target="Abbas", type="person", note="homograph: frowning"),
    Entry(source="الحسكة", target="Hassakeh", type="place"),
]
GLOSSARY = Glossary([ENTRIES])


def sure(text: str) -> list[str]:
    return [match.entry.target for match in GLOSSARY.find(text) if not match.ambiguous]


@pytest.mark.parametrize("text", ["رأى الأسد في القفص", "زرع نوى التمر", "هو آب الأسرة"])
def test_a_common_word_alone_is_not_enforced(text: str) -> None:
    assert sure(text) == []
    assert [match.ambiguous for match in GLOSSARY.find(text)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "قال الرئيس الأسد إن",
        "قال الرئيس السوري الأسد إن",
        "وصل إلى بلدة نوى أمس",
        "في ريف نوى",
        "في 3 آب الجاري",
        "الأول من آب",
        "قتل في غارة على نوى",
        "شهر آب",
    ],
)
def test_a_title_a_kind_of_place_or_a_number_is_evidence(text: str) -> None:
    assert len(sure(text)) == 1


def test_the_full_name_anywhere_in_the_article_is_evidence() -> None:
    first, second = GLOSSARY.find_all(["رفض الأسد العرض.", "وكان بشار الأسد قد سافر."])
    assert [match.ambiguous for match in first] == [False]
    assert "بشار الأسد" in first[0].reason
    assert len(second) == 1


def test_a_list_of_places_is_evidence() -> None:
    assert sure("في درعا ونوى وطفس") == ["Daraa", "Nawa", "Tafas"]
    assert sure("في نوى وطفس") == ["Nawa", "Tafas"]
    assert sure("في درعا نوى") == ["Daraa"]


def test_a_title_before_and_belongs_to_someone_else() -> None:
    assert sure("التقى الرئيس والأسد") == []


def test_another_first_name_means_another_person() -> None:
    (match,) = GLOSSARY.find("قال مهدي قاسم، وهو صياد")
    assert match.ambiguous
    assert "مهدي" in match.reason
    assert sure("قال قاسم إن") == ["Qassem"]


def test_a_name_without_its_article_counts_only_with_evidence() -> None:
    assert GLOSSARY.find("تناول حسكة السمك") == []
    assert sure("في محافظة حسكة") == ["Hassakeh"]


@pytest.mark.parametrize(
    "text", ["وصل إلى حلب أمس", "بحلب", "حلب (رويترز) - قتل", "أعلنت حلب", "وقال عباس إن", "من حلب"]
)
def test_weak_evidence_is_enough_where_the_name_is_likelier(text: str) -> None:
    assert len(sure(text)) == 1


@pytest.mark.parametrize("text", ["يتقن حلب الماعز", "رجل عباس الوجه"])
def test_without_any_evidence_the_likelier_name_waits_too(text: str) -> None:
    assert sure(text) == []
