"""Where a call goes: model and provider of the client, model of the call."""

from __future__ import annotations

import pytest

from llm_connectivity import LLMClient, MockAdapter, ValidationError
from llm_connectivity.model_id import ModelId
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.routing import (
    Fallback,
    check_fallbacks,
    choose_target,
    target_of_adapter,
    target_of_call,
)

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
        ("grok/grok-4", None, "Did you mean 'xai'"),
        ("grok-4", None, "'xai/grok-4'"),
        ("mistral-large-latest", None, "'mistral/mistral-large-latest'"),
        ("kimi/kimi-k2.6", None, "Did you mean 'moonshot'"),
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


def test_call_target_may_be_another_providers():
    """By the model's name, or by provider= and the name alone."""
    assert target_of_call(OPENAI, "mock/demo", splits=True) == ModelId("mock", "demo")
    assert target_of_call(OPENAI, "a/b", "mock", splits=True) == ModelId("mock", "a/b")
    assert target_of_call(OPENAI, None, "openai", splits=True) == OPENAI


@pytest.mark.parametrize(
    ("model", "provider", "says"),
    [
        ("nobody/x", None, "unknown provider 'nobody'"),
        ("x", "nobody", "unknown provider 'nobody'"),
        ("x", 5, "provider must be a string"),
        (None, "mock", "names a model of 'mock'"),
    ],
)
def test_call_target_that_is_none_is_refused(model, provider, says):
    """Nothing goes to somebody else instead."""
    with pytest.raises(ValidationError, match=says):
        target_of_call(OPENAI, model, provider, splits=True)


def test_fallbacks_are_targets_and_adapters():
    """A bare name is of the primary's provider; an adapter of it asks for the primary's model."""
    mock, openai = MockAdapter(), OpenAIAdapter(api_key="key-key")
    assert check_fallbacks(["mock/demo", "gpt-4.1", mock, openai], OPENAI) == (
        Fallback(ModelId("mock", "demo")),
        Fallback(ModelId("openai", "gpt-4.1")),
        Fallback(ModelId("mock", "demo"), mock),
        Fallback(OPENAI, openai),
    )


@pytest.mark.parametrize(
    ("fallbacks", "says"),
    [
        ("mock/demo", "fallbacks must be a list"),
        (None, "fallbacks must be a list"),
        (["openai/gpt-4o-mini"], "is 'openai/gpt-4o-mini', which is asked already"),
        (["gpt-4o-mini"], "which is asked already"),
        (["mock/demo", "mock/demo"], r"fallbacks\[1\] is 'mock/demo', which is asked already"),
        (["nobody/x"], "unknown provider 'nobody'"),
        (["mock"], "names a provider and no model"),
        ([MockAdapter], r"fallbacks\[0\] must be an adapter"),
        ([None], r"fallbacks\[0\] must be an adapter"),
        ([""], "model is empty"),
    ],
    ids=str,
)
def test_fallbacks_that_make_no_sense_are_refused(fallbacks, says):
    """With place and name, before anything is sent."""
    with pytest.raises(ValidationError, match=says):
        check_fallbacks(fallbacks, OPENAI)


def test_fallback_adapter_without_a_model_is_refused():
    """Nobody knows what to ask it for."""
    with pytest.raises(ValidationError, match="names no model"):
        check_fallbacks([OpenAIAdapter(api_key="key-key")], ModelId("mock", "demo"))


def test_the_adapter_that_is_asked_first_is_no_fallback():
    """It would be asked twice."""
    adapter = MockAdapter()
    with pytest.raises(ValidationError, match="the adapter that is asked first"):
        LLMClient(adapter=adapter, fallbacks=[adapter])


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
