"""What a forked child must not share with its parent: connections, and locks of lost threads."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any, Protocol


class Forked(Protocol):
    """Something that is told when it finds itself in a forked child."""

    def in_child(self) -> None:
        """Let go of what is the parent's; no lock may be waited for, no connection shut down."""


_CONCERNED: weakref.WeakSet[Forked] = weakref.WeakSet()

# What is the parent's and can't be let go of: taking it apart would wait for locks whose owners
# do not exist in the child.
KEPT: list[Any] = []


def tell_in_child(concerned: Forked) -> None:
    """Tell it, as long as it exists, when it finds itself in a forked child."""
    _CONCERNED.add(concerned)


class Lock:
    """A reentrant lock that is free in a forked child, if another thread has held it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner = 0
        self._depth = 0
        tell_in_child(self)

    def __enter__(self) -> None:
        self._lock.acquire()
        self._owner = threading.get_ident()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        self._lock.release()

    def in_child(self) -> None:
        """Take a new one; it is held as before where the thread that has forked held it."""
        self._lock = threading.RLock()
        if self._owner != threading.get_ident():
            self._depth = 0
        for _ in range(self._depth):
            self._lock.acquire()


def _tell_all() -> None:
    for concerned in tuple(_CONCERNED):
        concerned.in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tell_all)
