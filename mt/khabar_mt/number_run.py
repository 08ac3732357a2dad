"""Add up the tokens of one Arabic number: ثلاثة ملايين و250 ألفا, خمس وعشرون, 1.250 مليون.

In: tokens in order. Out: every value that the number may have. Not here: finding where a number begins
(numbers_arabic).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from khabar_mt.figures import number, read_figure, read_time
from khabar_mt.number_words import DUAL_SCALES, SCALES, SMALL, TENS, VAGUE

__all__ = ["Run", "Token"]


@dataclass(frozen=True, slots=True)
class Token:
    text: str  # as it stands
    kind: str  # date, time, figure, word, mark
    stem: str = ""  # folded, without proclitics when that makes it a number word
    joined: bool = False  # with "and" before it


class Run:
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
        )

    def total(self) -> Fraction:
        """The value so far."""
        return self._done + (self._group or 0)

    def take(self, token: Token, *, first: bool) -> bool:
        """Add a token if the number goes on with it."""
        if token.kind == "figure":
            taken = self._take_figure(token.text, first, token.joined)
        elif token.stem in SCALES or token.stem in DUAL_SCALES:
            taken = self._take_scale(token, first)
        elif token.stem in SMALL:
            taken = self._take_small(SMALL[token.stem], token.joined, first)
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

    def _take_scale(self, token: Token, first: bool) -> bool:
        dual = DUAL_SCALES.get(token.stem)
        scale = Fraction(SCALES[token.stem]) if dual is None else Fraction(dual, 2)
        if scale >= self._scale:
            return False
        if self._group is not None and not token.joined and dual is None:
            value = self._group * scale
        elif self._group is None and (first or token.joined):
            if token.stem in VAGUE:
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
            fits = (rest == 0 and group >= 100 and value < 100) or (1 <= rest <= 9 and value in TENS.values())
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
