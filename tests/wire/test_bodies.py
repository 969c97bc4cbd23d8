"""Bodies as they come: compressed, too long, with a few bytes left behind their end."""

from __future__ import annotations

import gc
import gzip
import json
import warnings

import pytest

from llm_connectivity import LLMClient, LLMError, ProviderError, RateLimitError, ValidationError
from llm_connectivity.providers import whole
from tests.server import EVENT_STREAM, JSON, LoopbackServer, Reply, Send, json_reply, openai_wire
from tests.worlds import KEY, TEXT

ZIPPED = (("content-encoding", "gzip"),)


def _zipped(data: bytes, headers: tuple[tuple[str, str], ...], status: int = 200) -> Reply:
    packed = gzip.compress(data)
    return Reply(tuple(Send(packed[i : i + 7]) for i in range(0, len(packed), 7)), status, headers)


def test_compressed_answers_are_read(server: LoopbackServer, client: LLMClient):
    """Whole, streamed, and failures; in pieces of a few bytes."""
    events = [openai_wire.text_event(TEXT), openai_wire.finish_event(), openai_wire.DONE]
    server.add(
        _zipped(json.dumps(openai_wire.whole_answer()).encode(), JSON + ZIPPED),
        _zipped(b"".join(events), EVENT_STREAM + ZIPPED),
        _zipped(json.dumps(openai_wire.error_body("Slow.")).encode(), JSON + ZIPPED, status=429),
    )
    assert client.chat("Hi").content == TEXT
    assert [chunk.content for chunk in client.chat_stream("Hi")] == [TEXT, ""]
    with pytest.raises(RateLimitError, match=r"Slow\."):
        client.chat("Hi", max_retries=0)


def test_whole_answer_that_is_too_long_is_refused(server, client, monkeypatch):
    """Before it fills the memory; asking again would not help."""
    monkeypatch.setattr(whole, "_LONGEST_ANSWER_BYTES", 10_000)
    server.always(json_reply(openai_wire.whole_answer("x" * 20_000)))
    with pytest.raises(ProviderError, match="longer than 10000 bytes") as caught:
        client.chat("Hi")
    assert (caught.value.retryable, len(server.requests)) == (False, 1)


def test_failure_with_a_long_body_is_read_in_part(server, client):
    """Its status says enough, and its connection is given up."""
    server.always(Reply((Send(b"x" * 3_000_000),), 400, framing="length"))
    with pytest.raises(ValidationError, match="HTTP 400") as caught:
        client.chat("Hi")
    assert len(caught.value.body) < 1_200_000


def test_error_inside_an_answer_has_the_rate_limits_of_its_headers(server, client):
    """As one with a status of its own has."""
    told = json_reply(
        {"error": {"message": "slow", "code": 429}}, 200, (("x-ratelimit-remaining-requests", "0"),)
    )
    server.always(told)
    with pytest.raises(RateLimitError) as caught:
        client.chat("Hi", max_retries=0)
    assert caught.value.rate_limits == {"remaining_requests": 0.0}


def test_stream_closed_behind_its_closing_chunk_keeps_the_connection(server, client):
    """All that counts has come, and the rest is a few bytes."""
    server.always(openai_wire.HELLO)
    for _ in range(3):
        with client.chat_stream("Hi") as stream:
            while next(stream).content:
                pass
    assert len(server.connections) == 1


def test_failure_after_a_delivered_chunk_is_in_the_trail(server, client):
    """The try had begun well."""
    server.always(openai_wire.cut(3))
    stream = client.chat_stream("Hi")
    with pytest.raises(LLMError) as caught:
        list(stream)
    assert [attempt.error for attempt in stream.attempts] == ["StreamInterruptedError"]
    assert caught.value.attempts == stream.attempts


def test_client_that_is_dropped_unclosed_warns_of_nothing(server: LoopbackServer):
    """Scripts do that."""
    server.always(openai_wire.HELLO)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1")
        client.chat("Hi")
        del client
        gc.collect()  # the SDK's objects refer to each other
        assert server.wait_for(lambda: server.connections[0].closed_at is not None)
