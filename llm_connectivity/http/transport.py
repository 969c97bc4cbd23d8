"""The HTTP transport below the vendor SDKs: limits, masked keys, failures read whole."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator

import httpx2

from ..limits import Limits
from .connections import Connections, closed_meanwhile
from .errors import as_httpx_errors
from .keys import mask_keys, masked_failure, note_keys
from .network_stream import CURRENT_LIMITS, current_limits
from .proxies import Proxy

_FAILURE_SECONDS = 5.0


def check_address(url: str) -> None:
    """Refuse an address that the HTTP library can't take.

    Raises:
        ValueError: It can't.
    """
    try:
        httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ValueError(str(error)) from error


class GuardedTransport(httpx2.BaseTransport):
    """Sends requests within the limits of `CURRENT_LIMITS`; redirects are not followed.

    Args:
        verify: ``True``: the system's certificates, or those that ``SSL_CERT_FILE`` or
            ``SSL_CERT_DIR`` name; ``False``: no check; a context: that.
        max_connections: More requests at a time wait for a free connection.
        proxy: What all of them go through; all are for one server.
    """

    def __init__(
        self,
        *,
        verify: bool | ssl.SSLContext = True,
        max_connections: int = 1000,
        proxy: Proxy | None = None,
    ) -> None:
        self._proxy = proxy
        self.connections = Connections(verify, max_connections, proxy)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its body is read later, by whoever asked for it."""
        limits = current_limits()
        secret_headers = note_keys(request, limits.keys)
        if self._proxy is not None:
            limits.keys.extend(key for key in self._proxy.keys() if key not in limits.keys)
        limits.start()
        request.extensions["timeout"] = _timeouts(limits)
        try:
            with as_httpx_errors(limits.keys):
                response = self.connections.send(request, limits)
        finally:
            mask_keys(request, secret_headers)
        if self.connections.closed:  # meanwhile
            response.close()
            raise closed_meanwhile()
        if 200 <= response.status_code < 300:
            return response
        limits.end_within(_FAILURE_SECONDS)
        return masked_failure(response, limits.keys)

    def close(self) -> None:
        """Close all connections; requests that are under way fail, and later ones."""
        self.connections.close()


@contextlib.contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Let what this thread sends inside the block keep these limits."""
    token = CURRENT_LIMITS.set(limits)
    try:
        yield
    finally:
        CURRENT_LIMITS.reset(token)


def _timeouts(limits: Limits) -> dict[str, float | None]:
    def finite(seconds: float) -> float | None:
        return None if seconds == float("inf") else seconds

    connect, wait = finite(limits.connect_wait()), finite(limits.longest_wait)
    return {"connect": connect, "read": wait, "write": wait, "pool": connect}
