"""khabar with different terms on one suite, as in the shared tasks on terminology.

In: a suite whose segments name their terms. Out: one system for each mode; the modes differ in their glossary
alone. Not here: the system itself (measured), scores (khabar_eval).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from khabar.measured import KhabarSystem
from khabar_core.errors import InputError
from khabar_glossaries import Entry, Glossary
from khabar_glossaries.glossary import builtin_entries
from khabar_glossaries.inheritance import inherit

if TYPE_CHECKING:
    from khabar.loading import Tools
    from khabar_eval.cases import Entity, Suite
    from khabar_glossaries.matcher import Match

__all__ = ["LineGlossary", "term_mode_systems"]


class LineGlossary(Glossary):
    """A glossary that knows for each line its own entries, and nothing else.

    The shared tasks hand words out sentence by sentence: one sentence's word must not reach another.

    Args:
        lines: source line -> its entries.
    """

    def __init__(self, lines: Mapping[str, Sequence[Entry]]) -> None:
        super().__init__([tuple(entry for entries in lines.values() for entry in entries)])
        self._lines = {line: Glossary([tuple(entries)]) for line, entries in lines.items()}

    def find_all(self, texts: Sequence[str]) -> list[list[Match]]:
        """The matches of each text, which is a line or a sentence of one; none for other texts."""
        return [self._of(text).find(text) for text in texts]

    def _of(self, text: str) -> Glossary:
        own = self._lines.get(text)
        if own is None:
            own = next((g for line, g in self._lines.items() if text in line), None)
        return own if own is not None else Glossary.empty()


def term_mode_systems(tools: Tools, suite: Suite) -> list[KhabarSystem]:
    """The systems, on one loaded model.

    none: no glossary. random: each segment gets ordinary words of its own with their English, which are no
    terms; shows what any look at the reference is worth. Left out for suites without such words. proper: the
    suite's terms, as a glossary.

    Raises:
        InputError: the suite has no terms.
    """
    from khabar.loading import load_engine

    proper = {term.source: term for case in suite.cases for term in case.terms}
    if not proper:
        raise InputError(
            "has no terms", where=suite.name, hint='each line needs "terms", see the suite terms'
        )
    glossaries = {"none": Glossary.empty()}
    if any(case.random for case in suite.cases):
        glossaries["random"] = LineGlossary(
            {case.src: [_entry(word, "random") for word in case.random] for case in suite.cases}
        )
    # As a user's file of two columns would be read.
    untyped = [replace(_entry(term, "proper"), type="other") for term in proper.values()]
    glossaries["proper"] = Glossary([inherit(untyped, builtin_entries())])
    engine = load_engine(tools)
    return [KhabarSystem(mode, tools, glossary, engine) for mode, glossary in glossaries.items()]


def _entry(term: Entity, layer: str) -> Entry:
    return Entry(source=term.source, target=term.target, accepted=term.accepted, type=term.type, layer=layer)
