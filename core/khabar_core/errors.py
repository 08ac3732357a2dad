"""Every error that khabar raises on purpose.

KhabarError (exit 1)
├── UsageError (2)     an option or argument makes no sense
├── InputError (3)     a file or text that the user gave cannot be used
├── ModelError (4)     a model is missing, altered, or of an unknown kind
├── GlossaryError (5)  a glossary is malformed or contradicts itself
└── GateError (6)      a quality gate was missed

The text says where, what and what to do: `people.tsv:41: 3 columns expected, 2 found (separate with tabs)`.
"""

from __future__ import annotations

__all__ = ["GateError", "GlossaryError", "InputError", "KhabarError", "ModelError", "UsageError"]


class KhabarError(Exception):
    """Root of the tree; catch it to catch everything that khabar reports.

    Args:
        message: what is wrong, in one line.
        where: the file, line, URL or option it is about, if there is one.
        hint: what the user can do, if that is known.
    """

    exit_code: int = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class UsageError(KhabarError):
    """An option or argument that makes no sense."""

    exit_code = 2


class InputError(KhabarError):
    """A file or text that the user gave cannot be used."""

    exit_code = 3


class ModelError(KhabarError):
    """A model is missing, altered, or of a kind that khabar cannot run."""

    exit_code = 4


class GlossaryError(KhabarError):
    """A glossary is malformed or contradicts itself."""

    exit_code = 5


class GateError(KhabarError):
    """A quality gate was missed."""

    exit_code = 6
