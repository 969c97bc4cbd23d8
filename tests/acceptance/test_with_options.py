"""A client made from another one: other settings, the same connections."""

from __future__ import annotations

import gc

import pytest

from llm_connectivity import Hooks, LLMClient, MockAdapter, StreamInterruptedError, ValidationError
from tests.worlds import KEY, TEXT, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


def test_with_options_shares_connections(wire: WireWorld):
    """One connection serves both, with the same key."""
    wire.play("hello")
    client = wire.client()
    other = client.with_options(timeout=5, max_retries=0, extra_headers={"x-mine": "1"})
    for one in (client, other, client):
        one.chat_stream(MESSAGES).collect()
    assert len(wire.server.connections) == 1
    assert [request.header("x-mine") for request in wire.server.requests] == [None, "1", None]
    assert {wire.key_of(request) for request in wire.server.requests} == {KEY}


def test_with_options_changes_what_it_names_alone():
    """The rest is the first client's; that one stays as it was."""
    seen = []
    first, second = MockAdapter(), MockAdapter(replies=["Hi"])
    client = LLMClient(adapter=first, hooks=Hooks(on_start=lambda _: seen.append(1)))
    other = client.with_options(
        model="other", fallbacks=[second], hooks=Hooks(on_start=lambda _: seen.append(2))
    )
    assert (other.chat("Hi").requested_model, seen) == ("other", [1, 2])
    assert client.chat("Hi").requested_model == "demo"
    assert other.with_options(model="third", timeout=None).chat("Hi").requested_model == "third"


def test_with_options_to_another_provider_takes_no_headers_along(wire: WireWorld, monkeypatch):
    """They were for the first one; those named with the change are for the new one."""
    wire.play("hello")
    for name, value in wire.environment().items():
        monkeypatch.setenv(name, value)
    with LLMClient("mock/demo", extra_headers={"x-first": "1"}) as client:
        other = client.with_options(model=wire.model, extra_headers={"x-second": "2"})
        assert other.chat(MESSAGES).content == TEXT
    request = wire.server.requests[0]
    assert (request.header("x-first"), request.header("x-second")) == (None, "2")


def test_with_options_headers_of_one_provider_never_reach_another(wire: WireWorld):
    """There and back: each keeps its own."""
    wire.play("hello")
    other = "openai/x" if wire.provider != "openai" else "google/x"
    client = wire.client(extra_headers={"x-own": "1"})
    there = client.with_options(model=other, extra_headers={"x-others": "2"})
    back = there.with_options(model=wire.model)
    back.chat(MESSAGES)
    request = wire.server.requests[0]
    assert (request.header("x-own"), request.header("x-others")) == ("1", None)
    assert there._settings.headers[there._settings.target.provider] == {"x-others": "2"}


def test_with_options_may_fall_back_to_the_first_clients_adapter():
    """It is not asked first where the model is another provider's."""
    adapter = MockAdapter(replies=["Hi"])
    with LLMClient(adapter=adapter) as client:
        other = client.with_options(model="openai/gpt-4o-mini", fallbacks=[adapter])
        assert other.chat(MESSAGES).provider == "mock"


def test_with_options_closes_only_what_is_its_own(world: World):
    """Its streams, not the connections; those close with the first client, and it with them."""
    world.play("hello")
    client = world.client()
    other, third = client.with_options(timeout=5), client.with_options(timeout=6)
    stream = other.chat_stream(MESSAGES)
    next(stream)
    other.close()
    with pytest.raises(StreamInterruptedError):
        next(stream)
    with pytest.raises(ValidationError, match="closed"):
        other.chat(MESSAGES)
    assert client.chat(MESSAGES).content == third.chat(MESSAGES).content == TEXT
    client.close()
    for one in (client, third):
        for use in (one.chat, one.chat_stream, lambda _, one=one: one.with_options(timeout=1)):
            with pytest.raises(ValidationError, match="this client is closed"):
                use(MESSAGES)


def test_with_options_of_with_options_is_closed_with_the_first(world: World):
    """Also where nobody has kept the one between."""
    world.play("hello")
    client = world.client()
    last = client.with_options(timeout=8).with_options(timeout=9)
    gc.collect()
    stream = last.chat_stream(MESSAGES)
    next(stream)
    client.close()
    with pytest.raises(StreamInterruptedError, match="the client was closed"):
        next(stream)
    with pytest.raises(ValidationError, match="this client is closed"):
        last.chat(MESSAGES)


def test_with_options_headers_replace_those_of_the_same_name(wire: WireWorld):
    """Whatever its case: a credential that was replaced is not sent beside the new one."""
    wire.play("hello")
    client = wire.client(extra_headers={"X-Tenant": "old", "x-kept": "1"})
    client.with_options(extra_headers={"x-tenant": "new"}).chat(MESSAGES)
    client.chat(MESSAGES, extra_headers={"x-TENANT": "newer"})
    for request, tenant in zip(wire.server.requests, ["new", "newer"], strict=True):
        values = [value for name, value in request.headers if name.lower() == "x-tenant"]
        assert (values, request.header("x-kept")) == ([tenant], "1")


@pytest.mark.parametrize(
    "name", ["api_key", "base_url", "verify", "proxy", "adapter", "max_connections"]
)
def test_with_options_leaves_connections_alone(name: str):
    """What belongs to them is refused without showing its value."""
    with LLMClient("mock/demo") as client, pytest.raises(ValidationError, match=name) as caught:
        client.with_options(**{name: KEY})
    assert "belongs to the connections" in caught.value.message
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"temperature": 1}, "a client has no setting 'temperature'. It has: "),
        ({"timeout": 0}, "timeout must be"),
        ({"deadline": -1}, "deadline must be"),
        ({"hooks": 5}, "hooks must be"),
        ({"model": "nobody/x"}, "unknown provider"),
        ({"max_event_bytes": 0}, "max_event_bytes must be"),
    ],
    ids=str,
)
def test_with_options_checks_like_the_client(changes, says: str):
    """The same words for the same mistake."""
    with LLMClient("mock/demo") as client, pytest.raises(ValidationError, match=says):
        client.with_options(**changes)
