"""Is a retold sentence its source with only such changes as cannot make it false?

Read closely, a quarter of what a small model retells says something else than its source although names,
numbers and denials are right: a word that limits the claim is left out ("residents of the eastern districts"
become "residents"), a preposition changes ("in" to "into"), a fact moves to another clause. So what was
changed is looked at, not what is left: the words are aligned in order, and every change must be of a kind
that leaves a true sentence true. Nearly nothing may be put in; what may be left out is listed (edit_words).

In: a source sentence, perhaps the one before it, a written sentence. Out: the first change that may alter the
meaning, in words, or "". Not here: names, numbers, quotes (checks), what replaces a sentence that fails.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from khabar_summarize.edit_words import (
    ABOUT,
    BETWEEN,
    COUNTS,
    DAYS,
    FREE,
    IDLE,
    KINDS,
    LIMITS,
    LOOSE,
    MADE,
    MODALS,
    NATIONS,
    OFFICES,
    PARTICIPLES,
    PAST,
    PASTS,
    PLAIN,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    SAME,
    SAYING,
    SPELT,
    TAILS,
    TELLING,
    THINGS,
    TIMES,
    TITLES,
    VERBS,
    WHERE_SAID,
    WIDENS,
)
from khabar_summarize.english import plain_quotes

__all__ = ["unsafe_change"]

_MOST_WORDS = 150  # in a sentence; longer ones are not compared, only copied
_WORD = re.compile(r"[$€£]?\w+(?:(?:[.,'-]|(?<=[A-Z])\.)\w+)*%?")
_EDGE = re.compile(r"[,;:()\[\]–—]|(?<!\w)-|-(?!\w)|[.!?][\"')]*\s*$|[!?]")
_SAID = "said|says|added|announced|reported|stated"
# "Y, X said in a statement." and "Y, said X."
_ATTRIBUTED = re.compile(
    rf"(?P<body>.+?),[\"”]?\s+(?:(?P<before>[^,]+?)\s(?P<verb>{_SAID})(?P<rest>\s[^,]{{1,40}})?"
    rf"|(?P<verb2>{_SAID})\s(?P<behind>[^,]+?))\.?[\"”]?"
)
_QUOTED = re.compile(r'"([^"]*)"')
_SINGLE = re.compile(r"(?<!\w)'([^'\"]+)'(?!\w)")
_SHORT_QUOTE = 4  # words; a longer one is speech, which its speaker's name marks as well


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that counts.

    Attributes:
        text: as it stands there.
        key: what is compared.
        lead: the articles and "that" before it.
        edge: whether a mark that parts clauses stands before it.
        end: whether one stands behind it.
        one: whether an article or a count before it tells how many.
        that: whether a clause follows, as after "announced on Monday that".
    """

    text: str
    key: str
    lead: str
    edge: bool
    end: bool
    one: bool
    that: bool

    @property
    def named(self) -> bool:
        return self.text[:1].isupper() or self.text.startswith("al-")


def unsafe_change(source: str, written: str, before: str = "") -> str:
    """The first change that may make a true sentence false, or "".

    Args:
        source: the sentence that was retold.
        written: the retold sentence.
        before: the sentence that `source` leans on; a pronoun may be replaced by its subject.

    >>> unsafe_change("Residents of the east would get water every two days.", "Residents would get water.")
    '"of east" is left out'
    """
    if source.split() == written.split():
        return ""
    if max(len(source.split()), len(written.split())) > _MOST_WORDS:
        return "too long to compare"
    source, written = plain_quotes(source), plain_quotes(written)
    problem = _quotes(source, written)
    if problem:
        return problem
    problems = [
        _compare(_words(theirs), _words(mine), _words(before))
        for theirs in _orders(source)
        for mine in _orders(written)
    ]
    return min(problems, key=len) if all(problems) else ""


