"""The client's end of one connection, watched at every wait.

A client that shuts down only its sending side counts as gone: no client of ours does that.
"""

import selectors
import socket
import struct
import time
from contextlib import suppress

# Bounds one wait of the selector; waits without a deadline go round again.
_LONGEST_WAIT = 30.0


class PeerGone(Exception):
    """The client closed or reset the connection."""

    def __init__(self) -> None:
        super().__init__("the client left")
        self.at = time.monotonic()


class Stopped(Exception):
    """The server is being closed."""


class Peer:
    """A non-blocking socket whose waits end at once when the client leaves or `stop` says so.

    `stop` is a socket that becomes readable when the server closes.
    """

    def __init__(self, sock: socket.socket, stop: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self._sock = sock
        self._stop = stop
        self._selector = selectors.DefaultSelector()
        self._selector.register(stop, selectors.EVENT_READ)
        self._selector.register(sock, selectors.EVENT_READ)

    def pause(self, seconds: float) -> None:
        """Wait, and keep what the client sends meanwhile."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._attend(left)

    def read(self) -> None:
        """Wait until there is more in `received`."""
        before = len(self.received)
        while len(self.received) == before:
            self._attend(_LONGEST_WAIT)

    def write(self, data: bytes) -> None:
        """Send all of it, unless the client has left."""
        view = memoryview(data)
        while view:
            self._attend(0)
            try:
                view = view[self._sock.send(view) :]
            except BlockingIOError:
                self._wait_for_room()
            except OSError as error:
                raise PeerGone from error

    def finish(self) -> None:
        """Send FIN, then wait for the client to leave too, so that its leaving is recorded."""
        # shutdown, not close: a forked child may hold a copy of the socket.
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        while True:
            self._attend(_LONGEST_WAIT)
            self.received.clear()

    def reset(self) -> None:
        """Close with RST."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Give up the socket; may be called twice."""
        self._selector.close()
        self._sock.close()

    def _wait_for_room(self) -> None:
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.modify(self._sock, both)
        self._attend(_LONGEST_WAIT)
        self._selector.modify(self._sock, selectors.EVENT_READ)

    def _attend(self, timeout: float) -> None:
        for key, events in self._selector.select(min(timeout, _LONGEST_WAIT)):
            if key.fileobj is self._stop:
                raise Stopped
            if events & selectors.EVENT_READ:
                self._receive()

    def _receive(self) -> None:
        try:
            data = self._sock.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            raise PeerGone from error
        if not data:
            raise PeerGone
        self.received += data
