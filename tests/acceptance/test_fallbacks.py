"""Rows 0.1, 1.3, 3.24, 3.30: who answers where another can't, and who is asked when told so."""

from __future__ import annotations

import logging

import pytest

from llm_connectivity import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    InsufficientCreditsError,
    LLMClient,
    LLMError,
    MockAdapter,
    MockReply,
    ModelNotFoundError,
    NetworkError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
    ValidationError,
)
from tests.worlds import PIECES, TEXT, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]
LIFE = ("Thinking", "...", " ", "Life", " ", "is", " ", "complexity", ".")
LONG = tuple(f"word{i} " for i in range(25))


def test_0_1_without_a_key_the_mock_answers_and_says_so(wire: WireWorld):
    """No socket is opened; the trail names the missing key."""
    mock = MockAdapter(replies=[LONG])
    with LLMClient(wire.model, base_url=wire.base_url(), fallbacks=[mock]) as client:
        stream = client.chat_stream(messages=MESSAGES)
        tokens = [chunk.content for chunk in stream if chunk.content]
    assert tokens == list(LONG)
    assert (stream.provider, stream.response.provider) == ("mock", "mock")
    assert [(try_.provider, try_.error) for try_ in stream.attempts] == [
        (wire.provider, "AuthenticationError"),
        ("mock", None),
    ]
    assert wire.server.connections == []


def test_0_1_with_a_key_the_server_answers(wire: WireWorld):
    """The fallback is not asked."""
    wire.play("hello")
    mock = MockAdapter(replies=[])
    stream = wire.client(fallbacks=[mock]).chat_stream(messages=MESSAGES)
    assert [chunk.content for chunk in stream if chunk.content] == list(PIECES)
    assert (stream.provider, stream.warnings, mock.requests) == (wire.provider, (), [])


def test_0_1_whole_answers_fall_back_too(wire: WireWorld):
    """And the response says who gave it, and why."""
    response = LLMClient(wire.model, fallbacks=["mock/demo"]).chat(MESSAGES)
    assert (response.content, response.provider, response.model) == (TEXT, "mock", "demo")
    assert response.warnings == (
        f"{wire.model} failed with AuthenticationError: another was asked.",
    )


def test_1_3_the_mock_answers_if_the_provider_fails_before_the_first_token(world: World):
    """After all retries, which are in the trail."""
    world.play("rate_limited")
    stream = world.client(fallbacks=[MockAdapter(replies=[LIFE])]).chat_stream(messages=MESSAGES)
    assert [chunk.content for chunk in stream if chunk.content] == list(LIFE)
    assert [attempt.error for attempt in stream.attempts] == ["RateLimitError"] * 4 + [None]
    assert world.request_count() == 4
    assert stream.response.content == "Thinking... Life is complexity."


def test_1_3_after_the_first_token_the_error_is_raised(world: World):
    """Nothing is appended to half an answer."""
    world.play("cut:3")
    mock = MockAdapter(replies=[LIFE])
    stream = world.client(fallbacks=[mock]).chat_stream(messages=MESSAGES)
    pieces = []
    with pytest.raises(StreamInterruptedError if world.model != "mock/demo" else NetworkError):
        for chunk in stream:
            pieces.append(chunk.content)
    assert pieces == ["Hello", "!", " How"]
    assert mock.requests == []


def test_3_24_models_are_asked_in_turn(world: World, caplog):
    """The first fails for good, one has no key, one answers; the log tells of each step."""
    world.play("rate_limited")
    without_key = "openai/gpt-4o-mini" if world.provider != "openai" else "google/gemini-2.5-flash"
    client = world.client(fallbacks=[without_key, MockAdapter()], max_retries=1)
    with caplog.at_level(logging.WARNING):
        response = client.chat(MESSAGES)
    assert (response.provider, response.content) == ("mock", TEXT)
    assert [attempt.error for attempt in response.attempts] == [
        "RateLimitError",
        "RateLimitError",
        "AuthenticationError",
        None,
    ]
    assert len(response.warnings) == 2
    assert len([r for r in caplog.records if "asking" in r.getMessage()]) == 2


