"""One client, many threads: nothing is crossed, nothing is lost, and no connection is left."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_connectivity import LLMError, StreamInterruptedError
from tests.server import Answer, Cut, Recorded, Reset, Send, stream_reply
from tests.worlds import WireWorld

STREAMS = 300
THREADS = 30


def _pieces(number: int) -> list[str]:
    """The answer to a question: pieces that are in no other answer."""
    return [f"<{number}.{piece}>" for piece in range(1 + number % 17)]


def _number(request: Recorded) -> int:
    return int(request.body.decode().partition("question ")[2].partition("!")[0])


def _play(wire: WireWorld, faulty: frozenset[int]) -> None:
    """Answer each question with its own pieces; some answers break off in one of four ways."""
    module = wire.wire_module

    def entry(request: Recorded) -> Answer:
        number = _number(request)
        pieces = _pieces(number)
        if number not in faulty:
            return module.answer(pieces, pause=0.0005)(request)
        steps = module.content_steps(pieces, 0.0005)
        ways = ((Cut(),), (Reset(),), (Send(module.error_event()),), (Send(b"data: {oh\n\n"),))
        return stream_reply(*steps, *ways[number % 4])

    wire.server.always(entry)


@pytest.mark.parametrize("limit", [1000, 8], ids=["a connection each", "eight connections"])
def test_promise_15_streams_in_many_threads_are_whole_or_typed_errors(wire: WireWorld, limit: int):
    """Every text is the one that was asked for; where it is not whole, the error has the rest."""
    faulty = frozenset(random.Random(7).sample(range(STREAMS), STREAMS // 5))
    _play(wire, faulty)
    client = wire.client(max_connections=limit, retry_budget=False)

    def ask(number: int) -> str:
        stream = client.chat_stream(f"question {number}!")
        told = []
        try:
            told.extend(chunk.content for chunk in stream)
        except LLMError as error:
            assert error.partial.content == "".join(told)
            assert "".join(_pieces(number)).startswith(error.partial.content)
            return type(error).__name__
        assert "".join(told) == "".join(_pieces(number))
        assert stream.finish_reason == "stop"
        return "complete"

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(ask, range(STREAMS), timeout=50))
    for number, outcome in enumerate(outcomes):
        assert (outcome == "complete") == (number not in faulty)
    kinds = Counter(outcomes)
    assert kinds[StreamInterruptedError.__name__] >= 10
    client.close()
    assert wire.server.wait_for(lambda: all(not c.is_open for c in wire.server.connections))


def test_promise_15_chat_and_streams_share_a_client(wire: WireWorld):
    """Half of the calls are for whole answers."""
    _play(wire, frozenset())
    client = wire.client()

    def ask(number: int) -> bool:
        question = f"question {number}!"
        response = client.chat(question) if number % 2 else client.chat_stream(question).collect()
        return response.content == "".join(_pieces(number))

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(ask, range(STREAMS), timeout=50))
    assert len(wire.server.connections) <= THREADS
