"""Through an HTTP proxy: tunnels to https addresses, forwarding to http ones, and what can fail."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from llm_connectivity import LLMClient, LLMError, NetworkError, RequestTimeoutError, ValidationError
from llm_connectivity.secret import Secret
from tests.server.proxy import LoopbackProxy, refusal
from tests.server.tls import CERTIFICATES, TlsFront
from tests.worlds import KEY, TEXT, WireWorld

CA = CERTIFICATES / "ca.pem"
USER = "proxy-user:proxy-password"


@pytest.fixture
def proxy() -> Iterator[LoopbackProxy]:
    """A proxy that makes tunnels and forwards for everybody."""
    with LoopbackProxy() as proxy:
        yield proxy


@pytest.fixture
def secure(wire: WireWorld) -> Iterator[WireWorld]:
    """The wire's server, behind TLS with a certificate of a CA of its own."""
    with TlsFront(wire.server.port, "signed") as front:
        wire.base_url = lambda: f"https://localhost:{front.port}{wire.base_path}"
        yield wire


def _with_user(proxy: LoopbackProxy, user: str = USER) -> str:
    return f"http://{user}@{proxy.address}"


def _fails(client: LLMClient, **settings: Any) -> LLMError:
    with pytest.raises(LLMError) as caught:
        client.chat("Hi", **settings)
    return caught.value


def test_streams_share_one_tunnel(secure: WireWorld, proxy: LoopbackProxy, monkeypatch):
    """As they share one connection; the proxy sees the address and no key."""
    secure.play("hello")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(CA))
    client = secure.client()
    for _ in range(20):
        assert "".join(chunk.content for chunk in client.chat_stream("Hi")) == TEXT
    [request] = proxy.requests
    target = secure.base_url().split("/")[2]
    assert (request.method, request.target, request.header("host")) == ("CONNECT", target, target)
    assert request.header("proxy-authorization") is None
    assert KEY.encode() not in request.head
    assert len(secure.server.connections) == 1


def test_plain_http_is_forwarded(wire: WireWorld, proxy: LoopbackProxy, monkeypatch):
    """With the whole address in the request line, over one connection."""
    wire.play("hello")
    monkeypatch.setenv("http_proxy", _with_user(proxy))
    client = wire.client()
    for _ in range(3):
        assert client.chat("Hi").content == TEXT
        assert client.chat_stream("Hi").collect().content == TEXT
    assert [request.target for request in proxy.requests] == [
        wire.server.origin + request.path for request in wire.server.requests
    ]
    assert all(request.header("proxy-authorization") for request in proxy.requests)
    assert len(wire.server.connections) == 1


def test_credentials_reach_the_proxy_alone(secure: WireWorld):
    """With each tunnel; the server sees nothing of them."""
    secure.play("hello")
    with LoopbackProxy(credentials=USER) as proxy:
        client = secure.client(proxy=Secret(_with_user(proxy)), verify=CA)
        assert client.chat("Hi").content == TEXT
    [request] = secure.server.requests
    assert [name for name, _ in request.headers if "proxy" in name.lower()] == []
    assert proxy.requests[0].header("proxy-authorization").startswith("Basic ")


