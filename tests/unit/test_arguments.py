"""Model ids, options and limits of a call: wrong ones are refused before any I/O."""

import itertools
import math

import pytest

from llm_connectivity import Hooks, LLMClient, MockAdapter, RetryPolicy, ValidationError
from llm_connectivity.model_id import ModelId, parse_model_id
from llm_connectivity.routing import choose_target, target_of_call


def _chat(**given):
    """Ask a mock; give the one request that reached it."""
    adapter = MockAdapter(replies=itertools.repeat("Hi"))
    with LLMClient(adapter=adapter) as client:
        client.chat(given.pop("messages", "Hello"), **given)
    return adapter.requests[0]


def _refusal(**given):
    """Ask a mock wrongly, whole and streamed; give the error, the same for both."""
    adapter = MockAdapter(replies=[])
    messages = given.pop("messages", "Hello")
    with LLMClient(adapter=adapter) as client:
        with pytest.raises(ValidationError) as whole:
            client.chat(messages, **given)
        with pytest.raises(ValidationError) as streamed:
            client.chat_stream(messages, **given)
    assert str(whole.value) == str(streamed.value)
    assert adapter.requests == []
    return whole.value


@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("openai/gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("openai/meta-llama/Llama-3:free", ("openai", "meta-llama/Llama-3:free")),
        ("mock/demo", ("mock", "demo")),
    ],
)
def test_model_id_is_split_at_its_first_slash(model, target):
    """The provider stands before the first slash; other slashes belong to the model."""
    assert choose_target(model, None) == target
    assert str(ModelId(*target)) == model


@pytest.mark.parametrize("model", ["gpt-4o-mini", "a/b/c"])
def test_model_is_not_split_beside_a_provider(model):
    """With `provider` the model's name is taken as it is, on the client and per call."""
    assert choose_target(model, "openai") == ("openai", model)
    assert target_of_call(ModelId("openai", "x"), model, splits=False) == ("openai", model)


@pytest.mark.parametrize(
    ("model", "named", "way_out"),
    [
        pytest.param("", "''", "openai/gpt-4o-mini", id="empty"),
        pytest.param("  ", "'  '", "openai/gpt-4o-mini", id="blanks"),
        pytest.param(" openai/x", "' openai/x'", "Remove", id="a blank before"),
        pytest.param("openai/x\n", r"'openai/x\n'", "Remove", id="a line end"),
        pytest.param("openai/\ud800", r"\ud800", "Remove", id="a lone surrogate"),
        pytest.param("gpt-4o-mini", "'gpt-4o-mini'", "'openai/gpt-4o-mini'", id="no provider"),
        pytest.param("o3", "'o3'", "'openai/o3'", id="no provider, short"),
        pytest.param("opnai/x", "'opnai'", "'openai'", id="misspelt provider"),
        pytest.param("OpenAI/x", "'OpenAI'", "'openai'", id="provider in capitals"),
        pytest.param("nowhere/x", "'nowhere'", "mock, openai", id="unknown provider"),
        pytest.param("/x", "''", "mock, openai", id="empty provider"),
        pytest.param("openai/", "'openai/'", "openai/<model>", id="empty model"),
        pytest.param(17, "int", "openai/gpt-4o-mini", id="a number"),
        pytest.param(b"openai/x", "bytes", "openai/gpt-4o-mini", id="bytes"),
    ],
)
def test_wrong_model_is_refused(model, named, way_out):
    """A wrong model id is named, with what to write instead."""
    with pytest.raises(ValidationError) as caught:
        parse_model_id(model, ("openai", "mock"))
    assert named in caught.value.message
    assert way_out in str(caught.value)


def test_missing_provider_is_guessed_by_the_models_family():
    """A bare name of a known family gets its vendor suggested."""
    with pytest.raises(ValidationError, match="'anthropic/claude-x'"):
        parse_model_id("claude-x", ("openai", "anthropic"))


@pytest.mark.parametrize("provider", ["opnai", "nowhere", ""], ids=["misspelt", "unknown", "empty"])
def test_wrong_provider_is_refused(provider):
    """A wrong `provider` is named, with those there are."""
    with pytest.raises(ValidationError, match=f"{provider}.*Known providers: .*openai"):
        LLMClient(model="x", provider=provider)


@pytest.mark.parametrize("provider", [17, b"openai", 10**5000], ids=["int", "bytes", "huge"])
def test_provider_of_a_wrong_type_is_refused(provider):
    """By its type."""
    with pytest.raises(ValidationError, match=f"not {type(provider).__name__}"):
        LLMClient(model="x", provider=provider)


def test_unknown_provider_with_a_slash_is_a_hint_at_servers_of_ones_own():
    """Names of open models begin with their makers' names."""
    with pytest.raises(ValidationError, match="'openai/meta-llama/Llama-3-8B', with its base_url"):
        LLMClient(model="meta-llama/Llama-3-8B")
    with pytest.raises(ValidationError, match="names a provider and no model"):
        LLMClient(model="openai")


def test_half_made_client_can_be_closed():
    """By whoever cleans up after a constructor that failed."""
    LLMClient.__new__(LLMClient).close()


