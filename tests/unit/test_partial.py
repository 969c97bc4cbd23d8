"""What there is of an answer before its end, on the stream and on the error that has ended it."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import threading
from types import SimpleNamespace

import pytest

from llm_connectivity import (
    Attempt,
    ChatResponse,
    ContentFilterError,
    Hooks,
    LLMClient,
    LLMError,
    MockAdapter,
    MockReply,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    RetryPolicy,
    StreamInterruptedError,
    Usage,
    ValidationError,
)
from llm_connectivity.descriptions import partial_of

ABC = MockReply(pieces=["a", "b", "c"])
CUT = MockReply(pieces=["a", "b", "c"], cut_after=2)
FILTERED = MockReply(pieces=["Half", " an"], finish_reason="content_filter", usage=(3, 2))


@pytest.fixture
def client(policy):
    """Make clients of a scripted mock that do not sleep."""

    def make(*replies, **settings):
        adapter = MockAdapter(replies=replies, sleep=lambda seconds: None)
        return LLMClient(adapter=adapter, retry=policy, **settings)

    return make


def _failure(stream):
    with pytest.raises(LLMError) as caught:
        list(stream)
    return caught.value


def test_partial_of_a_stream_that_breaks_off(client):
    """What was delivered, who was asked, every try, and no finish reason."""
    stream = client(ProviderError, CUT).chat_stream("x")
    error = _failure(stream)
    assert error.partial == ChatResponse(
        content="ab",
        model="demo",
        provider="mock",
        requested_model="demo",
        attempts=error.attempts,
    )
    kinds = [attempt.error for attempt in error.attempts]
    assert kinds == ["ProviderError", "StreamInterruptedError"]
    assert (error.partial_text, stream.partial) == ("ab", error.partial)


def test_partial_is_empty_before_anything_was_delivered(client):
    """After all tries; the request's id is the error's."""
    error = _failure(stream := client(*[RateLimitError("no", request_id="r")] * 4).chat_stream("x"))
    assert (error.partial.content, error.partial.model) == ("", "demo")
    assert error.partial.attempts == error.attempts == stream.attempts
    assert (len(error.attempts), error.partial.request_id) == (4, "r")
    assert stream.partial == error.partial


@pytest.mark.parametrize("limit", ["deadline", "idle_timeout", "timeout"])
def test_partial_of_a_stream_that_takes_too_long(limit):
    """Whichever limit it is."""
    now = iter(range(10_000))
    policy = RetryPolicy(sleep=[].append, clock=lambda: next(now))
    slow = MockReply(pieces=["a", "b", "c"], delay=50)
    adapter = MockAdapter(replies=[slow] * 4, sleep=lambda seconds: None)
    with LLMClient(adapter=adapter, retry=policy, max_retries=0) as patient:
        error = _failure(patient.chat_stream("x", **{limit: 20}))
    assert type(error) is RequestTimeoutError
    assert (error.partial.content, error.partial.attempts) == ("", error.attempts)


@pytest.mark.parametrize("who", ["stream", "client"])
def test_partial_of_a_stream_that_is_closed_under_its_reader(who):
    """In another thread, while the reader waits."""
    waiting, closed = threading.Event(), threading.Event()

    def wait(_seconds):
        if stream.text:
            waiting.set()
            closed.wait(5)

    def close():
        waiting.wait(5)
        {"stream": stream, "client": one}[who].close()
        closed.set()

    adapter = MockAdapter(replies=[MockReply(pieces=["a", "b"], delay=0.1)], sleep=wait)
    with LLMClient(adapter=adapter) as one:
        stream = one.chat_stream("x")
        thread = threading.Thread(target=close)
        thread.start()
        error = _failure(stream)
        thread.join()
    assert (type(error), error.code) == (StreamInterruptedError, "closed")
    assert (error.partial.content, error.partial.attempts) == ("a", error.attempts)


def test_partial_grows_while_the_stream_is_read(client):
    """Nothing, some, and in the end the response."""
    stream = client(ABC).chat_stream("x")
    seen = [stream.partial, *(stream.partial for _ in stream)]
    assert [part.content for part in seen] == ["", "a", "ab", "abc", "abc"]
    assert [part.finish_reason for part in seen] == [None] * 4 + ["stop"]
    assert [len(part.attempts) for part in seen] == [0, 1, 1, 1, 1]
    assert seen[-1] == stream.partial == stream.response


def test_partial_stays_when_the_stream_is_closed(client):
    """It has no response then."""
    with client(ABC).chat_stream("x") as stream:
        next(stream)
    assert (stream.partial.content, stream.partial.finish_reason) == ("a", None)


def test_response_before_the_end_names_partial(client):
    """While it is read, after it was closed, and after it has failed."""
    running, closed, failed = (client(reply).chat_stream("x") for reply in (ABC, ABC, CUT))
    next(running)
    closed.close()
    _failure(failed)
    for stream in (running, closed, failed):
        with pytest.raises(ValidationError) as caught:
            _ = stream.response
        assert ".partial" in caught.value.hint


@pytest.mark.parametrize("reply", [CUT, FILTERED, RateLimitError], ids=["cut", "filter", "limit"])
def test_partial_is_none_where_no_text_is_kept(client, reply):
    """On the error; the stream says why it has none."""
    stream = client(reply, max_retries=0).chat_stream("x", accumulate=False, raise_on_filter=True)
    error = _failure(stream)
    assert (error.partial, error.partial_text) == (None, None)
    with pytest.raises(ValidationError, match="no partial: it was made with accumulate=False"):
        _ = stream.partial


def test_partial_is_none_for_a_whole_answer_that_fails(client):
    """There is no part of it."""
    with pytest.raises(LLMError) as caught:
        client(CUT, max_retries=0).chat("x")
    assert (caught.value.partial, caught.value.partial_text) == (None, None)


def test_partial_of_a_whole_answer_that_a_filter_cut_is_that_answer(client):
    """The same that is given where it is no error."""
    one = client(FILTERED, FILTERED)
    answer = one.chat("x")
    with pytest.raises(ContentFilterError) as caught:
        one.chat("x", raise_on_filter=True)
    error = caught.value
    assert error.partial.content == error.partial_text == answer.content
    assert (error.partial.finish_reason, error.partial.usage) == ("content_filter", answer.usage)
    assert (error.partial.attempts, error.partial.provider) == (error.attempts, answer.provider)
    assert error.partial.raw_response == answer.raw_response


def test_partial_of_a_stream_that_a_filter_cut_is_complete(client):
    """It has come to its end, and says which."""
    error = _failure(client(FILTERED).chat_stream("x", raise_on_filter=True))
    assert (error.partial.content, error.partial.finish_reason) == ("Half an", "content_filter")
    assert error.partial.usage.total_tokens == 5


def test_partial_says_who_was_asked_in_the_end(client):
    """And who before."""
    fallback = MockAdapter(replies=[CUT])
    stream = client(RateLimitError, max_retries=0, fallbacks=[fallback]).chat_stream("x")
    error = _failure(stream)
    kinds = [attempt.error for attempt in error.partial.attempts]
    assert kinds == ["RateLimitError", "StreamInterruptedError"]
    assert error.partial.warnings == stream.warnings != ()


def test_partial_is_there_when_hooks_are_told(client):
    """`on_error` gets the error that is raised."""
    told = []
    hooks = Hooks(on_error=lambda error: told.append(error.partial.content))
    _failure(client(CUT).chat_stream("x", hooks=hooks))
    assert told == ["ab"]


@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_partial_travels_with_its_error(client, make_copy, streamed):
    """In copies, pickles and JSON."""
    one = client(FILTERED)
    with pytest.raises(ContentFilterError) as caught:
        if streamed:
            one.chat_stream("x", raise_on_filter=True).collect()
        else:
            one.chat("x", raise_on_filter=True)
    made = make_copy(caught.value)
    assert made.partial == caught.value.partial
    assert made.to_dict()["partial"] == made.partial.to_dict()
    assert json.loads(json.dumps(made.to_dict()))["partial"]["content"] == "Half an"


def test_partial_does_not_lead_back_to_its_error(client):
    """So that nothing waits for the garbage collector."""
    error = _failure(client(CUT).chat_stream("x"))
    rest, seen = [error.partial], set()
    while rest:
        value = rest.pop()
        if id(value) not in seen and not isinstance(value, type):
            seen.add(id(value))
            rest += gc.get_referents(value)
    assert id(error) not in seen


def test_partial_says_what_its_error_says():
    """Tries, usage and the request's id, whatever the stream knew of them."""
    attempts, usage = (Attempt("mock", "demo", "NetworkError"),), Usage(1, 2, 3)
    error = LLMError("broke", request_id="r", attempts=attempts, usage=usage)
    part = partial_of(ChatResponse(content="a"), error, SimpleNamespace(keys=[]))
    assert part == ChatResponse(content="a", request_id="r", attempts=attempts, usage=usage)


def test_partial_is_what_an_error_was_made_with():
    """As every field is."""
    response = ChatResponse(content="a")
    assert LLMError("broke", partial=response).partial is response


def test_partial_hides_keys_where_the_error_does():
    """Not in the text, which is the model's."""
    key = "test-key-0123456789"
    response = ChatResponse(
        content=key,
        model=f"m-{key}",
        id=key,
        finish_reason=key,
        raw_finish_reason=key,
        warnings=(f"a {key}",),
    )
    error = LLMError("broke", request_id="***")
    part = partial_of(response, error, SimpleNamespace(keys=[key]))
    assert part == ChatResponse(
        content=key,
        model="m-***",
        id="***",
        request_id="***",
        finish_reason="***",
        raw_finish_reason="***",
        warnings=("a ***",),
    )
