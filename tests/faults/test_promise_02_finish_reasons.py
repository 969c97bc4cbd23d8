"""Promise 2: a finish reason is never made up, and neither is usage."""

from __future__ import annotations

import pytest

from llm_connectivity import LLMClient
from tests.faults.scenarios.voice import Voice
from tests.worlds import TEXT, WireWorld


def _without_finish(voice: Voice) -> dict:
    document = voice.wire.whole_answer()
    answer = document.get("choices", document.get("candidates", [document]))[0]
    for name in ("finish_reason", "finishReason", "stop_reason"):
        answer.pop(name, None)
    for name in ("usage", "usageMetadata"):
        document.pop(name, None)
    return document


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_promise_02_answer_without_finish_reason_and_usage_has_none(
    wire: WireWorld, streamed: bool
):
    """Not `stop`, and no zeros; also where a stream was asked for and a whole answer came."""
    voice = Voice(wire, streamed=False)
    wire.server.always(voice.document(_without_finish(voice)))
    response = _ask(wire.client(), streamed)
    assert (response.content, response.finish_reason, response.usage) == (TEXT, None, None)
    assert (response.raw_finish_reason, response.cost) == (None, None)


def _ask(client: LLMClient, streamed: bool):
    return client.chat_stream("Hi").collect() if streamed else client.chat("Hi")


def test_promise_02_finish_reason_is_on_the_last_chunk_alone(wire: WireWorld):
    """No chunk before it has one, and it has no text."""
    wire.play("hello")
    chunks = list(wire.client().chat_stream("Hi"))
    assert [chunk.finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert (chunks[-1].finish_reason, chunks[-1].content) == ("stop", "")
