"""The term report over several files: one row for each name, and a page that shows where it stands."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from khabar.cli.main import main
from khabar.render.terms import name_rows, render_name_table, render_terms_json, term_segments
from khabar.render.terms_page import render_terms_page
from khabar.term_report import TermCollector, check_ending
from khabar_core.errors import UsageError
from khabar_core.records import (
    Article,
    Segment,
    Signature,
    Span,
    TermHit,
    TermStatus,
    TranslatedArticle,
    Translation,
)

ECHO = ("--model", "echo", "--no-builtin-glossary", "--quiet")


def article(name: str, *lines: tuple[str, str, tuple[TermHit, ...]]) -> TranslatedArticle:
    """An article whose paragraphs are single sentences with given hits."""
    sources = tuple(source for source, _, _ in lines)
    source = Article(id=name, paragraphs=sources, metadata={"path": f"wire/{name}.txt"})
    translations = []
    start = 0
    for number, (text, english, hits) in enumerate(lines, 1):
        span = (start, start + len(text))
        segment = Segment(id=f"{name}:{number}", text=text, paragraph=number - 1, span_chars=span)
        translations.append(Translation(segment=segment, text=english, terms=hits))
        start += len(text) + 1
    return TranslatedArticle(
        article=source,
        paragraphs=tuple(english for _, english, _ in lines),
        translations=tuple(translations),
        signature=Signature((("model", "made-up"),)),
    )


def hit(text: str, english: str, source: str, found: str | None, **changes: object) -> TermHit:
    """A hit of the place Shibam at its place in both texts."""
    start = text.index(source)
    span: Span | None = (english.index(found), english.index(found) + len(found)) if found else None
    made = TermHit(
        source=source,
        source_span=(start, start + len(source)),
        target="Shibam",
        type="place",
        status=TermStatus.AT_ONCE if found else TermStatus.VIOLATED,
        found=found,
        target_span=span,
        glossary="mine",
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def batch() -> list[TranslatedArticle]:
    """Two files: right, in another form, and missing; the second file holds markup."""
    first, second, third = "في شبام <b>", "من شبام", "إلى شبام حضرموت"
    return [
        article(
            "a",
            (first, "In Shibam <b>", (hit(first, "In Shibam <b>", "شبام", "Shibam"),)),
            ("لا أسماء هنا", "No names here", ()),
        ),
        article(
            "b",
            (second, "From Shebam's gate", (hit(second, "From Shebam's gate", "شبام", "Shebam"),)),
            (third, "To the town", (hit(third, "To the town", "شبام حضرموت", None),)),
        ),
    ]


def test_a_name_has_one_row_over_all_files(batch: list[TranslatedArticle]) -> None:
    (row,) = name_rows(term_segments(batch))
    assert (row.target, row.n_occurrences) == ("Shibam", 3)
    assert row.sources == {"شبام": 2, "شبام حضرموت": 1}
    assert row.spellings == {"Shibam": 1, "Shebam": 1}
    assert row.violated == [("wire/b.txt", "b:2")]
    assert row.changes == ["Shebam", "Shibam"]


def test_names_that_were_not_obeyed_come_first() -> None:
    text, english = "في شبام", "In Shibam"
    good = hit(text, english, "شبام", "Shibam", target="Aden")
    bad = hit(text, english, "شبام", None, target="Zabid")
    rows = name_rows(term_segments([article("a", (text, english, (good, good, bad)))]))
    assert [row.target for row in rows] == ["Zabid", "Aden"]


def test_the_table_says_how_often_how_spelt_and_where_not(batch: list[TranslatedArticle]) -> None:
    table = render_name_table(term_segments(batch))
    assert table.startswith("3 glossary terms: 2 right at once, 0 repaired, 1 violated, 0 ambiguous\n")
    assert "Shibam (place, شبام / شبام حضرموت): 2 right at once, 1 violated" in table
    assert "spelt Shibam 1x, Shebam 1x" in table
    assert "not obeyed in wire/b.txt b:2" in table


def test_json_has_names_and_occurrences(batch: list[TranslatedArticle]) -> None:
    record = json.loads(render_terms_json(term_segments(batch)))
    assert record["schema"] == 1
    assert record["counts"] == {"at_once": 2, "repaired": 0, "violated": 1, "ambiguous": 0}
    assert [(name["target"], name["occurrences"]) for name in record["names"]] == [("Shibam", 3)]
    assert record["names"][0]["violated_in"] == [{"document": "wire/b.txt", "segment": "b:2"}]
    assert [o["target_span_chars"] for o in record["occurrences"]] == [[3, 9], [5, 11], None]


def test_the_page_marks_names_in_both_languages_and_links_what_is_wrong(
    batch: list[TranslatedArticle],
) -> None:
    page = render_terms_page(term_segments(batch), batch[0].signature)
    assert '<mark class="at_once" title="شبام (place); as the glossary says">Shibam</mark>' in page
    assert '<p class="ar" lang="ar" dir="rtl">في <mark' in page
    assert '<a href="#s3">3</a>' in page
    assert '<section id="s3">' in page
    assert "wire/b.txt" in page
    assert "model:made-up" in page
    assert "No names here" not in page


def test_the_page_loads_nothing_and_escapes_everything(batch: list[TranslatedArticle]) -> None:
    page = render_terms_page(term_segments(batch), batch[0].signature)
    assert "<b>" not in page
    assert "In <mark" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "prefers-color-scheme: dark" in page


def test_words_of_art_are_in_the_files_for_machines_only() -> None:
    text, english = "غارة على شبام", "A strike on Shibam"
    advice = hit(
        text,
        english,
        "غارة",
        None,
        target="airstrike",
        status=TermStatus.AMBIGUOUS,
        steps=("advice only",),
    )
    segments = term_segments([article("a", (text, english, (advice,)))])
    assert json.loads(render_terms_json(segments))["names"][0]["reworded"] == 1
    assert "airstrike" not in render_terms_page(segments, Signature())


def test_an_unknown_ending_is_told_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match=r"no report format '\.pdf' \(one of \.tsv"):
        check_ending(Path("names.pdf"))
    assert main(["translate", str(tmp_path / "none.txt"), "--term-report", "names.pdf"]) == 2
    assert capsys.readouterr().err.startswith("khabar: --term-report: no report format")


@pytest.mark.parametrize("ending", [".tsv", ".txt", ".json", ".html", ""])
def test_a_run_without_terms_writes_a_report_too(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"names{ending}"
    TermCollector().write(path)
    assert path.read_text(encoding="utf-8").endswith("\n")


@pytest.mark.parametrize("folder", [False, True])
def test_many_files_share_a_report(tmp_path: Path, folder: bool) -> None:
    """From the command line: several files, or a folder."""
    wire = tmp_path / "wire"
    wire.mkdir()
    (wire / "a.txt").write_text("وصل إلى شبام أمس.\n", encoding="utf-8")
    (wire / "b.txt").write_text("غادر شبام اليوم.\n", encoding="utf-8")
    (tmp_path / "g.tsv").write_text("شبام\tShibam\n", encoding="utf-8")
    sources = [str(wire)] if folder else [str(wire / "a.txt"), str(wire / "b.txt")]
    report = tmp_path / "names.json"
    options = ["-o", str(tmp_path / "out"), "-g", str(tmp_path / "g.tsv"), "--term-report", str(report)]
    assert main(["translate", *sources, *options, *ECHO]) == 0
    (name,) = json.loads(report.read_text(encoding="utf-8"))["names"]
    assert (name["target"], name["occurrences"], name["violated"]) == ("Shibam", 2, 2)
    assert {Path(place["document"]).name for place in name["violated_in"]} == {"a.txt", "b.txt"}
