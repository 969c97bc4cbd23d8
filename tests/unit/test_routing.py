"""Where a call goes: model and provider of the client, model of the call."""

from __future__ import annotations

import pytest

from llm_connectivity import LLMClient, MockAdapter, ValidationError
from llm_connectivity.model_id import ModelId
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.routing import choose_target, target_of_adapter, target_of_call

OPENAI = ModelId("openai", "gpt-4o-mini")


@pytest.mark.parametrize(
    ("model", "provider", "target"),
    [
        ("openai/gpt-4o-mini", None, OPENAI),
        ("openai/meta-llama/Llama-3", None, ModelId("openai", "meta-llama/Llama-3")),
        ("gpt-4o-mini", "openai", OPENAI),
        ("openai/gpt-4o-mini", "openai", ModelId("openai", "openai/gpt-4o-mini")),
        (None, "openai", ModelId("openai", "")),
    ],
)
def test_client_target(model: str | None, provider: str | None, target: ModelId):
    """Split at the first slash only; with provider= nothing is split."""
    assert choose_target(model, provider) == target


@pytest.mark.parametrize(
    ("model", "provider", "says"),
    [
        (None, None, "neither model nor provider"),
        ("gpt-4o-mini", None, "'openai/gpt-4o-mini'"),
        ("o3-mini", None, "'openai/o3-mini'"),
        ("openai/", None, "no model"),
        ("opneai/gpt-4o", None, "Did you mean 'openai'"),
        ("m", "opneai", "Did you mean 'openai'"),
        ("nobody/x", None, "Known providers: "),
        ("  ", None, "empty"),
        (7, None, "int"),
        ("openai/gpt-4o ", None, "blanks"),
    ],
)
def test_client_target_that_is_none_is_refused(model: object, provider: str | None, says: str):
    """The error says what to write instead."""
    with pytest.raises(ValidationError, match=says):
        choose_target(model, provider)


@pytest.mark.parametrize(
    ("model", "splits", "target"),
    [
        (None, True, OPENAI),
        ("gpt-4.1", True, ModelId("openai", "gpt-4.1")),
        ("openai/gpt-4.1", True, ModelId("openai", "gpt-4.1")),
        ("meta-llama/Llama-3", False, ModelId("openai", "meta-llama/Llama-3")),
        ("mock/demo", False, ModelId("openai", "mock/demo")),
    ],
)
def test_call_target(model: str | None, splits: bool, target: ModelId):
    """A bare name is of the client's provider; a client made with provider= splits nothing."""
    assert target_of_call(OPENAI, model, splits=splits) == target


def test_call_target_of_another_provider_is_refused():
    """Nothing crosses providers in silence."""
    with pytest.raises(ValidationError, match="is of 'mock', and this client asks 'openai'"):
        target_of_call(OPENAI, "mock/demo", splits=True)
    with pytest.raises(ValidationError, match="unknown provider 'acme'"):
        target_of_call(OPENAI, "acme/claude", splits=True)


def test_call_target_without_any_model_is_refused():
    """A client of a provider alone wants one with each call."""
    with LLMClient(provider="mock") as client:
        with pytest.raises(ValidationError, match="names a model of 'mock'"):
            client.chat("Hi")
        assert client.chat("Hi", model="demo").model == "demo"


@pytest.mark.parametrize(
    ("adapter", "model", "provider", "target"),
    [
        ("mock", None, None, ModelId("mock", "demo")),
        ("mock", "mock/other", None, ModelId("mock", "other")),
        ("openai", "gpt-4o-mini", None, OPENAI),
        ("openai", "openai/gpt-4o-mini", None, OPENAI),
        ("openai", "meta-llama/Llama-3", None, ModelId("openai", "meta-llama/Llama-3")),
        ("openai", "openai/x", "openai", ModelId("openai", "openai/x")),
    ],
)
def test_adapter_target(adapter: str, model: str | None, provider: str | None, target: ModelId):
    """The adapter's provider, whose name before the model may be left out."""
    assert target_of_adapter(adapter, model, provider) == target


def test_adapter_of_another_provider_is_refused():
    """An answer of the mock must not pass for one of OpenAI."""
    with pytest.raises(ValidationError, match="for 'mock', and the client for 'openai'"):
        LLMClient("openai/gpt-4o-mini", adapter=MockAdapter())


@pytest.mark.parametrize("adapter", [MockAdapter, 5, "mock", object], ids=repr)
def test_adapter_that_is_none_is_refused(adapter: object):
    """A class instead of an object is a usual slip."""
    with pytest.raises(ValidationError, match="adapter must be an adapter"):
        LLMClient(adapter=adapter)


def test_settings_of_a_connection_beside_an_adapter_are_refused():
    """They would be lost."""
    with pytest.raises(ValidationError, match="base_url is given beside adapter"):
        LLMClient(adapter=OpenAIAdapter(api_key="key-key"), model="m", base_url="http://localhost")
