"""Failures on Anthropic's wire -> our errors.

The status picks the row, a code refines it; inside an answer with status 200 the code alone
decides. https://docs.claude.com/en/api/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ...errors import (
    AuthenticationError,
    ContextWindowExceededError,
    ErrorFacts,
    InsufficientCreditsError,
    LLMError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from ...surrogates import mend_text
from ..json_values import failure_status, text_or_none
from ..status import (
    class_for_code,
    error_for_status,
    find_error,
    is_general,
    read_words,
    refine,
    speaks_of_full_context,
    take_document,
)

# `error.type`; then `error.details.error_code` of limits that waiting does not lift; then what
# gateways write that speak OpenAI's wire too, and servers of one's own.
_CODES: dict[str, type[LLMError]] = {
    "invalid_request_error": ValidationError,
    "request_too_large": ValidationError,
    "authentication_error": AuthenticationError,
    "billing_error": InsufficientCreditsError,
    "permission_error": PermissionDeniedError,
    "not_found_error": ModelNotFoundError,
    "conflict_error": ProviderError,
    "rate_limit_error": RateLimitError,
    "timeout_error": RequestTimeoutError,
    "api_error": ProviderError,
    "overloaded_error": OverloadedError,
    "contract_spend_limit_reached": InsufficientCreditsError,
    "enforced_spend_limit_reached": InsufficientCreditsError,
    "linked_organization_spend_limit_reached": InsufficientCreditsError,
    "linked_organization_billing_unavailable": InsufficientCreditsError,
    "insufficient_quota": InsufficientCreditsError,
    "context_length_exceeded": ContextWindowExceededError,
    "exceed_context_size_error": ContextWindowExceededError,  # llama.cpp
    "rate_limit_exceeded": RateLimitError,
    "overloaded": OverloadedError,
}

# An empty account is told with a general code, and nothing but words.
_CREDIT_WORDS = "credit balance"


class _Told(NamedTuple):
    """What an error document says.

    Attributes:
        code: The most precise code of it.
        kind: Its general type.
        message: Its words.
        request_id: The provider's id of the request.
        status: The HTTP status that a gateway has written into it.
    """

    code: str | None
    kind: str | None
    message: str
    request_id: str | None = None
    status: int | None = None


def map_error(facts: ErrorFacts) -> LLMError:
    """Decide which error a failure is."""
    told = _read_error(facts.body)
    error = _told_inside(facts, told) if facts.status is None else _by_status(facts, told)
    error.request_id = error.request_id or told.request_id
    return error


def told_error(document: Mapping[str, Any]) -> LLMError | None:
    """Give the error that an answer or event with status 200 tells of, if it does."""
    return error_from_document(document) if _is_error_document(document) else None


def error_from_document(document: Any) -> LLMError:
    """Decide which error a document inside an answer with status 200 is."""
    return map_error(ErrorFacts(body=document))


def _read_error(body: Any) -> _Told:
    """Read an error document, also where a gateway has put its own in the place of the API's.

    Forms: ``{"type": "error", "error": {"type", "message", "details"}, "request_id"}``,
    the same with a ``code`` in the place of details, ``{"error": "text"}``, ``{"detail": ...}``,
    ``{"errors": [...]}``, the object of ``error`` on its own, any of them in a list, plain text.
    """
    body = take_document(body)
    if not isinstance(body, dict):
        return _Told(None, None, mend_text(read_words(body)))
    request_id = text_or_none(body.get("request_id"))
    error = find_error(body)
    if not isinstance(error, dict):
        return _Told(None, None, mend_text(read_words(error)), request_id)
    details = error.get("details")
    kind = text_or_none(error.get("type"))
    told = details.get("error_code") if isinstance(details, dict) else error.get("code")
    code = text_or_none(told)
    words = mend_text(read_words(error))
    status = failure_status(error.get("status_code")) or failure_status(error.get("code"))
    return _Told(code or kind, kind, words, request_id, status)


def _told_inside(facts: ErrorFacts, told: _Told) -> LLMError:
    """Decide by the code; a status in its place says more than none, or a general one."""
    cls = class_for_code(_CODES, told.code, told.kind)
    if told.status is not None and cls in (None, ProviderError, ValidationError):
        error = _by_status(replace(facts, status=told.status), told)
        error.status_code = None  # the answer itself had status 200
        return error
    return (cls or ProviderError)(
        f"the server answered with an error: {told.message or 'it gave no reason'}",
        code=told.code,
        body=facts.body,
    )


def _by_status(facts: ErrorFacts, told: _Told) -> LLMError:
    refined = refine(facts.status or 0, _CODES, told.code, told.kind)
    if refined is None and facts.status == 400 and is_general(told.code):
        refined = _class_for_words(told.message)
    own_form = told.status is not None or _is_error_document(take_document(facts.body))
    return error_for_status(facts, refined, told.code, told.message, own_form=own_form)


def _class_for_words(message: str) -> type[LLMError] | None:
    if _CREDIT_WORDS in message.lower():
        return InsufficientCreditsError
    return ContextWindowExceededError if speaks_of_full_context(message) else None


def _is_error_document(document: Any) -> bool:
    return isinstance(document, dict) and bool(
        document.get("error") or document.get("type") == "error"
    )
