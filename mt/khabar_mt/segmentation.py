"""Split Arabic text into sentences.

In: a paragraph as found. Out: pieces that join to the paragraph exactly, white space included. Long pieces
are cut further on request, at the best clause mark near the middle. Not here: quotations across paragraphs,
layout (bullets, datelines), what a sentence means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

__all__ = ["split_long", "split_sentences"]

_OPEN = "«“„([{"
_CLOSE = "»”’)]}"
_END_MARKS = ".!?؟…۔"
_ARABIC = "\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\ufb50-\ufdff\ufe70-\ufefc"
_MARKS = "\u064b-\u065f\u0670\u200c-\u200f"

# A run of marks that may end a sentence, with the closing quotes and brackets that belong to it.
_END = re.compile(rf"""[.!?؟…۔]+["'{re.escape(_CLOSE)}\u200e\u200f]*""")
# No sentence ends inside an address; a full stop after it may.
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s«»،؛]*[^\s«»،؛.!?؟…\"')\]]|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
)
_LINE_BREAK = re.compile(r"\n\s*")

# A single Arabic letter before a full stop is an initial or a title: د. م. أ. ف. ب. أ.د.
_SINGLE_LETTER = re.compile(rf"(?:^|[^{_ARABIC}{_MARKS}])(?:[{_ARABIC}][{_MARKS}]*)$")
_AFTER_NUMBER = re.compile(rf"[0-9٠-٩۰-۹][\s\u200e\u200f]*[{_ARABIC}]$")
_LATIN_ABBREVIATION = re.compile(
    r"(?:^|[^A-Za-z])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|Gen|Col|Lt|Sgt|Capt|Maj|Sen|Rep|Gov|Jr|Sr|vs|etc|"
    r"Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Aug|Sept|Sep|Oct|Nov|Dec|e\.g|i\.e|(?:[A-Za-z]\.)+[A-Za-z])$"
)
_LIST_NUMBER = re.compile(r"^\s*(?:[-*•]\s*)?(?:[0-9٠-٩۰-۹]{1,3}|[A-Za-z])$")
_SHORT_NUMBER_END = re.compile(r"(?<![0-9٠-٩۰-۹.])[0-9٠-٩۰-۹]{1,2}$")
_NUMBER_START = re.compile(r"\s*[0-9٠-٩۰-۹]+[.\s/]")
_WORD_BEFORE = re.compile(rf"[{_ARABIC}{_MARKS}]{{3,}}$")
_WORD_AFTER = re.compile(rf"[«\"(]?[{_ARABIC}][{_ARABIC}{_MARKS}]{{2,}}")
_LETTER = re.compile(r"[^\W\d_]")

# A quotation or parenthesis up to this length stays whole: cut inside, both halves would lose their context.
_KEEP_WHOLE_CHARS = 160
# Dots in a row are as often a pause as an end; with fewer words before them they count as a pause.
_WORDS_BEFORE_DOTS = 6

# How far to look around a full stop: far enough for any abbreviation, short enough for a line of megabytes.
_LOOK_CHARS = 32

# Where an over-long piece is cut, best first; each pattern ends where the left part ends.
_CLAUSES = tuple(
    re.compile(pattern)
    for pattern in (r"؛\s*", r"،\s*(?=[وف])|:\s+|\s[-–—]\s+", r"[،,;]\s*", r"\s(?=و)", r"\s")
)
# A piece with more characters than this for each allowed token is too long: no need to count them.
_CHARS_PER_TOKEN = 12


def split_sentences(paragraph: str) -> list[str]:
    """Split at the ends of sentences and at line breaks.

    Args:
        paragraph: any text; "" gives [].

    Returns:
        Pieces with the white space that follows them (the first also with what precedes it), so that
        `"".join(split_sentences(paragraph)) == paragraph`. Only the first can be blank, and only if all is.

    >>> split_sentences("قال د. سامي إن النسبة بلغت 3.5 في المئة. وأضاف: لا جديد!")
    ['قال د. سامي إن النسبة بلغت 3.5 في المئة. ', 'وأضاف: لا جديد!']
    """
    cuts = _sentence_ends(paragraph)
    cuts.update(match.end() for match in _LINE_BREAK.finditer(paragraph))
    bounds = sorted(cuts | {0, len(paragraph)})
    starts: list[int] = []
    complete = True  # a piece without a letter or digit is no sentence: it belongs to its neighbour
    for start, end in pairwise(bounds):
        worded = any(paragraph[i].isalnum() for i in range(start, end))
        if not starts or (worded and complete):
            starts.append(start)
            complete = worded
        else:
            complete = complete or worded
    return [paragraph[start:end] for start, end in pairwise([*starts, len(paragraph)])]


def split_long(text: str, limit: int, count: Callable[[str], int]) -> list[str]:
    """Cut a text into parts that fit a model, at ؛, then before و after a comma, then at commas, و, spaces.

    Args:
        text: one sentence.
        limit: most tokens in a part, >= 1.
        count: tokens of a text.

    Returns:
        Parts that join to the text exactly; each fits, unless a single character does not.
    """
    if limit < 1:
        raise ValueError(f"limit must be >= 1, got {limit}")
    parts: list[str] = []
    waiting = [text] if text else []
    while waiting:
        part = waiting.pop()
        if len(part) <= limit * _CHARS_PER_TOKEN and (len(part) < 2 or count(part.strip()) <= limit):
            parts.append(part)
            continue
        cut = _best_cut(part)
        waiting += [part[cut:], part[:cut]]
    return parts


