"""Term hints for training. In: a pair and its names. Out: the hints to show, and the target they ask for.

Half of the lines get no hint, so that the model also works without; a tenth of the hinted lines get one
target
replaced by another name in hint and translation, so that it obeys instead of guessing; some get a distractor.
"""

from __future__ import annotations

import lzma
import random
import re
from pathlib import Path

_PROCLITICS = re.compile("^(?:و|ف)?(?:ب|ك|ل)?")
_WORD = re.compile(r"\S+")
_STRIP = "«»\"'()[]،؛.:!؟…-–"


class NameIndex:
    """Arabic names with their English forms, to find those that stand on both sides of a pair."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        self._names = names
        self.capitalised = [(a, e[0]) for a, e in names.items() if e[0][:1].isupper() and len(e[0]) > 3]

    @classmethod
    def read(cls, names: Path, glossary: Path) -> NameIndex:
        """Names attested by two sources, and the press glossary."""
        found: dict[str, list[str]] = {}
        with lzma.open(names, "rt", encoding="utf-8") as lines:
            for line in lines:
                ar, en, _, sources = line.rstrip("\n").split("\t")
                if "|" in sources and len(ar) >= 4 and len(en) >= 4:
                    found.setdefault(ar, []).append(en)
        for path in sorted(glossary.glob("press_*.tsv")):
            for line in path.read_text(encoding="utf-8").split("\n")[1:]:
                fields = line.split("\t")
                if len(fields) >= 4 and len(fields[0]) >= 4:
                    forms = [fields[2], *filter(None, fields[3].split("|"))]
                    for ar in [fields[0], *filter(None, fields[1].split("|"))]:
                        found.setdefault(ar, []).extend(forms)
        return cls(found)

    def both_sides(self, ar: str, en: str) -> list[list[str]]:
        """[[arabic, english], ...] of the longest names that stand in the Arabic and in the English."""
        words = [word.strip(_STRIP) for word in _WORD.findall(ar)]
        result, i = [], 0
        while i < len(words):
            for n in (4, 3, 2, 1):
                phrase = " ".join(words[i : i + n])
                match = next(
                    (f for f in (phrase, _PROCLITICS.sub("", phrase)) if f in self._names and f in ar), None
                )
                english = next((e for e in self._names[match] if e in en), None) if match else None
                if match and english and i + n <= len(words):
                    if [match, english] not in result:
                        result.append([match, english])
                    i += n - 1
                    break
            i += 1
        return result


def hint_variants(
    en: str, entities: list[list[str]], index: NameIndex, rng: random.Random, *, plain: bool
) -> tuple[str, list[list[str]]]:
    """Choose hints for one variant of a pair; returns the (perhaps changed) target and the hints."""
    if plain or not entities:
        # A distractor alone teaches that a hint is not an order to mention a name that the source lacks.
        return en, [list(rng.choice(index.capitalised))] if rng.random() < 0.02 else []
    chosen = rng.sample(entities, rng.randint(1, min(7, len(entities))))
    if rng.random() < 0.5:
        chosen = list(entities[:8])
    hints = []
    for ar, english in chosen:
        if rng.random() < 0.12 and english[:1].isupper() and len(english) > 3:
            other = rng.choice(index.capitalised)[1]
            changed = re.sub(rf"(?<!\w){re.escape(english)}(?!\w)", lambda _match, o=other: o, en)
            if changed != en:
                en, english = changed, other
        if re.search(rf"(?<!\w){re.escape(english)}(?!\w)", en):
            hints.append([ar, english])
    if rng.random() < 0.15:
        hints.append(list(rng.choice(index.capitalised)))
    rng.shuffle(hints)
    return en, hints
