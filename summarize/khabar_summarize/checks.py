"""The single checks: names, numbers, dates, quotations, negation, roles, places, content.

In: the analysis of a written sentence and those of the sentences it cites. Out: a `Check` each. Thresholds
were set on cited briefs kept apart from those the measurements are made on (summarize/training/README.md).
Not here: finding the citations.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_core.records import Check
from khabar_summarize.analysis import Analysis, Cue, Unit
from khabar_summarize.english import is_common_word, is_english, stem, tokenise, word_set
from khabar_summarize.figures import bound_of, find_figures, time_role
from khabar_summarize.names import ADJECTIVE_ENDS, Name, same_word
from khabar_summarize.roles import role_problems

__all__ = [
    "ArticleFacts",
    "check_content",
    "check_dates",
    "check_names",
    "check_negation",
    "check_numbers",
    "check_places",
    "check_quotes",
    "check_roles",
    "place_share",
]

LEAST_SUPPORT = 0.33
_NEAR_WRITTEN, _NEAR_SOURCE = 4, 6  # units on each side that make the context of a figure or name
# A figure or name fails when less than the first share of the words around it stand around it in the source,
# and a rival has more of them by at least the second; or when a rival has more by the third.
_RIVAL_LIMITS = {"number": (0.3, 0.25, 0.4), "name": (0.08, 0.5, 1.0)}
_SAME_SURROUNDINGS = 0.6
_DENIAL_SHARE, _DENIAL_NEAR = 0.3, 4  # of a denial that its source must have
_AFFIRMED_SHARE, _AFFIRMED_NEAR = (
    0.6,
    3,
)  # of what a source denies that affirms it when it comes without denial
_OPPOSITES = [
    pair.split("/")
    for pair in sorted(
        word_set(
            "increase/decrease increase/reduce rise/fall rise/drop rise/decline grow/shrink gain/loss"
            " win/lose support/oppose"
            " accept/reject approve/reject confirm/deny agree/refuse allow/ban allow/prevent open/close"
            " start/end begin/end"
            " attack/defend arrive/leave enter/leave enter/withdraw deploy/withdraw advance/retreat"
            " raise/lower raise/cut"
            " northern/southern eastern/western release/arrest buy/sell import/export praise/condemn"
            " welcome/condemn"
            " welcome/reject capture/lose higher/lower resume/suspend resume/halt strengthen/weaken"
            " ally/enemy"
            " success/failure succeed/fail guilty/innocent legal/illegal more/less most/least"
        )
    )
]
# Words that state a fact by themselves, as names do.
_PRECISE = word_set(
    """
    north south east west northern southern eastern western northeast northwest southeast southwest
    northeastern
    northwestern southeastern southwestern former deputy interim capital president minister king prince
    queen general colonel ambassador envoy governor mayor military terrorist terrorists rebels
    """
)
_ADJECTIVE = "|".join(ADJECTIVE_ENDS)
_OTHERS = re.compile(r"\b([\w-]+) others?\b")
# One office under several names; the model is asked about the rest.
_SAME_OFFICE = word_set("envoy ambassador representative")
# What a date cannot be in a sentence and be in its sources: "since" is not "until".
_TIMES_APART = frozenset(
    [("since", "until"), ("until", "since"), ("until", "after"), ("after", "until"), ("end", "start")]
    + [(role, part) for role in ("on", "until", "since", "start") for part in ("end", "middle")]
)
_YEAR = re.compile(r"(?:19|20)\d\d")
# "She" needs a word in the sources that tells the gender.
_SHE = word_set("she her hers")
_WOMEN = _SHE | word_set("woman mrs ms queen princess mother wife daughter sister lady actress girl")
_PARTIES = word_set("republican democrat labour conservative tory liberal socialist")


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What all source sentences hold together.

    Attributes:
        name_keys: of each sentence, the keys of its names.
        all_names: their union.
        words: every stem and word of the article in lower case.
        initials: initials of every run of capitalised words.
        pairs: name keys that stand near each other somewhere.
    """

    name_keys: tuple[frozenset[str], ...]
    all_names: frozenset[str]
    words: frozenset[str]
    initials: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, analyses: Sequence[Analysis]) -> ArticleFacts:
        """Collect the facts of an article."""
        keys = tuple(frozenset(key for name in a.names for key in name.keys) for a in analyses)
        words: set[str] = set()
        initials: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for a in analyses:
            words.update(a.stems)
            words.update(word for word in re.findall(r"[^\W\d_]+", a.text.lower()))
            for name in a.names:
                initials.update(_initials(name))
            flat = [unit.key for unit in a.units if unit.kind == "name"]
            for i, left in enumerate(flat):
                pairs.update((left, right) for right in flat[i + 1 : i + 5])
        return cls(keys, frozenset().union(*keys), frozenset(words), frozenset(initials), frozenset(pairs))


