"""The ready entries of Anthropic's wire, seen through plain HTTP and through the vendor's SDK."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.server import Entry, LoopbackServer, Reply, anthropic_wire
from tests.server.plain_client import GET_AND_CLOSE, exchange, post


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Give a server, and see that it made no mistake of its own."""
    with LoopbackServer() as server:
        yield server
        assert server.errors == []


def events(body: bytes) -> list[dict[str, Any]]:
    """Give the JSON of each event, whose name must be its type."""
    parsed = []
    for text in body.decode().split("\n\n")[:-1]:
        name, data = text.split("\n")
        parsed.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {parsed[-1]['type']}"
    return parsed


def text_of(chunks: list[dict[str, Any]]) -> str:
    """Give the text of all events."""
    deltas = [chunk["delta"] for chunk in chunks if chunk["type"] == "content_block_delta"]
    return "".join(delta["text"] for delta in deltas)


@pytest.mark.parametrize(
    ("entry", "tokens", "first"),
    [
        (anthropic_wire.answer(pause=0), anthropic_wire.TOKENS, "message_start"),
        (anthropic_wire.empty_first(pause=0), anthropic_wire.TOKENS, "ping"),
        (anthropic_wire.keepalive(0.01, 0.005, pause=0), anthropic_wire.TOKENS, "ping"),
        (anthropic_wire.slow(pause=0), anthropic_wire.SLOW_TOKENS, "message_start"),
        (
            anthropic_wire.answer(anthropic_wire.NL_TOKENS, pause=0),
            anthropic_wire.NL_TOKENS,
            "message_start",
        ),
        (anthropic_wire.without_usage(pause=0), anthropic_wire.TOKENS, "message_start"),
    ],
    ids=["HELLO", "EMPTY1", "KEEPALIVE", "SLOW", "NL", "NOUSAGE"],
)
def test_ready_streams_are_complete(
    server: LoopbackServer, entry: Entry, tokens: tuple[str, ...], first: str
) -> None:
    """Each ready stream begins as its name says, and has every token, a stop reason and an end."""
    server.add(entry)
    parsed = events(post(server, {"stream": True})[1])
    assert (parsed[0]["type"], text_of(parsed)) == (first, "".join(tokens))
    assert [event["type"] for event in parsed[-2:]] == ["message_delta", "message_stop"]
    assert parsed[-2]["delta"]["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("entry", "status", "kind", "hint"),
    [
        (anthropic_wire.rate_limited("7"), 429, "rate_limit_error", b"retry-after: 7"),
        (anthropic_wire.QUOTA, 400, "invalid_request_error", None),
    ],
    ids=["R429", "QUOTA"],
)
def test_ready_errors_have_their_code(
    server: LoopbackServer, entry: Reply, status: int, kind: str, hint: bytes | None
) -> None:
    """One has a hint, and the other says what it is in words alone."""
    server.add(entry)
    head, _, body = exchange(server, GET_AND_CLOSE).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["error"]["type"] == kind
    assert [line for line in head.split(b"\r\n") if line.startswith(b"retry-after")] == (
        [hint] if hint else []
    )


def test_sdk_retries_and_streams(server: LoopbackServer) -> None:
    """The vendor's SDK understands 429, a stream, usage, and the whole answer."""
    server.add(*anthropic_wire.r429(1), anthropic_wire.answer(pause=0.001))
    asked: Any = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    with anthropic.Anthropic(api_key="k", base_url=server.origin, max_retries=1) as client:
        with client.messages.stream(**asked) as stream:
            streamed = stream.get_final_message()
        whole = client.messages.create(**asked)
    assert streamed.content[0].text == whole.content[0].text == anthropic_wire.TEXT
    assert (streamed.model, streamed.usage) == (whole.model, whole.usage)
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (9, 7)
    assert [request.path for request in server.requests] == ["/v1/messages"] * 3


def test_sdk_is_told_of_the_error_event(server: LoopbackServer) -> None:
    """Behind the text that came before it."""
    server.add(anthropic_wire.err_event(2, pause=0.001))
    with anthropic.Anthropic(api_key="k", base_url=server.origin, max_retries=0) as client:
        with pytest.raises(anthropic.APIStatusError) as caught:
            with client.messages.stream(model="m", max_tokens=9, messages=[]) as stream:
                stream.get_final_message()
    assert caught.value.type == "api_error"
