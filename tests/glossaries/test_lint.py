"""Lint: each rule finds its case and nothing else."""

from __future__ import annotations

import pytest

from khabar_glossaries import Entry
from khabar_glossaries.lint import lint
from khabar_glossaries.merging import count_entries, merge


def codes(*entries: Entry) -> list[str]:
    return [finding.code for finding in lint([entries])]


GOOD = Entry(source="إدلب", target="Idlib", type="place", line=2, layer="a.tsv")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(source="ادلب", target="Idleb"), "conflict"),
        (Entry(source="أدلب", target="Idlib"), "duplicate"),
        (Entry(source="سراقب", target="Saraqib", variants=("سـراقب",)), "idle-variant"),
        (Entry(source="قط", target="Qat"), "short"),
        (Entry(source="ـ", target="X"), "never-matches"),
        (Entry(source="الحكومة", target="Hukuma", type="place"), "common-word"),
        (Entry(source="بالحكومة", target="Hukuma", type="place"), "proclitic"),
        (Entry(source="وإدلب", target="Widlib", type="place"), "clitic-collision"),
        (
            Entry(source="سراقب", target="Saraqib", accepted=("Sar",), forbidden=("Sar",)),
            "forbidden-accepted",
        ),
        (Entry(source="سراقب", target="Sаraqib"), "mixed-scripts"),  # noqa: RUF001
        (Entry(source="سراقب", target="Sara=qib"), "no-hint"),
        (Entry(source="سراقب x", target="Saraqib"), "mixed-scripts"),
        (Entry(source="بشار مطر", target="Kowloon", type="person"), "unlike"),
    ],
)
def test_a_rule_finds_its_case(entry: Entry, code: str) -> None:
    assert codes(GOOD, entry) == [code]


def test_a_good_entry_is_left_alone() -> None:
    assert (
        codes(GOOD, Entry(source="الحكومة", target="Hukuma", type="place", note="ambiguous: government"))
        == []
    )


def test_errors_come_first_and_name_their_line() -> None:
    findings = lint(
        [[Entry(source="قط", target="Qat"), GOOD, Entry(source="ادلب", target="X", line=9, layer="a.tsv")]]
    )
    assert [finding.level for finding in findings] == ["error", "warning"]
    assert findings[0].where == "a.tsv:9"
    assert "line 2" in findings[0].message


def test_layers_do_not_conflict() -> None:
    assert lint([[GOOD], [Entry(source="ادلب", target="Idleb")]]) == []


def test_merge_joins_spellings_and_reports_contradictions() -> None:
    other = Entry(source="ادلب", target="Idlib", variants=("إدلب الخضراء",), accepted=("Idleb",), note="city")
    wrong = Entry(source="إدلب", target="Edlip")
    merged, conflicts = merge([[GOOD], [other, wrong]])
    assert [(e.source, e.variants, e.accepted, e.note) for e in merged] == [
        ("إدلب", ("إدلب الخضراء",), ("Idleb",), "city")
    ]
    assert [(c.kept.target, c.dropped.target) for c in conflicts] == [("Idlib", "Edlip")]


def test_merging_with_itself_changes_nothing() -> None:
    entries = [GOOD, Entry(source="حلب", target="Aleppo", variants=("مدينة حلب",), accepted=("Halab",))]
    assert merge([entries, entries]) == (entries, [])


def test_counts() -> None:
    stats = count_entries(
        [GOOD, Entry(source="ادلب", target="Idlib", variants=("حلب",), note="ambiguous: x")]
    )
    assert (stats.entries, stats.keys, stats.variants, stats.ambiguous, stats.unsourced) == (2, 2, 1, 1, 2)
