"""Ending a call from another thread: waking it from whatever it waits for."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterator


class Cancel:
    """Whether a call is to end, and how it is woken. Lock-free: who waits looks first.

    Attributes:
        is_set: Whether it is to end.
    """

    __slots__ = ("__weakref__", "_connection", "_process", "_wakes", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._process = os.getpid()
        self._wakes: list[Callable[[], object]] = []
        self._connection: Callable[[], Callable[[Cancel], object] | None] | None = None

    def set(self) -> None:
        """End the call. Harmless when repeated."""
        self.is_set = True
        self._forget_parent()
        for wake in tuple(self._wakes):
            wake()
        shut = None if self._connection is None else self._connection()
        if shut is not None:
            shut(self)

    def guard(self, shut: Callable[[Cancel], object]) -> None:
        """Name what wakes reading and writing from now on.

        Args:
            shut: A method of the connection, which is not kept alive by this. It is told who asks:
                by then the connection may serve another call.
        """
        self._forget_parent()
        self._connection = weakref.WeakMethod(shut)
        if self.is_set:
            shut(self)

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """Call a function when the call is to end while the block runs, maybe at once."""
        self._forget_parent()
        wakes = self._wakes
        wakes.append(wake)
        try:
            if self.is_set:
                wake()
            yield
        finally:
            wakes.remove(wake)

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the end of the call."""
        woken = threading.Event()
        with self.waking(woken.set):
            woken.wait(seconds)

    def _forget_parent(self) -> None:
        """In a forked child: who waits is in the parent, and so is what would be shut."""
        if self._process != os.getpid():
            self._wakes, self._connection, self._process = [], None, os.getpid()
