"""English as the brief reads it: sentences, words, stems, weights.

In: English text, often machine-translated. Out: sentence spans that join to the input, tokens with spans,
stems that let inflected forms meet, inverse document frequencies of news English. Not here: names, figures,
clauses.
"""

from __future__ import annotations

import functools
import importlib.resources
import math
import re
from dataclasses import dataclass

from khabar_core.records import Span

__all__ = [
    "STOPWORDS",
    "Token",
    "content_stems",
    "count_words",
    "is_common_word",
    "is_english",
    "plain_quotes",
    "sentence_spans",
    "split_sentences",
    "stem",
    "tokenise",
    "weight",
    "word_map",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """The white-space words of a text: how this package writes its word lists."""
    return frozenset(text.split())


def word_map(text: str) -> dict[str, str]:
    """`left:right` pairs parted by white space."""
    return dict(pair.split(":") for pair in text.split())


STOPWORDS = word_set(
    """
    a about above after again against all also although am among an and any are as at be because been
    before being below between both but by can cannot could did do does doing down during each few for
    from further had has have having he her here hers herself him himself his how i if in into is it its
    itself just me more most my myself no nor not now of off on once only or other our ours out over own
    same she should so some such than that the their theirs them themselves then there these they this
    those through to too under until up upon very was we were what when where which while who whom why
    will with within without would you your yours may might must shall
    """
)

# A token: a number with its separators, an initialism with full stops, a word with inner apostrophes and
# hyphens.
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*|(?:[A-Za-z]\.){2,}|[^\W\d_][^\W_]*(?:['’\-‐‑][^\W_]+)*|[%$€£]|[\"“”«»]|[.!?…;:,()\[\]—–-]|\S"
)
_END = re.compile(r"[.!?…]+[\"”’'»)\]]*(?=\s+|$)|\n+")
# A full stop after one of these does not end the sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“])(?:Mr|Mrs|Ms|Dr|Prof|Gen|Sens?|Reps?|Govs?|Lt|Col|Sgt|Capt|Maj|Brig|St|Jr|Sr|No|vs|Jan|Feb|Mar|Apr"
    r"|Aug|Sept|Sep|Oct|Nov|Dec|Inc|Ltd|Co|Corp|approx|[A-Z]|(?:[A-Z]\.)+[A-Z])\.$"
)
_NEXT_STARTS = re.compile(r"\s*[\"“‘'«(\[]*[^\W_a-z]")

_IRREGULAR = word_map(
    """
    said:say told:tell met:meet held:hold went:go gone:go won:win shot:shoot led:lead fell:fall
    fallen:fall rose:rise risen:rise left:leave took:take taken:take gave:give given:give sent:send
    struck:strike began:begin begun:begin fought:fight became:become dead:die died:die dying:die
    death:die deaths:die made:make came:come found:find lost:lose loss:lose losses:lose kept:keep
    brought:bring bought:buy sold:sell sale:sell sales:sell paid:pay spoke:speak spoken:speak
    wrote:write written:write drove:drive driven:drive grew:grow grown:grow growth:grow knew:know
    known:know saw:see seen:see stood:stand thought:think threw:throw thrown:throw withdrew:withdraw
    withdrawn:withdraw withdrawal:withdraw broke:break broken:break chose:choose chosen:choose men:man
    women:woman children:child people:person persons:person talks:talk elected:elect election:elect
    elections:elect denied:deny denial:deny denies:deny urged:urge injuries:injure injury:injure
    attacker:attack refusal:refuse approval:approve arrival:arrive decision:decide decisions:decide
    agreed:agree agreement:agree fled:flee hid:hide hit:hit hurt:hurt caught:catch sought:seek
    taught:teach understood:understand felt:feel dealt:deal spent:spend lent:lend meant:mean ran:run
    sank:sink sunk:sink sworn:swear swore:swear wounded:wound analyses:analysis crises:crisis
    """
)
# Longest first within one family; the first that fits is taken.
_SUFFIXES = re.findall(
    r"\w+",
    """
    ational ization isation ating ators ator ates ated ate fulness iveness ations ation ments ment
    ingly edly ities ions ity ion ers ors ing ist ism ive ed er or ly es al e s
    """,
)
_MIN_STEM = 4


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark.

    Attributes:
        text: as written, typographic apostrophes made plain, possessive 's removed.
        span: where it stands, in code points.
        lower: `text` in lower case.
    """

    text: str
    span: Span
    lower: str

    @property
    def is_word(self) -> bool:
        """Whether it is a word or a number, not a mark."""
        return self.text[0].isalnum()


def plain_quotes(text: str) -> str:
    """Make typographic quotes and apostrophes plain, one character for one.

    >>> plain_quotes("“No”, it’s")
    '"No", it\\'s'
    """
    return text.translate(_QUOTES)


_QUOTES = {ord(c): '"' for c in "“”„«»‟"} | {ord(c): "'" for c in "‘’`\u201a\u00b4"}


def sentence_spans(text: str) -> list[Span]:
    """Where the sentences of an English text stand, white space around them left out.

    A mark inside quotes ends a sentence only when what follows starts with a capital; initials and
    abbreviations never do.
    """
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        head = text[start : match.start() + 1]
        if not match.group().startswith("\n"):
            if match.group() == "." and _ABBREVIATION.search(head[-12:]):
                continue
            if end < len(text) and not _NEXT_STARTS.match(text, end):
                continue
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = end - (len(piece) - len(piece.rstrip()))
    if right > left:
        spans.append((left, right))


def split_sentences(text: str) -> list[str]:
    """The sentences of an English text.

    >>> split_sentences('Mr. Haddad left. "Why?" she asked.')
    ['Mr. Haddad left.', '"Why?" she asked.']
    """
    return [text[start:end] for start, end in sentence_spans(text)]


def tokenise(text: str) -> list[Token]:
    """Words, numbers and marks with their spans; possessive endings are left out of the word."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word[0].isalpha():
            word = word.replace("’", "'").replace("‐", "-").replace("‑", "-")
            if word.endswith(("'s", "'S")):
                word = word[:-2]
            if "." in word:
                word = word.replace(".", "")
        tokens.append(Token(word, match.span(), word.lower()))
    return tokens


def count_words(text: str) -> int:
    """White-space words, as an editor counts them."""
    return len(text.split())


@functools.lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A stem on which inflected and derived forms meet; not meant to be read.

    >>> stem("negotiations") == stem("negotiated") == stem("negotiating")
    True
    >>> stem("killed") == stem("kills"), stem("said")
    (True, 'sai')
    """
    word = word.lower()
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    if not word.isalpha():
        return word
    if word.endswith(("ies", "ied")) and len(word) > _MIN_STEM:
        return word[:-3] + "i"
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM - (
            suffix in ("s", "e", "es", "ed")
        ):
            word = word[: -len(suffix)]
            break
    if word.endswith("y"):
        word = word[:-1] + "i"
    if len(word) > _MIN_STEM and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if word.endswith("e") and len(word) > _MIN_STEM:
        word = word[:-1]
    return word


def content_stems(text: str) -> list[str]:
    """Stems of the words and numbers that carry meaning, in order."""
    return [
        stem(part)
        for token in tokenise(text)
        if token.is_word
        for part in token.lower.split("-")
        if part and part not in STOPWORDS and (len(part) > 1 or part.isdigit())
    ]


@functools.lru_cache(maxsize=1)
def _frequencies() -> tuple[dict[str, int], dict[str, int]]:
    resource = importlib.resources.files("khabar_summarize").joinpath("data/words.tsv")
    words: dict[str, int] = {}
    stems: dict[str, int] = {}
    for line in resource.read_text(encoding="utf-8").splitlines():
        word, _, count = line.partition("\t")
        words[word] = int(count)
        stems[stem(word)] = stems.get(stem(word), 0) + int(count)
    return words, stems


def is_common_word(word: str) -> bool:
    """Whether the word, in lower case, is ordinary news English rather than a name."""
    word = word.lower()
    if word in STOPWORDS:
        return True
    words = _frequencies()[0]
    bases = [word, *(word[: -len(end)] for end in ("s", "ed", "ing", "ly") if word.endswith(end))]
    return any(words.get(base, 0) > 0 for base in bases)


def is_english(word: str) -> bool:
    """Whether the word is, or may be derived from, an English word that news use."""
    words, stems = _frequencies()
    return word in words or stem(word) in stems or word.startswith(("re", "un", "non", "over"))


@functools.lru_cache(maxsize=65536)
def weight(stemmed: str) -> float:
    """How much a stem tells: 0.2 for the most frequent, about 1 for rare words and names."""
    if stemmed in STOPWORDS:
        return 0.0
    frequency = _frequencies()[1].get(stemmed, 0)
    return min(1.0, max(0.2, math.log(100_000 / (frequency + 1)) / math.log(100_000)))