def test_client_wants_a_model_or_a_provider():
    """With neither, the error shows what to write."""
    with pytest.raises(ValidationError, match="openai/gpt-4o-mini"):
        LLMClient()


NO_NUMBER = ["1", True, math.nan, math.inf, [1], 10**400]
WRONG_OPTIONS = [
    *(("temperature", value) for value in NO_NUMBER),
    *(("top_p", value) for value in NO_NUMBER),
    *(("frequency_penalty", value) for value in NO_NUMBER),
    *(("presence_penalty", value) for value in NO_NUMBER),
    *(("max_tokens", value) for value in (0, -1, 1.5, 5.0, "5", True, math.inf)),
    *(("seed", value) for value in (1.5, "1", True)),
    *(("stop", value) for value in (1, [1], {"a": 1}, b"x")),
    *(("user", value) for value in (1, b"x", ["x"])),
    *(
        (name, value)
        for name in ("timeout", "idle_timeout", "deadline")
        for value in (0, -1, -0.5, "5", True, math.nan, 10**400)
    ),
    *(("hooks", value) for value in (print, {"on_token": print}, [1])),
    *(("fallbacks", value) for value in ("mock/demo", 5, {"mock/demo"})),
    *(("max_retries", value) for value in (-1, 1.5, "3", True)),
    *(("drop_unsupported", value) for value in ("yes", 1, 0)),
    *(("raise_on_filter", value) for value in ("yes", 1, None)),
]


@pytest.mark.parametrize(
    ("name", "value"), WRONG_OPTIONS, ids=[f"{n}={str(v)[:8]}" for n, v in WRONG_OPTIONS]
)
def test_wrong_option_is_refused(name, value):
    """An option of a wrong type or range is refused; the error names option and value."""
    error = _refusal(**{name: value})
    assert error.message.startswith(f"{name} must be ")
    assert repr(value)[:40] in error.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("idle_timeout", 0),
        ("deadline", -2),
        ("max_retries", -1),
        ("drop_unsupported", 1),
        ("hooks", 7),
        ("fallbacks", 7),
    ],
)
def test_client_checks_its_own_options(name, value):
    """The client's defaults are checked as those of a call are."""
    with pytest.raises(ValidationError, match=f"{name} must be .*{value}"):
        LLMClient(model="mock/demo", **{name: value})


@pytest.mark.parametrize("value", [0, -1, 1.5, "many", True])
@pytest.mark.parametrize("name", ["max_connections", "max_event_bytes"])
def test_client_checks_its_counts(name, value):
    """Counts are whole numbers of at least 1."""
    with pytest.raises(ValidationError, match=f"{name} must be a whole number"):
        LLMClient(model="mock/demo", **{name: value})


def test_client_checks_its_policy():
    """`retry` is a policy, not a number."""
    with pytest.raises(ValidationError, match="RetryPolicy"):
        LLMClient(model="mock/demo", retry=3)
    assert LLMClient(model="mock/demo", retry=RetryPolicy(max_retries=0)) is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0.1),
        ("timeout", math.inf),
        ("idle_timeout", 3),
        ("deadline", 3),
        ("max_retries", 0),
        ("raise_on_filter", True),
        ("fallbacks", []),
        ("hooks", Hooks()),
        ("provider", "mock"),
    ],
)
def test_right_limit_is_taken(name, value):
    """Limits of a call are taken, and are not sent."""
    request = _chat(**{name: value})
    assert (dict(request.options), dict(request.extra)) == ({}, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", 1.5),
        ("max_tokens", 1),
        ("seed", -1),
        ("stop", "end"),
        ("stop", ["a", "b"]),
        ("user", "u"),
    ],
)
def test_right_option_is_taken(name, value):
    """A named option reaches the request by its own name, unchanged."""
    assert dict(_chat(**{name: value}).options) == {name: value}


def test_none_is_not_given():
    """An option of `None` is as if it was left out."""
    assert dict(_chat(temperature=None, max_tokens=None, stop=None).options) == {}


def test_option_that_the_provider_lacks_is_refused():
    """The error names option, provider, and those it has."""
    with LLMClient(adapter=MockAdapter(unsupported=["seed"])) as client:
        with pytest.raises(ValidationError, match="mock has no option 'seed'") as caught:
            client.chat("Hello", seed=1)
    assert "temperature" in caught.value.hint
    assert "drop_unsupported=True" in caught.value.hint


@pytest.mark.parametrize("where", ["client", "call"])
def test_option_that_the_provider_lacks_is_dropped_if_asked(where, caplog):
    """With `drop_unsupported` it is left out, logged, and listed in the warnings."""
    adapter = MockAdapter(unsupported=["seed"])
    asked = {where: {"drop_unsupported": True}}
    with LLMClient(adapter=adapter, **asked.get("client", {})) as client:
        response = client.chat("Hello", seed=1, temperature=0, **asked.get("call", {}))
    assert dict(adapter.requests[0].options) == {"temperature": 0}
    assert "'seed'" in response.warnings[0]
    assert "seed" in caplog.text