def test_3_24_if_all_fail_the_last_error_has_all_attempts(world: World):
    """And the provider of the one that failed last."""
    world.play("rate_limited")
    last = MockAdapter(replies=[ModelNotFoundError])
    with pytest.raises(ModelNotFoundError) as caught:
        world.client(fallbacks=[last], max_retries=0).chat(MESSAGES)
    assert caught.value.provider == "mock"
    assert [attempt.error for attempt in caught.value.attempts] == [
        "RateLimitError",
        "ModelNotFoundError",
    ]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (AuthenticationError, True),
        (PermissionDeniedError, True),
        (InsufficientCreditsError, True),
        (ModelNotFoundError, True),
        (ContextWindowExceededError, True),
        (RateLimitError, True),
        (NetworkError, True),
        (RequestTimeoutError, True),
        (ProviderError, True),
        (OverloadedError, True),
        (ValidationError, False),
        (ContentFilterError, False),
        (RequestTimeoutError("over", code="deadline"), False),
        (StreamInterruptedError("closed", code="closed"), False),
        (ProviderError("HTML", code="not_an_answer", retryable=False), True),
    ],
    ids=str,
)
def test_3_24_the_table_decides_who_falls_back(error, goes_on: bool, streamed: bool):
    """Not where the request is at fault, the time is over, or the caller has closed the call."""
    first, second = MockAdapter(replies=[error]), MockAdapter(replies=["Hi"])
    with LLMClient(adapter=first, fallbacks=[second], max_retries=0) as client:
        if goes_on:
            response = _ask(client, streamed)
            assert (response.content, len(response.attempts)) == ("Hi", 2)
        else:
            with pytest.raises(LLMError):
                _ask(client, streamed)
            assert second.requests == []


def test_3_24_a_call_may_have_fallbacks_of_its_own():
    """Instead of the client's; an empty list means none."""
    first, second = MockAdapter(replies=[ProviderError] * 2), MockAdapter(replies=["Hi"])
    with LLMClient(adapter=first, fallbacks=[MockAdapter()], max_retries=0) as client:
        assert client.chat(MESSAGES, fallbacks=[second]).content == "Hi"
        with pytest.raises(ProviderError):
            client.chat(MESSAGES, fallbacks=[])


def test_3_24_options_are_checked_for_all_before_anything_is_sent():
    """An option that only a fallback lacks is refused, or dropped there with a warning."""
    first = MockAdapter(replies=[ProviderError, ProviderError])
    second = MockAdapter(replies=["Hi"], unsupported=["seed"])
    with LLMClient(adapter=first, fallbacks=[second], max_retries=0) as client:
        with pytest.raises(
            ValidationError, match=r"mock \(the fallback mock/demo\) has no option 'seed'"
        ):
            client.chat_stream(MESSAGES, seed=1)
        assert first.requests == []
        response = client.chat(MESSAGES, seed=1, drop_unsupported=True)
    assert dict(first.requests[0].options) == {"seed": 1}
    assert response.warnings[1:] == ("mock has no option 'seed': dropped.",)


def test_3_24_what_is_meant_for_one_provider_goes_to_no_other(wire: WireWorld):
    """Headers, query and keywords of the vendor are left out, with a warning each."""
    wire.play("rate_limited")
    mock = MockAdapter()
    response = wire.client(fallbacks=[mock], max_retries=0).chat(
        MESSAGES, top_k=5, extra_headers={"x-mine": "secret"}, extra_query={"q": "1"}
    )
    request = mock.requests[0]
    assert (request.extra, request.extra_headers, request.extra_query) == ({}, {}, {})
    assert [warning.partition(" ")[0] for warning in response.warnings[1:]] == [
        "'top_k'",
        "'x-mine'",
        "'q'",
    ]


def test_3_24_headers_go_to_no_other_address_of_the_same_provider(wire: WireWorld):
    """They may hold a credential of the first one."""
    wire.play("hello")
    other = wire.adapter_class()(api_key="key-of-the-other", base_url=wire.base_url())
    with LLMClient(
        wire.model,
        api_key="key-of-the-first",
        base_url="http://127.0.0.1:9",
        max_retries=0,
        extra_headers={"x-tenant": "first"},
        fallbacks=[other],
    ) as client:
        response = client.chat(MESSAGES, extra_headers={wire.key_header: "mine"}, **wire.extra)
    request = wire.server.requests[0]
    assert wire.key_of(request) == "key-of-the-other"
    assert request.header("x-tenant") is None
    assert request.json.items() >= wire.extra.items()
    assert len(response.warnings) == 3


def test_3_24_an_adapter_that_is_asked_first_is_no_fallback_of_a_call():
    """It would be asked twice; behind another provider's model it may stand."""
    adapter = MockAdapter(replies=["Hi"])
    with LLMClient(adapter=adapter) as client:
        with pytest.raises(ValidationError, match="the adapter that is asked first"):
            client.chat(MESSAGES, fallbacks=[adapter])
        with pytest.raises(AuthenticationError):
            client.chat(MESSAGES, model="openai/gpt-4o-mini")
        response = client.chat(MESSAGES, model="openai/gpt-4o-mini", fallbacks=[adapter])
    assert response.provider == "mock"


