"""One socket: each wait as long as the limits leave, and ended from any thread."""

from __future__ import annotations

import contextlib
import functools
import math
import os
import select
import socket
import ssl
import threading
import weakref

from ..cancel import Cancel
from ..limits import Limits

_WRITE_SLICE = 64 * 1024


class GuardedSocket:
    """A connected socket that serves one attempt after the other.

    Args:
        sock: The socket.
        made: Where those of one transport are noted.

    Attributes:
        limits: Of the attempt it serves.
    """

    def __init__(self, sock: socket.socket, made: weakref.WeakSet[GuardedSocket]) -> None:
        self.limits: Limits | None = None
        self._sock = sock
        self._timeout: float | None = -1.0
        self._process = os.getpid()
        self._switching = threading.RLock()  # from one attempt to the next
        self._using = threading.Lock()  # held by who reads or writes: that one closes it
        self._closed = False
        # A client that is dropped without close() closes its sockets without a ResourceWarning.
        weakref.finalize(self, sock.close)
        made.add(self)

    @property
    def sock(self) -> socket.socket:
        """The socket itself."""
        return self._sock

    def serve(self, limits: Limits | None) -> None:
        """Keep the limits of another attempt from now on."""
        with self._switching:
            self.limits = limits
        if limits is not None:
            limits.restart_idle()  # connecting was another wait
            limits.cancel.guard(self._shut_for)

    def receive(self, max_bytes: int, timeout: float | None) -> bytes:
        """Wait for bytes; ``b""``: the peer has ended.

        Raises:
            TimeoutError: A limit is over.
            OSError: The connection broke, or another thread has closed it.
        """
        self._check_open()
        with self._using:
            self.set_timeout(self._next_wait(timeout))
            data = self._sock.recv(max_bytes)
        if not data or self._closed:
            self._leave()
        return data

    def send_all(self, data: bytes, timeout: float | None) -> None:
        """Wait until all of it has been taken.

        Raises:
            TimeoutError: A limit is over.
            OSError: The connection broke, or another thread has closed it.
        """
        rest = memoryview(data)
        self._check_open()
        with self._using:
            while rest:
                self.set_timeout(self._next_wait(timeout))
                rest = rest[self._sock.send(rest[:_WRITE_SLICE]) :]
        if self._closed:
            self._leave()

    def start_tls(self, context: ssl.SSLContext, hostname: str | None, cancel: Cancel) -> None:
        """Shake hands, within the time that was set last.

        Raises:
            OSError: That failed, or took too long; or another thread has ended the call.
        """
        self._sock = sock = context.wrap_socket(
            self._sock, server_hostname=hostname, do_handshake_on_connect=False
        )
        weakref.finalize(self, sock.close)
        with cancel.waking(functools.partial(shut, sock)):
            sock.do_handshake()

    def close(self) -> None:
        """Close it; where another thread waits for it, that one is woken, and does it."""
        self._closed = True
        if self._using.acquire(blocking=False):
            self._sock.close()
            self._using.release()
        else:
            self.shut()

    def close_copy(self) -> None:
        """In a forked child: close the descriptor; the connection stays the parent's."""
        self._sock.close()

    def shut(self) -> None:
        """End reading and writing, from wherever: the peer sees the end, and who waits wakes up.

        It stays open, so that its number is given to no other socket while somebody uses it.
        """
        if self._process == os.getpid():  # a child has a copy, and would end its parent's
            shut(self._sock)

    def is_readable(self) -> bool:
        """Whether there is something to be read, be it the end."""
        try:
            if hasattr(select, "poll"):  # select() itself fails on descriptors above 1,023
                poll = select.poll()
                poll.register(self._sock, select.POLLIN)
                return bool(poll.poll(0))
            return bool(select.select([self._sock], [], [], 0)[0])
        except ValueError:  # it is closed, maybe since this moment
            return True

    def set_timeout(self, seconds: float) -> None:
        """Let the next wait take so long.

        Raises:
            TimeoutError: Nothing is left.
        """
        if seconds <= 0:
            raise TimeoutError("the time limit is over")
        timeout = None if seconds == math.inf else seconds
        if timeout != self._timeout:  # each change is a system call
            self._sock.settimeout(timeout)
            self._timeout = timeout

    def _next_wait(self, timeout: float | None) -> float:
        if self.limits is not None:
            return self.limits.next_wait()
        return math.inf if timeout is None else timeout

    def _check_open(self) -> None:
        if self._closed or (self.limits is not None and self.limits.cancel.is_set):
            raise OSError("it was closed by another thread")

    def _leave(self) -> None:
        """Look whether it is to be closed: a socket that was shut seems to have ended."""
        if self._closed:
            self._sock.close()
        self._check_open()

    def _shut_for(self, cancel: Cancel) -> None:
        """Wake the call that is to end, if it is still the one that is served."""
        with self._switching:
            if self.limits is not None and self.limits.cancel is cancel:
                self.shut()


def shut(sock: socket.socket) -> None:
    """Wake whoever waits for a socket; closing it would not."""
    with contextlib.suppress(OSError):
        # The base class's method: SSLSocket's own drops its TLS object under a reader's feet.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
