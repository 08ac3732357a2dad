"""Hold a translation to the glossary. In: matches in the source, a translation. Out: hints, hits, a repaired
text.

The order is the cheapest first: hints for the model, acceptance of what it wrote, repair of a near-spelling,
a beginning to force on a new attempt. Whatever is still wrong is reported in the hits. Not here: decoding
(ladder), finding the names (khabar_glossaries), agreement across an article (consistency)."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence

from khabar_core.records import Span, TermHit, TermStatus
from khabar_glossaries.english import find_form, plain, singular_forms
from khabar_glossaries.entry import BUILTIN_LAYER
from khabar_glossaries.folding import fold_key
from khabar_glossaries.matcher import Match
from khabar_mt.respelling import Replacement, best_guess, find_replacement, preferred_spelling

__all__ = [
    "ADVICE",
    "HINT_LIMIT",
    "check_terms",
    "forced_prefix",
    "hints_for",
    "is_advice",
    "mark_attempt",
    "n_violated",
    "repair_terms",
]

# The default model saw at most eight hints in training.
HINT_LIMIT = 8
# Steps of a word of art of the shipped glossary, which has synonyms as good, and of a doubtful word.
ADVICE = "advice only"
_DOUBTED = "doubted"
_MAX_HINT_CHARS = 80
# What a model gets wrong most comes first; it knows the weekdays and demonyms of the shipped glossary, so
# they take no room in the prompt.
_HINT_ORDER = ("person", "group", "org", "media", "place", "weapon", "title", "other", "term")
# Types whose English takes a plural ending: two Syrians, the Kalashnikovs.
_PLURAL_TYPES = frozenset({"demonym", "group", "title", "weapon", "term", "org", "other"})
# `=`, `;` and line ends have a meaning in the prompt; a glossary must not be able to write one.
_UNSAFE = frozenset("=;\n\r\t\v\f\x00\x1b\u0085\u2028\u2029<>")


def _safe(text: str) -> bool:
    return bool(text.strip()) and len(text) <= _MAX_HINT_CHARS and not _UNSAFE.intersection(text)


def hints_for(matches: Sequence[Match], *, limit: int = HINT_LIMIT) -> tuple[tuple[str, str], ...]:
    """Choose the hints to put into the model's prompt.

    Args:
        matches: the names of one source segment.
        limit: how many at most.

    Returns:
        (Arabic as it stands in the segment, English) pairs in source order, without repetitions; nothing
        ambiguous, and nothing that holds a character with a meaning in the prompt.
    """
    chosen: dict[str, Match] = {}
    for match in matches:
        if match.ambiguous or (match.entry.layer == BUILTIN_LAYER and match.entry.type not in _HINT_ORDER):
            continue
        if _safe(match.surface) and _safe(match.entry.target):
            chosen.setdefault(fold_key(match.surface), match)
    ranked = sorted(chosen.values(), key=_hint_rank)
    kept = sorted(ranked[: max(0, limit)], key=lambda match: match.span)
    return tuple((match.surface, match.entry.target) for match in kept)


def _hint_rank(match: Match) -> tuple[bool, int, int]:
    """A user's terms before the advice of the shipped glossary, then by type, long names first."""
    kind = match.entry.type
    rank = _HINT_ORDER.index(kind) if kind in _HINT_ORDER else len(_HINT_ORDER)
    return (match.entry.advisory, rank, -len(match.surface))


def _hit(match: Match, shown: Collection[tuple[str, str]] = ()) -> TermHit:
    """A hit of which only the source is known, and whether the model was shown a hint for it."""
    entry = match.entry
    steps = [ADVICE] if entry.advisory else []
    if match.ambiguous:
        steps.append(f"{_DOUBTED}: {match.reason}")
    if (fold_key(match.surface), entry.target) in shown:
        steps.append("hint")
    return TermHit(
        source=match.surface,
        source_span=match.span,
        target=entry.target,
        accepted=entry.accepted,
        type=entry.type,
        status=TermStatus.AMBIGUOUS if match.ambiguous or entry.advisory else TermStatus.VIOLATED,
        steps=tuple(steps),
        glossary=entry.layer,
        forbidden=entry.forbidden,
        plural=match.plural or entry.type in _PLURAL_TYPES,
        exact_case=entry.exact_case,
    )


