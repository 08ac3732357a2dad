"""The names of the months: those of the Levant and Iraq, of Egypt and the Gulf, of the Maghreb, in English.

Data only; used for datelines and for comparing numbers. Hijri months are not here: no
English month corresponds to them.
"""

from __future__ import annotations

__all__ = ["AP_MONTHS", "ENGLISH_MONTHS", "MONTH_NAMES"]

ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# As the Associated Press writes them beside a day.
AP_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")

_ARABIC = (
    "يناير|كانون الثاني|كانون ثاني|جانفي",
    "فبراير|شباط|فيفري|فيبراير",
    "مارس|آذار|اذار",
    "أبريل|ابريل|إبريل|نيسان|أفريل|افريل",
    "مايو|أيار|ايار|ماي",
    "يونيو|حزيران|جوان|يونيه",
    "يوليو|تموز|جويلية|يوليه|يوليوز",
    "أغسطس|اغسطس|آب|اب|أوت|اوت|غشت",
    "سبتمبر|أيلول|ايلول|شتنبر",
    "أكتوبر|اكتوبر|تشرين الأول|تشرين الاول|تشرين أول|تشرين اول",
    "نوفمبر|تشرين الثاني|تشرين ثاني|نونبر",
    "ديسمبر|كانون الأول|كانون الاول|كانون أول|كانون اول|دجنبر",
)
MONTH_NAMES: dict[str, int] = {name: i + 1 for i, names in enumerate(_ARABIC) for name in names.split("|")}
