"""The unit of a glossary. In: nothing. Out: Entry, the allowed types, and what a row must satisfy.

An entry says how one Arabic name is written in English, which other spellings count as right on both sides,
and where the fact comes from. Not here: files (formats), matching (matcher), judgement of whole glossaries
(lint).
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from khabar_core.errors import GlossaryError

__all__ = ["BUILTIN_LAYER", "CASES", "ENTRY_TYPES", "Entry", "clean_field", "make_entry"]

ENTRY_TYPES = (
    "person",
    "place",
    "org",
    "group",
    "media",
    "weapon",
    "title",
    "term",
    "demonym",
    "month",
    "other",
)
_TYPES = frozenset(ENTRY_TYPES)
# "": decided by the target (a capital in it: exact). "exact": as written. "any": a common word, any capitals.
CASES = ("", "exact", "any")

BUILTIN_LAYER = "built-in"
_WORDINGS = frozenset({"term", "title", "weapon"})

MAX_FIELD_CHARS = 400
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_WRITABLE = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff0-9]")
# Bidi controls, zero-width characters and the byte order mark ride along when people copy from web pages.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
# One class without alternatives: this runs on every field of 100,000 rows.
_ODD = re.compile(
    _INVISIBLE.pattern[:-1] + r"\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
_AMBIGUOUS = re.compile(r"\bambiguous\b", re.IGNORECASE)
_HOMOGRAPH = re.compile(r"\bhomograph\b", re.IGNORECASE)
_UNAMBIGUOUS = re.compile(r"\bunambiguous\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name or term.

    Attributes:
        source: Arabic, without proclitics, in the usual press spelling.
        variants: other Arabic spellings that orthographic folding does not cover.
        target: the English that khabar writes.
        accepted: other English forms that count as right.
        type: one of ENTRY_TYPES.
        forbidden: English forms known to be wrong.
        note: free text. The word "ambiguous" in it means: fire only with evidence; "homograph": the name is
            the likelier reading, so weaker evidence is enough; "unambiguous": fire whatever the shipped
            glossary knows of the word.
        origin: where the fact can be looked up.
        date: when it was checked, ISO 8601, possibly without a day.
        case: one of CASES.
        layer: name of the glossary it was read from.
        line: line of the file it was read from, 0 if it has none.
    """

    source: str
    target: str
    variants: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    type: str = "other"
    forbidden: tuple[str, ...] = ()
    note: str = ""
    origin: str = ""
    date: str = ""
    case: str = ""
    layer: str = ""
    line: int = 0

    @property
    def ambiguous(self) -> bool:
        """Whether the source is also a common word or another name, so that a match needs evidence."""
        return bool(self.note) and _AMBIGUOUS.search(self.note) is not None

    @property
    def homograph(self) -> bool:
        """Whether the source is also a common word, but the name is what news mostly means."""
        return bool(self.note) and _HOMOGRAPH.search(self.note) is not None

    @property
    def unambiguous(self) -> bool:
        """Whether the user says that the source is always the name."""
        return bool(self.note) and _UNAMBIGUOUS.search(self.note) is not None

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The Arabic spellings, preferred one first."""
        return (self.source, *self.variants)

    @property
    def forms(self) -> tuple[str, ...]:
        """The English forms that count as right, preferred one first."""
        return (self.target, *self.accepted)

    @property
    def exact_case(self) -> bool:
        """Whether capitals matter: they do for names, not for words such as "ceasefire"."""
        return any(c.isupper() for c in self.target) if not self.case else self.case == "exact"

    @property
    def advisory(self) -> bool:
        """Whether other wordings are as good: words of art of the shipped glossary, such as "airstrikes".

        The model may be told of them, but nothing is enforced. In a user's own glossary every entry counts.
        """
        return self.layer == BUILTIN_LAYER and self.type in _WORDINGS


def clean_field(text: str) -> str:
    """Drop invisible characters, compose letters, make white space single spaces inside and none outside."""
    if not text:
        return text
    spaced = "  " in text or text[0] == " " or text[-1] == " "
    if not spaced and not _ODD.search(text) and unicodedata.is_normalized("NFC", text):
        return text
    text = _INVISIBLE.sub("", text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def _clean_all(items: tuple[str, ...], main: str) -> tuple[str, ...]:
    """Clean a list, without blanks, repetitions and the main form."""
    if not items:
        return ()
    cleaned = dict.fromkeys(clean_field(item) for item in items)
    return tuple(item for item in cleaned if item and item != main)


def make_entry(fields: Entry, *, where: str) -> Entry:
    """Check an entry as read from outside and clean it.

    Args:
        fields: the entry with its fields as written.
        where: `file:line` for the error.

    Raises:
        GlossaryError: source or target is empty, in the wrong script (also: columns swapped), or far too
            long; type or case is unknown.
    """
    source, target = clean_field(fields.source), clean_field(fields.target)
    _check_sides(source, target, where)
    kind, case = fields.type.strip().lower() or "other", fields.case.strip().lower()
    if kind not in _TYPES:
        raise GlossaryError(f"unknown type {kind!r}", where=where, hint="one of " + ", ".join(ENTRY_TYPES))
    if case not in CASES:
        raise GlossaryError(f"unknown case rule {case!r}", where=where, hint="exact, any, or empty")
    clean: dict[str, Any] = {
        "source": source,
        "target": target,
        "variants": _clean_all(fields.variants, source),
        "accepted": _clean_all(fields.accepted, target),
        "type": kind,
        "forbidden": _clean_all(fields.forbidden, target),
        "note": clean_field(fields.note),
        "origin": clean_field(fields.origin),
        "date": clean_field(fields.date),
        "case": case,
    }
    changed = {name: value for name, value in clean.items() if value != getattr(fields, name)}
    # Most rows are clean, and a second record of 100,000 is a fifth of the time that reading takes.
    entry = dataclasses.replace(fields, **changed) if changed else fields
    for variant in entry.variants:
        if not _ARABIC.search(variant):
            raise GlossaryError(f"no Arabic letter in variant {variant[:40]!r}", where=where)
    for form in entry.accepted:
        if not _WRITABLE.search(form) or _ARABIC.search(form):
            raise GlossaryError(f"accepted form {form[:40]!r} is not English", where=where)
    return entry


def _check_sides(source: str, target: str, where: str) -> None:
    """Refuse empty, swapped, unwritable and endless names."""
    if not source:
        raise GlossaryError(
            "the Arabic side is empty", where=where, hint="fill column source or delete the row"
        )
    if not target:
        raise GlossaryError(
            f"no English for {source}", where=where, hint="fill column target or delete the row"
        )
    if not _ARABIC.search(source):
        swapped = _ARABIC.search(target) is not None
        hint = "the columns look swapped: source is Arabic, target is English" if swapped else None
        raise GlossaryError(f"no Arabic letter in source {source[:40]!r}", where=where, hint=hint)
    if not target.isascii() and _ARABIC.search(target):
        message = f"Arabic letters in target {target[:40]!r}"
        raise GlossaryError(message, where=where, hint="target is English")
    if not _WRITABLE.search(target):
        raise GlossaryError(f"nothing to write in target {target[:40]!r}", where=where)
    longest = max(len(source), len(target))
    if longest > MAX_FIELD_CHARS:
        hint = f"at most {MAX_FIELD_CHARS}; is a quotation mark missing?"
        raise GlossaryError(f"a name of {longest} characters", where=where, hint=hint)
