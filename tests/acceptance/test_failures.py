"""Rows 3.7, 3.22, 3.23, 3.25 to 3.28: what a user sees when something goes wrong."""

from __future__ import annotations

import pickle

import pytest

from llm_connectivity import (
    AuthenticationError,
    InsufficientCreditsError,
    LLMClient,
    LLMError,
    ModelNotFoundError,
    NetworkError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    StreamInterruptedError,
    ValidationError,
)
from tests.worlds import TEXT, WIRES, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]

KEY_VARIABLES = [
    (name, variable) for name in sorted(WIRES) for variable in WIRES[name].key_variables
]


def test_3_7a_a_rate_limit_is_raised_before_any_chunk(world: World):
    """After the documented four attempts."""
    world.play("rate_limited")
    chunks = []
    with pytest.raises(RateLimitError) as caught:
        for chunk in world.client().chat_stream(messages=MESSAGES):
            chunks.append(chunk)
    assert chunks == []
    assert world.request_count() == 4
    assert [attempt.error for attempt in caught.value.attempts] == ["RateLimitError"] * 4


def test_3_7b_a_cut_stream_keeps_what_arrived(world: World):
    """Three pieces, then NetworkError with them; nothing is asked again."""
    world.play("cut:3")
    stream = world.client().chat_stream(messages=MESSAGES)
    pieces = []
    with pytest.raises(NetworkError) as caught:
        for chunk in stream:
            pieces.append(chunk.content)
    assert pieces == ["Hello", "!", " How"]
    error = caught.value
    assert error.partial_text == stream.text == "Hello! How"
    assert world.request_count() == 1
    partial = error.partial
    assert partial == stream.partial == pickle.loads(pickle.dumps(error)).partial
    assert (partial.content, partial.finish_reason) == ("Hello! How", None)
    assert (partial.provider, partial.model) == (world.provider, world.answered_model)
    assert (partial.usage, partial.request_id) == (error.usage, error.request_id)
    assert partial.attempts == error.attempts
    assert [attempt.error for attempt in partial.attempts] == ["StreamInterruptedError"]


def test_3_7c_a_stream_without_its_end_is_an_error(world: World):
    """All text, and neither finish reason nor terminal marker: StreamInterruptedError."""
    world.play("cut:7")
    stream = world.client().chat_stream(messages=MESSAGES)
    with pytest.raises(StreamInterruptedError) as caught:
        list(stream)
    assert caught.value.partial_text == TEXT
    assert stream.finish_reason is None


def test_3_7_an_error_event_behind_text_is_raised_with_the_text(world: World):
    """Two pieces, then the provider's error; it is raised again when asked again."""
    world.play("err_event:2")
    stream = world.client().chat_stream(messages=MESSAGES)
    with pytest.raises(ProviderError) as caught:
        list(stream)
    assert caught.value.partial_text == "Hello!"
    with pytest.raises(ProviderError) as again:
        next(stream)
    assert again.value is caught.value
    assert world.request_count() == 1


def test_3_7_failures_before_the_first_chunk_are_made_good(world: World):
    """A cut, an error event and a rate limit before any text cost a retry each, and no text."""
    world.play("cut:0", "err_event:0", "rate_limited", "hello")
    stream = world.client().chat_stream(messages=MESSAGES)
    assert "".join(chunk.content for chunk in stream) == TEXT
    assert [attempt.error for attempt in stream.attempts] == [
        "StreamInterruptedError",
        "ProviderError",
        "RateLimitError",
        None,
    ]


@pytest.mark.parametrize("way", ["argument", "callable", "adapter"])
def test_3_22_the_key_comes_by_argument_or_adapter(wire: WireWorld, way: str):
    """Each way sends the same header."""
    wire.play("hello")
    key, url = "test-key-of-this-way", wire.base_url()
    if way == "argument":
        client = LLMClient(model=wire.model, api_key=key, base_url=url)
    elif way == "callable":
        client = LLMClient(model=wire.model, api_key=lambda: key, base_url=url)
    else:
        adapter = wire.adapter_class()(api_key=key, base_url=url)
        client = LLMClient(model=wire.model, adapter=adapter)
    with client:
        assert client.chat(messages=MESSAGES).content == TEXT
    assert wire.key_of(wire.server.requests[0]) == key


