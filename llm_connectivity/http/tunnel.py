"""Connections through a proxy: a tunnel to an https address, forwarding to an http one.

The pool of the HTTP library makes tunnels too, but spends another limit on each step, and keeps a
place for each tunnel whose TLS handshake has failed.
"""

from __future__ import annotations

import math
import re
import time
import weakref
from collections.abc import Iterable
from typing import Any

import httpcore2

from ..errors import NetworkError, RequestTimeoutError, timeout_error
from ..secret import mask
from ..signals import raise_signalled
from .guarded_socket import GuardedSocket
from .network import GuardedBackend
from .network_stream import GuardedStream, current_limits
from .proxies import Proxy, join_address

_LONGEST_HEAD = 64 * 1024
_HEAD_END = re.compile(rb"\n\r?\n")
_MAY_PASS = ("5", "408", "429")
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3}(?: [ -~]{0,80})?)")


def make_pool(
    proxy: Proxy | None, scheme: str, made: weakref.WeakSet[GuardedSocket], **settings: Any
) -> httpcore2.ConnectionPool:
    """Make a pool of connections to addresses with this scheme.

    Args:
        proxy: Through it; ``None``: directly.
        scheme: ``"http"`` or ``"https"``.
        made: Where their sockets are noted.
        **settings: As `httpcore2.ConnectionPool` takes them.
    """
    if proxy is None:
        return httpcore2.ConnectionPool(network_backend=GuardedBackend(made), **settings)
    if scheme == "https":
        return httpcore2.ConnectionPool(network_backend=TunnelBackend(proxy, made), **settings)
    user = proxy.authorization()
    return httpcore2.HTTPProxy(
        proxy_url=httpcore2.URL(scheme=b"http", host=proxy.host, port=proxy.port, target=b"/"),
        proxy_headers={} if user is None else {"Proxy-Authorization": user.reveal()},
        network_backend=ProxyBackend(proxy, made),
        **settings,
    )


def check_forwarded(proxy: Proxy | None, scheme: str, status: int) -> None:
    """Tell a proxy that wants other credentials from a server behind it.

    Raises:
        NetworkError: The proxy wants them.
    """
    if proxy is not None and scheme == "http" and status == 407:
        raise _refused(proxy, "407 Proxy Authentication Required")


class ProxyBackend(GuardedBackend):
    """Connects to a proxy; errors name it.

    Args:
        proxy: The proxy.
        made: Where the sockets are noted that it makes.
    """

    def __init__(self, proxy: Proxy, made: weakref.WeakSet[GuardedSocket]) -> None:
        super().__init__(made)
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> GuardedStream:
        """Connect to the proxy, wherever the connection is to lead in the end."""
        proxy = self._proxy
        try:
            return super().connect_tcp(
                proxy.host, proxy.port, timeout, local_address, socket_options
            )
        except httpcore2.ConnectTimeout as error:
            raise _too_slow(proxy, error) from error
        except httpcore2.ConnectError as error:
            raise _broken(proxy, f"can't be reached: {error}", error) from error


class TunnelBackend(ProxyBackend):
    """Connects through a tunnel; all until it is there, and the TLS handshake, share one limit."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> GuardedStream:
        """Connect to the proxy, and let it connect further."""
        proxy = self._proxy
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            status = _open_tunnel(stream.guarded, join_address(host, port), proxy, until)
        except OSError as error:
            stream.close()
            raise_signalled(error)
            if isinstance(error, TimeoutError):
                raise _too_slow(proxy, error) from error
            raise _broken(proxy, f"has made no tunnel: {error}", error) from error
        except BaseException:
            stream.close()
            raise
        if not status.startswith("2"):
            stream.close()
            raise _refused(proxy, mask(status, proxy.keys()))
        return stream


def _open_tunnel(guarded: GuardedSocket, target: str, proxy: Proxy, until: float) -> str:
    """Ask for a tunnel (https://www.rfc-editor.org/rfc/rfc9110#name-connect); give the status."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "", ""]
    user = proxy.authorization()
    if user is not None:
        lines.insert(2, f"Proxy-Authorization: {user.reveal()}")
    limits = current_limits()
    with limits.cancel.waking(guarded.shut):
        guarded.send_all("\r\n".join(lines).encode(), until - time.monotonic())
        received, status = b"", "1"
        while status.startswith("1"):  # informational
            head, received = _read_head(guarded, received, until)
            match = _STATUS.match(head)
            if match is None:
                raise OSError("what it has sent is no HTTP")
            status = match[1].decode()
    return status


def _read_head(guarded: GuardedSocket, received: bytes, until: float) -> tuple[bytes, bytes]:
    """Read the head of an answer; give it, and what came with it."""
    while (end := _HEAD_END.search(received)) is None:
        if received[:5] != b"HTTP/"[: len(received)] or len(received) > _LONGEST_HEAD:
            raise OSError("what it has sent is no HTTP")
        data = guarded.receive(4096, until - time.monotonic())
        if not data:
            raise OSError("it has closed the connection")
        received += data
    return received[: end.end()], received[end.end() :]


def _too_slow(proxy: Proxy, error: Exception) -> RequestTimeoutError:
    limits = current_limits()
    mapped = timeout_error(*limits.what_ran_out("connect_timeout"))
    mapped.message = f"the proxy {proxy}: {mapped.message}"
    mapped.provider_error = error
    return mapped


def _broken(proxy: Proxy, what: str, error: Exception) -> NetworkError:
    return NetworkError(
        f"the proxy {proxy} {what}",
        code="proxy_error",
        provider_error=error,
        hint=f"Check {proxy.origin}, and that the proxy runs and can be reached.",
    )


def _refused(proxy: Proxy, status: str) -> NetworkError:
    hint = "Check base_url, and ask who runs the proxy whether it lets this address through."
    is_login = status.startswith("407")
    if is_login:
        hint = "Correct user name and password" if proxy.user else "Give user name and password"
        hint += f" in {proxy.origin}: http://user:password@host:port."
    return NetworkError(
        f"the proxy {proxy} refuses: {status}",
        code="proxy_error",
        retryable=status.startswith(_MAY_PASS),
        hint=hint,
    )
