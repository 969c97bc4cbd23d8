"""What a call costs: exact for a known model, `None` for any other."""

import pytest

from llm_connectivity.pricing import price_source, price_usd
from llm_connectivity.types import ChatResponse, Usage


def _counts(prompt=9, completion=7, cached=None):
    """Give token counts."""
    return Usage(prompt, completion, prompt + completion, cached_tokens=cached)


def _response(model, requested="gpt-4o-mini", provider="openai", usage=None):
    """Make a response of this model."""
    return ChatResponse(
        content="", model=model, requested_model=requested, provider=provider, usage=usage
    )


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "GPT-4o-mini"])
def test_price_is_exact(model):
    """9 and 7 tokens of gpt-4o-mini cost 9 times 0.15 and 7 times 0.60 USD per million."""
    assert price_usd("openai", model, _counts()) == 0.00000555


@pytest.mark.parametrize(
    ("provider", "model", "marked"),
    [
        ("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("openai", "gpt-4", "gpt-4-0613"),
        ("google", "gemini-2.0-flash", "gemini-2.0-flash-001"),
    ],
)
def test_price_does_not_depend_on_a_release_mark(provider, model, marked):
    """A name with a date, `-latest` or a number behind it has the price of the name."""
    assert price_usd(provider, model, _counts()) == price_usd(provider, marked, _counts()) > 0


@pytest.mark.parametrize(
    ("dear", "cheap"),
    [("gpt-4o", "gpt-4o-mini"), ("gpt-4", "gpt-4.1"), ("gpt-4.1", "gpt-4.1-mini")],
)
def test_price_is_the_models_own(dear, cheap):
    """A model whose name begins like another's has its own price."""
    assert price_usd("openai", dear, _counts()) > price_usd("openai", cheap, _counts()) > 0


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini-zzz"),
        ("openai", "gpt-4o-minimal"),
        ("openai", "gpt-4o-mini-2024-07-18-zzz"),
        ("openai", "my-gpt-4o-mini"),
        ("openai", "no-such-model"),
        ("openai", ""),
        ("anthropic", "claude-sonnet-4-5-zzz"),
        ("mock", "demo"),
        ("mock", "gpt-4o-mini"),
        ("no-such-provider", "gpt-4o-mini"),
        ("my-openai", "gpt-4o-mini"),
        ("litellm", "openai/gpt-4o-mini"),
        ("ollama", "gpt-4o-mini"),
        ("dashscope", "qwen-plus"),
    ],
)
def test_price_is_none_where_it_is_unknown(provider, model):
    """Only an exact name, or one with a release mark, has a price."""
    assert price_usd(provider, model, _counts()) is None


def test_price_of_cached_tokens_is_lower():
    """Tokens read from a cache cost less than others, and not nothing."""
    full, half, free = (
        price_usd("openai", "gpt-4o-mini", _counts(1000, 0, c)) for c in (0, 500, 1000)
    )
    assert full > half > free > 0


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"prompt_tokens": 9},
        {"prompt_tokens": None, "completion_tokens": 7},
        {"prompt_tokens": 9, "completion_tokens": 7, "cached_tokens": 10},
    ],
    ids=["none", "no completion", "null", "more cached than there are"],
)
def test_price_is_none_where_counts_are_missing(counts):
    """Counts that are missing or contradict each other have no price."""
    assert price_usd("openai", "gpt-4o-mini", counts) is None


def test_no_tokens_cost_nothing():
    """Zero tokens have a price, and it is zero."""
    assert price_usd("openai", "gpt-4o-mini", _counts(0, 0)) == 0


@pytest.mark.parametrize(
    ("model", "requested", "cost"),
    [
        ("gpt-4o-mini-2024-07-18", "gpt-4", 0.00000555),
        ("my-deployment", "gpt-4o-mini", 0.00000555),
        ("", "gpt-4o-mini", 0.00000555),
        ("my-deployment", "my-deployment", None),
    ],
    ids=["by the answer", "else by the request", "no name in the answer", "neither"],
)
def test_response_costs_by_the_answers_model(model, requested, cost):
    """The answer's model is priced if it can be, else the one that was asked for."""
    response = _response(model, requested, usage=_counts())
    assert response.cost == cost
    assert response.cost_source == (cost and price_source())


def test_response_without_usage_has_no_cost():
    """Without usage there is no cost, and no source of it."""
    response = _response("gpt-4o-mini")
    assert (response.cost, response.cost_source) == (None, None)


def test_price_source_names_list_and_version():
    """The source is the price list's name and its version."""
    name, version = price_source().split()
    assert (name, version[0].isdigit()) == ("genai-prices", True)


def test_sound_has_a_price_of_its_own_or_none():
    """A list without one for sound gives none, and does not take that of text."""
    heard = Usage(1000, 10, 1010, audio_tokens=1000, completion_audio_tokens=0)
    spoken = Usage(10, 1000, 1010, audio_tokens=1000, completion_audio_tokens=1000)
    text = Usage(1000, 10, 1010, audio_tokens=0, completion_audio_tokens=0)
    assert price_usd("google", "gemini-2.5-flash", heard) == pytest.approx(1e-3 + 2.5e-5)
    assert price_usd("google", "gemini-2.5-flash", text) == pytest.approx(3e-4 + 2.5e-5)
    assert price_usd("openai", "gpt-4o-audio-preview", text) is not None
    assert price_usd("openai", "gpt-4o-audio-preview", heard) is None
    assert price_usd("openai", "gpt-4o-audio-preview", spoken) is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("groq", "llama-3.3-70b-versatile"),
        ("mistral", "mistral-large-latest"),
        ("deepseek", "deepseek-chat"),
        ("openrouter", "openai/gpt-4o-mini"),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
        ("xai", "grok-4-0709"),
        ("cerebras", "gpt-oss-120b"),
        ("perplexity", "sonar"),
        ("moonshot", "kimi-k2-0905-preview"),
    ],
)
def test_price_of_a_compatible_server_is_found(provider, model):
    """Also where the price list has another name for it."""
    assert price_usd(provider, model, _counts()) > 0
