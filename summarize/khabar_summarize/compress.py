"""Shorten an English sentence by leaving parts out, never by changing a word.

In: a sentence. Out: it and ever shorter forms of it. What is left out: datelines, asides, linking words,
pronoun attributions, then relative clauses and trailing participles. Named attributions stay: without them a
claim would read as a fact. Not here: choosing a form (summarizer).
"""

from __future__ import annotations

import re

from khabar_summarize.english import count_words

__all__ = ["shorter_forms"]

_DATELINE = re.compile(
    r"^(?:[A-Z][\w.'’]+(?:[ ,/]+[A-Z][\w.'’]*){0,4})\s*(?:\([^)]{2,40}\)|/\s?[A-Z][\w ]{1,30}/)?"
    r"\s*[-–—]+\s+(?=[\"“A-Z])"
)
_LEADS = re.compile(
    r"^(?:meanwhile|however|moreover|furthermore|in addition|in (?:this|the same) context|in turn|in fact"
    r"|for (?:his|her|its|their) part|on the other hand|in another development|also|besides|thus|therefore"
    r"|indeed|notably|consequently|it is worth (?:noting|mentioning) that|it should be noted that|but|and"
    r"|(?:he|she|it|they) (?:also )?(?:added|noted|explained|stressed|continued) that),?\s+",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*\((?![^)]*\d)[^()]{1,80}\)")
_PRONOUN_TAIL = re.compile(
    r",[\"”]?\s+(?:he|she|it|they|the (?:statement|source|report|agency|ministry|official|spokes\w+))\s+"
    r"(?:said|added|says|noted|explained|continued|stressed|told reporters)(?:\s+in a statement)?(?=[.!]$)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r",\s+(?:who|which|whose|where)\s[^,;:\"“”]{3,120},(?=\s)")
_RELATIVE_TAIL = re.compile(r",\s+(?:which|who|where|whose)\s[^;\"“”]{3,160}(?=[.!]$)")
_PARTICIPLE_TAIL = re.compile(
    r",\s+(?:adding|noting|stressing|pointing|saying|explaining|referring|indicating|describing|calling|warning|citing"
    r"|amid|while|despite|as well as|although|though)\s[^;\"“”]{3,200}(?=[.!]$)",
    re.IGNORECASE,
)
_STEPS = ((_DATELINE, _LEADS), (_ASIDE,), (_PRONOUN_TAIL,), (_RELATIVE,), (_RELATIVE_TAIL, _PARTICIPLE_TAIL))
_LEAST_WORDS = 6


def shorter_forms(text: str) -> list[str]:
    """The sentence without dateline and linking words, then ever shorter forms, longest first.

    >>> shorter_forms("Beirut (Reuters) - Meanwhile, the minister, who arrived on Friday, left, he said.")[-1]
    'The minister, who arrived on Friday, left.'
    """
    forms: list[str] = []
    for patterns in _STEPS:
        for pattern in patterns:
            shorter = pattern.sub(" " if pattern is _RELATIVE else "", text)
            if count_words(shorter) >= _LEAST_WORDS or pattern in (_DATELINE, _LEADS):
                text = _tidy(shorter)
        if not forms or forms[-1] != text:
            forms.append(text)
    return forms


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s{2,}", " ", text)).strip()
    return text[:1].upper() + text[1:] if text[:1].isalpha() else text
