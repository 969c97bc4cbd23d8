"""Places for connections, given out in the order in which they were asked for."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# How often somebody who waits looks for places that were left without a word.
_SLICE_SECONDS = 0.05


class Gate:
    """A semaphore that is fair, and whose waiters tidy up meanwhile.

    The pool of the HTTP library has a queue of its own; who leaves it for a moment, to look for
    dropped streams, is put at its end.

    Args:
        places: How many may be inside.
        tidy: Called now and then by whoever waits; it may call `leave`.
    """

    def __init__(self, places: int, tidy: Callable[[], None]) -> None:
        self._free = places
        self._tidy = tidy
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def enter(self, seconds: float) -> bool:
        """Take a place; ``False``: there was none in time."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            called = threading.Event()
            self._waiting.append(called)
        until = time.monotonic() + seconds
        try:
            while not called.wait(min(_SLICE_SECONDS, max(0.0, until - time.monotonic()))):
                self._tidy()
                if time.monotonic() > until:
                    break
        except BaseException:
            if self._settle(called):
                self.leave()
            raise
        return self._settle(called)

    def leave(self) -> None:
        """Give the place to whoever waits longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    def _settle(self, called: threading.Event) -> bool:
        """Stop waiting; whether there is a place by now."""
        with self._lock:
            if called.is_set():
                return True
            self._waiting.remove(called)
            return False
