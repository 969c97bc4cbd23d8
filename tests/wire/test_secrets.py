"""Keys never show: in errors, causes, tracebacks with locals, logs; and go nowhere else."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from llm_connectivity import LLMClient, LLMError, NetworkError
from tests.server import (
    LoopbackServer,
    Pause,
    Raw,
    Reply,
    Reset,
    Send,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.worlds import KEY

ECHO = openai_wire.error_body(f"Incorrect API key provided: {KEY}.", code="invalid_api_key")

# Errors show 200 characters of what is no answer.
CUT = b"x" * 185 + KEY.encode()

FAILURES = {
    "echoed in the body": json_reply(ECHO, 401, (("x-echo", KEY),)),
    "echoed in html": json_reply({"detail": f"<p>{KEY}</p>"}, 500),
    "echoed in a 200": json_reply({"error": {"message": f"bad {KEY}", "code": KEY}}),
    "echoed in an error event": stream_reply(Send(openai_wire.error_event(f"bad {KEY}"))),
    "redirect": json_reply({}, 307, (("location", f"http://127.0.0.2:1/{KEY}"),)),
    "reset": Raw((Reset(),)),
    "silent": Raw((Pause(1.0),)),
    "cut at 200 characters": Reply((Send(CUT + b"y" * 99),), framing="length"),
    "in an event that is none": stream_reply(Send(b"data: " + CUT + b"\n\n")),
    "where a status should be": Raw((Send(b"Bearer " + KEY.encode() + b" 200\r\n\r\n"),)),
    "in an odd head": Raw((Send(b"HTTP/1.1 200 OK\r\n" + KEY.encode() + b"\r\n\r\n"),)),
}

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
BAD_FRAMING = {
    "size": Raw((Send(CHUNKED + KEY.encode() + b"\r\n"),)),
    "trailer": Raw((Send(CHUNKED + b"0\r\n" + KEY.encode() + b"\r\n\r\n"),)),
}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _headers_of(error: BaseException) -> list[object]:
    """Headers of the request and the response that exceptions of the SDK carry along."""
    carried = [vars(error).get(name) for name in ("request", "_request", "response")]
    return [message.headers.raw for message in carried if message is not None]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", FAILURES)
def test_key_is_in_nothing_that_a_failure_shows(
    server: LoopbackServer, name: str, streamed: bool, caplog
):
    """Text, fields, pickle, tracebacks with locals down to the last cause, records at DEBUG."""
    caplog.set_level(logging.DEBUG)
    server.always(FAILURES[name])
    client = LLMClient(
        model="openai/gpt-4o-mini",
        api_key=KEY,
        base_url=f"{server.origin}/v1",
        max_retries=0,
        timeout=0.2,
    )
    with client, pytest.raises(LLMError) as caught:
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
    error = caught.value
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = {
        "text": repr(error) + str(error) + str(vars(error)),
        "cause": repr(error.__cause__) + str(vars(error.__cause__) if error.__cause__ else ""),
        "traceback": "".join(told.format()),
        "request": "".join(str(_headers_of(link)) for link in _causes(error)),
        "pickle": str(pickle.loads(pickle.dumps(error)).__dict__),
        "log": "".join(record.getMessage() for record in caplog.records),
    }
    assert [place for place, text in shown.items() if KEY[:12] in text] == []
    assert KEY[:12].encode() not in pickle.dumps(error)


@pytest.mark.parametrize("name", ["x-request-id", "x-echo"])
def test_key_that_was_cut_is_masked_in_a_head(server: LoopbackServer, client, caplog, name: str):
    """So much of it that it can be told."""
    caplog.set_level(logging.DEBUG)
    server.always(json_reply(openai_wire.whole_answer(), 200, ((name, KEY[:-1]),)))
    response = client.chat("Hi")
    assert KEY[:-1] not in str(response.request_id) + "".join(
        r.getMessage() for r in caplog.records
    )


def test_every_key_of_a_call_is_masked(server: LoopbackServer, policy):
    """Also where one begins as another one does."""
    keys = iter(["sk-proj-1111aaaa", "sk-proj-2222bbbb"])
    echo = openai_wire.error_body("Bearer sk-proj-2222bbbb is no sk-proj-1111aaaa", "x")
    server.add(json_reply({}, 500), json_reply(echo, 401))
    url = f"{server.origin}/v1"
    with LLMClient("openai/m", api_key=lambda: next(keys), base_url=url, retry=policy) as client:
        with pytest.raises(LLMError, match=r"Bearer \*\*\* is no \*\*\*"):
            client.chat("Hi", extra_headers={"Helicone-Auth": "Bearer sk-helicone-1"})


@pytest.mark.parametrize("where", BAD_FRAMING)
def test_key_in_a_bodys_framing_is_nowhere(server: LoopbackServer, client, caplog, where: str):
    """Nor in the causes that quote it, nor in the log of the HTTP library."""
    caplog.set_level(logging.DEBUG)
    server.always(BAD_FRAMING[where])
    with pytest.raises(LLMError) as caught:
        client.chat("Hi", max_retries=0)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert isinstance(caught.value, NetworkError)
    assert KEY not in "".join(told.format()) + str(vars(caught.value)) + caplog.text
    assert KEY.encode() not in pickle.dumps(caught.value)


def test_key_echoed_behind_the_end_is_masked_in_the_warning(server: LoopbackServer, client):
    """There it spoils nothing, and is no error."""
    steps = [openai_wire.text_event("Hi"), openai_wire.finish_event()]
    server.always(stream_reply(*map(Send, [*steps, openai_wire.error_event(f"bad {KEY}")])))
    stream = client.chat_stream("Hi")
    list(stream)
    assert "bad ***" in stream.warnings[0]
    assert stream.response.warnings == stream.warnings


WRONG_SETTINGS = {
    "a line end behind it": {"api_key": KEY + "\n"},
    "bytes": {"api_key": KEY.encode()},
    "beside a wrong address": {"api_key": KEY, "base_url": "ftp://x"},
    "in a wrong header": {"api_key": "k", "extra_headers": {"X-Key": KEY + "\n"}},
    "in a header beside a wrong timeout": {
        "api_key": "k",
        "extra_headers": {"X-Key": KEY},
        "timeout": -1,
    },
    "in the address": {"api_key": "k", "base_url": f"http://u:{KEY}@localhost"},
}


@pytest.mark.parametrize("name", WRONG_SETTINGS)
def test_key_is_in_no_local_of_a_constructor_that_fails(name: str):
    """The caller's own frame apart, which holds it anyway."""
    with pytest.raises(LLMError) as caught:
        LLMClient("openai/m", **WRONG_SETTINGS[name])
    inner = caught.value.__traceback__.tb_next
    told = traceback.TracebackException(LLMError, caught.value, inner, capture_locals=True)
    assert KEY not in "".join(told.format())