def test_proxy_holds_for_all_providers_of_a_client(monkeypatch):
    """Each of them is asked through it, though none has been named to them."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    with LoopbackProxy(answer=refusal(403, "Forbidden")) as proxy:
        fallbacks = ["anthropic/m", "google/m"]
        with LLMClient("openai/m", proxy=proxy.url, fallbacks=fallbacks, max_retries=0) as client:
            assert "refuses: 403 Forbidden" in str(_fails(client))
    hosts = [request.target for request in proxy.requests]
    assert hosts == [
        "api.openai.com:443",
        "api.anthropic.com:443",
        "generativelanguage.googleapis.com:443",
    ]


def test_environment_is_asked_for_each_provider(secure: WireWorld, proxy, monkeypatch):
    """A host in NO_PROXY is reached directly."""
    secure.play("hello")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert secure.client(verify=CA).chat("Hi").content == TEXT
    assert proxy.requests == []


def test_environment_counts_when_the_client_is_made(secure: WireWorld, proxy, monkeypatch):
    """As with the address; a variable that changes later changes nothing."""
    secure.play("hello")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    client = secure.client(verify=CA)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert client.chat("Hi").content == TEXT
    assert proxy.tunnels == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_wrong_credentials_are_not_retried(wire: WireWorld, scheme: str, naps):
    """They would be wrong again; the error says where they stand."""
    with LoopbackProxy(credentials=USER) as proxy:
        url = f"{scheme}://localhost:{wire.server.port}"
        for user, advice in (("", "Give user name and password in"), ("me:pw@", "Correct user")):
            client = wire.client(base_url=url, proxy=f"http://{user}{proxy.address}")
            error = _fails(client)
            assert (type(error), error.code, error.retryable) == (
                NetworkError,
                "proxy_error",
                False,
            )
            assert f"the proxy {proxy.address} (proxy=) refuses: 407 Proxy Auth" in str(error)
            assert advice in error.hint
            assert len(error.attempts) == 1
    assert (wire.server.requests, naps) == ([], [])


REFUSALS = {
    "429": (refusal(429, "Slow down"), "refuses: 429 Slow down"),
    "502": (refusal(502, "Bad Gateway"), "refuses: 502 Bad Gateway"),
    "without a reason": (b"HTTP/1.1 503\r\n\r\n", "refuses: 503"),
    "behind an informational answer": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 504 Late\n\n",
        "refuses: 504 Late",
    ),
    "no http": (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
    "no status": (b"HTTP/1.1 yes\r\n\r\n", "no HTTP"),
    "no end": (b"HTTP/1.1 200 OK\r\n" + b"x" * 70_000, "no HTTP"),
    "nothing": (b"", "it has closed the connection"),
    "half a head": (b"HTTP/1.1 200 OK\r\nServer: x", "it has closed the connection"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_tunnel_is_retried_and_names_the_proxy(secure: WireWorld, name: str, monkeypatch):
    """By its address and its variable."""
    answer, says = REFUSALS[name]
    with LoopbackProxy(answer=answer) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = _fails(secure.client(verify=CA, max_retries=1))
    assert (type(error), error.code, error.retryable) == (NetworkError, "proxy_error", True)
    assert f"the proxy {proxy.address} (HTTPS_PROXY)" in str(error)
    assert says in str(error)
    assert (len(error.attempts), len(proxy.requests)) == (2, 2)


def test_tunnel_that_is_forbidden_is_not_asked_for_again(secure: WireWorld):
    """A proxy does not change its mind."""
    with LoopbackProxy(answer=refusal(403, "Forbidden")) as proxy:
        error = _fails(secure.client(verify=CA, proxy=proxy.url))
    assert (error.code, error.retryable, len(proxy.requests)) == ("proxy_error", False, 1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_out_of_reach_is_named(wire: WireWorld, scheme: str, monkeypatch):
    """Nobody shall look for the fault at the provider."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    monkeypatch.setenv("ALL_PROXY", f"http://{USER}@localhost:{port}")
    error = _fails(wire.client(base_url=f"{scheme}://localhost:1", max_retries=0))
    assert (type(error), error.code, error.retryable) == (NetworkError, "proxy_error", True)
    assert f"the proxy localhost:{port} (ALL_PROXY) can't be reached: " in str(error)
    assert "Check ALL_PROXY" in error.hint
    assert error.provider_error is error.__cause__ is not None