@pytest.mark.parametrize("name", ["key", "address"])
def test_3_24_settings_of_a_fallback_that_can_not_be_used_are_told_at_once(
    wire: WireWorld, name: str, monkeypatch
):
    """And not in the middle of a call that the primary would have answered."""
    variable = wire.key_variables[0] if name == "key" else wire.base_url_variable
    monkeypatch.setenv(variable, "with a blank")
    with pytest.raises(ValidationError, match="blank"):
        LLMClient("mock/demo", fallbacks=[wire.model])


def test_3_24_the_clients_headers_go_with_its_own_adapter_wherever_that_stands(wire: WireWorld):
    """Also where the call has put another provider first."""
    wire.play("hello")
    client = wire.client(extra_headers={"x-tenant": "mine"})
    other = "openai/x" if wire.provider != "openai" else "google/x"
    response = client.chat(MESSAGES, model=other, fallbacks=[wire.model])
    assert response.provider == wire.provider
    assert wire.server.requests[0].header("x-tenant") == "mine"


def test_3_24_the_model_of_a_call_is_not_its_own_fallback():
    """A client's fallback that a call puts first is asked once; others are kept."""
    first = MockAdapter(replies=[ProviderError] * 3)
    with LLMClient(adapter=first, fallbacks=["mock/b", "mock/c"], max_retries=0) as client:
        with pytest.raises(ProviderError) as caught:
            client.chat(MESSAGES, model="mock/b")
        assert [attempt.model for attempt in caught.value.attempts] == ["b", "c"]
        again = client.with_options(model="mock/b").with_options(model="mock/a")
        assert len(again._settings.fallbacks) == 2


def test_3_24_distrust_is_not_switched_off_for_others():
    """verify=False is for the server that it was said of."""
    with LLMClient("openai/x", api_key="key-key", verify=False) as client:
        settings = client._lifetime.adapters._settings
    assert settings["verify"] is None


def test_3_24_a_deadline_covers_the_fallbacks():
    """When it is over nobody else is asked."""
    first = MockAdapter(replies=[MockReply(text="late", delay=5)])
    second = MockAdapter(replies=["Hi"])
    with LLMClient(adapter=first, fallbacks=[second], deadline=0.1) as client:
        with pytest.raises(RequestTimeoutError, match="deadline"):
            client.chat(MESSAGES)
    assert second.requests == []


def test_3_30_a_call_may_go_to_another_provider(wire: WireWorld, monkeypatch):
    """With its own key and address, and nothing of the client's."""
    wire.play("hello")
    for name, value in wire.environment().items():
        monkeypatch.setenv(name, value)
    headers = {"x-mine": "not for others"}
    with LLMClient("mock/demo", extra_headers=headers) as client:
        response = client.chat(MESSAGES, model=wire.model)
        assert (response.provider, response.content) == (wire.provider, TEXT)
        by_name = client.chat(MESSAGES, provider=wire.provider, model=wire.model_name)
        assert by_name.provider == wire.provider
        assert client.chat(MESSAGES).provider == "mock"
    request = wire.server.requests[0]
    assert wire.key_of(request) == wire.environment()[wire.key_variables[0]]
    assert request.header("x-mine") is None


def test_3_30_without_its_own_key_nothing_is_sent_anywhere(wire: WireWorld):
    """Not with the client's key either."""
    wire.play("hello")
    client = wire.client()
    other = "anthropic/claude" if wire.provider == "openai" else "openai/gpt-4o-mini"
    for ask in (client.chat, client.chat_stream):
        with pytest.raises(AuthenticationError, match="_API_KEY"):
            ask(MESSAGES, model=other)
    assert wire.server.connections == []


def test_3_30_connections_to_another_provider_are_kept(wire: WireWorld, monkeypatch):
    """One connection for many calls; it is closed with the client."""
    wire.play("hello")
    for name, value in wire.environment().items():
        monkeypatch.setenv(name, value)
    with LLMClient("mock/demo") as client:
        for _ in range(3):
            client.chat_stream(MESSAGES, model=wire.model).collect()
        assert len(wire.server.connections) == 1
    assert wire.server.wait_for(lambda: not wire.server.connections[0].is_open)


def _ask(client: LLMClient, streamed: bool):
    return client.chat_stream(MESSAGES).collect() if streamed else client.chat(MESSAGES)
