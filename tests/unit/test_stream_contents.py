"""What streams hold besides text: reasoning, calls, sources, while they are read and afterwards."""

import pytest

from llm_connectivity import (
    Hooks,
    LLMClient,
    MockAdapter,
    MockReply,
    NetworkError,
    ToolCall,
    ValidationError,
)

CALLS = [("add", {"x": 1}), ("now", {})]
MADE = (ToolCall("call_1", "add", {"x": 1}), ToolCall("call_2", "now"))
REPLY = MockReply(pieces=("I", " add."), reasoning="Hm.", tool_calls=CALLS)


def _client(*replies, **settings):
    return LLMClient(adapter=MockAdapter(replies=replies), **{"max_retries": 0, **settings})


def test_chunks_bring_reasoning_text_and_calls_in_turn():
    """Each in its own field; `content` holds the answer's text alone."""
    with _client(REPLY) as client:
        chunks = list(client.chat_stream("1 + 2?"))
    assert [chunk.content for chunk in chunks] == ["", "I", " add.", "", "", ""]
    assert [chunk.reasoning for chunk in chunks] == ["Hm.", "", "", "", "", ""]
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert [(p.index, p.id, p.name, p.arguments_text) for p in pieces] == [
        (0, "call_1", "add", '{"x": 1}'),
        (1, "call_2", "now", "{}"),
    ]
    assert [chunk.finish_reason for chunk in chunks] == [None] * 5 + ["tool_calls"]


def test_reasoning_is_there_as_it_comes_and_calls_at_the_end():
    """Calls are for running, so they wait until the answer is complete; `.partial` has them."""
    with _client(REPLY) as client:
        stream = client.chat_stream("1 + 2?")
        assert (stream.reasoning, stream.tool_calls, stream.citations) == ("", (), ())
        next(stream)
        assert (stream.reasoning, stream.text, stream.tool_calls) == ("Hm.", "", ())
        for _ in range(4):
            next(stream)
        assert (stream.tool_calls, stream.partial.tool_calls) == ((), MADE)
        list(stream)
        assert stream.tool_calls == stream.response.tool_calls == MADE
        assert stream.response.reasoning == "Hm."


@pytest.mark.parametrize(
    ("cut_after", "calls"),
    [(2, []), (3, [True]), (4, [True, True])],
    ids=["before", "after one", "after both"],
)
def test_calls_of_a_broken_stream_are_in_partial_alone(cut_after, calls):
    """A broken answer gives no calls to run; what came of them can be looked at."""
    reply = MockReply(pieces=("I", " add."), tool_calls=CALLS, cut_after=cut_after)
    with _client(reply) as client:
        stream = client.chat_stream("1 + 2?")
        with pytest.raises(NetworkError) as caught:
            list(stream)
        assert stream.tool_calls == ()
        for partial in (stream.partial, caught.value.partial):
            assert [call.complete for call in partial.tool_calls] == calls
            assert partial.content == "I add."
        with pytest.raises(ValidationError, match="no response"):
            _ = stream.response


def test_calls_of_a_closed_stream_are_in_partial_alone():
    """The caller broke off: so it is with a call that may have gone on."""
    reply = MockReply(tool_calls=[("add", '{"x": '), ("now", {})])
    with _client(reply) as client:
        stream = client.chat_stream("1 + 2?")
        next(stream)
        stream.close()
        assert stream.tool_calls == ()
        (call,) = stream.partial.tool_calls
    assert (call.arguments, call.complete) == ('{"x": ', False)


@pytest.mark.parametrize("finish_reason", ["stop", "length", "tool_calls", None, "odd"])
@pytest.mark.parametrize(
    "calls",
    [CALLS, [("now", "")], [("add", '{"x": ')], [("add", "null")], [("add", "12")], []],
    ids=["two", "no arguments", "cut", "null", "number", "none"],
)
def test_streamed_and_whole_answers_are_equal(finish_reason, calls):
    """Whatever is called, and however it ends."""
    reply = MockReply(text="Well.", reasoning="Hm.", tool_calls=calls, finish_reason=finish_reason)
    with _client(reply, reply) as client:
        whole, streamed = client.chat("?"), client.chat_stream("?").collect()
    assert (whole.tool_calls, whole.reasoning) == (streamed.tool_calls, streamed.reasoning)
    assert [c.complete for c in whole.tool_calls] == [c.complete for c in streamed.tool_calls]
    assert whole.to_message() == streamed.to_message()
    assert whole.finish_reason == streamed.finish_reason


