"""Rows 3.2 to 3.6, 3.11, 3.12, 3.15 to 3.17, 4.11: reading a stream that goes well."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from llm_connectivity import (
    AuthenticationError,
    ChatStream,
    NetworkError,
    RateLimitError,
    StreamChunk,
)
from tests.worlds import PIECES, TEXT, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


def test_3_2_tokens_are_printed_as_they_arrive(world: World, capfd):
    """Three lines print exactly the answer."""
    world.play("hello")
    client = world.client()
    for chunk in client.chat_stream(messages=MESSAGES):
        print(chunk.content, end="", flush=True)
    assert capfd.readouterr() == (TEXT, "")


@pytest.mark.real_time
def test_3_2_and_4_11b_nothing_is_buffered(wire: WireWorld):
    """The first token is there before the server has sent its third, stamps 0.1 s apart."""
    wire.play("hello", pause=0.15)
    stamps = []
    for chunk in wire.client().chat_stream(messages=MESSAGES):
        if chunk.content:
            stamps.append(time.monotonic())
    third = wire.sent_at(wire.server.exchanges[0], 3)
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


def test_3_3_raw_chunk_is_the_vendors_object(wire: WireWorld):
    """On a vendor's wire it is an object of the vendor's SDK, with that chunk's text."""
    wire.play("hello")
    *texts, closing = wire.client().chat_stream(messages=MESSAGES)
    assert {type(chunk.raw_chunk) for chunk in texts} == {wire.raw_chunk_class()}
    assert [wire.text_of(chunk.raw_chunk) for chunk in texts] == list(PIECES)
    assert type(closing.raw_chunk) is wire.raw_finish_class()
    assert wire.finish_of(closing.raw_chunk) == closing.raw_finish_reason == wire.raw_stop


def test_3_3_whole_answers_have_the_vendors_object_too(wire: WireWorld):
    """And the vendor's word for their end."""
    wire.play("hello")
    response = wire.client().chat(messages=MESSAGES)
    assert type(response.raw_response) is wire.raw_response_class()
    assert response.raw_finish_reason == wire.raw_stop


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


def _print_pieces(stream: ChatStream) -> None:
    for chunk in stream:
        print(chunk.content, end="", flush=True)
    print()


def _print_chunks(stream: ChatStream) -> None:
    for chunk in stream:
        if chunk.content:
            print(f"Chunk: {chunk.content!r}")
        if chunk.finish_reason:
            print(f"Stream finished: {chunk.finish_reason}")


def _print_total(stream: ChatStream) -> None:
    contents = [chunk.content for chunk in stream if chunk.content]
    print(f"{len(contents)} chunks: {''.join(contents)}")


def _print_dots(stream: ChatStream) -> None:
    print("Generating response", end="", flush=True)
    for chunk in stream:
        if chunk.content:
            print(".", end="", flush=True)
    print(f"\nResponse: {stream.text}")


def _print_estimate(stream: ChatStream) -> None:
    estimate = sum(len(chunk.content.split()) for chunk in stream)
    print(f"About {estimate} tokens, in truth {stream.usage.completion_tokens}")


def _print_with_a_callback(stream: ChatStream) -> None:
    tokens: list[str] = []
    on_token = tokens.append
    for chunk in stream:
        if chunk.content:
            on_token(chunk.content)
    print("|".join(tokens))


def _print_until_it_breaks(stream: ChatStream) -> None:
    try:
        for chunk in stream:
            print(chunk.content, end="", flush=True)
    except NetworkError as error:
        print(f"\n{type(error).__name__} after {error.partial_text!r}")


PATTERNS = {
    _print_pieces: ("hello", "Hello! How can I help?\n"),
    _print_chunks: (
        "hello",
        "Chunk: 'Hello'\nChunk: '!'\nChunk: ' How'\nChunk: ' can'\nChunk: ' I'\n"
        "Chunk: ' help'\nChunk: '?'\nStream finished: stop\n",
    ),
    _print_total: ("hello", "7 chunks: Hello! How can I help?\n"),
    _print_dots: ("hello", "Generating response.......\nResponse: Hello! How can I help?\n"),
    _print_estimate: ("hello", "About 7 tokens, in truth 7\n"),
    _print_with_a_callback: ("hello", "Hello|!| How| can| I| help|?\n"),
    _print_until_it_breaks: ("cut:3", "Hello! How\nStreamInterruptedError after 'Hello! How'\n"),
}


def test_3_12_the_same_lines_print_the_same_on_every_provider(world: World, capfd):
    """The patterns of rows 3.2 to 3.9; nothing but the model string says who is asked."""
    world.play(*[scenario for scenario, _ in PATTERNS.values()])
    client = world.client()
    for pattern in PATTERNS:
        pattern(client.chat_stream(messages=MESSAGES, model=world.model))
    expected = "".join(printed for _, printed in PATTERNS.values())
    assert capfd.readouterr() == (expected, "")


def test_3_15_usage_and_cost_of_a_finished_stream(wire: WireWorld):
    """Usage was asked for, arrives unchanged, and is priced."""
    wire.play("hello")
    stream = wire.client().chat_stream(messages=MESSAGES)
    list(stream)
    assert wire.asks_for_usage(wire.server.requests[0])
    usage = stream.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (9, 7, 16)
    assert stream.cost == wire.cost


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


def test_3_17_a_wrong_key_shows_with_the_first_next(world: World):
    """A key that the server refuses is an AuthenticationError of the first next()."""
    world.play("wrong_key")
    stream = world.client().chat_stream(messages=MESSAGES)
    assert world.request_count() == 0
    with pytest.raises(AuthenticationError):
        next(stream)
    assert world.request_count() == 1
