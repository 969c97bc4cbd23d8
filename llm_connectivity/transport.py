"""The HTTP transport below the vendor SDKs: pool, limits, masked keys."""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import httpcore2
import httpx2

from .limits import Limits
from .network import CURRENT_LIMITS, GuardedBackend, GuardedStream
from .secret import MASK, SHORTEST_KEY, mask

_KEEPALIVE_SECONDS = 60.0
_LONGEST_FAILURE_BYTES = 1024 * 1024

# Read by httpx2 when it makes a context.
_TLS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")

# Headers that carry keys, and what may stand before the key in them.
_KEY_HEADERS = {"authorization": "Bearer ", "x-api-key": "", "api-key": "", "x-goog-api-key": ""}

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
            ``SSL_CERT_DIR`` name; ``False``: no check; a path or a context: that.
        max_connections: More requests at a time wait for a free connection.
    """

    def __init__(
        self, *, verify: bool | str | ssl.SSLContext = True, max_connections: int = 1000
    ) -> None:
        self._verify = verify
        self._max_connections = max_connections
        self._lock = threading.Lock()
        self._pool: httpcore2.ConnectionPool | None = None
        # Responses dropped without being closed. Closing takes the pool's lock, which the garbage
        # collector must not wait for: the next request does it.
        self._abandoned: deque[httpx2.Response] = deque()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its body is read later, by whoever asked for it."""
        self._close_abandoned()
        limits = CURRENT_LIMITS.get() or Limits()
        limits.keys = _keys_of(request)
        request.extensions["timeout"] = _timeouts(limits)
        limits.start()
        try:
            response = self._send(request, limits)
        finally:
            _mask_keys(request)
        if 200 <= response.status_code < 300:
            return response
        return _masked_failure(response, limits.keys)

    def abandon(self, response: httpx2.Response) -> None:
        """Free a response's socket now and the rest with the next request; takes no lock."""
        stream = response.extensions.get("network_stream")
        if isinstance(stream, GuardedStream):
            stream.abandon()
        self._abandoned.append(response)

    def close(self) -> None:
        """Close all connections."""
        self._close_abandoned()
        if self._pool is not None:
            self._pool.close()

    def _send(self, request: httpx2.Request, limits: Limits) -> httpx2.Response:
        pool = self._open_pool(request.url.scheme)
        with _mapped_exceptions():
            try:
                answer = pool.handle_request(_to_httpcore(request))
            except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
                # A kept-alive connection that the server had closed: nothing was answered.
                stale = limits.connection
                if stale is None or not stale.reused or stale.answered:
                    raise
                answer = pool.handle_request(_to_httpcore(request))
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

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
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _mapped_exceptions():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


def ssl_context(verify: bool | str | ssl.SSLContext) -> ssl.SSLContext:
    """Give the TLS context for ``verify``; one per process and setting: making one takes 40 ms."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    return _shared_ssl_context(verify, *(os.environ.get(name) for name in _TLS_VARIABLES))


@functools.lru_cache(maxsize=8)
def _shared_ssl_context(verify: bool | str, *_: str | None) -> ssl.SSLContext:
    if isinstance(verify, bool):
        return httpx2.create_ssl_context(verify=verify, trust_env=True)
    if os.path.isdir(verify):
        return ssl.create_default_context(capath=verify)
    return ssl.create_default_context(cafile=verify)


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
    return {"connect": finite(limits.connect), "read": wait, "write": wait, "pool": wait}


def _keys_of(request: httpx2.Request) -> list[str]:
    values = ((request.headers.get(name), prefix) for name, prefix in _KEY_HEADERS.items())
    keys = [value.removeprefix(prefix) for value, prefix in values if value]
    return [key for key in keys if len(key) >= SHORTEST_KEY]


def _mask_keys(request: httpx2.Request) -> None:
    """Mask the keys of a request that has been sent: exceptions and responses carry it along."""
    for name, prefix in _KEY_HEADERS.items():
        if name in request.headers:
            request.headers[name] = prefix + MASK


def _masked_failure(response: httpx2.Response, keys: list[str]) -> httpx2.Response:
    """Read a failure whole, so that no SDK sees a key that the server echoes in it.

    A body that breaks off keeps what has come: the status says enough.
    """
    body = b""
    with contextlib.suppress(httpx2.RequestError), contextlib.closing(response):
        for piece in response.iter_bytes():
            body += piece
            if len(body) > _LONGEST_FAILURE_BYTES:
                break
    framing = ("content-encoding", "content-length", "transfer-encoding")
    headers = [item for item in response.headers.multi_items() if item[0] not in framing]
    return httpx2.Response(response.status_code, headers=headers, content=mask(body, keys))
