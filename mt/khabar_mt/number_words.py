"""The number words of Arabic, folded: units, tens, hundreds, scales, ordinals, fractions, months, days.

Data only. In the folded form alef has no hamza, teh marbuta is heh, alef maqsura is yeh. Not here: how words
combine (numbers_arabic).
"""

from __future__ import annotations

import re

from khabar_mt.months import MONTH_NAMES

__all__ = [
    "AMBIGUOUS_MONTHS",
    "CLOCK_PARTS",
    "DECADES",
    "DUALS",
    "DUAL_SCALES",
    "FOLD",
    "FRACTIONS",
    "HIJRI",
    "MONTHS",
    "ORDINALS",
    "PARTS",
    "PERIODS",
    "SCALES",
    "SMALL",
    "TEEN",
    "TENS",
    "TIMES",
    "TWO_OF_TWELVE",
    "VAGUE",
    "WEEKDAY",
    "WEEKDAYS",
]

FOLD = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي"})

_UNIT_FORMS = {
    0: "صفر",
    1: "واحد واحده احد احدي",
    2: "اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي",
    3: "ثلاث ثلاثه",
    4: "اربع اربعه",
    5: "خمس خمسه",
    6: "ست سته",
    7: "سبع سبعه",
    8: "ثمان ثماني ثمانيه",
    9: "تسع تسعه",
    10: "عشر عشره",
}
_UNITS = {form: value for value, forms in _UNIT_FORMS.items() for form in forms.split()}
# Only before عشر: elsewhere they are other words (أثنى, to praise).
TWO_OF_TWELVE = {"اثنا", "اثني", "اثنتا", "اثنتي"}
_STEMS = (("ثلاث", 3), ("اربع", 4), ("خمس", 5), ("ست", 6), ("سبع", 7), ("ثمان", 8), ("تسع", 9))
_UNITS |= {stem + "ا": n for stem, n in (*_STEMS, ("واحد", 1), ("ثماني", 8))}
TENS = {"عشرون": 20, "عشرين": 20} | {stem + end: 10 * n for stem, n in _STEMS for end in ("ون", "ين")}
_HUNDREDS = {"مئه": 100, "مائه": 100}
_HUNDREDS |= {stem + end: 200 for stem in ("مئت", "مائت") for end in ("ان", "ين", "ي", "ا")}
_HUNDREDS |= {stem + end: 100 * n for stem, n in _STEMS for end in ("مئه", "مائه", "ميه")}
_HUNDREDS |= {"ثمانيمئه": 800, "ثمانيمائه": 800}
SMALL = _UNITS | TENS | _HUNDREDS
SCALES = {"الف": 10**3, "الفا": 10**3, "الاف": 10**3, "الوف": 10**3}
DUAL_SCALES = {"الفان": 2000, "الفين": 2000, "الفي": 2000}
_LARGE = (("مليون", 6), ("مليار", 9), ("بليون", 9), ("تريليون", 12), ("ترليون", 12))
SCALES |= {stem + end: 10**power for stem, power in _LARGE for end in ("", "ا")}
SCALES |= {"ملايين": 10**6, "مليارات": 10**9, "بلايين": 10**9, "تريليونات": 10**12, "ترليونات": 10**12}
DUAL_SCALES |= {stem + end: 2 * 10**power for stem, power in _LARGE for end in ("ان", "ين", "ي")}
VAGUE = {"الاف", "الوف", "ملايين", "مليارات", "بلايين", "تريليونات", "ترليونات"}
ORDINALS = {"حادي": 1, "حاديه": 1, "اول": 1, "اولي": 1, "ثان": 2}
_ORDINAL_STEMS = ("ثاني", "ثالث", "رابع", "خامس", "سادس", "سابع", "ثامن", "تاسع", "عاشر")
ORDINALS |= {stem + end: i + 2 for i, stem in enumerate(_ORDINAL_STEMS) for end in ("", "ه", "ا")}
FRACTIONS = {"نصف": (1, 2), "ربع": (1, 4), "ثلث": (1, 3), "ثلثي": (2, 3), "ثلثا": (2, 3), "ثلثين": (2, 3)}
PARTS = {"ارباع": 4, "اخماس": 5, "اسداس": 6, "اعشار": 10}
# Nouns whose dual is not also a plural: only these are sure to say "two".
DUALS = {
    stem + end
    for stem in (
        *("جندي", "شخص", "عام", "سنت", "يوم", "شهر", "اسبوع", "ساعت", "قتيل", "طفل", "رجل", "امرات", "شاب"),
        *("فتات", "صاروخ", "قذيفت", "سيارت", "طائرت", "غارت", "جريح", "قنبلت", "عبوت", "هجوم", "انفجار"),
    )
    for end in ("ان", "ين")
}
TEEN = ("عشر", "عشره")
DECADES = {"عقدان": (20, 2), "عقدين": (20, 2), "قرنان": (200, 2), "قرنين": (200, 2)}
CLOCK_PARTS = {"نصف": 30, "ربع": 15, "ثلث": 20}
# With these a number may become a word of its own: threefold, tripled.
TIMES = {"اضعاف", "ضعف", "ضعفا"}
WEEKDAYS = {"الاثنين": 0, "الثلاثاء": 1, "الاربعاء": 2, "الخميس": 3, "الجمعه": 4, "السبت": 5, "الاحد": 6}
WEEKDAY = re.compile(rf"^[وفبكل]?({'|'.join(WEEKDAYS)})$")
# "Three decades" is also "30 years".
PERIODS = {"عقد": 10, "عقود": 10, "قرون": 100}
# Also verbs, names or common words; a month only beside a figure, an ordinal or شهر.
AMBIGUOUS_MONTHS = {"مارس", "اب", "ماي", "جوان", "اوت", "ايار"}
MONTHS = {name.translate(FOLD): index for name, index in MONTH_NAMES.items()}
HIJRI = {"ه", "هجري", "هجريه", "للهجره"}