def _quotes(source: str, written: str) -> str:
    """Words in quotes are somebody's words: none may get quotes, a short one must keep them."""
    source, written = _SINGLE.sub(r'"\1"', source), _SINGLE.sub(r'"\1"', written)
    theirs, mine = (_QUOTED.findall(text + '"' * (text.count('"') % 2)) for text in (source, written))
    for quote in mine:
        if not any(quote.strip(" .,") in other for other in theirs):
            return f'"{quote}" is not a quote'
    bare = _QUOTED.sub("", written)
    for quote in theirs:
        if len(quote.split()) <= _SHORT_QUOTE and quote.strip(" .,") in bare and quote not in mine:
            return f'"{quote}" loses its quotes'
    return ""


def _orders(text: str) -> list[str]:
    """The sentence, and with an attribution at its end put first: "Y, X said" is "X said Y"."""
    text = text.strip()
    for pattern, put in SPELT:
        text = pattern.sub(put, text)
    match = _ATTRIBUTED.fullmatch(text)
    if match is None:
        return [text]
    body, speaker, verb = match["body"], match["before"] or match["behind"], match["verb"] or match["verb2"]
    return [text, f"{speaker} {verb} {match['rest'] or ''} that {body}."]


def _words(text: str) -> list[_Word]:
    found = list(_WORD.finditer(text))
    lower = [match[0].lower().rstrip(".") for match in found]
    gaps = [text[a.end() : b.start()] for a, b in itertools.pairwise(found)]
    edges = [True, *(_EDGE.search(gap) is not None for gap in gaps), True]
    words: list[_Word] = []
    lead, edge = "", False
    past = False
    for i, token in enumerate(lower):
        edge = edge or edges[i]
        few = lower[i + 1 : i + 2] in (["few"], ["little"])
        if token in FREE and not few:
            lead = f"{lead} {token}"
            if words and edges[i + 1]:
                words[-1] = replace(words[-1], end=True)
            continue
        if token in ("has", "have", "had") and _is_perfect(token, lower[i + 1 : i + 5]):
            past = True
            continue
        key = _key(token)
        if past and token not in BETWEEN:
            key, past = ("was" if token == "been" else PAST.get(token, key)), False
        near = lower[max(0, i - 3) : i]
        one = any(t in COUNTS or t.isdigit() for t in near)
        next_edge = next((p for p in range(i + 1, len(edges)) if edges[p]), i)
        that = next_edge == i + 1 or "that" in lower[i + 1 : min(i + 6, next_edge)]
        words.append(_Word(found[i][0], key, lead, edge, edges[i + 1], one, that))
        lead, edge = "", False
    return words


def _is_perfect(have: str, following: Sequence[str]) -> bool:
    """Whether this form of have makes a past of the verb behind it."""
    left = [word for word in following if word not in BETWEEN]
    if left[:1] == ["been"]:
        return have == "had" or _participle("".join(left[1:2]))
    return bool(left) and _participle(left[0])


def _participle(word: str) -> bool:
    return word in PAST or (word.endswith("ed") and len(word) > 4)


def _key(word: str) -> str:
    """Without a plural's s; "recruiters" and "recruits", "attack" and "attacked" stay apart."""
    if word in SAYING:
        return "say"
    if word in TELLING:
        return "saying"
    word = SAME.get(word, word)
    if any(char.isdigit() for char in word):
        return re.sub(r",(?=\d{3})", "", word)
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _compare(theirs: Sequence[_Word], mine: Sequence[_Word], before: Sequence[_Word]) -> str:
    keys = [word.key for word in theirs], [word.key for word in mine]
    if not mine:
        return "nothing is left"
    source = _Source(theirs, before)
    matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
    gap: Sequence[_Word] = ()
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        out, put = theirs[i1:i2], mine[j1:j2]
        if kind == "equal":
            problem = _kept(out, put, gap)
            if problem:
                return problem
        elif put and not source.may_stand(i1, i2, put, mine[j2 : j2 + 1]):
            return f'"{_text(put)}" {"stands for" if out else "is put in"} "{_text(out)}"'.removesuffix(' ""')
        elif not put and not source.may_go(i1, i2):
            return f'"{_text(out)}" is left out'
        gap = out
    return ""


