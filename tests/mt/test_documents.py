"""Documents come back as they were: text, Markdown, subtitles, tables, JSON lines."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pysubs2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khabar_core.errors import InputError, UsageError
from khabar_mt.documents import Document, guess_format, read_document

from .conftest import Writer

# White space and line ends that str.split, str.splitlines and text-mode files treat in their own ways.
HOSTILE = st.text(
    alphabet=st.sampled_from(
        list('اقلم أب 12.,;"#>-*|`[]()<>_\\:{}\t \n\r\x0b\x0c\x85\u2028\u2029\u200f\u00a0')
    ),
    min_size=1,
    max_size=80,
)
relaxed = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def translated(document: Document) -> str:
    """Render with every Arabic paragraph replaced by T0, T1, ..."""
    paragraphs = [f"T{n}" if text.strip() else text for n, text in enumerate(document.article.paragraphs)]
    return document.render(paragraphs).decode("utf-8")


@relaxed
@given(text=HOSTILE)
@pytest.mark.parametrize("format", ["txt", "md"])
def test_prose_comes_back_byte_for_byte(tmp_path: Path, format: str, text: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(text.encode())
    document = read_document(path, format=format)
    assert document.render(document.article.paragraphs) == path.read_bytes()


@relaxed
@given(
    cells=st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=4), end=st.sampled_from(["\n", "\r\n"])
)
@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_tables_come_back_byte_for_byte(
    tmp_path: Path, format: str, cells: list[tuple[str, str]], end: str
) -> None:
    import csv

    out = io.StringIO(newline="")
    rows = csv.writer(out, delimiter="," if format == "csv" else "\t", lineterminator=end)
    rows.writerow(["id", "text"])
    cells = [(a.replace("\r", ""), b.replace("\r", "")) for a, b in cells]  # csv does not quote a bare CR
    if format == "tsv":  # cells of TSV files have no line ends
        cells = [
            (a.replace("\n", " ").replace("\r", " ").replace("\t", " "), "ب" + " ".join(b.split()))
            for a, b in cells
        ]
    rows.writerows(cells)
    path = tmp_path / "a"
    path.write_bytes(out.getvalue().encode())
    document = read_document(path, format=format)
    assert document.render(document.article.paragraphs) == path.read_bytes()
    # The csv module agrees on what the cells are, when something is changed.
    changed = document.render(
        ['say "x"; y' if text.strip() else text for text in document.article.paragraphs]
    )
    read = list(
        csv.reader(io.StringIO(changed.decode(), newline=""), delimiter="," if format == "csv" else "\t")
    )
    assert [row[0] for row in read[1:]] == [first for first, _ in cells]


@relaxed
@given(values=st.lists(st.tuples(HOSTILE, st.booleans(), st.floats(allow_nan=False)), min_size=1, max_size=4))
def test_json_lines_come_back_byte_for_byte(tmp_path: Path, values: list[tuple[str, bool, float]]) -> None:
    rows = [json.dumps({"n": n, "text": text, "x": [text]}, ensure_ascii=ascii) for text, ascii, n in values]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(rows).encode())
    document = read_document(path)
    assert document.render(document.article.paragraphs) == path.read_bytes()
    changed = document.render(['T"\\'] * len(document.article.paragraphs)).decode()
    for row, (text, _, n) in zip(changed.split("\n"), values, strict=True):
        assert json.loads(row)["x"] == [text]
        assert json.loads(row)["n"] == n


@relaxed
@given(lines=st.lists(st.lists(HOSTILE, max_size=3), min_size=1, max_size=3))
@pytest.mark.parametrize("format", ["srt", "vtt"])
def test_subtitles_come_back_byte_for_byte(tmp_path: Path, format: str, lines: list[list[str]]) -> None:
    cues = ["\r\n".join(["1", f"00:00:0{n}.000 --> 00:00:09.500", *cue]) for n, cue in enumerate(lines)]
    path = tmp_path / "a"
    path.write_bytes(("WEBVTT\n\n" + "\r\n\r\n".join(cues)).encode())
    document = read_document(path, format=format)
    assert document.render(document.article.paragraphs) == path.read_bytes()


def test_rendering_checks_the_number_of_paragraphs(document: Writer) -> None:
    """Silent truncation would shift every later line."""
    with pytest.raises(ValueError, match="2 paragraphs expected, 1 given"):
        document("a.txt", "أ\nب").render(["A"])


def test_a_translation_cannot_add_lines(document: Writer) -> None:
    assert document("a.txt", "أ\nب\n").render(["A\nB", "C\u2028D"]) == b"A B\nC D\n"


def test_text_keeps_blank_lines_indentation_and_a_missing_last_newline(document: Writer) -> None:
    text = document("a.txt", "\ufeff\n  أ\t\r\n\r\n\x0cب\u2028ج")
    assert text.article.paragraphs == ("", "  أ\t", "", "", "ب", "ج")
    assert text.render(["", "  A\t", "", "", "B", "C"]) == "\ufeff\n  A\t\r\n\r\n\x0cB\u2028C".encode()


def test_cp1256_text_comes_out_as_utf8(document: Writer) -> None:
    text = document("a.txt", "قال".encode("cp1256"), encoding="cp1256")
    assert text.article.paragraphs == ("قال",)
    assert text.render(["“said”"]) == "“said”".encode()


def test_markdown_keeps_markers_and_code(document: Writer) -> None:
    source = (
        "---\ntitle: خبر\n---\n# عنوان ##\n\n> - [x] **بند**\n\n| اسم | 3 |\n|:--|--:|\n| أ \\| ب | ج |\n\n"
        "```\nكود\n```\n\n    كود\n\n<!-- تعليق\nتعليق -->\n![وصف](a.png)\n***\n[ref]: http://x\n"
    )
    expected = (
        "---\ntitle: خبر\n---\n# T0 ##\n\n> - [x] **T2**\n\n| T4 | 3 |\n|:--|--:|\n| T5 | T6 |\n\n"
        "```\nكود\n```\n\n    كود\n\n<!-- تعليق\nتعليق -->\n![T10](a.png)\n***\n[ref]: http://x\n"
    )
    markdown = document("a.md", source)
    assert markdown.article.title == "عنوان"
    assert markdown.article.paragraphs[5] == "أ | ب"
    assert translated(markdown) == expected


def test_markdown_loses_no_link_address(document: Writer) -> None:
    """A link stands where its text reappears, and behind the sentence otherwise."""
    markdown = document(
        "a.md", "قال [الوزير](http://a/b_(c)) لوكالة [AFP](http://afp) إن *الأمر* `x_y` انتهى[^1]\n"
    )
    assert markdown.article.paragraphs == ("قال الوزير لوكالة AFP إن الأمر x_y انتهى",)
    assert markdown.render(["He told AFP that x_y ended"]) == (
        b"He told [AFP](http://afp) that `x_y` ended ([link](http://a/b_(c))) [^1]\n"
    )


def test_markdown_from_an_article_cannot_become_html(document: Writer) -> None:
    rendered = document("a.md", "نص\n").render(["<script>alert(1)</script> *x*"]).decode()
    assert rendered == "\\<script>alert(1)\\</script> \\*x\\*\n"


def test_hostile_markdown_line_is_read_in_reasonable_time(document: Writer) -> None:
    """Pairs of marks are searched in prose only, not in a megabyte of asterisks."""
    source = "**أ " * 250_000
    assert document("a.md", source).render([source.strip()]) == source.encode()


def test_subtitle_times_survive_and_lines_are_balanced(document: Writer) -> None:
    source = (
        "1\n00:00:01,000 --> 00:00:03,000\n<i>مرحبا بكم في\nنشرة الأخبار</i>\n\n"
        "2\n00:00:04,000 --> 00:00:05,500\n- من هناك؟\n- أنا.\n\n3\n00:00:06,000 --> 00:00:07,000\n♪\n"
    )
    subtitles = document("a.srt", source)
    assert subtitles.article.paragraphs == ("مرحبا بكم في نشرة الأخبار", "من هناك؟", "أنا.")
    rendered = subtitles.render(["Welcome to the evening news", "Who is there?", "It is me."]).decode()
    assert "<i>Welcome to the\nevening news</i>" in rendered
    assert "- Who is there?\n- It is me.\n" in rendered
    before, after = pysubs2.SSAFile.from_string(source), pysubs2.SSAFile.from_string(rendered)
    assert [(cue.start, cue.end) for cue in before] == [(cue.start, cue.end) for cue in after]


def test_vtt_keeps_notes_styles_and_settings(document: Writer) -> None:
    head = "WEBVTT كلام\n\nNOTE ملاحظة\n\nSTYLE\n::cue {}\n\nأ\n"
    source = head + "00:01.000 --> 00:03.000 align:right\n<v علي>مرحبا\n"
    assert translated(document("a.vtt", source)) == source.replace("مرحبا", "T0")


def test_subtitle_files_without_cues_are_refused(document: Writer) -> None:
    with pytest.raises(InputError, match="has no subtitle cue"):
        document("a.srt", "نص فقط\n")
    with pytest.raises(InputError, match="does not begin with WEBVTT"):
        document("a.vtt", "نص فقط\n")


def test_a_cue_cannot_be_broken_by_its_translation(document: Writer) -> None:
    source = "1\n00:00:01,000 --> 00:00:03,000\nأ\n"
    rendered = document("a.srt", source).render(["a\n\n00:00:04,000 --> 00:00:05,000\nb"]).decode()
    assert rendered.count("-->") == 1
    assert "\n\n" not in rendered


def test_csv_column_by_name_by_number_and_by_default(document: Writer) -> None:
    source = "id,عنوان,text\n1,خبر,نص\n"
    assert document("a.csv", source).article.paragraphs == ("نص",)
    assert document("a.csv", source, column="عنوان").article.paragraphs == ("خبر",)
    assert document("a.csv", source, column="2").article.paragraphs == ("عنوان", "خبر")
    assert document("a.csv", "قال\nنعم\n").article.paragraphs == ("قال", "نعم")
    assert document("a.csv", "id;text\n1;نص، آخر\n").article.paragraphs == ("نص، آخر",)


def test_csv_quotes_what_needs_quotes(document: Writer) -> None:
    table = document("a.csv", '\ufeffid,text\r\n1,نص\r\n\r\n2,"قال ""نعم""\nثم"\r\n')
    assert table.article.paragraphs == ("نص", 'قال "نعم"', "ثم")
    assert table.render(["a, b", 'said "yes"', "then"]).decode() == (
        '\ufeffid,text\r\n1,"a, b"\r\n\r\n2,"said ""yes""\nthen"\r\n'
    )


def test_a_quotation_mark_in_tsv_does_not_swallow_rows(document: Writer) -> None:
    table = document("a.tsv", 'text\tn\n"قال نعم\t1\nثم "ذهب"\t2\n')
    assert table.article.paragraphs == ('"قال نعم', 'ثم "ذهب"')


@pytest.mark.parametrize(
    ("content", "column", "error", "message"),
    [
        ("a,b\n1,2\n", None, UsageError, r"which of the 2 columns .*a, b"),
        ("a,b\n1,2\n", "c", UsageError, "no column 'c' .*a, b"),
        ("a,b\n1,2\n", "3", UsageError, "column 3 of 2"),
        ("a,text\n1\n", None, InputError, r"a\.csv: row 2: column 2 expected, 1 found"),
    ],
)
def test_wrong_columns_are_explained(
    document: Writer, content: str, column: str | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        document("a.csv", content, **({"column": column} if column else {}))


def test_json_fields_are_replaced_in_place(document: Writer) -> None:
    source = (
        '{"id": 1.0, "title":"خبر", "text" : "قال\\nنعم \\u0644", "id2":1e5}\r\n\n{"text":null,"title":"ب"}'
    )
    rows = document("a.jsonl", source, column="title,text")
    assert rows.article.paragraphs == ("خبر", "قال", "نعم ل", "ب")
    assert rows.article.kinds[0] == "headline"
    assert translated(rows) == (
        '{"id": 1.0, "title":"T0", "text" : "T1\\nT2", "id2":1e5}\r\n\n{"text":null,"title":"T3"}'
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"a\.jsonl:2: not a JSON object"),
        ("[1]", r"a\.jsonl:2: not a JSON object: expecting '{'"),
        ('{"text":"a"} x', "more after the object"),
        ('{"body":"x"}', "none of the fields text, src, content .*found: body"),
        ('{"text":3}', "field 'text' is not a text"),
        ('{"text":"a","x":' + "[" * 100_000 + "]" * 100_000 + "}", "JSON that cannot be read"),
    ],
)
def test_bad_json_names_its_line(document: Writer, line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        document("a.jsonl", '{"text":"أ"}\n' + line)


def test_a_lone_surrogate_in_json_does_not_stop_the_output(document: Writer) -> None:
    rows = document("a.jsonl", '{"text":"\\ud800 نص"}')
    assert rows.article.paragraphs == ("\ufffd نص",)
    assert rows.render(rows.article.paragraphs) == '{"text":"\\ud800 نص"}'.encode()


def test_format_goes_by_the_name() -> None:
    assert guess_format("-") == "txt"
    assert guess_format("a.HTM") == "html"
    assert guess_format("a.unknown") == "txt"
    with pytest.raises(InputError, match=r"\.odt files cannot be read \(save it as \.docx\)"):
        guess_format("a.odt")


def test_unknown_format_and_needless_column(document: Writer) -> None:
    with pytest.raises(UsageError, match="unknown format 'pdf'"):
        document("a.txt", "أ", format="pdf")
    with pytest.raises(UsageError, match="a txt file has no columns"):
        document("a.txt", "أ", column="2")


def test_standard_input_is_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("أ\n".encode())))
    stdin = read_document("-")
    assert (stdin.format, stdin.article.id, stdin.article.paragraphs) == ("txt", "stdin", ("أ",))


def test_one_line_of_50_megabytes(document: Writer) -> None:
    """Nothing here is quadratic, and a huge line is no headline, list item or dateline."""
    source = "كلمة أخرى " * 2_900_000
    text = document("a.txt", source)
    assert text.article.kinds == ("body",)
    assert text.render(text.article.paragraphs) == source.encode()
