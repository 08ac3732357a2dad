"""Glossary: layers of entries that can be searched. In: files, entries. Out: matches in Arabic text.

Layers have priority: a key of the first file hides the same key of the next, and files hide the built-in
press glossary. Not here: file formats (formats), judgement (lint).
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from khabar_glossaries.entry import BUILTIN_LAYER, Entry
from khabar_glossaries.evidence import resolve
from khabar_glossaries.folding import fold_key
from khabar_glossaries.formats import parse_entries, read_entries
from khabar_glossaries.inheritance import adapt_longer, inherit
from khabar_glossaries.matcher import Match, Matcher

__all__ = ["BUILTIN_FILES", "Glossary", "builtin_entries"]

log = logging.getLogger(__name__)

BUILTIN_FILES = ("press_places.tsv", "press_names.tsv", "press_terms.tsv")


@lru_cache(maxsize=1)
def builtin_entries() -> tuple[Entry, ...]:
    """The entries of the shipped press glossary."""
    folder = resources.files("khabar_glossaries").joinpath("data")
    entries: list[Entry] = []
    for name in BUILTIN_FILES:
        path = folder.joinpath(name)
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            entries.extend(parse_entries(text, format="tsv", name=name, layer=BUILTIN_LAYER))
    return tuple(entries)


class Glossary:
    """Layers of entries with one matcher over all of them.

    Args:
        layers: entries by layer, lowest priority first.
    """

    def __init__(self, layers: Sequence[Sequence[Entry]]) -> None:
        self._layers = tuple(tuple(layer) for layer in layers)

    @classmethod
    def load(cls, *paths: str | Path, builtin: bool = True) -> Glossary:
        """Read glossary files; their entries inherit types and warnings of the shipped ones (inheritance).

        Args:
            paths: TSV, CSV, TBX, TMX or JSON, the most important first.
            builtin: whether the shipped press glossary lies below them.

        Raises:
            InputError: a file is missing or is not a file.
            GlossaryError: a file is malformed.
        """
        start = time.perf_counter()
        layers: list[Sequence[Entry]] = [builtin_entries()] if builtin else []
        for path in reversed(paths):
            entries = inherit(read_entries(path), builtin_entries())
            layers.append([*entries, *adapt_longer(entries, builtin_entries())] if builtin else entries)
        glossary = cls(layers)
        log.debug("read %d glossary entries in %.2f s", len(glossary), time.perf_counter() - start)
        return glossary

    @classmethod
    def builtin(cls) -> Glossary:
        """The shipped press glossary alone."""
        return _builtin()

    @classmethod
    def empty(cls) -> Glossary:
        """A glossary that finds nothing."""
        return cls(())

    @property
    def layers(self) -> tuple[tuple[Entry, ...], ...]:
        """Entries by layer, lowest priority first."""
        return self._layers

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, highest priority first."""
        return tuple(entry for layer in reversed(self._layers) for entry in layer)

    def __len__(self) -> int:
        return sum(map(len, self._layers))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __bool__(self) -> bool:
        return any(self._layers)

    @cached_property
    def digest(self) -> str:
        """12 hex digits of the sha256 of everything that affects the output, layer by layer."""
        sha = hashlib.sha256()
        for layer in self._layers:
            for e in layer:
                row = (
                    e.source,
                    *e.variants,
                    "",
                    e.target,
                    *e.accepted,
                    "",
                    *e.forbidden,
                    e.type,
                    e.note,
                    e.case,
                )
                sha.update("\t".join(row).encode("utf-8"))
                sha.update(b"\n")
            sha.update(b"\f")
        return sha.hexdigest()[:12]

    @cached_property
    def matcher(self) -> Matcher:
        """The automaton, made at the first search."""
        return Matcher(self._layers)

    @cached_property
    def _given_names(self) -> frozenset[str]:
        """Folded first names of persons: a surname after one of them is perhaps another person's."""
        names = (e.source.split(" ")[0] for e in self if e.type == "person" and " " in e.source)
        return frozenset(fold_key(name) for name in names) - {"بن", "ابو", "ام", "ابن", "ال"}

    def lookup(self, surface: str) -> Entry | None:
        """The entry that a name without proclitics belongs to."""
        return self.matcher.get(surface)

    def find(self, text: str) -> list[Match]:
        """Where entries stand in a text, in reading order, without overlaps.

        An ambiguous word is marked so unless the text itself has evidence; for evidence from a whole article
        use `find_all`.
        """
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[str]) -> list[list[Match]]:
        """As `find`, for the sentences of one article, which share their evidence."""
        return resolve(texts, [self.matcher.find(text) for text in texts], self._given_names)

    def with_layer(self, entries: Iterable[Entry]) -> Glossary:
        """A glossary with one more layer on top."""
        return Glossary((*self._layers, tuple(entries)))


@lru_cache(maxsize=1)
def _builtin() -> Glossary:
    return Glossary((builtin_entries(),))
