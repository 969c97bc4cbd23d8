"""Which error a failure on Gemini's wire is: by status, then by code; words decide next to nothing.

Statuses: https://ai.google.dev/gemini-api/docs/troubleshooting
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
from llm_connectivity.wires.gemini import GeminiCodec
from tests.server import gemini_wire as wire

HTML = "<html><title>Error 404 (Not Found)!!1</title></html>"
TOO_LONG = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
KEY = wire.error_info("API_KEY_INVALID")
DAILY = wire.quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier")


def _map(status, body, **headers):
    """Map a failure; header names may be written with underscores."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return GeminiCodec().map_error(ErrorFacts(status=status, headers=headers, body=body))


def _told(message, status, code, *details):
    """Give an error document."""
    return wire.error_body(message, status, code, list(details))


BY_STATUS = [
    pytest.param(
        400,
        _told("Invalid value at 'contents[4010]'", "INVALID_ARGUMENT", 400),
        (ValidationError, "INVALID_ARGUMENT", False),
        id="row 3.27 has 4010 in its words",
    ),
    pytest.param(
        400,
        _told("Invalid value for 'max_tokens'", "INVALID_ARGUMENT", 400),
        (ValidationError, "INVALID_ARGUMENT", False),
        id="row 3.27 speaks of tokens",
    ),
    pytest.param(
        400,
        _told("The model 401 is overloaded: quota, API key not valid", "INVALID_ARGUMENT", 400),
        (ValidationError, "INVALID_ARGUMENT", False),
        id="words decide nothing",
    ),
    pytest.param(
        400,
        _told("User location is not supported for the API use.", "FAILED_PRECONDITION", 400),
        (ValidationError, "FAILED_PRECONDITION", False),
        id="a precondition",
    ),
    pytest.param(
        400,
        _told("API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", 400, KEY),
        (AuthenticationError, "API_KEY_INVALID", False),
        id="wrong key",
    ),
    pytest.param(
        400,
        _told(TOO_LONG, "INVALID_ARGUMENT", 400),
        (ContextWindowExceededError, "INVALID_ARGUMENT", False),
        id="full context",
    ),
    pytest.param(400, None, (ValidationError, None, False), id="no body"),
    pytest.param(413, HTML, (ValidationError, None, False), id="too large"),
    pytest.param(
        401,
        _told("Request had invalid authentication credentials.", "UNAUTHENTICATED", 401),
        (AuthenticationError, "UNAUTHENTICATED", False),
        id="401",
    ),
    pytest.param(
        401,
        _told(TOO_LONG, "INVALID_ARGUMENT", 400),
        (AuthenticationError, "INVALID_ARGUMENT", False),
        id="status before document",
    ),
    pytest.param(
        402, _told("Pay.", "X", 402), (InsufficientCreditsError, "X", False), id="402 of a gateway"
    ),
    pytest.param(
        403,
        _told("Permission denied.", "PERMISSION_DENIED", 403, wire.error_info("SERVICE_DISABLED")),
        (PermissionDeniedError, "SERVICE_DISABLED", False),
        id="403",
    ),
    pytest.param(
        404,
        _told(
            "models/gemini-9 is not found for API version v1beta, or is not supported for "
            "generateContent.",
            "NOT_FOUND",
            404,
        ),
        (ModelNotFoundError, "NOT_FOUND", False),
        id="no such model",
    ),
    pytest.param(404, HTML, (ProviderError, None, False), id="no such page"),
    pytest.param(404, {"detail": "Not Found"}, (ProviderError, None, False), id="no route"),
    pytest.param(404, "", (ProviderError, None, False), id="404 without a body"),
    pytest.param(
        429,
        _told("Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED", 429),
        (RateLimitError, "RESOURCE_EXHAUSTED", True),
        id="rate limit",
    ),
    pytest.param(
        429,
        _told("You exceeded your current quota, billing", "RESOURCE_EXHAUSTED", 429, DAILY),
        (RateLimitError, "RESOURCE_EXHAUSTED", True),
        id="neither words nor details decide quota",
    ),
    pytest.param(
        429,
        _told("Quota", "RESOURCE_EXHAUSTED", 429, wire.error_info("RATE_LIMIT_EXCEEDED")),
        (RateLimitError, "RATE_LIMIT_EXCEEDED", True),
        id="with a reason",
    ),
    pytest.param(429, HTML, (RateLimitError, None, True), id="429 as HTML"),
    pytest.param(408, "", (RequestTimeoutError, None, True), id="408"),
    pytest.param(409, _told("m", "ABORTED", 409), (ProviderError, "ABORTED", True), id="409"),
    pytest.param(
        499, _told("m", "CANCELLED", 499), (ValidationError, "CANCELLED", False), id="499"
    ),
    pytest.param(500, _told("m", "INTERNAL", 500), (ProviderError, "INTERNAL", True), id="500"),
    pytest.param(
        503,
        _told("The model is overloaded. Please try again later.", "UNAVAILABLE", 503),
        (OverloadedError, "UNAVAILABLE", True),
        id="row 3.27 is overloaded",
    ),
    pytest.param(503, HTML, (ProviderError, None, True), id="503 of a proxy"),
    pytest.param(
        504,
        _told("Deadline expired before operation could complete.", "DEADLINE_EXCEEDED", 504),
        (ProviderError, "DEADLINE_EXCEEDED", True),
        id="504",
    ),
    pytest.param(204, "", (ProviderError, None, False), id="204"),
    pytest.param(302, HTML, (ProviderError, None, False), id="302"),
]


