"""House style for English that a model wrote: quotes, spacing, punctuation, digits, the final stop.

In: a hypothesis and its source. Out: the same words with tidy marks. Words stay as they are,
but for the first letter's case and an abbreviation that repeats its word: NATO (NATO). Not here: names
(terms), the checks (guards).
"""

from __future__ import annotations

import re

from khabar_mt.arabic import to_ascii_digits

__all__ = ["tidy"]

_MARKS = str.maketrans(
    {
        "«": '"',
        "»": '"',
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "،": ",",
        "؛": ";",
        "؟": "?",
        "ـ": None,
        "\u200b": None,
        "\u200e": None,
        "\u200f": None,
        "\ufeff": None,
    }
)
_SPACE_BEFORE = re.compile(r"\s+(?=[,;:!?)\]%](?:\s|$|[\"'.,)]))|\s+(?=\.(?:\s|$|[\"')]))")
_SPACE_AFTER_OPEN = re.compile(r"(?<=[(\[])\s+")
_DOUBLE_COMMA = re.compile(r",(?:\s*,)+")
# حلف شمال الأطلسي (الناتو) is the same name twice in English.
_SAID_TWICE = re.compile(r"\b([A-Z][\w.]+) \(\1\)")
_QUOTE_STOP = re.compile(r"(\w|[)%\]])\"([.,])(?=\s|$|\")")
_FINAL_MARK = re.compile(r"[.!?؟…:;،,؛][\"'”’»)\]\s]*$")
_SOURCE_STOP = re.compile(r"[.!؟?…۔][\"'”’»)\]\s]*$")
# A full stop after these belongs to the abbreviation, so a headline keeps it.
_ENDS_WITH_ABBREVIATION = re.compile(r"(?:\b[A-Z]\.|\b(?:Mr|Mrs|Dr|Jr|Sr|Inc|Ltd|Corp|Co|St|etc)\.|\.\.)$")
_SOURCE_QUOTES = re.compile(r"[\"«»“”„]")
_FIRST_LETTER = re.compile(r"^[\"'(\[]*[a-z]")
# Words that begin in lower case even at the head of a line.
_LOWER_CASE_NAMES = re.compile(r"^[\"'(]*(?:[a-z]+[A-Z]|https?:|www\.)")


def tidy(text: str, source: str, *, opens: bool = True, closes: bool = True) -> str:
    """Bring a hypothesis into house style.

    Args:
        text: as decoded.
        source: the Arabic, to know whether a full stop and how many quotation marks belong there.
        opens: whether the text begins a sentence, so that its first letter is a capital.
        closes: whether it ends one; else no final stop is added or removed.

    >>> tidy('he said : « we are ready » .', "قال «نحن مستعدون».")
    'He said: "we are ready."'
    """
    text = to_ascii_digits(" ".join(text.translate(_MARKS).split()))
    if not text:
        return ""
    text = _SPACE_AFTER_OPEN.sub("", _SPACE_BEFORE.sub("", _DOUBLE_COMMA.sub(",", text)))
    text = _SAID_TWICE.sub(r"\1", text)
    text = _space_quotes(text)
    text = _close_quotes(text, source)
    text = _QUOTE_STOP.sub(r'\1\2"', text)
    if closes:
        text = _final_stop(text, source)
    if opens and _FIRST_LETTER.match(text) and not _LOWER_CASE_NAMES.match(text):
        first = _FIRST_LETTER.match(text)
        end = first.end() if first else 0
        text = text[: end - 1] + text[end - 1].upper() + text[end:]
    return text


def _space_quotes(text: str) -> str:
    """No space inside a pair of straight quotes: `" ready "` to `"ready"`; only when they pair up."""
    parts = text.split('"')
    if len(parts) % 2 == 0:
        return text
    return '"'.join(part.strip() if i % 2 else part for i, part in enumerate(parts))


def _close_quotes(text: str, source: str) -> str:
    """Close a quotation that the model left open, if the source closes all of its own."""
    if text.count('"') % 2 == 0 or len(_SOURCE_QUOTES.findall(source)) % 2:
        return text
    last = text.rfind('"')
    opening = last == 0 or text[last - 1] in " (["
    if opening and last < len(text) - 1:
        return f'{text}"'
    if not opening and text.count('"') == 1 and _SOURCE_QUOTES.search(source) is None:
        return text[:last] + text[last + 1 :]
    return text


def _final_stop(text: str, source: str) -> str:
    """End with a full stop where the source does, and without one where a headline has none."""
    if _SOURCE_STOP.search(source):
        if _FINAL_MARK.search(text) is None:
            return f'{text[:-1]}."' if text.endswith('"') and text.count('"') % 2 == 0 else f"{text}."
        return text
    if source.rstrip().endswith(":") and text.endswith("."):
        return f"{text[:-1]}:"
    for ending in (".", '."'):
        if text.endswith(ending) and not _ENDS_WITH_ABBREVIATION.search(text.rstrip('"')):
            return text[: -len(ending)] + ending[1:]
    return text
