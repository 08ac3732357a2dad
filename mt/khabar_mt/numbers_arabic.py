"""Find the numbers of an Arabic text: digits, number words in all their forms, ordinals, months, times.

In: normalised text. Out: mentions with every value they may stand for. Careful by design: what may be an
ordinary word (أحد, واحد, ألف alone, أول) is weak: it explains a number on the other side but is never missed.
Not here: figures with separators (figures), the comparison (numbers).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from khabar_mt.arabic import normalise
from khabar_mt.figures import FIGURE, Mention, month, number, read_date, read_figure, read_time
from khabar_mt.months import MONTH_NAMES

__all__ = ["arabic_numbers"]

_FOLD = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي"})
_IGNORED = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w.-]+|[@#][\w_]+")
_PERCENT = re.compile(r"(?<!\w)(?:ف[يى]|ب)\s?(?:ال)?(?:مئ|مائ|مي)[ةه](?!\w)")
_ARABIC_COMMA = re.compile("(?<=[0-9])،(?=[0-9])")
_TOKEN = re.compile(
    r"(?P<date>(?<![0-9/])[0-9]{1,4}(?:/[0-9]{1,4}){1,2}(?![0-9/]))"
    r"|(?P<time>(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?:[.,][0-9]{1,3})?(?![0-9:]))"
    rf"|(?P<figure>{FIGURE})"
    r"|(?P<word>[^\W\d_]+)|(?P<mark>[^\w\s])"
)

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
_TWO_OF_TWELVE = {"اثنا", "اثني", "اثنتا", "اثنتي"}
_STEMS = (("ثلاث", 3), ("اربع", 4), ("خمس", 5), ("ست", 6), ("سبع", 7), ("ثمان", 8), ("تسع", 9))
_UNITS |= {stem + "ا": n for stem, n in (*_STEMS, ("واحد", 1), ("ثماني", 8))}
_TENS = {"عشرون": 20, "عشرين": 20} | {stem + end: 10 * n for stem, n in _STEMS for end in ("ون", "ين")}
_HUNDREDS = {"مئه": 100, "مائه": 100}
_HUNDREDS |= {stem + end: 200 for stem in ("مئت", "مائت") for end in ("ان", "ين", "ي", "ا")}
_HUNDREDS |= {stem + end: 100 * n for stem, n in _STEMS for end in ("مئه", "مائه", "ميه")}
_HUNDREDS |= {"ثمانيمئه": 800, "ثمانيمائه": 800}
_SMALL = _UNITS | _TENS | _HUNDREDS
_SCALES = {"الف": 10**3, "الفا": 10**3, "الاف": 10**3, "الوف": 10**3}
_DUAL_SCALES = {"الفان": 2000, "الفين": 2000, "الفي": 2000}
_LARGE = (("مليون", 6), ("مليار", 9), ("بليون", 9), ("تريليون", 12), ("ترليون", 12))
_SCALES |= {stem + end: 10**power for stem, power in _LARGE for end in ("", "ا")}
_SCALES |= {"ملايين": 10**6, "مليارات": 10**9, "بلايين": 10**9, "تريليونات": 10**12, "ترليونات": 10**12}
_DUAL_SCALES |= {stem + end: 2 * 10**power for stem, power in _LARGE for end in ("ان", "ين", "ي")}
_VAGUE = {"الاف", "الوف", "ملايين", "مليارات", "بلايين", "تريليونات", "ترليونات"}
_ORDINALS = {"حادي": 1, "حاديه": 1, "اول": 1, "اولي": 1, "ثان": 2}
_ORDINAL_STEMS = ("ثاني", "ثالث", "رابع", "خامس", "سادس", "سابع", "ثامن", "تاسع", "عاشر")
_ORDINALS |= {stem + end: i + 2 for i, stem in enumerate(_ORDINAL_STEMS) for end in ("", "ه", "ا")}
_FRACTIONS = {"نصف": (1, 2), "ربع": (1, 4), "ثلث": (1, 3), "ثلثي": (2, 3), "ثلثا": (2, 3), "ثلثين": (2, 3)}
_PARTS = {"ارباع": 4, "اخماس": 5, "اسداس": 6, "اعشار": 10}
# Nouns whose dual is not also a plural: only these are sure to say "two".
_DUALS = {
    stem + end
    for stem in (
        *("جندي", "شخص", "عام", "سنت", "يوم", "شهر", "اسبوع", "ساعت", "قتيل", "طفل", "رجل", "امرات", "شاب"),
        *("فتات", "صاروخ", "قذيفت", "سيارت", "طائرت", "غارت", "جريح", "قنبلت", "عبوت", "هجوم", "انفجار"),
    )
    for end in ("ان", "ين")
}
_TEEN = ("عشر", "عشره")
_DECADES = {"عقدان": (20, 2), "عقدين": (20, 2), "قرنان": (200, 2), "قرنين": (200, 2)}
_CLOCK_PARTS = {"نصف": 30, "ربع": 15, "ثلث": 20}
# With these a number may become a word of its own: threefold, tripled.
_TIMES = {"اضعاف", "ضعف", "ضعفا"}
_NOT_NUMBERS = {"الاثنين", "الاحد", "والاحد", "والاثنين"}  # Monday and Sunday
# "Three decades" is also "30 years".
_PERIODS = {"عقد": 10, "عقود": 10, "قرون": 100}
# Also verbs, names or common words; a month only beside a figure, an ordinal or شهر.
_AMBIGUOUS_MONTHS = {"مارس", "اب", "ماي", "جوان", "اوت", "ايار"}
_MONTHS = {name.translate(_FOLD): index for name, index in MONTH_NAMES.items()}
_HIJRI = {"ه", "هجري", "هجريه", "للهجره"}
_PREFIXES = re.compile(r"^(?P<waw>[وف]?)(?P<prep>لل|[بكل]?ال|[بكل]?)(?P<stem>\w+)$")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str  # as it stands
    kind: str  # date, time, figure, word, mark
    stem: str = ""  # folded, without proclitics when that makes it a number word
    joined: bool = False  # with "and" before it


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


def _tokens(text: str) -> list[_Token]:
    result: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "mark"
        if kind != "word":
            joined = bool(result) and result[-1].text in ("و", "وال") and kind == "figure"
            result.append(_Token(match.group(), kind, joined=joined))
            continue
        folded = match.group().translate(_FOLD)
        # أل and إل begin names, only ال is the article.
        stem, joined = (folded, False) if match.group()[:2] in ("أل", "إل", "آل") else _stem(folded)
        # A "و" that stands alone joins what follows.
        joined = joined or (bool(result) and result[-1].text == "و")
        result.append(_Token(match.group(), kind, stem, joined))
    return [token for token in result if token.text != "و"]


def _is_number_word(word: str) -> bool:
    return (
        word in _SMALL
        or word in _SCALES
        or word in _DUAL_SCALES
        or word in _ORDINALS
        or word in _FRACTIONS
        or word in _PARTS
        or word in _DUALS
        or word in _MONTHS
        or word in _DECADES
    )


def _stem(folded: str) -> tuple[str, bool]:
    """The number word inside a token, else the token itself; and whether "and" stands before it."""
    if folded in _NOT_NUMBERS or _is_number_word(folded):
        return folded, False
    match = _PREFIXES.match(folded)
    while match is not None:
        stem, waw = match["stem"], match["waw"] == "و"
        if (match["waw"] or match["prep"]) and _is_number_word(stem):
            # The two (الاثنان), Monday (الاثنين); a dual with the article may be "the countries".
            definite = match["prep"].endswith(("ال", "لل"))
            if definite and (stem in _DUALS or stem in ("اثنين", "احد")):
                return folded, waw
            return stem, waw
        if match["waw"] and match["prep"]:
            match = re.match(r"^(?P<waw>[وف])(?P<prep>)(?P<stem>\w+)$", folded)
            continue
        break
    return folded, folded.startswith("و") and folded[1:] in ("نصف", "ربع", "ثلث")


def _mention_at(tokens: list[_Token], i: int) -> tuple[list[Mention], int]:
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
        if token.stem in _ORDINALS and token.stem not in _SMALL:
            return _ordinal_at(tokens, i)
        if token.stem in _FRACTIONS:
            return _fraction_at(tokens, i)
        if token.stem in _DECADES:
            years, two = _DECADES[token.stem]
            return [Mention(token.text, (frozenset({number(years), number(two)}),), False)], i + 1
        if token.stem in _TWO_OF_TWELVE and not (i + 1 < len(tokens) and tokens[i + 1].stem in _TEEN):
            return [], i + 1
        if token.stem in _DUALS:
            return [Mention(token.text, (frozenset({number(2)}),))], i + 1
        if token.stem not in _SMALL and token.stem not in _SCALES and token.stem not in _DUAL_SCALES:
            return [], i + 1
    return _cardinal_at(tokens, i)


def _month_at(tokens: list[_Token], i: int) -> tuple[list[Mention], int]:
    """A month of one or two words; several meanings make it weak unless a figure stands beside it."""
    two = f"{tokens[i].stem} {tokens[i + 1].stem}" if i + 1 < len(tokens) else ""
    raw = f"{tokens[i].stem} {tokens[i + 1].text.translate(_FOLD)}" if i + 1 < len(tokens) else ""
    for name in (raw, two):
        if name in _MONTHS:
            text = f"{tokens[i].text} {tokens[i + 1].text}"
            return [Mention(text, (frozenset({month(_MONTHS[name])}),))], i + 2
    if tokens[i].stem not in _MONTHS:
        return [], i
    before = tokens[i - 1] if i else None
    sure = before is not None and (
        before.kind == "figure" or before.stem in ("شهر", *_MONTHS) or before.text in ("/", "(")
    )
    index = _MONTHS[tokens[i].stem]
    strong = sure or tokens[i].stem not in _AMBIGUOUS_MONTHS
    return [Mention(tokens[i].text, (frozenset({month(index)}),), strong)], i + 1


def _ordinal_at(tokens: list[_Token], i: int) -> tuple[list[Mention], int]:
    """الثالث, الحادي عشر, الرابع والعشرين; first and second are weak."""
    value, end = _ORDINALS[tokens[i].stem], i + 1
    if end < len(tokens):
        following = tokens[end]
        if following.stem in _TEEN and not following.joined and value < 10:
            value, end = value + 10, end + 1
        elif following.stem in _TENS and following.joined and value < 10:
            value, end = value + _TENS[following.stem], end + 1
    if end + 1 < len(tokens) and tokens[end].text == "بعد" and tokens[end + 1].stem in ("مئه", "مائه", "الف"):
        value += 1000 if tokens[end + 1].stem == "الف" else 100  # السادس والستون بعد المئة
        end += 2
    text = " ".join(token.text for token in tokens[i:end])
    readings = [frozenset({number(value)})]
    if end < len(tokens) and tokens[end].stem in _CLOCK_PARTS:
        minutes = _CLOCK_PARTS[tokens[end].stem]  # العاشرة والنصف
        readings.append(frozenset({number(minutes)}))
    elif (
        end + 1 < len(tokens)
        and tokens[end].stem == "الا"
        and tokens[end + 1].stem.rstrip("ا") in _CLOCK_PARTS
    ):
        minutes = 60 - _CLOCK_PARTS[tokens[end + 1].stem.rstrip("ا")]  # الواحدة إلا ربعا
        readings += [frozenset({number(minutes)}), frozenset({number((value + 10) % 12 + 1)})]
    # Only in a date is an ordinal sure to stay a number: "third" may become "another", "Rabaa" is a square.
    dated = end + 1 < len(tokens) and tokens[end].text == "من" and tokens[end + 1].stem in ("شهر", *_MONTHS)
    strong = dated or (value > 10 and not (i and tokens[i - 1].stem == "القرن"))
    return [Mention(text, tuple(readings), strong)], end


def _fraction_at(tokens: list[_Token], i: int) -> tuple[list[Mention], int]:
    """نصف مليون is a number; نصف alone only explains one."""
    above, below = _FRACTIONS[tokens[i].stem]
    value = Fraction(above, below)
    if i + 1 < len(tokens) and tokens[i + 1].stem in _SCALES and tokens[i + 1].stem not in _VAGUE:
        total = value * _SCALES[tokens[i + 1].stem]
        text = f"{tokens[i].text} {tokens[i + 1].text}"
        return [Mention(text, (frozenset({number(total)}),))], i + 2
    return [Mention(tokens[i].text, (frozenset({number(value)}), frozenset({number(above)})), False)], i + 1


def _cardinal_at(tokens: list[_Token], i: int) -> tuple[list[Mention], int]:
    """A figure or number words with scales, joined parts, fractions: ثلاثة ملايين و250 ألفا, 3.5 مليون."""
    run = _Run()
    end = i
    while (
        end < len(tokens) and not _begins_larger(run, tokens, end) and run.take(tokens[end], first=end == i)
    ):
        end += 1
    if end == i:  # a scale that cannot stand first, such as "thousands of"
        return [], i + 1
    text = " ".join(token.text for token in tokens[i:end])
    following = tokens[end].stem if end < len(tokens) else ""
    if following in _PARTS and run.total() < 10:
        value = Fraction(run.total(), _PARTS[following])
        parts = [frozenset({number(value)}), frozenset({number(run.total())})]
        text, end = f"{text} {tokens[end].text}", end + 1
        if end < len(tokens) and tokens[end].stem in _SCALES:  # ثلاثة أرباع المليون
            parts.append(frozenset({number(value * _SCALES[tokens[end].stem])}))
            text, end = f"{text} {tokens[end].text}", end + 1
        return [Mention(text, tuple(parts), False)], end
    strong = run.strong and following not in _HIJRI and following not in _TIMES
    strong = strong and not (i and tokens[i - 1].stem == "القرن")  # the 20th century hides in "the 1970s"
    if following in ("نصف", "ربع", "ثلث") and tokens[end].joined:
        readings = run.readings(Fraction(*_FRACTIONS[following]))
        end += 1
        if end < len(tokens) and tokens[end].stem in _SCALES:
            end += 1
    else:
        readings = run.readings()
        if following in _PERIODS:
            readings = (*readings, frozenset({number(run.total() * _PERIODS[following])}))
    return ([Mention(text, readings, strong)] if readings else []), end


def _begins_larger(run: _Run, tokens: list[_Token], i: int) -> bool:
    """Whether a joined part has a scale that cannot be added: 340 مليون و500 مليون are two numbers."""
    if not tokens[i].joined or i + 1 >= len(tokens):
        return False
    scale = _SCALES.get(tokens[i + 1].stem, 0)
    return scale >= run.scale


class _Run:
    """Adds up the tokens of one number, and remembers other ways to read it."""

    def __init__(self) -> None:
        self._figures: tuple[tuple[Fraction, ...], ...] = ()
        self._done = Fraction(0)  # groups that a scale has closed
        self._group: Fraction | None = None
        self._scale = Fraction(10**15)
        self._parts: list[Fraction] = []
        self._n_words = 0
        self._first = ""

    @property
    def scale(self) -> Fraction:
        """The smallest scale so far."""
        return self._scale

    @property
    def strong(self) -> bool:
        """One alone is a pronoun as often as a number; ألف alone may be a verb."""
        if self._figures or self._n_words > 1:
            return True
        return self._first not in (
            "واحد",
            "واحده",
            "احد",
            "احدي",
            "الف",
            "الفا",
            "عشر",
            "صفر",
            "ست",
            "سبع",
            "خمس",
        )

    def total(self) -> Fraction:
        """The value so far."""
        return self._done + (self._group or 0)

    def take(self, token: _Token, *, first: bool) -> bool:
        """Add a token if the number goes on with it."""
        if token.kind == "figure":
            taken = self._take_figure(token.text, first, token.joined)
        elif token.stem in _SCALES or token.stem in _DUAL_SCALES:
            taken = self._take_scale(token, first)
        elif token.stem in _SMALL:
            taken = self._take_small(_SMALL[token.stem], token.joined, first)
        else:
            return False
        if taken:
            self._n_words += 1
            self._first = self._first or token.stem
        return taken

    def readings(self, fraction: Fraction = Fraction(0)) -> tuple[frozenset[tuple[str, Fraction]], ...]:
        """Every way to read it; `fraction` is what "and a half" adds to the last scale."""
        if self._figures and not self._done:
            plain = [frozenset(number(v) for v in values) for values in self._figures]
            if fraction:
                plain += [frozenset({number(values[0] + fraction)}) for values in self._figures]
            for values in self._figures:
                value = values[0]
                minutes = value * 100 % 100
                if len(values) == 1 and value < 24 and minutes.denominator == 1 and minutes < 60:
                    plain += read_time(str(int(value)), str(int(minutes))) if value.denominator > 1 else ()
            return tuple(plain)
        scale = self._scale if self._done else Fraction(1)
        total = self.total() + fraction * scale
        readings = [frozenset({number(total)})]
        if fraction:
            readings.append(frozenset({number(self.total())}))
        parts = [*self._parts, *([self._group] if self._group is not None else [])]
        if len(parts) > 1:
            readings.append(frozenset(number(part) for part in parts))
        for values in self._figures[1:]:  # 1.250 مليون
            readings.append(frozenset({number(values[0] * self._scale)}))
        return tuple(readings)

    def _take_figure(self, text: str, first: bool, joined: bool) -> bool:
        readings = read_figure(text)
        if first:
            if not readings:
                return False
            # Beside a scale the decimal reading is the likelier one: 1.250 مليون.
            self._figures = readings
            self._group = readings[-1][0] if len(readings[-1]) == 1 else readings[0][0]
            return True
        open_end = joined and self._done > 0 and self._group is None
        if not open_end or not readings or len(readings[0]) > 1 or readings[0][0] >= self._scale:
            return False
        self._group = readings[0][0]
        return True

    def _take_scale(self, token: _Token, first: bool) -> bool:
        dual = _DUAL_SCALES.get(token.stem)
        scale = Fraction(_SCALES[token.stem]) if dual is None else Fraction(dual, 2)
        if scale >= self._scale:
            return False
        if self._group is not None and not token.joined and dual is None:
            value = self._group * scale
        elif self._group is None and (first or token.joined):
            if token.stem in _VAGUE:
                return False  # thousands of
            value = scale * (1 if dual is None else 2)
        else:
            return False
        self._done += value
        self._parts.append(value)
        self._group, self._scale = None, scale
        return True

    def _take_small(self, value: int, joined: bool, first: bool) -> bool:
        group = self._group
        if group is None:
            if not first and not joined:
                return False
            self._group = Fraction(value)
            return True
        if self._figures and not self._done:
            return False  # 34 خمسة: two numbers
        rest = group % 100
        if joined:
            fits = (rest == 0 and group >= 100 and value < 100) or (
                1 <= rest <= 9 and value in _TENS.values()
            )
            if not fits:
                return False
            self._group = group + value
            return True
        if value == 10 and 1 <= rest <= 9:
            self._group = group + 10
            return True
        if value == 100 and 3 <= group <= 9:
            self._group = group * 100
            return True
        return False
