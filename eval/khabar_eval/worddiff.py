"""Mark the words in which an output and its reference differ.

In: two texts. Out: both as pieces, each said to be common or not; joined they give the texts back. Not here:
markup.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

__all__ = ["Piece", "diff_words"]

Piece = tuple[bool, str]  # (stands in both, text with the white space after it)

_TOKEN = re.compile(r"\w+(?:['’\-.,]\w+)*\s*|[^\w\s]\s*|\s+")
_MAX_TOKENS = 400  # matching takes quadratic time


def diff_words(ref: str, mt: str) -> tuple[list[Piece], list[Piece]]:
    """Align two texts word by word; case counts, white space does not.

    >>> diff_words("five people died", "5 people died")
    ([(False, 'five '), (True, 'people died')], [(False, '5 '), (True, 'people died')])
    """
    ref_tokens, mt_tokens = _TOKEN.findall(ref), _TOKEN.findall(mt)
    if len(ref_tokens) > _MAX_TOKENS or len(mt_tokens) > _MAX_TOKENS:
        return [(True, ref)], [(True, mt)]
    matcher = SequenceMatcher(
        None, [token.strip() for token in ref_tokens], [token.strip() for token in mt_tokens], autojunk=False
    )
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if i2 > i1:
            left.append((tag == "equal", "".join(ref_tokens[i1:i2])))
        if j2 > j1:
            right.append((tag == "equal", "".join(mt_tokens[j1:j2])))
    return left, right
