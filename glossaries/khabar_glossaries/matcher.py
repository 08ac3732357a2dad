"""Find the names of a glossary in Arabic text. In: layers of entries, a text. Out: matches with exact spans.

An Aho-Corasick automaton proposes every key that stands anywhere; a proposal is a match only if clitics + key
cover whole tokens. The longest match wins, then the higher layer. Not here: whether an ambiguous word is the
name (evidence).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import ahocorasick

from khabar_core.records import Span
from khabar_glossaries.clitics import (
    ARTICLE,
    MAX_PREFIX,
    POSSESSIVES,
    PREFIXES,
    PREFIXES_WITH_ARTICLE,
    SUFFIXES,
)
from khabar_glossaries.entry import Entry
from khabar_glossaries.folding import Folded, fold, fold_key
from khabar_glossaries.wordlists import common_words, whole_words

__all__ = ["HOMOGRAPH", "NO_ARTICLE", "Match", "Matcher"]

# Types that are words rather than names: they take the article and endings.
_WORDS = frozenset({"title", "term", "weapon", "demonym"})
_SHORT_KEY = 3
_NO_ARTICLE_MIN = 4  # letters that must be left of الحسكة when the article is missing

HOMOGRAPH = "also a common word"  # reason of a match for which weak evidence is enough
NO_ARTICLE = "written without its article"  # reason of a match that is reported only with evidence

_FATHATAN = "\N{ARABIC FATHATAN}"

_EXACT, _LATE_LAM, _NO_ARTICLE, _RESPELT = range(4)
# English g that Arabic writes غ, ج or گ after the habit of the country: غوتيريش, جوتيريش. Not in gh, ng + e,
# ge.
_HARD_G = re.compile("[Gg](?!h)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One place where an entry stands in a text.

    Attributes:
        entry: which.
        span: code points of the name in the text, without proclitics.
        token_span: code points of the whole tokens, with proclitics and endings.
        clitics: the proclitics in folded letters, e.g. "وب"; "" for none.
        surface: the Arabic to show to a reader or a model: the name as it stands in the text, or, where the
            text fuses it with ل, as the glossary writes it.
        suffix: the ending in folded letters, only for words.
        plural: whether the ending makes it a plural or dual.
        ambiguous: True when the word may be something else and nothing around it says that it is the name.
        reason: why it counts as ambiguous, or what the evidence was.
    """

    entry: Entry
    span: Span
    token_span: Span
    clitics: str = ""
    surface: str = ""
    suffix: str = ""
    plural: bool = False
    ambiguous: bool = False
    reason: str = ""