def _text(words: Sequence[_Word]) -> str:
    return " ".join(word.text for word in words)


def _kept(theirs: Sequence[_Word], mine: Sequence[_Word], gap: Sequence[_Word]) -> str:
    """What changed in words that are kept, behind a gap: number, verb of saying, the commas between them."""
    for place, (old, new) in enumerate(zip(theirs, mine, strict=True)):
        left, right = old.text.lower(), new.text.lower()
        changed = old.key == "say" and not (right in PLAIN and old.that)
        changed = changed or (old.key == "saying" and right not in PLAIN)
        if left.rstrip("s") == right.rstrip("s"):
            changed = old.one or old.named or new.one or new.named
        if left != right and changed:
            return f'"{new.text}" stands for "{old.text}"'
        if old.edge != new.edge and not _may_part(theirs, place, new, gap):
            return f'a comma before "{new.text}" is {"put in" if new.edge else "left out"}'
    return ""


def _may_part(theirs: Sequence[_Word], place: int, new: _Word, gap: Sequence[_Word]) -> bool:
    """Whether the comma before this word of a kept run may come or go."""
    old = theirs[place]
    if place == 0 and gap:
        return (new.edge and (gap[0].edge or old.key == "not")) or (old.edge and old.key not in RELATIVES)
    if old.key in RELATIVES:
        return False
    if old.edge and gap and theirs[0].edge and all(word.named for word in theirs[:place]):
        return True  # "The governor, Karim Haddad, resigned" without "The governor,"
    if old.key == "say":
        return False
    return old.key in LOOSE or (new.edge and new.named)


