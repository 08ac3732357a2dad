"""Remember decoded segments between runs, by content.

In: keys (signature and normalised segment, hashed by the caller) and what was decoded. Out: the same, later.
An SQLite file in write-ahead mode: many processes may read while one writes. A cache that cannot be written
stops remembering and says so once; it never stops a translation. Not here: which segment has which key.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from khabar_core.engines.base import Hypothesis
from khabar_core.errors import InputError

__all__ = ["Cache", "Entry"]

log = logging.getLogger(__name__)
_SCHEMA = "CREATE TABLE IF NOT EXISTS segments (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
# SQLite allows 999 variables in one statement in old builds.
_KEYS_PER_QUERY = 500
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What was decoded, by which attempts, and which of them wrote it."""

    hypothesis: Hypothesis
    attempts: tuple[str, ...]
    chosen: str = "beam"


class Cache:
    """A file of decoded segments.

    Args:
        path: created when missing, with its folders.

    Raises:
        InputError: the path exists and is no cache, or it cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._writable = True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=_TIMEOUT_S, check_same_thread=False)
            self._prepare()
        except sqlite3.OperationalError as exc:  # no space, no permission, a folder
            raise InputError(
                f"the cache cannot be used: {exc}", where=str(path), hint="name another file"
            ) from exc
        except sqlite3.DatabaseError as exc:
            raise InputError(
                f"not a translation cache: {exc}", where=str(path), hint="delete it or name another file"
            ) from exc
        except OSError as exc:
            raise InputError(f"cannot be opened: {exc.strerror}", where=str(path)) from exc

    def _prepare(self) -> None:
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            with self._connection:
                self._connection.execute(_SCHEMA)
        except sqlite3.OperationalError as exc:
            if self._path.exists() and "readonly" in str(exc):
                self._writable = False
                log.warning("cache %s is read-only: nothing new will be remembered", self._path)
                return
            raise

    def get_many(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries that are known."""
        found: dict[str, Entry] = {}
        for start in range(0, len(keys), _KEYS_PER_QUERY):
            chunk = list(keys[start : start + _KEYS_PER_QUERY])
            marks = ",".join("?" * len(chunk))
            with self._lock:
                rows = self._connection.execute(
                    f"SELECT key, value FROM segments WHERE key IN ({marks})", chunk
                ).fetchall()
            for key, value in rows:
                entry = _decode(value)
                if entry is not None:
                    found[key] = entry
        return found

    def put_many(self, entries: Mapping[str, Entry]) -> None:
        """Remember entries, all or none."""
        if not self._writable or not entries:
            return
        rows = [(key, _encode(entry)) for key, entry in entries.items()]
        try:
            with self._lock, self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO segments VALUES (?, ?)", rows)
        except sqlite3.OperationalError as exc:  # disk full, locked for too long, read-only
            self._writable = False
            log.warning("cache %s cannot be written (%s): going on without it", self._path, exc)

    def __len__(self) -> int:
        with self._lock:
            return int(self._connection.execute("SELECT COUNT(*) FROM segments").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _encode(entry: Entry) -> str:
    h = entry.hypothesis
    fields = [h.text, h.logprob_per_token, h.n_tokens, h.finished, list(entry.attempts), entry.chosen]
    return json.dumps(fields)


def _decode(value: str) -> Entry | None:
    """An entry, None when the row is damaged: it will be decoded anew."""
    try:
        text, logprob, n_tokens, finished, attempts, chosen = json.loads(value)
        hypothesis = Hypothesis(
            text=str(text), logprob_per_token=float(logprob), n_tokens=int(n_tokens), finished=bool(finished)
        )
    except (ValueError, TypeError):
        return None
    return Entry(hypothesis, tuple(str(name) for name in attempts), str(chosen))
