"""What all tests share: nothing leaves loopback, no key is in the environment, nobody sleeps."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from llm_connectivity import RetryPolicy
from tests.server import LoopbackServer
from tests.worlds import WIRES, WORLDS, WireWorld, World

# Whatever the package or an SDK reads from the environment begins or ends like this.
_PREFIXES = ("OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "SSL_CERT_", "HF_TOKEN")
_SUFFIXES = ("_PROXY", "_API_KEY", "_API_TOKEN")

# The same examples each time, however slow the machine is; pytest --hypothesis-profile=default
# tries others.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a file's tests that wait for real one after the other."""
    for item in items:
        if item.get_closest_marker("real_time"):
            item.add_marker(pytest.mark.xdist_group(f"serial {item.path.stem}"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name.upper().endswith(_SUFFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to connect anywhere else, under every library."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test connects to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A loopback server; it must have no failure of its own, and no unexpected request."""
    with LoopbackServer() as server:
        yield server
    assert server.errors == []
    assert server.unexpected == []


@pytest.fixture
def naps() -> list[float]:
    """Seconds that retries would have slept."""
    return []


@pytest.fixture
def policy(naps: list[float]) -> RetryPolicy:
    """A retry policy that notes its waits instead of sleeping, without jitter."""
    return RetryPolicy(sleep=naps.append, jitter=0)


@pytest.fixture(params=sorted(WORLDS))
def world(
    request: pytest.FixtureRequest, policy: RetryPolicy, naps: list[float]
) -> Iterator[World]:
    """One provider after the other, with the same scenarios."""
    with WORLDS[request.param](policy, naps) as world:
        yield world


@pytest.fixture(params=sorted(WIRES))
def wire(
    request: pytest.FixtureRequest, policy: RetryPolicy, naps: list[float]
) -> Iterator[WireWorld]:
    """As `world`, for those that are asked over HTTP."""
    with WIRES[request.param](policy, naps) as world:
        yield world
