"""Names in English news text: find them, compare them across spellings, demonyms, capitals and initials.

In: English text. Out: names as runs of capitalised words with one comparison key a word. Not here: Arabic,
and the enforcement of a glossary, whose accepted variants come in as equivalents.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from khabar_core.records import Span
from khabar_summarize.english import STOPWORDS, Token, is_common_word, tokenise, word_map, word_set

__all__ = [
    "ADJECTIVE_ENDS",
    "MONTHS",
    "WEEKDAYS",
    "Name",
    "find_names",
    "fold",
    "same_word",
    "skeleton",
    "word_keys",
]

# Sahara, Saharan; Congress, congressional.
ADJECTIVE_ENDS = ("n", "an", "ian", "al", "ional", "ese", "ist", "ists", "ite", "ites")
WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
MONTHS = word_set(
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sept sep oct nov dec"
)
# Capitalised in running text without being a name.
_NOT_NAMES = (
    WEEKDAYS
    | MONTHS
    | {"i", "mr", "mrs", "ms", "dr", "am", "pm", "ok", "god", "gmt"}
    | word_set(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen"
        " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    )
)
_LINKS = word_set("of the al el bin ibn bint abu de da di du van von la le")
# Offices and parties as agencies shorten them.
_SHORT = word_map(
    """
    sen:senator sens:senator senators:senator rep:representative reps:representative gov:governor
    gen:general gop:republican republicans:republican dems:democrat democrats:democrat
    democratic:democrat pm:prime sgt:sergeant lt:lieutenant col:colonel prof:professor uk:@GB
    """
)


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words.

    Attributes:
        words: its words without links ("of", "bin").
        keys: a comparison key for each word; all words of "United States" share one.
        span: in code points.
        initial: True when it is one word that opens the sentence, where any word has a capital.
    """

    words: tuple[str, ...]
    keys: tuple[str, ...]
    span: Span
    initial: bool = False

    @property
    def text(self) -> str:
        """The words joined with spaces."""
        return " ".join(self.words)


@functools.lru_cache(maxsize=1)
def _places() -> tuple[dict[str, str], re.Pattern[str]]:
    """Lower-case form -> key such as "@TR", and a pattern that finds the forms of several words."""
    forms: dict[str, str] = {}
    resource = importlib.resources.files("khabar_summarize").joinpath("data/countries.tsv")
    for line in resource.read_text(encoding="utf-8").split("\n"):
        if not line or line.startswith("#"):
            continue
        key, *columns = line.split("\t")
        for column in columns:
            for form in filter(None, column.split("|")):
                forms.setdefault(fold(form), f"@{key}")
    several = sorted((form for form in forms if " " in form or "-" in form), key=len, reverse=True)
    return forms, re.compile(r"\b(?:" + "|".join(map(re.escape, several)) + r")\b")


