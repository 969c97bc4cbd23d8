"""Answers that are odd in their head or their end, and what must survive that."""

from __future__ import annotations

import pytest

from llm_connectivity import ProviderError, RateLimitError
from tests.server import Pause, Raw, Reply, Send, json_reply, openai_wire
from tests.worlds import TEXT


def _head(status: int, *lines: bytes, body: bytes = b"{}") -> Raw:
    start = b"HTTP/1.1 %d X\r\n" % status
    length = b"content-length: %d\r\n\r\n" % len(body)
    return Raw((Send(start + b"".join(line + b"\r\n" for line in lines) + length + body),))


@pytest.mark.parametrize(
    "line", [b"server: caf\xc3\xa9", b"content-type: text/plain; charset=rot13"], ids=repr
)
@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimitError), (500, ProviderError), (302, ProviderError)]
)
def test_status_counts_whatever_the_headers_hold(server, client, status, error, line):
    """Bytes that are no ASCII and charsets that are none hide no failure."""
    server.always(_head(status, line))
    with pytest.raises(error) as caught:
        client.chat("Hi", max_retries=0)
    assert caught.value.status_code == status


def test_informational_heads_are_passed_over(server, client):
    """Also where they come in one piece with the answer."""
    whole = json_reply(openai_wire.whole_answer())
    body = whole.steps[0].data
    start = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    server.add(Raw((Send(start + answer),)), Raw((Send(start), Pause(0.01), Send(answer))))
    assert [client.chat("Hi").content for _ in range(2)] == [TEXT, TEXT]


def test_head_in_pieces_is_read(server, client):
    """One byte a segment."""
    body = b"".join(step.data for step in json_reply(openai_wire.whole_answer()).steps)
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    server.add(Raw(tuple(Send(answer[i : i + 1]) for i in range(len(answer)))))
    assert client.chat("Hi").content == TEXT


@pytest.mark.real_time
def test_failure_whose_body_drips_is_not_waited_for(server, client):
    """The status says enough: five seconds, and what has come by then."""
    drip = [step for _ in range(400) for step in (Send(b" "), Pause(0.05))]
    server.always(Reply(tuple(drip), status=400))
    with pytest.raises(Exception, match="HTTP 400"):
        client.chat("Hi")
    exchange = server.exchanges[0]
    assert server.wait_for(lambda: exchange.peer_gone_at is not None)
    assert 4.5 < exchange.peer_gone_at - exchange.sent[0] < 6.5


def test_server_that_wants_long_patience_is_quoted(server, client):
    """The error says why nobody waited."""
    server.always(json_reply(openai_wire.error_body("Slow."), 429, (("retry-after", "3600"),)))
    with pytest.raises(RateLimitError, match="3600 s"):
        client.chat("Hi")


def test_error_says_how_often_and_how_long_it_was_tried(server, client):
    """The text alone is enough to know why it took so long."""
    server.always(json_reply(openai_wire.error_body("Slow."), 429))
    with pytest.raises(RateLimitError, match=r"4 tries in 7\.\d s"):
        client.chat("Hi")
