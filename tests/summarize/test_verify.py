"""What the verifier lets through and what it stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from khabar_core.records import Check
from khabar_summarize.sources import SourceSentence
from khabar_summarize.verify import Verdict, Verifier

TALKS = (
    "Turkish President Recep Tayyip Erdogan and Russian President Vladimir Putin spoke by phone on"
    " Friday about Idlib.",
    "The White House said Donald Trump condemned the attack on Thursday that killed 33 Turkish soldiers.",
    "Vasily Nebenzia, the Russian ambassador to the United Nations, said Moscow did not take part in"
    " the strikes.",
    "NATO Secretary-General Jens Stoltenberg urged Damascus to stop its offensive, but offered Ankara"
    " no new help.",
    "Turkey shelled 16 Syrian army positions with artillery and drones after the attack.",
    "Kelly Craft, the US ambassador, called on Russia to ground its warplanes immediately.",
    'UN chief Antonio Guterres said "the most pressing need is an immediate ceasefire".',
    "Inflation in Turkey reached 12 percent in January, against 11 percent a month earlier.",
)


@pytest.fixture(scope="module")
def verifier(sources: Callable[..., list[SourceSentence]]) -> Verifier:
    return Verifier(sources(*TALKS))


def failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.failures}


@pytest.mark.parametrize(
    "text",
    [
        "Erdogan and Putin discussed Idlib by phone on Friday.",
        "Trump condemned Thursday's attack, in which 33 Turkish soldiers were killed, the White House said.",
        "Moscow took no part in the strikes, its UN ambassador Vasily Nebenzia said.",
        "Stoltenberg called on Damascus to stop its offensive but offered Turkey no new help.",
        "Turkey responded by shelling 16 Syrian army positions.",
        "Guterres said that the most pressing need was an immediate ceasefire.",
        "US ambassador Kelly Craft called on Moscow to ground its warplanes.",
        "Turkish inflation rose to 12% in January from 11% the month before.",
        "Thirty-three Turkish soldiers were killed in the attack on Thursday.",
    ],
)
def test_a_faithful_sentence_passes(verifier: Verifier, text: str) -> None:
    verdict = verifier.check(text)
    assert verdict.passed, verdict.failures
    assert verdict.support > 0.5


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("Trump condemned the attack that killed 34 Turkish soldiers, the White House said.", "numbers"),
        ("Trump condemned the attack that killed 16 Turkish soldiers, the White House said.", "places"),
        ("Turkish inflation reached 12 million in January.", "numbers"),
        ("Erdogan and Putin spoke by phone on Monday about Idlib.", "dates"),
        ("Erdogan and Angela Merkel spoke by phone on Friday about Idlib.", "names"),
        ("The Arab League said Donald Trump condemned the attack.", "names"),
        ("Nebenzia said Moscow took part in the strikes.", "negation"),
        ("Turkey did not shell 16 Syrian army positions with artillery.", "negation"),
        ("Damascus urged NATO Secretary-General Jens Stoltenberg to stop its offensive.", "roles"),
        ("Syria shelled 16 Turkish army positions with artillery and drones.", "roles"),
        ('Guterres said "the most urgent need is an immediate ceasefire".', "quotes"),
        ("Donald Putin condemned the attack on Thursday.", "names"),
        ("Farmers harvested olives near the coast.", "content"),
    ],
)
def test_a_false_sentence_is_stopped_by_the_right_check(verifier: Verifier, text: str, check: str) -> None:
    assert check in failed(verifier.check(text))


def test_citations_point_to_what_supports_the_sentence(verifier: Verifier) -> None:
    verdict = verifier.check("Turkey shelled Syrian army positions.", proposed=[0])
    assert verdict.cites[0] == 4


def test_a_wrong_citation_is_dropped_and_a_missing_one_added(verifier: Verifier) -> None:
    text = "Nebenzia said Moscow took no part in the strikes; Craft called on Russia to ground its warplanes."
    verdict = verifier.check(text, proposed=[7, 2])
    assert set(verdict.cites) == {2, 5}


def test_citations_out_of_range_are_ignored(verifier: Verifier) -> None:
    assert verifier.check("Turkey shelled 16 Syrian army positions.", proposed=[99, -3, 4]).cites == (4,)


def test_a_number_is_not_borrowed_from_a_sentence_about_something_else(verifier: Verifier) -> None:
    """12 stands in the article, but as a percentage of inflation."""
    assert "numbers" in failed(verifier.check("Turkey shelled 12 Syrian army positions with artillery.", [4]))


def test_accepted_spellings_of_the_glossary_count_as_one_name(
    sources: Callable[..., list[SourceSentence]],
) -> None:
    pool = sources("Fighters withdrew from Saraqib after the Hayat group shelled Edlib.")
    text = "Fighters withdrew from Saraqib after the Hayat group shelled Idlib."
    spelled = sources("Fighters withdrew from Saraqib after the Hayat group shelled Ghouta.")
    assert not Verifier(spelled, {"ghouta": "=x", "zamalka": "=y"}).check(text).passed
    assert Verifier(pool, {"idlib": "=idlib", "edlib": "=idlib"}).check(text).passed


def test_nothing_is_supported_by_nothing() -> None:
    verdict = Verifier([]).check("Turkey shelled Syria.")
    assert verdict == Verdict(cites=(), support=0.0, checks=verdict.checks)
    assert not verdict.passed
    assert Check(name="content", passed=False, detail="nothing in the article supports it") in verdict.checks


def test_hostile_text_is_checked_without_an_exception(verifier: Verifier) -> None:
    for text in (
        "",
        '"',
        "\u202e\u0000",
        "9" * 5000,
        "A " * 3000,
        "...",
        "[1] [2]",
        "'s 's",
        "U.S.U.S.",
        "- - -",
    ):
        assert isinstance(verifier.check(text), Verdict)


def test_the_pool_of_a_very_long_article_is_searched_in_time() -> None:
    pool = [
        SourceSentence(
            id=str(i), text=f"Council member number {i} of Village{i} asked for {i} new wells on Monday."
        )
        for i in range(2, 1500)
    ]
    verifier = Verifier(pool)
    verdict = verifier.check("Council member 777 of Village777 asked for 777 new wells.")
    assert pool[verdict.cites[0]].id == "777"


def test_every_sentence_of_an_article_supports_itself(
    sources: Callable[..., list[SourceSentence]], ceasefire: tuple[str, ...]
) -> None:
    verifier = Verifier(sources(*ceasefire))
    for index, text in enumerate(ceasefire):
        verdict = verifier.check(text, [index])
        assert verdict.passed, (text, verdict.failures)
        assert verdict.support == 1.0
