"""A missing name: where it is asked for again, and which new attempt is believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.records import Flag, FlagKind, Signature, TermStatus
from khabar_glossaries import Entry, Glossary
from khabar_glossaries.entry import BUILTIN_LAYER
from khabar_mt import Translator
from khabar_mt.ladder import Candidate, Item, choose
from khabar_mt.pieces import cut_segment
from khabar_mt.rescue import beginnings_for, hint_orders
from khabar_mt.terms import check_terms, hints_for

ENTRIES = [
    Entry(source="الحديدة", target="Hodeida", type="place"),
    Entry(source="المخا", target="Mocha", type="place"),
    Entry(source="خان شيخون", target="Khan Sheikhoun", type="place"),
    Entry(source="بيسكوف", target="Peskov", type="person"),
    Entry(source="لافروف", target="Lavrov", type="person"),
    Entry(source="ألماني", target="German", type="demonym", layer=BUILTIN_LAYER),
    Entry(source="سفينة حربية", target="warship", type="weapon", layer=BUILTIN_LAYER),
]
GLOSSARY = Glossary([ENTRIES])


def case(source: str, text: str) -> tuple[Item, Candidate]:
    matches = tuple(GLOSSARY.find(source))
    item = Item(text=source, source=source, hints=hints_for(matches), matches=matches)
    hits = check_terms(matches, text, item.hints)
    return item, Candidate(raw=text, text=text, logprob_per_token=-0.2, n_tokens=9, hits=hits)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (
            "وصلوا إلى الحديدة والمخا أمس",
            "They reached Hodeida on Sunday",
            ["They reached Hodeida and Mocha"],
        ),
        ("زار الحديدة ثم المخا", "He visited Hodeida", ["He visited Hodeida and then Mocha"]),
        ("زار الحديدة أو المخا", "He visited Hodeida", ["He visited Hodeida or Mocha"]),
        ("زار الحديدة والمخا", "He visited Mocha", ["He visited Hodeida"]),
        ("استقبل لافروف بيسكوف", "Peskov received Peskov", ["Lavrov"]),
        ("استقبل بيسكوف لافروف", "Peskov received Peskov", ["Peskov received Lavrov"]),
        ("غادر الحديدة إلى المخا", "He left Hodeida", []),
        ("غادر لافروف", "The minister left", []),
    ],
)
def test_a_name_is_forced_only_where_the_english_has_a_place_for_it(
    source: str, text: str, expected: list[str]
) -> None:
    assert beginnings_for(*case(source, text)) == expected


def test_hints_are_shown_alone_first_and_last() -> None:
    item, best = case("لافروف في الحديدة مع بيسكوف", "Lavrov in Hodeida")
    peskov, *others = ("بيسكوف", "Peskov"), ("لافروف", "Lavrov"), ("الحديدة", "Hodeida")
    assert item.hints == (*others, peskov)
    assert hint_orders(item, best) == [(peskov,), (peskov, *others)]
    assert hint_orders(*case("غادر لافروف", "Lavrov left")) == []


def test_words_of_the_shipped_glossary_are_not_worth_another_attempt() -> None:
    source, text = "رأى ألماني سفينة حربية", "He saw a ship"
    assert beginnings_for(*case(source, text)) == hint_orders(*case(source, text)) == []


class _Scoring(EchoEngine):
    """Drops the second name unless it is forced or shown alone; believes texts as told."""

    def __init__(self, score: Callable[[str], float]) -> None:
        super().__init__()
        self._score = score

    @property
    def signature(self) -> Signature:
        return Signature((("model", "scoring"),))

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        self.calls.append((tuple(requests), options))
        return [
            [
                Hypothesis(
                    text=f"{request.prefix} in two days."
                    if request.prefix
                    else "They took Hodeida in two days.",
                    logprob_per_token=-0.1,
                    n_tokens=8,
                )
            ]
            * options.n_best
            for request in requests
        ]

    def score(self, request: Request, outputs: Sequence[str]) -> list[float]:
        return [self._score(output) * (self.count_tokens(output) + 1) for output in outputs]


def test_a_rescued_name_says_which_attempt_wrote_it() -> None:
    engine = _Scoring(lambda text: -0.3)
    (translation,) = (
        Translator(engine, GLOSSARY).translate("سيطروا على الحديدة والمخا في يومين.").translations
    )
    assert translation.text == "They took Hodeida and Mocha in two days."
    assert translation.attempts == ("beam", "nbest", "hints", "names")
    assert [hit.status for hit in translation.terms] == [TermStatus.AT_ONCE] * 2
    assert translation.terms[1].steps == ("hint", "decoded again: names")
    assert not translation.doubtful


def test_a_name_that_makes_the_sentence_unlikely_is_reported_instead() -> None:
    engine = _Scoring(lambda text: -1.5)
    (translation,) = (
        Translator(engine, GLOSSARY).translate("سيطروا على الحديدة والمخا في يومين.").translations
    )
    assert translation.text == "They took Hodeida in two days."
    assert [flag.kind for flag in translation.flags if not flag.informative] == [FlagKind.TERM]


def test_a_right_name_is_not_worth_a_wrong_number() -> None:
    """Three names fewer wrong do not buy one number more wrong."""
    _, first = case("34 من الحديدة والمخا وخان شيخون", "34 from there")
    missing = Flag(kind=FlagKind.TERM, detail="not found: Hodeida, Mocha, Khan Sheikhoun")
    number = Flag(kind=FlagKind.NUMBERS, detail="missing 34")
    first = dataclasses.replace(first, flags=(missing,))
    other = dataclasses.replace(first, text="43 from Hodeida, Mocha and Khan Sheikhoun", flags=(number,))
    assert other.cost < first.cost
    assert choose(first, [other], trusted=True) is first
    assert choose(first, [dataclasses.replace(other, flags=())], trusted=True).flags == ()


def test_every_match_that_is_not_found_is_flagged_or_doubted() -> None:
    """Whatever a model writes, no term of the source is passed over in silence."""
    glossary = Glossary([[*ENTRIES, Entry(source="صور", target="Tyre", type="place", note="ambiguous")]])
    engine = EchoEngine(lambda request: "Nothing of the kind happened.")
    source = "رأى ألماني سفينة حربية مع صور قرب الحديدة وخان شيخون."
    (translation,) = Translator(engine, glossary).translate(source).translations
    told = " ".join(flag.detail for flag in translation.flags if flag.kind is FlagKind.TERM)
    for hit in translation.terms:
        assert hit.found is None
        assert hit.target in told or any(step.startswith("doubted") for step in hit.steps)
    assert len(translation.terms) == 5


def test_a_long_sentence_is_not_cut_inside_a_name() -> None:
    text = "كلمة " * 6 + "خان شيخون " + "كلمة " * 5
    span = GLOSSARY.find(text)[0].token_span
    for limit in range(2, 9):
        parts = cut_segment(text, limit, lambda part: len(part.split()), [span])
        assert "".join(parts) == text
        assert sum("خان شيخون" in part for part in parts) == 1
