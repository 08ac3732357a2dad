"""Numbers and dates in English text, with their value, unit and the words around them.

In: English text. Out: figures with a comparable value ("1.5 million" = 1500000, "thirty-three" =
33). Not here: whether two figures speak of the same thing (verify, contradictions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from khabar_core.records import Span
from khabar_summarize.english import Token, tokenise, word_map
from khabar_summarize.names import MONTHS, WEEKDAYS

__all__ = ["Figure", "find_dates", "find_figures"]

_UNITS = {
    word: i
    for i, word in enumerate(
        re.findall(
            r"\w+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
            " fifteen sixteen"
            " seventeen eighteen nineteen",
        )
    )
}
_TENS = {
    word: 10 * i
    for i, word in enumerate(
        re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "mn": 10**6, "bn": 10**9, "tn": 10**12,
}  # fmt: skip
_ATTACHED = re.compile(r"^(\d+(?:[.,]\d+)*)(m|mn|bn|tn|k|th|st|nd|rd|s)?$", re.IGNORECASE)
_ATTACHED_SCALE = {"m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12, "k": 1000}
_VAGUE = word_map(
    """
    dozen:12 dozens:dozens hundreds:hundreds thousands:thousands millions:millions billions:billions
    half:half halves:half third:third thirds:thirds quarter:quarter quarters:quarters
    """
)
_PARTS = frozenset(["thirds", "quarters", "fifths", "tenths"])
_FRACTION_LEADS = frozenset(["a", "one", "two", "three", "the"])
_CURRENCY = word_map(
    """
    $:usd €:eur £:gbp dollar:usd dollars:usd euro:eur euros:eur pound:gbp pounds:gbp sterling:gbp
    riyal:riyal riyals:riyal dinar:dinar dinars:dinar dirham:dirham dirhams:dirham lira:lira rouble:rub
    roubles:rub rubles:rub yuan:cny yen:jpy
    """
)
_DAYS = WEEKDAYS | {"yesterday", "today", "tomorrow", "tonight"}
_MONTH_KEYS = {month: month[:3] for month in MONTHS}
# A glued token that holds digits: "F-16", "G20", "2015-16", "25-year-old", "5,000-strong", "50th".
# What stands directly before a figure, "no more than" before "more than", and directly behind it.
_BOUNDS_BEFORE = tuple(
    (bound, re.compile(rf"(?<!\w)(?:{words})(?: (?:the|a|an|some|about|its|their|\$|€|£))*\s*$"))
    for bound, words in (
        (
            "less",
            r"(?:no|not) (?:more|higher|longer) than|not over|at (?:the )?most|up to|as (?:many|much) as",
        ),
        ("more", r"(?:no|not) (?:less|fewer|lower) than|at least|at the least|a minimum of"),
        (
            "more",
            r"(?:more|higher|greater|longer) than|over|above|exceed(?:s|ed|ing)|upwards of|in excess of",
        ),
        (
            "less",
            r"(?:less|fewer|lower|smaller|shorter) than|under|below|nearly|almost|just short of|a maximum of",
        ),
    )
)
_BOUNDS_AFTER = tuple(
    (bound, re.compile(rf"\W{{0,2}}(?:[\w%]+ )?(?:{words})(?!\w)"))
    for bound, words in (("less", "at most|or (?:less|fewer)"), ("more", "at least|or more"))
)
# Words of the same date before the one that is looked at: "since the 2nd of" before "October".
_DATE_WORDS = re.compile(
    r"(?:(?<!\w)(?:the|a|an|of|this|last|next|\d{1,4}(?:st|nd|rd|th)?|"
    rf"{'|'.join(sorted(WEEKDAYS | MONTHS))})[\s,]+)+$"
)
_TIME_ROLES = tuple(
    (role, re.compile(rf"(?<!\w)(?:{words})\s+$"))
    for role, words in (
        ("end", "(?:the )?end(?: of)?"),
        ("start", "(?:the )?(?:start|beginning)(?: of)?"),
        ("middle", "(?:the )?middle(?: of)?"),
        ("since", "since|from|as of|starting|beginning|effective"),
        ("until", "until|till|before|by|no later than|prior to|ahead of"),
        ("after", "after|following"),
        ("on", "in|on|at|during"),
    )
)
_GLUED = re.compile(r"^\d+(?:[.,:]\d+)*[A-Za-z]*$")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or date word.

    Attributes:
        value: canonical text: decimal digits, a vague word ("dozens"), or a day or month.
        kind: "number", "percent", "money", "ordinal" or "date".
        span: in code points, unit signs included.
        unit: currency code for money, else "".
        text: as written.
    """

    value: str
    kind: str
    span: Span
    unit: str = ""
    text: str = ""


