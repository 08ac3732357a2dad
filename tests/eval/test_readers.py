"""Test sets of every format are read, and bad ones are refused with a place and a reason."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from khabar_core.errors import InputError, UsageError
from khabar_eval.cases import Suite, length_bucket, slice_mask, subset
from khabar_eval.manifest import bundled_names, load_suite, suite_from_pairs
from khabar_eval.readers import read_jsonl, read_pairs, read_sacrebleu, read_tmx, read_tsv, read_wmt_xml

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header/><body>
<tu tuid="a"><tuv xml:lang="ar-SY"><seg>وصل <ph>x</ph>الوفد</seg></tuv>
<tuv xml:lang="en"><seg>The delegation
 arrived</seg></tuv></tu>
</body></tmx>"""
WMT = """<dataset id="d"><doc id="n1" origlang="ar">
<src lang="ar"><p><seg id="1">خبر</seg><seg id="2">آخر</seg></p></src>
<ref lang="en" translator="A"><p><seg id="1">News</seg><seg id="2">Other</seg></p></ref>
<ref lang="en" translator="B"><p><seg id="1">A report</seg><seg id="2">Another</seg></p></ref>
</doc></dataset>"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_pairs_keep_a_line_separator_inside_a_line(tmp_path: Path) -> None:
    src = write(tmp_path / "a.ar", "سطر\u2028واحد\r\nثان\r\n")
    ref = write(tmp_path / "a.en", "One\u2028line\nSecond\n")
    cases = read_pairs(src, [ref])
    assert [case.refs for case in cases] == [("One\u2028line",), ("Second",)]
    assert cases[1].src == "ثان"


def test_unequal_files_are_refused(tmp_path: Path) -> None:
    src = write(tmp_path / "a.ar", "واحد\nاثنان\n")
    ref = write(tmp_path / "a.en", "One\n")
    with pytest.raises(InputError, match=r"a\.en: 1 lines, but .*a\.ar has 2"):
        read_pairs(src, [ref])


def test_an_empty_line_is_refused_with_its_place(tmp_path: Path) -> None:
    src = write(tmp_path / "a.ar", "واحد\nاثنان\n")
    ref = write(tmp_path / "a.en", "One\n \n")
    with pytest.raises(InputError, match=r"a\.en:2: the line is empty"):
        read_pairs(src, [ref])


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty"):
        load_suite(str(write(tmp_path / "a.jsonl", "")))
    with pytest.raises(InputError, match="no segments"):
        load_suite(str(write(tmp_path / "a.jsonl", "\n\n")))


def test_tsv_takes_columns_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'd1\t"خبر\tNews\tReport\nd1\tآخر\tOther\tMore\n')
    cases = read_tsv(path, {"doc": 1, "src": 2, "ref": 3, "ref2": 4})
    assert cases[0].src == '"خبر'
    assert cases[1].refs == ("Other", "More")
    with pytest.raises(InputError, match=r"a\.tsv:1: 5 columns expected, 4 found"):
        read_tsv(path, {"src": 1, "ref": 5})
    with pytest.raises(UsageError, match="unknown column 'text'"):
        read_tsv(path, {"text": 1, "src": 2, "ref": 3})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "a JSON object expected"),
        ("{", "not JSON"),
        ('{"src": "x", "refs": [NaN]}', "NaN is not a JSON number"),
        ('{"src": "x"}', '"src" and "refs" expected'),
        ('{"src": 3, "refs": ["x"]}', '"src" and "refs" expected'),
        ('{"src": "x", "refs": ["y"], "entities": [["x", "y"]]}', "an entity is"),
        ('{"src": "x", "refs": ["y"], "entities": [["x", "y", "ship"]]}', "unknown entity type 'ship'"),
    ],
)
def test_bad_json_lines_name_line_and_reason(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "a.jsonl", f'{{"src": "x", "ref": "y"}}\n{line}\n')
    with pytest.raises(InputError, match=rf"a\.jsonl:2: .*{message}"):
        read_jsonl(path)


def test_tmx_and_wmt_are_read(tmp_path: Path) -> None:
    (case,) = read_tmx(write(tmp_path / "a.tmx", TMX))
    assert (case.id, case.src, case.refs) == ("a", "وصل xالوفد", ("The delegation arrived",))
    cases = read_wmt_xml(write(tmp_path / "a.xml", WMT))
    assert [c.refs for c in cases] == [("News", "A report"), ("Other", "Another")]
    assert {c.doc for c in cases} == {"n1"}


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><tmx><body><tu><seg>&a;</seg></tu></body></tmx>'
    with pytest.raises(InputError, match="entities, which are refused"):
        read_tmx(write(tmp_path / "a.tmx", bomb))
    with pytest.raises(InputError, match="not well-formed XML"):
        read_wmt_xml(write(tmp_path / "a.xml", "<dataset><doc>"))


def test_a_reference_that_lacks_a_segment_is_refused(tmp_path: Path) -> None:
    short = WMT.replace('<seg id="2">Another</seg>', "")
    with pytest.raises(InputError, match="a reference lacks segment 2"):
        read_wmt_xml(write(tmp_path / "a.xml", short))


def test_sacrebleu_sets_are_read_from_its_cache_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sacrebleu.dataset import DATASETS

    dataset = DATASETS["iwslt17"]
    monkeypatch.setattr(dataset, "_outdir", str(tmp_path))
    with pytest.raises(InputError, match="not on this machine"):
        read_sacrebleu("iwslt17")
    for field, text in (("src", "خبر\n"), ("ref", "News\n"), ("docid", "t1\n")):
        write(Path(dataset._get_txt_file_path("ar-en", field)), text)
    cases = load_suite("sacrebleu:iwslt17/ar-en").cases
    assert (cases[0].src, cases[0].refs) == ("خبر", ("News",))
    with pytest.raises(UsageError, match="no test set 'nope'"):
        read_sacrebleu("nope")
    with pytest.raises(UsageError, match="no pair 'ar-tlh'"):
        read_sacrebleu("iwslt17", "ar-tlh")


def test_a_manifest_checks_its_files(tmp_path: Path) -> None:
    src, ref = write(tmp_path / "t.ar", "خبر\n"), write(tmp_path / "t.en", "News\n")
    entry = '[[file]]\nrole = "{}"\npath = "{}"\nsha256 = "{}"\n'
    files = "".join(
        entry.format(role, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for role, path in (("src", src), ("ref", ref))
    )
    head = 'schema = 1\nname = "courts"\nformat = "pairs"\nlicence = "CC0-1.0"\n'
    manifest = write(tmp_path / "t.toml", head + files)
    assert load_suite(str(manifest)).licence == "CC0-1.0"
    write(ref, "Changed\n")
    with pytest.raises(InputError, match="the manifest says"):
        load_suite(str(manifest))
    write(manifest, head + 'colour = "red"\n')
    with pytest.raises(InputError, match="unknown or wrongly typed key 'colour'"):
        load_suite(str(manifest))
    write(ref, "News\n")
    write(manifest, head + 'glossary = "names.tsv"\n' + files)
    with pytest.raises(InputError, match=r"names\.tsv: the glossary of the suite is missing"):
        load_suite(str(manifest))
    write(manifest, "schema = 9\n")
    with pytest.raises(InputError, match="schema 9, this khabar reads 1"):
        load_suite(str(manifest))


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_suites_match_their_manifests(name: str) -> None:
    suite = load_suite(name)
    assert suite.licence == "Apache-2.0"
    assert all(entity.source in case.src for case in suite.cases for entity in case.entities)
    assert all(entity.target in case.refs[0] for case in suite.cases for entity in case.entities)


def test_random_words_are_ordinary_words_of_their_sentence() -> None:
    """Every segment of the term suite has some; the English stands in the reference as a whole word."""
    for case in load_suite("terms").cases:
        terms = " ".join(f"{term.source} {term.target.lower()}" for term in case.terms).split()
        assert case.random, case.id
        for word in case.random:
            assert word.source in case.src, case.id
            assert re.search(rf"\b{re.escape(word.target)}\b", case.refs[0], re.IGNORECASE), case.id
            assert word.source not in terms, case.id
            assert word.target.lower() not in terms, case.id


def test_the_news_suite_is_large_enough() -> None:
    suite = load_suite("news")
    assert len(suite.cases) >= 150
    assert suite.n_documents >= 15
    assert sum(len(case.refs) > 1 for case in suite.cases) * 3 >= len(suite.cases)


def test_an_unknown_suite_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no suite 'newz' \(bundled: .*news"):
        load_suite("newz")


def test_subsets_are_stable_and_small(suite: Suite) -> None:
    small = subset(suite, 16)
    assert len(small.cases) == 16
    assert small.n_documents == 8
    assert small.digest == subset(suite, 16).digest != suite.digest
    assert subset(suite, 4000) is suite
    assert [case.doc for case in subset(suite, 3).cases] == ["d0", "d2", "d5"]
    # Eight documents of five: 13 are one of each, and one more of the first five.
    assert [case.id for case in subset(suite, 13).cases][:3] == ["s000", "s001", "s005"]
    assert len(subset(suite, 13).cases) == 13
    with pytest.raises(UsageError, match="at least 1"):
        subset(suite, 0)


def test_slices_are_never_empty(suite: Suite) -> None:
    assert sum(slice_mask(suite, "topic=yemen")) == 13
    assert sum(slice_mask(suite, "tag=rain")) == 20
    assert sum(slice_mask(suite, "document=d0")) == 5
    assert length_bucket(10) == "1-10 words"
    assert length_bucket(36) == "36+ words"
    with pytest.raises(InputError, match=r"no segment .* has topic=mars"):
        slice_mask(suite, "topic=mars")
    with pytest.raises(UsageError, match="not a slice: 'weather=wet'"):
        slice_mask(suite, "weather=wet")


def test_duplicate_ids_and_blank_sources_are_refused(tmp_path: Path) -> None:
    rows = [{"id": "a", "src": "خبر", "ref": "News"}] * 2
    path = write(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match="segment id 'a' occurs 2 times"):
        load_suite(str(path))
    write(path, '{"src": " ", "ref": "News"}\n')
    with pytest.raises(InputError, match="empty source"):
        load_suite(str(path))
    write(path, '{"src": "خبر", "refs": ["News", ""]}\n')
    with pytest.raises(InputError, match="empty reference"):
        load_suite(str(path))


def test_pairs_become_a_suite_named_after_the_source(tmp_path: Path) -> None:
    src, ref = write(tmp_path / "t.ar", "خبر\n"), write(tmp_path / "t.en", "News\n")
    assert suite_from_pairs(str(src), [str(ref)]).name == "t"
    with pytest.raises(UsageError, match="at least one reference"):
        suite_from_pairs(str(src), [])
