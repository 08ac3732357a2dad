"""Light normalisation of Arabic text before decoding, the same in training and at run time.

In: text as found. Out: text with presentation forms composed, marks and invisible characters removed, digits
in ASCII. Letters that carry meaning stay: alef with hamza, alef maqsura, teh marbuta. Not here: the heavier
folding of the glossary matcher, which compares rather than rewrites.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["NORMALISER_VERSION", "has_arabic", "normalise", "to_ascii_digits"]

NORMALISER_VERSION = "1"

TATWEEL = "\N{ARABIC TATWEEL}"
# Harakat, tanwin, shadda, sukun, superscript alef and Quranic marks: news text carries them at random.
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]")
# Bidi controls, zero-width characters, soft hyphen, byte order mark: invisible, and each would break a token.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
# Any white space but the newline, which separates lines for the caller.
_SPACE = re.compile(r"[^\S\n]+")
_DIGITS = {ord(c): str(i) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for i, c in enumerate(digits)}
_DECIMAL = re.compile("(?<=[0-9])\u066b(?=[0-9])")
_THOUSANDS = re.compile("(?<=[0-9])\u066c(?=[0-9])")
_ARABIC_LETTER = re.compile(
    "[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"
)


def has_arabic(text: str) -> bool:
    """Whether at least one Arabic letter stands in the text."""
    return _ARABIC_LETTER.search(text) is not None


def to_ascii_digits(text: str) -> str:
    """Replace Arabic-Indic and extended digits and their decimal and thousands separators."""
    text = text.translate(_DIGITS)
    text = _DECIMAL.sub(".", text)
    return _THOUSANDS.sub(",", text).replace("\u066a", "%")


def normalise(text: str) -> str:
    """Make the text that the model sees.

    >>> normalise("أعلنـــت  القُوَّاتُ مقتل ٣٤ جنديًا")
    'أعلنت القوات مقتل 34 جنديا'
    """
    # NFKC only where presentation forms stand: elsewhere it would rewrite such characters as ½ or … in vain.
    text = _PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = _INVISIBLE.sub("", text)
    text = _MARKS.sub("", text).replace(TATWEEL, "")
    return _SPACE.sub(" ", to_ascii_digits(text)).strip()
