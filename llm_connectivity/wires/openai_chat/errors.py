"""Failures on OpenAI's wire -> our errors.

The status picks the row, a code refines it; inside an answer with status 200 the code alone
decides. https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import (
    AuthenticationError,
    ContentFilterError,
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
from ..json_text import beginning_of, mend_text
from ..json_values import failure_status
from ..status import class_for_code, error_for_status, is_general, refine, speaks_of_full_context

_CODES: dict[str, type[LLMError]] = {
    "context_length_exceeded": ContextWindowExceededError,
    "content_filter": ContentFilterError,
    "content_policy_violation": ContentFilterError,
    "responsibleaipolicyviolation": ContentFilterError,
    "insufficient_quota": InsufficientCreditsError,
    "billing_hard_limit_reached": InsufficientCreditsError,
    "billing_not_active": InsufficientCreditsError,
    "billing_error": InsufficientCreditsError,
    "insufficient_credits": InsufficientCreditsError,
    "invalid_api_key": AuthenticationError,
    "authentication_error": AuthenticationError,
    "permission_error": PermissionDeniedError,
    "permission_denied": PermissionDeniedError,
    "model_not_found": ModelNotFoundError,
    "rate_limit_exceeded": RateLimitError,
    "rate_limit_error": RateLimitError,
    "too_many_requests": RateLimitError,
    "overloaded": OverloadedError,
    "overloaded_error": OverloadedError,
    "engine_overloaded": OverloadedError,
    "server_overloaded": OverloadedError,
    "timeout": RequestTimeoutError,
    "request_timeout": RequestTimeoutError,
    "server_error": ProviderError,
    "internal_error": ProviderError,
    "internal_server_error": ProviderError,
    "api_error": ProviderError,
    "invalid_request_error": ValidationError,
}


def map_error(facts: ErrorFacts) -> LLMError:
    """Decide which error a failure is."""
    code, kind, message, status = read_error(facts.body)
    if facts.status is None:
        return _told_inside(facts, code, kind, message, status)
    own_form = _is_error_document(facts.body) and code != "unknown_url"
    return _by_status(facts, code, kind, message, own_form=own_form)


def told_error(document: Mapping[str, Any]) -> LLMError | None:
    """Give the error that an answer or event with status 200 tells of, if it does."""
    return error_from_document(document) if _is_error_document(document) else None


def error_from_document(document: Any) -> LLMError:
    """Decide which error a document inside an answer with status 200 is."""
    return map_error(ErrorFacts(body=document))


def read_error(body: Any) -> tuple[str | None, str | None, str, int | None]:
    """Give code, type, message and embedded status of an error document, whatever its form.

    Forms seen: ``{"error": {...}}``, ``{"error": "text"}``, ``{"detail": ...}``, the object of
    ``error`` on its own, plain text.
    """
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return None, None, beginning_of(str(error or "")), None
    code, kind = error.get("code"), error.get("type")
    message = error.get("message") or error.get("detail") or ""
    status = (
        failure_status(error.get("status_code"))
        or failure_status(code)
        or failure_status(error.get("status"))
    )
    return (
        None if code is None else str(code),
        None if kind is None else str(kind),
        mend_text(message if isinstance(message, str) else str(message)),
        status,
    )


def _told_inside(
    facts: ErrorFacts, code: str | None, kind: str | None, message: str, status: int | None
) -> LLMError:
    """Decide by the code; a number in its place is a status, and says more than a general type."""
    cls = class_for_code(_CODES, code, kind)
    if status is not None and (cls is None or cls in (ProviderError, ValidationError)):
        error = _by_status(replace(facts, status=status), code, kind, message, own_form=True)
        error.status_code = None  # the answer itself had status 200
        return error
    return (cls or ProviderError)(
        f"the server answered with an error: {message or 'it gave no reason'}",
        code=code or kind,
        body=facts.body,
    )


def _by_status(
    facts: ErrorFacts, code: str | None, kind: str | None, message: str, *, own_form: bool
) -> LLMError:
    status = facts.status or 0
    refined = refine(status, _CODES, code, kind)
    if refined is None and status == 400 and is_general(code) and speaks_of_full_context(message):
        refined = ContextWindowExceededError
    return error_for_status(facts, refined, code or kind, message, own_form=own_form)


def _is_error_document(document: Any) -> bool:
    return isinstance(document, dict) and bool(
        document.get("error") or document.get("object") == "error"
    )
