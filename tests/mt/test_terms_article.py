"""Names in whole articles: shared evidence, one spelling, the same from stream and translate."""

from __future__ import annotations

from khabar_core.engines.base import Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.records import Article, TermStatus
from khabar_glossaries import Entry, Glossary
from khabar_mt import Translator
from khabar_mt.consistency import NameLedger

GLOSSARY = Glossary(
    [
        [
            Entry(source="بشار الأسد", target="Bashar al-Assad", type="person"),
            Entry(
                source="الأسد", target="al-Assad", accepted=("Assad",), type="person", note="ambiguous: lion"
            ),
        ]
    ]
)
ENGLISH = {
    "رفض الأسد العرض.": "Asad refused the offer.",
    "وعاد بشار الأسد أمس.": "Bashar al-Assad returned yesterday.",
    "رأى الناس الأسد في القفص.": "People saw the lion in the cage.",
    "وصل العمروشي.": "Amroushi arrived.",
    "غادر العمروشي.": "Amrouchy left.",
}


def reply(request: Request) -> str:
    return ENGLISH[request.text]


def article(*paragraphs: str, id: str = "a") -> Article:
    return Article(id=id, paragraphs=paragraphs, kinds=("body",) * len(paragraphs))


def test_a_full_name_in_the_article_makes_the_surname_sure() -> None:
    engine = EchoEngine(reply)
    text = article("رفض الأسد العرض.", "وعاد بشار الأسد أمس.")
    translated = Translator(engine, GLOSSARY).translate(text)
    assert translated.paragraphs[0] == "Al-Assad refused the offer."
    hints = {request.text: request.hints for calls, _ in engine.calls for request in calls}
    assert hints["رفض الأسد العرض."] == (("الأسد", "al-Assad"),)


def test_the_same_sentence_is_judged_by_its_own_article() -> None:
    """Equal sentences are decoded once, but not where their articles say different things about a name."""
    alone = article("رفض الأسد العرض.", id="b")
    full = article("رفض الأسد العرض.", "وعاد بشار الأسد أمس.")
    first, second = Translator(EchoEngine(reply), GLOSSARY).translate_all([alone, full])
    assert first.translations[0].terms[0].status is TermStatus.AMBIGUOUS
    assert first.paragraphs[0] == "Asad refused the offer."
    assert second.paragraphs[0] == "Al-Assad refused the offer."


def test_stream_and_translate_spell_unknown_names_alike() -> None:
    text = article("وصل العمروشي.", "غادر العمروشي.")
    translator = Translator(EchoEngine(reply), GLOSSARY)
    assert translator.translate(text).paragraphs == ("Amroushi arrived.", "Amroushi left.")
    assert [t.text for t in translator.stream(text)] == ["Amroushi arrived.", "Amroushi left."]


def test_articles_are_independent_unless_they_share_a_ledger() -> None:
    first, second = article("وصل العمروشي."), article("غادر العمروشي.", id="b")
    apart = Translator(EchoEngine(reply), GLOSSARY).translate_all([first, second])
    assert [a.paragraphs[0] for a in apart] == ["Amroushi arrived.", "Amrouchy left."]
    together = Translator(EchoEngine(reply), GLOSSARY, ledger=NameLedger()).translate_all([first, second])
    assert [a.paragraphs[0] for a in together] == ["Amroushi arrived.", "Amroushi left."]
