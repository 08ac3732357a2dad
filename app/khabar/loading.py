"""Load what a command needs, with progress on the terminal: engine, glossary, translator.

In: names and paths as the user gave them. Out: the rooms' objects. Not here: building or storing models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from khabar_core.engines import Engine
    from khabar_glossaries import Glossary
    from khabar_mt.translator import Translator

__all__ = ["Tools", "load_engine", "load_glossary", "load_translator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the user said about model and glossary.

    Attributes:
        model: "default", "echo", a name in the model store, or a folder.
        glossaries: files, the most important first.
        builtin: whether the shipped glossary is used below them.
        beam: beam size; None leaves it to `TranslateOptions`.
        threads: None takes what the machine grants.
        cache: a file that remembers decoded sentences between runs.
        consistent: whether names that no glossary knows are spelt alike across documents, too.
        chunk: sentences between two reports of progress; None leaves it to `TranslateOptions`.
    """

    model: str = "default"
    glossaries: Sequence[Path] = ()
    builtin: bool = True
    beam: int | None = None
    threads: int | None = None
    cache: Path | None = None
    consistent: bool = False
    chunk: int | None = None


def load_engine(tools: Tools, progress: Callable[[float, str], None] | None = None) -> Engine:
    """Load the model; `progress` is told about a first-time build."""
    from khabar_core.engines import load_engine as load

    return load(tools.model, threads=tools.threads, progress=progress)


def load_glossary(tools: Tools) -> Glossary:
    """Load the user's glossaries above the shipped one."""
    from khabar_glossaries import Glossary

    return Glossary.load(*tools.glossaries, builtin=tools.builtin)


def load_translator(tools: Tools, progress: Callable[[float, str], None] | None = None) -> Translator:
    """Load a translator; the glossary first, because an error in it should not wait for the model."""
    from khabar_mt.cache import Cache
    from khabar_mt.consistency import NameLedger
    from khabar_mt.options import TranslateOptions
    from khabar_mt.translator import Translator

    options = TranslateOptions()
    if tools.beam is not None:
        options = replace(options, beam_size=tools.beam)
    if tools.chunk is not None:
        options = replace(options, chunk_segments=tools.chunk)
    glossary = load_glossary(tools)
    cache = Cache(tools.cache) if tools.cache is not None else None
    ledger = NameLedger() if tools.consistent else None
    engine = load_engine(tools, progress)
    return Translator(engine, glossary=glossary, options=options, cache=cache, ledger=ledger)
