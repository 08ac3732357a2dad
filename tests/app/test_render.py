"""Renderings show everything and obey nothing that an article contains."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.render import FORMATS, render
from khabar.render.marks import Mark, enclose
from khabar.render.terms import render_terms, summarise_terms, term_segments
from khabar_core.errors import UsageError
from khabar_core.records import Article, TranslatedArticle


class _Tags(HTMLParser):
    """Collects tags and attributes, and checks that tags close in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> _Tags:
    """Parse a page; its tags must be balanced."""
    tags = _Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


def test_page_shows_both_languages_with_their_direction(translated: TranslatedArticle) -> None:
    tags = parsed(render(translated, "html"))
    english = [attributes for tag, attributes in tags.seen if attributes.get("class") == "en"]
    arabic = [attributes for tag, attributes in tags.seen if attributes.get("class") == "ar"]
    assert len(english) == len(arabic) == 4, "one row for each paragraph that has text"
    assert {attributes["dir"] for attributes in english} == {"ltr"}
    assert {attributes["dir"] for attributes in arabic} == {"rtl"}
    assert {attributes["lang"] for attributes in arabic} == {"ar"}
    for paragraph in (*translated.paragraphs, *translated.article.paragraphs):
        assert paragraph in tags.text.replace("1", "") or "34" in paragraph


def test_page_loads_and_runs_nothing(translated: TranslatedArticle) -> None:
    page = render(translated, "html")
    tags = parsed(page)
    assert not {tag for tag, _ in tags.seen} & {"script", "img", "link", "iframe", "object"}
    assert not any(
        name.startswith("on") or name in ("src", "style") for _, attrs in tags.seen for name in attrs
    )
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'; style-src 'sha256-" in page


def test_page_allows_its_own_style_sheet(translated: TranslatedArticle) -> None:
    """The hash in the policy is the one that a browser computes."""
    import base64
    import hashlib

    page = render(translated, "html")
    style = page[page.index("<style>") + 7 : page.index("</style>")]
    expected = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{expected}'" in page


def test_page_marks_names_and_says_why_a_sentence_is_doubtful(translated: TranslatedArticle) -> None:
    page = render(translated, "html")
    assert '<mark class="at_once" title="تعز (place); as the glossary says">Taiz</mark>' in page
    assert (
        'title="سالم (person); spelling repaired; hint; respelling: Salim -&gt; Salem">Salem</mark>' in page
    )
    assert '<mark class="violated" title="Sana&#x27;a (place); not as the glossary says">صنعاء</mark>' in page
    assert '<li id="note-1" value="1"><b>numbers:</b> <bdi>34 is missing</bdi></li>' in page
    assert page.count('class="doubtful"') == 1, "informative flags are no doubt"
    assert "&lt;script&gt;" in page


@given(
    text=st.text(alphabet="ab<>&", max_size=12),
    spans=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=6),
)
def test_marks_never_cross_nor_change_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [
        Mark((a, b), "<i>" if a % 2 else "<mark>", "</i>" if a % 2 else "</mark>") for a, b in spans if a < b
    ]
    assert parsed(enclose(text, marks)).text == text


def test_markdown_is_escaped_and_structured(translated: TranslatedArticle) -> None:
    markdown = render(translated, "md")
    assert markdown.startswith("# Truce in Taiz\n\nSalem said")
    assert '\\<script\\>alert("a")\\</script\\>' in markdown
    assert "\n- Item\n" in markdown
    assert "- Salem said soldiers had returned. (numbers: 34 is missing)" in markdown


def test_text_keeps_every_line(translated: TranslatedArticle) -> None:
    assert render(translated, "text") == "\n".join(translated.paragraphs) + "\n"


def test_json_has_the_documented_keys(translated: TranslatedArticle) -> None:
    record = json.loads(render(translated, "json"))
    assert list(record) == [
        "schema",
        "id",
        "title",
        "dateline",
        "language",
        "metadata",
        "paragraphs",
        "segments",
        "signature",
    ]
    assert record["paragraphs"][0] == {"src": "هدنة في تعز", "mt": "Truce in Taiz", "kind": "headline"}
    text = "\n".join(paragraph["src"] for paragraph in record["paragraphs"])
    for segment in record["segments"]:
        start, end = segment["span_chars"]
        assert text[start:end] == segment["src"]
        for term in segment["terms"]:
            start, end = term["source_span_chars"]
            assert segment["src"][start:end] == term["source"]


def test_json_lines_are_one_object_a_sentence(translated: TranslatedArticle) -> None:
    lines = render(translated, "jsonl").rstrip("\n").split("\n")
    records = [json.loads(line) for line in lines]
    assert [record["id"] for record in records] == [f"wire:{n}" for n in range(1, 6)]
    assert {record["schema"] for record in records} == {1}
    assert records[1]["flags"] == [{"kind": "numbers", "detail": "34 is missing", "informative": False}]
    assert records[1]["terms"][0]["status"] == "repaired"
    assert records[0]["logprob_per_token"] is None


def test_tsv_has_one_line_a_sentence(translated: TranslatedArticle) -> None:
    rows = [line.split("\t") for line in render(translated, "tsv").rstrip("\n").split("\n")]
    assert {len(row) for row in rows} == {5}
    assert rows[2] == [
        "wire:2",
        "قال سالم إن 34 جنديا عادوا.",
        "Salem said soldiers had returned.",
        "numbers",
        "-0.25",
    ]


def test_term_report_tells_every_occurrence(translated: TranslatedArticle) -> None:
    rows = [line.split("\t") for line in render_terms(term_segments([translated])).rstrip("\n").split("\n")]
    assert {len(row) for row in rows} == {11}
    assert [row[2] for row in rows] == ["status", "at_once", "repaired", "violated"]
    expected = "3 glossary terms: 1 right at once, 1 repaired, 1 violated, 0 ambiguous"
    assert summarise_terms(term_segments([translated])) == expected


def test_unknown_format_is_a_usage_error(translated: TranslatedArticle) -> None:
    with pytest.raises(UsageError, match=r"unknown format 'pdf' \(one of text, md"):
        render(translated, "pdf")


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_article_without_segments_is_rendered(format: str) -> None:
    empty = TranslatedArticle(article=Article(id="x", paragraphs=("",)), paragraphs=("",), translations=())
    assert re.fullmatch(r"[^\0]*\n|", render(empty, format))
