"""Read HTML character references that were pasted into plain text: `&quot;`, `&nbsp;`, `&#1575;`.

In: text. Out: the characters they stand for; where positions count, in a text of the same length. Not here:
HTML pages, whose parser does this.
"""

from __future__ import annotations

import html
import re

__all__ = ["decode_references", "open_references"]

# Only what ends with a semicolon: `AT&T` and `R&D` are names. Feeds escape twice now and then: &amp;quot;
_REFERENCE = re.compile(r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Every reader of Arabic here passes over it, inside words too: segmentation, normalisation, glossary.
_PAD = "\N{RIGHT-TO-LEFT MARK}"


def decode_references(text: str) -> str:
    """Replace references by their characters; unknown ones stay.

    >>> decode_references("&quot;نعم&quot; &amp; AT&T &unheard;")
    '"نعم" & AT&T &unheard;'
    """
    return _REFERENCE.sub(_character, text) if "&" in text else text


def open_references(text: str) -> str:
    """The same with every position kept: what a reference has more than its character becomes padding.

    White space becomes as many spaces as the reference has characters, so that no cut falls inside one.
    """
    return _REFERENCE.sub(_padded, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    reference = f"&{match.group(1)};"
    character = html.unescape(reference)
    return match.group() if character == reference else character


def _padded(match: re.Match[str]) -> str:
    character, width = _character(match), len(match.group())
    return " " * width if not character.strip() else character + _PAD * (width - len(character))