# As the vendor's server words them, each under its status.
REAL = [
    pytest.param(
        _told("API key expired. Please renew the API key.", "INVALID_ARGUMENT", 400, KEY),
        (AuthenticationError, "API_KEY_INVALID"),
        id="key expired",
    ),
    pytest.param(
        _told(
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API.",
            "PERMISSION_DENIED",
            403,
        ),
        (PermissionDeniedError, "PERMISSION_DENIED"),
        id="no key",
    ),
    pytest.param(
        _told(
            "Your API key was reported as leaked. Please use another API key.",
            "PERMISSION_DENIED",
            403,
        ),
        (PermissionDeniedError, "PERMISSION_DENIED"),
        id="leaked key",
    ),
    pytest.param(
        _told(
            "Generative Language API has not been used in project 123 before or it is disabled.",
            "PERMISSION_DENIED",
            403,
            wire.error_info("SERVICE_DISABLED"),
        ),
        (PermissionDeniedError, "SERVICE_DISABLED"),
        id="API switched off",
    ),
    pytest.param(
        _told("CachedContent not found (or permission denied)", "PERMISSION_DENIED", 403),
        (PermissionDeniedError, "PERMISSION_DENIED"),
        id="no such cache",
    ),
    pytest.param(
        _told(
            "Invalid JSON payload received. Unknown name \"temprature\" at 'generation_config': "
            "Cannot find field.",
            "INVALID_ARGUMENT",
            400,
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": "generation_config", "description": "Unknown name"}],
            },
        ),
        (ValidationError, "INVALID_ARGUMENT"),
        id="unknown field",
    ),
    pytest.param(
        _told(
            "Function call is missing a thought_signature in functionCall parts. This is required "
            "for tools to work correctly. Function call `default_api:f` , position 2.",
            "INVALID_ARGUMENT",
            400,
        ),
        (ValidationError, "INVALID_ARGUMENT"),
        id="no signature",
    ),
    pytest.param(
        _told(
            "Please ensure that the number of function response parts is equal to the number of "
            "function call parts of the function call turn.",
            "INVALID_ARGUMENT",
            400,
        ),
        (ValidationError, "INVALID_ARGUMENT"),
        id="results and calls",
    ),
    pytest.param(
        _told("Unsupported MIME type: image/gif", "INVALID_ARGUMENT", 400),
        (ValidationError, "INVALID_ARGUMENT"),
        id="media type",
    ),
    pytest.param(
        _told(
            "Budget 0 is invalid. This model only works in thinking mode.", "INVALID_ARGUMENT", 400
        ),
        (ValidationError, "INVALID_ARGUMENT"),
        id="thinking budget",
    ),
    pytest.param(
        _told("User location is not supported for the API use.", "FAILED_PRECONDITION", 400),
        (ValidationError, "FAILED_PRECONDITION"),
        id="location",
    ),
    pytest.param(
        _told(
            "The input token count exceeds the maximum number of tokens allowed 1048576.",
            "INVALID_ARGUMENT",
            400,
        ),
        (ContextWindowExceededError, "INVALID_ARGUMENT"),
        id="context without a count",
    ),
    pytest.param(
        _told("Request payload size exceeds the limit: 20971520 bytes.", "INVALID_ARGUMENT", 400),
        (ValidationError, "INVALID_ARGUMENT"),
        id="payload",
    ),
    pytest.param(
        _told("Model is not found: models/gemini-9 for api version v1beta", "NOT_FOUND", 404),
        (ModelNotFoundError, "NOT_FOUND"),
        id="model",
    ),
    pytest.param(
        _told(
            "You exceeded your current quota, please check your plan and billing details.",
            "RESOURCE_EXHAUSTED",
            429,
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [{"url": "https://x"}]},
            DAILY,
            wire.retry_info("12s"),
        ),
        (RateLimitError, "RESOURCE_EXHAUSTED"),
        id="quota of the day",
    ),
    pytest.param(
        _told("The operation was cancelled.", "CANCELLED", 499),
        (ValidationError, "CANCELLED"),
        id="cancelled",
    ),
    pytest.param(
        _told("An internal error has occurred. Please retry.", "INTERNAL", 500),
        (ProviderError, "INTERNAL"),
        id="internal",
    ),
    pytest.param(
        _told("The service is currently unavailable.", "UNAVAILABLE", 503),
        (OverloadedError, "UNAVAILABLE"),
        id="unavailable",
    ),
    pytest.param(
        _told("Deadline expired before operation could complete.", "DEADLINE_EXCEEDED", 504),
        (ProviderError, "DEADLINE_EXCEEDED"),
        id="deadline",
    ),
]


