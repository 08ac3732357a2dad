"""Shorten an English sentence by leaving parts out, never by changing a word.

In: a sentence. Out: it and ever shorter forms of it. What is left out: datelines, asides, linking words and
phrases that say nothing, then relative clauses, trailing clauses, settings and weekdays. Attributions stay:
without them a claim would read as a fact. Not here: choosing a form (drafting).
"""

from __future__ import annotations

import re

from khabar_summarize.english import count_words

__all__ = ["shorter_forms"]

_DATELINE = re.compile(
    r"^(?!The )(?:[A-Z][\w.'’]+(?:[ ,/]+[A-Z][\w.'’]*){0,4})\s*(?:\([^)]{2,40}\)|/\s?[A-Z][\w ]{1,30}/)?"
    r"\s*[-–—]+\s+(?=[\"“A-Z])"
)
_LEADS = re.compile(
    r"^(?:meanwhile|later|subsequently|however"
    r"|moreover|furthermore|in addition|in (?:this|the same) context|in turn|in fact"
    r"|for (?:his|her|its|their) part|on the other hand|in another development|also|besides|thus|therefore"
    r"|indeed|notably|consequently|it is worth (?:noting|mentioning) that|it should be noted that|but|and"
    r"),?\s+",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*\((?![^)]*\d)[^()]{1,80}\)")
_IDLE = re.compile(
    r"(?:,\s+|\s+)(?:(?:for (?:its|his|her|their) part|in turn|however|in (?:this|the same) context|as well)"
    r"|in a (?:(?:press|news) )?(?:statement|conference|tweet)|in a series of tweets)(?:,(?=\s)|(?=[\s.,]))"
)
# Not "the night of Tuesday", "since Monday", "Monday and Friday".
_BEFORE_DAY = (
    "of to and or until since from by before after between through for last next this the every late early"
)
_DAY = re.compile(
    rf"{''.join(f'(?<! {word})' for word in _BEFORE_DAY.split())}(?:\s+[Oo]n)?"
    r"\s+(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|evening|afternoon))?"
    r"(?=[,.]| (?:that|said|called|announced|told|in|at|with|after|before|against|from)\b)"
)
_RELATIVE = re.compile(
    r",\s+(?:who|which|whose|where)\s[^,;:\"“”]{3,120},(?=\s(?!which|who|whose|where|includ))"
)
_RELATIVE_TAIL = re.compile(r",\s+(?:which|who|where|whose)\s[^;\"“”]{3,160}(?=[.!]$)")
_PARTICIPLE_TAIL = re.compile(
    r",\s+(?:adding|noting|stressing|pointing|saying|explaining|referring|indicating|describing|calling|warning|citing"
    r"|amid|while|as(?![^.]*\b(?:said|says|according|reported)\b)|despite|as well as|although|though)"
    r"\s[^;\"“”]{3,200}(?=[.!]$)",
    re.IGNORECASE,
)
# "In a statement on Friday, ..." and "... at a time when fighting goes on."
_SETTING = re.compile(
    r"^(?:In|During|At|Amid|Following|Despite|Speaking|Commenting|Regarding|With regard to)"
    r"\s[^,;:\"“”]{3,90},\s+(?=[A-Za-z])(?!and |or |which |who )"
)
_SETTING_TAIL = re.compile(
    r",?\s+(?:at a time when|at the same time as|against the backdrop of|in light of|amid|despite)"
    r"\s[^;\"“”]{3,160}(?=[.!]$)"
)
_STEPS = (
    (_DATELINE, _LEADS, _IDLE),
    (_ASIDE,),
    (_RELATIVE,),
    (_RELATIVE_TAIL, _PARTICIPLE_TAIL),
    (_SETTING, _SETTING_TAIL),
    (_DAY,),
)
_LEAST_WORDS = 6


def shorter_forms(text: str) -> list[str]:
    """The sentence without dateline and linking words, then ever shorter forms, longest first.

    >>> shorter_forms("Beirut (Reuters) - But the chief, who came on Friday, left for Rome today.")[-1]
    'The chief left for Rome today.'
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