def _initials(name: Name) -> set[str]:
    """ "North Atlantic Treaty Organization" -> nato, and every shorter run of at least two words."""
    letters = "".join(word[0].lower() for word in name.words)
    return {letters[i:j] for i in range(len(letters)) for j in range(i + 2, len(letters) + 1)}


def check_names(written: Analysis, cited: Sequence[Analysis], article: ArticleFacts) -> Check:
    """Every name word stands in the cited sentences, or completes a name there; no two are mixed."""
    cited_keys = {key for a in cited for name in a.names for key in name.keys}
    cited_words = {stem_ for a in cited for stem_ in a.stems}
    cited_text = " ".join(a.text.lower() for a in cited)
    problems: list[str] = []
    for name in written.names:
        known = [
            same_word(key, cited_keys) or _as_word(word, key, cited_words, cited_text, article)
            for word, key in zip(name.words, name.keys, strict=True)
        ]
        for word, key, ok in zip(name.words, name.keys, known, strict=True):
            # "Vladimir Putin" where the cited sentence says "Putin" and the article has the full name.
            if ok or (any(known) and same_word(key, article.all_names)):
                continue
            where = "in the cited sentences" if same_word(key, article.all_names) else "in the article"
            problems.append(f"{word} is not {where}")
        problems.extend(_mixed(name, article))
    return _result("names", problems)


def _as_word(word: str, key: str, words: set[str], text: str, article: ArticleFacts) -> bool:
    """Whether a capitalised word is in the sources in another guise: lower case, initials, written out."""
    lower = word.lower()
    if stem(lower) in words or re.search(rf"\b{re.escape(lower)}(?:{_ADJECTIVE})?\b", text):
        return True
    if word.isupper() and len(word) > 1 and (lower in article.initials or _spelled_out(lower, text)):
        return True
    return "-" in lower and all(stem(part) in words or part in text for part in lower.split("-"))


def _spelled_out(letters: str, text: str) -> bool:
    """Whether an initialism is written out in small letters: "gdp", "... gross domestic product ..."."""
    initials = "".join(w[0] for w in re.findall(r"[a-z]+", text) if w not in ("of", "and", "the", "for"))
    return len(letters) >= 3 and letters in initials


def _mixed(name: Name, article: ArticleFacts) -> list[str]:
    """Neighbouring words of one name that never stand together in the article: "Donald Putin"."""
    proper = [
        (word, key)
        for word, key in zip(name.words, name.keys, strict=True)
        if key[0] not in "@="
        and key in article.all_names
        and key not in _PARTIES
        and "-" not in key
        and not is_common_word(word.lower())
    ]
    return [
        f"{left[0]} {right[0]} are not one name in the article"
        for left, right in itertools.pairwise(proper)
        if left[1] != right[1] and not {(left[1], right[1]), (right[1], left[1])} & article.pairs
    ]


def check_numbers(written: Analysis, cited: Sequence[Analysis]) -> Check:
    """Every number stands in the cited sentences with the same unit, and what is a most is not made a least.

    "Two" in words is left out: it counts what the sentence itself names ("the two sides"). "Four" may be
    somebody "and three others".
    """
    problems: list[str] = []
    others = {match for a in cited for match in _OTHERS.findall(a.text.lower())}
    known = [figure for a in cited for figure in a.figures]
    for figure in written.figures:
        same = [f for f in known if f.value == figure.value]
        if not same and (figure.text.lower() == "two" or _with_others(figure.value, others)):
            continue
        if not same:
            problems.append(f"{figure.text} is not in the cited sentences")
            continue
        if not any(_units_agree(figure.kind, figure.unit, f.kind, f.unit) for f in same):
            problems.append(f"{figure.text} has another unit: {same[0].text}")
            continue
        bound = bound_of(written.text, figure)
        theirs = {bound_of(a.text, f) for a in cited for f in a.figures if f.value == figure.value}
        if bound and theirs <= {"more", "less"} - {bound}:
            problems.append(f"{figure.text} is a bound from the other side in the cited sentences")
    return _result("numbers", problems)


def _with_others(value: str, others: set[str]) -> bool:
    """Whether a number is one more than that of some "others" beside somebody who is named."""
    return any(f.value.isdigit() and value == str(int(f.value) + 1) for o in others for f in find_figures(o))


def _units_agree(kind: str, unit: str, other_kind: str, other_unit: str) -> bool:
    if "percent" in (kind, other_kind):
        return kind == other_kind
    # "1,632 to the dollar" is no sum of dollars; the other way round a unit is only left unsaid.
    return unit in ("", other_unit)


