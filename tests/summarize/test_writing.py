"""What a model reads and what is kept of its output, for khabar's own models and for imported ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.echo import EchoEngine
from khabar_summarize import BriefOptions
from khabar_summarize.writing import Writer, writes_citations

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


@pytest.mark.parametrize(
    ("imported", "shown"),
    [
        (False, "[1] The dam at Hamdan broke at night.\n[2] Nobody was hurt."),
        (True, "The dam at Hamdan broke at night. Nobody was hurt."),
    ],
)
def test_only_khabars_own_models_read_numbers(imported: bool, shown: str) -> None:
    """An imported chat model keeps its translating prompt beside the one for briefs, and cites nothing."""
    engine = Model("A dam broke.", imported=imported)
    assert engine.tasks == ("translate", "brief")
    assert writes_citations(engine) is not imported
    Writer(engine, _TEXTS, BriefOptions()).beam()
    (request,), _ = engine.calls[0]
    assert request.text == shown


@pytest.mark.parametrize(
    ("imported", "output", "kept"),
    [
        (True, "A dam broke at Hamdan. No one was hurt. The loss is put at 3.", "A dam broke at Hamdan."),
        (False, "A dam broke at Hamdan. [1] No one was hurt. [2] The loss", "A dam broke at Hamdan."),
        (False, "A dam broke at Hamdan. No one was", ""),
    ],
)
def test_an_output_cut_at_the_limit_loses_its_last_sentence(imported: bool, output: str, kept: str) -> None:
    """Without citations that is the text behind the last full stop, and what may be half a number."""
    candidates = Writer(Model(output, imported=imported, finished=False), _TEXTS, BriefOptions()).beam()
    sentences = [written.text for candidate in candidates for written in candidate.sentences]
    assert sentences == ([kept, "No one was hurt."] if kept else [])