def find_figures(text: str) -> list[Figure]:
    """The numbers of a text, in order; "one" is left out, for it is a pronoun more often than a number."""
    tokens = _split_glued(text)
    figures: list[Figure] = []
    index = 0
    while index < len(tokens):
        found = _number_at(tokens, index)
        if found is None:
            index += 1
            continue
        value, end, ordinal = found
        figures.append(_with_unit(text, tokens, index, end, value, ordinal))
        index = end
    return figures


def bound_of(text: str, figure: Figure) -> str:
    """What the words beside a figure make of it: "more", "less", or "" (exactly or about so many).

    >>> text = "not more than 48 hours"
    >>> bound_of(text, find_figures(text)[0])
    'less'
    """
    before, after = text[: figure.span[0]].lower(), text[figure.span[1] :].lower()
    for bound, pattern in _BOUNDS_BEFORE:
        if pattern.search(before):
            return bound
    return next((bound for bound, pattern in _BOUNDS_AFTER if pattern.match(after)), "")


def _split_glued(text: str) -> list[Token]:
    """Tokens; hyphenated words that start with a number fall apart ("25-year-old"; "thirty-three" stays)."""
    tokens: list[Token] = []
    for token in tokenise(text):
        parts = token.lower.split("-")
        spelled = parts[0] in _UNITS or parts[0] in _TENS
        if len(parts) < 2 or not (token.text[0].isdigit() or spelled) or (spelled and parts[-1] in _UNITS):
            tokens.append(token)
            continue
        start = token.span[0]
        for part in token.text.split("-"):
            if part:
                tokens.append(Token(part, (start, start + len(part)), part.lower()))
            start += len(part) + 1
    return _rejoin(text, tokens)


