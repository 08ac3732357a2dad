"""Files become files: names, formats, failures, streams."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.translating import Job, Watch, plan, translate_files, translate_stream
from khabar_core.errors import InputError, KhabarError, UsageError
from khabar_core.records import Article, Signature, TranslatedArticle, Translation


class Upper:
    """Translates a into A, line by line, and records its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def translate_all(
        self, articles: Sequence[Article], progress: Callable[[int, int], None] | None = None
    ) -> list[TranslatedArticle]:
        self.batches.append([article.id for article in articles])
        return [
            TranslatedArticle(
                article=article, paragraphs=tuple(p.upper() for p in article.paragraphs), translations=()
            )
            for article in articles
        ]

    def stream_paragraphs(self, article: Article) -> Iterator[tuple[str, tuple[Translation, ...]]]:
        for paragraph in article.paragraphs:
            yield paragraph.upper(), ()

    @property
    def signature(self) -> Signature:
        return Signature((("model", "upper"),))

    def translate_lines(self, lines: Sequence[str]) -> list[str]:
        self.batches.append(list(lines))
        return [line.upper() for line in lines]


def run(job: Job) -> tuple[int, bytes, list[KhabarError]]:
    """Run a job; its exit code, standard output and errors."""
    out: list[bytes] = []
    errors: list[KhabarError] = []
    return translate_files(job, Upper, out.append, Watch(error=errors.append)), b"".join(out), errors


def test_files_keep_their_format_and_get_english_names(tmp_path: Path) -> None:
    (tmp_path / "a.ar.txt").write_bytes(b"abc\r\n")
    (tmp_path / "b.csv").write_bytes(b"id,text\n1,abc\n")
    sources = [str(tmp_path / "a.ar.txt"), str(tmp_path / "b.csv")]
    assert run(Job(sources=sources, output=tmp_path / "out")) == (0, b"", [])
    assert (tmp_path / "out" / "a.en.txt").read_bytes() == b"ABC\r\n"
    assert (tmp_path / "out" / "b.en.csv").read_bytes() == b"id,text\n1,ABC\n"


