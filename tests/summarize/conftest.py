"""Articles written for these tests, and engines that write what a test tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.records import Article, Segment, TermHit, TranslatedArticle, Translation
from khabar_summarize.sources import SourceSentence

_CEASEFIRE = (
    "Marib (Khabar) - A three-day ceasefire between the Houthi movement and the Yemeni government took hold"
    " in Marib on Tuesday, the United Nations envoy Hans Grundberg said.",
    "Grundberg told the Security Council that 42 prisoners would be exchanged before Friday.",
    "Read also: Fuel prices rise again in Aden",
    "Houthi spokesman Mohammed Abdulsalam said that his movement did not take part in the attack on the Safer"
    " oil plant, in which 11 guards were killed, according to the provincial hospital.",
    "The governor of Marib, Sultan al-Arada, accused the Houthis of shelling two displacement camps.",
    "Relatives of the victims told reporters that 13 guards were killed at the plant.",
    "Saudi Arabia, which backs the government, pledged $30 million for the camps.",
    '"The guns must fall silent for good," Grundberg said.',
)


def _sources(*texts: str) -> list[SourceSentence]:
    """Source sentences with ids a:1, a:2, ..."""
    return [SourceSentence(id=f"a:{i}", text=t, article="a", position=i - 1) for i, t in enumerate(texts, 1)]


def _translated(
    article_id: str,
    pairs: Sequence[tuple[str, str]],
    *,
    title: str | None = None,
    terms: Sequence[TermHit] = (),
) -> TranslatedArticle:
    """An article of (Arabic, English) sentences, one a paragraph."""
    translations = []
    offset = 0
    for i, (arabic, english) in enumerate(pairs):
        segment = Segment(
            id=f"{article_id}:{i + 1}",
            text=arabic,
            paragraph=i,
            span_chars=(offset, offset + len(arabic)),
            kind="headline" if title == english else "body",
        )
        translations.append(Translation(segment=segment, text=english, terms=tuple(terms)))
        offset += len(arabic) + 1
    return TranslatedArticle(
        article=Article(id=article_id, paragraphs=tuple(arabic for arabic, _ in pairs), title=title),
        paragraphs=tuple(english for _, english in pairs),
        translations=tuple(translations),
    )


class Imported(EchoEngine):
    """A model that khabar did not train: it reads the whole text and knows neither hints nor numbers."""

    @property
    def takes_hints(self) -> bool:
        return False


class Reteller(EchoEngine):
    """A model of khabar's own: it retells a unit with what is given for a word in the unit's last sentence.

    Args:
        wordings: word -> wordings, likeliest first; a unit with none of the words gets an empty output.
        finished: whether the outputs end by themselves.
        max_input_tokens: what it claims to read.
    """

    def __init__(
        self, wordings: Mapping[str, Sequence[str]], *, finished: bool = True, max_input_tokens: int = 512
    ) -> None:
        super().__init__(max_input_tokens=max_input_tokens)
        self._wordings, self._finished = wordings, finished

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        self.calls.append((tuple(requests), options))
        return [
            [
                Hypothesis(text=text, logprob_per_token=-0.1 * i, n_tokens=9, finished=self._finished)
                for i, text in enumerate(self._of(request.text), 1)
            ]
            for request in requests
        ]

    def _of(self, unit: str) -> Sequence[str]:
        told = unit.split("\n")[-1]
        return next((texts for word, texts in self._wordings.items() if word in told), [""])


def _writer(*outputs: str) -> EchoEngine:
    """An imported model that writes the outputs in turn, the last one then; the forced beginning stays."""
    left = list(outputs)

    def reply(request: Request) -> str:
        text = left.pop(0) if len(left) > 1 else left[0]
        return f"{request.prefix} {text}".strip()

    return Imported(reply)


@pytest.fixture(scope="session")
def ceasefire() -> tuple[str, ...]:
    """An English article of eight sentences with a line of boilerplate and two different counts."""
    return _CEASEFIRE


@pytest.fixture(scope="session")
def sources() -> Callable[..., list[SourceSentence]]:
    """Makes source sentences from texts."""
    return _sources


@pytest.fixture(scope="session")
def translated() -> Callable[..., TranslatedArticle]:
    """Makes a translated article from (Arabic, English) pairs."""
    return _translated


@pytest.fixture(scope="session")
def writer() -> Callable[..., EchoEngine]:
    """Makes an imported model that writes given outputs."""
    return _writer


@pytest.fixture(scope="session")
def imported() -> Callable[..., EchoEngine]:
    """Makes an echo engine that passes for an imported model."""
    return Imported


@pytest.fixture(scope="session")
def reteller() -> Callable[..., EchoEngine]:
    """Makes a model of khabar's own that retells units as told."""
    return Reteller