@functools.lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Lower case without accents, typographic apostrophes made plain.

    >>> fold("Türkiye"), fold("Sana’a")
    ('turkiye', "sana'a")
    """
    decomposed = unicodedata.normalize("NFKD", word.replace("’", "'").replace("‘", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


@functools.lru_cache(maxsize=65536)
def skeleton(word: str) -> str:
    """The consonants on which the romanisations of one Arabic or Russian name agree.

    >>> skeleton("Qaddafi") == skeleton("Gadhafi") and skeleton("Nebenzya") == skeleton("Nebenzia")
    True
    """
    text = re.sub(r"[^a-z]", "", fold(word))
    text = text.replace("dh", "d").replace("th", "t").replace("kh", "k").replace("gh", "g").replace("ph", "f")
    text = re.sub("[qckg]", "k", text).replace("z", "s").replace("v", "f").replace("w", "u")
    head = "a" if text[:1] in tuple("aeiouy") else ""
    text = re.sub("[aeiouyh]", "", text)
    return head + re.sub(r"(.)\1+", r"\1", text)


def word_keys(text: str) -> dict[Span, str]:
    """Keys of the country forms in a text by span, so that a form of several words counts as one."""
    forms, several = _places()
    folded = fold(text) if len(fold(text)) == len(text) else text.lower()
    return {match.span(): forms[match.group()] for match in several.finditer(folded)}


def find_names(text: str, equivalents: Mapping[str, str] | None = None) -> list[Name]:
    """The names of one sentence, in order.

    Args:
        text: one English sentence.
        equivalents: folded word -> key, for spellings that a glossary holds for one name.
    """
    forms = _places()[0]
    covered = word_keys(text)
    tokens = tokenise(text)
    first = next((i for i, token in enumerate(tokens) if token.is_word), 0)
    names: list[Name] = []
    run: list[Token] = []
    shouting = sum(t.text.isupper() for t in tokens if t.is_word) > 0.7 * max(
        1, sum(t.is_word for t in tokens)
    )

    def close() -> None:
        while run and not _capital(run[-1]):
            run.pop()
        if not run:
            return
        words = [token for token in run if _capital(token)]
        keys = tuple(_key(token, covered, forms, equivalents or {}) for token in words)
        initial = len(words) == 1 and bool(tokens) and words[0] is tokens[first]
        span = (run[0].span[0], run[-1].span[1])
        names.append(Name(tuple(token.text for token in words), keys, span, initial))
        run.clear()

    for index, token in enumerate(tokens):
        if _is_name_token(token, index == first or _opens(tokens, index), shouting, covered) or (
            run and token.lower in _LINKS and index + 1 < len(tokens)
        ):
            run.append(token)
        else:
            close()
    close()
    return names


def _opens(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token follows a quotation mark or colon, where a capital says nothing."""
    return index > 0 and tokens[index - 1].text in ('"', "“", "«", ":", "…", "'")


def _capital(token: Token) -> bool:
    return token.text[0].isupper() or (token.lower.startswith(("al-", "el-")) and token.text[3:4].isupper())


def _is_name_token(token: Token, opening: bool, shouting: bool, covered: Mapping[Span, str]) -> bool:
    if not token.is_word or not _capital(token) or _NOT_NAMES.issuperset(token.lower.split("-")):
        return False
    if any(start <= token.span[0] < end for start, end in covered):
        return token.lower not in STOPWORDS
    if token.lower in STOPWORDS and not (token.text.isupper() and len(token.text) > 1 and not shouting):
        return False
    if opening or shouting:
        return not is_common_word(token.lower.split("-")[0]) or fold(token.lower) in _places()[0]
    return True


def _key(
    token: Token, covered: Mapping[Span, str], forms: Mapping[str, str], equivalents: Mapping[str, str]
) -> str:
    for (start, end), key in covered.items():
        if start <= token.span[0] < end:
            return key
    word = fold(token.text)
    if word in equivalents:
        return equivalents[word]
    if word in _SHORT:
        return _SHORT[word]
    for part in (word, re.sub(r"^(?:al|el)-", "", word), word.split("-")[0]):
        if part in forms:
            return forms[part]
    return re.sub(r"^(?:al|el|ar|as|an|ad|at|az|ash)-", "", word).replace("'", "")


def _derived(long: str, short: str) -> bool:
    """Whether one is the other's adjective: "saharan" of "sahara", "congressional" of "congress"."""
    return len(short) >= 5 and long.startswith(short) and long[len(short) :] in ADJECTIVE_ENDS


def same_word(key: str, others: Iterable[str]) -> bool:
    """Whether a key is among others, possibly in another romanisation or number."""
    others = set(others)
    if key in others or (key.endswith("s") and key[:-1] in others) or key + "s" in others:
        return True
    if key.startswith("@") or len(key) < 4:
        return False
    if "-" in key and all(part in others or part in STOPWORDS for part in key.split("-")):
        return True
    if any(_derived(key, other) or _derived(other, key) for other in others):
        return True
    bones = skeleton(key)
    return len(bones) >= 3 and any(
        not other.startswith("@") and abs(len(other) - len(key)) <= 2 and skeleton(other) == bones
        for other in others
    )
