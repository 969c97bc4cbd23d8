"""How long a call may take, and each wait in it: every limit on a monotonic clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .cancel import Cancel

CONNECT_SECONDS = 10.0
STREAM_WAIT_SECONDS = 60.0
ANSWER_SECONDS = 600.0
IDLE_SECONDS = 300.0

# A socket may give a wait up a moment before the limit behind it is over.
_SLACK_SECONDS = 0.01


class Deadline:
    """Seconds from the first I/O of a call to its end, retries and sleeps included.

    Args:
        seconds: ``math.inf``: none.
        clock: Gives seconds that never go back.
    """

    __slots__ = ("_clock", "_until", "seconds")

    def __init__(
        self, seconds: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = math.inf

    def start(self) -> None:
        """Begin to count. Harmless when repeated."""
        if self._until == math.inf:
            self._until = self._clock() + self.seconds

    def left(self) -> float:
        """Seconds that are left, ``math.inf`` before it has been started."""
        return self._until if self._until == math.inf else self._until - self._clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a caller has said about waiting, in seconds; ``None``: the defaults.

    Attributes:
        timeout: For each wait.
        idle_timeout: Without anything new of a streamed answer.
    """

    timeout: float | None = None
    idle_timeout: float | None = None


class Limits:
    """The limits of one attempt, in seconds; ``math.inf`` switches one off.

    Attributes:
        connect: Name resolution, connecting and the TLS handshake together.
        wait: Each single wait for bytes to arrive or to be taken.
        total: From the request sent to the answer read.
        idle: Waiting for something new of a streamed answer; signs of life do not count.
        deadline: Of the call, which may consist of several attempts.
        cancel: Ends the call from another thread.
        connection: The network stream the attempt runs on, once there is one; set by `network`.
        keys: Those sent in this call: what the server must not make us show by echoing it.
    """

    __slots__ = (
        "_clock",
        "_granted",
        "_idle_until",
        "_until",
        "_window",
        "cancel",
        "connect",
        "connection",
        "deadline",
        "idle",
        "keys",
        "total",
        "wait",
    )

    def __init__(
        self,
        *,
        connect: float = CONNECT_SECONDS,
        wait: float = STREAM_WAIT_SECONDS,
        total: float = math.inf,
        idle: float = math.inf,
        deadline: Deadline | None = None,
        cancel: Cancel | None = None,
        keys: list[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connect = connect
        self.wait = wait
        self.total = total
        self.idle = idle
        self.deadline = deadline or Deadline()
        self.cancel = cancel or Cancel()
        self.connection: Any = None
        self.keys = [] if keys is None else keys
        self._clock = clock
        self._granted = math.inf  # the last wait, as it was given out
        self._until = math.inf  # what start() sets
        self._idle_until: float | None = math.inf  # None: it begins with the next wait
        self._window = math.inf  # what end_within() sets

    @classmethod
    def for_stream(cls, patience: Patience, **settings: Any) -> Limits:
        """Limits of a streamed answer.

        10 s to connect and 60 s per wait, or ``timeout`` for each; ``idle_timeout``, else
        ``timeout``, else 300 s without anything new.
        """
        timeout, idle = patience.timeout, patience.idle_timeout
        if timeout is None:
            return cls(idle=IDLE_SECONDS if idle is None else idle, **settings)
        idle = timeout if idle is None else idle
        return cls(connect=timeout, wait=timeout, idle=idle, **settings)

    @classmethod
    def for_answer(cls, patience: Patience, **settings: Any) -> Limits:
        """Limits of a whole answer: 600 s in all, or ``timeout`` for each wait.

        A server that pads its answer with blanks for ever keeps all waits short; so 600 s in all
        hold beside a shorter ``timeout`` too.
        """
        timeout = patience.timeout
        if timeout is None:
            return cls(wait=math.inf, total=ANSWER_SECONDS, **settings)
        total = max(timeout, ANSWER_SECONDS)
        return cls(connect=timeout, wait=timeout, total=total, **settings)

    @property
    def longest_wait(self) -> float:
        """Seconds that no single wait can be longer than."""
        return min(self.wait, self.total)

    def start(self) -> None:
        """Begin to count: the request is being sent. The deadline may be running already."""
        self.deadline.start()
        self._until = self._clock() + self.total
        self.restart_idle()

    def restart_idle(self) -> None:
        """Count ``idle`` anew from the next wait on: something new has come."""
        self._idle_until = None

    def end_within(self, seconds: float) -> None:
        """From now on, whatever is still to be read has this many seconds, within the rest."""
        self._window = self._clock() + seconds

    def next_wait(self) -> float:
        """Seconds the next wait may take; 0 or less: none is left, ``math.inf``: no limit."""
        return self._grant(self.wait, min(self._until, self._window))

    def connect_wait(self) -> float:
        """Seconds that connecting may take; 0 or less: none is left."""
        return self._grant(self.connect, math.inf)

    def what_ran_out(self, code: str) -> tuple[str, float]:
        """Say which limit has ended the last wait, and how many seconds it has.

        Args:
            code: What the wait was for: ``"connect_timeout"``, ``"read_timeout"`` ...
        """
        seconds = self.connect if code == "connect_timeout" else self.longest_wait
        if self.deadline.left() <= _SLACK_SECONDS:
            return "deadline", self.deadline.seconds
        was_cut = self._granted < seconds - _SLACK_SECONDS
        idle_until = math.inf if self._idle_until is None else self._idle_until
        if was_cut and idle_until - self._clock() <= _SLACK_SECONDS:
            return "idle_timeout", self.idle
        if was_cut and self._until - self._clock() <= _SLACK_SECONDS:
            return code, self.total
        return code, seconds

    def _grant(self, seconds: float, until: float) -> float:
        if self._idle_until is None:
            self._idle_until = self._clock() + self.idle
        until = min(until, self._idle_until)
        if until != math.inf:
            seconds = min(seconds, until - self._clock())
        self._granted = min(seconds, self.deadline.left())
        return self._granted
