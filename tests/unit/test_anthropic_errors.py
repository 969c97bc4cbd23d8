"""Which error a failure on Anthropic's wire is: by status, then by code, hardly by words.

https://docs.claude.com/en/api/errors
"""

import pytest

from llm_connectivity.errors import (
    AuthenticationError,
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
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.server.anthropic_wire import error_body as _told

HTML = "<html><head><title>502 Bad Gateway</title></head></html>"
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."


def _map(status, body, **headers):
    """Map a failure; header names may be written with underscores."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return AnthropicCodec().map_error(ErrorFacts(status=status, headers=headers, body=body))


BY_STATUS = [
    pytest.param(
        400,
        _told("max_tokens: Field required"),
        (ValidationError, "invalid_request_error", False),
        id="400",
    ),
    pytest.param(
        400,
        _told("overloaded, rate limit, quota, not found"),
        (ValidationError, "invalid_request_error", False),
        id="words decide nothing",
    ),
    pytest.param(
        400,
        _told(CREDIT),
        (InsufficientCreditsError, "invalid_request_error", False),
        id="credit balance",
    ),
    pytest.param(
        400,
        _told(CREDIT, code="organization_on_hold"),
        (ValidationError, "organization_on_hold", False),
        id="a code goes before words",
    ),
    pytest.param(
        400,
        _told("m", "rate_limit_error"),
        (ValidationError, "rate_limit_error", False),
        id="a code of another status does not refine",
    ),
    pytest.param(400, None, (ValidationError, None, False), id="no body"),
    pytest.param(
        401,
        _told("invalid x-api-key", "authentication_error"),
        (AuthenticationError, "authentication_error", False),
        id="401",
    ),
    pytest.param(
        401,
        _told("m", "invalid_request_error"),
        (AuthenticationError, "invalid_request_error", False),
        id="status before code",
    ),
    pytest.param(
        402,
        _told("m", "billing_error"),
        (InsufficientCreditsError, "billing_error", False),
        id="402",
    ),
    pytest.param(
        402,
        _told("m", "billing_error", "linked_organization_spend_limit_reached"),
        (InsufficientCreditsError, "linked_organization_spend_limit_reached", False),
        id="a linked organization's limit",
    ),
    pytest.param(
        403,
        _told("m", "permission_error"),
        (PermissionDeniedError, "permission_error", False),
        id="403",
    ),
    pytest.param(403, HTML, (PermissionDeniedError, None, False), id="403 as HTML"),
    pytest.param(
        404,
        _told("model: claude-9", "not_found_error"),
        (ModelNotFoundError, "not_found_error", False),
        id="no such model",
    ),
    pytest.param(404, HTML, (ProviderError, None, False), id="no such page"),
    pytest.param(404, {"detail": "Not Found"}, (ProviderError, None, False), id="no route"),
    pytest.param(408, _told("m", "timeout_error"), (RequestTimeoutError, "timeout_error", True)),
    pytest.param(409, _told("m", "conflict_error"), (ProviderError, "conflict_error", True)),
    pytest.param(
        413,
        _told("Request exceeds the maximum size", "request_too_large"),
        (ValidationError, "request_too_large", False),
        id="413",
    ),
    pytest.param(413, HTML, (ValidationError, None, False), id="413 as HTML"),
    pytest.param(422, _told("m"), (ValidationError, "invalid_request_error", False), id="422"),
    pytest.param(
        429,
        _told("m", "rate_limit_error"),
        (RateLimitError, "rate_limit_error", True),
        id="429",
    ),
    pytest.param(
        429,
        _told("m", "rate_limit_error", "ramp_limit_exceeded"),
        (RateLimitError, "ramp_limit_exceeded", True),
        id="a limit that waiting lifts",
    ),
    pytest.param(
        429,
        _told("m", "rate_limit_error", "enforced_spend_limit_reached"),
        (InsufficientCreditsError, "enforced_spend_limit_reached", False),
        id="the tier's spend limit",
    ),
    pytest.param(
        429,
        _told("m", "rate_limit_error", "contract_spend_limit_reached"),
        (InsufficientCreditsError, "contract_spend_limit_reached", False),
        id="the contract's spend limit",
    ),
    pytest.param(
        429,
        {"error": {"message": "m", "type": "requests", "code": "rate_limit_exceeded"}},
        (RateLimitError, "rate_limit_exceeded", True),
        id="a gateway's code",
    ),
    pytest.param(
        429,
        {"error": {"message": "m", "type": "requests", "code": "insufficient_quota"}},
        (InsufficientCreditsError, "insufficient_quota", False),
        id="a gateway's quota",
    ),
    pytest.param(
        400,
        {"error": {"code": 400, "message": "m", "type": "exceed_context_size_error", "n_ctx": 8}},
        (ContextWindowExceededError, "exceed_context_size_error", False),
        id="llama.cpp's full context",
    ),
    pytest.param(
        400,
        {"error": {"message": "Prompt too long", "type": "BadRequestError", "code": 400}},
        (ContextWindowExceededError, "BadRequestError", False),
        id="a gateway's full context",
    ),
    pytest.param(
        429,
        _told("m", "billing_error"),
        (InsufficientCreditsError, "billing_error", False),
        id="billing",
    ),
    pytest.param(
        429,
        _told(CREDIT, "rate_limit_error"),
        (RateLimitError, "rate_limit_error", True),
        id="words decide no quota",
    ),
    pytest.param(500, _told("m", "api_error"), (ProviderError, "api_error", True), id="500"),
    pytest.param(502, HTML, (ProviderError, None, True), id="502 as HTML"),
    pytest.param(
        503,
        _told("m", "overloaded_error"),
        (OverloadedError, "overloaded_error", True),
        id="503 overloaded",
    ),
    pytest.param(503, _told("m", "api_error"), (ProviderError, "api_error", True), id="503"),
    pytest.param(
        504, _told("m", "timeout_error"), (ProviderError, "timeout_error", True), id="504"
    ),
    pytest.param(
        529,
        _told("Overloaded", "overloaded_error"),
        (OverloadedError, "overloaded_error", True),
        id="529",
    ),
    pytest.param(529, "", (OverloadedError, None, True), id="529 without a body"),
    pytest.param(204, "", (ProviderError, None, False), id="204"),
    pytest.param(302, HTML, (ProviderError, None, False), id="302"),
]


@pytest.mark.parametrize(("status", "body", "expected"), BY_STATUS)
def test_failure_is_mapped_by_status_and_code(status, body, expected):
    """The status picks class and retry, a code refines it."""
    error = _map(status, body)
    assert (type(error), error.code, error.retryable) == expected
    assert (error.status_code, error.body) == (status, body)


@pytest.mark.parametrize(
    "words",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 198000 + 21333 > 200000",
        "Prompt too long",
        "This model's maximum context length is 8192 tokens.",
    ],
)
@pytest.mark.parametrize("form", [_told, lambda words: {"detail": words}, lambda words: words])
def test_context_length_is_known_by_its_wordings(words, form):
    """A 400 has no code of its own for it; gateways write it in other forms."""
    assert type(_map(400, form(words))) is ContextWindowExceededError
    assert type(_map(413, form(words))) is ValidationError


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"request_id": "req_head"}, "req_head"),
        ({"x_request_id": "req_x"}, "req_x"),
        ({}, "req_011CSHoEeqs5C35K2UUqR7Fy"),
    ],
    ids=["header", "a gateway's header", "body"],
)
def test_request_id_is_the_headers_or_else_the_bodys(headers, request_id):
    """Either is what a support case quotes."""
    assert _map(500, _told("m", "api_error"), **headers).request_id == request_id


def test_headers_say_how_long_to_wait_and_what_is_left():
    """They are Anthropic's own: https://docs.claude.com/en/api/rate-limits#response-headers."""
    error = _map(
        429,
        _told("m", "rate_limit_error"),
        retry_after="7",
        anthropic_ratelimit_requests_remaining="0",
        anthropic_ratelimit_input_tokens_limit="50000",
    )
    assert error.retry_after == 7
    assert error.rate_limits == {"remaining_requests": 0, "limit_input_tokens": 50000}


@pytest.mark.parametrize(("asked", "retryable"), [("true", True), ("false", False)])
def test_servers_word_on_trying_again_is_kept(asked, retryable):
    """The API sends `x-should-retry` with each failure."""
    error = _map(529, _told("m", "overloaded_error"), x_should_retry=asked)
    assert error.retryable is retryable


HEADERS = {"request-id": "req_011CSHoEeqs5C35K2UUqR7Fy"}

# Bodies as they are sent by the API, and by what stands between: status, headers, body; class,
# code, a part of the message, request id.
BODIES = [
    pytest.param(
        (400, HEADERS, _told("messages.1.content: Input should be a valid list")),
        (ValidationError, "invalid_request_error", "messages.1.content", HEADERS["request-id"]),
        id="a field",
    ),
    pytest.param(
        (400, {}, _told("prompt is too long: 215504 tokens > 200000 maximum")),
        (ContextWindowExceededError, "invalid_request_error", "215504", HEADERS["request-id"]),
        id="full context",
    ),
    pytest.param(
        (400, {}, _told(CREDIT, request_id="req_011CRxT7b")),
        (InsufficientCreditsError, "invalid_request_error", "credit balance", "req_011CRxT7b"),
        id="empty account",
    ),
    pytest.param(
        (400, {}, _told("The file has expired.", code="file_expired")),
        (ValidationError, "file_expired", "has expired", HEADERS["request-id"]),
        id="a file that is gone",
    ),
    pytest.param(
        (401, {}, _told("invalid x-api-key", "authentication_error", request_id=None)),
        (AuthenticationError, "authentication_error", "invalid x-api-key", None),
        id="key",
    ),
    pytest.param(
        (403, {}, _told("Your API key does not have permission.", "permission_error")),
        (PermissionDeniedError, "permission_error", "permission", HEADERS["request-id"]),
        id="permission",
    ),
    pytest.param(
        (403, {}, {"error": {"type": "forbidden", "message": "Request not allowed"}}),
        (PermissionDeniedError, "forbidden", "Request not allowed", None),
        id="region",
    ),
    pytest.param(
        (404, {}, _told("model: claude-2", "not_found_error")),
        (ModelNotFoundError, "not_found_error", "model: claude-2", HEADERS["request-id"]),
        id="model",
    ),
    pytest.param(
        (413, {"cf-ray": "8a1"}, "<html><head><title>413 Request Entity Too Large</title></html>"),
        (ValidationError, None, "413 Request Entity Too Large", None),
        id="too large, told by a proxy",
    ),
    pytest.param(
        (429, {}, _told("This request would exceed your rate limit", "rate_limit_error")),
        (RateLimitError, "rate_limit_error", "would exceed", HEADERS["request-id"]),
        id="rate limit",
    ),
    pytest.param(
        (429, {}, [{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}]),
        (RateLimitError, None, "Quota", None),
        id="a list, as on Google's cloud",
    ),
    pytest.param(
        (429, {"x-amzn-requestid": "a1"}, {"message": "Too many tokens, please wait."}),
        (RateLimitError, None, "Too many tokens", "a1"),
        id="a message alone, as on Amazon's cloud",
    ),
    pytest.param(
        (401, {}, {"success": False, "errors": [{"code": 10000, "message": "Bad token"}]}),
        (AuthenticationError, None, "Bad token", None),
        id="a list of errors, as a gateway has it",
    ),
    pytest.param(
        (400, {}, {"error": {"message": "prompt is too long", "type": None, "code": "400"}}),
        (ContextWindowExceededError, "400", "prompt is too long", None),
        id="a gateway's code is the status",
    ),
    pytest.param(
        (422, {}, {"detail": [{"loc": ["body", "model"], "msg": "field required"}]}),
        (ValidationError, None, "field required", None),
        id="a gateway's validation",
    ),
    pytest.param(
        (500, {}, _told("Internal server error", "api_error")),
        (ProviderError, "api_error", "Internal server error", HEADERS["request-id"]),
        id="internal",
    ),
    pytest.param(
        (503, {}, "upstream connect error or disconnect/reset before headers"),
        (ProviderError, None, "upstream connect error", None),
        id="a proxy's text",
    ),
    pytest.param(
        (529, {}, _told("Overloaded", "overloaded_error")),
        (OverloadedError, "overloaded_error", "Overloaded", HEADERS["request-id"]),
        id="overloaded",
    ),
]


@pytest.mark.parametrize(("told", "expected"), BODIES)
def test_failure_says_what_its_body_says(told, expected):
    """Class, code, words and request id, in whatever form they come."""
    status, headers, body = told
    error = AnthropicCodec().map_error(ErrorFacts(status=status, headers=headers, body=body))
    cls, code, words, request_id = expected
    assert (type(error), error.code, error.request_id) == (cls, code, request_id)
    assert words in error.message
