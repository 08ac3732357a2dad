"""What is evaluated: test cases, and suites of them.

In: cases from a reader (readers, manifest). Out: a checked `Suite` with a digest of its content, subsets of
it, and
the slices (topic, document, length, tag) that reports break scores down by. Not here: file formats, metrics.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from khabar_core.errors import InputError, UsageError

__all__ = [
    "LENGTH_BUCKETS",
    "Case",
    "Entity",
    "Suite",
    "check_outputs",
    "check_slice",
    "length_bucket",
    "slice_mask",
    "subset",
]

# Source words, inclusive upper bounds: headlines, ordinary lines, long sentences, the very long.
LENGTH_BUCKETS = ((10, "1-10 words"), (20, "11-20 words"), (35, "21-35 words"))
_LONGEST = "36+ words"
_SLICES = ("document", "length", "tag", "topic")


@dataclass(frozen=True, slots=True)
class Entity:
    """A name or term in a source, and the English that is right for it.

    Attributes:
        source: Arabic as it stands in the source, without proclitics.
        target: the English form in the first reference.
        type: person, place, org, group, weapon, title, term or other.
        accepted: other English forms that are right too.
    """

    source: str
    target: str
    type: str = "other"
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One segment to translate.

    Attributes:
        id: unique in the suite.
        src: Arabic.
        refs: references, the preferred one first; never empty.
        doc: the document it belongs to.
        entities: names in the source.
        topic: what it is about, "" when unknown.
        tags: phenomena; "nonumcheck" excludes a segment from number checks.
        terms: glossary terms that the translation should hold; subject to the suite's glossary, unlike
            entities.
        traps: words of the source that look like a name and are none.
        random: ordinary words of the source with their English in the first reference, which are no terms.
        sentences: of suites of briefs, the English article; `src` is the same, numbered.
    """

    id: str
    src: str
    refs: tuple[str, ...]
    doc: str = ""
    entities: tuple[Entity, ...] = ()
    topic: str = ""
    tags: tuple[str, ...] = ()
    terms: tuple[Entity, ...] = ()
    traps: tuple[str, ...] = ()
    random: tuple[Entity, ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def n_words(self) -> int:
        """White-space words of the source."""
        return len(self.src.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named list of cases.

    Attributes:
        name: for reports and baselines.
        cases: in document order; never empty, ids unique, no reference blank.
        licence: SPDX name or "" when unknown.
        origin: where it was read from.
        description: one line.
        glossary: path of a glossary that belongs to the suite, if there is one.
        metadata: free strings.
    """

    name: str
    cases: tuple[Case, ...]
    licence: str = ""
    origin: str = ""
    description: str = ""
    glossary: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = self.origin or self.name
        if not self.cases:
            raise InputError("suite has no segments", where=where)
        counts = Counter(case.id for case in self.cases)
        twice = next((key for key, n in counts.items() if n > 1), None)
        if twice is not None:
            raise InputError(f"segment id {twice!r} occurs {counts[twice]} times", where=where)
        for case in self.cases:
            if bool(case.sentences) != bool(self.cases[0].sentences):
                raise InputError("articles to brief and lines to translate are mixed", where=where)
            if not case.src.strip():
                raise InputError(f"segment {case.id!r} has an empty source", where=where)
            if not case.refs or not all(ref.strip() for ref in case.refs):
                raise InputError(
                    f"segment {case.id!r} has an empty reference",
                    where=where,
                    hint="remove it or translate it",
                )

    @property
    def kind(self) -> str:
        """What is to be done with the sources: "translate" or "brief"."""
        return "brief" if self.cases[0].sentences else "translate"

    @property
    def sources(self) -> list[str]:
        """The Arabic lines in order."""
        return [case.src for case in self.cases]

    @property
    def documents(self) -> list[str]:
        """The document of every line."""
        return [case.doc for case in self.cases]

    @property
    def n_documents(self) -> int:
        """How many documents are named."""
        return len(set(self.documents) - {""})

    @property
    def digest(self) -> str:
        """12 hex digits over ids, sources and references; equal iff hypotheses of one fit the other."""
        sha = hashlib.sha256()
        for case in self.cases:
            sha.update(
                json.dumps([case.id, case.src, case.refs], ensure_ascii=False).encode("utf-8", "replace")
            )
            sha.update(b"\n")
        return sha.hexdigest()[:12]

    def references(self) -> list[list[str | None]]:
        """Reference streams for sacrebleu: stream k has the k-th reference of each case, or None."""
        n_refs = max(len(case.refs) for case in self.cases)
        return [[case.refs[k] if k < len(case.refs) else None for case in self.cases] for k in range(n_refs)]


def length_bucket(n_words: int) -> str:
    """The name of the length bucket for a source of so many words."""
    return next((name for limit, name in LENGTH_BUCKETS if n_words <= limit), _LONGEST)


def check_slice(spec: object) -> tuple[str, str]:
    """Split a slice such as `topic=syria` into its key and value.

    Raises:
        UsageError: not a slice.
    """
    key, found, value = spec.partition("=") if isinstance(spec, str) else ("", "", "")
    if not found or key not in _SLICES:
        raise UsageError(f"not a slice: {spec!r:.60}", hint="one of " + ", ".join(f"{k}=…" for k in _SLICES))
    return key, value


def slice_mask(suite: Suite, spec: str) -> list[bool]:
    """Which cases belong to a slice: `topic=syria`, `document=news-3`, `length=36+ words`, `tag=clitics`.

    Raises:
        UsageError: not a slice.
        InputError: no case belongs to it; an empty slice must not look like a pass.
    """
    key, value = check_slice(spec)
    tests: dict[str, Callable[[Case], bool]] = {
        "document": lambda case: case.doc == value,
        "length": lambda case: length_bucket(case.n_words) == value,
        "tag": lambda case: value in case.tags,
        "topic": lambda case: case.topic == value,
    }
    mask = [tests[key](case) for case in suite.cases]
    if not any(mask):
        raise InputError(f"no segment of suite {suite.name!r} has {spec}", where=suite.origin or suite.name)
    return mask


def subset(suite: Suite, max_segments: int) -> Suite:
    """A smaller suite: the beginnings of its documents, spread evenly, with `max_segments` cases.

    The choice depends on the suite alone, so that the same number gives the same subset, and digest,
    everywhere.

    Raises:
        UsageError: max_segments < 1.
    """
    if max_segments < 1:
        raise UsageError(f"a subset needs at least 1 segment, got {max_segments}")
    if max_segments >= len(suite.cases):
        return suite
    lengths = Counter(case.doc for case in suite.cases)
    n_docs = min(len(lengths), max_segments)
    docs = [list(lengths)[k * len(lengths) // n_docs] for k in range(n_docs)]
    # Round after round each document gives one more from its beginning, so that each topic stays represented.
    shares = dict.fromkeys(docs, 0)
    while sum(shares.values()) < max_segments:
        before = sum(shares.values())
        for doc in docs:
            if shares[doc] < lengths[doc] and sum(shares.values()) < max_segments:
                shares[doc] += 1
        if sum(shares.values()) == before:  # all segments of the chosen documents are taken
            break
    kept = []
    for case in suite.cases:
        if shares.get(case.doc, 0):
            shares[case.doc] -= 1
            kept.append(case)
    return replace(suite, name=f"{suite.name}-{max_segments}", cases=tuple(kept))


def check_outputs(suite: Suite, outputs: Sequence[str], *, where: str) -> None:
    """Refuse outputs that cannot belong to the suite.

    Raises:
        InputError: another number of lines than cases.
    """
    if len(outputs) != len(suite.cases):
        raise InputError(
            f"{len(outputs)} outputs for the {len(suite.cases)} segments of suite {suite.name!r}",
            where=where,
            hint="one line out for each line in",
        )