@pytest.mark.parametrize(("body", "expected"), REAL)
def test_failure_says_class_message_and_code(body, expected):
    """Under its status, and inside an answer with status 200."""
    for status in (body["error"]["code"], None):
        error = _map(status, body)
        assert (type(error), error.code) == expected
        assert body["error"]["message"] in error.message


@pytest.mark.parametrize("in_list", [False, True], ids=["", "in a list"])
@pytest.mark.parametrize(("status", "body", "expected"), BY_STATUS)
def test_failure_is_mapped_by_status_and_code(status, body, expected, in_list):
    """The status picks class and retry, a code refines it; a list around it changes nothing."""
    body = [body] if in_list and isinstance(body, dict) else body
    error = _map(status, body)
    assert (type(error), error.code, error.retryable) == expected
    assert (error.status_code, error.body) == (status, body)


def test_hint_of_a_wrong_address_names_base_url():
    """A 404 that is not the wire's own speaks of base_url and shows the page."""
    error = _map(404, HTML)
    assert "base_url" in error.hint
    assert "Error 404" in error.message


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("34.074824224s", 34.074824224), ("7s", 7.0), ("0s", 0.0), ("soon", None), ("-3s", None)],
)
def test_retry_info_in_the_body_says_when_to_come_back(delay, seconds):
    """Gemini sends no header; https://cloud.google.com/apis/design/errors has RetryInfo."""
    body = _told("m", "RESOURCE_EXHAUSTED", 429, DAILY, wire.retry_info(delay))
    assert _map(429, body).retry_after == seconds


@pytest.mark.parametrize(
    "details",
    [
        None,
        "x",
        {},
        [None],
        ["x"],
        [{}],
        [{"@type": 7}],
        [{"@type": "RetryInfo"}],
        [{"@type": "RetryInfo", "retryDelay": {"seconds": 3}}],
        [{"retryDelay": "3s"}],
    ],
    ids=str,
)
def test_odd_details_are_left_out(details):
    """Nothing that stands there spoils the error."""
    body = {"error": {"code": 429, "message": "m", "details": details}}
    error = _map(429, body)
    assert (type(error), error.retry_after, error.code) == (RateLimitError, None, "429")


def test_a_header_goes_before_the_body():
    """The server nearest to us has the last word."""
    body = _told("m", "RESOURCE_EXHAUSTED", 429, wire.retry_info("34s"))
    assert _map(429, body, retry_after="2").retry_after == 2.0


