"""Yes-or-no faults of one output: empty, untranslated, looping, of impossible length.

In: a case and its output. Out: True when the fault is there; whatever a reference does too is no fault. Not
here:
numbers, names.
"""

from __future__ import annotations

import re
from collections import Counter

from khabar_eval.cases import Case

__all__ = ["has_bad_length", "has_loop", "is_empty", "is_untranslated"]

_ARABIC_LETTER = re.compile(
    "[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"
)
_WORD = re.compile(r"\w+")
# Of 1,000 bundled references none is shorter than 0.45 or longer than 2.2 times another one of the same
# source.
_SHORTEST, _LONGEST = 0.4, 2.5
_SLACK_CHARS = 15  # headlines of two words vary more than any ratio allows
_LOOP_TIMES = 3


def is_empty(case: Case, mt: str) -> bool:
    """Nothing but white space came out."""
    return not mt.strip()


def is_untranslated(case: Case, mt: str) -> bool:
    """Arabic letters stand in the output, but in no reference; copying the source is one case of it."""
    return bool(_ARABIC_LETTER.search(mt)) and not any(_ARABIC_LETTER.search(ref) for ref in case.refs)


def has_loop(case: Case, mt: str) -> bool:
    """A run of words is said three times or more in a row, oftener than in any reference.

    A single word counts from five times on, since "no, no, no" is English.
    """
    found = _longest_repetition(mt)
    return found >= _LOOP_TIMES and found > max(_longest_repetition(ref) for ref in case.refs)


def has_bad_length(case: Case, mt: str) -> bool:
    """The output is far shorter or longer than every reference; an empty one is counted by `is_empty`."""
    n_chars = len(mt.strip())
    if not n_chars:
        return False
    shortest = min(len(ref) for ref in case.refs)
    longest = max(len(ref) for ref in case.refs)
    return n_chars < shortest * _SHORTEST - _SLACK_CHARS or n_chars > longest * _LONGEST + _SLACK_CHARS


def _longest_repetition(text: str) -> int:
    """How often an n-gram of 1 to 8 words follows itself directly; single words count from five times on."""
    words = _WORD.findall(text.casefold())
    if len(words) < _LOOP_TIMES or len(set(words)) == len(words):
        return 1
    best = 1
    for size in range(1, 9):
        run = 0
        for place in range(size, len(words)):
            run = run + 1 if words[place] == words[place - size] else 0
            times = run // size + 1
            if times > best and (size > 1 or times >= 5):
                best = times
    # Loops that vary a little between rounds: a 4-gram that fills a third of the text.
    grams = Counter(tuple(words[k : k + 4]) for k in range(len(words) - 3))
    if grams and len(words) >= 24:
        commonest = max(grams.values())
        if commonest * 4 * 3 >= len(words):
            best = max(best, commonest)
    return best
