"""What a brief is written from: selection, compression, events, disagreements."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.errors import InputError
from khabar_core.records import Article
from khabar_summarize.compress import shorter_forms
from khabar_summarize.disagreements import find_disagreements
from khabar_summarize.english import count_words
from khabar_summarize.events import group_events
from khabar_summarize.selection import fit_window, rank, subheads_over, usable
from khabar_summarize.sources import SourceSentence, english_article, source_sentences

MakeSources = Callable[..., list[SourceSentence]]


def test_boilerplate_captions_and_headings_are_left_out(sources: MakeSources) -> None:
    pool = sources(
        "Flooding cuts off three villages in Darfur",
        "Heavy rain cut off three villages in West Darfur on Sunday, local officials said.",
        "Photo: A flooded road near El Geneina (AFP)",
        "Read also: Locusts reach Kassala",
        "Aid waits for the roads",
        "The World Food Programme said that its lorries were waiting for the roads to reopen.",
        "Aid waits for the roads",
        "Follow us on Telegram",
        "Heavy rain cut off three villages in West Darfur on Sunday, local officials said.",
        "All rights reserved.",
    )
    assert usable(pool) == [1, 5]


def test_kinds_that_the_document_reader_recognised_are_respected(sources: MakeSources) -> None:
    pool = sources(
        "The court postponed the hearing until May.", "The court postponed its session until June."
    )
    assert usable([replace(pool[0], kind="caption"), pool[1]]) == [1]


def test_a_list_of_headlines_keeps_its_longer_lines(sources: MakeSources) -> None:
    pool = sources(
        "Lebanon raises fuel prices for third time", "Sport", "Tunisian unions call a general strike"
    )
    assert usable(pool) == [0, 2]


def test_a_table_of_scores_has_nothing_to_offer(sources: MakeSources) -> None:
    assert usable(sources("Al Ahly 2 - 1 Zamalek", "Raja 0 - 0 Wydad", "12 | 8 | 3 | 27")) == []


def test_the_lead_and_the_main_actors_rank_high(sources: MakeSources, ceasefire: tuple[str, ...]) -> None:
    pool = sources(*ceasefire)
    ranked = rank(pool, usable(pool))
    best = max(ranked, key=lambda r: r.score)
    assert best.index == 0
    quote = next(r for r in ranked if r.source.text.startswith('"'))
    assert quote.score < sorted(r.score for r in ranked)[len(ranked) // 2]


def test_a_window_that_is_large_enough_keeps_everything(
    sources: MakeSources, ceasefire: tuple[str, ...]
) -> None:
    ranked = rank(sources(*ceasefire), range(len(ceasefire)))
    assert fit_window(ranked, count_words, 10_000) == ranked


def test_a_small_window_keeps_order_the_lead_and_later_sections(sources: MakeSources) -> None:
    texts = [f"The committee number {i} reported on district {i} to Minister Saleh." for i in range(60)]
    ranked = rank(sources(*texts), range(60))
    window = fit_window(ranked, count_words, 200)
    positions = [r.index for r in window]
    assert positions == sorted(positions)
    assert positions[:3] == [0, 1, 2]
    assert positions[-1] > 40
    assert sum(count_words(r.source.text) + 4 for r in window) <= 200


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        (
            "Beirut (Reuters) - Meanwhile, the minister (62) resigned on Friday after protests, he said.",
            "The minister (62) resigned after protests, he said.",
        ),
        (
            "NEW YORK - The envoy, who arrived from Amman on Tuesday, met both delegations for two hours.",
            "The envoy met both delegations for two hours.",
        ),
        (
            "The army said it had shot down a drone near Marib, adding that no soldier was hurt.",
            "The army said it had shot down a drone near Marib.",
        ),
        (
            "The army said on Friday evening that it held the hill near the town.",
            "The army said that it held the hill near the town.",
        ),
        (
            "Ships had waited off the port since the night of Tuesday to Wednesday.",
            "Ships had waited off the port since the night of Tuesday to Wednesday.",
        ),
        (
            "The strike killed four people, according to the health ministry.",
            "The strike killed four people, according to the health ministry.",
        ),
    ],
)
def test_compression_leaves_out_asides_and_keeps_named_sources(text: str, shortest: str) -> None:
    assert shorter_forms(text)[-1] == shortest


@settings(max_examples=100)
@given(st.text(alphabet=st.sampled_from('Ab ,.()-"whoich said'), max_size=120))
def test_shorter_forms_get_shorter_and_invent_no_word(text: str) -> None:
    forms = shorter_forms(text)
    assert all(count_words(b) <= count_words(a) for a, b in itertools.pairwise(forms))
    letters = [c for c in text.lower() if c.isalnum()]
    for form in forms:
        rest = iter(letters)
        assert all(c in rest for c in form.lower() if c.isalnum())


def test_different_counts_by_different_sources_are_set_side_by_side(
    sources: MakeSources, ceasefire: tuple[str, ...]
) -> None:
    (found,) = find_disagreements(sources(*ceasefire), range(len(ceasefire)))
    text = found.sentence()
    assert "11 according to the provincial hospital" in text
    assert "13 according to relatives of the victims" in text
    assert [account.sentence for account in found.accounts] == [3, 5]


@pytest.mark.parametrize(
    "texts",
    [
        ("Police arrested 12 protesters on Monday.", "Police arrested 15 protesters on Tuesday."),
        ("The army said 5 soldiers were killed.", "The army said 9 civilians were killed."),
        (
            "The Observatory said 16 fighters were killed in Idlib.",
            "The Observatory said 4 fighters were killed.",
        ),
        ("The army said 5 soldiers were killed.", "The ministry said 5 soldiers were killed."),
        ("In 2019, 40 people died.", "In 2020 the police said nothing."),
    ],
)
def test_counts_of_different_things_do_not_contradict(sources: MakeSources, texts: tuple[str, ...]) -> None:
    assert find_disagreements(sources(*texts), range(len(texts))) == []


def test_articles_on_one_event_meet_and_others_stay_apart() -> None:
    texts = {
        "a": "A ferry with 80 migrants sank off Zawiya in Libya on Monday. Libya's coast guard rescued 31.",
        "b": "The date harvest in Basra fell by a third, farmers in Iraq said. Salt water reached it.",
        "c": "Libya's coast guard rescued 31 migrants off Zawiya after a ferry sank on Monday.",
    }
    pool = [
        SourceSentence(id=f"{article}:{i}", text=part.strip() + ".", article=article)
        for article, text in texts.items()
        for i, part in enumerate(text.rstrip(".").split(". "))
    ]
    assert group_events(list(texts), pool) == [["a", "c"], ["b"]]


def test_english_segments_point_into_the_article() -> None:
    article = english_article("Headline here\n\nFirst one. Second one!\n  Third.", "x")
    text = article.article.text
    assert [text[t.segment.span_chars[0] : t.segment.span_chars[1]] for t in article.translations] == [
        "Headline here",
        "First one.",
        "Second one!",
        "Third.",
    ]
    assert all(t.passed_through for t in article.translations)
    assert [s.arabic for s in source_sentences([article])] == [""] * 4


def test_the_recognised_headline_is_no_body_sentence() -> None:
    source = Article(
        id="x", paragraphs=("Rain in Oman today.", "It rained."), title="Rain in Oman today.", language="en"
    )
    assert [s.kind for s in source_sentences([english_article(source)])] == ["headline", "body"]


def test_an_empty_article_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"^nothing\.txt: the article is empty"):
        english_article(" \n\n", "nothing.txt")


def test_invisible_characters_do_not_reach_the_sentences() -> None:
    (sentence,) = source_sentences([english_article("The \u202edeal\u202c was\u0007 signed\u200b today.")])
    assert sentence.text == "The deal was signed today."


def test_what_a_subhead_mentions_matters_in_its_section(sources: MakeSources) -> None:
    pool = sources(
        "The council met in Sirte on Monday to hear the report of the envoy.",
        "NATO offers no troops",
        "Delegates had coffee in the garden before the report of the envoy was read.",
        "NATO said that it would offer no troops, whatever the report of the envoy said.",
    )
    kept = usable(pool)
    assert kept == [0, 2, 3]
    assert subheads_over(pool, kept) == ["", "NATO offers no troops", "NATO offers no troops"]
    plain = rank(pool, kept)
    titled = rank(pool, kept, subheads=subheads_over(pool, kept))
    assert titled[2].score > plain[2].score
    assert titled[0].score == plain[0].score


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("The mediator proposed that these names be given to a committee.", True),
        ("The road will stay closed, he added.", True),
        ("The ministry called such reports false.", True),
        ("The road will stay closed this week, the ministry said.", False),
        ('The envoy said: "We reject these names."', False),
        ("The minister said he would resign.", False),
    ],
)
def test_what_points_back_leans_on_the_sentence_before(sources: MakeSources, text: str, leans: bool) -> None:
    pool = sources("Two sides met in Muscat on Monday to speak of prisoners.", text)
    assert rank(pool, range(2))[1].dangling is leans
