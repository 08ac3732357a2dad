"""Glossary: layers, digest, lookup."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar_core.errors import GlossaryError
from khabar_glossaries import Entry, Glossary


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_the_first_file_is_the_most_important(tmp_path: Path) -> None:
    first = write(tmp_path / "press.tsv", "إدلب\tIdlib Press")
    second = write(tmp_path / "team.tsv", "إدلب\tIdlib Team", "قرية الوهم\tWahm")
    glossary = Glossary.load(first, second)
    found = glossary.find("إدلب وقرية الوهم وحمص")
    assert [m.entry.target for m in found] == ["Idlib Press", "Wahm", "Homs"]
    assert [m.entry.layer for m in found] == ["press.tsv", "team.tsv", "built-in"]
    assert [m.entry.target for m in Glossary.load(first, builtin=False).find("إدلب وحمص")] == ["Idlib Press"]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "press.tsv", "source\ttarget", "إدلب")
    with pytest.raises(GlossaryError, match=r"press\.tsv:2: no English for إدلب"):
        Glossary.load(path)


def test_the_digest_follows_what_changes_the_output() -> None:
    def digest(**fields: str) -> str:
        return Glossary([[Entry(**{"source": "إدلب", "target": "Idlib", **fields})]]).digest

    assert digest() == digest(origin="elsewhere")
    assert len({digest(), digest(target="Idleb"), digest(type="place"), digest(case="any")}) == 4
    assert Glossary([[Entry(source="إدلب", target="Idlib")], []]).digest != digest()


def test_lookup_and_layers() -> None:
    entry = Entry(source="إدلب", target="Idlib", variants=("أدلب الخضراء",))
    glossary = Glossary.empty().with_layer([entry])
    assert glossary.lookup("ادلب الخضراء") is entry
    assert glossary.lookup("حلب") is None
    assert list(glossary) == [entry]
    assert bool(glossary)
    assert not Glossary.empty()
