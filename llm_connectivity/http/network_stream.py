"""One connection: what httpcore2 reads and writes through, as long as the limits leave.

Its own stream renews the write timeout with each send; here one limit covers them together.
"""

from __future__ import annotations

import functools
import re
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore2

from ..limits import Limits
from ..secret import holds_key, mask
from ..signals import raise_signalled
from .chunks import ChunkJoiner
from .guarded_socket import GuardedSocket

# The limits of the attempt that this thread is sending; set only around the SDK's call.
CURRENT_LIMITS: ContextVar[Limits | None] = ContextVar("llm_connectivity_limits", default=None)


def current_limits() -> Limits:
    """Give the limits of the call that this thread sends for, or some that bound nothing."""
    return CURRENT_LIMITS.get() or Limits()


NO_HANDSHAKE = "the TLS handshake got no answer"

_READ_SLICE = 8 * 1024  # what is read at once has to be looked through before the first event

_LONGEST_HEAD = 100 * 1024  # as in httpcore2, which refuses a longer one
_HEAD_END = re.compile(rb"\n\r?\n")
# What says how to read an answer, and the words for it, which somebody's key may be.
_FRAMING = (b"content-length", b"transfer-encoding", b"connection", b"content-encoding")
_FRAMING_WORDS = ("chunked", "identity", "deflate", "keep-alive", "upgrade")
_CHUNKED = re.compile(rb"^transfer-encoding:[ \t]*chunked[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_INFORMATIONAL = re.compile(rb"HTTP/\d\.\d 1(?!01)")


class GuardedStream(httpcore2.NetworkStream):
    """One connection, as httpcore2 knows it.

    Args:
        guarded: Its socket.
        connect_until: When connecting has to be over, TLS included.

    Attributes:
        guarded: The same.
        reused: It has carried an answer before.
        answered: Bytes have come since the last request was sent.
    """

    def __init__(self, guarded: GuardedSocket, connect_until: float) -> None:
        self.guarded = guarded
        self._connect_until = connect_until
        self.reused = False
        self.answered = False
        self._head_read = False
        self._pending = b""
        self._received = 0  # bytes of the body that is being read
        self._tail = b""  # and how it ends so far
        self._joiner: ChunkJoiner | None = None  # where it comes in chunks

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; of an answer's head, all of it."""
        if not self._head_read:
            return self._read_head(max_bytes, timeout)
        data = self._receive(max_bytes, timeout)
        while data and self._joiner is not None:
            joined = self._joiner.feed(data)
            if joined:
                return joined
            data = self._receive(max_bytes, timeout)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        if self.answered:
            self.answered, self.reused = False, True
        self._head_read, self._pending = False, b""
        limits = CURRENT_LIMITS.get()
        self.guarded.serve(limits)
        if limits is not None:
            limits.connection = self
        try:
            self.guarded.send_all(buffer, timeout)
        except OSError as error:
            raise_signalled(error)
            # Where the server has answered, it reads no further.
            if isinstance(error, TimeoutError) and not self.guarded.is_readable():
                raise httpcore2.WriteTimeout(error) from error
            raise httpcore2.WriteError(error) from error
        if limits is not None:
            limits.restart_idle()

    def close(self) -> None:
        """Close the connection."""
        self.guarded.close()

    def shut(self) -> None:
        """End it from wherever: takes no lock, and the peer sees the end."""
        self.guarded.shut()

    def abandon(self) -> None:
        """Free it at once: what is left in it is nobody's."""
        self.guarded.shut()
        self.guarded.close()

    def is_at_end(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether nothing but one body with these headers has come.

        A server may send more than it was asked for; httpcore2 keeps it for the next request.
        """
        named = {name.lower(): value for name, value in headers}
        if b"transfer-encoding" in named:  # the last chunk and its trailers end in a blank line
            return self._tail.endswith(b"\r\n\r\n") and not self._tail.startswith(b"\n")
        length = named.get(b"content-length", b"0")
        return length.isdigit() and self._received == int(length)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Wrap the connection in TLS, within what is left of the connect limit."""
        cancel = current_limits().cancel
        try:
            self.guarded.set_timeout(self._connect_until - time.monotonic())
            self.guarded.start_tls(ssl_context, server_hostname, cancel)
        except OSError as error:
            self.close()
            raise_signalled(error)
            if isinstance(error, TimeoutError):
                raise httpcore2.ConnectTimeout(TimeoutError(NO_HANDSHAKE)) from error
            raise httpcore2.ConnectError(error) from error
        except BaseException:
            self.close()
            raise
        return GuardedStream(self.guarded, self._connect_until)

    def get_extra_info(self, info: str) -> Any:
        """Give what httpcore2 asks about a connection."""
        sock = self.guarded.sock
        if info == "is_readable":
            return self.guarded.is_readable()
        if info == "socket":
            return sock
        if info == "ssl_object":
            return sock if isinstance(sock, ssl.SSLSocket) else None
        if info == "client_addr":
            return sock.getsockname()
        if info == "server_addr":
            return sock.getpeername()
        return None

    def _receive(self, max_bytes: int, timeout: float | None) -> bytes:
        try:
            data = self.guarded.receive(min(max_bytes, _READ_SLICE), timeout)
        except OSError as error:
            raise_signalled(error)
            # With a number, the system has given the connection up.
            if isinstance(error, TimeoutError) and error.errno is None:
                raise httpcore2.ReadTimeout(error) from error
            raise httpcore2.ReadError(error) from error
        if data:
            self.answered = True
            self._received += len(data)
            self._tail = data[-5:] if len(data) >= 5 else (self._tail + data)[-5:]
        return data

    def _read_head(self, max_bytes: int, timeout: float | None) -> bytes:
        """Hide keys that a server echoes in its headers, before httpcore2 logs them.

        The head is read whole for that, unless it is no HTTP; heads of 1xx come one by one.
        """
        head, self._pending = self._pending, b""
        end = None
        while head[:5] == b"HTTP/"[: len(head)] and len(head) < _LONGEST_HEAD:
            end = _HEAD_END.search(head)
            data = b"" if end else self._receive(max_bytes, timeout)
            if not data:
                break
            head += data
        limits = self.guarded.limits
        keys = [] if limits is None else limits.keys
        if end is None:
            return bytes(mask(head, keys))
        head, rest = _mask_head(head[: end.end()], keys), head[end.end() :]
        if _INFORMATIONAL.match(head):
            self._pending = rest
            return head
        self._head_read = True
        self._received, self._tail = len(rest), rest[-5:]
        mask_chunks = functools.partial(mask, keys=keys)
        self._joiner = ChunkJoiner(mask_chunks) if _CHUNKED.search(head) else None
        return head + (self._joiner.feed(rest) if self._joiner is not None else rest)


def _mask_head(head: bytes, keys: list[str]) -> bytes:
    """Mask keys in the status line and the values of headers."""
    if not holds_key(head, keys):
        return head
    odd = [key for key in keys if key.lower() not in _FRAMING_WORDS and not key.isdigit()]
    lines = head.split(b"\n")
    for i, line in enumerate(lines):
        name, colon, value = line.partition(b":")
        hidden = odd if name.strip().lower() in _FRAMING else keys
        lines[i] = name + colon + mask(value, hidden) if i and colon else mask(line, keys)
    return b"\n".join(lines)
