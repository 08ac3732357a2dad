"""Judge a glossary. In: entries of one or several layers. Out: findings, errors first.

An error is what would make a wrong name certain: two English names for one Arabic key, a form both accepted
and forbidden. A warning is what probably does harm: a common word, a name that can never match, a collision
of clitics. Not here: malformed files (formats raise).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from khabar_glossaries.clitics import ARTICLE, PREFIXES, PREFIXES_WITH_ARTICLE
from khabar_glossaries.entry import Entry
from khabar_glossaries.folding import fold_key
from khabar_glossaries.romanise import similarity
from khabar_glossaries.wordlists import common_words

__all__ = ["Finding", "lint"]

# Characters with a meaning in the prompt of the default model: such an entry is enforced, but never hinted.
_PROMPT_CHARACTERS = frozenset("=;<>")
_MIN_LETTERS = 3
# Below this likeness a transliterated name and its Arabic have little in common: "Germany" and ألمانيا are
# fine, so only persons are judged, and only when the columns of neighbouring rows may have slipped.
_UNLIKE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark.

    Attributes:
        level: "error" or "warning".
        code: stable name of the rule.
        message: what is wrong, in one line.
        where: `layer:line`.
        source: the Arabic of the entry.
    """

    level: str
    code: str
    message: str
    where: str
    source: str


def lint(layers: Iterable[Sequence[Entry]]) -> list[Finding]:
    """Judge every layer by itself: hiding a key of a lower layer is what layers are for.

    Returns:
        Findings, errors first, then in the order of the entries.
    """
    findings: list[Finding] = []
    for entries in layers:
        findings.extend(_keys(entries))
        for entry in entries:
            findings.extend(_entry(entry))
    return sorted(findings, key=lambda finding: finding.level != "error")


def _finding(entry: Entry, level: str, code: str, message: str) -> Finding:
    where = f"{entry.layer}:{entry.line}" if entry.line else entry.layer
    return Finding(level=level, code=code, message=message, where=where, source=entry.source)


def _keys(entries: Sequence[Entry]) -> Iterator[Finding]:
    """What the keys of one layer do to each other."""
    owners: dict[str, Entry] = {}
    for entry in entries:
        for surface in entry.surfaces:
            key = fold_key(surface)
            owner = owners.setdefault(key, entry)
            if owner is entry:
                continue
            if entry.target in owner.forms:
                message = f"{surface} is already at line {owner.line} ({owner.target})"
                yield _finding(entry, "warning", "duplicate", message)
            else:
                message = f"{surface} is {entry.target!r} here and {owner.target!r} at line {owner.line}"
                yield _finding(entry, "error", "conflict", message)
    for key, entry in owners.items():
        if " " in key:
            continue
        for prefix in PREFIXES - {""}:
            other = owners.get(key[len(prefix) :]) if key.startswith(prefix) else None
            if other is not None and other.target != entry.target and len(key) > len(prefix):
                message = f"{key} is also {prefix} + {other.source} ({other.target}); the longer name wins"
                yield _finding(entry, "warning", "clitic-collision", message)


def _entry(entry: Entry) -> Iterator[Finding]:
    """What one entry does by itself."""
    keys = [fold_key(surface) for surface in entry.surfaces]
    for surface, count in Counter(keys).items():
        if count > 1:
            yield _finding(entry, "warning", "idle-variant", f"{surface} stands {count} times after folding")
    for surface, key in zip(entry.surfaces, keys, strict=True):
        letters = sum(c.isalnum() for c in key)
        if len(key) < 2 or not any(c.isalpha() for c in key):
            yield _finding(entry, "error", "never-matches", f"{surface} can never match")
        elif letters < _MIN_LETTERS and not entry.ambiguous:
            yield _finding(
                entry, "warning", "short", f"{surface} has {letters} letters: expect false matches"
            )
        if key in common_words() and not (entry.ambiguous or entry.unambiguous):
            message = f"{surface} is a common word: it counts only with evidence around it; put 'unambiguous'"
            yield _finding(entry, "warning", "common-word", f"{message} into the note if it always counts")
        first = key.split(" ")[0]
        # فالنسيا begins with ف + ال by chance; with a common word behind them they are proclitics.
        heads = (p for p in PREFIXES_WITH_ARTICLE if len(p) > len(ARTICLE) and first.startswith(p))
        rests = (first[len(p) - len(ARTICLE) :] for p in heads)
        if any(len(rest) > len(ARTICLE) + 2 and rest in common_words() for rest in rests):
            message = f"{surface} begins with a proclitic; write the name without it"
            yield _finding(entry, "warning", "proclitic", message)
    yield from _forms(entry)


def _forms(entry: Entry) -> Iterator[Finding]:
    """The English side of one entry."""
    for form in entry.forms:
        if form in entry.forbidden:
            yield _finding(entry, "error", "forbidden-accepted", f"{form!r} is both accepted and forbidden")
        scripts = {_script(c) for c in form if c.isalpha()}
        if len(scripts) > 1 or (scripts and scripts != {"LATIN"}):
            yield _finding(entry, "warning", "mixed-scripts", f"{form!r} has {' and '.join(sorted(scripts))}")
        if _PROMPT_CHARACTERS.intersection(form):
            yield _finding(
                entry, "warning", "no-hint", f"{form!r} holds one of = ; < >: never given as a hint"
            )
    if _PROMPT_CHARACTERS.intersection(entry.source):
        yield _finding(entry, "warning", "no-hint", "the source holds one of = ; < >: never given as a hint")
    if any(_script(c) == "LATIN" for c in entry.source if c.isalpha()):
        yield _finding(entry, "warning", "mixed-scripts", "Latin letters in the Arabic side")
    if entry.type == "person" and max(similarity(form, entry.source) for form in entry.forms) < _UNLIKE:
        yield _finding(entry, "warning", "unlike", f"{entry.target!r} does not sound like {entry.source}")


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    return unicodedata.name(character, "UNKNOWN").split(" ")[0]
