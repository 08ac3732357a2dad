"""Character references in pasted text reach the model as characters, and nothing else changes."""

from __future__ import annotations

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.engines.base import Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.records import Article
from khabar_glossaries import Entry, Glossary
from khabar_mt import TranslateOptions, Translator
from khabar_mt.references import decode_references, open_references

_PIECES = "&quot; &amp; &nbsp; &#1575; &#x627; &lt; &rlm; & ; &amp;quot; &#0; قال . &unheard; AT&T a"
PIECES = st.lists(st.sampled_from([*_PIECES.split(), " "]), max_size=12).map("".join)


@given(PIECES)
@settings(max_examples=100)
def test_opening_keeps_every_position(text: str) -> None:
    opened = open_references(text)
    assert len(opened) == len(text)
    bare = decode_references(text).replace("\u200f", "")
    assert "".join(opened.replace("\u200f", "").split()) == "".join(bare.split())


@given(st.text(alphabet="قال و&<>\"'0aب"))
def test_what_the_standard_library_escapes_is_read_back(text: str) -> None:
    # Without a semicolon nothing is a reference, so that names such as AT&T stay.
    assert decode_references(html.escape(text)) == text


def _translate(text: str) -> tuple[str, list[str]]:
    """The English paragraph, each sentence of which is its number, and what the engine was asked."""
    asked: list[str] = []

    def reply(request: Request) -> str:
        asked.append(request.text)
        return f"Sentence {len(asked)}"

    translator = Translator(EchoEngine(reply), options=TranslateOptions(ladder=False, chunk_segments=1))
    return translator.translate(Article(id="t", paragraphs=(text,))).paragraphs[0], asked


@pytest.mark.parametrize(
    ("pasted", "seen"),
    [
        ("قال &quot;نعم&quot; ثم خرج", ['قال "نعم" ثم خرج']),
        ("شركة &amp;quot;النور&amp;quot; &amp; شركاؤه", ['شركة "النور" & شركاؤه']),
        ("&#1582;&#1585;&#1580; &#1575;&#1604;&#1608;&#1601;&#1583;", ["خرج الوفد"]),
        ("قال&nbsp;الوزير: &laquo;نعم.&raquo; وخرج بعد ذلك.", ["قال الوزير: «نعم.»", "وخرج بعد ذلك."]),
        ("شركة AT&T في دبي", ["شركة AT&T في دبي"]),
    ],
)
def test_the_model_reads_characters(pasted: str, seen: list[str]) -> None:
    assert _translate(pasted)[1] == seen


@pytest.mark.parametrize(
    "text", ["He said &quot;yes&quot;.&nbsp; Then he left.", "&nbsp;", "&copy; 2024", " &amp; "]
)
def test_text_that_is_not_translated_stays_as_it_is(text: str) -> None:
    assert _translate(text)[0] == text


def test_space_between_sentences_is_what_the_reference_means() -> None:
    english, _ = _translate("خرج الوفد صباحا.&nbsp;وعاد في المساء.")
    assert english == "Sentence 1.\u00a0Sentence 2."


def test_a_name_written_with_a_reference_is_found() -> None:
    glossary = Glossary([[Entry(source="خان يونس", target="Khan Younis", type="place")]])
    text = "وصلت القافلة إلى &quot;خان&nbsp;يونس&quot; أمس"
    translated = Translator(
        EchoEngine(lambda request: "A convoy reached Khan Younis yesterday"), glossary
    ).translate(text)
    (hit,) = translated.translations[0].terms
    assert text[slice(*hit.source_span)] == "خان&nbsp;يونس"
