"""The command line: `main` builds the program, every other module holds one command."""

from __future__ import annotations

__all__: list[str] = []
