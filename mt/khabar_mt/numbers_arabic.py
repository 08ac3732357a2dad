"""Find the numbers of an Arabic text: digits, number words in all their forms, ordinals, months, times.

In: normalised text. Out: mentions with every value they may stand for. Careful by design: what may be an
ordinary word (أحد, واحد, ألف alone, أول) is weak: it explains a number on the other side but is never missed.
Not here: figures with separators (figures), the comparison (numbers).
"""

from __future__ import annotations

import re
from fractions import Fraction

from khabar_mt.arabic import normalise
from khabar_mt.figures import FIGURE, Mention, month, number, read_date, read_time, weekday
from khabar_mt.number_run import Run, Token
from khabar_mt.number_words import (
    AMBIGUOUS_MONTHS,
    CLOCK_PARTS,
    DECADES,
    DUAL_SCALES,
    DUALS,
    FOLD,
    FRACTIONS,
    HIJRI,
    MONTHS,
    ORDINALS,
    PARTS,
    PERIODS,
    SCALES,
    SMALL,
    TEEN,
    TENS,
    TIMES,
    TWO_OF_TWELVE,
    VAGUE,
    WEEKDAY,
    WEEKDAYS,
)

__all__ = ["arabic_numbers"]

_IGNORED = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w.-]+|[@#][\w_]+")
_PERCENT = re.compile(r"(?<!\w)(?:ف[يى]|ب)\s?ال(?:مئ|مائ|مي)[ةه](?!\w)")
_ARABIC_COMMA = re.compile("(?<=[0-9])،(?=[0-9])")
_TOKEN = re.compile(
    r"(?P<date>(?<![0-9/])[0-9]{1,4}(?:/[0-9]{1,4}){1,2}(?![0-9/]))"
    r"|(?P<time>(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?:[.,][0-9]{1,3})?(?![0-9:]))"
    rf"|(?P<figure>{FIGURE})"
    r"|(?P<word>[^\W\d_]+)|(?P<mark>[^\w\s])"
)

_PREFIXES = re.compile(r"^(?P<waw>[وف]?)(?P<prep>لل|[بكل]?ال|[بكل]?)(?P<stem>\w+)$")


def arabic_numbers(text: str) -> list[Mention]:
    """Every number of an Arabic text, in order.

    >>> [m.text for m in arabic_numbers("قتل خمسة وعشرون شخصا و34 جنديا في 15 شباط/فبراير")]
    ['خمسة وعشرون', '34', '15', 'شباط', 'فبراير']
    """
    cleaned = _PERCENT.sub("%", _IGNORED.sub(" ", normalise(text)))
    cleaned = _ARABIC_COMMA.sub(",", cleaned)
    tokens = _tokens(cleaned)
    mentions: list[Mention] = []
    i = 0
    while i < len(tokens):
        found, i = _mention_at(tokens, i)
        mentions += found
    return mentions


def _tokens(text: str) -> list[Token]:
    result: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "mark"
        if kind != "word":
            joined = bool(result) and result[-1].text in ("و", "وال") and kind == "figure"
            result.append(Token(match.group(), kind, joined=joined))
            continue
        folded = match.group().translate(FOLD)
        # أل and إل begin names, only ال is the article.
        stem, joined = (folded, False) if match.group()[:2] in ("أل", "إل", "آل") else _stem(folded)
        # A "و" that stands alone joins what follows.
        joined = joined or (bool(result) and result[-1].text == "و")
        result.append(Token(match.group(), kind, stem, joined))
    return [token for token in result if token.text != "و"]


def _is_number_word(word: str) -> bool:
    return (
        word in SMALL
        or word in SCALES
        or word in DUAL_SCALES
        or word in ORDINALS
        or word in FRACTIONS
        or word in PARTS
        or word in DUALS
        or word in MONTHS
        or word in DECADES
    )


def _stem(folded: str) -> tuple[str, bool]:
    """The number word inside a token, else the token itself; and whether "and" stands before it."""
    day = WEEKDAY.match(folded)
    if day:
        return day.group(1), folded[0] == "و"
    if _is_number_word(folded) or folded.endswith("لست"):  # لست, "I am not", is no six
        return folded, False
    match = _PREFIXES.match(folded)
    while match is not None:
        stem, waw = match["stem"], match["waw"] == "و"
        if (match["waw"] or match["prep"]) and _is_number_word(stem):
            # The two (الاثنان), Monday (الاثنين); a dual with the article may be "the countries".
            definite = match["prep"].endswith(("ال", "لل"))
            if definite and (stem in DUALS or stem in ("اثنين", "احد")):
                return folded, waw
            return stem, waw
        if match["waw"] and match["prep"]:
            match = re.match(r"^(?P<waw>[وف])(?P<prep>)(?P<stem>\w+)$", folded)
            continue
        break
    return folded, folded.startswith("و") and folded[1:] in ("نصف", "ربع", "ثلث")


def _mention_at(tokens: list[Token], i: int) -> tuple[list[Mention], int]:
    """Mentions that begin at a token, and where to go on."""
    token = tokens[i]
    if token.kind == "date":
        return [Mention(token.text, read_date(token.text.split("/")))], i + 1
    if token.kind == "time":
        hours, rest = token.text.replace(",", ".").split(":")
        # 8:08.90 is a running time.
        readings = (
            (frozenset({number(int(hours)), number(Fraction(rest))}),)
            if "." in rest
            else read_time(hours, rest)
        )
        return [Mention(token.text, readings)], i + 1
    if token.kind == "mark":
        return [], i + 1
    if token.kind == "word":
        named, after = _month_at(tokens, i)
        if named:
            return named, after
        if token.stem in ORDINALS and token.stem not in SMALL:
            return _ordinal_at(tokens, i)
        if token.stem in FRACTIONS:
            return _fraction_at(tokens, i)
        if token.stem in WEEKDAYS:
            return [_weekday_at(tokens, i)], i + 1
        if token.stem in DECADES:
            years, two = DECADES[token.stem]
            return [Mention(token.text, (frozenset({number(years), number(two)}),), False)], i + 1
        if token.stem in TWO_OF_TWELVE and not (i + 1 < len(tokens) and tokens[i + 1].stem in TEEN):
            return [], i + 1
        if token.stem in DUALS:
            return [Mention(token.text, (frozenset({number(2)}),))], i + 1
        if token.stem not in SMALL and token.stem not in SCALES and token.stem not in DUAL_SCALES:
            return [], i + 1
    return _cardinal_at(tokens, i)


def _month_at(tokens: list[Token], i: int) -> tuple[list[Mention], int]:
    """A month of one or two words; several meanings make it weak unless a figure stands beside it."""
    two = f"{tokens[i].stem} {tokens[i + 1].stem}" if i + 1 < len(tokens) else ""
    raw = f"{tokens[i].stem} {tokens[i + 1].text.translate(FOLD)}" if i + 1 < len(tokens) else ""
    for name in (raw, two):
        if name in MONTHS:
            text = f"{tokens[i].text} {tokens[i + 1].text}"
            return [Mention(text, (frozenset({month(MONTHS[name])}),))], i + 2
    if tokens[i].stem not in MONTHS:
        return [], i
    before = tokens[i - 1] if i else None
    sure = before is not None and (
        before.kind == "figure" or before.stem in ("شهر", *MONTHS) or before.text in ("/", "(")
    )
    index = MONTHS[tokens[i].stem]
    strong = sure or tokens[i].stem not in AMBIGUOUS_MONTHS
    return [Mention(tokens[i].text, (frozenset({month(index)}),), strong)], i + 1


def _weekday_at(tokens: list[Token], i: int) -> Mention:
    """A day of the week; weak when it may be "the two", or the second of a night between two days."""
    before = tokens[i - 1] if i else None
    follows_dual = before is not None and tokens[i].stem == "الاثنين" and before.text.endswith(("ين", "ان"))
    second = i > 1 and tokens[i - 2].stem in WEEKDAYS and before is not None and before.kind == "mark"
    second = second or (before is not None and before.stem in WEEKDAYS)
    readings = (frozenset({weekday(WEEKDAYS[tokens[i].stem])}), frozenset({number(2)}))
    return Mention(tokens[i].text, readings[: 2 if follows_dual else 1], not (follows_dual or second))


def _ordinal_at(tokens: list[Token], i: int) -> tuple[list[Mention], int]:
    """الثالث, الحادي عشر, الرابع والعشرين; first and second are weak."""
    value, end = ORDINALS[tokens[i].stem], i + 1
    if end < len(tokens):
        following = tokens[end]
        if following.stem in TEEN and not following.joined and value < 10:
            value, end = value + 10, end + 1
        elif following.stem in TENS and following.joined and value < 10:
            value, end = value + TENS[following.stem], end + 1
    if end + 1 < len(tokens) and tokens[end].text == "بعد" and tokens[end + 1].stem in ("مئه", "مائه", "الف"):
        value += 1000 if tokens[end + 1].stem == "الف" else 100  # السادس والستون بعد المئة
        end += 2
    text = " ".join(token.text for token in tokens[i:end])
    readings = [frozenset({number(value)})]
    if end < len(tokens) and tokens[end].stem in CLOCK_PARTS:
        minutes = CLOCK_PARTS[tokens[end].stem]  # العاشرة والنصف
        readings.append(frozenset({number(minutes)}))
    elif (
        end + 1 < len(tokens)
        and tokens[end].stem == "الا"
        and tokens[end + 1].stem.rstrip("ا") in CLOCK_PARTS
    ):
        minutes = 60 - CLOCK_PARTS[tokens[end + 1].stem.rstrip("ا")]  # الواحدة إلا ربعا
        readings += [frozenset({number(minutes)}), frozenset({number((value + 10) % 12 + 1)})]
    # Only in a date is an ordinal sure to stay a number: "third" may become "another", "Rabaa" is a square.
    dated = end + 1 < len(tokens) and tokens[end].text == "من" and tokens[end + 1].stem in ("شهر", *MONTHS)
    strong = dated or (value > 10 and not (i and tokens[i - 1].stem == "القرن"))
    return [Mention(text, tuple(readings), strong)], end


def _fraction_at(tokens: list[Token], i: int) -> tuple[list[Mention], int]:
    """نصف مليون is a number; نصف alone only explains one."""
    above, below = FRACTIONS[tokens[i].stem]
    value = Fraction(above, below)
    if i + 1 < len(tokens) and tokens[i + 1].stem in SCALES and tokens[i + 1].stem not in VAGUE:
        total = value * SCALES[tokens[i + 1].stem]
        text = f"{tokens[i].text} {tokens[i + 1].text}"
        return [Mention(text, (frozenset({number(total)}),))], i + 2
    return [Mention(tokens[i].text, (frozenset({number(value)}), frozenset({number(above)})), False)], i + 1


def _cardinal_at(tokens: list[Token], i: int) -> tuple[list[Mention], int]:
    """A figure or number words with scales, joined parts, fractions: ثلاثة ملايين و250 ألفا, 3.5 مليون."""
    run = Run()
    end = i
    while (
        end < len(tokens) and not _begins_larger(run, tokens, end) and run.take(tokens[end], first=end == i)
    ):
        end += 1
    if end == i:  # a scale that cannot stand first, such as "thousands of"
        return [], i + 1
    text = " ".join(token.text for token in tokens[i:end])
    following = tokens[end].stem if end < len(tokens) else ""
    if following in PARTS and run.total() < 10:
        value = Fraction(run.total(), PARTS[following])
        parts = [frozenset({number(value)}), frozenset({number(run.total())})]
        text, end = f"{text} {tokens[end].text}", end + 1
        if end < len(tokens) and tokens[end].stem in SCALES:  # ثلاثة أرباع المليون
            parts.append(frozenset({number(value * SCALES[tokens[end].stem])}))
            text, end = f"{text} {tokens[end].text}", end + 1
        return [Mention(text, tuple(parts), False)], end
    strong = run.strong and following not in HIJRI and following not in TIMES
    strong = strong and not (i and tokens[i - 1].stem == "القرن")  # the 20th century hides in "the 1970s"
    if following in ("نصف", "ربع", "ثلث") and tokens[end].joined:
        readings = run.readings(Fraction(*FRACTIONS[following]))
        end += 1
        if end < len(tokens) and tokens[end].stem in SCALES:
            end += 1
    else:
        readings = run.readings()
        if following in PERIODS:
            readings = (*readings, frozenset({number(run.total() * PERIODS[following])}))
    return ([Mention(text, readings, strong)] if readings else []), end


def _begins_larger(run: Run, tokens: list[Token], i: int) -> bool:
    """Whether a joined part has a scale that cannot be added: 340 مليون و500 مليون are two numbers."""
    if not tokens[i].joined or i + 1 >= len(tokens):
        return False
    scale = SCALES.get(tokens[i + 1].stem, 0)
    return scale >= run.scale