def _best_cut(text: str) -> int:
    """Offset of the best clause mark in the middle of a text of at least two characters."""
    middle, reach = len(text) // 2, max(1, len(text) // 4)
    # A window keeps one pass over a huge line from costing the whole line at every level.
    low, high = max(1, middle - min(reach, 20_000)), min(len(text) - 1, middle + min(reach, 20_000))
    for pattern in _CLAUSES:
        ends = [match.end() for match in pattern.finditer(text, low, high) if low <= match.end() <= high]
        if ends:
            return min(ends, key=lambda end: abs(end - middle))
    return middle


def _sentence_ends(text: str) -> set[int]:
    """Offsets after the white space that follows each end of sentence."""
    addresses = _Cursor([match.span() for match in _ADDRESS.finditer(text)])
    enclosures = _Cursor(_short_enclosures(text))
    cuts: set[int] = set()
    start = 0
    for match in _END.finditer(text):
        position = match.start()
        if addresses.inside(position) or enclosures.inside(position):
            continue
        if _ends_sentence(text, start, match):
            end = match.end()
            while end < len(text) and text[end].isspace():
                end += 1
            cuts.add(end)
            start = end
    return cuts


class _Cursor:
    """Answers whether a position lies in one of some sorted spans; positions must not decrease."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._spans = spans
        self._next = 0

    def inside(self, position: int) -> bool:
        """Whether a span covers the position."""
        while self._next < len(self._spans) and self._spans[self._next][1] <= position:
            self._next += 1
        return self._next < len(self._spans) and self._spans[self._next][0] <= position


def _short_enclosures(text: str) -> list[tuple[int, int]]:
    """Spans of quotations and parentheses that stay whole, sorted, without the end marks at their close."""
    spans: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    straight: int | None = None
    pairs = dict(zip("»”)]}", "«“([{", strict=True))
    for position, char in enumerate(text):
        if char == '"':
            if straight is None:
                straight = position
            else:
                spans.append((straight, position))
                straight = None
        elif char == "\n":  # no quotation is followed across a line
            opened, straight = [], None
        elif char in _OPEN:
            opened.append((char, position))
        elif char in pairs:
            for index in range(len(opened) - 1, max(-1, len(opened) - 4), -1):
                if opened[index][0] == pairs[char]:
                    spans.append((opened[index][1], position))
                    del opened[index:]
                    break
    return _merge((opening, _before_end_marks(text, closing)) for opening, closing in spans)


def _before_end_marks(text: str, closing: int) -> int:
    """Where the end marks right before a closing sign begin (`… الآن."`): they may end the sentence."""
    while text[closing - 1] in _END_MARKS:
        closing -= 1
    return closing


def _merge(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, overlapping spans joined, spans longer than a short quotation left out."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if end - start > _KEEP_WHOLE_CHARS:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a run of marks ends the sentence that began at `start`."""
    marks, after = match.group(), match.end()
    before = text[max(start, match.start() - _LOOK_CHARS) : match.start()]
    if after >= len(text):
        return True
    spaced = text[after].isspace()
    bare = marks.rstrip("\"'\u200e\u200f" + _CLOSE)
    if any(mark in bare for mark in "!?؟"):
        # An exclamation inside a name (Yahoo!) is followed by a lower-case word or a comma.
        return spaced or _WORD_AFTER.match(text, after) is not None
    if "…" in bare or ".." in bare:
        return (
            spaced
            and len(text[start : match.start()].split(maxsplit=_WORDS_BEFORE_DOTS)) >= _WORDS_BEFORE_DOTS
        )
    if bare == "۔":
        return True
    if not spaced:
        # `قال ذلك.وأضاف`: the space after the full stop is often forgotten.
        return bool(_WORD_BEFORE.search(before) and _WORD_AFTER.match(text, after))
    return not _is_abbreviation(text, start, match, before)


def _is_abbreviation(text: str, start: int, match: re.Match[str], before: str) -> bool:
    """Whether a single full stop before white space belongs to an abbreviation, a list number or a date."""
    if len(match.group()) > 1:  # a closing quote or bracket follows the full stop
        return False
    rest = text[match.end() : match.end() + _LOOK_CHARS]
    if _SINGLE_LETTER.search(before):
        # `عام 2018 م. وقال`, `الساعة 3:15 ص. وكان`: after a number the letter may well close the sentence.
        following = rest.lstrip()
        return not (_AFTER_NUMBER.search(before) and len(following) > 1 and _LETTER.match(following[1]))
    if _LATIN_ABBREVIATION.search(before):
        return True
    if match.start() - start <= _LOOK_CHARS and _LIST_NUMBER.match(text[start : match.start()]):
        return True
    if _SHORT_NUMBER_END.search(before) and _NUMBER_START.match(rest):
        return True  # 15. 3. 2020
    following = rest.lstrip()
    return bool(following) and following[0].islower() and following[0].isascii()
