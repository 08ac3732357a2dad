"""Compare spellings of one name by sound. In: Arabic or English words. Out: a similarity from 0 to 1.

Both scripts become a row of sounds in which what transliteration varies on (vowels, kh/h, g/gh/j, doubled
letters) costs little, and what tells names apart (other consonants) costs much. Not here: finding the words
to compare."""

from __future__ import annotations

import re
from functools import lru_cache

from khabar_glossaries.english import plain
from khabar_glossaries.folding import fold_key

__all__ = ["arabic_sounds", "english_sounds", "n_consonants", "similarity", "sound_similarity"]

VOWELS = frozenset("AIU")
# Longest first. C: tch, S: sh, x: kh, G: gh, j: zh and soft g.
_ENGLISH = (
    ("tsch", "C"),
    ("tch", "C"),
    ("sch", "S"),
    ("ssh", "S"),
    ("kh", "x"),
    ("gh", "G"),
    ("sh", "S"),
    ("ch", "C"),
    ("zh", "j"),
    ("dj", "j"),
    ("th", "t"),
    ("dh", "d"),
    ("ph", "f"),
    ("ck", "k"),
    ("qu", "kU"),
    ("ee", "I"),
    ("oo", "U"),
    ("ou", "U"),
    ("ei", "I"),
    ("ce", "sA"),
    ("ci", "sI"),
    ("cy", "sI"),
    ("x", "ks"),
    ("c", "k"),
    ("q", "k"),
    ("a", "A"),
    ("e", "A"),
    ("i", "I"),
    ("y", "I"),
    ("o", "U"),
    ("u", "U"),
    ("w", "w"),
)
_ENGLISH_TABLE = dict(_ENGLISH)
_ENGLISH_SOUND = re.compile("|".join(re.escape(letters) for letters, _ in _ENGLISH) + "|[bdfghjklmnprstvz]")
_ARABIC = {
    "ا": "A",
    "ب": "b",
    "ت": "t",
    "ث": "t",
    "ج": "j",
    "ح": "h",
    "خ": "x",
    "د": "d",
    "ذ": "d",
    "ر": "r",
    "ز": "z",
    "س": "s",
    "ش": "S",
    "ص": "s",
    "ض": "d",
    "ط": "t",
    "ظ": "z",
    "ع": "A",
    "غ": "G",
    "ف": "f",
    "ق": "k",
    "ك": "k",
    "ل": "l",
    "م": "m",
    "ن": "n",
    "ه": "h",
    "و": "U",
    "ي": "I",
}
_ARTICLES = frozenset(["al", "el", "ad", "an", "ar", "as", "ash", "at", "az", "ed", "en", "er", "es", "the"])
_NEAR = {
    frozenset(pair): cost
    for pair, cost in {
        "bp": 0.2,
        "fv": 0.2,
        "wv": 0.3,
        "bv": 0.4,
        "Gg": 0.15,
        "jg": 0.3,
        "Gj": 0.4,
        "kg": 0.4,
        "kG": 0.5,
        "kx": 0.4,
        "xh": 0.3,
        "xC": 0.4,
        "CS": 0.25,
        "Cj": 0.4,
        "Ck": 0.5,
        "Sj": 0.4,
        "Ss": 0.4,
        "sz": 0.3,
        "ts": 0.6,
        "tz": 0.6,
        "td": 0.4,
        "dz": 0.4,
        "jz": 0.4,
        "jI": 0.4,
        "wU": 0.05,
        "mn": 0.5,
        "AI": 0.15,
        "AU": 0.15,
        "IU": 0.2,
        "hA": 0.3,
        "kA": 0.7,
    }.items()
}
_WEIGHT = {"A": 0.3, "I": 0.35, "U": 0.35, "h": 0.6, "w": 0.6}


def _collapse(sounds: str) -> str:
    """Doubled sounds count once: Mohammed, Muhamed."""
    return re.sub(r"(.)\1+", r"\1", sounds)


@lru_cache(maxsize=65_536)
def english_sounds(text: str) -> str:
    """The sounds of an English name, articles left out.

    >>> english_sounds("Nebenzya") == english_sounds("Nebenzia")
    True
    """
    words = re.split(r"[\s\-]+", plain(text).lower().replace("'", ""))
    kept = [word for word in words if word not in _ARTICLES] or words
    return _collapse(
        "".join(_ENGLISH_TABLE.get(sound, sound) for word in kept for sound in _ENGLISH_SOUND.findall(word))
    )


@lru_cache(maxsize=65_536)
def arabic_sounds(text: str) -> str:
    """The sounds of an Arabic name as far as its letters say, articles left out."""
    words = [re.sub("^ال(?=...)", "", word) for word in fold_key(text).split(" ")]
    joined = []
    for word in words:
        # Final heh is almost always teh marbuta: a vowel.
        word = re.sub("ه$", "ا", word).replace("تش", "\x01").replace("كس", "\x02")
        joined.append(
            "".join({"\x01": "C", "\x02": "ks"}.get(letter, _ARABIC.get(letter, "")) for letter in word)
        )
    return _collapse("".join(joined))


def n_consonants(sounds: str) -> int:
    """How many sounds are not vowels."""
    return sum(sound not in VOWELS for sound in sounds)


def _weight(sound: str) -> float:
    return _WEIGHT.get(sound, 1.0)


@lru_cache(maxsize=65_536)
def sound_similarity(a: str, b: str) -> float:
    """Similarity of two rows of sounds: 1 minus the weighted edit distance over the weight of the longer."""
    if not a or not b:
        return 0.0
    # Beyond this length the two are sentences, not names.
    a, b = a[:80], b[:80]
    row = [0.0]
    for sound in b:
        row.append(row[-1] + _weight(sound))
    for sound_a in a:
        diagonal, row[0] = row[0], row[0] + _weight(sound_a)
        for j, sound_b in enumerate(b, 1):
            if sound_a == sound_b:
                cost = 0.0
            else:
                cost = _NEAR.get(frozenset((sound_a, sound_b)), max(_weight(sound_a), _weight(sound_b)))
            diagonal, row[j] = (
                row[j],
                min(diagonal + cost, row[j] + _weight(sound_a), row[j - 1] + _weight(sound_b)),
            )
    longer = max(sum(map(_weight, a)), sum(map(_weight, b)))
    return max(0.0, 1.0 - row[-1] / longer)


def similarity(english: str, other: str) -> float:
    """How alike an English spelling and another English or Arabic one sound.

    >>> similarity("Idlib", "Adlib") > 0.9 > similarity("Idlib", "Aleppo")
    True
    """
    arabic = any("\u0620" <= c <= "\u06ff" for c in other)
    return sound_similarity(
        english_sounds(english), arabic_sounds(other) if arabic else english_sounds(other)
    )
