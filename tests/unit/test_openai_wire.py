"""The ready entries of OpenAI's wire, seen through plain HTTP and through the vendor's SDK."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import openai
import pytest

from tests.server import Entry, LoopbackServer, Reply, openai_wire
from tests.server.plain_client import GET_AND_CLOSE, connect, exchange, post

FAST_HELLO = openai_wire.answer(pause=0.001)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Give a server, and see that it made no mistake of its own."""
    with LoopbackServer() as server:
        yield server
        assert server.errors == []


def events(body: bytes) -> list[bytes]:
    """Give the data of each event."""
    return [line.removeprefix(b"data: ") for line in body.split(b"\n\n") if line]


def text_of(chunks: list[dict[str, Any]]) -> str:
    """Give the text of all chunks."""
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def test_hello_streams_without_usage_if_not_asked(server: LoopbackServer) -> None:
    """Role, seven tokens and the finish reason, no key `usage`, then the end mark."""
    server.add(FAST_HELLO)
    *chunks, done = events(post(server, {"stream": True})[1])
    parsed = [json.loads(chunk) for chunk in chunks]
    assert (len(parsed), done) == (9, b"[DONE]")
    assert text_of(parsed) == "Hello! How can I help?"
    assert parsed[-1]["choices"][0]["finish_reason"] == "stop"
    assert not any("usage" in chunk for chunk in parsed)


def test_hello_streams_usage_if_asked(server: LoopbackServer) -> None:
    """The usage chunk has no choices; all others say `usage: null`."""
    server.add(FAST_HELLO)
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    *chunks, _ = events(post(server, asked)[1])
    *ordinary, last = [json.loads(chunk) for chunk in chunks]
    assert [chunk["usage"] for chunk in ordinary] == [None] * 9
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 16)


def test_hello_is_whole_without_stream(server: LoopbackServer) -> None:
    """Without `stream` the whole answer comes after the time that the stream would take."""
    server.add(openai_wire.answer(pause=0.005))
    started = time.monotonic()
    document = json.loads(post(server, {})[1])
    assert time.monotonic() - started >= 0.035
    assert document["choices"][0]["message"]["content"] == "Hello! How can I help?"
    assert document["usage"]["total_tokens"] == 16


@pytest.mark.parametrize(
    ("entry", "tokens", "first"),
    [
        (openai_wire.empty_first(pause=0), openai_wire.TOKENS, openai_wire.chunk_event([])),
        (openai_wire.keepalive(0.01, 0.005, pause=0), openai_wire.TOKENS, b": keepalive\n\n" * 2),
        (openai_wire.slow(pause=0), openai_wire.SLOW_TOKENS, openai_wire.role_event()),
        (
            openai_wire.answer(openai_wire.NL_TOKENS, pause=0),
            openai_wire.NL_TOKENS,
            openai_wire.role_event(),
        ),
    ],
    ids=["EMPTY1", "KEEPALIVE", "SLOW", "NL"],
)
def test_ready_streams_are_complete(
    server: LoopbackServer, entry: Entry, tokens: tuple[str, ...], first: bytes
) -> None:
    """Each ready stream begins as its name says, and has every token, a finish and an end."""
    server.add(entry)
    body = post(server, {"stream": True})[1]
    chunks = [json.loads(data) for data in events(body) if data.startswith(b"{")]
    assert text_of(chunks) == "".join(tokens)
    assert body.startswith(first)
    assert body.endswith(openai_wire.finish_event("stop") + openai_wire.DONE)


@pytest.mark.parametrize(
    ("entry", "code", "retry_after"),
    [
        (openai_wire.rate_limited("7"), "rate_limit_exceeded", b"retry-after: 7"),
        (openai_wire.QUOTA, "insufficient_quota", None),
    ],
    ids=["R429", "QUOTA"],
)
def test_ready_errors_have_their_code(
    server: LoopbackServer, entry: Reply, code: str, retry_after: bytes | None
) -> None:
    """Both kinds of 429 differ by the code in the body; only one has a hint."""
    server.add(entry)
    head, _, body = exchange(server, GET_AND_CLOSE).partition(b"\r\n\r\n")
    hints = [line for line in head.split(b"\r\n") if line.startswith(b"retry-after")]
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json")
    assert json.loads(body)["error"]["code"] == code
    assert hints == ([retry_after] if retry_after else [])


@pytest.mark.parametrize(
    ("entry", "ends_with"),
    [
        (openai_wire.cut(3, pause=0.001), openai_wire.text_event(" How")),
        (openai_wire.err_event(2, pause=0.001), openai_wire.error_event()),
        (openai_wire.without_usage(pause=0.001), openai_wire.finish_event() + openai_wire.DONE),
    ],
    ids=["cut", "error event", "no usage"],
)
def test_ready_streams_end_as_they_say(
    server: LoopbackServer, entry: Entry, ends_with: bytes
) -> None:
    """Each ready stream stops where its name says, seen without the chunk framing."""
    server.add(entry)
    with closing(connect(server)) as client, closing(client.makefile("rb")) as lines:
        body = b'{"stream": true, "stream_options": {"include_usage": true}}'
        head = b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        client.sendall(head % len(body) + body)
        events_seen = [line for line in lines.read().split(b"\r\n") if line.startswith(b"data:")]
    assert b"".join(events_seen).endswith(ends_with)


def test_sdk_retries_and_streams(server: LoopbackServer) -> None:
    """The vendor's SDK understands 429, a stream, usage, and the whole answer."""
    server.add(*openai_wire.r429(1), FAST_HELLO)
    with openai.OpenAI(api_key="k", base_url=f"{server.origin}/v1", max_retries=1) as client:
        stream = client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "Hi"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
        whole = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
        )
    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(texts) == whole.choices[0].message.content == openai_wire.TEXT
    assert chunks[-1].usage == whole.usage
    assert [request.path for request in server.requests] == ["/v1/chat/completions"] * 3
    assert server.wait_for(lambda: not any(log.is_open for log in server.connections))


def test_sdk_break_fails_the_write(server: LoopbackServer) -> None:
    """`SLOW` shows at which chunk the client left."""
    server.add(openai_wire.SLOW)
    with openai.OpenAI(api_key="k", base_url=f"{server.origin}/v1", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        for _, _ in zip(range(3), stream, strict=False):
            pass
        stream.close()
        assert server.wait_for(lambda: server.exchanges[0].failed_at is not None, timeout=1)
    assert server.exchanges[0].failed_at in range(3, 16)
