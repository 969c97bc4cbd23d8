"""What a forked child must not share with its parent: connections, and locks of lost threads."""

from __future__ import annotations

import contextlib
import logging  # noqa: F401 - a fork takes its lock, which an import may want, behind ours
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any, Protocol


class Forked(Protocol):
    """Something that is told when it finds itself in a forked child."""

    def in_child(self) -> None:
        """Let go of what is the parent's; no lock may be waited for, no connection shut down."""


_CONCERNED: weakref.WeakSet[Forked] = weakref.WeakSet()

# What is the parent's and can't be let go of: taking it apart would wait for locks whose owners
# do not exist in the child.
KEPT: list[Any] = []

# Held while an SDK or certificates are loaded, and by a fork, which so waits for that: Python has a
# lock for each module that is being imported, OpenSSL for its settings, and in a child nobody would
# ever leave them.
LOADING = threading.RLock()

# Longer than that takes: one that waits for something the forking thread holds never ends.
_LOADING_SECONDS = 10.0

_forking = threading.local()


@contextlib.contextmanager
def loading(module: str) -> Iterator[None]:
    """Import a module inside the block, so that no fork comes between."""
    with contextlib.nullcontext() if module in sys.modules else LOADING:
        yield


def tell_in_child(concerned: Forked) -> None:
    """Tell it, as long as it exists, when it finds itself in a forked child."""
    _CONCERNED.add(concerned)


class Lock:
    """A reentrant lock that is free in a forked child, if another thread has held it.

    It is held by ``with lock.held:``, which no signal can come between: behind a method of ours
    that takes a lock, an interruption would leave it taken for ever.

    Attributes:
        held: The lock itself.
    """

    def __init__(self) -> None:
        self.held = threading.RLock()
        tell_in_child(self)

    def in_child(self) -> None:
        """Take a new one; a block of this thread that holds the old one gives that back."""
        self.held = threading.RLock()


def _wait_for_loading() -> None:
    _forking.waited = LOADING.acquire(timeout=_LOADING_SECONDS)


def _go_on() -> None:
    if _forking.waited:
        LOADING.release()


def _tell_all() -> None:
    for concerned in tuple(_CONCERNED):
        with contextlib.suppress(Exception):  # the others are to be told all the same
            concerned.in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_for_loading, after_in_parent=_go_on, after_in_child=_go_on)
    os.register_at_fork(after_in_child=_tell_all)
