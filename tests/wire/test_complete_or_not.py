"""Status 200, streamed and whole: what is an answer, and what only looks like one."""

from __future__ import annotations

import pytest

from llm_connectivity import (
    LLMError,
    NetworkError,
    ProviderError,
    RateLimitError,
    StreamInterruptedError,
)
from tests.server import (
    Cut,
    End,
    Linger,
    Raw,
    Reply,
    Reset,
    Send,
    chunk_bytes,
    head_bytes,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.server.openai_wire import DONE, finish_event, text_event, usage_event
from tests.worlds import TEXT

HTML = b"<!doctype html><html><body>Welcome to nginx!</body></html>"
ANTHROPIC = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n'
ANTHROPIC_END = b"""event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}

"""
WHOLE = openai_wire.whole_answer()


def _stream(*steps):
    return stream_reply(*steps)


COMPLETE = {
    "finish and marker": (
        _stream(Send(text_event(TEXT)), Send(finish_event()), Send(DONE)),
        "stop",
    ),
    "finish without marker": (_stream(Send(text_event(TEXT)), Send(finish_event())), "stop"),
    "marker without finish": (_stream(Send(text_event(TEXT)), Send(DONE)), None),
    "text and finish in one event": (_stream(Send(text_event(TEXT, finish="length"))), "length"),
    "no blank line at the end": (
        _stream(Send(text_event(TEXT)), Send(finish_event().rstrip(b"\n"))),
        "stop",
    ),
    "reset behind the finish": (
        _stream(Send(text_event(TEXT)), Send(finish_event()), Reset()),
        "stop",
    ),
    "garbage behind the finish": (
        _stream(Send(text_event(TEXT)), Send(finish_event()), Send(b"data: {]\n\n"), Send(DONE)),
        "stop",
    ),
    "error event behind the finish": (
        _stream(Send(text_event(TEXT)), Send(finish_event()), Send(openai_wire.error_event())),
        "stop",
    ),
    "usage behind the finish, then reset": (
        _stream(Send(text_event(TEXT)), Send(finish_event()), Send(usage_event()), Reset()),
        "stop",
    ),
    "closed, no chunked framing": (
        Reply((Send(text_event(TEXT)), Send(finish_event())), framing="close"),
        "stop",
    ),
    "text behind the marker": (
        _stream(Send(text_event(TEXT)), Send(finish_event()), Send(DONE), Send(text_event("!"))),
        "stop",
    ),
}


@pytest.mark.parametrize("name", COMPLETE)
def test_stream_with_a_finish_reason_or_the_marker_is_complete(server, client, name: str):
    """Whatever follows; the finish reason is the vendor's, or None."""
    reply, finish = COMPLETE[name]
    server.add(reply)
    stream = client.chat_stream("Hello")
    chunks = list(stream)
    assert stream.text == TEXT
    assert [chunk.finish_reason for chunk in chunks if not chunk.content] == [finish]
    assert stream.response.finish_reason == finish
    assert next(stream, None) is None


@pytest.mark.real_time
def test_stream_of_a_server_that_lingers_is_held_for_two_seconds_only(server, client):
    """The closing chunk comes 2 s behind the finish reason, keep-alives or not."""
    steps = [Send(text_event(TEXT)), Send(finish_event())]
    for _ in range(30):
        steps += [Linger(0.1), Send(openai_wire.PING)]
    server.add(_stream(*steps))
    stream = client.chat_stream("Hello")
    list(stream)
    exchange = server.exchanges[0]
    assert stream.finish_reason == "stop"
    assert server.wait_for(lambda: exchange.peer_gone_at is not None, timeout=5)
    assert 1.9 < exchange.peer_gone_at - exchange.sent[1] < 2.6


@pytest.mark.real_time
def test_stream_whose_body_does_not_end_is_drained_for_a_moment_only(server, client):
    """A server that lingers behind the end costs a quarter of a second, and its connection."""
    steps = (Send(text_event(TEXT)), Send(finish_event()), Send(DONE), Linger(3.0))
    server.always(_stream(*steps))
    list(client.chat_stream("Hello"))
    first = server.exchanges[0]
    list(client.chat_stream("Hello"))
    assert server.exchanges[1].request.at - first.sent[2] < 0.6
    assert len(server.connections) == 2


REPEATED = {
    "empty body": _stream(),
    "comments only": _stream(Send(b": keepalive\n\n"), Send(b": keepalive\n\n")),
    "cut before any text": openai_wire.cut(0, 0),
    "reset before any text": _stream(Send(openai_wire.role_event()), Reset()),
    "shorter than its length": Reply(
        (Send(openai_wire.role_event()), Cut(), Send(b"x" * 99)), framing="length"
    ),
    "error event without a known code": openai_wire.err_event(0, 0),
}


@pytest.mark.parametrize("name", REPEATED)
def test_stream_that_fails_before_its_first_chunk_is_tried_again(server, client, name: str):
    """And then it is complete."""
    server.add(REPEATED[name], openai_wire.HELLO)
    stream = client.chat_stream("Hello")
    list(stream)
    assert stream.response.content == TEXT
    assert len(stream.attempts) == len(server.requests) == 2


REFUSED = {
    "html": Reply((Send(HTML),), headers=(("content-type", "text/html"),)),
    "html as an event stream": _stream(Send(HTML)),
    "plain text": _stream(Send(b"upstream connect error")),
    "another wire's events": _stream(Send(ANTHROPIC)),
    "another wire's events with usage": _stream(Send(ANTHROPIC), Send(ANTHROPIC_END)),
    "another wire's events, then the marker": _stream(Send(ANTHROPIC), Send(DONE)),
    "the older completions": _stream(
        Send(openai_wire.event({"choices": [{"text": "Hi", "index": 0}]})), Send(DONE)
    ),
    "another wire's answer": json_reply({"type": "message", "content": []}),
    "unparsable json": Reply((Send(b'{"id": '),), headers=(("content-type", "application/json"),)),
    "garbage event": _stream(Send(b"data: {]\n\n")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_stream_that_is_none_is_refused_with_its_beginning(server, client, name: str):
    """Not tried again; the error shows the first 200 characters."""
    server.add(REFUSED[name])
    with pytest.raises(ProviderError) as caught:
        list(client.chat_stream("Hello"))
    assert caught.value.code == "not_an_answer"
    assert caught.value.retryable is False
    assert len(server.requests) == 1
    assert len(caught.value.body) <= 200


def test_stream_answered_whole_is_one_chunk_with_a_warning(server, client):
    """A server that does not stream still answers."""
    server.add(json_reply(WHOLE))
    stream = client.chat_stream("Hello")
    assert [chunk.content for chunk in stream] == [TEXT, ""]
    assert (stream.response.finish_reason, stream.usage.total_tokens) == ("stop", 16)
    assert "whole answer" in stream.warnings[0]


def test_stream_error_events_are_typed_by_their_code(server, client):
    """Inside a 200 the code alone decides."""
    event = openai_wire.error_event(message="slow", type="requests", code="rate_limit_exceeded")
    server.always(_stream(Send(text_event("Hi")), Send(event)))
    with pytest.raises(RateLimitError) as caught:
        list(client.chat_stream("Hello"))
    assert (caught.value.partial_text, caught.value.status_code) == ("Hi", None)
    assert caught.value.request_id == "req_1"


def test_whole_answer_that_is_empty_is_tried_again_once_whatever_came_before(server, client):
    """Other failures do not count."""
    empty = Reply((), headers=(("content-type", "application/json"),))
    server.add(json_reply(openai_wire.error_body("It broke."), 500), empty, openai_wire.HELLO)
    assert client.chat("Hello").content == TEXT


def test_error_told_inside_an_answer_waits_as_its_headers_ask(server, client, naps):
    """A gateway that answers 200 to everything may still say how long."""
    told = {"error": {"message": "slow", "code": 429}}
    server.add(json_reply(told, 200, (("retry-after", "7"),)), openai_wire.HELLO)
    assert client.chat("Hello").content == TEXT
    assert naps == [7.0]


def test_usage_behind_an_error_event_still_counts(server, client):
    """What comes behind the finish reason takes nothing away."""
    steps = [text_event(TEXT), finish_event(), openai_wire.error_event(), openai_wire.usage_event()]
    server.add(_stream(*map(Send, [*steps, DONE])))
    stream = client.chat_stream("Hello")
    assert list(stream)[-1].usage.total_tokens == 16
    assert len(stream.warnings) == 1


WHOLE_FAILURES = {
    "empty": (Reply((), headers=(("content-type", "application/json"),)), ProviderError, 2),
    "html": (REFUSED["html"], ProviderError, 1),
    "unparsable": (REFUSED["unparsable json"], ProviderError, 1),
    "another wire": (REFUSED["another wire's answer"], ProviderError, 1),
    "the older completions": (
        json_reply({"object": "text_completion", "choices": [{"text": "Hi", "index": 0}]}),
        ProviderError,
        1,
    ),
    "a chunk of a stream": (
        json_reply({"choices": [{"index": 0, "delta": {"content": "Hi"}}]}),
        ProviderError,
        1,
    ),
    "choices of another kind": (json_reply({"choices": [5]}), ProviderError, 1),
    "shorter than its length": (
        Reply((Send(b'{"id":'), Cut(), Send(b"x" * 99)), framing="length"),
        NetworkError,
        4,
    ),
    "reset": (
        Raw((Send(head_bytes(200, ())), Send(chunk_bytes(b'{"id"')), Reset())),
        NetworkError,
        4,
    ),
    "error document": (json_reply({"error": {"message": "It broke."}}), ProviderError, 4),
    "error document with a code": (
        json_reply({"error": {"message": "slow", "code": 429}}),
        RateLimitError,
        4,
    ),
    "no content": (Raw((Send(b"HTTP/1.1 204 No Content\r\n\r\n"),)), ProviderError, 1),
}


@pytest.mark.parametrize("name", WHOLE_FAILURES)
def test_whole_answer_that_is_none_is_an_error(server, client, name: str):
    """With its class, and tried again only where that may help."""
    reply, error, requests = WHOLE_FAILURES[name]
    server.always(reply)
    with pytest.raises(LLMError) as caught:
        client.chat("Hello")
    assert type(caught.value) is error
    assert len(server.requests) == requests
    assert caught.value.request_id in (f"req_{requests}", None if isinstance(reply, Raw) else "")


@pytest.mark.parametrize("padding", [b"\n\n   \n", b"\xef\xbb\xbf"], ids=["blanks", "mark"])
def test_whole_answer_with_padding_before_it_is_read(server, client, padding: bytes):
    """Some servers pad while they wait, some write a byte order mark."""
    import json

    body = padding + json.dumps(WHOLE).encode()
    server.add(Reply((Send(body),), headers=(("content-type", "application/json"),)))
    assert client.chat("Hello").content == TEXT


def test_stream_early_end_marker_frees_nothing_twice(server, client):
    """A body that ends and then resets is complete; the next call gets a connection of its own."""
    steps = (Send(text_event(TEXT)), Send(finish_event()), Send(DONE), End(), Reset())
    server.add(_stream(*steps), openai_wire.HELLO)
    list(client.chat_stream("Hello"))
    assert client.chat("Hello").content == TEXT


def test_stream_interrupted_in_mid_event_keeps_the_text_before(server, client):
    """An event cut by the end of the body is no text and no garbage."""
    server.add(_stream(Send(text_event("Hello")), Send(text_event(" you")[:40]), Cut()))
    with pytest.raises(StreamInterruptedError) as caught:
        list(client.chat_stream("Hello"))
    assert caught.value.partial_text == "Hello"
    assert caught.value.retryable