class _Source:
    """A sentence, and which of its words may be replaced or left out.

    Args:
        words: of the sentence.
        before: words of the one that it leans on.
    """

    def __init__(self, words: Sequence[_Word], before: Sequence[_Word]) -> None:
        self._words = words
        self._before = before
        self._keys = [word.key for word in words]
        self._raw = [word.text.lower().rstrip(".") for word in words]
        self._widens = bool(WIDENS & set(self._raw)) or any(w.endswith("est") for w in self._raw)
        # "To" before a place is no infinitive.
        infinitive = any(
            a == "to" and not w.lead and not w.named for a, w in zip(self._raw, words[1:], strict=False)
        )
        self._modal = infinitive or bool(MODALS & set(self._raw))

    def may_stand(self, i1: int, i2: int, put: Sequence[_Word], following: Sequence[_Word]) -> bool:
        """Whether these words say the same as those from i1 to i2."""
        new, old = [w.key for w in put], self._keys[i1:i2]
        after = following[0].key if following else ""
        if not old:
            return new == ["on"] and after in DAYS
        if new == ["and"] and not self._widens:
            return " ".join(old) in ("in addition to", "as well as", "along with", "but")
        if new == ["and", "say"]:
            return old == ["saying"]
        if new == ["say"]:
            return old in (["told", "reporter"], ["told", "journalist"])
        if after[:1].isdigit() and " ".join(old) in ("more than", "over"):
            counts = i1 == 0 or self._raw[i1 - 1] in PREPOSITIONS or _verb(self._raw[i1 - 1], "")
            return counts and " ".join(new) in ("more than", "over")
        if after[:1].isdigit() and len(old) == len(new) == 1 and old[0] in ABOUT:
            return new[0] in ABOUT
        if len(old) == len(new) == 1 and put[0].named and self._words[i1].named:
            return _romanised(old[0]) == _romanised(new[0])
        return len(old) == 1 and old[0] in PRONOUNS and i1 == 0 and self._is_subject(put, i2)

    def _is_subject(self, put: Sequence[_Word], i: int) -> bool:
        """Whether the words are what the sentence before tells of, and surely what a pronoun means."""
        keys, theirs = [w.key for w in put], [w.key for w in self._before]
        places = [p for p in range(len(theirs)) if theirs[p : p + len(keys)] == keys]
        if not places or self._keys[i : i + 1] != ["say"] or not all(w.named or _title(w) for w in put):
            return False
        first, end = places[0], places[0] + len(keys)
        others = [
            w
            for p, w in enumerate(self._before)
            if (
                w.named and p >= end and w.key not in DAYS and theirs[p - 1] not in ("in", "at", "from", "to")
            )
            or (p >= end and _title(w))
        ]
        verb = self._before[end : end + 1]
        speaks = bool(verb) and not verb[0].named and verb[0].key not in (*PREPOSITIONS, "and", "or")
        front = [w for w in self._before[:first] if not w.named or _title(w)]
        return speaks and not others and all(_title(w) for w in front) and theirs[first - 1 : first] != ["of"]

    def may_go(self, i1: int, i2: int) -> bool:
        """Whether a true sentence stays true without these words: in one piece or in several."""
        ends = {i1}
        for start in range(i1, i2):
            if start in ends:
                ends.update(end for end in range(start + 1, i2 + 1) if self._piece(start, end))
        return i2 in ends

    def _piece(self, i1: int, i2: int) -> bool:
        return self._idle(i1, i2) or self._day(i1, i2) or self._title(i1, i2) or self._part(i1, i2)

    def _near(self, i: int) -> tuple[str, str]:
        return (self._raw[i - 1] if i else ""), (self._raw[i] if i < len(self._raw) else "")

    def _said(self, i1: int, i2: int) -> bool:
        """Whether a verb of saying stands beside the words from i1 to i2."""
        return "say" in self._keys[max(0, i1 - 3) : i1] or self._keys[i2 : i2 + 1] == ["say"]

    def _idle(self, i1: int, i2: int) -> bool:
        words, previous, following = self._raw[i1:i2], self._near(i1)[0], self._near(i2)[1]
        text = " ".join(words)
        if text == "yet":
            return previous == "not"
        if text in ("number of", "quantity of", "quantities of", "group of"):
            return bool({"a", "an"} & set(self._words[i1].lead.split())) and not self._widens
        if len(words) == 1 and words[0] in PREPOSITIONS and previous in ("and", "or", "not"):
            last = [w for w in self._raw[:i1] if w in PREPOSITIONS]
            return last[-1:] == words
        if text == "and":
            return following == "not"
        if WHERE_SAID.fullmatch(text):
            return self._said(i1, i2) and following not in PREPOSITIONS - {"on"}
        if text in ("which is", "which was", "who is", "who was"):
            return self._words[i1].edge and following.endswith("ed")
        if IDLE.fullmatch(text) is None or previous in WIDENS | MODALS | {"as", "for"}:
            return False
        return not (following in ("to", "as", "of") and text in ("as well", "in turn", "also")) and not (
            text in ("thus", "again") and self._widens
        )

    def _day(self, i1: int, i2: int) -> bool:
        words, previous, following = self._raw[i1:i2], self._near(i1)[0], self._near(i2)[1]
        if words == ["on"]:
            return following in DAYS and previous not in TIMES
        if words[-1] not in DAYS or any(w not in DAYS and w != "on" for w in words) or len(words) > 2:
            return False
        if following in TIMES | DAYS | {"not"} or previous in TIMES | PREPOSITIONS:
            return False
        if "say" in self._keys[max(0, i1 - 1) : i1] + self._keys[i2 : i2 + 1]:
            return True
        narrow = any(w.key in RELATIVES and not w.edge for w in self._words[:i1])
        past = any(w in PASTS or w.endswith("ed") for w in self._keys[:i1] + self._keys[i2 : i2 + 1])
        if self._widens or self._modal or narrow or not past:
            return False
        free = self._words[i2 - 1].end or _verb(following, "")
        return free or (words[0] == "on" and following in PREPOSITIONS)

    def _title(self, i1: int, i2: int) -> bool:
        """A title before a name, a first name behind a title."""
        out, raw = self._words[i1:i2], self._raw[i1:i2]
        previous, following = self._near(i1)[0], self._near(i2)[1]
        name = i2
        while (
            name < len(self._words) and self._words[name].named and (name == i2 or not self._words[name].edge)
        ):
            name += 1
        run = self._words[i2:name]
        if not run or self._raw[name - 1] in THINGS or previous in KINDS | MADE:
            return False
        if previous.endswith("'s"):
            return False
        nouns = TITLES | OFFICES | NATIONS | KINDS
        if out[-1].end and raw[0].endswith("'s") and len(raw) > 1:  # "the bank's governor, Ali Hassan"
            out, raw = out[1:], raw[1:]
        if all(w in nouns for w in raw):
            ends = raw[-1] in TITLES or (raw[-1] in OFFICES - {"of", "for", "and"} and "of" in raw)
            if following in nouns:
                nation = len(raw) == 1 and raw[0] in NATIONS - {"north", "south"}
                return nation and previous not in nouns | TIMES and len(run) > 1
            person = len(run) > 1 or "say" in self._keys[max(0, i1 - 1) : i1] + self._keys[name : name + 1]
            apart = out[-1].end and self._keys[name : name + 1] in (["and"], ["or"])
            whole = raw[0] in TITLES | NATIONS | KINDS | {"foreign", "prime", "defense", "interior"}
            told = not {"late", "acting", "interim"} & set(raw) and previous not in nouns and person
            return (
                ends
                and whole
                and told
                and not apart
                and bool(TITLES & set(raw))
                and not run[0].key.endswith("'")
            )
        named = all(w.named and w.key[-1:] != "'" for w in out) and len(out) <= 3 and not out[-1].end
        return named and previous in TITLES and len(run) == 1 and not {following, *raw} & nouns

    def _part(self, i1: int, i2: int) -> bool:
        """A part between two commas, or from a comma to the end, that adds to what is said."""
        out, raw, n = self._words[i1:i2], self._raw[i1:i2], len(self._words)
        if "say" in self._keys[i1:i2] or LIMITS & set(raw) or any(w.endswith("n't") for w in raw):
            return False
        if i2 == n and i1 and raw[0] in ("after", "following") and not out[0].edge:
            return not self._widens and not self._modal and not any(w.edge for w in out)
        if not out[0].edge or not out[-1].end:
            return False
        if i1 == 0:
            return (
                raw[0] in ("after", "following", "amid")
                and not self._widens
                and not any(w.edge for w in out[1:])
            )
        first = raw[0]
        if i2 == n and first in TAILS:
            return True
        if i2 == n and first == "and" and not any(w.edge for w in out[1:]):
            return len(out) > 2 and "that" in out[1].lead.split() and "both" not in self._raw
        if any(w.edge for w in out[1:]) or (i2 < n and self._raw[i2] in ("and", "or", "nor", "but")):
            return False
        if first in TAILS or (first.endswith("ing") and not self._raw[i1 - 1].endswith("ing")):
            return True
        if {"and", "or", "nor", "but"} & set(raw):
            return False
        if i2 < n and not _verb(self._raw[i2], self._keys[i2]):
            return False
        described = bool(FREE & set(out[0].lead.split())) or first in TITLES or first in PARTICIPLES
        if i2 == n:
            return described and self._words[i1 - 1].named and not any(w.edge for w in self._words[1:i1])
        named = all(w.named for w in out) and (
            self._raw[i1 - 1] in TITLES or re.match(r"[DR]-[A-Z]", out[0].text) is not None
        )
        return named or (described and not any(w.edge for w in self._words[1:i1]))


def _title(word: _Word) -> bool:
    return word.text.lower() in TITLES | OFFICES | NATIONS


def _romanised(name: str) -> str:
    """A name without what its romanisations differ in: Edlib and Idlib, Mohamed and Mohammed."""
    return re.sub(r"(.)\1", r"\1", name.replace("e", "i").replace("o", "u"))


def _verb(raw: str, key: str) -> bool:
    return key == "say" or raw in VERBS or raw.endswith("ed")