def _context(units: Sequence[Unit], position: int, reach: int, decay: bool) -> dict[str, float]:
    """Weights of the units around one, that unit's own run left out; near ones count more if they `decay`."""
    me = units[position]
    near: dict[str, float] = {}
    for i in range(max(0, position - reach), min(len(units), position + reach + 1)):
        unit = units[i]
        if unit.kind == "word" or (unit.kind, unit.run) != (me.kind, me.run):
            value = unit.weight / (max(1, abs(i - position)) if decay else 1)
            near[unit.key] = max(near.get(unit.key, 0.0), value)
    return near


def _overlap(mine: dict[str, float], theirs: dict[str, float]) -> float:
    return sum(value for key, value in mine.items() if key in theirs)


def _better_rival(written: Analysis, run: int, cited: Sequence[Analysis], kind: str) -> str:
    """A number or name of the sources whose surroundings fit the written one's clearly better.

    Names compete with names of their kind only: a country is no rival of a person.
    """
    positions = [i for i, u in enumerate(written.units) if u.kind == kind and u.run == run]
    if not positions:
        return ""
    position = positions[-1]
    mine = _context(written.units, position, _NEAR_WRITTEN, decay=True)
    total = sum(mine.values()) or 1.0
    present = {u.key for u in written.units if u.kind == kind}
    keys = {written.units[i].key for i in positions}
    is_place = written.units[position].key.startswith("@")
    own, best, rival = 0.0, 0.0, ""
    for a in cited:
        for i, unit in enumerate(a.units):
            if unit.kind != kind:
                continue
            share = _overlap(mine, _context(a.units, i, _NEAR_SOURCE, decay=False)) / total
            if same_word(unit.key, keys) if kind == "name" else unit.key in keys:
                own = max(own, share)
            elif unit.key not in present and unit.key.startswith("@") == is_place and share > best:
                best, rival = share, unit.key
    most, gap, clear = _RIVAL_LIMITS[kind]
    return rival if (own < most and best - own > gap) or best - own > clear else ""


def place_share(written: Analysis, unit: Unit, source: Analysis) -> float:
    """The weighted share of the words around a name or figure that stand around it in the source too."""
    best = 0.0
    for i, mine in enumerate(written.units):
        if (mine.kind, mine.run, mine.key) != (unit.kind, unit.run, unit.key):
            continue
        context = _context(written.units, i, _NEAR_WRITTEN, decay=True)
        total = sum(context.values())
        for j, theirs in enumerate(source.units):
            if total and theirs.kind == unit.kind and same_word(unit.key, [theirs.key]):
                near = _context(source.units, j, _NEAR_SOURCE, decay=False)
                best = max(best, _overlap(context, near) / total)
    return best


def check_dates(written: Analysis, cited: Sequence[Analysis]) -> Check:
    """Every weekday and month stands in the cited sentences; "since", "until", "the end of" stay with it, and
    with years.
    """
    known = {date.value for a in cited for date in a.dates}
    words = {word for a in cited for word in re.findall(r"[a-z]+", a.text.lower())}
    problems = [
        f"{d.text} is not in the cited sentences" for d in written.dates if d.value not in known | words
    ]
    for date in (*written.dates, *(f for f in written.figures if _YEAR.fullmatch(f.value))):
        theirs = {
            time_role(a.text, d) for a in cited for d in (*a.dates, *a.figures) if d.value == date.value
        }
        role = time_role(written.text, date)
        year_since = role == "on" and theirs == {"since"} and date.kind != "date"
        if year_since or (theirs and all((role, other) in _TIMES_APART for other in theirs)):
            there = sorted(theirs)[0]
            problems.append(f'{date.text} is "{role}" here, "{there}" in the cited sentences')
    return _result("dates", problems)


def check_quotes(written: Analysis, cited: Sequence[Analysis]) -> Check:
    """Every quoted passage stands word for word in one cited sentence, and long ones are quoted there too."""
    problems: list[str] = []
    bare = [" ".join(re.findall(r"[\w'-]+", a.text.lower())) for a in cited]
    for quote in written.quotes:
        if not any(f" {quote} " in f" {text} " for text in bare):
            problems.append(f'"{quote}" is not in the cited sentences word for word')
    if written.text.count('"') % 2:
        problems.append("a quotation mark is not closed")
    return _result("quotes", problems)


def check_negation(written: Analysis, cited: Sequence[Analysis]) -> Check:
    """What is denied is denied in the source, what is affirmed is not; opposites do not stand in."""
    problems: list[str] = []
    source_cues = [cue for a in cited for cue in a.cues]
    free = list(source_cues)
    # Words that say no by themselves use up their counterparts first: "declined" does not license a new
    # "not".
    for cue in sorted(written.cues, key=lambda cue: cue.hard):
        fitting = [theirs for theirs in free if _licenses(theirs, cue)]
        if fitting:
            free.remove(
                max(fitting, key=lambda theirs: (theirs.hard == cue.hard, len(theirs.near & cue.near)))
            )
        elif cue.hard:
            what = " ".join(key for key, _ in cue.governed) or "something"
            problems.append(f'it denies "{what}", which its sources do not')
    mine = list(written.units)
    for cue in source_cues:
        if cue.hard and _left_out(cue, written, mine):
            what = " ".join(key for key, _ in cue.governed)
            problems.append(f'it affirms "{what}", which its sources deny')
    problems.extend(_opposites(written, cited))
    return _result("negation", problems)


