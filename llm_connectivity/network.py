"""Connecting, within one limit: name resolution, all addresses, the TLS handshake.

httpcore2's own backend spends the connect timeout once per address.
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

from .network_stream import GuardedStream


class GuardedBackend(httpcore2.NetworkBackend):
    """Connects; name resolution, all addresses and the TLS handshake share one limit."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers; ``timeout`` seconds for everything."""
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        try:
            addresses = _resolve(host, port, until)
            sock = _connect_any(addresses, until)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for option in socket_options or ():
                sock.setsockopt(*option)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(error) from error
        except OSError as error:
            raise httpcore2.ConnectError(error) from error
        return GuardedStream(sock, until)


def _resolve(host: str, port: int, until: float) -> list[Any]:
    """Resolve a name in a helper thread, since nothing bounds the system's resolver."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    outcome: list[Any] = []

    def look_up() -> None:
        try:
            outcome.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # a name that can't be one is a UnicodeError
            outcome.append(error)

    thread = threading.Thread(target=look_up, name="llm-connectivity-resolve", daemon=True)
    thread.start()
    seconds = until - time.monotonic()
    thread.join(None if seconds == math.inf else max(0.0, seconds))
    if not outcome:
        raise TimeoutError(f"resolving the name {host!r} took too long")
    if isinstance(outcome[0], Exception):
        raise OSError(f"{host!r}: {outcome[0]}") from outcome[0]
    addresses: list[Any] = outcome[0]
    return addresses


def _connect_any(addresses: list[Any], until: float) -> socket.socket:
    """Try one address after the other, each with an equal share of the time that is left."""
    failure = OSError("the name resolves to no address")
    for i, (family, kind, protocol, _, address) in enumerate(addresses):
        seconds = (until - time.monotonic()) / (len(addresses) - i)
        if seconds <= 0:
            raise TimeoutError("connecting took too long")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(None if seconds == math.inf else seconds)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure
