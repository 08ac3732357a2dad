"""Build a large second glossary from a list of name pairs. In: TSV lines (Arabic, English, type, sources).
Out: entries.

Such lists are collected by machines: the entries are marked "automatic", and a pair is taken only if it
sounds alike, is no common word, and is not in the press glossary. Not here: the lists themselves.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from khabar_core.errors import GlossaryError, InputError
from khabar_glossaries.entry import Entry, make_entry
from khabar_glossaries.folding import fold_key
from khabar_glossaries.glossary import Glossary
from khabar_glossaries.romanise import arabic_sounds, english_sounds, n_consonants, sound_similarity
from khabar_glossaries.wordlists import common_words

__all__ = ["AutomaticOptions", "build_automatic", "read_pairs"]

_TYPES = {"person": "person", "place": "place", "country": "place", "org": "org"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticOptions:
    """What to take from a list.

    Attributes:
        min_likeness: in sound, 0 to 1; organisations are translated, not transliterated, and need two
            sources.
        min_letters: of the Arabic, without spaces.
        limit: how many entries at most, None for all.
        date: of the list, for the column of that name.
    """

    min_likeness: float = 0.78
    min_letters: int = 4
    limit: int | None = None
    date: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_likeness <= 1.0:
            raise ValueError(f"min_likeness must be from 0 to 1, got {self.min_likeness}")


@dataclass(slots=True)
class _Choice:
    """The best English so far for one Arabic key."""

    score: tuple[int, float]
    arabic: str
    english: str
    kind: str
    sources: str
    others: list[str]


def read_pairs(path: str | Path) -> Iterator[tuple[str, ...]]:
    """Lines of a TSV file (plain or .xz) as tuples of cells.

    Raises:
        InputError: the file is missing or unreadable.
        GlossaryError: a line is not UTF-8.
    """
    path = Path(path)
    opener = lzma.open if path.suffix == ".xz" else open
    n_read = 0
    try:
        with opener(path, "rb") as file:
            for raw in file:
                yield tuple(raw.decode("utf-8").rstrip("\r\n").split("\t"))
                n_read += 1
    except OSError as exc:
        raise InputError(f"cannot be read: {exc.strerror or exc}", where=str(path)) from exc
    except (lzma.LZMAError, EOFError) as exc:
        raise InputError("not a complete .xz file", where=str(path)) from exc
    except UnicodeDecodeError as exc:
        raise GlossaryError("not UTF-8", where=f"{path}:{n_read + 1}") from exc


def build_automatic(
    rows: Iterable[tuple[str, ...]],
    *,
    known: Glossary | None = None,
    options: AutomaticOptions = AutomaticOptions(),
) -> list[Entry]:
    """Choose one English form for each Arabic name.

    Args:
        rows: (Arabic, English[, type[, sources separated by |]]).
        known: entries that must not be overridden; None means the shipped press glossary.
        options: what to take; None means the defaults.

    Returns:
        Entries, those attested by most sources first.
    """
    matcher = (known if known is not None else Glossary.builtin()).matcher
    hidden = {key for key, _ in matcher.written_keys()}
    options = options or AutomaticOptions()
    choices: dict[str, _Choice] = {}
    for row in rows:
        if len(row) >= 2:
            _consider(row, choices, hidden, options)
    ranked = sorted(choices.values(), key=lambda choice: (-choice.score[0], -choice.score[1], choice.arabic))
    return [_to_entry(choice, options) for choice in ranked[: options.limit]]


def _consider(
    row: tuple[str, ...], choices: dict[str, _Choice], hidden: set[str], options: AutomaticOptions
) -> None:
    """Weigh one line against what was chosen before."""
    arabic, english = row[0].strip(), row[1].strip()
    kind = _TYPES.get(row[2].strip().lower(), "other") if len(row) > 2 else "other"
    sources = row[3].strip() if len(row) > 3 else ""
    key = fold_key(arabic)
    if key in hidden or key in common_words() or len(key.replace(" ", "")) < options.min_letters:
        return
    if not english[:1].isupper() or any(c in english for c in "|\t=;"):
        return
    n_sources = sources.count("|") + 1
    sounds = english_sounds(english)
    likeness = sound_similarity(sounds, arabic_sounds(arabic))
    if n_consonants(sounds) < 2 or likeness < options.min_likeness:
        return
    score = (n_sources, likeness)
    best = choices.get(key)
    if best is None:
        choices[key] = _Choice(score, arabic, english, kind, sources, [])
    elif score > best.score:
        best.others.append(best.english)
        best.score, best.arabic, best.english, best.kind, best.sources = score, arabic, english, kind, sources
    elif english != best.english:
        best.others.append(english)


def _to_entry(choice: _Choice, options: AutomaticOptions) -> Entry:
    """An entry whose note says that a machine made it.

    A first name or surname alone needs evidence, and so does any single word that only one list has.
    """
    single = " " not in choice.arabic and (choice.kind == "person" or choice.score[0] < 2)
    raw = Entry(
        source=choice.arabic,
        target=choice.english,
        accepted=tuple(choice.others[:6]),
        type=choice.kind,
        note="automatic, ambiguous: a single name" if single else "automatic",
        origin=choice.sources,
        date=options.date,
        layer="automatic",
    )
    return make_entry(raw, where=choice.arabic)
