"""Decide whether an ambiguous word is the name. In: the matches of one article with their texts. Out: the
same matches, those with evidence no longer ambiguous, each with its reason.

Evidence is what a reader uses: a title before a person, a kind of place before a place, the full name
elsewhere in the article, a sure name of the same type beside it. Not here: statistics over corpora.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence

from khabar_glossaries.folding import fold_key
from khabar_glossaries.matcher import HOMOGRAPH, NO_ARTICLE, Match

__all__ = ["resolve"]

_PERSON_CUES = """
الرئيس رئيس رئيسة الرئيسة الوزير وزير وزيرة الوزيرة السيد السيدة الشيخ الشيخة الدكتور الدكتورة البروفسور
الجنرال العقيد العميد اللواء الفريق المشير الرائد النقيب المقدم النائب النائبة السفير السفيرة المبعوث
المبعوثة الملك ملك الأمير الأميرة أمير السلطان الإمام البابا البطريرك المطران القاضي المحامي المحامية
الصحافي الصحافية الصحفي الصحفية الأستاذ المهندس القائد الزعيم زعيم القيادي المتحدث الناطق المتحدثة
الناطقة المرشح المعارض الناشط الناشطة الفنان الفنانة الكاتب الشاعر المخرج اللاعب المدرب مستشار المستشار
المستشارة حكومة إدارة نظام عائلة آل أبو أم بن ابن عهد الأمين المدير مدير المفتي آية الحاج الأب مستر
اغتيال
"""
_PLACE_CUES = """
مدينة بمدينة بلدة ببلدة قرية بقرية محافظة بمحافظة ولاية بولاية ريف بريف منطقة بمنطقة قضاء بقضاء ناحية
مخيم بمخيم حي بحي مطار بمطار ميناء بميناء جزيرة بجزيرة معبر بمعبر سد جبل بلدات مدن مدينتي بلدتي قريتي
محافظتي محور جبهة بلدية دولة جمهورية مملكة إمارة إقليم بإقليم سهل وادي نهر بحيرة مضيق حقل مصفاة سجن
قاعدة شمالي جنوبي شرقي غربي شمال جنوب شرق غرب وسط ضواحي ضاحية مركز مشارف أطراف تخوم قرب العاصمة عاصمة
مديرية لواء أحياء طريق ميدان بميدان ساحة بساحة شارع بشارع
"""
_ORG_CUES = "تنظيم جماعة حركة حزب ميليشيا فصيل كتائب لواء جبهة منظمة مؤسسة وزارة قناة صحيفة وكالة شركة بيان"
# Enough only where the name is the likelier reading: في حلب, قال عباس.
_BEFORE_PLACES = """
في إلى من نحو صوب داخل خارج باتجاه حكومة رئيس سفير وزير جيش شعب ملك أمير سلطات منتخب أهالي سكان
"""
_BEFORE_PERSONS = """
قال قالت أضاف أكد أعلن ذكر شدد أشار أوضح اعتبر دعا طالب اتهم رأى لفت تابع صرح التقى استقبل زار غادر وصل
"""
_WORD = re.compile(r"\w[^\s،؛,.:()«»\"]*")
# Between the members of a list: درعا ونوى وطفس; درعا، نوى. The conjunction itself is a proclitic.
_LIST_GAP = re.compile(r"\s*[،,]?\s*(?:و\s*|أو\s+|ثم\s+)?")
_WINDOW = 60  # characters before a name in which its title is looked for


def _fold_all(words: str) -> frozenset[str]:
    return frozenset(fold_key(word) for word in words.split())


_CUES = {
    "person": _fold_all(_PERSON_CUES),
    "place": _fold_all(_PLACE_CUES),
    "org": _fold_all(_ORG_CUES),
    "group": _fold_all(_ORG_CUES),
    "media": _fold_all(_ORG_CUES),
}
_WEAK_CUES = {"person": _fold_all(_BEFORE_PERSONS), "place": _fold_all(_BEFORE_PLACES)}
_DATELINE = re.compile(r"\s*(?:\([^)]{2,30}\)\s*)?[-–—:]\s|\s*\((?:رويترز|أ ?ف ?ب|أ ?ب|د ?ب ?أ)")
# Folded, على is the first name علي.
_PREPOSITIONS = frozenset({"على", "إلى"})
_STRIKES = _fold_all(
    "غارة غارات الغارة الغارات بغارة قصف القصف هجوم الهجوم هجمات سيطر السيطرة سيطرته سيطرتها"
)
_ORDINALS = _fold_all("الأول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر العشرين الثلاثين")
_MONTH_CUES = _fold_all("شهر بشهر مطلع أوائل أواخر منتصف نهاية بداية منذ خلال يوم الجاري الماضي المقبل")


def resolve(
    texts: Sequence[str], found: Sequence[Sequence[Match]], given_names: Collection[str] = frozenset()
) -> list[list[Match]]:
    """Give ambiguous matches the benefit of the evidence in one article.

    Args:
        texts: its sentences (or one text).
        found: the matches of each.
        given_names: folded first names of the glossary's persons.

    Returns:
        The matches of each text, in the same order.
    """
    doubted = [
        [_doubt_namesake(text, match, given_names) for match in matches]
        for text, matches in zip(texts, found, strict=True)
    ]
    if not any(match.ambiguous for matches in doubted for match in matches):
        return doubted
    sure = [match for matches in doubted for match in matches if not match.ambiguous]
    full_names = _parts_of(match for match in sure if " " in match.entry.source)
    sure_sources = {match.entry.source for match in sure}
    result = []
    for text, matches in zip(texts, doubted, strict=True):
        resolved: list[Match] = []
        for i, match in enumerate(matches):
            if match.ambiguous:
                reason = (
                    _elsewhere(match, full_names, sure_sources)
                    or _cue_before(text, match)
                    or _neighbour(text, matches, i, resolved)
                    or (_weak_evidence(text, match) if match.reason == HOMOGRAPH else "")
                )
                if reason:
                    match = dataclasses.replace(match, ambiguous=False, reason=reason)
            # A common word that only looks like a name without its article is not worth a report.
            if not (match.ambiguous and match.reason == NO_ARTICLE):
                resolved.append(match)
        result.append(resolved)
    return result


def _parts_of(matches: Iterable[Match]) -> dict[tuple[str, str], str]:
    """(type, folded last word or last two words) -> the full name they come from."""
    parts: dict[tuple[str, str], str] = {}
    for match in matches:
        words = fold_key(match.entry.source).split(" ")
        if match.entry.type == "place" and words[0] not in _CUES["place"]:
            # قلعة حلب does not make every حلب the city, nor البيت الأبيض every الأبيض.
            continue
        for i in range(1, len(words)):
            parts.setdefault((match.entry.type, " ".join(words[i:])), match.entry.source)
    return parts


def _elsewhere(match: Match, full_names: dict[tuple[str, str], str], sure_sources: set[str]) -> str:
    """Evidence from the rest of the article."""
    if match.entry.source in sure_sources:
        return "stands in the article beyond doubt"
    full = full_names.get((match.entry.type, fold_key(match.entry.source)))
    return f"full name in the article: {full}" if full else ""


def _doubt_namesake(text: str, match: Match, given_names: Collection[str]) -> Match:
    """Mark a surname that follows another first name: مهدي قاسم is not the politician, and may be Mehdi
    Kacem.
    """
    entry = match.entry
    if entry.type != "person" or " " in entry.source or match.clitics or match.ambiguous:
        return match
    before = text[max(0, match.span[0] - _WINDOW) : match.span[0]]
    words = _WORD.findall(before)
    if not words or not before.endswith(f"{words[-1]} ") or words[-1] in _PREPOSITIONS:
        return match
    if fold_key(words[-1]) in given_names:
        return dataclasses.replace(match, ambiguous=True, reason=f"another person? after {words[-1]}")
    return match


def _cue_before(text: str, match: Match) -> str:
    """Evidence from the two words before the name."""
    start = match.token_span[0]
    if match.entry.type == "month":
        return _date_around(text, match)
    if match.reason.startswith("another person"):
        return ""
    if match.clitics[:1] in ("و", "ف") and match.clitics:
        # "and" begins a new phrase: the title before it belongs to somebody else.
        return ""
    words = _WORD.findall(text[max(0, start - _WINDOW) : start])
    if not words or not text[:start].rstrip(" «\"'").endswith(words[-1]):
        return ""
    cues = _CUES.get(match.entry.type, frozenset())
    last = _bare(words[-1])
    if last in cues:
        return f"after {words[-1]}"
    # غارة على صور: only bare words, because الغارة على المصنع hits a factory.
    bare_place = match.entry.type == "place" and not match.surface.startswith("ال")
    if bare_place and words[-1] == "على" and len(words) > 1 and fold_key(words[-2]) in _STRIKES:
        return f"after {words[-2]} {words[-1]}"
    # A title is often followed by an adjective: الرئيس السوري الأسد, وزير الخارجية شكري.
    if (
        match.entry.type == "person"
        and len(words) > 1
        and _bare(words[-2]) in cues
        and words[-1].startswith("ال")
    ):
        return f"after {words[-2]} {words[-1]}"
    return ""


def _weak_evidence(text: str, match: Match) -> str:
    """Evidence for a homograph: a preposition of place, a verb of saying, a dateline."""
    start, end = match.token_span
    if match.entry.type not in _WEAK_CUES:
        return ""
    if match.entry.type == "place":
        if match.clitics in ("ب", "وب", "فب"):
            return "in, written as one word"
        if not text[:start].strip() and _DATELINE.match(text, end):
            return "a dateline"
    words = _WORD.findall(text[max(0, start - _WINDOW) : start])
    if not words or match.clitics or not text[:start].endswith(f"{words[-1]} "):
        return ""
    cues = _WEAK_CUES[match.entry.type]
    last = fold_key(words[-1])
    if last in cues or (last[:1] in "وف" and last[1:] in cues):
        return f"after {words[-1]}"
    # Countries and cities are feminine: تلعب قطر, أعلنت الجزائر.
    if match.entry.type == "place" and len(last) > 3 and (last[0] == "ت" or last[-1] == "ت"):
        return f"after the verb {words[-1]}"
    return ""


def _date_around(text: str, match: Match) -> str:
    """Evidence that a word is a month: a number beside it, a slash, "month of"."""
    before = text[max(0, match.token_span[0] - 24) : match.token_span[0]].rstrip()
    after = text[match.token_span[1] : match.token_span[1] + 8].lstrip(" /")
    words = _WORD.findall(before)
    if before[-1:].isdigit() or before.endswith("/") or after[:1].isdigit():
        return "beside a number"
    if not words:
        return ""
    # الأول من محرم: a day of the month by its ordinal.
    if words[-1] == "من" and len(words) > 1 and fold_key(words[-2]) in _ORDINALS:
        return f"after {words[-2]} {words[-1]}"
    return f"after {words[-1]}" if fold_key(words[-1]) in _MONTH_CUES else ""


def _bare(word: str) -> str:
    """A folded word without a conjunction or preposition, if what is left is long enough to be a title."""
    folded = fold_key(word)
    for clitic in ("ول", "وب", "لا", "و", "ف", "ب", "ل"):
        rest = folded[len(clitic) :]
        if folded.startswith(clitic) and len(rest) > 3 and any(rest in cues for cues in _CUES.values()):
            return rest
    return folded


def _neighbour(text: str, matches: Sequence[Match], i: int, resolved: Sequence[Match]) -> str:
    """Evidence from a sure name of the same type in the same list."""
    match = matches[i]
    for other, is_left in ((resolved[-1] if resolved else None, True), (_next(matches, i), False)):
        if other is None or other.ambiguous or other.entry.type != match.entry.type:
            continue
        left, right = (other, match) if is_left else (match, other)
        gap = text[left.token_span[1] : right.token_span[0]]
        joined = (
            right.clitics.startswith(("و", "ف"))
            or "،" in gap
            or "," in gap
            or gap.strip() in ("و", "أو", "ثم")
        )
        if joined and _LIST_GAP.fullmatch(gap):
            return f"in a list with {other.entry.source}"
    return ""


def _next(matches: Sequence[Match], i: int) -> Match | None:
    return matches[i + 1] if i + 1 < len(matches) else None
