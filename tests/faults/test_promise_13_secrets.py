"""Promise 13: key, prompt and proxy password show nowhere, wherever a server echoes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from llm_connectivity import LLMClient, LLMError, secret
from tests.faults.leaks import places_that_show
from tests.faults.observe import PROMPT, Records
from tests.faults.scenarios.voice import BEGINNING, Voice
from tests.server import Cut, Entry, Raw, Reply, Send, stream_reply
from tests.server.proxy import LoopbackProxy, refusal
from tests.worlds import KEY, WireWorld

PASSWORD = "proxy-password-0123"

CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
QUOTED = 'sk-"quote\\back/slash+=&0123456789'
ESCAPED = "".join(f"\\u{ord(character):04x}" for character in KEY)

# Where a server may echo what it was sent, given the key.
ECHOES: dict[str, Callable[[Voice, str], Entry]] = {
    "a header": lambda v, key: v.document(_told(v, "No."), status=400, headers=(("x-key", key),)),
    "a document": lambda v, key: v.document(_told(v, f"Wrong key {key}."), status=401),
    "an escaped document": lambda v, key: Reply(
        (Send(json.dumps(_told(v, "KEY")).replace("KEY", ESCAPED).encode()),), 400
    ),
    "a request id": lambda v, key: v.document(
        _told(v, "No."), status=500, headers=(("x-request-id", key), ("request-id", key))
    ),
    "a page": lambda v, key: Reply((Send(f"<html>{key}</html>".encode()),)),
    "an address": lambda v, key: v.document(
        {}, status=307, headers=(("location", f"https://127.0.0.1:1/{key}?key={key}"),)
    ),
    "a status line": lambda v, key: Raw(
        (Send(f"HTTP/1.1 500 {key}\r\ncontent-length: 0\r\n\r\n".encode()),)
    ),
    "no status line": lambda v, key: Raw((Send(f"{key}\r\n\r\n".encode()),)),
    "headers of framing": lambda v, key: Reply(
        (Send(b"no"),), 500, (("content-encoding", key), ("connection", key), ("x", key))
    ),
    "an odd header line": lambda v, key: Raw((Send(CHUNKED + f"{key}\r\n\r\n".encode()),)),
    "a chunk's size": lambda v, key: Raw((Send(CHUNKED + f"\r\n{key}\r\n".encode()),)),
    "an error inside": lambda v, key: v.document(_told(v, f"Wrong key {key}."), status=200),
    "an error event": lambda v, key: stream_reply(
        *map(Send, v.beginning()), Send(v.wire.error_event(f"Wrong key {key}."))
    ),
    "garbage": lambda v, key: stream_reply(
        *map(Send, v.beginning()), Send(f"data: {{{key}\n\n".encode())
    ),
    "the model's name": lambda v, key: stream_reply(
        *(Send(event.replace(v.wire.MODEL.encode(), key.encode())) for event in v.beginning()),
        Cut(),
    ),
}


def _told(voice: Voice, message: str) -> dict[str, object]:
    return voice.world.error_body(message, 400)


def _fail(client: LLMClient, streamed: bool) -> LLMError:
    """Make a call that fails, in a frame that holds no secret itself."""
    with pytest.raises(LLMError) as caught:
        client.chat_stream(PROMPT).collect() if streamed else client.chat(PROMPT)
    return caught.value


def _look(client: LLMClient, streamed: bool) -> tuple[LLMError, tuple[str, ...]]:
    """Make a call that fails; give the error, and where anything shows."""
    with Records() as records:
        error = _fail(client, streamed)
    secrets = {"key": KEY, "prompt": PROMPT, "password": PASSWORD}
    printed = (client, client._lifetime.adapters.primary)
    return error, places_that_show(secrets, [error], records.lines, printed)


def _look_for_key(wire: WireWorld, where: str, streamed: bool) -> tuple[LLMError, tuple[str, ...]]:
    wire.server.always(ECHOES[where](Voice(wire, streamed=streamed), KEY))
    return _look(wire.client(max_retries=0), streamed)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("where", ECHOES)
def test_promise_13_key_that_is_echoed_shows_nowhere(wire: WireWorld, where: str, streamed: bool):
    """In no text, field, cause, local, pickle and log, of ours or of the libraries below."""
    _, shown = _look_for_key(wire, where, streamed)
    assert shown == ()


@pytest.mark.parametrize("where", [where for where in ECHOES if where != "the model's name"])
def test_promise_13_walk_finds_the_key_where_nothing_is_masked(
    wire: WireWorld, where: str, monkeypatch
):
    """So that it would find one that was forgotten."""
    streamed = "event" in where or where == "garbage"
    with monkeypatch.context() as patch:
        patch.setattr(secret, "_mask_value", lambda value, keys: value)
        _, shown = _look_for_key(wire, where, streamed)
    assert any(place.startswith("key in") for place in shown)


@pytest.mark.parametrize(
    "form", [str, repr, json.dumps, quote, quote_plus], ids=lambda f: f.__name__
)
def test_promise_13_key_is_known_however_it_is_quoted(wire: WireWorld, form):
    """As servers and libraries write it in texts, documents and addresses."""
    told = form(QUOTED)
    wire.server.always(Voice(wire, streamed=False).document(wire.error_body(told, 400), status=400))
    error = _fail(wire.client(api_key=QUOTED, max_retries=0), streamed=False)
    assert "0123456789" not in str(error) + str(vars(error)) + str(vars(error.__cause__))


def test_promise_13_key_in_an_address_is_not_shown_where_that_is_refused(wire: WireWorld):
    """People write it there, since some vendors' documentation does."""
    for address in (f"{wire.base_url()}?key={KEY}", f"{wire.base_url()}/ ?key={KEY}"):
        with pytest.raises(LLMError) as caught:
            wire.client(base_url=address)
        assert "key=" not in str(caught.value).replace("api_key=", "")
        assert KEY not in str(caught.value) + str(vars(caught.value))


def test_promise_13_text_is_kept_beside_what_is_masked(wire: WireWorld):
    """Masking takes nothing of an answer away."""
    error, _ = _look_for_key(wire, "an error event", streamed=True)
    assert error.partial.content == BEGINNING
    assert "Wrong key ***" in str(error)


PROXIES = {
    "refuses": {"answer": refusal(407, "No", f"Wrong password {PASSWORD}.")},
    "answers with no HTTP": {"answer": f"{PASSWORD}\r\n\r\n".encode()},
    "hangs up": {"answer": b""},
}


def _look_for_password(wire: WireWorld, proxy: LoopbackProxy, scheme: str) -> tuple[str, ...]:
    client = wire.client(
        base_url=wire.base_url().replace("http:", f"{scheme}:"),
        max_retries=0,
        proxy=f"http://somebody:{PASSWORD}@{proxy.address}",
    )
    return _look(client, streamed=False)[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("manner", PROXIES)
def test_promise_13_password_of_a_proxy_shows_nowhere(wire: WireWorld, manner: str, scheme: str):
    """Whether it forwards or tunnels, and whatever it says."""
    with LoopbackProxy(**PROXIES[manner]) as proxy:
        assert _look_for_password(wire, proxy, scheme) == ()


def test_promise_13_walk_finds_the_password_where_nothing_is_masked(wire: WireWorld, monkeypatch):
    """So that it would find one that was forgotten."""
    monkeypatch.setattr(secret, "_mask_value", lambda value, keys: value)
    with LoopbackProxy(**PROXIES["answers with no HTTP"]) as proxy:
        shown = _look_for_password(wire, proxy, "http")
    assert any(place.startswith("password in") for place in shown)