class _Key(NamedTuple):
    """What the automaton stores for a key; a tuple because 100,000 of them are made at a time."""

    length: int
    entry: Entry
    kind: int
    rank: int  # layer, higher wins
    surface: str

    @property
    def final_alef(self) -> bool:
        """Whether it is a name whose last letter could be an accusative ending."""
        return self.surface[-1] in "اى" and self.entry.type not in _WORDS


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A key that fits into whole tokens of the folded text."""

    key: _Key
    start: int
    end: int
    token_start: int
    token_end: int
    suffix: str
    doubt: str

    def order(self) -> tuple[int, bool, int, int]:
        """Sort key: the longest name first, then the surer, the higher layer, the leftmost."""
        return (-self.key.length, bool(self.doubt), -self.key.rank, self.start)


class Matcher:
    """The automaton over all layers.

    Args:
        layers: entries by layer, lowest priority first. Within a layer the first entry of a key wins.
    """

    def __init__(self, layers: Sequence[Sequence[Entry]]) -> None:
        self._automaton: Any = ahocorasick.Automaton()
        self._whole: set[str] = set()
        self._build(layers)

    def _build(self, layers: Sequence[Sequence[Entry]]) -> None:
        """Collect the keys of every layer, written forms before derived ones, and make the automaton."""
        keys: dict[str, _Key] = {}
        derived: list[tuple[str, _Key]] = []
        for rank, entries in enumerate(layers):
            taken: set[str] = set()
            for entry in entries:
                for surface in entry.surfaces:
                    folded = fold_key(surface)
                    if len(folded) < 2 or folded in taken:
                        continue
                    taken.add(folded)
                    keys[folded] = _Key(len(folded), entry, _EXACT, rank, surface)
                    if folded.startswith(ARTICLE) or "غ" in folded or "ج" in folded:
                        derived.extend(_derive(folded, entry, rank, surface))
                if entry.type == "person":
                    self._note_name(entry)
        for folded, key in derived:
            if folded not in common_words():
                keys.setdefault(folded, key)
        for folded, key in keys.items():
            self._automaton.add_word(folded, key)
        if keys:
            self._automaton.make_automaton()

    def _note_name(self, entry: Entry) -> None:
        """Remember the parts of a person's name that could be read as clitic + something: وليد is not و +
        ليد.
        """
        for word in fold_key(entry.source).split(" "):
            if word[0] in "وفبكل":
                self._whole.add(word)

    def written_keys(self) -> Iterator[tuple[str, Entry]]:
        """Every written key with its entry."""
        for folded, key in self._automaton.items():
            if key.kind == _EXACT:
                yield folded, key.entry

    def get(self, surface: str) -> Entry | None:
        """The entry of a written or derived key, if there is one."""
        key = self._automaton.get(fold_key(surface), None)
        return None if key is None else key.entry

    def find(self, text: str) -> list[Match]:
        """The matches of a text in reading order, without overlaps; what is doubtful is marked ambiguous."""
        if not len(self._automaton):
            return []
        folded = fold(text)
        proposals = sorted(_prefer_sure(list(self._propose(folded))), key=_Proposal.order)
        return [_to_match(proposal, folded) for proposal in _without_overlaps(proposals, len(folded.text))]

    def _propose(self, folded: Folded) -> Iterator[_Proposal]:
        """Every key of the automaton that clitics and endings complete to whole tokens."""
        text = folded.text
        n_chars = len(text)
        for last, key in self._automaton.iter(text):
            end = last + 1
            start = end - key.length
            suffix, token_end = "", end
            if end < n_chars and text[end].isalnum():
                if key.entry.type not in _WORDS:
                    continue
                token_end = _token_end(text, end)
                suffix = text[end:token_end]
                if suffix not in SUFFIXES or (suffix in POSSESSIVES and key.entry.type == "demonym"):
                    continue
            elif key.final_alef and _is_accusative(folded, start, end):
                # جنديًا تركيًا is "a Turkish soldier": the ending makes an adjective of what looks like
                # تركيا.
                continue
            token_start = start
            if start and text[start - 1].isalnum():
                token_start = _token_start(text, start)
                if token_start < 0:
                    continue
            doubt = self._doubt(text, key, start, token_start)
            if doubt == "" and key.final_alef and self._may_be_adjective(text, key, start):
                doubt = "may be an adjective"
            if doubt is not None:
                yield _Proposal(key, start, end, token_start, token_end, suffix, doubt)

    def _doubt(self, text: str, key: _Key, start: int, token_start: int) -> str | None:
        """Why the reading is unsure: "" when it is not, None when it is impossible."""
        prefix = text[token_start:start]
        if key.kind == _LATE_LAM and not prefix.endswith("ل"):
            return None
        doubt = "ambiguous in the glossary" if key.entry.ambiguous else ""
        if not doubt and key.entry.homograph:
            doubt = HOMOGRAPH
        if key.kind == _NO_ARTICLE:
            doubt = NO_ARTICLE
        if not prefix:
            return doubt
        if prefix in PREFIXES_WITH_ARTICLE:
            if key.entry.type not in _WORDS or text.startswith(ARTICLE, start):
                return None
        elif prefix not in PREFIXES and not _is_double_lam(text, prefix, start):
            return None
        if " " in text[start : start + key.length]:
            return doubt
        stop = start
        while stop < len(text) and text[stop].isalnum():
            stop += 1
        token = text[token_start:stop]
        whole = whole_words()
        # "ووالي" is و + والي: the word may itself carry a conjunction.
        for word in (token, token[1:]) if prefix[0] in "وف" and len(prefix) > 1 else (token,):
            if word in whole or word in self._whole:
                return None
        if key.length <= _SHORT_KEY and prefix[-1] == "ك":
            # كسرت, كنيس, كعكا: hardly anything is "like" a place of three letters.
            return None
        return doubt

    def _may_be_adjective(self, text: str, key: _Key, start: int) -> bool:
        """Whether a country may be its adjective in the accusative: 33 جنديا تركيا."""
        stem = self._automaton.get(text[start : start + key.length - 1], None)
        if stem is None or stem.entry.type != "demonym" or text[start - 1 : start] != " ":
            return False
        previous = text[:start].rstrip().rpartition(" ")[2]
        return len(previous) > 3 and previous.endswith("ا") and not previous.endswith("وا")


def _derive(folded: str, entry: Entry, rank: int, surface: str) -> Iterator[tuple[str, _Key]]:
    """Keys that follow from a written one by rule."""
    if folded.startswith("الل"):
        # ل + اللاذقية is written للاذقية: folding makes it ل + الاذقية.
        key = ARTICLE + folded[3:]
        yield key, _Key(len(key), entry, _LATE_LAM, rank, surface)
    if (
        folded.startswith(ARTICLE)
        and entry.type in ("place", "person")
        and not (entry.ambiguous or entry.homograph)
        and " " not in folded
        and len(folded) - 2 >= _NO_ARTICLE_MIN
    ):
        yield folded[2:], _Key(len(folded) - 2, entry, _NO_ARTICLE, rank, surface)
    if entry.type not in _WORDS and len(folded) > _SHORT_KEY + 1 and _HARD_G.search(entry.target):
        for old, new in (("غ", "ج"), ("ج", "غ")):
            if folded.count(old) == 1:
                key = folded.replace(old, new)
                yield key, _Key(len(key), entry, _RESPELT, rank, surface)


def _is_accusative(folded: Folded, start: int, end: int) -> bool:
    """Whether the name ends in fathatan, on its last alef or on the letter before."""
    if folded.starts is None:
        return False
    first, stop = folded.span(start, end)
    return _FATHATAN in folded.original[max(first, stop - 3) : stop]


def _token_end(text: str, end: int) -> int:
    """Where the token ends that goes on at `end`."""
    while end < len(text) and text[end].isalnum():
        end += 1
    return end


def _token_start(text: str, start: int) -> int:
    """Where the token begins that has letters before `start`; -1 if farther away than clitics reach."""
    stop = start - MAX_PREFIX
    start -= 1
    while start and text[start - 1].isalnum():
        start -= 1
        if start < stop:
            return -1
    return start


def _is_double_lam(text: str, prefix: str, start: int) -> bool:
    """Whether folding opened the two lams of ل + لبنان as if they were ل + ال."""
    return prefix.endswith("لا") and prefix[:-1] in PREFIXES and text[start] == "ل"


def _prefer_sure(proposals: list[_Proposal]) -> list[_Proposal]:
    """Drop a doubtful reading of tokens that have a sure one: وسرت is rather و + سرت than a verb."""
    sure = {(p.token_start, p.token_end) for p in proposals if not p.doubt}
    return [p for p in proposals if not p.doubt or (p.token_start, p.token_end) not in sure]


def _without_overlaps(proposals: Iterable[_Proposal], n_chars: int) -> list[_Proposal]:
    """Take proposals in the given order unless a token of theirs is taken; return them in reading order."""
    taken = bytearray(n_chars)
    chosen = []
    for proposal in proposals:
        if not any(taken[proposal.token_start : proposal.token_end]):
            taken[proposal.token_start : proposal.token_end] = b"\x01" * (
                proposal.token_end - proposal.token_start
            )
            chosen.append(proposal)
    return sorted(chosen, key=lambda proposal: proposal.start)


def _to_match(proposal: _Proposal, folded: Folded) -> Match:
    """Map a proposal to the original text."""
    key = proposal.key
    span = folded.span(proposal.start, proposal.end)
    prefix = folded.text[proposal.token_start : proposal.start]
    fused = prefix.endswith("ل") and (
        key.kind == _LATE_LAM or folded.text.startswith(ARTICLE, proposal.start)
    )
    return Match(
        entry=key.entry,
        span=span,
        token_span=folded.span(proposal.token_start, proposal.token_end),
        clitics=prefix,
        surface=key.surface if fused else folded.original[slice(*span)],
        suffix=proposal.suffix,
        plural=SUFFIXES.get(proposal.suffix, False),
        ambiguous=bool(proposal.doubt),
        reason=proposal.doubt,
    )
