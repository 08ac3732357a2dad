"""What tests of documents share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from khabar_mt.documents import Document, read_document

Writer = Callable[..., Document]


@pytest.fixture
def document(tmp_path: Path) -> Writer:
    """Write a file and read it as a document."""

    def write(name: str, content: str | bytes, **options: str) -> Document:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_document(path, **options)

    return write
