"""The connections to one server: pools of them, places for requests, answers that are open."""

from __future__ import annotations

import contextlib
import os
import ssl
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Any, cast

import httpcore2
import httpx2

from ..errors import NetworkError
from ..fork import KEPT, Lock, tell_in_child
from ..limits import Limits
from ..signals import is_interruption
from .errors import as_httpx_errors
from .gate import Gate, Place
from .guarded_socket import GuardedSocket
from .network_stream import GuardedStream
from .proxies import Proxy
from .tls import ssl_context
from .tunnel import check_forwarded, make_pool

_KEEPALIVE_SECONDS = 60.0


class Connections:
    """Those to one server. There is one pool; a pool that can't be trusted any more is left behind.

    Args:
        verify: ``True``: the system's certificates, or those that ``SSL_CERT_FILE`` or
            ``SSL_CERT_DIR`` name; ``False``: no check; a context: that.
        most: How many there may be at a time.
        proxy: What all of them go through.
    """

    def __init__(self, verify: bool | ssl.SSLContext, most: int, proxy: Proxy | None) -> None:
        self._verify = verify
        self._most = most
        self._proxy = proxy
        self._lock = Lock()  # a signal handler may close the client at any line
        self.closed = False
        self._begin()
        tell_in_child(self)

    def _begin(self) -> None:
        self._gate = Gate(self._most, self._look_around)
        self._sockets: weakref.WeakSet[GuardedSocket] = weakref.WeakSet()
        self._pool: httpcore2.ConnectionPool | None = None
        self._pools: weakref.WeakSet[httpcore2.ConnectionPool] = weakref.WeakSet()  # and former
        self._abandoned: deque[Any] = deque()  # what reads answers that were dropped unclosed

    def in_child(self) -> None:
        """Begin anew; what the parent's connections bring is the parent's."""
        for guarded in tuple(self._sockets):
            guarded.close_copy()
        KEPT.extend((*self._pools, self._abandoned, self._gate))
        self._begin()

    def send(self, request: httpx2.Request, limits: Limits) -> httpx2.Response:
        """Send a request, and give the answer to it once its headers have come.

        Raises:
            Exception: Of httpcore2's, or of ours.
        """
        place = self._gate.enter(limits.connect_wait(), limits.cancel)
        if place is None:
            raise httpcore2.PoolTimeout(f"all {self._most} connections are in use")
        answer = None
        try:
            self._close_abandoned()
            answer = self._ask(request, limits)
            check_forwarded(self._proxy, request.url.scheme, answer.status)
            body = OpenAnswer(answer, limits, place, self)
        except BaseException as error:
            if answer is not None:
                answer.close()
            if is_interruption(error):
                self._pool = None  # as in close_stream
                if limits.connection is not None:
                    limits.connection.abandon()
            place.leave()
            raise
        finally:
            limits.connection = None  # it refers to its limits, too
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=body,
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all of them; requests that are under way fail, and later ones."""
        with self._lock.held:
            self.closed = True
            pools = list(self._pools)
        self._close_abandoned()
        for pool in pools:
            for connection in pool.connections:
                connection.close()

    def close_stream(self, stream: Any) -> None:
        """Close what reads an answer: its connection is free, or gone."""
        try:
            stream.close()
        except BaseException:
            # An interrupted pool may count a connection, or hold a lock, for ever: who comes next
            # begins another one, and this one goes with the last of its answers.
            self._pool = None
            raise

    def abandon(self, stream: Any, pieces: Iterator[bytes]) -> None:
        """Let the next request close what reads an answer; takes no lock."""
        self._abandoned.append((stream, pieces))

    def _ask(self, request: httpx2.Request, limits: Limits) -> httpcore2.Response:
        """Send a request, once more where a kept-alive connection was stale: nothing was answered.

        Others of the pool are likely to be stale as well; the second time it is a new one.
        """
        limits.connection = None
        pool = self._open_pool(request.url.scheme)
        try:
            answer = pool.handle_request(_to_httpcore(request))
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
            if not _is_stale(limits.connection):
                raise
        else:
            if not _is_stale(limits.connection):
                return answer
            # Bytes behind the answer before were taken for the answer to this request.
            limits.connection.abandon()
            answer.close()
        if self._pool is pool:
            self._pool = None
        return self._open_pool(request.url.scheme).handle_request(_to_httpcore(request))

    def _open_pool(self, scheme: str) -> httpcore2.ConnectionPool:
        with self._lock.held:
            if self.closed:
                raise closed_meanwhile()
            pool = self._pool
            if pool is None:
                pool = self._pool = make_pool(
                    self._proxy,
                    scheme,
                    self._sockets,
                    ssl_context=ssl_context(self._verify) if scheme == "https" else None,
                    max_connections=self._most,
                    keepalive_expiry=_KEEPALIVE_SECONDS,
                )
                self._pools.add(pool)
            return pool

    def _look_around(self) -> None:
        self._close_abandoned()
        if self.closed:
            raise closed_meanwhile()

    def _close_abandoned(self) -> None:
        while self._abandoned:
            with contextlib.suppress(IndexError):  # another thread was faster
                stream, _ = self._abandoned.popleft()
                self.close_stream(stream)


class OpenAnswer(httpx2.SyncByteStream):
    """The body of an answer that is read; one that is dropped unclosed frees its socket at once."""

    _closed = True  # until it is made

    def __init__(
        self, answer: httpcore2.Response, limits: Limits, place: Place, around: Connections
    ) -> None:
        self._stream: Any = answer.stream
        self._pieces: Iterator[bytes] = iter(cast(Any, answer.stream))
        self._network = answer.extensions.get("network_stream")
        self._headers = answer.headers
        self._limits = limits
        self._place = place
        self._around = around
        self._process = os.getpid()
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the pieces; errors are httpx2's."""
        # Not "yield from", which would close them when it is dropped: see __del__.
        try:
            for piece in self._pieces:  # noqa: UP028
                yield piece
        except Exception:
            with as_httpx_errors(self._limits.keys):
                raise

    def close(self) -> None:
        """Free the connection. Harmless when repeated."""
        if self._process != os.getpid():
            self._keep()
        elif not self._closed:
            network = self._network
            if isinstance(network, GuardedStream) and not network.is_at_end(self._headers):
                network.abandon()  # what is left in it must not become the next answer
            self._around.close_stream(self._stream)
            self._place.leave()
            self._closed = True  # last: what is interrupted here is closed when it is dropped

    def __del__(self) -> None:
        # The garbage collector may run while this thread holds the pool's lock, which closing
        # takes: the socket is shut now, the rest is done by the next request.
        if self._closed:
            return
        if self._process != os.getpid():
            self._keep()
            return
        self._around.abandon(self._stream, self._pieces)
        network = self._network
        # After an interrupted close() it may serve another call by now.
        if isinstance(network, GuardedStream) and network.guarded.limits is self._limits:
            network.shut()

    def _keep(self) -> None:
        """In a forked child: the answer is the parent's."""
        KEPT.append((self._stream, self._pieces))
        self._closed = True


def closed_meanwhile() -> NetworkError:
    """Make the error for what a closed client was still doing."""
    return NetworkError("the client was closed meanwhile.", code="closed", retryable=False)


def _is_stale(connection: GuardedStream | None) -> bool:
    return connection is not None and connection.reused and not connection.answered


def _to_httpcore(request: httpx2.Request) -> httpcore2.Request:
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )
