"""Names found in a segment are handed to its parts; very long segments cost no more than their length."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar_core.engines.echo import EchoEngine
from khabar_glossaries import Entry, Glossary
from khabar_mt import TranslateOptions, Translator
from khabar_mt.matching import matches_of_parts
from khabar_mt.pieces import cut_segment

GLOSSARY = Glossary(
    [
        [
            Entry(source="خان يونس", target="Khan Younis", type="place"),
            Entry(source="سالم", target="Salem", type="person"),
        ]
    ]
)
WORDS = st.lists(st.sampled_from(["خان", "يونس", "سالم", "وسالم", "قال", "،"]), min_size=1, max_size=20)


@given(WORDS, st.lists(st.integers(0, 80), max_size=6))
@settings(max_examples=100)
def test_each_part_has_the_names_that_lie_wholly_in_it(words: list[str], cuts: list[int]) -> None:
    text = " ".join(words)
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]
    parts = [text[a:b] for a, b in itertools.pairwise(bounds)]
    matches = GLOSSARY.find(text)
    found = matches_of_parts(matches, parts)
    for start, end, part, own in zip(bounds[:-1], bounds[1:], parts, found, strict=True):
        inside = [m for m in matches if start <= m.token_span[0] and m.token_span[1] <= end]
        assert [part[slice(*m.span)] for m in own] == [text[slice(*m.span)] for m in inside]


@given(WORDS, st.integers(1, 6))
@settings(max_examples=100)
def test_no_part_ends_inside_a_name(words: list[str], limit: int) -> None:
    text = " ".join(words)
    names = [match.token_span for match in GLOSSARY.find(text)]
    parts = cut_segment(text, limit, lambda part: len(part.split()), names)
    assert "".join(parts) == text
    position = 0
    for part in parts[:-1]:
        position += len(part)
        assert not any(start < position < end for start, end in names)


@pytest.mark.slow
def test_a_sentence_without_end_takes_time_by_its_length() -> None:
    """Names, cuts and spellings were once compared each with each: this text took minutes."""
    text = "قال سالم في خان يونس إن القافلة وصلت أمس وإن " * 3_000
    engine = EchoEngine(lambda request: "Salem said in Khan Younis that the convoy arrived yesterday")
    translator = Translator(engine, glossary=GLOSSARY, options=TranslateOptions(ladder=False))
    begin = time.monotonic()
    (english,) = translator.translate_lines([text])
    assert "Khan Younis" in english
    assert time.monotonic() - begin < 60
