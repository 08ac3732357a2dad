"""What a model reads and what is kept of its output, for khabar's own models and for imported ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.echo import EchoEngine
from khabar_summarize import BriefOptions
from khabar_summarize.writing import Writer, can_retell, rewrite

_TEXTS = ("The dam at Hamdan broke at night.", "Nobody was hurt.")


class Model(EchoEngine):
    """Writes one text; an imported one translates and writes briefs but was trained on no hints."""

    def __init__(self, output: str, *, imported: bool, finished: bool = True) -> None:
        super().__init__(lambda request: output)
        self._imported, self._finished = imported, finished

    @property
    def takes_hints(self) -> bool:
        return not self._imported

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        return [
            [Hypothesis(text=h.text, logprob_per_token=0.0, n_tokens=9, finished=self._finished) for h in row]
            for row in super().generate(requests, options)
        ]


def test_only_khabars_own_models_read_numbers() -> None:
    """An imported chat model keeps its translating prompt beside the one for briefs, and cites nothing."""
    own, other = (Model("A dam broke.", imported=imported) for imported in (False, True))
    assert own.tasks == other.tasks == ("translate", "brief")
    assert can_retell(own)
    assert not can_retell(other)
    rewrite(own, [_TEXTS], 4)
    Writer(other, _TEXTS, BriefOptions()).beam()
    ((read,), _), ((plain,), _) = own.calls[0], other.calls[0]
    assert read.text == "[1] The dam at Hamdan broke at night.\n[2] Nobody was hurt."
    assert plain.text == "The dam at Hamdan broke at night. Nobody was hurt."


@pytest.mark.parametrize(
    ("output", "kept"),
    [
        (
            "A dam broke at Hamdan. No one was hurt. The loss is put at 3.",
            ["A dam broke at Hamdan.", "No one was hurt."],
        ),
        ("A dam broke at", []),
        ("", []),
    ],
)
def test_an_output_cut_at_the_limit_loses_its_last_sentence(output: str, kept: list[str]) -> None:
    """That is the text behind the last full stop, and what may be half a number."""
    engine = Model(output, imported=True, finished=False)
    candidates = Writer(engine, _TEXTS, BriefOptions()).beam()
    assert [sentence for candidate in candidates for sentence in candidate.sentences] == kept


def test_the_settled_beginning_is_no_part_of_a_candidate() -> None:
    engine = Model("Nobody was hurt. A dam broke.", imported=True)
    (candidate,) = Writer(engine, _TEXTS, BriefOptions()).samples(prefix="Nobody was hurt.")
    assert candidate.sentences == ("A dam broke.",)


@pytest.mark.parametrize(
    ("output", "finished", "kept"),
    [
        ("A dam broke at Hamdan. [1,2]", True, ["A dam broke at Hamdan."]),
        ("A dam broke at Hamdan. [1] No one was hurt. [2]", True, ["A dam broke at Hamdan."]),
        ("A dam broke at Hamdan. [1] No one was", False, ["A dam broke at Hamdan."]),
        ("A dam broke at Hamdan. [1] No one was hurt. [2] The", False, ["A dam broke at Hamdan."]),
        ("A dam broke at", False, []),
        ("The loss is put at 3.", False, []),
        ("[1]", True, []),
    ],
)
def test_a_unit_is_retold_in_one_finished_sentence(output: str, finished: bool, kept: list[str]) -> None:
    (wordings,) = rewrite(Model(output, imported=False, finished=finished), [_TEXTS], 4)
    assert [text for text, _ in wordings] == kept


def test_a_sentence_longer_than_the_model_reads_is_not_shown_to_it() -> None:
    engine = EchoEngine(lambda request: "A dam broke.", max_input_tokens=20)
    long = "The dam " + "and the house " * 20 + "broke."
    assert rewrite(engine, [[long], _TEXTS], 4) == [[], [("A dam broke.", 0.0)]]
    assert [request.text[:11] for request in engine.calls[0][0]] == ["[1] The dam"]
    engine.calls.clear()
    assert rewrite(engine, [[long]], 4) == [[]]
    assert rewrite(engine, [], 4) == []
    assert engine.calls == []
