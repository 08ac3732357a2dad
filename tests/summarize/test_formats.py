"""How a brief looks: text, Markdown, the HTML page, JSON; and the two commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from khabar.cli.main import main
from khabar_core.errors import InputError, UsageError
from khabar_core.records import Briefing, BriefSentence, Check, TranslatedArticle
from khabar_summarize import BriefOptions, Summarizer, english_article
from khabar_summarize.formats import brief_data, citations, render_briefs

MakeArticle = Callable[..., TranslatedArticle]
HOSTILE = '<script>alert(1)</script> & "quotes" \u202eevil\u202c [link](javascript:x) *bold* \u0007'


@pytest.fixture
def article(translated: MakeArticle) -> TranslatedArticle:
    return translated(
        "wire",
        [
            ("قال الوزير إن الجسر أعيد فتحه.", "The minister said the bridge had reopened."),
            ("وأضاف أن الكلفة بلغت 12 مليونا.", "He added that the cost was 12 million."),
        ],
    )


@pytest.fixture
def briefing() -> Briefing:
    sentences = (
        BriefSentence(
            text="The bridge has reopened.",
            cites=("wire:1",),
            mode="abstractive",
            support=0.9,
            checks=(Check(name="names", passed=True), Check(name="content", passed=True, detail="90%")),
        ),
        BriefSentence(text="It cost 12 million.", cites=("wire:2", "wire:1"), mode="extractive", support=1.0),
    )
    return Briefing(sentences=sentences, articles=("wire",), notes=("a remark",))


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_text_is_the_sentences_and_citations_are_optional(
    briefing: Briefing, article: TranslatedArticle
) -> None:
    assert render_briefs([briefing], [article]) == "The bridge has reopened. It cost 12 million.\n"
    cited = render_briefs([briefing], [article], cite=True)
    assert cited == "The bridge has reopened. [1] It cost 12 million. [2, 1]\n"


def test_bullets_stand_on_lines_of_their_own(briefing: Briefing, article: TranslatedArticle) -> None:
    text = render_briefs([briefing], [article], style="bullets")
    assert text == "- The bridge has reopened.\n- It cost 12 million.\n"


def test_markdown_lists_its_sources_in_both_languages(briefing: Briefing, article: TranslatedArticle) -> None:
    text = render_briefs([briefing], [article], format="md", cite=True)
    assert "It cost 12 million. \\[2, 1\\]" in text
    assert "- \\[1\\] The minister said the bridge had reopened. — قال الوزير إن الجسر أعيد فتحه." in text


def test_citations_name_the_article_when_there_are_several(
    briefing: Briefing, article: TranslatedArticle
) -> None:
    other = english_article("Rain fell.", "other")
    assert "[wire:1]" in render_briefs([briefing], [article, other], cite=True)


def test_the_page_shows_both_languages_beside_each_sentence(
    briefing: Briefing, article: TranslatedArticle
) -> None:
    page = Page(render_briefs([briefing], [article], format="html"))
    assert page.unbalanced == []
    assert ("p", "dir", "rtl") in page.attributes
    assert ("p", "lang", "ar") in page.attributes
    for text in ("قال الوزير إن الجسر أعيد فتحه.", "The minister said the bridge had reopened.", "a remark"):
        assert text in page.words


def test_the_page_loads_nothing_and_runs_nothing(translated: MakeArticle) -> None:
    article = translated("<b>id", [(HOSTILE, HOSTILE)])
    sentence = BriefSentence(text=HOSTILE, cites=("<b>id:1",), mode="abstractive", support=0.5)
    page = render_briefs([Briefing(sentences=(sentence,), notes=(HOSTILE,))], [article], format="html")
    assert "<script>alert" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "default-src 'none'" in page
    assert "\u202e" not in page
    assert Page(page).unbalanced == []


def test_markdown_of_hostile_text_is_only_text(translated: MakeArticle) -> None:
    article = translated("x", [(HOSTILE, HOSTILE)])
    sentence = BriefSentence(text="# " + HOSTILE, cites=("x:1",), mode="abstractive", support=0.5)
    text = render_briefs([Briefing(sentences=(sentence,))], [article], format="md", cite=True)
    assert "<script>" not in text
    assert not re.search(r"(?<!\\)\](?:\(|\[)", text)
    assert text.startswith("\\#")
    assert "\u0007" not in text


@pytest.mark.parametrize("text", ["- item", "12. item", "+ item", "= item"])
def test_markdown_does_not_turn_a_sentence_into_a_list(text: str) -> None:
    sentence = BriefSentence(text=text, cites=("x:1",), mode="extractive", support=1.0)
    shown = render_briefs([Briefing(sentences=(sentence,))], [english_article("A b.", "x")], format="md")
    assert not re.match(r"(?:[-+=]|\d+\.) ", shown)


def test_a_citation_that_leads_nowhere_is_an_error(briefing: Briefing) -> None:
    with pytest.raises(InputError, match="a citation points to wire:1"):
        citations([briefing], [english_article("A b.", "x")])


def test_an_unknown_format_is_refused(briefing: Briefing, article: TranslatedArticle) -> None:
    with pytest.raises(UsageError, match="unknown format pdf"):
        render_briefs([briefing], [article], format="pdf")


def test_json_holds_every_source_of_every_sentence(briefing: Briefing, article: TranslatedArticle) -> None:
    data = json.loads(json.dumps(brief_data(briefing, [article]), ensure_ascii=False))
    assert data["brief"] == briefing.text
    assert [source["id"] for source in data["sentences"][1]["sources"]] == ["wire:2", "wire:1"]
    assert data["sentences"][0]["sources"][0]["arabic"] == "قال الوزير إن الجسر أعيد فتحه."
    assert data["sentences"][0]["checks"][1] == {"name": "content", "passed": True, "detail": "90%"}


@pytest.fixture
def wire(tmp_path: Path, ceasefire: tuple[str, ...]) -> Path:
    path = tmp_path / "wire.en.txt"
    path.write_text("\n".join(ceasefire) + "\n", encoding="utf-8")
    return path


def test_summarize_prints_the_brief_and_keeps_remarks_apart(
    wire: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summarize", str(wire), "--extractive", "--cite", "--max-words", "60"]) == 0
    out, err = capsys.readouterr()
    assert "Hans Grundberg said. [1]" in out
    assert "note: extractive" in err
    assert "note" not in out


def test_summarize_writes_one_json_object_a_line(wire: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summarize", str(wire), "--extractive", "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    data = json.loads(line)
    assert data["schema"] == 1
    assert {"brief", "sentences", "articles", "signature", "notes"} <= set(data)
    assert err == ""


def test_the_output_files_name_says_its_format(wire: Path, tmp_path: Path) -> None:
    target = tmp_path / "brief.html"
    assert main(["summarize", str(wire), "--extractive", "--quiet", "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_an_echo_engine_in_place_of_a_model_cannot_put_words_into_a_brief(
    wire: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It "retells" each numbered sentence in capitals; what comes out must still be supported."""
    assert main(["summarize", str(wire), "--model", "echo", "--json", "--quiet"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert all(sentence["cites"] for sentence in data["sentences"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--max-words", "1"], 2, "--max-words: must be between 5 and 1000, got 1"),
        (["--style", "sonnet"], 2, "--style: unknown style sonnet"),
        (["--format", "pdf"], 2, "--format: unknown format 'pdf'"),
        (["--json", "--format", "md"], 2, "--json: --json means --format json"),
    ],
)
def test_options_that_make_no_sense_are_named(
    wire: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summarize", str(wire), "--extractive", *arguments]) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        (
            "قال الوزير إن الجسر أعيد فتحه.",
            "the article is Arabic (use khabar brief, which translates first)",
        ),
        ("Al Ahly 2 - 1 Zamalek\nRaja 0 - 0 Wydad\n", "no sentences to write a brief from"),
    ],
)
def test_unusable_articles_get_one_clear_line(
    tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(content, encoding="utf-8")
    assert main(["summarize", str(path), "--extractive"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_brief_translates_first_and_cites_the_arabic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the echo engine the "translation" is the Arabic itself, so the extract is Arabic too."""
    path = tmp_path / "wire.ar.txt"
    path.write_text(
        "قال وزير الأشغال في بغداد يوم الأحد إن الجسر أعيد فتحه بعد إصلاح استمر أشهرا.\n",
        encoding="utf-8",
    )
    assert main(["brief", str(path), "--model", "echo", "--extractive", "--json", "--quiet"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["sentences"][0]["sources"][0]["arabic"].startswith("قال وزير الأشغال")


@pytest.mark.model
@pytest.mark.slow
def test_the_default_model_writes_a_brief_whose_facts_stand_in_the_article(
    ceasefire: tuple[str, ...], model_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KHABAR_HOME", str(model_home))
    article = english_article("\n".join(ceasefire), "marib")
    briefing = Summarizer.load(options=BriefOptions(max_words=70)).brief([article])
    assert any(sentence.mode == "abstractive" for sentence in briefing.sentences)
    assert all(check.passed for sentence in briefing.sentences for check in sentence.checks)
    numbers = set(re.findall(r"\d+", briefing.text))
    assert numbers <= set(re.findall(r"\d+", " ".join(ceasefire)))
