"""Places for connections, given out in the order in which they were asked for."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from .cancel import Cancel

# How often who is next looks for places that were left without a word; the others wait behind it.
_SLICE_SECONDS = 0.05
_LONG_SLICE_SECONDS = 1.0


class Place:
    """A place behind a gate; one that is dropped is given back too, by whoever comes next."""

    __slots__ = ("_gate", "taken")

    def __init__(self, gate: Gate) -> None:
        self.taken = False
        self._gate = gate

    def leave(self) -> None:
        """Give it to whoever waits longest. Harmless when repeated."""
        self._gate.take_back(self)

    def __del__(self) -> None:
        if getattr(self, "taken", False):
            # No lock here: the garbage collector may run while this thread holds it.
            self.taken = False
            self._gate.lost.append(None)


class _Waiter:
    __slots__ = ("called", "has_place")

    def __init__(self) -> None:
        self.called = threading.Event()  # to a place, or because its call is to end
        self.has_place = False


class Gate:
    """A semaphore that is fair, and whose waiters tidy up meanwhile.

    The pool of the HTTP library has a queue of its own; who leaves it for a moment, to look for
    dropped streams, is put at its end. An interruption at the worst moment makes a place too many
    rather than too few: the pool counts too.

    Args:
        places: How many may be inside.
        tidy: Called now and then by whoever waits; what it raises ends the waiting.

    Attributes:
        lost: One entry for each place that was dropped.
    """

    def __init__(self, places: int, tidy: Callable[[], None]) -> None:
        self._free = places
        self._tidy = tidy
        self._lock = threading.RLock()  # a signal handler may close the client at any line
        self._waiting: deque[_Waiter] = deque()
        self.lost: deque[None] = deque()

    def enter(self, seconds: float, cancel: Cancel) -> Place | None:
        """Take a place; ``None``: there was none in time, or the call is to end."""
        place = Place(self)
        self._collect()
        with self._lock:
            if self._free > 0:
                place.taken = True
                self._free -= 1
                return place
            waiter = _Waiter()
            self._waiting.append(waiter)
        try:
            with cancel.waking(waiter.called.set):
                self._wait(waiter, time.monotonic() + seconds)
        finally:
            place.taken = self._settle(waiter)
        return place if place.taken else None

    def take_back(self, place: Place) -> None:
        """Give a place to whoever waits longest."""
        with self._lock:
            if place.taken:
                self._hand_on()
                place.taken = False

    def _wait(self, waiter: _Waiter, until: float) -> None:
        while True:
            is_next = self._waiting and self._waiting[0] is waiter
            seconds = _SLICE_SECONDS if is_next else _LONG_SLICE_SECONDS
            if waiter.called.wait(max(0.0, min(seconds, until - time.monotonic()))):
                return
            self._tidy()
            self._collect()
            if time.monotonic() > until:
                return

    def _settle(self, waiter: _Waiter) -> bool:
        """Stop waiting; whether there is a place by now."""
        with self._lock:
            if not waiter.has_place:
                self._waiting.remove(waiter)
            return waiter.has_place

    def _collect(self) -> None:
        with self._lock:
            while self.lost:
                self._hand_on()
                self.lost.popleft()

    def _hand_on(self) -> None:
        if self._waiting:
            waiter = self._waiting[0]
            waiter.has_place = True
            waiter.called.set()
            self._waiting.popleft()
        else:
            self._free += 1
