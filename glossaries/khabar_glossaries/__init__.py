"""Glossaries of names: entries, file formats, the Arabic-aware matcher and the shipped data.

In: glossary files and Arabic text. Out: where which entry stands in the text. Not here: changing translations
(khabar_mt.terms).
"""

from __future__ import annotations

from khabar_glossaries.entry import ENTRY_TYPES, Entry
from khabar_glossaries.glossary import Glossary
from khabar_glossaries.matcher import Match

__all__ = ["ENTRY_TYPES", "Entry", "Glossary", "Match"]
