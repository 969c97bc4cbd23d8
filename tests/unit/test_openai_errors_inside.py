"""Errors that OpenAI's wire tells of inside an answer with status 200: the code alone decides."""

import json
import math

import pytest

from llm_connectivity.errors import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    ErrorFacts,
    InsufficientCreditsError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from llm_connectivity.sse import Event
from llm_connectivity.wires.openai_chat import OpenAIChatCodec


def _map(body):
    """Map a failure told inside an answer."""
    return OpenAIChatCodec().map_error(ErrorFacts(body=body))


@pytest.mark.parametrize(
    ("error", "cls", "retryable"),
    [
        pytest.param({"code": 400}, ValidationError, False, id="400"),
        pytest.param({"code": 401}, AuthenticationError, False, id="401"),
        pytest.param({"code": 402}, InsufficientCreditsError, False, id="402"),
        pytest.param({"code": 403}, PermissionDeniedError, False, id="403"),
        pytest.param({"code": 404}, ModelNotFoundError, False, id="404"),
        pytest.param({"code": 408}, RequestTimeoutError, True, id="408"),
        pytest.param({"code": 429}, RateLimitError, True, id="429"),
        pytest.param({"code": "429"}, RateLimitError, True, id="429 as text"),
        pytest.param({"code": 502}, ProviderError, True, id="502"),
        pytest.param({"code": 529}, OverloadedError, True, id="529"),
        pytest.param({"status_code": 401}, AuthenticationError, False, id="status_code"),
        pytest.param({"status": 429}, RateLimitError, True, id="status"),
        pytest.param({"code": 17}, ProviderError, True, id="a number that is no status"),
        pytest.param({"code": 200}, ProviderError, True, id="200"),
        pytest.param({"code": None}, ProviderError, True, id="null"),
        pytest.param({"code": "odd"}, ProviderError, True, id="unknown word"),
        pytest.param({"code": {}}, ProviderError, True, id="an object"),
        pytest.param({"code": math.inf}, ProviderError, True, id="infinity"),
        pytest.param({}, ProviderError, True, id="no code"),
        pytest.param({"type": "server_error"}, ProviderError, True, id="type"),
        pytest.param({"code": "insufficient_quota"}, InsufficientCreditsError, False, id="quota"),
        pytest.param({"type": "insufficient_quota"}, InsufficientCreditsError, False, id="by type"),
        pytest.param({"code": "content_filter"}, ContentFilterError, False, id="filter"),
        pytest.param(
            {"code": "context_length_exceeded"}, ContextWindowExceededError, False, id="context"
        ),
        pytest.param({"code": "INVALID_API_KEY"}, AuthenticationError, False, id="capitals"),
        pytest.param({"code": "model_not_found"}, ModelNotFoundError, False, id="model"),
        pytest.param({"code": "overloaded"}, OverloadedError, True, id="overloaded"),
        pytest.param({"type": "invalid_request_error"}, ValidationError, False, id="request"),
        pytest.param(
            {"code": 429, "type": "insufficient_quota"},
            InsufficientCreditsError,
            False,
            id="a type that refines the number",
        ),
        pytest.param(
            {"code": 401, "type": "invalid_request_error"},
            AuthenticationError,
            False,
            id="a number before a type that says less",
        ),
        pytest.param(
            {"code": 429, "type": "api_error"}, RateLimitError, True, id="429 before api_error"
        ),
        pytest.param(
            {"status_code": 429, "type": "server_error"},
            RateLimitError,
            True,
            id="status_code before server_error",
        ),
    ],
)
def test_error_inside_an_answer_is_mapped_by_its_code(error, cls, retryable):
    """The embedded code or status decides; without one it is a retryable `ProviderError`."""
    mapped = _map({"error": {"message": "it broke", **error}})
    assert (type(mapped), mapped.retryable) == (cls, retryable)
    assert "it broke" in mapped.message


@pytest.mark.parametrize(
    "body",
    [{"error": {"message": "m", "code": 429}}, {"error": {"message": "m", "code": "timeout"}}],
    ids=["by number", "by word"],
)
def test_error_inside_an_answer_has_no_status(body):
    """The answer itself had status 200, so the error has none."""
    assert _map(body).status_code is None


@pytest.mark.parametrize(
    ("error", "code"),
    [({"code": 429}, "429"), ({"code": "x", "type": "y"}, "x"), ({"type": "y"}, "y"), ({}, None)],
    ids=["number", "code", "type", "none"],
)
def test_error_inside_an_answer_keeps_its_code(error, code):
    """The code is the vendor's, as a text; its type where it has none."""
    assert _map({"error": {"message": "m", **error}}).code == code


@pytest.mark.parametrize(
    "words", ["rate limit", "prompt is too long", "invalid api key", "model not found", "quota"]
)
def test_words_inside_an_answer_decide_nothing(words):
    """Words alone never choose a class inside an answer with status 200."""
    assert type(_map({"error": {"message": words}})) is ProviderError


def test_a_full_context_told_inside_an_answer_is_known_by_its_words_too():
    """VLLM sends its status and its words in an event."""
    told = {"code": 400, "message": "This model's maximum context length is 4096 tokens."}
    assert type(_map({"error": told})) is ContextWindowExceededError
    assert _map({"error": told}).status_code is None


def test_an_error_that_is_nested_too_deeply_is_no_recursion_error():
    """Half a surrogate pair leads past the JSON library's own limit."""
    from llm_connectivity.wires.json_text import parse_json

    deep = '{"s": "\\ud800", "error": ' + "[" * 600 + "]" * 600 + "}"
    with pytest.raises(ValueError, match="no JSON"):
        parse_json(deep.encode())
    assert parse_json(b'{"s": "\\ud800", "error": [[[]]]}')["error"] == [[[]]]


def test_a_broken_character_in_the_servers_words_can_be_printed():
    """It becomes the one that stands for such."""
    assert str(_map({"error": {"message": "bad \ud83d"}})).encode().endswith("bad \ufffd".encode())


def test_error_of_a_choice_is_raised():
    """Some routers tell there which of their providers has failed, with a finish reason."""
    choice = {"index": 0, "error": {"code": 502, "message": "It broke."}, "finish_reason": "error"}
    codec = OpenAIChatCodec()
    with pytest.raises(ProviderError, match="It broke"):
        codec.parse_chat({"choices": [{**choice, "message": {"content": "par"}}]})
    event = Event(json.dumps({"choices": [{**choice, "delta": {"content": ""}}]}).encode())
    with pytest.raises(ProviderError, match="It broke"):
        codec.stream_decoder().feed(event)
    assert codec.parse_chat({"choices": [{"error": None, "message": {}}]}).content == ""
