"""Tell the language of a text: by script and letters first, by langdetect where they cannot decide.

In: a text. Out: an ISO 639-1 code (Central Kurdish is "ku"), or "und". Deterministic: langdetect is seeded
and asked only about texts long enough for it. Not here: what is done with text that is not Arabic.
"""

from __future__ import annotations

import re
import threading
import unicodedata

from khabar_mt.arabic import has_arabic

__all__ = ["ARABIC_SHARE", "arabic_share", "detect"]

# Below this share of Arabic words the text is another language that quotes an Arabic word.
ARABIC_SHARE = 0.25
# langdetect guesses at random on shorter texts.
_MIN_LETTERS = 24

_ARABIC_SCRIPT = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_ANY_WORD = re.compile(r"[^\W\d_]+")
_WORD = re.compile("[\u0620-\u065f\u066e-\u06d3\u06d5\u06fa-\u06ff]+")
# Letters of one language only. Keyboards put ی and ک into Arabic text and گ چ پ ڤ ژ write foreign names in
# it, so those prove nothing.
_LETTERS = {
    "ku": "ڕڵۆێەڎ",
    "ps": "ټډړږښۍځڅڼګ",
    "ur": "ٹڈڑےںہھۃ",
    "ug": "ۇۈۋېڭ",
    "sd": "ڀٺڦڳڻٽ",
}
_PERSIAN_LETTERS = frozenset("پچژگکی")
# The commonest words of each language; a text of a few words nearly always has one.
_WORDS = {
    "ar": "في من على إلى الى أن ان إن التي الذي عن مع هذا هذه بعد قال بين قبل كان كما أو لا ما لم لن وقال "
    "وفي وأن ذلك خلال حتى منذ ضد غير كل عند ولا قد فيها لها له به",
    "fa": "است که را این از به در با برای آن می شد شده های ها خود کرد اند بود نیز هم یک تا اما بر گفت ایران "
    "باید کند کنند می‌شود",
    "ur": "کے کی کا میں ہے سے اور نے کو پر ہیں کہ تھا یہ اس بھی",
    "ku": "لە بە کە بۆ ئەو لەگەڵ ئەم هەموو دەکات سەر",
    "ps": "په د چې او کې سره دی ته له هغه شوي",
}
_WORD_SETS = {code: frozenset(words.split()) for code, words in _WORDS.items()}
_lock = threading.Lock()


def arabic_share(text: str) -> float:
    """Words of the Arabic script among all words, 0..1; 0 without words.

    Words, not letters: an Arabic sentence full of long English product names is still Arabic.
    """
    words = _ANY_WORD.findall(text)
    return sum(1 for word in words if _ARABIC_SCRIPT.search(word)) / len(words) if words else 0.0


def detect(text: str) -> str:
    """Name the language of a text.

    Returns:
        ISO 639-1 code; "und" when there are no letters or nothing decides. A line that mixes Arabic with
        another script is "ar" from `ARABIC_SHARE` of Arabic words on, from half of that when an Arabic word
        opens it.

    >>> detect("قال الوزير إن الاجتماع سيعقد غدا"), detect("این گزارش را منتشر کرد"), detect("12:30")
    ('ar', 'fa', 'und')
    """
    first = _ANY_WORD.search(text)
    opens_arabic = first is not None and _ARABIC_SCRIPT.match(first.group()) is not None
    if arabic_share(text) >= (ARABIC_SHARE / 2 if opens_arabic else ARABIC_SHARE):
        return _arabic_script_language(text)
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return "und"
    script = _commonest_script(letters)
    if script != "LATIN":
        return _SCRIPT_LANGUAGES.get(script) or _ask_langdetect(text, len(letters))
    if len(letters) < _MIN_LETTERS and all(char.isascii() for char in letters):
        return "en"  # names, codes, short lines: English is what they are most often, and what they become
    return _ask_langdetect(text, len(letters))


_SCRIPT_LANGUAGES = {
    "HEBREW": "he",
    "GREEK": "el",
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
}


def _commonest_script(letters: list[str]) -> str:
    """First word of the Unicode names of most letters: LATIN, CYRILLIC, CJK, …"""
    counts: dict[str, int] = {}
    for char in letters[:400]:
        script = unicodedata.name(char, "UNKNOWN").split()[0]
        counts[script] = counts.get(script, 0) + 1
    return max(sorted(counts), key=lambda script: counts[script])


def _arabic_script_language(text: str) -> str:
    """Tell Arabic from the other languages written in its script."""
    words = _WORD.findall(text[:4000])
    if not words:
        return "ar" if has_arabic(text) else "und"
    scores = dict.fromkeys(("ar", "fa", "ur", "ku", "ps", "ug", "sd"), 0.0)
    for word in words:
        letters = set(word)
        for code, own in _LETTERS.items():
            if letters & set(own):
                scores[code] += 1.0
        for code, common in _WORD_SETS.items():
            if word in common:
                scores[code] += 2.0
        if letters & _PERSIAN_LETTERS:
            scores["fa"] += 0.5
        if "ة" in letters or word.startswith(("ال", "وال", "بال", "لل", "إ", "أ")) or "ئ" in letters:
            scores["ar"] += 1.0
    # The Persian letters also stand in Urdu, Kurdish and Pashto: where one of those is certain, it wins.
    for code in ("ur", "ku", "ps", "ug", "sd"):
        if scores[code] >= 2.0 and scores[code] >= scores["ar"] and scores[code] * 2 >= scores["fa"]:
            return max(("ur", "ku", "ps", "ug", "sd"), key=lambda other: scores[other])
    if scores["fa"] > scores["ar"] and scores["fa"] >= 0.15 * len(words):
        return "fa" if scores["fa"] >= 2.0 or len(words) > 1 else "ar"
    return "ar"


def _ask_langdetect(text: str, n_letters: int) -> str:
    """What langdetect says, seeded; "und" for short or hopeless texts."""
    if n_letters < _MIN_LETTERS:
        return "und"
    from langdetect import DetectorFactory, LangDetectException
    from langdetect import detect as guess

    with _lock:  # the factory keeps its seed and its profiles in globals
        DetectorFactory.seed = 0
        try:
            code = str(guess(text[:2000]))
        except LangDetectException:
            return "und"
    return code.split("-")[0]