def test_a_day_of_waiting_is_a_hint_that_nobody_keeps():
    """It is said on the error."""
    error = _map(429, _told("m", "RESOURCE_EXHAUSTED", 429, wire.retry_info("36000s")))
    assert (error.retry_after, "nobody waited" in error.hint) == (36000.0, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_told("Bad value", "INVALID_ARGUMENT", 400), "Bad value"),
        ({"error": "Bad value"}, "Bad value"),
        ({"detail": "Bad value"}, "Bad value"),
        ({"message": "Bad value"}, "Bad value"),
        ({"error": {"message": ["Bad value"]}}, "Bad value"),
        ("Bad value", "Bad value"),
        (["Bad value"], "Bad value"),
        ("x" * 500, "x" * 200),
        ([], "no reason"),
        ({"error": None}, "no reason"),
        ({"error": {"message": "bad \ud83d"}}, "bad \ufffd"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)
def test_message_is_the_servers(body, message):
    """The server's words are shown, whatever the form of the body, cut at 200 characters."""
    error = _map(400, body)
    assert message in str(error)
    assert "x" * 201 not in str(error)


@pytest.mark.parametrize(
    ("error", "cls", "retryable"),
    [
        pytest.param({"code": 400}, ValidationError, False, id="400"),
        pytest.param({"code": 403}, PermissionDeniedError, False, id="403"),
        pytest.param({"code": 404}, ModelNotFoundError, False, id="404"),
        pytest.param({"code": 429}, RateLimitError, True, id="429"),
        pytest.param({"code": "429"}, RateLimitError, True, id="429 as text"),
        pytest.param({"status": 429}, RateLimitError, True, id="429 as status"),
        pytest.param({"code": 500, "status": "INTERNAL"}, ProviderError, True, id="500"),
        pytest.param({"code": 503}, ProviderError, True, id="503"),
        pytest.param({"code": 503, "status": "UNAVAILABLE"}, OverloadedError, True, id="overload"),
        pytest.param({"status": "UNAVAILABLE"}, OverloadedError, True, id="a word"),
        pytest.param({"status": "RESOURCE_EXHAUSTED"}, RateLimitError, True, id="exhausted"),
        pytest.param({"status": "INVALID_ARGUMENT"}, ValidationError, False, id="argument"),
        pytest.param({"status": "ODD"}, ProviderError, True, id="unknown word"),
        pytest.param({"code": 400, "details": [KEY]}, AuthenticationError, False, id="key"),
        pytest.param({"details": [KEY]}, AuthenticationError, False, id="key alone"),
        pytest.param({"code": 17}, ProviderError, True, id="a number that is no status"),
        pytest.param({"code": {}}, ProviderError, True, id="an object"),
        pytest.param({}, ProviderError, True, id="nothing"),
    ],
)
def test_error_inside_an_answer_is_mapped_by_its_code(error, cls, retryable):
    """The embedded status or word decides; the answer itself had status 200."""
    mapped = _map(None, {"error": {"message": "it broke", **error}})
    assert (type(mapped), mapped.retryable, mapped.status_code) == (cls, retryable, None)
    assert "it broke" in mapped.message


@pytest.mark.parametrize("error", [{"code": 429}, {}], ids=["with a status", "without one"])
def test_error_inside_an_answer_keeps_its_hint(error):
    """RetryInfo counts there too."""
    told = {"message": "m", "details": [wire.retry_info("3s")], **error}
    assert _map(None, {"error": told}).retry_after == 3.0


def test_full_context_told_inside_an_answer_is_known_by_its_words_too():
    """With its status beside it."""
    told = _told(TOO_LONG, "INVALID_ARGUMENT", 400)
    assert type(_map(None, told)) is ContextWindowExceededError


def test_facts_are_kept():
    """Request id and foreign exception are on the error."""
    cause = ValueError("sdk")
    facts = ErrorFacts(status=500, headers={"x-request-id": "req_7"}, body=None, cause=cause)
    error = GeminiCodec().map_error(facts)
    assert (error.request_id, error.provider_error) == ("req_7", cause)
