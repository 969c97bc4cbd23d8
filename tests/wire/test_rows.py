"""A provider is a row: its name, address, key and fields, and no code."""

from __future__ import annotations

import pytest

from llm_connectivity import AuthenticationError, LLMClient, RateLimitError, registry
from llm_connectivity.providers.base import ProviderSpec
from tests.server import LoopbackServer, json_reply, openai_wire
from tests.worlds import KEY, TEXT


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
