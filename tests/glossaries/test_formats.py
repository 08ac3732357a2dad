"""Reading and writing glossaries: lossless, bounded, with file and line in every error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import GlossaryError, InputError, UsageError
from khabar_glossaries import ENTRY_TYPES, Entry, formats
from khabar_glossaries.entry import make_entry
from khabar_glossaries.formats import FORMATS, parse_entries, read_entries, render_entries, write_entries

ARABIC_WORDS = st.text(alphabet="ابتثجحخدذرزسشصضطعغفقكلمنهوي ", min_size=2, max_size=12).map(str.strip)
ENGLISH_WORDS = st.text(alphabet="abcdefghijklmnop'&<>\"-. ", min_size=1, max_size=14).map(
    lambda s: "X" + s.strip()
)
NOTES = st.text(alphabet="abc&<>\"' =;|,é", max_size=12).map(lambda s: " ".join(s.split()))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    raw = Entry(
        source="ا" + draw(ARABIC_WORDS),
        target=draw(ENGLISH_WORDS),
        variants=tuple("ب" + word for word in draw(st.lists(ARABIC_WORDS, max_size=2))),
        accepted=tuple(draw(st.lists(ENGLISH_WORDS, max_size=2))),
        type=draw(st.sampled_from(ENTRY_TYPES)),
        forbidden=tuple(draw(st.lists(ENGLISH_WORDS, max_size=1))),
        note=draw(NOTES),
        origin=draw(NOTES),
        date=draw(st.sampled_from(["", "2026-11", "2026-11-05"])),
        case=draw(st.sampled_from(["", "exact", "any"])),
    )
    return make_entry(raw, where="test")


def bare(entry: Entry) -> Entry:
    """Without the place it was read from."""
    import dataclasses

    return dataclasses.replace(entry, layer="", line=0)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=30)
@given(st.lists(entries(), max_size=4))
def test_every_format_brings_back_what_was_written(format: str, written: list[Entry]) -> None:
    text = render_entries(written, format)
    assert [bare(e) for e in parse_entries(text, format=format, name="x")] == [bare(e) for e in written]


def test_two_columns_without_a_header_are_arabic_and_english() -> None:
    (entry,) = parse_entries("إدلب\tIdlib\n", format="tsv", name="x.tsv")
    assert (entry.source, entry.target, entry.line) == ("إدلب", "Idlib", 1)


def test_bom_crlf_comments_and_blank_lines_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("\ufeffsource\ttarget\r\n# remark\r\n\r\nإدلب\tIdlib\r\n".encode())
    (entry,) = read_entries(path)
    assert (entry.source, entry.target, entry.line, entry.layer) == ("إدلب", "Idlib", 4, "a.tsv")


def test_utf16_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("source;target\r\nإدلب;Idlib\r\n".encode("utf-16"))
    assert read_entries(path)[0].target == "Idlib"


def test_a_quoted_comma_and_quote_in_csv() -> None:
    (entry,) = parse_entries('source,target,note\nحلب,"Aleppo, ""Halab""",x\n', format="csv", name="x")
    assert entry.target == 'Aleppo, "Halab"'


def test_invisible_characters_in_a_key_are_dropped() -> None:
    (entry,) = parse_entries("\u202bإدلب\u200f\tIdlib\u200e\n", format="tsv", name="x")
    assert (entry.source, entry.target) == ("إدلب", "Idlib")


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("tsv", "source\ttarget\nIdlib\tإدلب\n", r"g\.tsv:2: .*columns look swapped"),
        ("tsv", "source\ttarget\nإدلب\t\n", r"g\.tsv:2: no English for إدلب"),
        ("tsv", "source\ttarget\n\tIdlib\n", r"g\.tsv:2: the Arabic side is empty"),
        ("tsv", "source\ttarget\nإدلب\tIdlib\textra\n", r"g\.tsv:2: 2 columns expected, 3 found"),
        ("tsv", "source\ttarget\tcolour\n", r"g\.tsv:1: unknown column 'colour'"),
        ("tsv", "source\tsource\ttarget\n", r"g\.tsv:1: column source twice"),
        ("tsv", "source\tnote\n", r"g\.tsv:1: column target is missing"),
        ("tsv", "a\tb\tc\td\te\n", r"g\.tsv:1: 5 columns and no header"),
        ("tsv", "source\ttarget\ttype\nإدلب\tIdlib\tcity\n", r"g\.tsv:2: unknown type 'city'"),
        ("tsv", "source\ttarget\nإدلب\t" + "x" * 5000 + "\n", r"g\.tsv:2: a name of 5000 characters"),
        ("csv", 'source,target\nإدلب,"Idlib\n', r"g\.csv:2: not CSV"),
        ("json", "{", r"g\.json:1: not JSON"),
        ("json", '{"إدلب": "Idlib", "إدلب": "Idleb"}', r"entry 2: إدلب stands already at entry 1"),
        ("json", '{"schema": 9, "entries": []}', r"schema 9"),
        ("json", '[{"source": "إدلب", "target": 3}]', r"entry 1: target must be a string"),
        ("json", "[" * 100_000, r"nested too deeply"),
        ("json", "3", r"a list of entries expected"),
        ("tbx", "<tbx><text>", r"g\.tbx:1: not XML"),
        ("tbx", "<html/>", r"root element 'html'"),
        ("tbx", "", r"not XML"),
        (
            "tmx",
            "<tmx><body>\n<tu><tuv xml:lang='ar'><seg>إدلب</seg></tuv></tu></body></tmx>",
            r"g\.tmx:2: a unit",
        ),
        ("tsv", "source\ttarget\nإد\x00لب\tIdlib\n", r"NUL"),
    ],
)
def test_a_malformed_file_says_where_and_what(format: str, text: str, message: str) -> None:
    with pytest.raises(GlossaryError, match=message):
        parse_entries(text, format=format, name=f"g.{format}")