@pytest.mark.parametrize(("wire", "variable"), KEY_VARIABLES, indirect=["wire"])
def test_3_22_the_key_comes_by_variable(wire: WireWorld, variable: str, monkeypatch):
    """It goes before the variables that are named behind it; the address has one too."""
    wire.play("hello")
    at = wire.key_variables.index(variable)
    for name in wire.key_variables[at:]:
        monkeypatch.setenv(name, f"test-key-in-{name}")
    monkeypatch.setenv(wire.base_url_variable, wire.base_url())
    with LLMClient(model=wire.model) as client:
        assert client.chat(messages=MESSAGES).content == TEXT
        list(client.chat_stream(messages=MESSAGES))
    keys = [wire.key_of(request) for request in wire.server.requests]
    assert keys == [f"test-key-in-{variable}"] * 2


def test_3_23_a_missing_key_is_an_authentication_error_that_names_the_variable(wire: WireWorld):
    """At construction, before anything is sent."""
    with pytest.raises(AuthenticationError) as caught:
        LLMClient(model=wire.model, base_url=wire.base_url())
    assert all(name in str(caught.value) for name in wire.key_variables)
    assert caught.value.provider == wire.provider
    assert wire.request_count() == 0


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_3_25_rate_limits_are_retried_after_1_2_4_seconds(world: World, streamed: bool):
    """Four attempts at most; the vendor SDK's own retries are off."""
    world.play("rate_limited")
    with pytest.raises(RateLimitError):
        _ask(world.client(), streamed)
    assert world.naps == [1, 2, 4]
    assert world.request_count() == 4


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_3_25_network_failures_are_retried_after_2_3_and_4_5_seconds(world: World, streamed: bool):
    """Four attempts at most."""
    world.play("reset")
    with pytest.raises(NetworkError) as caught:
        _ask(world.client(), streamed)
    assert world.naps == [2, 3, 4.5]
    assert [attempt.waited for attempt in caught.value.attempts] == [0, 2, 3, 4.5]
    assert world.request_count() == 4


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("status:400", ValidationError),
        ("status:401", AuthenticationError),
        ("status:403", PermissionDeniedError),
        ("status:404", ModelNotFoundError),
        ("quota", InsufficientCreditsError),
    ],
)
def test_3_25_and_3_26_what_waiting_does_not_mend_is_not_retried(
    world: World, scenario: str, error: type[LLMError], streamed: bool
):
    """One request, no sleep."""
    world.play(scenario)
    with pytest.raises(error) as caught:
        _ask(world.client(), streamed)
    assert type(caught.value) is error
    assert world.request_count() == 1
    assert world.naps == []
    assert caught.value.retryable is False


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_3_26_a_fault_of_our_own_is_never_slept_on(world: World, streamed: bool, monkeypatch):
    """A TypeError comes out as it is, at once."""

    def broken(*_: object, **__: object) -> None:
        raise TypeError("a fault of our own")

    world.play("hello")
    client = world.client()
    adapter = client._lifetime.adapters.primary
    monkeypatch.setattr(type(adapter.codec), "build_chat", broken)
    monkeypatch.setattr(type(adapter), "_next_reply", broken, raising=False)
    with pytest.raises(TypeError, match="a fault of our own"):
        _ask(client, streamed)
    assert world.naps == []


def test_3_27_words_in_a_message_decide_nothing(wire: WireWorld):
    """A 400 about max_tokens is no full context, a number in a text no status."""
    client = wire.client(max_retries=0)
    for status, body, expected, retryable in wire.misleading_errors():
        wire.server.add(wire.reply(body, status))
        with pytest.raises(LLMError) as caught:
            client.chat(messages=MESSAGES)
        error = caught.value
        assert (type(error).__name__, error.retryable) == (expected, retryable), body


def test_3_28_an_error_carries_what_is_known(wire: WireWorld):
    """Who, what, ids, waits, limits, body and the vendor's exception, after retries too."""
    body = wire.error_body("Slow down.", 429)
    headers = (("retry-after", "0.5"), *wire.rate_limit_headers)
    wire.server.always(wire.reply(body, 429, headers))
    with pytest.raises(RateLimitError) as caught:
        wire.client().chat(messages=MESSAGES)
    error = caught.value
    assert (error.provider, error.model) == (wire.provider, wire.model_name)
    assert (error.status_code, error.code) == (429, wire.rate_limit_code)
    assert error.request_id == wire.request_id(4)
    assert (error.retry_after, wire.naps) == (0.5, [0.5] * 3)
    assert error.rate_limits == wire.rate_limits
    assert error.body == body
    assert type(error.provider_error).__name__ == wire.rate_limit_exception
    assert error.__cause__ is error.provider_error
    assert error.retryable
    assert error.hint
    assert "Slow down." in str(error)


def _ask(client: LLMClient, streamed: bool) -> None:
    if streamed:
        list(client.chat_stream(messages=MESSAGES))
    else:
        client.chat(messages=MESSAGES)
