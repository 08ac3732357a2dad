"""Plain text: one paragraph for each line, blank ones included; indentation and line ends stay as they are.

In: text. Out: a document. Not here: headlines and datelines (news).
"""

from __future__ import annotations

from khabar_mt.documents.base import BOM, Document, Slot, Source, line_spans, slotted

__all__ = ["read"]


def read(source: Source) -> Document:
    """Read a text file."""
    content = source.decode()
    begin = 1 if content.startswith(BOM) else 0
    slots = [Slot(start, end, content[start:end]) for start, end in line_spans(content, begin)]
    return slotted(source, "txt", content, slots)
