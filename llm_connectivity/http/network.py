"""Connecting, within one limit: name resolution, all addresses, the TLS handshake.

httpcore2's own backend spends the connect timeout once per address.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import math
import socket
import threading
import time
import weakref
from collections.abc import Iterable
from typing import Any

import httpcore2

from ..cancel import Cancel
from ..signals import raise_signalled
from .guarded_socket import GuardedSocket, shut
from .network_stream import GuardedStream, current_limits


class GuardedBackend(httpcore2.NetworkBackend):
    """Connects; name resolution, all addresses and the TLS handshake share one limit.

    Args:
        made: Where the sockets are noted that it makes.
    """

    def __init__(self, made: weakref.WeakSet[GuardedSocket] | None = None) -> None:
        self._made = weakref.WeakSet() if made is None else made

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> GuardedStream:
        """Connect to the first address that answers; ``timeout`` seconds for everything."""
        cancel = current_limits().cancel
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        try:
            addresses = _resolve(host, port, until, cancel)
            sock = _connect_any(addresses, until, cancel)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for option in socket_options or ():
                sock.setsockopt(*option)
        except OSError as error:
            raise_signalled(error)
            if isinstance(error, TimeoutError):
                raise httpcore2.ConnectTimeout(error) from error
            raise httpcore2.ConnectError(error) from error
        return GuardedStream(GuardedSocket(sock, self._made), until)


def _resolve(host: str, port: int, until: float, cancel: Cancel) -> list[Any]:
    """Resolve a name in a helper thread, since nothing bounds the system's resolver."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    outcome: list[Any] = []
    done = threading.Event()

    def look_up() -> None:
        try:
            outcome.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # a name that can't be one is a UnicodeError
            outcome.append(error)
        done.set()

    threading.Thread(target=look_up, name="llm-connectivity-resolve", daemon=True).start()
    seconds = until - time.monotonic()
    with cancel.waking(done.set):
        done.wait(None if seconds == math.inf else max(0.0, seconds))
    _check_open(cancel)
    if not outcome:
        raise TimeoutError(f"resolving the name {host!r} took too long")
    if isinstance(outcome[0], Exception):
        raise OSError(f"{host!r}: {outcome[0]}") from outcome[0]
    addresses: list[Any] = outcome[0]
    return addresses


def _connect_any(addresses: list[Any], until: float, cancel: Cancel) -> socket.socket:
    """Try one address after the other, each with an equal share of the time that is left."""
    failure = OSError("the name resolves to no address")
    for i, (family, kind, protocol, _, address) in enumerate(addresses):
        seconds = (until - time.monotonic()) / (len(addresses) - i)
        if seconds <= 0:
            raise TimeoutError("connecting took too long")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(None if seconds == math.inf else seconds)
            with cancel.waking(functools.partial(shut, sock)):
                sock.connect(address)
            _check_open(cancel)
        except OSError as error:
            sock.close()
            raise_signalled(error)
            _check_open(cancel)
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _check_open(cancel: Cancel) -> None:
    if cancel.is_set:
        raise OSError("it was closed by another thread")
