"""What may stand before and after a name inside one Arabic token. In: the letters around a key. Out: yes or
no.

Arabic writes "and", "so", "in", "like", "to" and "the" as letters joined to the next word. A key matches
inside a token only if clitics and key cover the token completely: و + لبنان is "and Lebanon", but لبنان is
not ل + بنان. Not here: س, which joins imperfect verbs only and never a name.
"""

from __future__ import annotations

from itertools import product

__all__ = ["ARTICLE", "MAX_PREFIX", "POSSESSIVES", "PREFIXES", "PREFIXES_WITH_ARTICLE", "SUFFIXES"]

ARTICLE = "ال"
_CONJUNCTIONS = ("", "و", "ف")
_PREPOSITIONS = ("", "ب", "ك", "ل")

PREFIXES = frozenset(a + b for a, b in product(_CONJUNCTIONS, _PREPOSITIONS))
# Folding has opened لل to ل + ال, so no other form of "to the" exists here.
PREFIXES_WITH_ARTICLE = frozenset(prefix + ARTICLE for prefix in PREFIXES)
MAX_PREFIX = max(map(len, PREFIXES_WITH_ARTICLE))

# Endings in folded letters that words (not names) take: accusative, feminine, dual, plural, possessives. A
# value says whether the ending makes several of them, so that an English plural is right.
SUFFIXES = {
    "ا": False,
    "ه": False,
    "ها": False,
    "هم": False,
    "نا": False,
    "ان": True,
    "ين": True,
    "ون": True,
    "ات": True,
    "تان": True,
    "تين": True,
}

# Nobody owns a nationality: سريانها is "its entry into force", not "its Syriac".
POSSESSIVES = frozenset({"ها", "هم", "نا"})