def test_one_source_goes_to_the_named_file_or_to_stdout(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    assert run(Job(sources=[str(tmp_path / "a.txt")], output=tmp_path / "x.out"))[0] == 0
    assert (tmp_path / "x.out").read_bytes() == b"ABC"
    assert run(Job(sources=[str(tmp_path / "a.txt")], format="text")) == (0, b"ABC\n", [])


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff")
    (tmp_path / "b.txt").write_bytes(b"b\n")
    sources = [str(tmp_path / name) for name in ("none.txt", "a.txt", "b.txt")]
    code, out, errors = run(Job(sources=sources))
    assert (code, out) == (3, b"B\n")
    assert [type(error) for error in errors] == [InputError, InputError]


def test_the_model_is_not_loaded_for_a_file_that_is_missing() -> None:
    def load() -> Upper:
        raise AssertionError("loaded")

    assert translate_files(Job(sources=["/nowhere"]), load, print, Watch(error=lambda error: None)) == 3


def test_small_documents_are_translated_together(tmp_path: Path) -> None:
    """Forty headlines share batches; a long text does not wait for them."""
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("long " * 5000 if number == 2 else "short", encoding="utf-8")
    translator = Upper()
    job = Job(sources=[str(tmp_path / f"{number}.txt") for number in range(5)], output=tmp_path / "out")
    done: list[TranslatedArticle] = []
    assert translate_files(job, lambda: translator, print, Watch(error=print, done=done.append)) == 0
    assert translator.batches == [["0", "1", "2"], ["3", "4"]]
    assert [article.article.id for article in done] == ["0", "1", "2", "3", "4"]


def test_results_never_replace_sources_or_each_other(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = tmp_path / "one" / "a.txt", tmp_path / "two" / "a.txt"
    first.write_bytes(b"x")
    second.write_bytes(b"x")
    with pytest.raises(UsageError, match="would replace its own source"):
        plan(Job(sources=[str(first)], output=first))
    with pytest.raises(UsageError, match="would both become"):
        plan(Job(sources=[str(first), str(second)], output=tmp_path))


def test_of_a_page_the_article_is_shown_and_the_page_is_written_back(tmp_path: Path) -> None:
    sentence = "the minister said on monday that the talks had been long and useful for both of the countries"
    article = f"<article><h1>title</h1>{f'<p>{sentence}.</p>' * 5}</article>"
    page = f"<html><body><nav>menu</nav>{article}</body></html>"
    path = tmp_path / "a.html"
    path.write_text(page, encoding="utf-8")
    shown = run(Job(sources=[str(path)], format="text"))[1].decode()
    assert shown.startswith("TITLE\n")
    assert "MENU" not in shown
    assert b"<nav>MENU</nav>" in run(Job(sources=[str(path)]))[1]


def test_several_json_documents_are_one_a_line(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    out = run(Job(sources=[str(tmp_path / "a.txt"), str(tmp_path / "b.txt")], format="json"))[1]
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["a", "b"]


def test_unknown_format_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"--format: unknown format 'pdf'"):
        Job(sources=["-"], format="pdf")


def test_a_reader_on_a_terminal_gets_paragraph_after_paragraph(tmp_path: Path) -> None:
    """The first paragraph is shown before the last is translated; the whole is the same."""
    (tmp_path / "a.txt").write_text("a\n\nb", encoding="utf-8")
    out: list[bytes] = []
    done: list[TranslatedArticle] = []
    watch = Watch(error=print, done=done.append, live=True)
    job = Job(sources=[str(tmp_path / "a.txt")], format="text")
    assert translate_files(job, Upper, out.append, watch) == 0
    assert out == [b"A\n", b"\n", b"B\n"]
    assert run(job)[1] == b"".join(out)
    assert done[0].paragraphs == ("A", "", "B")


class Trickle(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step = data, step

    def read1(self, size: int) -> bytes:
        piece, self.data = self.data[: self.step], self.data[self.step :]
        return piece


def stream(data: bytes, step: int = 1 << 16, encoding: str = "utf-8") -> bytes:
    """Translate a stream."""
    out: list[bytes] = []
    source: io.BufferedIOBase = Trickle(data, step)  # type: ignore[assignment]
    translate_stream(Upper(), source, out.append, where="x", encoding=encoding)  # type: ignore[arg-type]
    return b"".join(out)


@given(st.text(alphabet="aب \t\r\n\x0b\x0c\x85\u2028é", max_size=40), st.integers(1, 7))
def test_line_mode_is_exact_however_the_bytes_arrive(text: str, step: int) -> None:
    """Blank lines, other separators, CRLF and a missing last newline stay; characters may be cut in two."""
    assert stream(text.encode(), step).decode() == text.upper()


def test_line_mode_answers_before_the_end() -> None:
    """A slow pipe gets its first line back while the second is not there yet."""
    translator = Upper()
    out: list[bytes] = []
    source: io.BufferedIOBase = Trickle(b"a\nb\n", 2)  # type: ignore[assignment]
    translate_stream(translator, source, out.append, where="x", encoding="utf-8")  # type: ignore[arg-type]
    assert out == [b"A\n", b"B\n"]


def test_line_mode_writes_what_is_good_and_names_the_bad_byte() -> None:
    out: list[bytes] = []
    with pytest.raises(InputError, match=r"wire: invalid utf-8 at byte offset 5 .*--encoding"):
        translate_stream(Upper(), io.BytesIO(b"ab\nc\n\xff\n"), out.append, where="wire", encoding="utf-8")
    assert b"".join(out) == b"AB\nC\n"
    with pytest.raises(InputError, match="byte offset 2"):
        translate_stream(Upper(), io.BytesIO(b"ab\xd8"), out.append, where="wire", encoding="utf-8")


def test_line_mode_reads_other_encodings() -> None:
    assert stream("قال a\n".encode("cp1256"), encoding="cp1256").decode() == "قال A\n"
    assert stream("قال a\n".encode("utf-16"), 3, "utf-16").decode() == "قال A\n"
    assert stream(b"\xef\xbb\xbfa\n") == b"A\n"


def test_line_mode_keeps_lines_when_a_translation_contains_one() -> None:
    class Breaking(Upper):
        def translate_lines(self, lines: Sequence[str]) -> list[str]:
            return ["x\ny" for _ in lines]

    out: list[bytes] = []
    translate_stream(Breaking(), io.BytesIO(b"a\nb\n"), out.append, where="x", encoding="utf-8")
    assert b"".join(out) == b"x y\nx y\n"


def test_huge_line_is_joined_in_linear_time() -> None:
    data = b"a " * 5_000_000
    assert stream(data) == data.upper()
