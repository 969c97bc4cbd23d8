"""Rows 1.2, 1.4, 3.9, 4.6: what a caller is told while a call runs, and what is counted."""

from __future__ import annotations

import threading

import pytest

from llm_connectivity import (
    CallEnd,
    Hooks,
    LLMClient,
    LLMError,
    MockAdapter,
    NetworkError,
    RateLimitError,
    RetryPolicy,
    StreamInterruptedError,
    ValidationError,
)
from tests.worlds import PIECES, TEXT, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


class Diary(list):
    """Notes every hook that is called."""

    def hooks(self) -> Hooks:
        """Make hooks that write into it."""
        return Hooks(
            on_start=lambda request: self.append(("start", request.model)),
            on_retry=lambda error, wait: self.append(("retry", type(error).__name__, wait)),
            on_first_token=lambda text: self.append(("first", text)),
            on_token=lambda text: self.append(("token", text)),
            on_end=lambda end: self.append(("end", end)),
            on_error=lambda error: self.append(("error", error)),
        )

    @property
    def names(self) -> list[str]:
        """Names of the hooks, in order."""
        return [entry[0] for entry in self]


def test_3_9_each_token_goes_to_a_callback(world: World):
    """Seven times, in order, never empty."""
    world.play("hello")
    tokens = []
    list(world.client().chat_stream(messages=MESSAGES, on_token=tokens.append))
    assert tokens == list(PIECES)


@pytest.mark.parametrize("error", [KeyError("mine"), RateLimitError("mine")], ids=repr)
def test_3_9_what_the_callback_raises_is_untouched(world: World, error: Exception):
    """It is neither wrapped nor retried, and the stream is over."""
    world.play("hello")

    def raise_at_the_third(text: str) -> None:
        if text == " How":
            raise error

    stream = world.client().chat_stream(messages=MESSAGES, on_token=raise_at_the_third)
    with pytest.raises(type(error)) as caught:
        list(stream)
    assert caught.value is error
    assert not getattr(error, "attempts", ())
    assert (stream.text, world.request_count()) == ("Hello! How", 1)
    with pytest.raises(StreamInterruptedError, match=type(error).__name__):
        next(stream)


def test_3_9_what_the_callback_raises_closes_the_connection(wire: WireWorld):
    """At once: the server's next write fails."""
    wire.play("slow", pause=0.02)

    def refuse(text: str) -> None:
        raise KeyError(text)

    client = wire.client()
    stream = client.chat_stream(messages=MESSAGES, on_token=refuse)
    with pytest.raises(KeyError):
        next(stream)
    connection = wire.server.connections[0]
    assert wire.server.wait_for(lambda: connection.closed_by_peer_at is not None, 1)


def test_3_9_a_callback_that_raises_stop_iteration_ends_nothing_in_silence(world: World):
    """A loop would take it for the end of the answer."""
    world.play("hello")

    def stop(text: str) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="on_token raised StopIteration"):
        list(world.client().chat_stream(messages=MESSAGES, on_token=stop))


def test_1_4_a_call_is_watched_from_start_to_end(world: World):
    """Start, first token, seven tokens, and the end with usage and finish reason."""
    world.play("hello")
    diary = Diary()
    list(world.client(hooks=diary.hooks()).chat_stream(messages=MESSAGES))
    assert diary.names == ["start", "first", *["token"] * 7, "end"]
    end = diary[-1][1]
    assert isinstance(end, CallEnd)
    assert (end.provider, end.model) == (world.provider, world.answered_model)
    assert (end.finish_reason, end.usage.total_tokens, end.closed) == ("stop", 16, False)
    assert [attempt.error for attempt in end.attempts] == [None]


def test_1_4_a_cut_stream_ends_in_its_error(world: World):
    """Start, three tokens, and the error that is raised."""
    world.play("cut:3")
    diary = Diary()
    with pytest.raises(NetworkError) as caught:
        list(world.client(hooks=diary.hooks()).chat_stream(messages=MESSAGES))
    assert diary.names == ["start", "first", "token", "token", "token", "error"]
    assert diary[-1][1] is caught.value
    assert caught.value.partial_text == "Hello! How"