def test_interrupted_call_shows_neither_key_nor_prompt(server: LoopbackServer, client, monkeypatch):
    """In the locals of its traceback."""
    from llm_connectivity.http.network_stream import GuardedStream

    server.always(openai_wire.HELLO)

    def interrupt(*_: object, **__: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(GuardedStream, "read", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        client.chat("nobody may see")
    inner = caught.value.__traceback__.tb_next
    told = traceback.TracebackException(KeyboardInterrupt, caught.value, inner, capture_locals=True)
    text = "".join(told.format())
    assert "vendor" in text
    assert KEY not in text
    assert "nobody may see" not in text


@pytest.mark.parametrize("key", ["content", "length", "chunked"])
def test_key_that_is_a_word_of_http_spoils_no_answer(server: LoopbackServer, key: str):
    """Servers that want no key are given any word."""
    server.always(openai_wire.HELLO)
    url = f"{server.origin}/v1"
    with LLMClient("openai/m", api_key=key, base_url=url, timeout=2, max_retries=0) as client:
        streamed = "".join(chunk.content for chunk in client.chat_stream("Hi"))
        assert client.chat("Hi").content == streamed == openai_wire.TEXT


def test_header_named_after_portkey_holds_no_key(server: LoopbackServer, client):
    """Its value is an ordinary word, which errors may show."""
    server.always(json_reply(openai_wire.error_body("openai said no"), 400))
    with pytest.raises(LLMError, match="openai said no"):
        client.chat("Hi", extra_headers={"X-Portkey-Provider": "openai"})


@pytest.mark.parametrize("cut", [None, 1, 20], ids=["in one piece", "a byte each", "in the key"])
def test_key_echoed_in_a_head_is_masked_before_anything_logs_it(
    server: LoopbackServer, client, cut: int | None, caplog
):
    """However the head is cut, and behind an informational one too."""
    caplog.set_level(logging.DEBUG)
    echo = b"x-echo: %s\r\n" % KEY.encode()
    informational = b"HTTP/1.1 103 Early Hints\r\n" + echo + b"\r\n"
    head = b"HTTP/1.1 400 No\r\n" + echo + b"content-length: 0\r\n\r\n"
    whole = informational + head
    size = cut or len(whole)
    pieces = [Send(whole[i : i + size]) for i in range(0, len(whole), size)]
    server.always(Raw(tuple(pieces)))
    with pytest.raises(LLMError, match="HTTP 400"):
        client.chat("Hi")
    text = "".join(record.getMessage() for record in caplog.records)
    assert "x-echo" in text
    assert KEY not in text


def test_secrets_in_headers_of_the_caller_are_masked_too(server: LoopbackServer, client):
    """Those whose names say that they are secrets."""
    server.always(json_reply(openai_wire.error_body("bad cookie-value-1 of trace-value-1"), 400))
    headers = {"Cookie": "cookie-value-1", "X-Trace": "trace-value-1"}
    with pytest.raises(LLMError, match=r"bad \*\*\* of trace-value-1"):
        client.chat("Hi", extra_headers=headers)


def test_what_a_key_callable_raises_reaches_the_caller_untouched(server: LoopbackServer):
    """It is the caller's own; nothing is sent."""
    failure = OSError("the vault is locked")

    def ask_vault() -> str:
        raise failure

    with LLMClient("openai/m", api_key=ask_vault, base_url=f"{server.origin}/v1") as client:
        for ask in (client.chat, lambda text: list(client.chat_stream(text))):
            with pytest.raises(OSError, match="the vault is locked") as caught:
                ask("Hi")
            assert caught.value is failure
    assert server.requests == []


def test_redirects_are_not_followed_and_name_the_host(server: LoopbackServer):
    """Prompt and key stay where they were sent."""
    with LoopbackServer() as other:
        target = (("location", f"{other.origin}/v1/chat/completions"),)
        server.add(json_reply({}, 308, target))
        with LLMClient(
            model="openai/gpt-4o-mini", api_key=KEY, base_url=f"{server.origin}/v1"
        ) as client:
            with pytest.raises(LLMError, match=f"127.0.0.1:{other.port}"):
                client.chat("Hi")
        assert other.requests == []


@pytest.mark.parametrize(
    "key", ["sk-ключ-0123456789", "sk-0123456789\n", "sk 0123456789", "\0key-123"]
)
def test_key_that_a_header_cannot_carry_is_refused_without_being_shown(key: str):
    """At construction; the error says at which position."""
    with pytest.raises(LLMError, match="its character") as caught:
        LLMClient(model="openai/gpt-4o-mini", api_key=key)
    assert key not in str(caught.value)
    assert "0123456789" not in str(caught.value)


def test_our_own_log_shows_neither_key_nor_prompt(server: LoopbackServer, policy, caplog):
    """One INFO record per retry, and no more."""
    caplog.set_level(logging.DEBUG, "llm_connectivity")
    server.add(*openai_wire.r429(2, None))
    client = LLMClient(
        model="openai/gpt-4o-mini", api_key=KEY, base_url=f"{server.origin}/v1", retry=policy
    )
    with client:
        client.chat("a prompt that nobody may see")
    records = [record for record in caplog.records if record.name == "llm_connectivity"]
    assert [record.levelname for record in records] == ["INFO", "INFO"]
    text = "".join(record.getMessage() for record in records)
    assert "RateLimitError" in text
    assert KEY not in text
    assert "nobody may see" not in text


class _Pair(NamedTuple):
    first: str
    second: str


def test_what_the_caller_was_handling_keeps_its_arguments(client, policy):
    """Whatever they are; the call fails as it would elsewhere."""
    arguments = ([KEY, "mine"], _Pair("a", KEY))
    with LLMClient("openai/m", api_key=KEY, base_url="http://127.0.0.1:1/v1", retry=policy) as lost:
        try:
            raise KeyError(*arguments)
        except KeyError as handled:
            with pytest.raises(NetworkError):
                lost.chat("Hi", max_retries=0)
            assert handled.args[0] is arguments[0]
            assert handled.args == arguments
    assert arguments[0][0] == KEY


def test_what_the_caller_was_handling_is_left_alone(server: LoopbackServer, client):
    """A call made in an except block takes nothing from that exception, locals included."""
    server.always(FAILURES["echoed in the body"])

    def fail_with_a_local() -> None:
        precious = "a local of the caller"
        raise KeyError(precious)

    try:
        fail_with_a_local()
    except KeyError as handled:
        for ask in (client.chat, lambda text: list(client.chat_stream(text))):
            with pytest.raises(LLMError):
                ask("Hi")
        told = traceback.TracebackException.from_exception(handled, capture_locals=True)
    assert "precious = 'a local of the caller'" in "".join(told.format())
