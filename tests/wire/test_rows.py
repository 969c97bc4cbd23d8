"""A provider is a row: its name, address, key and fields, and no code."""

from __future__ import annotations

import pytest

from llm_connectivity import (
    AuthenticationError,
    LLMClient,
    ProviderSpec,
    RateLimitError,
    register_provider,
    registry,
)
from tests.server import LoopbackServer, json_reply, openai_wire
from tests.worlds import KEY, TEXT, WireWorld


@pytest.fixture
def row(server: LoopbackServer, monkeypatch) -> ProviderSpec:
    """A provider that nobody knows, at the loopback server's address."""
    spec = ProviderSpec(
        name="acme",
        adapter="llm_connectivity.providers.openai_adapter:OpenAIAdapter",
        base_url=f"{server.origin}/acme/v7",
        base_url_variable="ACME_BASE_URL",
        key_variables=("ACME_KEY", "ACME_OLD_KEY"),
        max_tokens_field="max_length",
    )
    monkeypatch.setitem(registry._SPECS, "acme", spec)
    return spec


def test_row_says_where_and_with_what_key_it_is_asked(server: LoopbackServer, row, monkeypatch):
    """The first variable that is set counts; its own name for max_tokens is used at home."""
    server.always(openai_wire.HELLO)
    monkeypatch.setenv("ACME_OLD_KEY", KEY)
    with LLMClient("acme/some/model") as client:
        response = client.chat("Hi", max_tokens=5)
    seen = server.requests[0]
    assert (response.content, response.provider) == (TEXT, "acme")
    assert seen.path == "/acme/v7/chat/completions"
    assert seen.header("authorization") == f"Bearer {KEY}"
    assert (seen.json["model"], seen.json["max_length"]) == ("some/model", 5)


def test_row_with_another_address_is_asked_in_plain_words(server: LoopbackServer, row, monkeypatch):
    """Nobody knows what a server elsewhere understands beyond its wire."""
    server.always(openai_wire.HELLO)
    monkeypatch.setenv("ACME_BASE_URL", f"{server.origin}/other")
    with LLMClient("acme/m", api_key=KEY) as client:
        list(client.chat_stream("Hi", max_tokens=5))
    assert server.requests[0].path == "/other/chat/completions"
    assert server.requests[0].json["max_tokens"] == 5


def test_row_is_named_by_its_errors(server: LoopbackServer, row, policy):
    """And a missing key by its variables."""
    with pytest.raises(AuthenticationError, match="Set ACME_KEY or ACME_OLD_KEY"):
        LLMClient("acme/m")
    server.always(json_reply(openai_wire.error_body("Slow."), 429))
    with LLMClient("acme/m", api_key=KEY, retry=policy) as client:
        with pytest.raises(RateLimitError, match="acme/m HTTP 429") as caught:
            client.chat("Hi")
    assert {attempt.provider for attempt in caught.value.attempts} == {"acme"}


def test_row_of_ones_own_takes_one_line_on_every_wire(wire: WireWorld, monkeypatch):
    """Its key is sent where there is one, and none where there is none."""
    monkeypatch.setattr(registry, "_SPECS", registry._SPECS)
    wire.play("hello")
    own = {"adapter": wire.provider, "base_url": wire.base_url()}
    register_provider(ProviderSpec(name="lab", **own, key_variables=("LAB_KEY",)))
    register_provider(ProviderSpec(name="open-lab", **own, needs_key=False))
    monkeypatch.setenv("LAB_KEY", KEY)
    for name in wire.key_variables:
        monkeypatch.setenv(name, "trap")
    fallbacks = [f"open-lab/{wire.model_name}"]
    with LLMClient(f"lab/{wire.model_name}", fallbacks=fallbacks) as client:
        response = client.chat("Hi")
        other = client.chat_stream("Hi", model=fallbacks[0]).collect()
    assert (response.content, response.provider) == (TEXT, "lab")
    assert (other.content, other.provider, other.cost) == (TEXT, "open-lab", None)
    with_key, without = wire.server.requests
    assert (wire.key_of(with_key), with_key.path) == (KEY, wire.path(stream=False))
    assert (wire.key_of(without), without.path) == (None, wire.path(stream=True))
    assert without.header("x-api-key") is None


@pytest.mark.parametrize("variable", ["OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"])
def test_row_of_ones_own_gets_nothing_that_is_meant_for_the_vendor(
    wire: WireWorld, variable: str, monkeypatch
):
    """Its own address is not the vendor's."""
    monkeypatch.setattr(registry, "_SPECS", registry._SPECS)
    wire.play("hello")
    own = {"adapter": wire.provider, "base_url": wire.base_url()}
    register_provider(ProviderSpec(name="lab", **own, needs_key=False))
    monkeypatch.setenv(variable, "X-Trap: trap")
    monkeypatch.setenv("OPENAI_ORG_ID", "trap")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "trap")
    with LLMClient("lab/m") as client:
        client.chat("Hi")
    assert "trap" not in str(wire.server.requests[0].headers).lower()