def _rejoin(text: str, tokens: list[Token]) -> list[Token]:
    """Join a number with letters written right after it ("50th", "5bn"); tokenise keeps them apart."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if last and last.text.isascii() and last.text[-1].isdigit() and last.span[1] == token.span[0]:
            glued = text[last.span[0] : token.span[1]]
            if _GLUED.match(glued):
                joined[-1] = Token(glued, (last.span[0], token.span[1]), glued.lower())
                continue
        joined.append(token)
    return joined


def _number_at(tokens: list[Token], index: int) -> tuple[str, int, bool] | None:
    """(value, index after it, ordinal) of the number that starts at a token, or None."""
    token = tokens[index]
    previous = tokens[index - 1].lower if index else ""
    attached = _ATTACHED.match(token.text)
    if attached:
        if (
            index
            and tokens[index - 1].text == "-"
            and tokens[index - 2 : index - 1]
            and _glued(tokens, index)
        ):
            return None  # "F - 16": part of a name
        return _digits(tokens, index, attached)
    if re.match(r"^\d", token.text):
        return (token.text, index + 1, False)
    word = token.lower
    if word in _UNITS or word in _TENS or word.split("-")[0] in _TENS:
        return _spelled(tokens, index)
    if word in ("hundred", "thousand", "million", "billion") and previous in ("a", "per"):
        return (str(_SCALES[word]), index + 1, False) if previous == "a" else None
    if word in _VAGUE and not (word in ("third", "quarter") and previous not in _FRACTION_LEADS - {"the"}):
        return (_VAGUE[word], index + 1, False)
    return None


def _glued(tokens: list[Token], index: int) -> bool:
    before = tokens[index - 2]
    return before.text.isalpha() and before.span[1] + 1 == tokens[index].span[0]


def _digits(tokens: list[Token], index: int, attached: re.Match[str]) -> tuple[str, int, bool]:
    number, suffix = attached.group(1), (attached.group(2) or "").lower()
    value = _decimal(number)
    if value is None:
        return (number, index + 1, False)
    if suffix in ("th", "st", "nd", "rd"):
        return (_plain(value), index + 1, True)
    if suffix == "s":
        return (f"{number}s", index + 1, False)
    value *= _ATTACHED_SCALE.get(suffix, 1)
    end = index + 1
    while end < len(tokens) and tokens[end].lower in _SCALES:
        value *= _SCALES[tokens[end].lower]
        end += 1
    return (_plain(value), end, False)


def _decimal(number: str) -> Decimal | None:
    """The value of a written number; a comma groups thousands only before three digits."""
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", number)
    try:
        return Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _spelled(tokens: list[Token], index: int) -> tuple[str, int, bool] | None:
    """A number in words: "twenty-five", "three hundred and ten thousand"."""
    total = current = 0
    end = index
    while end < len(tokens):
        word = tokens[end].lower
        parts = word.split("-")
        if all(part in _UNITS or part in _TENS for part in parts):
            step = sum(_UNITS.get(part, _TENS.get(part, 0)) for part in parts)
            # "two three" are two numbers, "twenty three" is one.
            if end > index and not (current % 100 == 0 or (current % 10 == 0 and step < 10)):
                break
            current += step
        elif word in _SCALES and end > index and len(word) > 2:
            scale = _SCALES[word]
            if scale == 100:
                current = max(1, current) * 100
            else:
                total, current = total + max(1, current) * scale, 0
        elif not (word == "and" and _continues(tokens, end)):
            break
        end += 1
    value = total + current
    if end < len(tokens) and tokens[end].lower in _PARTS:
        return (f"{value} {tokens[end].lower}", end + 1, False)
    if value == 1 and end == index + 1:
        return None
    return (str(value), end, False)


def _continues(tokens: list[Token], index: int) -> bool:
    """Whether an "and" stands inside a number: "three hundred and ten"."""
    before, after = tokens[index - 1].lower, tokens[index + 1].lower if index + 1 < len(tokens) else ""
    return before in ("hundred", "thousand") and (after in _UNITS or after.split("-")[0] in _TENS)


def _with_unit(text: str, tokens: list[Token], start: int, end: int, value: str, ordinal: bool) -> Figure:
    left, right = tokens[start].span[0], tokens[end - 1].span[1]
    following = tokens[end].lower if end < len(tokens) else ""
    second = tokens[end + 1].lower if end + 1 < len(tokens) else ""
    before = tokens[start - 1].text if start else ""
    kind, unit = ("ordinal" if ordinal else "number"), ""
    if following in ("%", "percent", "percentage") or (following == "per" and second == "cent"):
        kind, right = "percent", tokens[end].span[1]
    elif before in _CURRENCY or following in _CURRENCY:
        kind = "money"
        unit = _CURRENCY[before if before in _CURRENCY else following]
        left = tokens[start - 1].span[0] if before in _CURRENCY else left
    return Figure(value, kind, (left, right), unit, text[left:right])


def find_dates(text: str) -> list[Figure]:
    """Weekdays, months and day words; the number of the day is a figure of its own."""
    dates: list[Figure] = []
    for token in tokenise(text):
        if token.lower in _DAYS:
            dates.append(Figure(token.lower, "date", token.span, "", token.text))
        elif (
            token.lower in _MONTH_KEYS and token.text[0].isupper() and token.lower not in ("may", "march")
        ) or (token.text in ("May", "March") and _beside_number(text, token.span)):
            dates.append(Figure(_MONTH_KEYS[token.lower], "date", token.span, "", token.text))
    return dates


def time_role(text: str, figure: Figure) -> str:
    """What the words before a date make of it: "since", "until", "after", "on", a part ("end"), or "".

    >>> text = "closed since the beginning of March"
    >>> time_role(text, find_dates(text)[0])
    'start'
    """
    before = _DATE_WORDS.sub("", text[: figure.span[0]].lower())
    return next((role for role, pattern in _TIME_ROLES if pattern.search(before)), "")


def _beside_number(text: str, span: Span) -> bool:
    """Whether a month that is also a verb stands beside a day, a year or a preposition."""
    before, after = text[: span[0]].rstrip()[-6:].lower(), text[span[1] :].lstrip()[:4]
    return bool(
        re.search(r"(?:\d|\d(?:st|nd|rd|th)|\b(?:in|of|since|until|by|last|next|late|early))$", before)
    ) or (after[:1].isdigit())
