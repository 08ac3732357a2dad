"""One process at a time: a lock on a file, released by the system even when the process dies.

In: a path for the lock file. Out: a context in which no other process holds the lock. Not here: threads of
one process, network file systems without locks (there the work is done twice, and the rename decides).
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["locked"]

log = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock; waits as long as another process holds it.

    Raises:
        OSError: the lock file cannot be created.
    """
    with path.open("ab") as stream:
        _acquire(stream.fileno(), path)
        # The file stays: removing it would let a third process lock a new file beside a waiting second one.
        yield


if sys.platform == "win32":
    import msvcrt

    def _acquire(number: int, path: Path) -> None:
        msvcrt.locking(number, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _acquire(number: int, path: Path) -> None:
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
        except OSError as exc:
            log.warning("%s cannot be locked (%s); two processes may do the same work", path, exc)