@pytest.mark.parametrize(
    "name", ["reasoning", "tool_calls", "citations", "text", "response", "partial"]
)
def test_what_is_not_kept_says_so(name):
    """With `accumulate=False` nothing grows, and every reader of it is told."""
    with _client(REPLY) as client:
        stream = client.chat_stream("1 + 2?", accumulate=False)
        for moment in ("before", "within", "behind"):
            with pytest.raises(ValidationError, match=f"no {name}: it was made with accumulate"):
                getattr(stream, name)
            if moment == "before":
                assert next(stream).reasoning == "Hm."
            elif moment == "within":
                assert sum(len(chunk.tool_calls) for chunk in stream) == 2
        assert stream.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "reply",
    [
        MockReply(reasoning="Hm.", cut_after=0),
        MockReply(tool_calls=CALLS, cut_after=1),
        MockReply(pieces=["I"], cut_after=1),
    ],
    ids=["reasoning", "call", "text"],
)
def test_the_first_chunk_of_any_kind_ends_the_retries(reply, policy, naps):
    """Nothing is delivered twice, thoughts and calls no more than text."""
    adapter = MockAdapter(replies=[reply, "again"])
    with LLMClient(adapter=adapter, retry=policy, fallbacks=[MockAdapter(["other"])]) as client:
        stream = client.chat_stream("1 + 2?")
        assert next(stream)
        with pytest.raises(NetworkError):
            next(stream)
    assert (len(adapter.requests), naps) == (1, [])
    assert stream.partial.reasoning == reply.reasoning


def test_nothing_delivered_is_retried(policy, naps):
    """A break before the first chunk of any kind is tried again."""
    adapter = MockAdapter(replies=[MockReply(tool_calls=CALLS, cut_after=0), REPLY])
    with LLMClient(adapter=adapter, retry=policy) as client:
        assert client.chat_stream("1 + 2?").collect().tool_calls == MADE
    assert len(adapter.requests) == 2


def test_hooks_get_text_alone():
    """`on_token` and `on_first_token` never see thoughts or arguments."""
    seen = []
    hooks = Hooks(
        on_first_token=lambda text: seen.append(("first", text)),
        on_token=lambda text: seen.append(("token", text)),
        on_end=lambda end: seen.append(("end", end.finish_reason)),
    )
    with _client(REPLY, hooks=hooks) as client:
        client.chat_stream("1 + 2?").collect()
    assert seen == [
        ("first", "I"),
        ("token", "I"),
        ("token", " add."),
        ("end", "tool_calls"),
    ]


def test_hooks_of_an_answer_without_text_get_none():
    """A call alone has no first token."""
    seen = []
    with _client(MockReply(tool_calls=CALLS), hooks=Hooks(on_token=seen.append)) as client:
        assert client.chat_stream("1 + 2?").collect().content == ""
    assert seen == []


def test_stats_count_text_alone():
    """Thoughts and calls are no characters of the answer."""
    with _client(REPLY) as client:
        stream = client.chat_stream("1 + 2?")
        next(stream)
        assert (stream.stats.chunks, stream.stats.first_chunk_seconds) == (0, None)
        list(stream)
    assert (stream.stats.chunks, stream.stats.characters) == (2, 6)


def test_a_dialogue_with_calls_runs_to_its_end():
    """Ask, run what is called, append calls and results, ask again: on the same messages."""
    adapter = MockAdapter(replies=[REPLY, "3."])
    with LLMClient(adapter=adapter) as client:
        messages = [{"role": "user", "content": "1 + 2?"}]
        response = client.chat_stream(messages).collect()
        messages.append(response.to_message())
        for call in response.tool_calls:
            result = {"role": "tool", "tool_call_id": call.id, "content": call.name}
            messages.append(result)
        assert client.chat(messages).content == "3."
    assert adapter.requests[1].messages == tuple(messages)
