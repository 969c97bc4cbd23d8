"""How a stream ends: complete, closed or failed, whichever comes first, and only one of them."""

import sys
import threading

import pytest

from llm_connectivity import (
    Hooks,
    LLMClient,
    MockAdapter,
    MockReply,
    NetworkError,
    RetryPolicy,
    StreamInterruptedError,
)

ABC = MockReply(pieces=["a", "b", "c"])


def test_a_callback_that_closes_ends_the_loop():
    """As anybody's close() does: nothing was interrupted under a reader."""
    with LLMClient(adapter=MockAdapter(replies=[ABC])) as client:
        stream = client.chat_stream("x", on_token=lambda _: stream.close())
        assert [chunk.content for chunk in stream] == ["a"]


def test_a_callback_that_closes_hears_no_more():
    """Not of the token either whose beginning it was told of."""
    told = []
    with LLMClient(adapter=MockAdapter(replies=[ABC])) as client:
        hooks = Hooks(
            on_first_token=lambda _: stream.close(),
            on_token=lambda _: told.append("token"),
            on_end=lambda _: told.append("end"),
        )
        stream = client.chat_stream("x", hooks=hooks)
        list(stream)
    assert told == ["end"]


def test_a_client_that_is_closed_behind_the_closing_chunk_spoils_nothing():
    """The answer was whole."""
    client = LLMClient("mock/demo")
    stream = client.chat_stream("x")
    while next(stream).finish_reason is None:
        pass
    client.close()
    assert list(stream) == []
    assert stream.response.finish_reason == "stop"


def test_a_stream_that_is_closed_while_it_is_opened_delivers_nothing():
    """What the first try brings comes too late."""
    told = []

    class Closing(MockAdapter):
        def open_stream(self, *args):
            body = super().open_stream(*args)
            stream.close()
            return body

    with LLMClient(adapter=Closing(replies=[ABC])) as client:
        stream = client.chat_stream("x", on_token=told.append)
        assert list(stream) == []
    assert told == []


def test_a_stream_that_is_closed_while_it_is_opened_is_not_tried_again():
    """However retryable the failure was."""
    naps = []

    class Closing(MockAdapter):
        def open_stream(self, *args):
            stream.close()
            raise NetworkError("reset")

    with LLMClient(adapter=Closing(), retry=RetryPolicy(sleep=naps.append)) as client:
        stream = client.chat_stream("x")
        assert list(stream) == []
    assert naps == []


def test_a_try_that_the_caller_ended_has_not_failed():
    """The trail says what the provider did."""
    with LLMClient(adapter=MockAdapter(replies=[ABC])) as client:
        stream = client.chat_stream("x")
        next(stream)
        client.close()
        with pytest.raises(StreamInterruptedError):
            next(stream)
    assert [attempt.error for attempt in stream.attempts] == [None]


def test_a_clock_that_stops_does_not_end_a_stream_in_silence():
    """StopIteration of a function that was given would pass for the end."""
    with LLMClient(
        adapter=MockAdapter(replies=[ABC]), retry=RetryPolicy(clock=iter(range(4)).__next__)
    ) as client:
        with pytest.raises(RuntimeError, match="StopIteration"):
            list(client.chat_stream("x"))


def test_closing_and_completing_at_the_same_time_have_one_outcome():
    """A stream that has a response never says that it failed, and the other way round."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        outcomes = {_race(pieces) for _ in range(40) for pieces in range(1, 12)}
    finally:
        sys.setswitchinterval(interval)
    assert outcomes <= {("complete", "end", False), ("failed", "raised", True)}


def _race(pieces):
    """Close a stream while it is read; give its state, how the loop ended, what hooks heard."""
    ends = []
    adapter = MockAdapter(replies=[MockReply(pieces=["x"] * pieces)])
    with LLMClient(adapter=adapter, hooks=Hooks(on_end=ends.append)) as client:
        stream = client.chat_stream("x")
        next(stream)
        thread = threading.Thread(target=client.close)
        thread.start()
        try:
            list(stream)
            outcome = "end"
        except StreamInterruptedError:
            outcome = "raised"
        thread.join()
        state = "complete" if "complete" in repr(stream) else "failed"
        return state, outcome, ends[0].closed
