"""How long one attempt may wait: every limit on one monotonic clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

CONNECT_SECONDS = 10.0
STREAM_WAIT_SECONDS = 60.0
ANSWER_SECONDS = 600.0


class Limits:
    """The limits of one attempt, in seconds; ``math.inf`` switches one off.

    Attributes:
        connect: Name resolution, connecting and the TLS handshake together.
        wait: Each single wait for bytes to arrive or to be taken.
        total: From the request sent to the answer read.
        connection: The network stream the attempt runs on, once there is one; set by `network`.
        keys: Those sent in this call: what the server must not make us show by echoing it.
    """

    __slots__ = ("_clock", "_until", "_window", "connect", "connection", "keys", "total", "wait")

    def __init__(
        self,
        *,
        connect: float = CONNECT_SECONDS,
        wait: float = STREAM_WAIT_SECONDS,
        total: float = math.inf,
        keys: list[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connect = connect
        self.wait = wait
        self.total = total
        self.connection: Any = None
        self.keys = [] if keys is None else keys
        self._clock = clock
        self._until = math.inf  # what start() sets
        self._window = math.inf  # what end_within() sets

    @classmethod
    def for_stream(cls, timeout: float | None, keys: list[str]) -> Limits:
        """Limits of a streamed answer: 10 s to connect, 60 s per wait, or ``timeout`` for each."""
        if timeout is None:
            return cls(keys=keys)
        return cls(connect=timeout, wait=timeout, keys=keys)

    @classmethod
    def for_answer(cls, timeout: float | None, keys: list[str]) -> Limits:
        """Limits of a whole answer: 600 s in all, or ``timeout`` for each wait."""
        if timeout is None:
            return cls(wait=math.inf, total=ANSWER_SECONDS, keys=keys)
        return cls(connect=timeout, wait=timeout, keys=keys)

    @property
    def longest_wait(self) -> float:
        """Seconds that no single wait can be longer than."""
        return min(self.wait, self.total)

    def start(self) -> None:
        """Begin to count ``total``: the request is being sent."""
        self._until = self._clock() + self.total

    def end_within(self, seconds: float) -> None:
        """From now on, whatever is still to be read has this many seconds, within ``total``."""
        self._window = self._clock() + seconds

    def next_wait(self) -> float:
        """Seconds the next wait may take; 0 or less: none is left, ``math.inf``: no limit."""
        until = min(self._until, self._window)
        return self.wait if until == math.inf else min(self.wait, until - self._clock())
