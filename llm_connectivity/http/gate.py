"""Places for connections, given out in the order in which they were asked for."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable

from ..cancel import Cancel

# How often who is next looks for places that were left without a word; the others wait behind it.
_SLICE_SECONDS = 0.05
_LONG_SLICE_SECONDS = 1.0


class Place:
    """A place behind a gate; one that is dropped is given back too, by whoever comes next.

    Attributes:
        taken: Whether it is one already, and not only waited for.
        called: Set when it has become one, or its call is to end.
    """

    __slots__ = ("__weakref__", "_gate", "called", "taken")

    def __init__(self, gate: Gate) -> None:
        self.taken = False
        self.called = threading.Event()
        self._gate = gate

    def leave(self) -> None:
        """Give it to whoever waits longest. Harmless when repeated."""
        self._gate.take_back(self)

    def __del__(self) -> None:
        if getattr(self, "taken", False):
            # No lock here: the garbage collector may run while this thread holds it.
            self.taken = False
            self._gate.lost.append(None)


class Gate:
    """A semaphore that is fair, and whose waiters tidy up meanwhile.

    The pool of the HTTP library has a queue of its own; who leaves it for a moment, to look for
    dropped streams, is put at its end. An interruption at the worst moment makes a place too many
    rather than too few: the pool counts too. Who is interrupted while it waits is forgotten.

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
        self._waiting: deque[weakref.ref[Place]] = deque()
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
            self._waiting.append(weakref.ref(place))
        try:
            with cancel.waking(place.called.set):
                self._wait(place, time.monotonic() + seconds)
        finally:
            self._stop_waiting(place)
        return place if place.taken else None

    def take_back(self, place: Place) -> None:
        """Give a place to whoever waits longest."""
        with self._lock:
            if place.taken:
                self._hand_on()
                place.taken = False

    def _wait(self, place: Place, until: float) -> None:
        while True:
            is_next = self._waiting and self._waiting[0]() is place
            seconds = _SLICE_SECONDS if is_next else _LONG_SLICE_SECONDS
            if place.called.wait(max(0.0, min(seconds, until - time.monotonic()))):
                return
            self._tidy()
            self._collect()
            if place.taken or time.monotonic() > until:
                return

    def _stop_waiting(self, place: Place) -> None:
        with self._lock:
            if not place.taken:
                self._waiting.remove(weakref.ref(place))

    def _collect(self) -> None:
        with self._lock:
            while self._waiting and self._waiting[0]() is None:
                self._waiting.popleft()
            while self.lost:
                self._hand_on()
                self.lost.popleft()

    def _hand_on(self) -> None:
        while self._waiting:
            place = self._waiting[0]()
            if place is not None:
                place.taken = True  # and at once, so that no signal comes between:
            self._waiting.popleft()
            if place is not None:
                place.called.set()
                return
        self._free += 1
