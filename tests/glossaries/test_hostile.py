"""Whatever a file or text holds, reading it ends in entries or in one clear error, and searching it ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import GlossaryError
from khabar_glossaries import Entry, Glossary
from khabar_glossaries.english import find_form, plain
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


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("tsv", "Idlib\tإدلب\n", "x:1: no Arabic letter in source 'Idlib' (the columns look swapped"),
        ("tsv", "إدلب\t\n", "x:1: no English for إدلب"),
        ("tsv", "\tIdlib\n", "x:1: the Arabic side is empty"),
        ("tsv", "إدلب\n", "x:1: 1 columns and no header line"),
        ("tsv", "إدلب\t" + "x" * 500 + "\n", "x:1: a name of 500 characters"),
        ("tsv", "إدلب\tIdlib; دمشق = Paris\n", "x:1: Arabic letters in target"),
        ("csv", 'source,target\n"إدلب,Idlib\n', "x:2: not CSV"),
        ("json", '{"entries": [{"source": "إدلب", "target": "\\ud800"}]}', "x: \\ud800 is half a character"),
        ("json", '{"إدلب": "Idlib", "إدلب": "Idleb"}', "x: entry 2: إدلب stands already at entry 1"),
        ("tbx", '<!DOCTYPE t [<!ENTITY a "b">]><tbx>&a;</tbx>', "x: entity declarations"),
    ],
)
def test_a_mistake_is_named_with_its_place(format: str, text: str, message: str) -> None:
    result = read(text.encode("utf-8"), format)
    assert isinstance(result, str)
    assert result.startswith(message)


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("tsv", "\ufeffإدلب\tIdlib\n".encode()),
        ("tsv", "source\ttarget\r\nإدلب\tIdlib\r\n".encode()),
        ("tsv", "source\ttarget\rإدلب\tIdlib\r".encode()),
        ("tsv", "\u200fإد\u200fلب\u202b\t\u200eIdlib\u200e\n".encode()),
        ("tsv", "إدلب\tIdlib\n".encode("utf-16")),
        ("csv", 'source,target\n"إدلب","Id\tlib"\n'.encode()),
        ("json", '{"entries": [{"source": "إدلب\\n", "target": "Id\\nlib"}]}'.encode()),
    ],
)
def test_what_is_only_untidy_is_read(format: str, data: bytes) -> None:
    result = read(data, format)
    assert not isinstance(result, str)
    assert [(entry.source, entry.target.replace(" ", "")) for entry in result] == [("إدلب", "Idlib")]


def test_characters_of_regular_expressions_are_letters() -> None:
    glossary = Glossary([[Entry(source="حمص+", target="H$oms^("), Entry(source="إدلب.*", target="Idlib")]])
    assert glossary.find("حمص وإدلب") == []
    (match,) = glossary.find("في حمص+ أمس")
    assert find_form(plain("In H$oms^( now"), match.entry.target) == [(3, 10)]


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
