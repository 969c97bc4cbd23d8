"""Promise 12: memory is bounded, whatever the server sends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llm_connectivity import RetryPolicy
from tests.faults.answers import (
    STREAM_HEAD,
    MiB,
    end_of,
    endless,
    endless_raw,
    hello,
    many_chunks,
    packed,
    packed_twice,
    sent_bytes,
    text_of,
)
from tests.faults.apart import Ask, Taken, read_apart
from tests.server import EVENT_STREAM, JSON, Entry, Reply, Send, stream_reply
from tests.worlds import WIRES, WireWorld

pytestmark = pytest.mark.measures

# What the sockets of both sides may hold besides what the client has read.
_UNDER_WAY = 16 * MiB


@pytest.fixture
def openai(policy: RetryPolicy) -> Iterator[WireWorld]:
    """One wire, for what happens below all of them."""
    with WIRES["openai"](policy, []) as world:
        yield world


def _read(world: WireWorld, ask: Ask, *entries: Entry, **settings: object) -> list[Taken]:
    """Ask for each of these, behind a short stream."""
    world.server.add(hello(world), *entries)
    return read_apart({**world.settings(), **settings}, *[ask] * len(entries))


def test_promise_12_event_over_16_MiB_is_an_error(wire: WireWorld):
    """One below it is delivered; the one above is refused, and not asked for again."""
    fine, too_long = (
        stream_reply(Send(text_of(wire, "x" * size * MiB) + end_of(wire))) for size in (15, 17)
    )
    delivered, refused = _read(wire, Ask(), fine, too_long, max_retries=3)
    assert (delivered.characters, delivered.finish_reason) == (15 * MiB, "stop")
    assert (refused.characters, refused.error) == (0, "event_too_large")
    assert max(delivered.peak, refused.peak) < 64 * MiB
    assert wire.request_count() == 3


def test_promise_12_limit_of_events_can_be_set(openai: WireWorld):
    """By ``max_event_bytes``, in both directions."""
    answers = [stream_reply(Send(text_of(openai, "x" * MiB) + end_of(openai)))]
    assert _read(openai, Ask(), *answers, max_event_bytes=MiB)[0].error == "event_too_large"
    answers = [stream_reply(Send(text_of(openai, "x" * 17 * MiB) + end_of(openai)))]
    assert _read(openai, Ask(), *answers, max_event_bytes=18 * MiB)[0].characters == 17 * MiB


def test_promise_12_endless_line_is_read_to_the_limit(wire: WireWorld):
    """And no further: the connection is given up."""
    (taken,) = _read(wire, Ask(), endless(b"x", begin=b"data: "))
    assert taken.error == "event_too_large"
    assert taken.peak < 64 * MiB
    assert sent_bytes(wire) < 16 * MiB + _UNDER_WAY


@pytest.mark.parametrize(
    ("piece", "most"),
    [
        pytest.param(b"data:\n", 3, id="empty data lines"),
        pytest.param(b"data: \n", 3, id="data lines of a blank"),
        pytest.param(b"data:xy\n", 10, id="short data lines"),
        pytest.param(b"event: x\ndata:xy\n", 10, id="names and data lines"),
    ],
)
def test_promise_12_endless_event_takes_no_multiple_of_its_limit(openai, piece, most):
    """Lines are counted as they were sent, also those that say nothing."""
    (taken,) = _read(openai, Ask(), endless(piece), max_event_bytes=8 * MiB)
    assert taken.error == "event_too_large"
    assert taken.peak < most * 8 * MiB


@pytest.mark.parametrize("begin", [b"data: ", b"{"], ids=["line", "document"])
def test_promise_12_pieces_of_a_byte_are_not_kept_apart(openai, begin):
    """HTTP chunks of one byte each take no more memory than a long one."""
    head = STREAM_HEAD + b"%x\r\n%b\r\n" % (len(begin), begin)
    answer = endless_raw(head, b"1\r\nx\r\n")
    (taken,) = _read(openai, Ask(), answer, max_event_bytes=MiB)
    assert taken.error in ("event_too_large", "not_an_answer")
    assert taken.peak < 4 * MiB


def test_promise_12_million_chunks_take_the_memory_of_a_hundred_thousand(openai):
    """``accumulate=False``: under 5 bytes a chunk, and they are all there."""
    (taken,) = _read(openai, Ask(steady_after=100_000), many_chunks(openai, 1000))
    assert (taken.chunks, taken.characters) == (1_000_001, 5_000_000)
    assert taken.finish_reason == "stop"
    assert taken.peak < 4 * MiB


def test_promise_12_long_streams_take_constant_memory(wire: WireWorld):
    """On every wire: under 25 bytes a chunk between 10,000 and 100,000."""
    (taken,) = _read(wire, Ask(steady_after=10_000), many_chunks(wire, 100))
    assert (taken.chunks, taken.finish_reason) == (100_001, "stop")
    assert taken.peak < 2 * MiB


def test_promise_12_vendor_objects_are_not_kept(wire: WireWorld):
    """Reading ``raw_chunk`` of each chunk: under 200 bytes a chunk between 1,000 and 10,000."""
    (taken,) = _read(wire, Ask(raw=True, steady_after=1000), many_chunks(wire, 10))
    assert taken.chunks == 10_001
    assert taken.peak < 2 * MiB


def test_promise_12_whole_answer_over_256_MiB_is_an_error(openai: WireWorld):
    """It is read that far, and not asked for again."""
    answer = Reply((Send(b" " * MiB),) * 300, headers=JSON)
    (taken,) = _read(openai, Ask(whole=True), answer, max_retries=3)
    assert taken.error == "answer_too_large"
    assert taken.peak < 320 * MiB
    assert openai.request_count() == 2


def test_promise_12_endless_failure_is_read_in_part(wire: WireWorld):
    """Its status says enough."""
    failure = Reply((Send(b"x" * MiB),) * 1000, 400, JSON)
    (taken,) = _read(wire, Ask(), failure)
    assert taken.error == "ValidationError"
    assert taken.peak < 16 * MiB
    assert len(wire.server.exchanges[-1].sent) < 20


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"x-filler: aaaaaaaa\r\n", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx-filler: ", b"a", id="one header"),
        pytest.param(b"HTTP/1.1 200 ", b"a", id="status line"),
        pytest.param(b"", b"a", id="no HTTP"),
        pytest.param(STREAM_HEAD + b"5;x=", b"a", id="extension"),
        pytest.param(STREAM_HEAD, b"0", id="size of a chunk"),
        pytest.param(STREAM_HEAD + b"0\r\n", b"x-filler: a\r\n", id="trailers"),
    ],
)
def test_promise_12_endless_head_is_a_network_error(openai, begin, piece):
    """What HTTP itself brings without an end is refused early."""
    (taken,) = _read(openai, Ask(), endless_raw(begin, piece))
    assert taken.error == "network_error"
    assert taken.peak < 4 * MiB


@pytest.mark.real_time
def test_promise_12_flood_behind_the_answer_is_not_kept(wire: WireWorld):
    """It is left soon, and loses nothing of the answer."""
    answers = [
        endless(b"x", begin=text_of(wire, "Hello") + end_of(wire)),
        endless(b"x", begin=text_of(wire, "Hello") + end_of(wire) + b"data: "),
        endless(b": ping\n\n", begin=text_of(wire, "Hello") + end_of(wire)),
    ]
    for taken in _read(wire, Ask(), *answers):
        assert (taken.characters, taken.finish_reason, taken.error) == (5, "stop", None)
        assert taken.peak < 32 * MiB
        assert taken.seconds < 5


def test_promise_12_packed_line_is_read_to_the_limit(wire: WireWorld):
    """A stream of a few KB that unpacks to gigabytes is refused where another one is."""
    (taken,) = _read(wire, Ask(), packed(b"x", EVENT_STREAM))
    assert taken.error == "event_too_large"
    assert taken.peak < 64 * MiB


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("whole", [False, True], ids=["stream", "whole"])
def test_promise_12_packed_failure_is_read_in_part(openai, whole, status):
    """What a failure unpacks to is bounded as its body is."""
    (taken,) = _read(openai, Ask(whole=whole), packed(b" ", JSON, status))
    assert taken.error in ("ValidationError", "ProviderError")
    assert taken.peak < 24 * MiB


def test_promise_12_packed_answer_over_256_MiB_is_an_error(openai: WireWorld):
    """Unpacked bytes are what counts."""
    (taken,) = _read(openai, Ask(whole=True), packed(b" ", JSON))
    assert taken.error == "answer_too_large"
    assert taken.peak < 320 * MiB


@pytest.mark.real_time
@pytest.mark.parametrize("piece", [b": ping\n\n", b"\n", b"::\n", b"data: {}\n\n"])
@pytest.mark.parametrize("pack", [lambda x: packed(x, EVENT_STREAM), packed_twice], ids=[1, 2])
def test_promise_12_packed_signs_of_life_keep_limits(openai, pack, piece):
    """Gigabytes of what says nothing take little memory, and the deadline holds meanwhile."""
    (taken,) = _read(openai, Ask(options={"deadline": 0.75}), pack(piece))
    assert taken.error == "deadline"
    assert taken.peak < 48 * MiB
    assert taken.seconds < 5
