"""Connecting: one limit for name resolution, all addresses and the handshake."""

from __future__ import annotations

import select
import socket
import threading
import time

import httpcore2
import pytest

from llm_connectivity.http import network
from llm_connectivity.http.network import GuardedBackend
from llm_connectivity.http.network_stream import CURRENT_LIMITS
from llm_connectivity.limits import Limits


@pytest.mark.real_time
def test_connect_is_bounded_while_a_name_is_resolved(monkeypatch):
    """Nothing else bounds the system's resolver."""
    wake = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: wake.wait(5))
    start = time.monotonic()
    with pytest.raises(httpcore2.ConnectTimeout, match="resolving"):
        GuardedBackend().connect_tcp("slow.example", 80, timeout=0.2)
    assert 0.15 < time.monotonic() - start < 0.6
    wake.set()


def test_connect_tries_each_address_until_one_answers(monkeypatch):
    """A name with a dead address first still connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        addresses = [(*kind, ("127.0.0.1", 1)), (*kind, ("127.0.0.1", port))]
        monkeypatch.setattr(network, "_resolve", lambda *_: addresses)
        stream = GuardedBackend().connect_tcp("two.example", port, timeout=2)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        stream.close()


def test_connect_shares_its_time_among_the_addresses(monkeypatch):
    """Four dead addresses cost one connect timeout, not four."""
    allowed = []

    class Dead:
        def __init__(self, *_: object) -> None: ...
        def settimeout(self, seconds: float) -> None:
            allowed.append(seconds)

        def connect(self, address: object) -> None:
            raise TimeoutError

        def close(self) -> None: ...

    monkeypatch.setattr(network, "_resolve", lambda *_: [(2, 1, 6, "", ("192.0.2.1", 80))] * 4)
    monkeypatch.setattr(network.socket, "socket", Dead)
    with pytest.raises(httpcore2.ConnectTimeout):
        GuardedBackend().connect_tcp("dead.example", 80, timeout=4)
    assert [round(seconds) for seconds in allowed] == [1, 1, 2, 4]


def test_connect_failures_are_connect_errors(monkeypatch):
    """A refused connection and a name that does not exist."""
    with pytest.raises(httpcore2.ConnectError):
        GuardedBackend().connect_tcp("127.0.0.1", 1, timeout=1)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpcore2.ConnectError, match="not known"):
        GuardedBackend().connect_tcp("nowhere.example", 80, timeout=1)


@pytest.mark.real_time
def test_write_and_read_wait_as_long_as_the_limits_leave():
    """A peer that neither reads nor writes holds nobody for longer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        limits = Limits(wait=0.2)
        token = CURRENT_LIMITS.set(limits)
        try:
            stream = GuardedBackend().connect_tcp(*listener.getsockname()[:2], timeout=1)
            stream.write(b"x")
            start = time.monotonic()
            with pytest.raises(httpcore2.ReadTimeout):
                stream.read(1)
            limits.end_within(0.1)
            with pytest.raises(httpcore2.WriteTimeout):
                stream.write(b"x" * 50_000_000)
            assert 0.25 < time.monotonic() - start < 0.9
        finally:
            CURRENT_LIMITS.reset(token)
            stream.close()


@pytest.mark.real_time
def test_write_waits_no_longer_than_the_limits_from_its_first_byte_on():
    """On a new connection, whose peer does not read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        token = CURRENT_LIMITS.set(Limits(wait=0.2))
        try:
            stream = GuardedBackend().connect_tcp(*listener.getsockname()[:2], timeout=1)
            start = time.monotonic()
            with pytest.raises(httpcore2.WriteTimeout):
                stream.write(b"x" * 50_000_000)
            assert 0.15 < time.monotonic() - start < 0.9
        finally:
            CURRENT_LIMITS.reset(token)
            stream.close()


def test_start_tls_has_what_is_left_of_the_connect_limit():
    """A server that never answers the handshake."""
    import ssl

    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = GuardedBackend().connect_tcp(*listener.getsockname()[:2], timeout=0.2)
        with pytest.raises(httpcore2.ConnectTimeout):
            stream.start_tls(ssl.create_default_context(), "localhost", timeout=60)


def test_connection_that_is_closed_while_it_is_looked_at_is_no_failure(monkeypatch):
    """Another thread may close the client while this one chooses a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = GuardedBackend().connect_tcp("127.0.0.1", listener.getsockname()[1])
        real = select.poll

        def poll() -> object:
            stream.close()
            return real()

        monkeypatch.setattr(select, "poll", poll)
        assert stream.get_extra_info("is_readable") is True
