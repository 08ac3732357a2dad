"""Find the numbers of an English text: digits, number words, ordinals, fractions, months, dates, times.

In: English. Out: mentions with every value they may stand for. Weak mentions explain a number of the source
but are never "added": words up to ten (`the three ports` counts a list, `two` is an Arabic dual), both, a
dozen, decades, ordinals, MH17. Not here: the comparison (numbers).
"""

from __future__ import annotations

import re
from fractions import Fraction

from khabar_mt.figures import (
    FIGURE,
    Key,
    Mention,
    month,
    number,
    read_date,
    read_figure,
    read_time,
    time,
    weekday,
)
from khabar_mt.months import ENGLISH_MONTHS

__all__ = ["english_numbers"]

_IGNORED = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w.-]+|[@#][\w_]+")
_TOKEN = re.compile(
    r"(?P<date>(?<![0-9/])[0-9]{1,4}(?:/[0-9]{1,4}){1,2}(?![0-9/]))"
    r"|(?P<time>(?<![0-9:])[0-9]{1,2}[:.][0-9]{2}\s?[ap]\.?m\b|[0-9]{1,2}\s?[ap]\.?m\b"
    r"|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?:\.[0-9]{1,3})?(?![0-9:])|\b[0-9]{4}(?=\s?(?:GMT|local)))"
    r"|(?P<years>\b[0-9]{4}[-/\N{EN DASH}][0-9]{2}\b(?!-))"
    r"|(?P<decade>(?<![\w.,])'?[0-9]{2,4}s\b)"
    r"|(?P<code>\b[A-Za-z]+-?[0-9]+[A-Za-z]*\b)"
    rf"|(?P<figure>{FIGURE})(?P<suffix>(?:st|nd|rd|th|bn|mn|tn|m|k|b)\b)?"
    r"|(?P<word>[A-Za-z]+)|(?P<mark>[^\w\s-])",
    re.IGNORECASE,
)
_UNITS = dict(
    zip(
        (
            *(
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
            ),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        ),
        range(20),
        strict=True,
    )
)
_TEN_WORDS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * (i + 2) for i, word in enumerate(_TEN_WORDS)}
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SUFFIXES = {"bn": 10**9, "b": 10**9, "mn": 10**6, "m": 10**6, "k": 10**3, "tn": 10**12}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_ORDINALS |= {word + "th": n for word, n in _UNITS.items() if n in (4, 6, 7, 10, 11) or n > 12}
_ORDINALS |= {word[:-1] + "ieth": n for word, n in _TENS.items()}
# Fractions by their plural or after "a"; "third" and "quarter" alone are ordinals and periods.
_FRACTIONS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4, "thirds": 3, "fifths": 5, "tenths": 10}
_HALVES = (Fraction(1, 2), Fraction(1, 4), Fraction(3, 4))
_ONE_OR_TWO = (frozenset({number(1)}), frozenset({number(2)}))
# Words that carry a number without being one.
_HIDDEN: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        ("both", "twice", "pair", "couple", "double", "doubled", "twin", "twins", "fortnight"), (2,)
    ),
    **dict.fromkeys(("dual", "bilateral", "duo", "two"), (2,)),
    **dict.fromkeys(("triple", "trio", "tripartite", "trilateral", "tripled", "thrice", "triad"), (3,)),
    **dict.fromkeys(("quartet", "quadruple", "quadrupled", "four"), (4,)),
    **dict.fromkeys(("once", "single", "sole", "one", "lone"), (1,)),
    **dict.fromkeys(("noon", "midnight", "dozen"), (12,)),
    **dict.fromkeys(("decade", "ten"), (10,)),
    **dict.fromkeys(("century", "centuries", "centenary"), (100,)),
    **dict.fromkeys(("millennium",), (1000,)),
    **dict.fromkeys(("week", "weekly"), (7,)),
    "score": (20,),
}
_ROMAN = {"II": 2, "III": 3, "IV": 4, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "XI": 11, "XII": 12}
_ROMAN |= {"XIII": 13, "XIV": 14, "XV": 15, "XVI": 16, "XX": 20}
_MONTHS = {name.lower(): i + 1 for i, name in enumerate(ENGLISH_MONTHS)}
_MONTHS |= {name[:3].lower(): i + 1 for i, name in enumerate(ENGLISH_MONTHS)} | {"sept": 9}
# Words and verbs as well as months: a month only beside a number, or after a preposition of time.
_WEEKDAYS = {
    **{"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6},
    **{
        "mondays": 0,
        "tuesdays": 1,
        "wednesdays": 2,
        "thursdays": 3,
        "fridays": 4,
        "saturdays": 5,
        "sundays": 6,
    },
}
_AMBIGUOUS_MONTHS = {"may", "march", "mar", "dec", "jan", "jun", "sep"}
_BEFORE_MONTHS = {
    "in",
    "since",
    "until",
    "of",
    "last",
    "next",
    "this",
    "by",
    "from",
    "to",
    "late",
    "early",
    "mid",
}


def english_numbers(text: str) -> list[Mention]:
    """Every number of an English text, in order.

    >>> [m.text for m in english_numbers("Twenty-five of 34 soldiers died on Feb. 15; 1.5 million fled")]
    ['Twenty five', '34', 'Feb', '15', '1.5 million']
    """
    cleaned = _IGNORED.sub(" ", text)
    tokens = list(_TOKEN.finditer(cleaned))
    mentions: list[Mention] = []
    i = 0
    while i < len(tokens):
        found, i = _mention_at(tokens, i)
        mentions += found
    return mentions


_Tokens = list[re.Match[str]]


def _word(tokens: _Tokens, i: int) -> str:
    """The lower-case word at a place, "" where there is none."""
    return (tokens[i]["word"] or "").lower() if 0 <= i < len(tokens) else ""


def _mention_at(tokens: _Tokens, i: int) -> tuple[list[Mention], int]:
    """Mentions that begin at a token, and where to go on."""
    token = tokens[i]
    text = token.group()
    if token["date"]:
        return [Mention(text, read_date(text.split("/")))], i + 1
    if token["time"]:
        return [Mention(text, _clock(text))], i + 1
    if token["years"]:
        first, last = int(text[:4]), int(text[5:])
        full = first // 100 * 100 + last  # 2019-20
        pairs = tuple(frozenset({number(first), number(second)}) for second in (last, full))
        return [Mention(text, pairs)], i + 1
    if token["decade"]:
        value = int(text.strip("'s"))
        return [Mention(text, tuple(frozenset({number(v)}) for v in (value, value % 100)), False)], i + 1
    if token["code"]:
        digits = re.findall("[0-9]+", text)
        return [Mention(text, tuple(frozenset({number(int(d[:18]))}) for d in digits), False)], i + 1
    if token["figure"]:
        return _figure_at(tokens, i)
    if token["word"]:
        return _words_at(tokens, i)
    return [], i + 1


def _clock(text: str) -> tuple[frozenset[Key], ...]:
    """Readings of 3:30 p.m., 15:30, 3 p.m., 1530 (before GMT)."""
    half = re.search(r"([ap])\.?m", text, re.IGNORECASE)
    digits = re.findall("[0-9]+", text)
    if not half and len(digits) == 1:
        hours, minutes = digits[0][:2], digits[0][2:]
        return (frozenset({number(int(digits[0]))}), *read_time(hours, minutes))
    hours, minutes = digits[0], digits[1] if len(digits) > 1 else "0"
    if half is None and ":" in text and "." in text:  # a running time: 8:08.90
        return (frozenset({number(int(hours)), number(Fraction(text.split(":")[1]))}),)
    if half is None:
        return read_time(hours, minutes)
    hour = int(hours) % 12 + (12 if half.group(1).lower() == "p" else 0)
    m = int(minutes)
    plain: set[Key] = {number(int(hours))} if m == 0 else {number(int(hours)), number(m)}
    other: set[Key] = {number(hour)} if m == 0 else {number(hour), number(m)}
    return (frozenset({time(hour, m)}), frozenset(plain), frozenset(other))


def _figure_at(tokens: _Tokens, i: int) -> tuple[list[Mention], int]:
    """Digits with what multiplies them: 1.5 million, 3bn, 25th, 3.5 thousand."""
    token = tokens[i]
    text, suffix = token["figure"], (token["suffix"] or "").lower()
    values = read_figure(text)
    readings = [frozenset(number(v) for v in reading) for reading in values]
    if suffix in _SUFFIXES:
        scaled = [frozenset({number(r[0] * _SUFFIXES[suffix])}) for r in values if len(r) == 1]
        return [Mention(token.group(), tuple(scaled + readings))], i + 1
    end, scale = i + 1, 1
    while _word(tokens, end) in _SCALES:
        scale, end = scale * _SCALES[_word(tokens, end)], end + 1
    if scale > 1:
        text = " ".join(t.group() for t in tokens[i:end])
        readings = [frozenset({number(r[0] * scale)}) for r in values if len(r) == 1]
    clock = re.fullmatch(r"([01]?[0-9]|2[0-4])\.([0-5][0-9])", text)
    if not suffix and clock:
        readings += read_time(clock.group(1), clock.group(2))
    for reading in values:
        if len(reading) == 1 and reading[0] % 1 in _HALVES:  # two dollars and a half: $2.50
            readings.append(frozenset({number(reading[0] % 1)}))
    # A two is often only the dual of a noun.
    return ([Mention(text, tuple(readings), readings[0] not in _ONE_OR_TWO)] if readings else []), end


def _words_at(tokens: _Tokens, i: int) -> tuple[list[Mention], int]:
    """Number words, ordinals, fractions, months, and words that hide a number."""
    word, text = _word(tokens, i), tokens[i].group()
    if word in ("a", "an") and _word(tokens, i + 1) not in _SCALES:
        return [], i + 1
    if word in ("a", "an") or word in _UNITS or word in _TENS or word in _SCALES:
        return _cardinal_at(tokens, i)
    if word in ("half", "quarter"):
        end = i + 1
        while _word(tokens, end) in ("a", "of"):
            end += 1
        if _word(tokens, end) in _SCALES:
            value = Fraction(_SCALES[_word(tokens, end)], _FRACTIONS[word])
            return [Mention(f"{text} {_word(tokens, end)}", (frozenset({number(value)}),))], end + 1
    if text[0].isupper() and word in _MONTHS:
        return _month_at(tokens, i)
    if text[0].isupper() and word in _WEEKDAYS:
        # The Sunday Times is a newspaper.
        title = (
            i + 1 < len(tokens) and tokens[i + 1].group()[0].isupper() and tokens[i + 1]["word"] is not None
        )
        return [Mention(text, (frozenset({weekday(_WEEKDAYS[word])}),), not title)], i + 1
    if word in _ORDINALS:
        return [Mention(text, (frozenset({number(_ORDINALS[word])}),), False)], i + 1
    if word in _FRACTIONS:
        return [Mention(text, (frozenset({number(Fraction(1, _FRACTIONS[word]))}),), False)], i + 1
    if word in _HIDDEN:
        return [Mention(text, tuple(frozenset({number(v)}) for v in _HIDDEN[word]), False)], i + 1
    if text in _ROMAN:
        return [Mention(text, (frozenset({number(_ROMAN[text])}),), False)], i + 1
    return [], i + 1


def _month_at(tokens: _Tokens, i: int) -> tuple[list[Mention], int]:
    """A capitalised month."""
    word = _word(tokens, i)
    following = i + 1
    if following < len(tokens) and tokens[following]["mark"] == ".":
        following += 1
    beside = (
        following < len(tokens) and (tokens[following]["figure"] or tokens[following]["years"]) is not None
    )
    beside = beside or (i > 0 and tokens[i - 1]["figure"] is not None)
    sure = (
        beside or (word not in _AMBIGUOUS_MONTHS and len(word) > 3) or _word(tokens, i - 1) in _BEFORE_MONTHS
    )
    return [Mention(tokens[i].group(), (frozenset({month(_MONTHS[word])}),), sure and len(word) > 2)], i + 1


def _cardinal_at(tokens: _Tokens, i: int) -> tuple[list[Mention], int]:
    """Number words: two hundred and five thousand, thirty-four, a million, twenty-fifth."""
    total, group, end = 0, 0, i
    last_scale = 10**15
    seen = False
    ordinal = False
    while end < len(tokens):
        word = _word(tokens, end)
        if word in _UNITS and (
            group % 100 == 0 or (group % 10 == 0 and group % 100 >= 20 and _UNITS[word] < 10)
        ):
            if seen and group % 100 == 0 and group < 100 and not (total and group == 0):
                break
            group += _UNITS[word]
        elif word in _ORDINALS and group % 10 == 0 and group % 100 >= 20 and _ORDINALS[word] < 10:
            group, ordinal = group + _ORDINALS[word], True
        elif word in _TENS and group % 100 == 0:
            group += _TENS[word]
        elif word == "hundred" and group < 100:
            group = (group or 1) * 100
        elif word in _SCALES and word != "hundred" and _SCALES[word] < last_scale and (group or not total):
            last_scale = _SCALES[word]
            total, group = total + (group or 1) * last_scale, 0
        elif word in ("a", "an") and not seen:
            pass
        elif word == "and" and seen and (group >= 100 or (total and not group)):
            following = _word(tokens, end + 1)
            if following not in _UNITS and following not in _TENS:
                break
        else:
            break
        seen, end = True, end + 1
        if ordinal:
            break
    text = " ".join(token.group() for token in tokens[i:end])
    value = total + group
    if _word(tokens, end) == "dozen":
        value, end = value * 12, end + 1
    following = _word(tokens, end)
    if following in _FRACTIONS or (following in ("third", "fifth") and value == 1):
        below = _FRACTIONS.get(following) or _ORDINALS[following]
        readings = (frozenset({number(Fraction(value, below))}), frozenset({number(value)}))
        return [Mention(f"{text} {following}", readings, False)], end + 1
    round_word = _word(tokens, i) in ("a", "an") or (end == i + 1 and _word(tokens, i) in _SCALES)
    strong = value > 10 and not round_word
    return [Mention(text, (frozenset({number(value)}),), strong)], max(end, i + 1)
