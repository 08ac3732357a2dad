"""A translated article with everything that a rendering must cope with."""

from __future__ import annotations

import pytest

from khabar_core.records import (
    Article,
    Flag,
    FlagKind,
    Segment,
    Signature,
    TermHit,
    TermStatus,
    TranslatedArticle,
    Translation,
)


@pytest.fixture
def translated() -> TranslatedArticle:
    """Headline, two sentences in one paragraph, a hostile one, a list; repaired, violated and doubtful."""
    source = (
        "هدنة في تعز",
        "",
        "  قال سالم إن 34 جنديا عادوا. وشكر صنعاء.",
        "",
        '<script>alert("أ")</script>',
        "- بند",
    )
    target = (
        "Truce in Taiz",
        "",
        "  Salem said soldiers had returned. He thanked Sanaa.",
        "",
        '<script>alert("a")</script>',
        "- Item",
    )
    text = "\n".join(source)

    def segment(number: int, words: str, paragraph: int, kind: str = "body") -> Segment:
        start = text.index(words)
        return Segment(
            id=f"wire:{number}",
            text=words,
            paragraph=paragraph,
            span_chars=(start, start + len(words)),
            kind=kind,
        )

    taiz = TermHit(
        source="تعز",
        source_span=(8, 11),
        target="Taiz",
        type="place",
        status=TermStatus.AT_ONCE,
        found="Taiz",
        target_span=(9, 13),
        glossary="built-in",
    )
    salem = TermHit(
        source="سالم",
        source_span=(4, 8),
        target="Salem",
        type="person",
        status=TermStatus.REPAIRED,
        found="Salem",
        target_span=(0, 5),
        steps=("hint", "respelling: Salim -> Salem"),
    )
    sanaa = TermHit(
        source="صنعاء", source_span=(5, 10), target="Sana'a", type="place", status=TermStatus.VIOLATED
    )
    return TranslatedArticle(
        article=Article(
            id="wire",
            paragraphs=source,
            title=source[0],
            kinds=("headline", "body", "body", "body", "body", "list"),
            metadata={"path": "<wire>.txt"},
        ),
        paragraphs=target,
        translations=(
            Translation(segment=segment(1, source[0], 0, "headline"), text=target[0], terms=(taiz,)),
            Translation(
                segment=segment(2, "قال سالم إن 34 جنديا عادوا.", 2),
                text="Salem said soldiers had returned.",
                logprob_per_token=-0.25,
                terms=(salem,),
                flags=(Flag(kind=FlagKind.NUMBERS, detail="34 is missing"),),
                attempts=("beam", "nbest"),
            ),
            Translation(
                segment=segment(3, "وشكر صنعاء.", 2),
                text="He thanked Sanaa.",
                logprob_per_token=-0.5,
                terms=(sanaa,),
                flags=(Flag(kind=FlagKind.SPLIT, informative=True),),
            ),
            Translation(segment=segment(4, source[4], 4), text=target[4]),
            Translation(segment=segment(5, "بند", 5, "list"), text="Item"),
        ),
        signature=Signature((("model", "echo"), ("beam", "4"))),
    )
