"""Make systems that are known to be bad, to prove that gates stop them.

In: a suite and good outputs for it. Out: outputs with one kind of damage. `imitate` makes the good outputs:
references with the small faults of a fair system, so that scores are in their usual range. Not here: judging
(selftest).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from khabar_eval.brief_checks import parse_brief
from khabar_eval.cases import Case, Suite
from khabar_eval.numbers import NUMBER_WORDS

__all__ = ["DAMAGES", "Damage", "imitate"]

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_CITATION = re.compile(r"\[[\d,\s]+\]")
_VOWELS = str.maketrans("aeiouAEIOU", "eoauiEOAUI")
# None of these stands in any bundled article.
_PLANTED = (
    "Defence Minister Orlando Quispe confirmed the figures. [1]",
    "At least 8,417 people were arrested afterwards. [2]",
    "The Zambesi Group denied any role. [1]",
)
_DROP_WORDS = 0.07
_SWAP_WORDS = 0.05


@dataclass(frozen=True, slots=True)
class Damage:
    """One kind of damage.

    Attributes:
        apply: makes damaged outputs.
        kind: of the suites that it concerns, "translate" or "brief".
        seen_by: metrics, one of which must be among those that stop it.
        needs: what a suite must have: "", "numbers", "names" or "terms".
    """

    apply: Callable[[Suite, Sequence[str], random.Random], list[str]]
    kind: str
    seen_by: tuple[str, ...]
    needs: str = ""

    def concerns(self, suite: Suite) -> bool:
        """Whether the damage can be done to outputs of a suite."""
        if suite.kind != self.kind:
            return False
        if self.needs == "names":
            return sum(len(case.entities) for case in suite.cases) >= 30
        if self.needs == "terms":
            return any(case.terms for case in suite.cases)
        if self.needs == "numbers":
            return sum(bool(_DIGITS.search(case.refs[0])) for case in suite.cases) >= 10
        return True


def imitate(suite: Suite, seed: int) -> list[str]:
    """Outputs like those of a fair system: references with a few words lost and swapped.

    Names, numbers and citations stay.
    """
    rng = random.Random(f"{suite.digest}-{seed}")
    return [_rough(case.refs[-1], rng) for case in suite.cases]


def _rough(text: str, rng: random.Random) -> str:
    words = text.split()
    plain = [
        k for k, word in enumerate(words) if word.islower() and word.isalpha() and word not in NUMBER_WORDS
    ]
    lost = {k for k in plain if rng.random() < _DROP_WORDS}
    for k in plain:
        if k + 1 in plain and rng.random() < _SWAP_WORDS:
            words[k], words[k + 1] = words[k + 1], words[k]
    return " ".join(word for k, word in enumerate(words) if k not in lost) or text


def _shuffle_segments(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    mixed = list(outputs)
    rng.shuffle(mixed)
    return mixed


def _shuffle_words(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    return [" ".join(rng.sample(words := mt.split(), len(words))) for mt in outputs]


def _truncate(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """A third of the segments lose their second half."""
    return [_head(mt, 0.5) if rng.random() < 0.33 else mt for mt in outputs]


def _swap_numbers(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """Half of all numbers get another first digit; citations stay."""

    def swap(match: re.Match[str]) -> str:
        text = match.group()
        return text if rng.random() < 0.5 else str((int(text[0]) + rng.randint(1, 8)) % 10 or 9) + text[1:]

    return [_outside_citations(mt, lambda part: _DIGITS.sub(swap, part)) for mt in outputs]


def _respell_names(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """A third of the names get other vowels."""
    return [
        _respell(case, mt, [e.target for e in case.entities], 0.33, rng)
        for case, mt in _pairs(suite, outputs)
    ]


def _ignore_terms(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """A third of the glossary's terms get other vowels, as without a glossary."""
    return [
        _respell(case, mt, [t.target for t in case.terms], 0.33, rng) for case, mt in _pairs(suite, outputs)
    ]


def _copy_source(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """A fifth of the segments stay Arabic."""
    return [case.src if rng.random() < 0.2 else mt for case, mt in _pairs(suite, outputs)]


def _repeat(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """A fifth of the segments end in a loop."""
    return [f"{mt} {' '.join(mt.split()[-4:] * 5)}" if rng.random() < 0.2 else mt for mt in outputs]


def _empty(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """A tenth of the segments, and the first, are empty."""
    return ["" if k == 0 or rng.random() < 0.1 else mt for k, mt in enumerate(outputs)]


def _plant_facts(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """Each brief gets a sentence that its article does not support."""
    return [f"{mt} {rng.choice(_PLANTED)}" for mt in outputs]


def _scramble_citations(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """Citations point to sentences at random."""
    return [
        _CITATION.sub(lambda match, n=len(case.sentences): f"[{rng.randint(1, n)}]", mt)  # type: ignore[misc]
        for case, mt in _pairs(suite, outputs)
    ]


def _swap_articles(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    """Each brief stands under another article."""
    return [*outputs[1:], outputs[0]]


def _drop_citations(suite: Suite, outputs: Sequence[str], rng: random.Random) -> list[str]:
    return [" ".join(sentence.text for sentence in parse_brief(mt)) for mt in outputs]


def _respell(case: Case, mt: str, names: Sequence[str], share: float, rng: random.Random) -> str:
    for name in names:
        if rng.random() < share:
            mt = mt.replace(name, name.translate(_VOWELS))
    return mt


def _outside_citations(text: str, change: Callable[[str], str]) -> str:
    parts, place = [], 0
    for match in _CITATION.finditer(text):
        parts += [change(text[place : match.start()]), match.group()]
        place = match.end()
    return "".join([*parts, change(text[place:])])


def _head(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: max(1, int(len(words) * share))])


def _pairs(suite: Suite, outputs: Sequence[str]) -> list[tuple[Case, str]]:
    return list(zip(suite.cases, outputs, strict=True))


DAMAGES: Mapping[str, Damage] = {
    "segments shuffled": Damage(_shuffle_segments, "translate", ("chrF2++",)),
    "words shuffled": Damage(_shuffle_words, "translate", ("chrF2++",)),
    "truncated": Damage(_truncate, "translate", ("chrF2++",)),
    "numbers swapped": Damage(_swap_numbers, "translate", ("number_fidelity", "invented_numbers"), "numbers"),
    "names respelt": Damage(_respell_names, "translate", ("name_recall",), "names"),
    "without glossary": Damage(_ignore_terms, "translate", ("term_success",), "terms"),
    "copy of the source": Damage(_copy_source, "translate", ("untranslated",)),
    "repeated": Damage(_repeat, "translate", ("loop",)),
    "empty": Damage(_empty, "translate", ("empty",)),
    "brief with planted facts": Damage(_plant_facts, "brief", ("unsupported_names", "unsupported_numbers")),
    "brief with swapped numbers": Damage(_swap_numbers, "brief", ("unsupported_numbers",)),
    "brief with random citations": Damage(
        _scramble_citations, "brief", ("citation_recall", "citation_precision")
    ),
    "brief without citations": Damage(_drop_citations, "brief", ("citation_recall",)),
    "brief of another article": Damage(_swap_articles, "brief", ("unsupported_names",)),
}
