"""Find an English name in English text. In: a text and a form. Out: the spans where the form stands.

Spelling habits that are no errors are bridged: accents, apostrophes, U.N./UN, "Al Assad"/"al-Assad", British
and American endings, capitals in headlines. Not here: near-spellings (romanise)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from khabar_core.records import Span
from khabar_glossaries.folding import fold_key

__all__ = ["find_form", "plain", "singular_forms", "starts_with_vowel_sound"]

_SPECIAL = {
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{MODIFIER LETTER LEFT HALF RING}": "'",
    "\N{MODIFIER LETTER RIGHT HALF RING}": "'",
    "\N{MODIFIER LETTER TURNED COMMA}": "'",
    "`": "'",
    "\N{NO-BREAK SPACE}": " ",
}
# Both spellings are right wherever one is; each pair is tried on the lower-cased word.
_SPELLINGS = (
    (re.compile("i[sz](?=ations?$|e$|ed$|ing$)"), "i[sz]"),
    (re.compile("programme$|program$"), "program(?:me)?"),
    (re.compile("defen[cs]e$"), "defen[cs]e"),
    (re.compile("cent(?:re|er)$"), "cent(?:re|er)"),
    (re.compile("labou?r$"), "labou?r"),
    (re.compile("harbou?r$"), "harbou?r"),
)
# الحوثيين, الصاروخان, مسيرات: an Arabic plural or dual by its ending.
_ARABIC_PLURAL = re.compile("(?:ون|ين|ان|ات)$")
_ENGLISH_PLURAL = re.compile("[^us\\W]s$")
_HIATUS = frozenset({"aa", "ae", "ai", "ee", "ii", "ia", "oo", "uu"})
_WORD = re.compile(r"[^\s\-]+")
_GAP = r"[\s\-\u2010-\u2015]+"
_PARTICLES = frozenset({"al", "el"})


class _PlainTable(dict[int, str]):
    """Code point -> one plain character, worked out at first sight."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = _SPECIAL.get(character, character)
        if code > 0x7F and plain == character:
            decomposed = unicodedata.normalize("NFD", character)
            if len(decomposed) > 1 and all(unicodedata.combining(c) for c in decomposed[1:]):
                plain = decomposed[0]
        self[code] = plain
        return plain


_TABLE = _PlainTable()


def plain(text: str) -> str:
    """The text without accents, with simple apostrophes; every character keeps its place.

    >>> plain("António Sana’a")
    "Antonio Sana'a"
    """
    return text if text.isascii() and "`" not in text else text.translate(_TABLE)


def _letters(word: str, *, exact: bool) -> str:
    """The pattern of one word, capitals required only where the form has them."""
    acronym = word.isupper() and len(word) <= 6 and word.isalpha()
    parts = []
    for i, character in enumerate(word):
        if character == "'":
            parts.append("'?")
        elif character == ".":
            parts.append(r"\.?")
        elif exact and i == 0 and character.islower():
            # "Syrian army" in a headline is "Syrian Army"; "al-" opens a sentence as "Al-".
            parts.append(f"[{character}{character.upper()}]")
        else:
            parts.append(re.escape(character))
            if acronym:
                parts.append(r"\.?")
            elif word[i : i + 2].lower() in _HIATUS:
                # Sana'a is also written Sanaa.
                parts.append("'?")
    return "".join(parts)


def _word_pattern(word: str, *, exact: bool) -> str:
    """The pattern of one word with both its spellings."""
    for pattern, replacement in _SPELLINGS:
        match = pattern.search(word.lower())
        if match and match.start() and len(plain(word)) == len(word):
            tail = _letters(word[match.end() :], exact=exact)
            return _letters(word[: match.start()], exact=exact) + replacement + tail
        if match and not match.start():
            first = word[0] if exact and word[0].isupper() else f"[{word[0].lower()}{word[0].upper()}]"
            return first + replacement[1:]
    return _letters(word, exact=exact)


@lru_cache(maxsize=32_768)
def _form_pattern(form: str, exact: bool, plural: bool) -> re.Pattern[str]:
    """The compiled pattern of a form."""
    form = plain(form)
    if form.lower().startswith("the ") and len(form) > 4:
        form = form[4:]
    words = _WORD.findall(form)
    gaps = _WORD.split(form)[1:-1]
    body = _word_pattern(words[0], exact=exact) if words else re.escape(form)
    for gap, previous, word in zip(gaps, words, words[1:], strict=False):
        # "Co-operation" is also "Cooperation"; the article "al-" needs its gap.
        loose = gap == "-" and previous.lower() not in _PARTICLES
        body += (r"[\s\-\u2010-\u2015]*" if loose else _GAP) + _word_pattern(word, exact=exact)
    if plural:
        # "City" also as "Cities"; a lone "y" is no such word.
        several = f"|{body[:-1]}ies" if body.endswith("y") else ""
        body = f"(?:{body}(?:e?s)?{several})"
    pattern = rf"(?<!\w)(?:{body})(?!\w)"
    if exact:
        # A headline may be all capitals.
        upper = rf"(?<!\w){_GAP.join(re.escape(word.upper()) for word in words)}(?!\w)"
        pattern = f"{pattern}|{upper}" if words else pattern
    return re.compile(pattern, 0 if exact else re.IGNORECASE)


def find_form(text: str, form: str, *, exact: bool = True, plural: bool = False) -> list[Span]:
    """Where a form stands in a text that `plain` has been applied to.

    Args:
        text: English, made by `plain`.
        form: the name as the glossary writes it.
        exact: whether its capitals are required.
        plural: whether an English plural ending may follow.

    >>> find_form("the UN and U.N. troops", "U.N.")
    [(4, 6), (11, 15)]
    """
    return [match.span() for match in _form_pattern(form, exact, plural).finditer(text)]


def singular_forms(source: str, forms: Iterable[str]) -> tuple[str, ...]:
    """The singulars of one-word plurals: where Arabic has "spokesman of the Houthis", English has "Houthi".

    Args:
        source: the Arabic; its ending must be one of a plural, so that Hamas is not a plural of Hama.
        forms: of the English.

    >>> singular_forms("الحوثيين", ("Houthis", "Houthi rebels"))
    ('Houthi',)
    """
    if not _ARABIC_PLURAL.search(fold_key(source)):
        return ()
    return tuple(form[:-1] for form in forms if " " not in form and _ENGLISH_PLURAL.search(form))


def starts_with_vowel_sound(word: str) -> bool:
    """Whether "an" stands before the word, judged by its letters.

    >>> [starts_with_vowel_sound(w) for w in ("Idlib", "U.N.", "European", "FBI", "Houthi", "Ukrainian")]
    [True, False, False, True, False, False]
    """
    word = plain(word).lstrip("\"'(")
    if not word:
        return False
    letters = word.split(" ")[0].split("-")[0].replace(".", "")
    if letters.isupper() and 2 <= len(letters) <= 4:
        # Read letter by letter: an F, an H, an L, an M, an N, an R, an S, an X; but a U.
        return letters[0] in "AEFHILMNORSX"
    lower = word.lower()
    if re.match(r"u(?:n[ai]|kr|g[ao]|ru|tah|se|s\b)|eu|one|ou?i", lower):
        return False
    if re.match(r"hour|honou?r|heir", lower):
        return True
    return lower[0] in "aeiou"
