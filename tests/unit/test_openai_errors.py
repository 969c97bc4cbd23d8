"""Which error a failure on OpenAI's wire is: behaviour by status, then by code, hardly by words."""

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
from llm_connectivity.wires.openai_chat import OpenAIChatCodec

HTML = "<html><head><title>404 Not Found</title></head></html>"


def _map(status, body, **headers):
    """Map a failure; header names may be written with underscores."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return OpenAIChatCodec().map_error(ErrorFacts(status=status, headers=headers, body=body))


def _told(message, type="invalid_request_error", code=None, **fields):
    """Give an error document."""
    return {"error": {"message": message, "type": type, "param": None, "code": code, **fields}}


BY_STATUS = [
    pytest.param(
        400,
        _told("Invalid value for 'max_tokens': integer below minimum value.", code="invalid_value"),
        (ValidationError, "invalid_value", False, False),
        id="row 3.27 speaks of max_tokens",
    ),
    pytest.param(
        400,
        _told("Unsupported parameter: 'max_tokens'", code="unsupported_parameter"),
        (ValidationError, "unsupported_parameter", False, False),
        id="unsupported parameter",
    ),
    pytest.param(
        400,
        _told("The model 401 is overloaded: rate limit, quota, model not found"),
        (ValidationError, "invalid_request_error", False, False),
        id="words decide nothing",
    ),
    pytest.param(400, {"detail": "bad"}, (ValidationError, None, False, False), id="detail"),
    pytest.param(400, None, (ValidationError, None, False, False), id="no body"),
    pytest.param(
        413, "<html>too large</html>", (ValidationError, None, False, True), id="too large"
    ),
    pytest.param(
        422,
        {"detail": [{"loc": ["body", "model"], "msg": "field required"}]},
        (ValidationError, None, False, False),
        id="detail is a list",
    ),
    pytest.param(405, {"detail": "no"}, (ValidationError, None, False, False), id="other 4xx"),
    pytest.param(418, "", (ValidationError, None, False, False), id="unknown 4xx"),
    pytest.param(
        400,
        _told("too long", code="context_length_exceeded"),
        (ContextWindowExceededError, "context_length_exceeded", False, False),
        id="context code",
    ),
    pytest.param(
        400,
        _told("Azure has blocked it", type=None, code="content_filter"),
        (ContentFilterError, "content_filter", False, False),
        id="content filter",
    ),
    pytest.param(
        400,
        _told("rejected", type="image_generation_user_error", code="content_policy_violation"),
        (ContentFilterError, "content_policy_violation", False, False),
        id="content policy",
    ),
    pytest.param(
        400,
        _told("no money", code="insufficient_quota"),
        (ValidationError, "insufficient_quota", False, False),
        id="a code of another status does not refine",
    ),
    pytest.param(
        401,
        _told("Incorrect API key provided: sk-***.", code="invalid_api_key"),
        (AuthenticationError, "invalid_api_key", False, True),
        id="wrong key",
    ),
    pytest.param(
        401,
        _told("You didn't provide an API key."),
        (AuthenticationError, "invalid_request_error", False, True),
        id="status before code",
    ),
    pytest.param(
        401,
        _told("m", code="context_length_exceeded"),
        (AuthenticationError, "context_length_exceeded", False, True),
        id="status before context code",
    ),
    pytest.param(401, "Unauthorized", (AuthenticationError, None, False, True), id="401 as text"),
    pytest.param(
        402,
        {"error": {"code": 402, "message": "Insufficient credits"}},
        (InsufficientCreditsError, "402", False, True),
        id="402",
    ),
    pytest.param(
        429,
        _told("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
        (InsufficientCreditsError, "insufficient_quota", False, True),
        id="quota",
    ),
    pytest.param(
        429,
        _told("You exceeded your current quota", "insufficient_quota"),
        (InsufficientCreditsError, "insufficient_quota", False, True),
        id="quota in the type",
    ),
    pytest.param(
        429,
        _told("hard limit", "billing", "billing_hard_limit_reached"),
        (InsufficientCreditsError, "billing_hard_limit_reached", False, True),
        id="billing limit",
    ),
    pytest.param(
        429,
        _told("Your quota is used up; see billing", "requests", "rate_limit_exceeded"),
        (RateLimitError, "rate_limit_exceeded", True, True),
        id="words decide no quota",
    ),
    pytest.param(429, HTML, (RateLimitError, None, True, True), id="429 as HTML"),
    pytest.param(
        403,
        _told("Country not supported", "request_forbidden", "unsupported_country_region_territory"),
        (PermissionDeniedError, "unsupported_country_region_territory", False, True),
        id="region",
    ),
    pytest.param(403, HTML, (PermissionDeniedError, None, False, True), id="403 as HTML"),
    pytest.param(
        404,
        _told("The model `gpt-9` does not exist", code="model_not_found"),
        (ModelNotFoundError, "model_not_found", False, True),
        id="no such model",
    ),
    pytest.param(
        404,
        {"error": "model 'x' not found"},
        (ModelNotFoundError, None, False, True),
        id="no such model as text",
    ),
    pytest.param(
        404,
        {
            "object": "error",
            "message": "The model `x` does not exist.",
            "type": "NotFoundError",
            "param": None,
            "code": 404,
        },
        (ModelNotFoundError, "404", False, True),
        id="no such model, object error",
    ),
    pytest.param(404, HTML, (ProviderError, None, False, True), id="no such page"),
    pytest.param(404, {"detail": "Not Found"}, (ProviderError, None, False, True), id="no route"),
    pytest.param(404, "404 page not found", (ProviderError, None, False, True), id="404 as text"),
    pytest.param(404, None, (ProviderError, None, False, True), id="404 without a body"),
    pytest.param(
        404,
        _told("Unknown request URL: POST /chat/completions.", code="unknown_url"),
        (ProviderError, "unknown_url", False, True),
        id="no such address in own form",
    ),
    pytest.param(408, "", (RequestTimeoutError, None, True, False), id="408"),
    pytest.param(
        409, _told("lock"), (ProviderError, "invalid_request_error", True, False), id="409"
    ),
    pytest.param(
        500, _told("Sorry", "server_error"), (ProviderError, "server_error", True, False), id="500"
    ),
    pytest.param(502, HTML, (ProviderError, None, True, True), id="502 as HTML"),
    pytest.param(504, "", (ProviderError, None, True, False), id="504 without a body"),
    pytest.param(599, "", (ProviderError, None, True, False), id="unknown 5xx"),
    pytest.param(
        500,
        _told("m", code="context_length_exceeded"),
        (ProviderError, "context_length_exceeded", True, False),
        id="500 before code",
    ),
    pytest.param(
        503,
        _told("m", "overloaded_error"),
        (OverloadedError, "overloaded_error", True, True),
        id="overloaded",
    ),
    pytest.param(
        503,
        _told("The model is overloaded", "server_error"),
        (ProviderError, "server_error", True, False),
        id="words decide no overload",
    ),
    pytest.param(529, "", (OverloadedError, None, True, True), id="529"),
    pytest.param(204, "", (ProviderError, None, False, True), id="204"),
    pytest.param(302, HTML, (ProviderError, None, False, True), id="302 without a target"),
]


@pytest.mark.parametrize(("status", "body", "expected"), BY_STATUS)
def test_failure_is_mapped_by_status_and_code(status, body, expected):
    """The status picks class and retry, a code refines it; some classes have a hint."""
    error = _map(status, body)
    assert (type(error), error.code, error.retryable, error.hint is not None) == expected
    assert (error.status_code, error.body) == (status, body)


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Prompt too long",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "total length of all messages is too long",
        "Please reduce the length of the messages or completion.",
    ],
)
@pytest.mark.parametrize("code", [None, 400, "invalid_request_error"])
def test_context_length_is_known_by_its_wordings(words, code):
    """Without a code of its own, a 400 is known by the wordings seen for a full context."""
    assert type(_map(400, _told(words, "BadRequestError", code))) is ContextWindowExceededError


@pytest.mark.parametrize(
    "body", ["prompt is too long", {"detail": "Prompt is too long"}, {"error": "prompt too long"}]
)
def test_context_length_is_known_in_any_form(body):
    """The wordings count in a plain text, in `detail`, and where the error is a text."""
    assert type(_map(400, body)) is ContextWindowExceededError


@pytest.mark.parametrize("status", [413, 422, 429, 500], ids=str)
def test_context_wordings_count_for_400_only(status):
    """Of no other status do the words decide."""
    assert type(_map(status, _told("prompt is too long"))) is not ContextWindowExceededError


@pytest.mark.parametrize(
    "words",
    ["max_tokens is too large", "input token count must be a number", "invalid token in prompt"],
)
def test_other_words_are_no_context_length(words):
    """Tokens alone say nothing about the context's length."""
    assert type(_map(400, _told(words))) is ValidationError
