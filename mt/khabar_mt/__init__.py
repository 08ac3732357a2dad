"""Arabic to English translation: documents, Arabic text, term enforcement, guards, the translator.

In: Arabic files or text. Out: English in the same layout, with flags and a signature. Not here: models
(core), glossaries, the command line.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from khabar_mt.batch import BatchReport, translate_many
    from khabar_mt.cache import Cache
    from khabar_mt.documents import Document, read_document
    from khabar_mt.options import TranslateOptions
    from khabar_mt.translator import Translator

__all__ = [
    "BatchReport",
    "Cache",
    "Document",
    "TranslateOptions",
    "Translator",
    "read_document",
    "translate_many",
]

_HOMES = {
    "BatchReport": "batch",
    "Cache": "cache",
    "Document": "documents",
    "TranslateOptions": "options",
    "Translator": "translator",
    "read_document": "documents",
    "translate_many": "batch",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used, so that importing the package is cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
