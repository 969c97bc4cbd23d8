"""Promise 14: whatever becomes of its streams, a client that runs for long stays what it was."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from llm_connectivity import LLMClient, LLMError, RetryPolicy
from tests.faults.answers import end_of, text_of
from tests.faults.apart import memory, run_apart
from tests.server import Answer, Cut, Recorded, Send, stream_reply
from tests.worlds import WIRES, WireWorld

pytestmark = pytest.mark.measures

THREADS = 64
CALLS = 10_000
WARM = 2000  # calls until all there is to load is loaded, and all there is to keep is kept
_AT_A_TIME = 1000  # a pool of threads keeps something of each call it was given
_SPARE = 8  # descriptors for what runs besides the connections


@pytest.mark.timeout(180)  # seconds, on a machine that is busy
def test_promise_14_soak_leaves_memory_descriptors_and_threads_flat(policy: RetryPolicy):
    """Streams read to the end, left, broken off and tried again: under 900 bytes a call stay."""
    with WIRES["openai"](policy, []) as world:
        world.server.always(_Answers(world))
        task = {"settings": world.settings(), "calls": CALLS}
        began, early, late, closed = run_apart(__name__, task)
    assert late["outcomes"] == {"read": CALLS * 3 // 4, "left": CALLS // 8, "broken": CALLS // 8}
    assert late["memory"] - early["memory"] < 900 * (CALLS - WARM)
    assert late["threads"] == early["threads"] == began["threads"] + THREADS
    assert late["descriptors"] <= began["descriptors"] + THREADS + _SPARE
    assert (closed["threads"], closed["descriptors"]) == (
        began["threads"],
        began["descriptors"],
    )


class _Answers:
    """Answers each request by what it asks for."""

    def __init__(self, world: WireWorld) -> None:
        word = Send(text_of(world, "word ") * 3)
        end = Send(end_of(world))
        self._good = stream_reply(word, word, end)
        self._cut = stream_reply(word, Cut())
        self._refusal = world.reply(world.error_body("Busy.", 503), 503)
        self._refused: set[str] = set()

    def __call__(self, request: Recorded) -> Answer:
        what, number = request.header("x-outcome"), request.header("x-number")
        if what == "refused" and number not in self._refused:
            self._refused.add(number or "")
            return self._refusal
        return self._cut if what == "cut" else self._good


def _ask(client: LLMClient, number: int) -> str:
    """Make one call, and say how it ended."""
    what = {0: "left", 1: "cut", 2: "refused"}.get(number % 8, "good")
    headers = {"x-outcome": what, "x-number": str(number)}
    try:
        for _ in client.chat_stream("Hi", extra_headers=headers):
            if what == "left":
                return "left"
    except LLMError as error:
        assert what == "cut", error
        return "broken"
    return "read"


def _look(outcomes: Counter[str]) -> dict[str, Any]:
    gc.collect()
    return {
        "outcomes": dict(outcomes),
        "memory": memory(),
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def main(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Call from many threads; look before, behind some calls, behind all of them, once closed."""
    outcomes: Counter[str] = Counter()
    looks = [_look(outcomes)]
    policy = RetryPolicy(sleep=lambda seconds: None)
    client = LLMClient(**task["settings"], retry=policy, retry_budget=False)
    with ThreadPoolExecutor(THREADS) as threads:
        barrier = threading.Barrier(THREADS)  # so that there are as many as are allowed
        list(threads.map(lambda _: barrier.wait(), range(THREADS)))
        for first in range(0, task["calls"], _AT_A_TIME):
            numbers = range(first, first + _AT_A_TIME)
            outcomes.update(threads.map(lambda number: _ask(client, number), numbers))
            if numbers.stop in (WARM, task["calls"]):
                looks.append(_look(outcomes))
    client.close()
    return [*looks, _look(outcomes)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
