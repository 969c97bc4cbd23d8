"""What all tests share: nothing leaves loopback, no key is in the environment, nobody sleeps."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from llm_connectivity import RetryPolicy
from tests.server import LoopbackServer
from tests.worlds import WORLDS, World

# Everything the package or an SDK reads from the environment.
_VARIABLES = (
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_AI_API_KEY",
    "GOOGLE_GEMINI_BASE_URL",
    "GOOGLE_GENAI_API_VERSION",
    "GOOGLE_GENAI_CLIENT_MODE",
    "GOOGLE_GENAI_HTTP_CLIENT",
    "GOOGLE_GENAI_REPLAYS_DIRECTORY",
    "GOOGLE_GENAI_REPLAY_ID",
    "GOOGLE_GENAI_USE_ENTERPRISE",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "GOOGLE_CLOUD_LOCATION",
    "GOOGLE_CLOUD_PROJECT",
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_LOG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests that wait for real one after the other."""
    for item in items:
        if item.get_closest_marker("real_time"):
            item.add_marker(pytest.mark.xdist_group("serial"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


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


@pytest.fixture(params=sorted(name for name in WORLDS if WORLDS[name].has_server))
def wire(request: pytest.FixtureRequest, policy: RetryPolicy, naps: list[float]) -> Iterator[World]:
    """As `world`, for those that are asked over HTTP."""
    with WORLDS[request.param](policy, naps) as world:
        yield world
