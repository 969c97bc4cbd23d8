"""The HTTP transport below the vendor SDKs: pool, limits, masked keys."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import httpcore2
import httpx2

from .limits import Limits
from .network import CURRENT_LIMITS, GuardedBackend, GuardedStream
from .secret import MASK, is_secret_header, keys_in_header, mask

_KEEPALIVE_SECONDS = 60.0
_LONGEST_FAILURE_BYTES = 1024 * 1024

# Read by httpx2 when it makes a context.
_TLS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")

_FAILURE_SECONDS = 5.0

# How often a request that waits for a free connection looks for dropped ones.
_POOL_SLICE_SECONDS = 0.05

# Of a failure only; its body is decoded here, and is UTF-8 or nothing.
_FRAMING = (b"content-encoding", b"content-length", b"content-type", b"transfer-encoding")

# httpx2 has the same names as httpcore2; the most specific one counts.
_HTTPX_EXCEPTIONS: dict[type[Exception], type[httpx2.TransportError]] = {
    getattr(httpcore2, name): getattr(httpx2, name)
    for name in (
        "ConnectTimeout",
        "ReadTimeout",
        "WriteTimeout",
        "PoolTimeout",
        "TimeoutException",
        "ConnectError",
        "ReadError",
        "WriteError",
        "NetworkError",
        "ProxyError",
        "UnsupportedProtocol",
        "LocalProtocolError",
        "RemoteProtocolError",
        "ProtocolError",
    )
}


class GuardedTransport(httpx2.BaseTransport):
    """Sends requests within the limits of `CURRENT_LIMITS`; redirects are nobody's business here.

    Args:
        verify: ``True``: the system's certificates, or those that ``SSL_CERT_FILE`` or
            ``SSL_CERT_DIR`` name; ``False``: no check; a context: that.
        max_connections: More requests at a time wait for a free connection.
    """

    def __init__(
        self, *, verify: bool | ssl.SSLContext = True, max_connections: int = 1000
    ) -> None:
        self._verify = verify
        self._max_connections = max_connections
        self._lock = threading.Lock()
        self._pool: httpcore2.ConnectionPool | None = None
        self._abandoned: deque[Any] = deque()  # bodies that were dropped unclosed

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its body is read later, by whoever asked for it."""
        self._close_abandoned()
        limits = CURRENT_LIMITS.get() or Limits()
        _note_keys(request, limits.keys)
        request.extensions["timeout"] = _timeouts(limits)
        limits.start()
        try:
            response = self._send(request, limits)
        finally:
            _mask_keys(request)
        if 200 <= response.status_code < 300:
            return response
        limits.end_within(_FAILURE_SECONDS)
        return _masked_failure(response, limits.keys)

    def close(self) -> None:
        """Close all connections."""
        self._close_abandoned()
        if self._pool is not None:
            self._pool.close()

    def _send(self, request: httpx2.Request, limits: Limits) -> httpx2.Response:
        pool = self._open_pool(request.url.scheme)
        with _mapped_exceptions():
            try:
                answer = self._ask(pool, request, limits)
            except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
                # A kept-alive connection that the server had closed: nothing was answered.
                stale = limits.connection
                if stale is None or not stale.reused or stale.answered:
                    raise
                answer = self._ask(pool, request, limits)
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer, self._abandoned),
            extensions=answer.extensions,
        )

    def _ask(
        self, pool: httpcore2.ConnectionPool, request: httpx2.Request, limits: Limits
    ) -> httpcore2.Response:
        """Wait for a free connection, in slices: what is dropped meanwhile frees one."""
        until = time.monotonic() + limits.connect
        while True:
            try:
                return pool.handle_request(_to_httpcore(request))
            except httpcore2.PoolTimeout:
                self._close_abandoned()
                if time.monotonic() > until:
                    message = f"all {self._max_connections} connections are in use"
                    raise httpcore2.PoolTimeout(message) from None

    def _open_pool(self, scheme: str) -> httpcore2.ConnectionPool:
        with self._lock:
            if self._pool is None:
                self._pool = httpcore2.ConnectionPool(
                    ssl_context=ssl_context(self._verify) if scheme == "https" else None,
                    max_connections=self._max_connections,
                    keepalive_expiry=_KEEPALIVE_SECONDS,
                    network_backend=GuardedBackend(),
                )
            return self._pool

    def _close_abandoned(self) -> None:
        while self._abandoned:
            with contextlib.suppress(IndexError):  # another thread was faster
                self._abandoned.popleft().close()


