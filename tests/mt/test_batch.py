"""Batches: folders and JSON lines, resumption, errors that do not stop the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from khabar_core.engines.base import Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.errors import InputError, ModelError, UsageError
from khabar_core.records import Article, Signature, TranslatedArticle
from khabar_mt.batch import BatchOptions, translate_many
from khabar_mt.documents import read_document
from khabar_mt.options import TranslateOptions
from khabar_mt.translator import Translator


def _reply(request: Request) -> str:
    return f"It has {len(request.text.split())} words and nothing else to say about it."


@pytest.fixture
def translator() -> Translator:
    return Translator(EchoEngine(_reply), options=TranslateOptions(ladder=False))


class _Counting:
    """Counts the articles that reach the translator, and fails on those that hold a word."""

    def __init__(self, inner: Translator, poison: str = "\0") -> None:
        self._inner, self._poison = inner, poison
        self.seen: list[str] = []

    @property
    def signature(self) -> Signature:
        return self._inner.signature

    def translate_all(self, articles: Sequence[Article]) -> list[TranslatedArticle]:
        if any(self._poison in article.text for article in articles):
            raise ModelError("cannot decode this")
        self.seen += [article.id for article in articles]
        return self._inner.translate_all(articles)


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.ar.txt").write_text("وصل الوفد أمس.\n\nغادر صباحا.\n", encoding="utf-8")
    (folder / "deep" / "b.txt").write_text("عاد الهدوء إلى المدينة.\n", encoding="utf-8")
    (folder / "notes.bin").write_bytes(b"\x00\x01")
    return folder


def _lines(path: Path, texts: Sequence[str | None]) -> Path:
    rows = [
        "not json" if text is None else json.dumps({"id": i, "text": text}) for i, text in enumerate(texts)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_folder_becomes_a_folder_of_the_same_shape(tmp_path: Path, translator: Translator) -> None:
    out = tmp_path / "out"
    seen: list[tuple[int, int]] = []
    report = translate_many([_folder(tmp_path)], translator, out, progress=lambda *x: seen.append(x))
    assert (report.translated, report.kept, report.failed) == (2, 0, 0)
    assert (out / "a.en.txt").read_text(encoding="utf-8").count("\n") == 3
    assert "It has 4 words" in (out / "deep" / "b.en.txt").read_text(encoding="utf-8")
    assert not list(out.glob("notes*"))
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_the_output_equals_one_by_one_translation(tmp_path: Path, translator: Translator) -> None:
    folder, out = _folder(tmp_path), tmp_path / "out"
    translate_many([folder], translator, out)
    document = read_document(folder / "a.ar.txt")
    alone = document.render(translator.translate(document.article).paragraphs)
    assert (out / "a.en.txt").read_bytes() == alone


def test_a_second_run_translates_only_what_is_new_or_changed(tmp_path: Path, translator: Translator) -> None:
    folder, out = _folder(tmp_path), tmp_path / "out"
    translate_many([folder], translator, out)
    (folder / "deep" / "b.txt").write_text("عاد الهدوء.\n", encoding="utf-8")
    (folder / "c.txt").write_text("خبر ثالث.\n", encoding="utf-8")
    counting = _Counting(translator)
    report = translate_many([folder], counting, out)
    assert sorted(counting.seen) == ["b", "c"]
    assert (report.translated, report.kept) == (2, 1)


def test_another_signature_makes_everything_anew(tmp_path: Path, translator: Translator) -> None:
    folder, out = _folder(tmp_path), tmp_path / "out"
    translate_many([folder], translator, out)
    other = Translator(EchoEngine(_reply), options=TranslateOptions(ladder=False, beam_size=1))
    assert translate_many([folder], other, out).translated == 2


def test_a_bad_file_does_not_stop_the_rest(tmp_path: Path, translator: Translator) -> None:
    folder, out = _folder(tmp_path), tmp_path / "out"
    (folder / "bad.txt").write_bytes("خبر".encode() + b"\xff\xfe\xff")
    report = translate_many([folder], translator, out)
    assert (report.translated, report.failed) == (2, 1)
    (error,) = (json.loads(line) for line in (out / "errors.jsonl").read_text("utf-8").splitlines())
    assert error["source"].endswith("bad.txt")
    assert "byte offset" in error["message"]


def test_a_document_that_the_model_cannot_decode_does_not_stop_the_rest(
    tmp_path: Path, translator: Translator
) -> None:
    folder, out = _folder(tmp_path), tmp_path / "out"
    counting = _Counting(translator, poison="الهدوء")
    report = translate_many([folder], counting, out)
    assert (report.translated, report.failed) == (1, 1)
    assert (out / "a.en.txt").exists()
    assert not (out / "deep" / "b.en.txt").exists()
    # It is tried again, once it can be decoded.
    assert translate_many([folder], translator, out).translated == 1


def test_json_lines_are_translated_in_parts_and_put_together(tmp_path: Path, translator: Translator) -> None:
    texts = [f"هذا هو الخبر رقم {i}." for i in range(7)]
    path, out = _lines(tmp_path / "news.jsonl", texts), tmp_path / "out"
    report = translate_many([path], translator, out, BatchOptions(lines_per_part=3))
    rows = [json.loads(line) for line in (out / "news.en.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == list(range(7))
    assert all(row["text"].startswith("It has 5 words") for row in rows)
    assert report.translated == 3
    assert not (out / ".khabar" / "parts" / "news.en.jsonl").exists()
    assert translate_many([path], translator, out, BatchOptions(lines_per_part=3)).kept == 3


def test_a_changed_line_of_a_finished_file_makes_the_file_anew(
    tmp_path: Path, translator: Translator
) -> None:
    path, out = _lines(tmp_path / "news.jsonl", ["خبر أول.", "خبر ثان.", "خبر ثالث."]), tmp_path / "out"
    options = BatchOptions(lines_per_part=1)
    translate_many([path], translator, out, options)
    _lines(path, ["خبر أول.", "خبر ثان جديد تماما.", "خبر ثالث."])
    translate_many([path], translator, out, options)
    rows = [json.loads(line) for line in (out / "news.en.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [0, 1, 2]
    assert "4 words" in rows[1]["text"]


def test_a_bad_line_is_reported_in_every_run_and_the_others_are_kept(
    tmp_path: Path, translator: Translator
) -> None:
    path, out = _lines(tmp_path / "news.jsonl", ["خبر أول.", None, "خبر ثالث."]), tmp_path / "out"
    for _ in range(2):
        report = translate_many([path], translator, out)
        assert report.failed == 1
        (error,) = (json.loads(line) for line in (out / "errors.jsonl").read_text("utf-8").splitlines())
        assert error["where"] == f"{path}:2"
    rows = [json.loads(line) for line in (out / "news.en.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [0, 2]
    assert report.kept == 1


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, translator: Translator) -> None:
    """Ctrl-C between parts: finished parts are not decoded again, and no half file is left."""
    path, out = _lines(tmp_path / "news.jsonl", [f"خبر رقم {i}." for i in range(400)]), tmp_path / "out"

    class Interrupted(_Counting):
        def translate_all(self, articles: Sequence[Article]) -> list[TranslatedArticle]:
            if self.seen:
                raise KeyboardInterrupt
            return super().translate_all(articles)

    options = BatchOptions(lines_per_part=2)
    with pytest.raises(KeyboardInterrupt):
        translate_many([path], Interrupted(translator), out, options)
    assert not (out / "news.en.jsonl").exists()
    counting = _Counting(translator)
    report = translate_many([path], counting, out, options)
    assert report.kept > 0
    assert report.kept + len(counting.seen) == 200
    assert len((out / "news.en.jsonl").read_text("utf-8").splitlines()) == 400


def test_a_torn_journal_line_is_ignored(tmp_path: Path, translator: Translator) -> None:
    folder, out = _folder(tmp_path), tmp_path / "out"
    translate_many([folder], translator, out)
    journal = out / ".khabar" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    report = translate_many([folder], translator, out)
    assert (report.translated, report.kept) == (1, 1)
    assert translate_many([folder], translator, out).kept == 2


def test_results_of_one_name_are_refused_before_any_work(tmp_path: Path, translator: Translator) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("خبر", encoding="utf-8")
    with pytest.raises(UsageError, match="would both become"):
        translate_many([tmp_path / "x", tmp_path / "y"], translator, tmp_path / "out")


def test_a_missing_source_is_named(tmp_path: Path, translator: Translator) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        translate_many([tmp_path / "nothing"], translator, tmp_path / "out")


def test_an_output_folder_inside_the_source_is_not_read(tmp_path: Path, translator: Translator) -> None:
    folder = _folder(tmp_path)
    for _ in range(2):
        report = translate_many([folder], translator, folder / "english")
        assert report.translated + report.kept == 2


def test_render_and_suffix_make_another_format(tmp_path: Path, translator: Translator) -> None:
    path, out = _lines(tmp_path / "news.jsonl", ["خبر أول.", "خبر ثان."]), tmp_path / "out"
    options = BatchOptions(render=lambda _, translated: translated.text.encode(), suffix=".txt")
    translate_many([path], translator, out, options)
    assert (out / "news.en.txt").read_text("utf-8").count("It has 2 words") == 2
