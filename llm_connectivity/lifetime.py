"""What a client has open, and closing it: streams, connections, clients that share these."""

from __future__ import annotations

import contextlib
import weakref

from .adapters import Adapters
from .calls import Call
from .cancel import Cancel
from .errors import ValidationError
from .fork import Lock, tell_in_child
from .stream import ChatStream

# What streams say that it has ended.
_CLOSED = "the client was closed", "Read streams inside the client's with block."


class Lifetime:
    """From the making of a client to its ``close()``.

    Args:
        adapters: Its connections.
        around: That of the client whose connections they are, where they are another's.
    """

    def __init__(self, adapters: Adapters, around: Lifetime | None = None) -> None:
        self.adapters = adapters
        self._around = around  # which must not be forgotten before this one
        self._calls: weakref.WeakSet[Cancel] = weakref.WeakSet()  # for whole answers
        self._streams: weakref.WeakSet[ChatStream] = weakref.WeakSet()
        self._others: weakref.WeakSet[Lifetime] = weakref.WeakSet()  # that share the connections
        self._lock = Lock()  # of all three; a signal handler may close at any line
        self._closed = False
        tell_in_child(self)

    def check(self) -> None:
        """See that it has not ended.

        Raises:
            ValidationError: It has.
        """
        if self._closed:
            raise ValidationError(
                "this client is closed.",
                code="client_closed",
                hint="Make a new LLMClient, or close it later.",
            )

    def watch(self, stream: ChatStream) -> ChatStream:
        """Close a stream at the end, if it is still there."""
        with self._lock.held:
            self._streams.add(stream)
        if self._closed:  # by another thread, since check()
            stream._interrupt(*_CLOSED)
        return stream

    def watch_call(self, call: Call) -> Call:
        """End a call for a whole answer at the end, if it is still under way."""
        with self._lock.held:
            self._calls.add(call.cancel)
        if self._closed:
            call.cancel.set()
        return call

    def in_child(self) -> None:
        """Leave the answers that are being read to the parent."""
        for stream in tuple(self._streams):
            stream._leave_to_parent()

    def share(self) -> Lifetime:
        """Give another client a lifetime within this one."""
        other = Lifetime(self.adapters, self)
        with self._lock.held:
            self._others.add(other)
        if self._closed:
            other.close()
        return other

    def close(self) -> None:
        """End it, all of it also where a hook raises. Harmless when repeated."""
        self._closed = True
        with self._lock.held:
            calls, streams, others = list(self._calls), list(self._streams), list(self._others)
        with contextlib.ExitStack() as steps:  # the last one goes first
            if self._around is None:
                steps.callback(self.adapters.close)
            for call in calls:
                steps.callback(call.set)
            for stream in streams:
                steps.callback(stream._interrupt, *_CLOSED)
            for other in others:
                steps.callback(other.close)
