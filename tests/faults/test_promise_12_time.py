"""Promise 12: time is linear in what the server sends. CPU of one run is compared, not the clock.

Ten times as much may take 25 times as long: a quadratic way takes 100 times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from llm_connectivity import LLMClient, RetryPolicy
from tests.faults.answers import MiB, end_of, hello, many_chunks, text_of, with_text
from tests.faults.apart import Ask, Taken, read_apart
from tests.server import Entry, Send, json_reply, stream_reply
from tests.worlds import WIRES, WireWorld

pytestmark = [pytest.mark.real_time, pytest.mark.measures]

_SHORTEST_SECONDS = 0.005  # less is not told from nothing


@pytest.fixture
def openai(policy: RetryPolicy) -> Iterator[WireWorld]:
    """One wire, for what is the same on all of them."""
    with WIRES["openai"](policy, []) as world:
        yield world


def _compare(world: WireWorld, ask: Ask, make: Callable[[int], Entry]) -> tuple[Taken, float]:
    """Ask for 1 and 10 of it, twice; give the larger one, and how many times as long it took."""
    answers = [make(1), make(10)] * 2
    world.server.add(hello(world), *answers)
    taken = read_apart(world.settings(), *[ask] * len(answers))
    assert {one.error for one in taken} == {None}
    small, large = (min(taken[i].cpu, taken[i + 2].cpu) for i in (0, 1))
    assert large < 1
    return taken[1], large / max(small, _SHORTEST_SECONDS)


def _event_of(world: WireWorld, spelled: bytes) -> tuple[Taken, float]:
    def answer(size: int) -> Entry:
        event = with_text(world, spelled * (size * (MiB // len(spelled))))
        return stream_reply(Send(event + end_of(world)))

    return _compare(world, Ask(), answer)


def test_promise_12_event_of_10_MiB_takes_linear_time(wire: WireWorld):
    """Under a second, on every wire."""
    large, ratio = _event_of(wire, b"x")
    assert (large.characters, large.finish_reason) == (10 * MiB, "stop")
    assert ratio < 25


@pytest.mark.parametrize(
    ("spelled", "characters"),
    [
        pytest.param("é".encode(), 5 * MiB, id="UTF-8"),
        pytest.param(rb"\n", 5 * MiB, id="escapes"),
        pytest.param(rb"\ud83d\ude00", 10 * (MiB // 12), id="pairs"),
        pytest.param(rb"\ud83d", 10 * (MiB // 6), id="half pairs"),
        pytest.param(b"\xff", 10 * MiB, id="broken UTF-8"),
    ],
)
def test_promise_12_spelling_of_10_MiB_takes_linear_time(openai, spelled, characters):
    """Under a second, also where the text has to be mended."""
    large, ratio = _event_of(openai, spelled)
    assert (large.characters, large.finish_reason) == (characters, "stop")
    assert ratio < 25


@pytest.mark.parametrize(
    ("line", "count"),
    [
        pytest.param(b"data:\n", 50_000, id="data lines"),
        pytest.param(b":\n", 50_000, id="comments"),
        pytest.param(b": keep-alive\r\n", 20_000, id="comments with CR LF"),
        pytest.param(b"id: 7\n", 50_000, id="ids"),
    ],
)
def test_promise_12_event_of_half_a_million_lines_takes_linear_time(openai, line, count):
    """Whatever the lines are, before an event and inside of it."""
    data = text_of(openai, "Hello").removeprefix(b"data: ").strip()

    def answer(times: int) -> Entry:
        event = b"data: {\n%bdata: %b\n\n" % (line * count * times, data[1:])
        return stream_reply(Send(line * count * times), Send(event + end_of(openai)))

    large, ratio = _compare(openai, Ask(), answer)
    assert (large.characters, large.finish_reason) == (5, "stop")
    assert ratio < 25


def test_promise_12_whole_answer_of_50_MiB_takes_linear_time(openai: WireWorld):
    """Ten times as much as one of 5 MiB."""

    def answer(times: int) -> Entry:
        return json_reply(openai.wire_module.whole_answer("x" * (5 * MiB * times)))

    large, ratio = _compare(openai, Ask(whole=True), answer)
    assert (large.characters, large.finish_reason) == (50 * MiB, "stop")
    assert ratio < 25


def test_promise_12_text_that_is_kept_takes_linear_time(openai: WireWorld):
    """10,000 chunks of 1,000 characters take ten times as long as 1,000, and their own memory."""
    ask = Ask(options={"accumulate": True})
    large, ratio = _compare(openai, ask, lambda times: many_chunks(openai, times, "word " * 200))
    assert (large.chunks, large.characters) == (10_001, 10_000_000)
    assert large.peak < 24 * MiB
    assert ratio < 25


def test_promise_12_text_that_is_kept_is_joined_once(openai: WireWorld):
    """Asking again gives the same object, and so does the response."""
    openai.server.add(many_chunks(openai, 1))
    with LLMClient(**openai.settings()) as client:
        stream = client.chat_stream("Hi")
        response = stream.collect()
    assert stream.text == "word " * 1000
    assert stream.text is stream.text
    assert response.content is stream.text