BOMB = """<?xml version="1.0"?>
<!DOCTYPE tbx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<tbx><text><body><conceptEntry><note>&b;</note></conceptEntry></body></text></tbx>"""
FILE_READER = """<?xml version="1.0"?>
<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/hostname">]><tmx><body>&a;</body></tmx>"""


@pytest.mark.parametrize(("format", "text"), [("tbx", BOMB), ("tmx", FILE_READER)])
def test_entities_are_refused(format: str, text: str) -> None:
    with pytest.raises(GlossaryError, match="entity declarations or external references"):
        parse_entries(text, format=format, name="x")


def test_deeply_nested_xml_is_refused() -> None:
    with pytest.raises(GlossaryError, match="nested deeper"):
        parse_entries("<tbx>" + "<a>" * 50_000 + "</a>" * 50_000 + "</tbx>", format="tbx", name="x")


def test_a_tmx_doctype_is_harmless() -> None:
    text = '<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4"><body></body></tmx>'
    assert parse_entries(text, format="tmx", name="x") == []


def test_tbx_of_another_tool_is_read() -> None:
    text = """<martif type="TBX" xml:lang="en"><text><body>
    <termEntry id="1"><descrip type="subjectField">geography</descrip>
    <langSet xml:lang="ar-SA"><tig><term>إدلب</term></tig></langSet>
    <langSet xml:lang="en-US">
    <tig><term>Idleb</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig>
    <ntig><termGrp><term>Idlib</term></termGrp></ntig></langSet></termEntry>
    </body></text></martif>"""
    (entry,) = parse_entries(text, format="tbx", name="x")
    assert (entry.source, entry.target, entry.forbidden, entry.type, entry.line) == (
        "إدلب", "Idlib", ("Idleb",), "other", 2,
    )  # fmt: skip


def test_a_format_that_cannot_carry_a_field_refuses() -> None:
    entry = Entry(source="إدلب", target="Idlib", accepted=("A|B",))
    with pytest.raises(GlossaryError, match="list separator"):
        render_entries([entry], "tsv")


def test_bad_bytes_are_reported_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "g.tsv"
    path.write_bytes("source\ttarget\nإدلب\t".encode() + b"\xff\n")
    with pytest.raises(GlossaryError, match=r"g\.tsv:2: not UTF-8 at byte"):
        read_entries(path)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_BYTES", 1_000)
    path = tmp_path / "g.tsv"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)  # sparse: takes no room
    with pytest.raises(GlossaryError, match="larger than"):
        read_entries(path)


def test_missing_file_directory_and_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such glossary file"):
        read_entries(tmp_path / "no.tsv")
    with pytest.raises(InputError, match="cannot be read"):
        read_entries(tmp_path)
    with pytest.raises(UsageError, match="unknown glossary format 'xls'"):
        read_entries(tmp_path / "no.tsv", format="xls")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "g.tsv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(GlossaryError):
        write_entries([Entry(source="إدلب", target="A", accepted=("a|b",))], path)
    assert path.read_text(encoding="utf-8") == "old"
    write_entries([Entry(source="إدلب", target="Idlib")], path)
    assert read_entries(path)[0].target == "Idlib"
