"""What a proxy is told of its user shows nowhere else, whoever echoes it."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from llm_connectivity import LLMClient, LLMError
from llm_connectivity.http import tunnel
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from tests.server import json_reply
from tests.server.proxy import LoopbackProxy, refusal
from tests.server.tls import CERTIFICATES, TlsFront
from tests.worlds import KEY, WireWorld

CA = CERTIFICATES / "ca.pem"
PASSWORD = "proxy/password"
USER = f"proxy-user:{PASSWORD}"
TOKEN = base64.b64encode(USER.encode()).decode()
WRITTEN = "proxy-user:proxy%2Fpassword"

ECHO = f"{PASSWORD} {USER} {TOKEN} {WRITTEN}"
SECRETS = (PASSWORD, TOKEN, "proxy%2Fpassword")

ANSWERS = {
    "refused": {"answer": refusal(407, "No", ECHO)},
    "another status": {"answer": refusal(503, "No", ECHO)},
    "no http": {"answer": ECHO.encode() + b"\r\n\r\n"},
    "hung up": {"answer": b""},
    "silent": {"silent": True},
    "server": {},
}


@pytest.fixture
def everything_logged(caplog) -> Iterator[Any]:
    """Records of all loggers, at DEBUG."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx2", "httpcore2", "openai", "anthropic", "google_genai"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


def _shown(error: BaseException) -> dict[str, str]:
    """Give all that there is to see of an error."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    cause, fields = error.__cause__, str(vars(error))
    return {
        "text": repr(error) + str(error) + fields,
        "cause": repr(cause) + str(cause and vars(cause)),
        "traceback": "".join(told.format()),
        "pickle": str(pickle.dumps(error)) + str(vars(pickle.loads(pickle.dumps(error)))),
    }


def _places(texts: dict[str, str]) -> list[str]:
    return [place for place, text in texts.items() if any(one in text for one in SECRETS)]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", ANSWERS)
def test_credentials_are_in_nothing_that_a_failure_shows(
    wire: WireWorld, scheme: str, name: str, everything_logged, monkeypatch
):
    """Whoever echoes them, in whatever form: the proxy, or the server behind it."""
    wire.server.always(json_reply(wire.error_body(ECHO, 400), 400, (("x-echo", ECHO),)))
    with LoopbackProxy(**ANSWERS[name]) as proxy, TlsFront(wire.server.port, "signed") as front:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{WRITTEN}@{proxy.address}")
        port = front.port if scheme == "https" else wire.server.port
        url = f"{scheme}://localhost:{port}{wire.base_path}"
        client = wire.client(base_url=url, verify=CA, max_retries=0, timeout=0.3)
        for ask in (client.chat, lambda text: list(client.chat_stream(text))):
            with pytest.raises(LLMError) as caught:
                ask("Hi")
            assert _places(_shown(caught.value)) == []
        assert proxy.requests[0].header("proxy-authorization") == f"Basic {TOKEN}"
        adapter = client._lifetime.adapters.primary
        assert _places({"client": repr(client) + repr(adapter) + str(vars(adapter))}) == []
    log = "".join(record.getMessage() for record in everything_logged.records)
    assert "connect_tcp" in log
    assert _places({"log": log}) == []


def test_credentials_are_in_no_log_of_a_call_that_succeeds(wire: WireWorld, everything_logged):
    """Though the proxy says them back."""
    wire.play("hello")
    answer = f"HTTP/1.1 200 Welcome {ECHO}\r\nX-Echo: {ECHO}\r\n\r\n".encode()
    with TlsFront(wire.server.port, "signed") as front, LoopbackProxy(welcome=answer) as proxy:
        url = f"https://localhost:{front.port}{wire.base_path}"
        proxy_url = f"http://{WRITTEN}@{proxy.address}"
        client = wire.client(base_url=url, verify=CA, proxy=proxy_url)
        client.chat("Hi")
    log = "".join(record.getMessage() for record in everything_logged.records)
    assert "start_tls" in log
    assert _places({"log": log}) == []


def test_interrupted_tunnel_shows_no_credentials(wire: WireWorld, monkeypatch):
    """In the locals of its traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tunnel, "_read_head", interrupt)
    with LoopbackProxy() as proxy:
        monkeypatch.setenv("https_proxy", f"http://{WRITTEN}@{proxy.address}")
        client = wire.client(base_url="https://localhost:1")
        with pytest.raises(KeyboardInterrupt) as caught:
            client.chat("Hi")
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(told.format())
    assert "_open_tunnel" in text
    assert _places({"traceback": text}) == []


def _fail_to_make(make: Any) -> str:
    with pytest.raises(LLMError) as caught:
        make()
    inner = caught.value.__traceback__.tb_next.tb_next  # the caller's frames hold it anyway
    told = traceback.TracebackException(LLMError, caught.value, inner, capture_locals=True)
    return "".join(told.format())


@pytest.mark.parametrize("scheme", ["socks5", "https", "ftp", "http://:"])
@pytest.mark.parametrize("kind", [LLMClient, OpenAIAdapter])
def test_proxy_that_is_refused_is_in_no_local(scheme: str, kind: Any, monkeypatch):
    """Given, or from the environment."""
    url = f"{scheme}://{WRITTEN}@proxy.example:port"
    model = {"model": "openai/m"} if kind is LLMClient else {}
    given = _fail_to_make(lambda: kind(**model, api_key=KEY, proxy=url))
    monkeypatch.setenv("ALL_PROXY", url)
    found = _fail_to_make(lambda: kind(**model, api_key=KEY))
    assert "choose_proxy" in given
    assert _places({"given": given, "found": found}) == []