def test_server_out_of_reach_behind_a_proxy(wire: WireWorld, proxy: LoopbackProxy):
    """It is the proxy who says so."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    client = wire.client(base_url=f"https://localhost:{port}", proxy=proxy.url, max_retries=0)
    assert "refuses: 502 Bad Gateway" in str(_fails(client))


@pytest.mark.real_time
@pytest.mark.parametrize("where", ["connecting", "tunnel", "handshake"])
@pytest.mark.parametrize(
    ("limits", "code"),
    [({"timeout": 0.3}, "connect_timeout"), ({"deadline": 0.3}, "deadline")],
    ids=["timeout", "deadline"],
)
def test_way_through_a_proxy_has_the_time_to_connect(
    wire: WireWorld, where: str, limits: dict[str, float], code: str
):
    """All of it together."""
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(LoopbackProxy(silent=where == "tunnel"))
        front = stack.enter_context(TlsFront(wire.server.port, mute=True))
        url, target = proxy.url, front.port
        if where == "connecting":
            url = f"http://127.0.0.1:{_full_port(stack)}"
        client = wire.client(base_url=f"https://localhost:{target}", proxy=url, max_retries=0)
        started = time.monotonic()
        error = _fails(client, **limits)
    assert (type(error), error.code) == (RequestTimeoutError, code)
    assert 0.25 < time.monotonic() - started < 0.6
    assert ("(proxy=)" in str(error)) == (where != "handshake")


@pytest.mark.real_time
def test_steps_of_connecting_share_one_limit(wire: WireWorld):
    """A proxy that is slow, and a server behind it that is mute."""

    def answer(_: object) -> bytes:
        time.sleep(0.3)
        return b"HTTP/1.1 200 OK\r\n\r\n"

    with LoopbackProxy(answer=answer, keeps_open=True) as proxy:
        client = wire.client(base_url="https://localhost:1", proxy=proxy.url, max_retries=0)
        started = time.monotonic()
        error = _fails(client, timeout=0.5)
    assert error.code == "connect_timeout"
    assert 0.45 < time.monotonic() - started < 0.7


def _full_port(stack: contextlib.ExitStack) -> int:
    """Give a port that takes no further connection, nor refuses one."""
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            waiting.connect(listener.getsockname())
    time.sleep(0.05)
    return listener.getsockname()[1]


def test_failed_handshakes_leave_no_place_taken(secure: WireWorld, proxy: LoopbackProxy):
    """Nor do refused tunnels; the next request finds room."""
    client = secure.client(proxy=proxy.url, max_connections=1, max_retries=0, timeout=2)
    for _ in range(3):
        assert _fails(client).code == "tls_not_trusted"
    assert proxy.tunnels == 3


def test_stale_tunnel_is_replaced_at_once(secure: WireWorld, proxy: LoopbackProxy, naps):
    """As any connection that was kept too long: no attempt, no wait."""
    secure.play("hello")
    client = secure.client(proxy=proxy.url, verify=CA)
    client.chat("Hi")
    proxy.drop()
    assert len(client.chat("Hi").attempts) == 1
    assert (proxy.tunnels, naps) == (2, [])


@pytest.mark.parametrize("url", ["socks5://a.example:1", "https://a.example:1", "ftp://x"])
def test_proxy_that_cannot_be_used_is_refused_when_the_client_is_made(url: str, monkeypatch):
    """Before any I/O; the mock needs none."""
    with pytest.raises(ValidationError, match="proxy= "):
        LLMClient("openai/m", api_key=KEY, proxy=url)
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(ValidationError, match="ALL_PROXY "):
        LLMClient("openai/m", api_key=KEY)
    LLMClient("mock/demo", proxy=url).close()


def test_proxy_is_for_the_constructor_alone(world):
    """Not beside an adapter, nor per call, nor for a client that shares connections."""
    world.play("hello")
    client = world.client()
    for refused in (
        lambda: LLMClient(adapter=client._lifetime.adapters.primary, proxy="http://secret-host"),
        lambda: client.chat("Hi", proxy="http://secret-host"),
        lambda: client.with_options(proxy="http://secret-host"),
    ):
        with pytest.raises(ValidationError, match="proxy") as caught:
            refused()
        assert "secret-host" not in str(caught.value)
