"""Whatever a file or text holds, reading it ends in entries or in one clear error, and searching it ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import GlossaryError
from khabar_glossaries import Entry, Glossary
from khabar_glossaries.formats import FORMATS, decode_entries
from khabar_glossaries.lint import lint

FRAGMENTS = [
    "source\ttarget\n",
    "source,target\n",
    "إدلب",
    "Idlib",
    "\t",
    "\n",
    "\r\n",
    ",",
    ";",
    '"',
    "|",
    "#",
    "\x00",
    "\ufeff",
    '{"schema": 1, "entries": [',
    "]}",
    '{"source": "إدلب", "target": "Idlib"}',
    "[",
    "]",
    "null",
    "1e999",
    "\\ud800",
    "<tbx>",
    "</tbx>",
    "<tmx><body>",
    "</body></tmx>",
    "<tu>",
    "</tu>",
    '<tuv xml:lang="ar"><seg>إدلب</seg></tuv>',
    "<conceptEntry>",
    "</conceptEntry>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE tmx>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&bad;",
    "&#0;",
    "\u202e",
    "\N{ARABIC TATWEEL}",
    "للل",
    "ال",
    "و",
]
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)


def read(data: bytes, format: str) -> list[Entry] | str:
    """The entries, or the message of the error; any other exception is a bug."""
    try:
        return decode_entries(data, format=format, name="x", layer="x")
    except GlossaryError as error:
        return str(error)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=100)
@given(texts)
def test_a_scrambled_file_gives_entries_or_one_line(format: str, text: str) -> None:
    result = read(text.encode("utf-8"), format)
    if isinstance(result, str):
        assert result.startswith("x")
        assert "\n" not in result
    else:
        lint([result])
        Glossary([result]).find(text)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60)
@given(st.binary(max_size=80))
def test_random_bytes_give_entries_or_one_line(format: str, data: bytes) -> None:
    result = read(data, format)
    assert not isinstance(result, str) or result.startswith("x")


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    glossary = Glossary(
        [
            [
                Entry(source="إدلب", target="Idlib"),
                Entry(source="ل", target="L"),
                Entry(source="الل", target="X"),
            ]
        ]
    )
    for match in glossary.find(text + "ولل" + text + "إدلب"):
        assert 0 <= match.span[0] < match.span[1] <= 2 * len(text) + 7