class _Body(httpx2.SyncByteStream):
    """The body of an answer; one that is dropped unclosed frees its socket at once."""

    def __init__(self, answer: httpcore2.Response, abandoned: deque[Any]) -> None:
        self._closed = False
        self._stream: Any = answer.stream
        self._network = answer.extensions.get("network_stream")
        self._abandoned = abandoned

    def __iter__(self) -> Iterator[bytes]:
        with _mapped_exceptions():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()
        self._closed = True

    def __del__(self) -> None:
        # The garbage collector may run while this thread holds the pool's lock, which closing
        # takes: the socket is freed now, the rest is done by the next request.
        if not self._closed:
            if isinstance(self._network, GuardedStream):
                self._network.abandon()
            self._abandoned.append(self._stream)


def ssl_context(verify: bool | ssl.SSLContext) -> ssl.SSLContext:
    """Give the TLS context for ``verify``; one per process and setting: making one takes 40 ms."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    return _shared_ssl_context(verify, *(os.environ.get(name) for name in _TLS_VARIABLES))


@functools.lru_cache(maxsize=8)
def _shared_ssl_context(verify: bool, *_: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context(verify=verify, trust_env=True)


@contextlib.contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Let what this thread sends inside the block keep these limits."""
    token = CURRENT_LIMITS.set(limits)
    try:
        yield
    finally:
        CURRENT_LIMITS.reset(token)


@contextlib.contextmanager
def _mapped_exceptions() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for cls in type(error).__mro__:
            if cls in _HTTPX_EXCEPTIONS:
                raise _HTTPX_EXCEPTIONS[cls](str(error)) from error
        raise


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


def _timeouts(limits: Limits) -> dict[str, float | None]:
    def finite(seconds: float) -> float | None:
        return None if seconds == float("inf") else seconds

    wait = finite(min(limits.wait, limits.total))
    return {
        "connect": finite(limits.connect),
        "read": wait,
        "write": wait,
        "pool": min(_POOL_SLICE_SECONDS, limits.connect),
    }


def _note_keys(request: httpx2.Request, keys: list[str]) -> None:
    for name, value in request.headers.multi_items():
        if is_secret_header(name):
            keys.extend(key for key in keys_in_header(value) if key not in keys)


def _mask_keys(request: httpx2.Request) -> None:
    """Mask the keys of a request that has been sent: exceptions and responses carry it along."""
    for name in list(request.headers):
        if is_secret_header(name):
            request.headers[name] = MASK


def _masked_failure(response: httpx2.Response, keys: list[str]) -> httpx2.Response:
    """Read a failure whole, so that no SDK sees a key that the server echoes in it.

    A body that breaks off keeps what has come: the status says enough.
    """
    pieces, size = [], 0
    with contextlib.suppress(httpx2.RequestError), contextlib.closing(response):
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > _LONGEST_FAILURE_BYTES:
                break
    headers = [item for item in response.headers.raw if item[0].lower() not in _FRAMING]
    content = _mask_content(b"".join(pieces), keys)
    return httpx2.Response(response.status_code, headers=headers, content=content)


def _mask_content(content: bytes, keys: list[str]) -> bytes:
    """Mask keys also where JSON spells them with escapes."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(mask(json.loads(content), keys)).encode()
    return bytes(mask(content, keys))
