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
from ...surrogates import mend_text
from ..json_text import beginning_of
from ..json_values import dicts_in, failure_status, text_or_none, whole_or_none
from ..status import (
    class_for_code,
    error_for_status,
    is_general,
    read_words,
    refine,
    speaks_of_full_context,
)

_CODES: dict[str, type[LLMError]] = {
    "context_length_exceeded": ContextWindowExceededError,
    "exceed_context_size_error": ContextWindowExceededError,  # llama.cpp
    "model_max_prompt_tokens_exceeded": ContextWindowExceededError,  # GitHub Copilot
    "content_filter": ContentFilterError,
    "content_policy_violation": ContentFilterError,
    "responsibleaipolicyviolation": ContentFilterError,
    "data_inspection_failed": ContentFilterError,  # DashScope
    "1301": ContentFilterError,  # Zhipu
    "insufficient_quota": InsufficientCreditsError,
    "billing_hard_limit_reached": InsufficientCreditsError,
    "billing_not_active": InsufficientCreditsError,
    "billing_error": InsufficientCreditsError,
    "insufficient_credits": InsufficientCreditsError,
    "exceeded_current_quota_error": InsufficientCreditsError,  # Moonshot
    "insufficient_balance_error": InsufficientCreditsError,  # MiniMax
    "1113": InsufficientCreditsError,  # Zhipu
    "invalid_api_key": AuthenticationError,
    "wrong_api_key": AuthenticationError,  # Cerebras
    "incorrect_api_key_error": AuthenticationError,  # Moonshot
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
    "engine_overloaded_error": OverloadedError,
    "server_overloaded": OverloadedError,
    "timeout": RequestTimeoutError,
    "request_timeout": RequestTimeoutError,
    "server_error": ProviderError,
    "internal_error": ProviderError,
    "internal_server_error": ProviderError,
    "api_error": ProviderError,
    "invalid_request_error": ValidationError,
}

# The numbers of MiniMax's ``base_resp`` that say what went wrong, in the words of others.
# https://platform.minimax.io/docs/api-reference/errorcode
_NUMBERS = {
    1001: "timeout",
    1002: "rate_limit_exceeded",
    1004: "authentication_error",
    1008: "insufficient_balance_error",
    1026: "content_filter",
    1027: "content_filter",
    1041: "rate_limit_exceeded",
    2013: "invalid_request_error",
    2049: "invalid_api_key",
    2056: "rate_limit_exceeded",
}

# What a document of https://www.rfc-editor.org/rfc/rfc9457 has at NVIDIA.
_PROBLEM = {"status", "title", "detail"}


def map_error(facts: ErrorFacts) -> LLMError:
    """Decide which error a failure is."""
    code, kind, message, status = read_error(facts.body)
    if facts.status is None:
        error = _told_inside(facts, code, kind, message, status)
    else:
        own_form = _is_error_document(_first(facts.body)) and code != "unknown_url"
        error = _by_status(facts, code, kind, message, own_form=own_form)
    if error.request_id is None and isinstance(facts.body, dict):
        error.request_id = text_or_none(facts.body.get("request_id"))
    return error


def told_error(document: Mapping[str, Any]) -> LLMError | None:
    """Give the error that an answer or event with status 200 tells of, if it does."""
    return error_from_document(document) if _is_error_document(document) else None


def error_from_document(document: Any) -> LLMError:
    """Decide which error a document inside an answer with status 200 is."""
    return map_error(ErrorFacts(body=document))


def read_error(body: Any) -> tuple[str | None, str | None, str, int | None]:
    """Give code, type, message and embedded status of an error document, whatever its form.

    Forms seen: ``{"error": {...}}``, ``{"error": "text", "code": ...}``, ``{"errors": [...]}``,
    ``{"detail": ...}``, ``{"title": ..., "detail": ...}``, ``{"base_resp": {...}}`` (MiniMax), the
    object of ``error`` on its own, a list with one of these in it (Google), plain text.
    """
    body = _first(body)
    error = _find_error(body)
    message = mend_text(read_words(error) + _words_of_upstream(error))
    # Beside an error that is no object stands what it would hold.
    error = error if isinstance(error, dict) else body
    if not isinstance(error, dict):
        return None, None, message, None
    code, kind = error.get("code", error.get("error_code")), error.get("type")
    status = (
        failure_status(error.get("status_code"))
        or failure_status(code)
        or failure_status(error.get("status"))
    )
    return (
        None if code is None else str(code),
        None if kind is None else str(kind),
        message,
        status,
    )


def _first(body: Any) -> Any:
    return body[0] if isinstance(body, list) and len(body) == 1 else body


def _find_error(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    told = body.get("error", body)
    if told is not body:
        return told
    several = dicts_in(body.get("errors"))
    return several[0] if several else _read_base_resp(body) or body


def _read_base_resp(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the error that MiniMax tells of with status 200, nothing where it tells of none."""
    told = body.get("base_resp")
    told = told if isinstance(told, dict) else {}
    number = whole_or_none(told.get("status_code"))
    if not number:
        return {}
    return {"code": number, "type": _NUMBERS.get(number), "message": told.get("status_msg")}


def _words_of_upstream(error: Any) -> str:
    """Give what a router's own provider has said, which it puts beside its own words.

    https://openrouter.ai/docs/api/reference/errors-and-debugging
    """
    told = error.get("metadata") if isinstance(error, dict) else None
    if not isinstance(told, dict):
        return ""
    raw, upstream = text_or_none(told.get("raw")), text_or_none(told.get("provider_name"))
    return f" ({upstream or 'its provider'}: {beginning_of(raw)})" if raw else ""


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
    if refined is None and status == 400 and _names_wrong_key(facts.body):
        refined = AuthenticationError
    return error_for_status(facts, refined, code or kind, message, own_form=own_form)


def _names_wrong_key(body: Any) -> bool:
    """Whether it is Google's server that says so, which has no 401 for it.

    https://ai.google.dev/gemini-api/docs/openai
    """
    error = _find_error(_first(body))
    details = dicts_in(error.get("details")) if isinstance(error, dict) else []
    return any(detail.get("reason") == "API_KEY_INVALID" for detail in details)


def _is_error_document(document: Any) -> bool:
    """Whether this tells of an error, in OpenAI's form or in one that other servers have for it."""
    if not isinstance(document, dict):
        return False
    if document.get("error") or document.get("object") == "error" or _read_base_resp(document):
        return True
    if "choices" in document:
        return False
    is_named = any(isinstance(document.get(name), str) for name in ("code", "type", "error_code"))
    is_bare = is_named and isinstance(document.get("message"), str)
    return is_bare or bool(dicts_in(document.get("errors"))) or document.keys() >= _PROBLEM