def _licenses(theirs: Cue, mine: Cue) -> bool:
    """Whether a denial of the source covers one of the written sentence: it stands among the same words."""
    total = sum(value for _, value in mine.governed)
    shared = sum(value for key, value in mine.governed if key in theirs.near)
    if total:
        return shared / total >= _DENIAL_SHARE or len(mine.near & theirs.near) >= _DENIAL_NEAR
    return bool(mine.near & theirs.near)


def _left_out(cue: Cue, written: Analysis, units: Sequence[Unit]) -> bool:
    """Whether what a source denies stands in the written sentence without its denial."""
    total = sum(value for _, value in cue.governed)
    keys = {key for key, _ in cue.governed}
    shared = sum(value for key, value in cue.governed if key in written.stems)
    if not total or shared / total < _AFFIRMED_SHARE or len(written.stems & cue.near) < _AFFIRMED_NEAR:
        return False
    return not any(keys & (mine.near | {key for key, _ in mine.governed}) for mine in written.cues)


def _opposites(written: Analysis, cited: Sequence[Analysis]) -> list[str]:
    """Words whose opposite stands in the source, in the same surroundings, where they themselves do not."""
    source = {key for a in cited for key in a.stems}
    problems = []
    for pair in _OPPOSITES:
        for mine, theirs in (pair, pair[::-1]):
            here, there = stem(mine), stem(theirs)
            if here not in written.stems or there in written.stems or there not in source or here in source:
                continue
            if written.cues or any(there in cue.near for a in cited for cue in a.cues):
                continue
            around = [
                _overlap(_around(written.units, here, 3), _around(a.units, there, 4))
                for a in cited
                if there in a.stems
            ]
            if max(around) >= _SAME_SURROUNDINGS:
                problems.append(f'it says "{mine}" where its sources say "{theirs}"')
    return problems


def _around(units: Sequence[Unit], key: str, reach: int) -> dict[str, float]:
    position = next((i for i, unit in enumerate(units) if unit.key == key), None)
    return {} if position is None else _context(units, position, reach, decay=False)


def check_roles(written: Analysis, cited: Sequence[Analysis]) -> Check:
    """Who does what to whom, and who speaks, is as in the source."""
    return _result("roles", role_problems(written, cited))


def check_places(written: Analysis, cited: Sequence[Analysis]) -> Check:
    """Numbers and names stand among the words that surround them in the source, in nobody else's place."""
    problems: list[str] = []
    for run, figure in enumerate(written.figures):
        rival = _better_rival(written, run, cited, "number")
        if rival:
            problems.append(f"{figure.text} speaks of what {rival} does in the source")
    for run, name in enumerate(written.names):
        rival = _better_rival(written, run, cited, "name")
        if rival:
            problems.append(f"{name.text} stands where the source has {rival}")
    return _result("places", problems)


def check_content(
    written: Analysis, cited: Sequence[Analysis], support: float, article: ArticleFacts
) -> Check:
    """Enough of the words are those of the cited sentences, and none is made up.

    Made up are: what is no English word, and directions and ranks that the article does not mention.
    """
    if not cited:
        return Check(name="content", passed=False, detail="nothing in the article supports it")
    if support < LEAST_SUPPORT:
        return Check(
            name="content", passed=False, detail=f"only {support:.0%} of it is in the cited sentences"
        )
    words = [token.lower for token in tokenise(written.text) if token.is_word and token.text.islower()]
    parts = [part for word in words for part in word.replace("'", "-").split("-")]
    absent = [part for part in parts if part not in article.words and stem(part) not in article.words]
    odd = [part for part in absent if part.isalpha() and len(part) > 3 and not is_english(part)]
    office = not _SAME_OFFICE.isdisjoint(article.words)
    precise = [part for part in absent if part in _PRECISE and not (office and part in _SAME_OFFICE)]
    gender = [word for word in words if word in _SHE and not _WOMEN & article.words]
    if odd or precise or gender:
        return Check(
            name="content", passed=False, detail=f"{(odd or precise or gender)[0]} is not in the sources"
        )
    return Check(name="content", passed=True, detail=f"{support:.0%}")


def _result(name: str, problems: Sequence[str]) -> Check:
    return Check(name=name, passed=not problems, detail="; ".join(dict.fromkeys(problems)))