def test_1_4_retries_are_told_with_error_and_wait(world: World):
    """Start comes once per call, not per try."""
    world.play("reset", "rate_limited", "hello")
    diary = Diary()
    world.client(hooks=diary.hooks()).chat(MESSAGES)
    assert diary.names == ["start", "retry", "retry", "end"]
    assert diary[1:3] == [("retry", "NetworkError", 2), ("retry", "RateLimitError", 2)]


def test_1_4_a_call_that_fails_for_good_tells_the_error_once(world: World):
    """Whole answers too."""
    world.play("status:400")
    for streamed in (False, True):
        diary = Diary()
        client = world.client(hooks=diary.hooks())
        with pytest.raises(ValidationError) as caught:
            _ask(client, streamed)
        assert diary.names == ["start", "error"]
        assert diary[-1][1] is caught.value


@pytest.mark.parametrize("way", ["break", "close", "client"])
def test_1_4_who_breaks_off_is_told_so(world: World, way: str):
    """The end comes once, with closed=True and without a finish reason."""
    world.play("hello")
    diary = Diary()
    client = world.client(hooks=diary.hooks())
    if way == "break":
        for _ in client.chat_stream(messages=MESSAGES):
            break
    else:
        stream = client.chat_stream(messages=MESSAGES)
        next(stream)
        (stream if way == "close" else client).close()
        stream.close()
    assert diary.names == ["start", "first", "token", "end"]
    assert (diary[-1][1].closed, diary[-1][1].finish_reason) == (True, None)


@pytest.mark.parametrize("who", ["stream", "client", "another thread"])
def test_1_4_a_stream_that_a_callback_closes_is_not_complete(world: World, who: str):
    """However much had come already: what was not delivered is missing."""
    world.play("hello", pause=0)
    diary = Diary()
    client = world.client(hooks=diary.hooks())

    def close(text: str) -> None:
        if who == "another thread":
            thread = threading.Thread(target=stream.close)
            thread.start()
            thread.join()
        else:
            (stream if who == "stream" else client).close()

    stream = client.chat_stream(messages=MESSAGES, on_token=close)
    assert next(stream).content == "Hello"
    with pytest.raises(ValidationError, match="has no response"):
        _ = stream.response
    assert stream.finish_reason is None
    assert diary.names == ["start", "first", "token", "end"]
    assert (diary[-1][1].closed, diary[-1][1].finish_reason) == (True, None)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_1_4_an_interrupted_call_has_an_end_too(world: World, streamed: bool):
    """Ctrl-C, say: who counts calls that run counts right."""
    diary = Diary()

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    world.play("reset")
    client = world.client(hooks=diary.hooks(), retry=RetryPolicy(sleep=interrupt))
    with pytest.raises(KeyboardInterrupt):
        _ask(client, streamed)
    assert diary.names == ["start", "retry", "end"]
    assert diary[-1][1].closed is True


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_1_4_no_function_of_the_callers_ends_a_stream_in_silence(world: World, streamed: bool):
    """StopIteration from a sleep or a key would pass for the end of the answer."""
    world.play("reset")
    naps = iter([])
    client = world.client(retry=RetryPolicy(sleep=lambda _: next(naps)))
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        _ask(client, streamed)


def test_1_4_a_stream_that_nobody_reads_has_no_events(world: World):
    """Neither a start nor an end."""
    diary = Diary()
    world.play("hello")
    world.client(hooks=diary.hooks()).chat_stream(messages=MESSAGES).close()
    assert diary == []


