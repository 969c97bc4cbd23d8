"""Errors that Anthropic's wire tells of inside an answer with status 200: the type alone decides.

https://docs.claude.com/en/docs/build-with-claude/streaming#error-events
"""

from typing import get_args

import pytest
from anthropic.types.shared import ErrorType

from llm_connectivity.errors import (
    AuthenticationError,
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

CREDIT = "Your credit balance is too low to access the Anthropic API."


def _map(body):
    """Map a failure told inside an answer."""
    return AnthropicCodec().map_error(ErrorFacts(body=body))


INSIDE = {
    "invalid_request_error": (ValidationError, False),
    "request_too_large": (ValidationError, False),
    "authentication_error": (AuthenticationError, False),
    "permission_error": (PermissionDeniedError, False),
    "billing_error": (InsufficientCreditsError, False),
    "not_found_error": (ModelNotFoundError, False),
    "rate_limit_error": (RateLimitError, True),
    "timeout_error": (RequestTimeoutError, True),
    "conflict_error": (ProviderError, True),
    "api_error": (ProviderError, True),
    "overloaded_error": (OverloadedError, True),
    "a_new_error": (ProviderError, True),
}


@pytest.mark.parametrize("kind", INSIDE)
def test_error_inside_an_answer_is_mapped_by_its_type(kind):
    """With status 200 the type alone decides; an unknown one may pass."""
    error = _map(_told(f"prompt is too long; {CREDIT}", kind))
    assert (type(error), error.retryable) == INSIDE[kind]
    assert (error.code, error.status_code) == (kind, None)
    assert "prompt is too long" in str(error)


def test_every_type_that_the_sdk_knows_for_the_messages_api_is_mapped():
    """Those of other APIs apart."""
    others = {"memory_precondition_failed_error", "memory_path_conflict_error"}
    assert set(get_args(ErrorType)) - others <= set(INSIDE)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"type": "error", "error": {}}, "it gave no reason"),
        ({"type": "error", "error": None}, "it gave no reason"),
        ({"type": "error", "error": {"type": 7, "message": ["m"]}}, ": m"),
        ({"error": "It broke."}, "It broke."),
        ("It broke.", "It broke."),
        ({"error": {"message": "bad \ud83d", "details": []}}, "bad \ufffd"),
    ],
    ids=["empty", "null", "odd types", "a text", "no object", "half a character"],
)
def test_error_inside_an_answer_of_an_odd_form_is_a_provider_error(body, says):
    """It says what there is to say."""
    error = _map(body)
    assert type(error) is ProviderError
    assert says in error.message


def test_request_id_of_an_error_inside_a_stream_is_the_bodys():
    """An answer's own headers are added to it later, where it has none."""
    assert _map(_told("m", request_id="req_1")).request_id == "req_1"
    assert _map(_told("m", request_id=None)).request_id is None
