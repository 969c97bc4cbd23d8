"""Every call is bounded in time, whatever the server does; a healthy answer is never cut."""

from __future__ import annotations

import contextlib
import math
import socket
import time
from collections.abc import Iterator

import openai  # noqa: F401 - loading it is no I/O of a call, and is not timed here
import pytest

from llm_connectivity import (
    LLMClient,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    RetryPolicy,
)
from tests.server import (
    Drip,
    Linger,
    LoopbackServer,
    Pause,
    Raw,
    Reply,
    Send,
    anthropic_wire,
    gemini_wire,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.worlds import KEY, TEXT

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
SECONDS = 0.5

# What never ends by itself within the test, and the text that comes before.
ENDLESS = {
    "silent before headers": (Raw((Linger(20),)), ""),
    "headers dripped": (Raw((Drip(HEAD * 20, 0.05),)), ""),
    "silent behind headers": (stream_reply(Linger(20)), ""),
    "body dripped": (stream_reply(Drip(openai_wire.text_event("Hi") * 9, 0.02)), ""),
    "keep-alives": (stream_reply(*(Send(openai_wire.PING), Pause(0.03)) * 300), ""),
    "empty deltas": (stream_reply(*(Send(openai_wire.text_event("")), Pause(0.03)) * 300), ""),
    "text, then silence": (stream_reply(Send(openai_wire.text_event("Hi")), Linger(20)), "Hi"),
    "text, then keep-alives": (
        stream_reply(
            Send(openai_wire.text_event("Hi")), *(Send(openai_wire.PING), Pause(0.03)) * 300
        ),
        "Hi",
    ),
    "text dripped": (stream_reply(*(Send(openai_wire.text_event("a")), Pause(0.1)) * 50), "a"),
}
IDLE = [name for name in ENDLESS if name not in ("text dripped", "body dripped")]


@pytest.fixture
def slow_reader() -> Iterator[str]:
    """The address of a server that accepts and never reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@pytest.mark.real_time
@pytest.mark.parametrize("name", ENDLESS)
def test_deadline_ends_a_stream(server: LoopbackServer, client: LLMClient, name: str):
    """Within 0.3 s, with the text so far, and with one request."""
    entry, text = ENDLESS[name]
    server.always(entry)
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        list(client.chat_stream("Hi", deadline=SECONDS))
    assert SECONDS - 0.05 < time.monotonic() - started < SECONDS + 0.3
    assert caught.value.code == "deadline"
    assert f"within {SECONDS} s" in str(caught.value)
    assert caught.value.partial_text.startswith(text)
    assert len(server.requests) == 1


@pytest.mark.real_time
def test_deadline_ends_reading_a_failure(server: LoopbackServer, client: LLMClient):
    """Its status says more than that the time is over."""
    server.always(Reply((Drip(b"{" * 500, 0.05),), 429, framing="close"))
    started = time.monotonic()
    with pytest.raises(RateLimitError):
        list(client.chat_stream("Hi", deadline=SECONDS))
    assert time.monotonic() - started < SECONDS + 0.3
    assert len(server.requests) == 1


@pytest.mark.real_time
@pytest.mark.parametrize("name", ["silent before headers", "headers dripped", "body dripped"])
def test_deadline_ends_a_whole_answer(server: LoopbackServer, client: LLMClient, name: str):
    """As it ends a stream."""
    server.always(ENDLESS[name][0])
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        client.chat("Hi", deadline=SECONDS)
    assert time.monotonic() - started < SECONDS + 0.3
    assert caught.value.code == "deadline"


@pytest.mark.real_time
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_deadline_ends_sending_to_a_server_that_does_not_read(slow_reader: str, streamed: bool):
    """A request larger than all buffers on the way."""
    started = time.monotonic()
    with LLMClient("openai/m", api_key=KEY, base_url=slow_reader, deadline=SECONDS) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            _ask(client, "x" * 15_000_000, streamed)
    assert caught.value.code == "deadline"
    assert time.monotonic() - started < SECONDS + 1.5  # writing 15 MB of JSON comes before it


@pytest.mark.real_time
def test_deadline_ends_a_connection_that_is_never_accepted():
    """A full backlog drops what comes in."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            sock = waiting.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(address)
        started = time.monotonic()
        url = f"http://127.0.0.1:{address[1]}/v1"
        with LLMClient("openai/m", api_key=KEY, base_url=url, deadline=SECONDS) as client:
            with pytest.raises(RequestTimeoutError) as caught:
                client.chat("Hi")
    assert caught.value.code == "deadline"
    assert time.monotonic() - started < SECONDS + 0.3


@pytest.mark.real_time
def test_deadline_ends_a_mute_tls_handshake(slow_reader: str):
    """The server accepts, and says nothing."""
    started = time.monotonic()
    url = slow_reader.replace("http:", "https:")
    with LLMClient("openai/m", api_key=KEY, base_url=url, verify=False) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            list(client.chat_stream("Hi", deadline=SECONDS))
    assert caught.value.code == "deadline"
    assert time.monotonic() - started < SECONDS + 0.3


@pytest.mark.real_time
def test_a_mute_tls_handshake_is_told_from_a_server_out_of_reach(slow_reader: str):
    """It may speak no TLS at all."""
    url = slow_reader.replace("http:", "https:")
    with LLMClient("openai/m", api_key=KEY, base_url=url, verify=False, timeout=0.3) as client:
        with pytest.raises(RequestTimeoutError, match="handshake got no answer") as caught:
            client.chat("Hi", max_retries=0)
    assert caught.value.code == "connect_timeout"
    assert "http://" in caught.value.hint


@pytest.mark.real_time
def test_deadline_ends_slow_name_resolution(monkeypatch):
    """Nothing bounds the system's resolver, so it is left behind."""

    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    started = time.monotonic()
    with LLMClient("openai/m", api_key=KEY, base_url="http://slow.invalid/v1") as client:
        with pytest.raises(RequestTimeoutError) as caught:
            client.chat("Hi", deadline=0.3)
    assert caught.value.code == "deadline"
    assert time.monotonic() - started < 0.6


@pytest.mark.real_time
def test_deadline_holds_over_retries_and_their_waits(server: LoopbackServer):
    """Tries that fail fast, with waits between them: no wait goes beyond it."""
    server.always(json_reply(openai_wire.error_body("Down."), 503))
    policy = RetryPolicy(max_retries=100, network=(0.1, 1, 1), jitter=0)
    url = f"{server.origin}/v1"
    started = time.monotonic()
    with LLMClient("openai/m", api_key=KEY, base_url=url, retry=policy, deadline=0.5) as client:
        with pytest.raises(ProviderError) as caught:
            client.chat("Hi")
    assert time.monotonic() - started < 0.6
    assert caught.value.status_code == 503
    assert 3 <= len(server.requests) <= 5


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_hint_beyond_the_deadline_raises_at_once(
    server: LoopbackServer, client: LLMClient, naps: list[float], streamed: bool
):
    """Sleeping up to the deadline would only waste it."""
    server.always(openai_wire.rate_limited("60"))
    with pytest.raises(RateLimitError) as caught:
        _ask(client, "Hi", streamed, deadline=30)
    assert (caught.value.retry_after, naps, len(server.requests)) == (60, [], 1)


@pytest.mark.real_time
@pytest.mark.parametrize("name", IDLE)
def test_idle_timeout_ends_a_stream_that_only_lives(
    server: LoopbackServer, client: LLMClient, name: str
):
    """Signs of life, and deltas without anything in them, do not count."""
    entry, text = ENDLESS[name]
    server.always(entry)
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        list(client.chat_stream("Hi", idle_timeout=0.4, max_retries=0))
    assert 0.35 < time.monotonic() - started < 0.7
    assert caught.value.code == "idle_timeout"
    assert caught.value.partial_text == text


@pytest.mark.real_time
def test_idle_timeout_before_the_first_chunk_is_tried_again(
    server: LoopbackServer, client: LLMClient, naps: list[float]
):
    """As a read timeout is."""
    server.add(ENDLESS["keep-alives"][0], openai_wire.HELLO)
    stream = client.chat_stream("Hi", idle_timeout=0.3)
    assert stream.collect().content == TEXT
    assert naps == [2]
    assert [attempt.error for attempt in stream.attempts] == ["RequestTimeoutError", None]


@pytest.mark.real_time
@pytest.mark.parametrize("settings", [{"timeout": 0.4}, {"idle_timeout": 0.4}, {"deadline": 4}])
def test_a_slow_healthy_stream_is_never_cut(
    server: LoopbackServer, client: LLMClient, settings: dict[str, float]
):
    """Pauses shorter than the limits, in a stream that takes longer than they are."""
    server.always(openai_wire.answer(pause=0.2))
    assert client.chat_stream("Hi", **settings).collect().content == TEXT


@pytest.mark.real_time
def test_reasoning_counts_as_something_new(server: LoopbackServer, client: LLMClient):
    """A model that thinks aloud is not idle."""
    thought = openai_wire.delta_event({"reasoning_content": "Hm."})
    server.always(
        stream_reply(
            *(Send(thought), Pause(0.1)) * 8,
            Send(openai_wire.text_event("Hi")),
            Send(openai_wire.finish_event()),
            Send(openai_wire.DONE),
        )
    )
    assert client.chat_stream("Hi", idle_timeout=0.3).collect().content == "Hi"


@pytest.mark.real_time
def test_time_that_the_caller_takes_is_not_idle(server: LoopbackServer, client: LLMClient):
    """Only waiting inside next() counts."""
    server.always(openai_wire.answer(pause=0.1))
    pieces = []
    for chunk in client.chat_stream("Hi", idle_timeout=0.3):
        pieces.append(chunk.content)
        time.sleep(0.35 if len(pieces) < 4 else 0)
    assert "".join(pieces) == TEXT


@pytest.mark.real_time
def test_deadline_passed_behind_the_finish_reason_loses_nothing(
    server: LoopbackServer, client: LLMClient
):
    """The closing chunk is delivered; nobody waits for what may come behind it."""
    server.always(
        stream_reply(
            Send(openai_wire.text_event("Hi")), Send(openai_wire.finish_event()), Linger(20)
        )
    )
    started = time.monotonic()
    response = client.chat_stream("Hi", deadline=0.4).collect()
    assert (response.content, response.finish_reason) == ("Hi", "stop")
    assert time.monotonic() - started < 0.7


def test_limits_may_be_switched_off(server: LoopbackServer, client: LLMClient):
    """With math.inf."""
    server.always(openai_wire.HELLO)
    limits = dict.fromkeys(("timeout", "idle_timeout", "deadline"), math.inf)
    assert client.chat_stream("Hi", **limits).collect().content == TEXT
    assert client.chat("Hi", **limits).content == TEXT


def _ask(client: LLMClient, text: str, streamed: bool, **settings: float) -> None:
    if streamed:
        list(client.chat_stream(text, **settings))
    else:
        client.chat(text, **settings)


@pytest.mark.real_time
def test_silence_is_told_by_the_limit_that_was_given(slow_reader: str):
    """Connecting is a wait of its own, and is not charged to the next one."""
    url = slow_reader
    with LLMClient("openai/m", api_key=KEY, base_url=url, timeout=0.3, max_retries=0) as client:
        for _ in range(3):
            with pytest.raises(RequestTimeoutError, match="Raise timeout=") as caught:
                list(client.chat_stream("Hi"))
            assert caught.value.code == "read_timeout"


@pytest.mark.real_time
def test_pings_do_not_hold_the_closing_chunk_back(server: LoopbackServer):
    """Events that only say that the connection lives renew no wait."""
    finish = anthropic_wire.finish_event()
    server.always(
        stream_reply(
            Send(anthropic_wire.start_event()),
            Send(anthropic_wire.text_event("Hi")),
            Send(finish),
            *(Pause(0.2), Send(anthropic_wire.PING)) * 30,
        )
    )
    with LLMClient("anthropic/m", api_key=KEY, base_url=server.origin) as client:
        stream = client.chat_stream("Hi")
        next(stream)
        started = time.monotonic()
        assert [chunk.finish_reason for chunk in stream] == ["stop"]
    assert 1.8 < time.monotonic() - started < 3


@pytest.mark.real_time
def test_a_server_that_says_stop_all_along_is_waited_for(server: LoopbackServer):
    """Once text has come behind a finish reason, two seconds of silence prove nothing."""
    said = gemini_wire.parts_event([{"text": "Hi "}], "STOP")
    server.always(stream_reply(Send(said), Pause(0.1), Send(said), Pause(2.4), Send(said)))
    with LLMClient("google/m", api_key=KEY, base_url=server.origin) as client:
        response = client.chat_stream("Hi").collect()
    assert (response.content, response.finish_reason) == ("Hi Hi Hi ", "stop")