def _forms(hit: TermHit) -> tuple[str, ...]:
    """Accepted forms, the longest first, so that "Vladimir Putin" is found before "Putin"."""
    forms = (hit.target, *hit.accepted)
    return tuple(sorted((*forms, *singular_forms(hit.source, forms)), key=len, reverse=True))


def _overlaps(span: Span, taken: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _first_free(text: str, hit: TermHit, taken: Iterable[Span]) -> Span | None:
    """The first place where an accepted form stands that no other term has taken."""
    taken = list(taken)
    best: Span | None = None
    for form in _forms(hit):
        for span in find_form(text, form, exact=hit.exact_case, plural=hit.plural):
            if not _overlaps(span, taken) and (best is None or span[0] < best[0]):
                best = span
                break
    return best


def check_terms(
    matches: Sequence[Match], text: str, hints: Iterable[tuple[str, str]] = ()
) -> tuple[TermHit, ...]:
    """Say for each match whether an accepted form stands in the translation.

    Each place in the translation serves one match, longer names first. Where a name stands twice in the
    source and once in the translation (English says "he"), the one place serves both.

    Args:
        matches: the names of the source segment.
        text: its translation.
        hints: what the model was shown, for the record of steps.

    Returns:
        One hit for each match, in the order of the matches.
    """
    easy = plain(text)
    shown = {(fold_key(arabic), english) for arabic, english in hints}
    hits = [_hit(match, shown) for match in matches]
    places: dict[int, Span] = {}
    order = sorted(range(len(hits)), key=lambda i: (-len(hits[i].target), hits[i].source_span))
    for i in order:
        span = _first_free(easy, hits[i], places.values())
        if span is not None:
            places[i] = span
    for i in order:
        if i not in places:
            shared = _shared_place(easy, hits, i, places)
            if shared is not None:
                places[i] = shared
    return tuple(_with_place(hit, text, places.get(i)) for i, hit in enumerate(hits))


def _shared_place(text: str, hits: Sequence[TermHit], i: int, places: dict[int, Span]) -> Span | None:
    """A place of the same name: the same target, or a full name whose Arabic holds this one."""
    key = f" {fold_key(hits[i].source)} "
    # "Vladimir Putin" also answers a second "Putin"; but "South Sudan" is never "Sudan".
    is_person = hits[i].type == "person"
    for j, span in sorted(places.items(), key=lambda item: item[1]):
        if hits[j].target == hits[i].target:
            return span
        if is_person and key in f" {fold_key(hits[j].source)} ":
            inner = _first_free(text[: span[1]], hits[i], [(0, span[0])])
            if inner is not None:
                return inner
    return None


def _with_place(hit: TermHit, text: str, span: Span | None) -> TermHit:
    """The hit with what was found."""
    if span is None:
        return hit
    return dataclasses.replace(hit, status=TermStatus.AT_ONCE, found=text[slice(*span)], target_span=span)


def mark_attempt(hits: Iterable[TermHit], attempt: str) -> tuple[TermHit, ...]:
    """Note on the hits that are found which attempt of the ladder wrote them; the first needs no note."""
    return tuple(
        hit
        if attempt == "beam" or hit.target_span is None
        else dataclasses.replace(hit, steps=(*hit.steps, f"decoded again: {attempt}"))
        for hit in hits
    )


def is_advice(hit: TermHit) -> bool:
    """Whether the hit is surely the term, but another wording may be as good."""
    return ADVICE in hit.steps and not any(step.startswith(_DOUBTED) for step in hit.steps)


def n_violated(hits: Iterable[TermHit]) -> int:
    """How many hits are violated."""
    return sum(hit.status is TermStatus.VIOLATED for hit in hits)


def repair_terms(source: str, text: str, hits: Sequence[TermHit]) -> tuple[str, tuple[TermHit, ...]]:
    """Replace wrong spellings of names by what the glossary says.

    A word is replaced only if it sounds like the name, no other term stands there, and no other word of the
    source explains it better. Possessive endings stay, a/an and the capital of a sentence follow.

    Args:
        source: the Arabic segment.
        text: its translation.
        hits: from `check_terms` on the same pair.

    Returns:
        The repaired text and the hits with their new places.
    """
    current = list(hits)
    order = sorted(
        (i for i, hit in enumerate(current) if hit.status is TermStatus.VIOLATED),
        key=lambda i: (-len(current[i].target), current[i].source_span),
    )
    for i in order:
        taken = [hit.target_span for hit in current if hit.target_span is not None]
        others = [hit for j, hit in enumerate(current) if j != i]
        replacement = find_replacement(source, text, current[i], taken, others)
        if replacement is None:
            continue
        text = replacement.apply(text)
        step = f"respelling: {replacement.old} -> {replacement.new}"
        current = [replacement.moved(hit) for hit in current]
        span = replacement.new_span
        current[i] = dataclasses.replace(
            current[i],
            status=TermStatus.REPAIRED,
            found=text[slice(*span)],
            target_span=span,
            steps=(*current[i].steps, step),
        )
    text, current = _prefer_target(text, _share_repairs(current))
    return text, tuple(current)


def _prefer_target(text: str, hits: list[TermHit]) -> tuple[str, list[TermHit]]:
    """Write an accepted spelling of a name as the glossary prefers it, so that it is the same everywhere."""
    for i in range(len(hits)):
        hit = hits[i]
        if hit.target_span is None or hit.status is not TermStatus.AT_ONCE or _is_inner(hit, hits):
            continue
        replacement = preferred_spelling(text, hit, hit.target_span)
        if replacement is None:
            continue
        text = replacement.apply(text)
        step = f"preferred spelling: {replacement.old} -> {replacement.new}"
        hits = [_respelt(other, hit, text, replacement, step) for other in hits]
    return text, hits


def _is_inner(hit: TermHit, hits: Iterable[TermHit]) -> bool:
    """Whether the hit's place lies inside a longer name: Putin in Vladimir Putin."""
    start, end = hit.target_span or (0, 0)
    spans = (other.target_span for other in hits if other.target_span is not None)
    return any(first <= start and end <= last and (first, last) != (start, end) for first, last in spans)


def _respelt(other: TermHit, hit: TermHit, text: str, replacement: Replacement, step: str) -> TermHit:
    """A hit after the place of `hit` was edited: moved, or, where both share the place, the new form."""
    old, new = hit.target_span, replacement.new_span
    if other.target_span is None or old is None:
        return other
    if not (old[0] <= other.target_span[0] and other.target_span[1] <= old[1]):
        return replacement.moved(other)
    span = new
    if other.target_span != old:
        span = _first_free(plain(text[: new[1]]), other, [(0, new[0])]) or new
    found = text[slice(*span)]
    return dataclasses.replace(other, found=found, target_span=span, steps=(*other.steps, step))


def _share_repairs(hits: Sequence[TermHit]) -> list[TermHit]:
    """Let a repaired place serve the hits of the same target for which no place of their own was found."""
    repaired = {hit.target: hit for hit in reversed(hits) if hit.status is TermStatus.REPAIRED}
    return [
        dataclasses.replace(
            hit,
            status=TermStatus.REPAIRED,
            found=repaired[hit.target].found,
            target_span=repaired[hit.target].target_span,
            steps=(*hit.steps, "shares a repaired place"),
        )
        if hit.status is TermStatus.VIOLATED and hit.target in repaired
        else hit
        for hit in hits
    ]


def forced_prefix(text: str, hit: TermHit, source: str = "") -> str | None:
    """The beginning that a new decoding attempt must have so that a violated name comes out right.

    Args:
        text: the translation that violates the term.
        hit: the violated hit.
        source: the Arabic segment; with it the guess is surer.

    Returns:
        The translation up to the likeliest place of the name, then the name; None if no place is likely.
    """
    if hit.status is not TermStatus.VIOLATED:
        return None
    start = best_guess(source, text, hit)
    if start is None:
        return None
    target = hit.target
    if not text[:start].strip() and target[:1].islower():
        target = target[0].upper() + target[1:]
    return text[:start] + target
