"""The ladder: which attempts are made for which defect, and which candidate wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.records import FlagKind
from khabar_glossaries import Entry, Glossary
from khabar_mt.guards import Evidence, check
from khabar_mt.ladder import Candidate, Item, Ladder
from khabar_mt.options import TranslateOptions
from khabar_mt.translator import Translator

SOURCE = "أعلن الوزير أن 34 جنديا قتلوا أمس في الهجوم على المدينة الواقعة شمال البلاد."
GOOD = "The minister said that 34 soldiers were killed yesterday in the attack on the city in the north."
WRONG = "The minister said that 43 soldiers were killed yesterday in the attack on the city in the north."

Script = Callable[[Request, DecodeOptions], list[tuple[str, float]]]


class _Scripted(EchoEngine):
    """Answers as a script says: text and score for each hypothesis."""

    def __init__(self, script: Script, name: str = "scripted") -> None:
        super().__init__()
        self._script, self._name = script, name

    @property
    def name(self) -> str:
        return self._name

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        self.calls.append((tuple(requests), options))
        return [
            [
                Hypothesis(text=text, logprob_per_token=score, n_tokens=max(1, len(text.split())))
                for text, score in self._script(request, options)[: options.n_best]
            ]
            for request in requests
        ]


def _judge(item: Item, hypothesis: Hypothesis) -> Candidate:
    flags = check(Evidence(source=item.text, text=hypothesis.text, finished=hypothesis.finished))
    return Candidate(
        raw=hypothesis.text,
        text=hypothesis.text,
        logprob_per_token=hypothesis.logprob_per_token,
        n_tokens=hypothesis.n_tokens,
        finished=hypothesis.finished,
        flags=flags,
    )


def _run(
    script: Script, *, ladder: bool = True, fallback: EchoEngine | None = None
) -> tuple[Candidate, tuple[str, ...]]:
    steps = Ladder(_Scripted(script), TranslateOptions(ladder=ladder), _judge, fallback=fallback)
    (outcome,) = steps.run([Item(text=SOURCE, source=SOURCE)])
    return outcome.best, outcome.attempts


def test_what_passes_is_decoded_once() -> None:
    best, attempts = _run(lambda *_: [(GOOD, -0.2)])
    assert (best.text, attempts) == (GOOD, ("beam",))


def test_a_lost_number_is_found_in_the_n_best_list() -> None:
    best, attempts = _run(lambda _, o: [(WRONG, -0.2), (WRONG + " indeed", -0.3), (GOOD, -0.5)])
    assert (best.text, attempts) == (GOOD, ("beam", "nbest"))


@pytest.mark.parametrize(("beam_size", "calls"), [(4, 1), (1, 2)])
def test_a_beam_is_not_decoded_again_for_its_other_hypotheses(beam_size: int, calls: int) -> None:
    """A greedy attempt has none, so it is; the engine finishes all of a beam before it returns the best."""
    engine = _Scripted(lambda _, o: [(WRONG, -0.2), (GOOD, -0.5)])
    options = TranslateOptions(beam_size=beam_size)
    (outcome,) = Ladder(engine, options, _judge).run([Item(text=SOURCE, source=SOURCE)])
    assert (outcome.best.text, outcome.attempts, outcome.chosen) == (GOOD, ("beam", "nbest"), "nbest")
    assert len(engine.calls) == calls


def test_a_very_unlikely_hypothesis_does_not_win_by_one_number() -> None:
    best, _ = _run(lambda _, o: [(WRONG, -0.2), (GOOD, -2.5)])
    assert best.text == WRONG
    assert best.kinds == {FlagKind.NUMBERS}


def test_a_loop_is_broken_by_the_repetition_penalty() -> None:
    loop = "34 of the city of the city of the city of the city of the city of the city of the city"
    best, attempts = _run(lambda _, o: [(GOOD if o.repetition_penalty > 1 else loop, -0.4)])
    assert (best.text, attempts) == (GOOD, ("beam", "penalty"))


def test_halves_are_decoded_apart_and_joined() -> None:
    def script(request: Request, _: DecodeOptions) -> list[tuple[str, float]]:
        if request.text == SOURCE:
            return [("", -0.1)]
        return [
            (
                "The minister said 34 soldiers were killed."
                if "34" in request.text
                else "The attack hit the city.",
                -0.4,
            )
        ]

    best, attempts = _run(script)
    assert attempts[-1] == "split"
    assert best.text == "The minister said 34 soldiers were killed the attack hit the city."


def test_another_engine_is_asked_last() -> None:
    other = _Scripted(lambda *_: [(GOOD, -3.0)], name="other")
    best, attempts = _run(lambda *_: [("", -0.1)], fallback=other)
    assert (best.text, attempts[-1]) == (GOOD, "engine:other")
    assert len(other.calls) == 1


def test_without_the_ladder_the_flag_stays() -> None:
    best, attempts = _run(lambda _, o: [(WRONG, -0.2), (GOOD, -0.5)], ladder=False)
    assert (best.text, attempts) == (WRONG, ("beam",))


def test_only_failing_items_are_decoded_again() -> None:
    engine = _Scripted(lambda request, _: [(WRONG if request.text == SOURCE else GOOD, -0.2)])
    ok = "أعلن الوزير أن 34 جنديا قتلوا أمس في الهجوم على المدينة في شمال البلاد."
    items = [Item(text=ok, source=ok), Item(text=SOURCE, source=SOURCE)]
    outcomes = Ladder(engine, TranslateOptions(), _judge).run(items)
    assert outcomes[0].attempts == ("beam",)
    assert all(request.text != ok for requests, _ in engine.calls[1:] for request in requests)


@pytest.mark.parametrize("prefix_works", [True, False])
def test_a_wrong_name_is_put_right_by_a_forced_beginning(prefix_works: bool) -> None:
    glossary = Glossary(
        [[Entry(source="نيبينزيا", target="Nebenzia", type="person", origin="test", date="2024")]]
    )
    right = "The envoy Nebenzia said on Thursday that the talks would go on."
    wrong = "The envoy Nevada said on Thursday that the talks would go on."

    def script(request: Request, _: DecodeOptions) -> list[tuple[str, float]]:
        return [(right if request.prefix and prefix_works else wrong, -0.3)]

    engine = _Scripted(script)
    source = "قال المندوب نيبينزيا الخميس إن المحادثات ستستمر."
    (translation,) = Translator(engine, glossary).translate(source).translations
    prefixes = [request.prefix for requests, _ in engine.calls for request in requests if request.prefix]
    assert prefixes == ["The envoy Nebenzia"]
    if prefix_works:
        assert translation.text == right
        assert not translation.doubtful
    else:
        assert {flag.kind for flag in translation.flags if not flag.informative} == {FlagKind.TERM}
