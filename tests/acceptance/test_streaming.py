"""Rows 3.2 to 3.6, 3.11, 3.15 to 3.17, 4.11: reading a stream that goes well."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from llm_connectivity import RateLimitError, StreamChunk
from tests.worlds import KEY, PIECES, TEXT, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


def test_3_2_tokens_are_printed_as_they_arrive(world: World, capfd):
    """Three lines print exactly the answer."""
    world.play("hello")
    client = world.client()
    for chunk in client.chat_stream(messages=MESSAGES):
        print(chunk.content, end="", flush=True)
    assert capfd.readouterr() == (TEXT, "")


@pytest.mark.real_time
def test_3_2_and_4_11b_nothing_is_buffered(wire: World):
    """The first token is there before the server has sent its third, stamps 0.1 s apart."""
    wire.play("hello", pause=0.15)
    stamps = []
    for chunk in wire.client().chat_stream(messages=MESSAGES):
        if chunk.content:
            stamps.append(time.monotonic())
    third = wire.server.exchanges[0].sent[3]
    gaps = [later - earlier for earlier, later in pairwise(stamps)]
    assert stamps[0] < third
    assert len(gaps) == 6
    assert min(gaps) >= 0.1


def test_3_3_each_chunk_has_content_finish_reason_and_raw_chunk(world: World):
    """All chunks are StreamChunks; the last one alone has the finish reason."""
    world.play("hello")
    chunks = list(world.client().chat_stream(messages=MESSAGES))
    assert all(type(chunk) is StreamChunk for chunk in chunks)
    assert [chunk.finish_reason for chunk in chunks] == [None] * 7 + ["stop"]
    assert chunks[-1].content == ""
    assert all(chunk.raw_chunk is not None for chunk in chunks)


def test_3_3_raw_chunk_is_the_vendors_object(wire: World):
    """On a vendor's wire it is an object of the vendor's SDK, with that chunk's text."""
    wire.play("hello")
    chunks = list(wire.client().chat_stream(messages=MESSAGES))
    from openai.types.chat import ChatCompletionChunk

    assert all(type(chunk.raw_chunk) is ChatCompletionChunk for chunk in chunks)
    assert [chunk.raw_chunk.choices[0].delta.content for chunk in chunks[:7]] == list(PIECES)
    assert chunks[7].raw_chunk.choices[0].finish_reason == "stop"


def test_3_4_chunks_and_text_are_aggregated(world: World):
    """Joined content, the number of chunks with content, and the stream's own text agree."""
    world.play("hello")
    stream = world.client().chat_stream(messages=MESSAGES)
    chunks = list(stream)
    assert "".join(chunk.content for chunk in chunks) == TEXT
    assert sum(1 for chunk in chunks if chunk.content) == 7
    assert stream.text == TEXT


def test_3_5_one_dot_for_each_content_chunk(world: World, capfd):
    """A progress line is broken by nobody else's output."""
    world.play("hello")
    client = world.client()
    parts = []
    print("Generating response", end="", flush=True)
    for chunk in client.chat_stream(messages=MESSAGES):
        if chunk.content:
            parts.append(chunk.content)
            print(".", end="", flush=True)
    print(f"\nResponse: {''.join(parts)}")
    assert capfd.readouterr() == (f"Generating response.......\nResponse: {TEXT}\n", "")


def test_3_6_running_estimate_and_then_the_real_number(world: World):
    """Words counted on the way can be replaced by the provider's own number."""
    world.play("hello")
    stream = world.client().chat_stream(messages=MESSAGES)
    estimate = sum(len(chunk.content.split()) for chunk in stream)
    assert estimate == 7
    assert stream.usage is not None
    assert stream.usage.completion_tokens == 7


def test_3_11_three_common_patterns_give_the_same_text(world: World, capfd):
    """Printing, list() and join, and dots with parts: one text."""
    world.play("hello")
    client = world.client()
    for chunk in client.chat_stream(messages=MESSAGES):
        print(chunk.content, end="", flush=True)
    printed, _ = capfd.readouterr()
    chunks = list(client.chat_stream(messages=MESSAGES))
    joined = "".join(chunk.content for chunk in chunks if chunk.content)
    parts = []
    for chunk in client.chat_stream(messages=MESSAGES):
        if chunk.content:
            parts.append(chunk.content)
    assert printed == joined == "".join(parts) == TEXT


def test_3_15_usage_and_cost_of_a_finished_stream(wire: World):
    """Usage was asked for, arrives unchanged, and is priced."""
    wire.play("hello")
    stream = wire.client().chat_stream(messages=MESSAGES)
    list(stream)
    assert wire.server.requests[0].json["stream_options"] == {"include_usage": True}
    usage = stream.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (9, 7, 16)
    assert stream.cost == 0.00000555


def test_3_15_without_usage_nothing_is_guessed(world: World):
    """A provider that sends no usage gives None for usage and cost."""
    world.play("no_usage")
    stream = world.client().chat_stream(messages=MESSAGES)
    assert "".join(chunk.content for chunk in stream) == TEXT
    assert stream.usage is None
    assert stream.cost is None


def test_3_16_and_4_11c_chunks_without_choices_or_text_never_raise(world: World):
    """Empty choices, the role chunk and the usage chunk are no trouble; content is always a str."""
    world.play("empty_first")
    chunks = list(world.client().chat_stream(messages=MESSAGES))
    assert [chunk.content for chunk in chunks] == [*PIECES, ""]
    assert all(type(chunk.content) is str for chunk in chunks)


def test_3_17_arguments_are_checked_at_once_and_the_request_goes_with_the_first_next(world: World):
    """chat_stream() itself sends nothing; the provider's error comes from the first next()."""
    world.play("rate_limited")
    stream = world.client(max_retries=0).chat_stream(messages=MESSAGES)
    assert world.request_count() == 0
    with pytest.raises(RateLimitError):
        next(stream)
    assert world.request_count() == 1


def test_3_17_a_wrong_key_shows_with_the_first_next(wire: World):
    """A key that the server refuses is an AuthenticationError of the first next()."""
    wire.play("status:401")
    stream = wire.client(api_key=KEY).chat_stream(messages=MESSAGES)
    assert wire.request_count() == 0
    from llm_connectivity import AuthenticationError

    with pytest.raises(AuthenticationError):
        next(stream)
