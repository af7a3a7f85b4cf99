"""One writer at a time: an exclusive lock on a file of the home.

The lock is the kernel's (`flock`), so it ends with the process that holds it, however that process ends: nobody ever
has to delete a lock file. What is written into the file says who holds it, for the sentence that the next one reads.

An erasure removes the folder of a past day with the file whose lock it holds: a lock counts only where the file that is
locked is the one that the next one will find.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from orchestration.paths import Home

LOCK_FILE = "refresh.lock"
POLL_SECONDS = 0.5

_held: dict[Path, TextIO] = {}
"""The locks this process holds. A second open file would lock the process out of its own home."""


class LockHeld(Exception):
    """Another process is at work in this home; the message says which."""


def lock_file(home: Home) -> Path:
    """The file that is locked: `private/refresh.lock` of what is built."""
    return home.private / LOCK_FILE


def acquire(home: Home, wait_seconds: float = 0.0, tell: Callable[[str], None] | None = None) -> bool:
    """Take the lock for the rest of this process, or until `release`; True where it was not held before.

    Waits at most `wait_seconds`, and calls `tell` once with a sentence when it begins to wait. Raises LockHeld where
    another process still holds the lock then.
    """
    file = lock_file(home)
    if file in _held:
        return False
    give_up_at = time.monotonic() + wait_seconds
    has_told = False
    while True:
        handle = _open(file)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            handle.close()
            if time.monotonic() >= give_up_at:
                raise LockHeld(
                    f"A refresh of this warehouse is under way ({holder}). Wait until it has ended; its lock, {file}, "
                    "goes with it and need not be removed."
                ) from None
            if tell and not has_told:
                tell(f"A refresh of this warehouse is under way ({holder}): waiting up to {wait_seconds:.0f} s for it.")
                has_told = True
            time.sleep(POLL_SECONDS)
            continue
        if _is_in_place(handle, file):
            break
        handle.close()
    handle.seek(0)
    handle.truncate()
    handle.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
    handle.flush()
    _held[file] = handle
    return True


def _open(file: Path) -> TextIO:
    """The file to lock, made where it is not there, and again where its folder goes at that moment."""
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return file.open("a+", encoding="utf-8")


def _is_in_place(handle: TextIO, file: Path) -> bool:
    """Whether the open file is the one that is found under this name now."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), file.stat())
    except FileNotFoundError:
        return False


def release(home: Home) -> None:
    """Give the lock back; nothing happens where this process does not hold it."""
    handle = _held.pop(lock_file(home), None)
    if handle is not None:
        handle.seek(0)
        handle.truncate()
        handle.close()


@contextmanager
def hold(home: Home, wait_seconds: float = 0.0, tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock while the block runs. Inside a block that already holds it, nothing more is done."""
    taken_here = acquire(home, wait_seconds, tell)
    try:
        yield
    finally:
        if taken_here:
            release(home)


def is_held_elsewhere(home: Home) -> bool:
    """Whether another process is at work in this home now."""
    file = lock_file(home)
    if file in _held:
        return False
    with suppress(FileNotFoundError), file.open("r+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
