"""khabar: Arabic news into English that an analyst can use, offline, on an ordinary CPU.

    >>> import khabar
    >>> translator = khabar.Translator.load()  # doctest: +SKIP
    >>> print(translator.translate("قال المتحدث إن المحادثات ستستأنف غدا.").text)  # doctest: +SKIP

Importing this package loads nothing else: each name below is fetched from its room when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from khabar.render import render
    from khabar_core.engines import load_engine
    from khabar_core.errors import (
        GateError,
        GlossaryError,
        InputError,
        KhabarError,
        ModelError,
        UsageError,
    )
    from khabar_core.records import (
        Article,
        Briefing,
        BriefSentence,
        Flag,
        FlagKind,
        Segment,
        Signature,
        TermHit,
        TermStatus,
        TranslatedArticle,
        Translation,
        to_json,
    )
    from khabar_eval import CallableSystem, Plan, evaluate, load_suite
    from khabar_glossaries import Entry, Glossary
    from khabar_mt.cache import Cache
    from khabar_mt.documents import Document, read_document
    from khabar_mt.options import TranslateOptions
    from khabar_mt.translator import Translator
    from khabar_summarize import BriefOptions, Summarizer

_HOMES = {
    "khabar.render": ("render",),
    "khabar_core.engines": ("load_engine",),
    "khabar_core.errors": (
        "GateError",
        "GlossaryError",
        "InputError",
        "KhabarError",
        "ModelError",
        "UsageError",
    ),
    "khabar_core.records": (
        "Article",
        "BriefSentence",
        "Briefing",
        "Flag",
        "FlagKind",
        "Segment",
        "Signature",
        "TermHit",
        "TermStatus",
        "TranslatedArticle",
        "Translation",
        "to_json",
    ),
    "khabar_eval": ("CallableSystem", "Plan", "evaluate", "load_suite"),
    "khabar_glossaries": ("Entry", "Glossary"),
    "khabar_mt.cache": ("Cache",),
    "khabar_mt.documents": ("Document", "read_document"),
    "khabar_mt.options": ("TranslateOptions",),
    "khabar_mt.translator": ("Translator",),
    "khabar_summarize": ("BriefOptions", "Summarizer"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Article",
    "BriefOptions",
    "BriefSentence",
    "Briefing",
    "Cache",
    "CallableSystem",
    "Document",
    "Entry",
    "Flag",
    "FlagKind",
    "GateError",
    "Glossary",
    "GlossaryError",
    "InputError",
    "KhabarError",
    "ModelError",
    "Plan",
    "Segment",
    "Signature",
    "Summarizer",
    "TermHit",
    "TermStatus",
    "TranslateOptions",
    "TranslatedArticle",
    "Translation",
    "Translator",
    "UsageError",
    "evaluate",
    "load_engine",
    "load_suite",
    "read_document",
    "render",
    "to_json",
]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its room, or the version from the installed package."""
    if name == "__version__":
        from importlib.metadata import version

        return version("khabar")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    """The public names, for completion."""
    return [*__all__, "__version__"]
