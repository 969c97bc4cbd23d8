"""What every adapter promises; this file is the definition of an adapter.

A new adapter joins with a world of its own, in tests/worlds.
"""

from __future__ import annotations

import copy
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_connectivity import LLMError, NetworkError, ProviderError, RateLimitError, ValidationError
from tests.worlds import KEY, PIECES, TEXT, World

MESSAGES = [{"role": "user", "content": "a prompt that nobody may see"}]


def test_adapter_whole_and_streamed_answers_are_equal(world: World):
    """But for what names the single request, a stream read to its end gives the same response."""
    world.play("hello")
    client = world.client()
    whole = client.chat(messages=MESSAGES).to_dict()
    stream = client.chat_stream(messages=MESSAGES)
    list(stream)
    streamed = stream.response.to_dict()
    for name in ("id", "created", "request_id", "attempts"):
        del whole[name], streamed[name]
    assert streamed == whole


def test_adapter_text_never_waits_and_the_closing_chunk_is_last(world: World):
    """Each piece is a chunk of its own; exactly one closing chunk has usage and finish reason."""
    world.play("hello")
    *texts, closing = world.client().chat_stream(messages=MESSAGES)
    assert [chunk.content for chunk in texts] == list(PIECES)
    assert all(chunk.finish_reason is None and chunk.usage is None for chunk in texts)
    assert (closing.content, closing.finish_reason, closing.usage.total_tokens) == ("", "stop", 16)


def test_adapter_values_pickle_copy_and_turn_into_json(world: World):
    """Chunks, responses and what hangs on them survive a trip to another process."""
    world.play("hello")
    client = world.client()
    stream = client.chat_stream(messages=MESSAGES)
    values = [*stream, stream.response, client.chat(messages=MESSAGES)]
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        json.dumps(value.to_dict())
    assert pickle.loads(pickle.dumps(values[0])).raw_chunk == values[0].raw_chunk


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("rate_limited", RateLimitError),
        ("reset", NetworkError),
        ("status:400", ValidationError),
        ("status:503", ProviderError),
        ("cut:3", NetworkError),
        ("err_event:3", ProviderError),
    ],
)
def test_adapter_failures_are_typed_pickle_and_show_neither_key_nor_prompt(
    world: World, scenario: str, error: type[LLMError]
):
    """Each knows its provider and model; nothing of it holds a secret."""
    world.play(scenario)
    with pytest.raises(error) as caught:
        list(world.client().chat_stream(messages=MESSAGES))
    failure = caught.value
    again = pickle.loads(pickle.dumps(failure))
    assert (again.provider, again.model) == (world.provider, world.model_name)
    assert str(again) == str(failure)
    shown = repr(failure) + str(failure.__dict__) + json.dumps(failure.to_dict())
    assert KEY not in shown
    assert "nobody may see" not in shown


def test_adapter_one_client_serves_many_threads(world: World):
    """Sixty streams in ten threads, each complete and its own."""
    world.play(*["hello"] * 70, pause=0)
    client = world.client()

    def ask(_: int) -> str:
        stream = client.chat_stream(messages=MESSAGES)
        list(stream)
        return stream.response.content

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(ask, range(60))) == [TEXT] * 60


def test_adapter_two_threads_in_one_next_are_told_so(world: World):
    """The second one gets an error, the first one its text, whole."""
    world.play("hello", pause=0.05)
    stream = world.client().chat_stream(messages=MESSAGES)
    texts: list[str] = []
    errors: list[ValidationError] = []

    def read() -> None:
        while stream.finish_reason is None:
            try:
                texts.extend(chunk.content for chunk in [next(stream, None)] if chunk)
            except ValidationError as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert errors
    assert errors[0].code == "stream_busy"
    assert sorted(texts) == sorted([*PIECES, ""])


def test_adapter_without_accumulation_keeps_nothing(world: World):
    """Chunks come as ever; what would need the text says so."""
    world.play("hello")
    stream = world.client().chat_stream(messages=MESSAGES, accumulate=False)
    assert "".join(chunk.content for chunk in stream) == TEXT
    assert stream.usage is not None
    for name in ("text", "response"):
        with pytest.raises(ValidationError, match="accumulate"):
            getattr(stream, name)


def test_adapter_a_response_before_the_end_is_refused(world: World):
    """Half an answer is not given as a whole one; the text so far is there."""
    world.play("hello")
    stream = world.client().chat_stream(messages=MESSAGES)
    next(stream)
    with pytest.raises(ValidationError, match="still being read"):
        _ = stream.response
    assert stream.text == "Hello"
    stream.close()
    with pytest.raises(ValidationError, match="closed before its end"):
        _ = stream.response


def test_adapter_reprs_show_no_key(world: World):
    """Neither the client's nor the adapter's nor the stream's."""
    world.play("hello")
    client = world.client()
    stream = client.chat_stream(messages=MESSAGES)
    assert KEY not in repr(client) + repr(client._lifetime.adapters.primary) + repr(stream) + str(
        vars(client)
    )
    assert "nobody may see" not in repr(stream)
