"""Emphasis and links stand in the translation where that is certain, and no address is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from khabar_core.engines.base import Request
from khabar_core.engines.echo import EchoEngine
from khabar_glossaries import Entry, Glossary
from khabar_mt import Translator
from khabar_mt.documents.inline import Anchor, place_marks
from khabar_mt.documents.markdown_line import parse_line

from .conftest import Writer

NAMES = Glossary(
    [
        [
            Entry(source="خان يونس", target="Khan Younis", type="place"),
            Entry(source="سالم الهادي", target="Salem al-Hadi", type="person"),
        ]
    ]
)
# What the engine of these tests writes for each sentence.
ENGLISH = {
    "وصل سالم الهادي إلى خان يونس أمس.": "Salem al-Hadi arrived in Khan Younis yesterday.",
    "ولم يدل بتصريح.": "He made no statement.",
    "وكان معه 34 موظفا.": "He had 34 staff with him.",
    "المصدر: وكالة محلية": "Source: a local agency",
    "قرأ الخبر في BBC News عن 34 رجلا.": "He read about 34 men on BBC News.",
    "ينتظر الناس الحافلة": "People wait for the bus",
}


def translate(document: Writer, name: str, content: str) -> str:
    def reply(request: Request) -> str:
        return ENGLISH[request.text]

    read = document(name, content)
    translated = Translator(EchoEngine(reply), glossary=NAMES).translate(read.article)
    return read.render_translated(translated).decode("utf-8")


@pytest.mark.parametrize(
    ("arabic", "english"),
    [
        # names of the glossary, also with what is written together with them
        (
            "وصل **سالم الهادي** إلى *خان يونس* أمس.",
            "**Salem al-Hadi** arrived in *Khan Younis* yesterday.",
        ),
        (
            'وصل [سالم الهادي](/s "من هو") إلى [**خان يونس**](/k) أمس.',
            '[Salem al-Hadi](/s "من هو") arrived in [**Khan Younis**](/k) yesterday.',
        ),
        # whole sentences
        (
            "**وصل سالم الهادي إلى خان يونس أمس.** ولم يدل بتصريح.",
            "**Salem al-Hadi arrived in Khan Younis yesterday.** He made no statement.",
        ),
        (
            "**وصل _سالم الهادي_ إلى خان يونس أمس. ولم يدل بتصريح.** وكان معه 34 موظفا.",
            "**_Salem al-Hadi_ arrived in Khan Younis yesterday. He made no statement.** "
            "He had 34 staff with him.",
        ),
        ("**نيويورك** - ولم يدل بتصريح.", "**NEW YORK** - He made no statement."),
        # numbers and what stands alike in both
        ("وكان معه **٣٤** موظفا.", "He had **34** staff with him."),
        (
            "قرأ الخبر في [BBC News](/b) عن ***34*** رجلا.",
            "He read about ***34*** men on [BBC News](/b).",
        ),
        # a label
        ("**المصدر:** وكالة محلية", "**Source**: a local agency"),
        # what has no certain place: emphasis is dropped, a link goes behind
        ("وصل سالم الهادي إلى خان يونس **أمس**.", "Salem al-Hadi arrived in Khan Younis yesterday."),
        (
            "ينتظر [الناس](/n) **الحافلة**",
            "People wait for the bus ([link](/n))",
        ),
        ("ينتظر <a href='/n'>الناس</a> الحافلة", "People wait for the bus (<a href='/n'>link</a>)"),
        (
            "ينتظر الناس الحافلة [![صورة](p.png)](/big) <!-- سر -->",
            "People wait for the bus <!-- سر --> [![صورة](p.png)](/big)",
        ),
        ("ينتظر <a href='/n'>الناس الحافلة", "People wait for the bus <a href='/n'>link</a>"),
    ],
)
def test_markdown(document: Writer, arabic: str, english: str) -> None:
    assert translate(document, "a.md", f"{arabic}\n") == f"{english}\n"


@pytest.mark.parametrize(
    ("arabic", "english"),
    [
        (
            "وصل <b>سالم الهادي</b> إلى <a href='/k'>خان يونس</a> أمس.",
            '<b>Salem al-Hadi</b> arrived in <a href="/k">Khan Younis</a> yesterday.',
        ),
        (
            "<strong>وصل <i class='n'>سالم الهادي</i> إلى خان يونس أمس.</strong> ولم يدل بتصريح.",
            '<strong><i class="n">Salem al-Hadi</i> arrived in Khan Younis yesterday.</strong> '
            "He made no statement.",
        ),
        (
            "وصل <a href='/s'><img src='s.png'> <b>سالم الهادي</b></a> إلى خان يونس أمس.",
            '<a href="/s"><img src="s.png"><b>Salem al-Hadi</b></a> arrived in Khan Younis yesterday.',
        ),
        ("وكان معه <em>34</em> موظفا.", "He had <em>34</em> staff with him."),
        ("<b>المصدر:</b> وكالة محلية", "<b>Source</b>: a local agency"),
        (
            "ينتظر <a href='/n'>الناس</a> <b>الحافلة</b><!-- سر -->",
            'People wait for the bus <a href="/n">[link]</a><!-- سر -->',
        ),
        ("ينتظر <a href='/n'><img src='p.png'></a> الناس الحافلة", None),
    ],
)
def test_html(document: Writer, arabic: str, english: str | None) -> None:
    if english is None:
        english = 'People wait for the bus <a href="/n"><img src="p.png"></a>'
    assert translate(document, "a.html", f"<p>{arabic}</p>") == f"<p>{english}</p>"


MARKS = st.lists(
    st.sampled_from(
        ["**", "*", "_", "`", "[", "](/x)", "<b>", "</b>", "<a href='/y'>", "</a>", "<!--", "-->"]
    )
    | st.sampled_from(["<!--", "-->", "نص", "34", " ", ".", "BBC", "\\", "![", "<http://a_b_c>"]),
    max_size=16,
).map("".join)


@given(MARKS, st.text(alphabet="ab 34BC*`<.", max_size=20))
@settings(max_examples=100)
def test_no_markdown_address_is_lost(source: str, english: str) -> None:
    """Whatever a line is made of, each link that it has is there afterwards, and our own signs are not."""
    out = parse_line(source).write(english)
    assert not re.search("[\U000f0000-\U0010ffff]", out)
    visible = re.sub(r"`[^`]*`|<!--.*?-->", "", source)
    for address, pattern in (("/x", r"(?<!!)\[[^\[\]]+\]\(/x\)"), ("/y", r"<a href='/y'>")):
        if "`" not in source and "<!--" not in source and re.search(pattern, visible):
            assert address in out


@given(
    st.lists(st.sampled_from(["نص", "34", "BBC", " "]), min_size=1, max_size=6),
    st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<code>", "</code>", "<!--c-->"]), max_size=8),
    st.text(alphabet="ab 34BC", min_size=1, max_size=12),
)
@settings(max_examples=100)
def test_page_says_exactly_the_translation(words: list[str], tags: list[str], english: str) -> None:
    """Marks come and go; the words of the page are the translation's."""
    from khabar_mt.documents.base import Source
    from khabar_mt.documents.html import read

    pieces = [piece for pair in zip(words, [*tags, *[""] * len(words)], strict=False) for piece in pair]
    page = f"<p>نص {''.join(pieces)}<a href='/z'>رابط</a></p>"
    document = read(Source(where="a", id="a", data=page.encode()))
    if len(document.article.paragraphs) != 1:
        return
    out = html.fromstring(document.render([english]).decode())
    assert [a.get("href") for a in out.iter("a")] == ["/z"]
    said = " ".join("".join(t for t in out.itertext()).replace("[link]", "").split())
    codes = ["".join(code.itertext()) for code in out.iter("code")]
    assert said.startswith(" ".join(english.split())) or codes


def test_half_of_a_name_stands_for_the_name() -> None:
    anchor = Anchor((4, 16), (5, 12))
    assert place_marks("نقل وكالة رويترز عن", "said Reuters", [(10, 16)], [anchor]) == [(5, 12)]
    assert place_marks("نقل وكالة رويترز عن", "said Reuters", [(4, 9)], [anchor]) == [None]


def test_marks_never_cross() -> None:
    english = "a b c"
    anchors = [Anchor((0, 1), (0, 3)), Anchor((2, 3), (2, 5))]
    assert place_marks("س ص", english, [(0, 1), (2, 3)], anchors) == [(0, 3), None]


def test_a_mark_never_splits_a_word() -> None:
    assert place_marks("في 3", "by 35", [(3, 4)]) == [None]


def test_of_equal_words_the_one_at_the_same_turn_is_marked() -> None:
    assert place_marks("34 و34", "34 and 34", [(4, 6)]) == [(7, 9)]
    assert place_marks("34 و34", "34, 34 and 34", [(4, 6)]) == [None]


def test_a_line_of_open_tags_is_read_in_reasonable_time() -> None:
    assert parse_line("<b>" * 6000).text == ""
    assert parse_line("<a href=x>" * 1900).write("a").count("href") == 1900