def test_1_4_hooks_of_client_call_and_callback_are_all_called():
    """The client's first."""
    seen = []
    hooks = [Hooks(on_token=lambda text, i=i: seen.append(i)) for i in range(2)]
    with LLMClient(adapter=MockAdapter(replies=[["Hi"]]), hooks=hooks[0]) as client:
        list(client.chat_stream(MESSAGES, hooks=hooks[1], on_token=lambda text: seen.append(2)))
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["on_start", "on_retry", "on_end", "on_error"])
def test_1_4_hooks_may_not_swallow_and_may_raise(world: World, name: str, streamed: bool):
    """What any of them raises reaches the caller untouched, an error of ours too."""
    mine = RateLimitError("mine")

    def refuse(*_: object) -> None:
        raise mine

    world.play(*(["status:400"] if name == "on_error" else ["reset", "hello"]))
    client = world.client(hooks=Hooks(**{name: refuse}))
    with pytest.raises(RateLimitError) as caught:
        _ask(client, streamed)
    assert caught.value is mine
    assert caught.value.provider is None
    assert world.request_count() == {"on_start": 0, "on_retry": 1, "on_end": 2, "on_error": 1}[name]


def test_1_4_a_filtered_answer_that_is_an_error_is_told_as_one():
    """With raise_on_filter there is no end."""
    from llm_connectivity import ContentFilterError, MockReply

    for streamed in (False, True):
        diary = Diary()
        adapter = MockAdapter(replies=[MockReply(text="Hm", finish_reason="content_filter")])
        with LLMClient(adapter=adapter, hooks=diary.hooks()) as client:
            with pytest.raises(ContentFilterError):
                _ask(client, streamed, raise_on_filter=True)
        assert diary.names[-1] == "error"
        assert "end" not in diary.names


def test_1_4_the_end_knows_its_cost(wire: WireWorld):
    """As the stream does."""
    wire.play("hello")
    ends = []
    wire.client(hooks=Hooks(on_end=ends.append)).chat(MESSAGES)
    assert ends[0].cost == wire.cost


def test_1_4_on_token_is_for_streams_alone(world: World):
    """A whole answer has no tokens; a function that is none is refused."""
    client = world.client()
    with pytest.raises(ValidationError, match="on_token is an option of chat_stream alone"):
        client.chat(MESSAGES, on_token=print)
    with pytest.raises(ValidationError, match="on_token must be a function, not 5"):
        client.chat_stream(MESSAGES, on_token=5)
    with pytest.raises(ValidationError, match="on_end must be a function"):
        Hooks(on_end="print")


@pytest.mark.real_time
def test_4_6_size_and_pace_are_counted(world: World):
    """Seven chunks, 22 characters, and the time that the server took, within 20 %."""
    world.play("hello", pause=0.15)
    stream = world.client().chat_stream(messages=MESSAGES)
    assert (stream.stats.chunks, stream.stats.seconds) == (0, 0)
    world.client().chat(MESSAGES)  # so that loading the SDK is not timed
    next(stream)
    assert (stream.stats.chunks, stream.stats.characters) == (1, 5)
    list(stream)
    stats = stream.stats
    assert (stats.chunks, stats.characters) == (7, len(TEXT))
    took = 1.05
    if isinstance(world, WireWorld):
        exchange = world.server.exchanges[-1]
        took = exchange.sent[-1] - exchange.request.at
    assert stats.seconds == pytest.approx(took, rel=0.2)
    assert 0.15 <= stats.first_chunk_seconds < stats.seconds / 2
    assert stats.characters_per_second == pytest.approx(len(TEXT) / stats.seconds)
    assert stream.stats.to_dict() == stats.to_dict()


def test_4_6_a_stream_collects_itself(world: World):
    """Also from the middle on; without the text it can't, and says so."""
    world.play("hello")
    client = world.client()
    stream = client.chat_stream(messages=MESSAGES)
    next(stream)
    assert stream.collect() == stream.response
    assert stream.collect().content == TEXT
    with pytest.raises(ValidationError, match="accumulate=False"):
        client.chat_stream(messages=MESSAGES, accumulate=False).collect()


def _ask(client: LLMClient, streamed: bool, **options: bool) -> None:
    if streamed:
        list(client.chat_stream(MESSAGES, **options))
    else:
        client.chat(MESSAGES, **options)


def test_1_4_errors_of_ours_have_a_common_base():
    """So that one handler serves hooks and callers."""
    assert issubclass(RateLimitError, LLMError)
