"""Failures on Gemini's wire -> our errors.

The status picks the row; a code refines it. Inside an answer with status 200 the status that is
told there picks it. https://ai.google.dev/gemini-api/docs/troubleshooting, and for ``details``
https://cloud.google.com/apis/design/errors#error_model
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import (
    AuthenticationError,
    ContextWindowExceededError,
    ErrorFacts,
    LLMError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    ValidationError,
)
from ...surrogates import mend_text
from ..json_values import failure_status, text_or_none
from ..status import (
    class_for_code,
    error_for_status,
    find_error,
    read_words,
    refine,
    speaks_of_full_context,
    take_document,
    write_plain,
)

# https://cloud.google.com/apis/design/errors#handling_errors; quota that is used up for the day
# and requests that come too fast are one code, and the words say nothing that can be relied on.
_CODES: dict[str, type[LLMError]] = {
    "api_key_invalid": AuthenticationError,
    "unauthenticated": AuthenticationError,
    "permission_denied": PermissionDeniedError,
    "not_found": ModelNotFoundError,
    "resource_exhausted": RateLimitError,
    "unavailable": OverloadedError,
    "invalid_argument": ValidationError,
    "failed_precondition": ValidationError,
    "out_of_range": ValidationError,
}

_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?)s\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What an error document says.

    Attributes:
        message: The vendor's words.
        number: The HTTP status it names.
        word: The same as a word: ``"RESOURCE_EXHAUSTED"``.
        reason: What an ``ErrorInfo`` among its details says: ``"API_KEY_INVALID"``.
        retry_after: Seconds that a ``RetryInfo`` names.
    """

    message: str = ""
    number: int | None = None
    word: str | None = None
    reason: str | None = None
    retry_after: float | None = None

    @property
    def code(self) -> str | None:
        """The word that says most."""
        return self.reason or self.word


def map_error(facts: ErrorFacts) -> LLMError:
    """Decide which error a failure is."""
    told = _read_error(facts.body)
    if facts.status is None:
        return _told_inside(facts, told)
    return _by_status(facts, told, own_form=_is_error_document(take_document(facts.body)))


def told_error(document: Any) -> LLMError | None:
    """Give the error that an answer or event with status 200 tells of, if it does."""
    return error_from_document(document) if _is_error_document(document) else None


def error_from_document(document: Any) -> LLMError:
    """Decide which error a document inside an answer with status 200 is."""
    return map_error(ErrorFacts(body=document))


def _told_inside(facts: ErrorFacts, told: _Told) -> LLMError:
    if told.number is not None:
        error = _by_status(replace(facts, status=told.number), told, own_form=True)
        error.status_code = None  # the answer itself had status 200
        return error
    cls = class_for_code(_CODES, told.reason, told.word) or ProviderError
    return cls(
        f"the server answered with an error: {told.message or 'it gave no reason'}",
        code=told.code,
        retry_after=told.retry_after,
        body=facts.body,
    )


def _by_status(facts: ErrorFacts, told: _Told, *, own_form: bool) -> LLMError:
    return error_for_status(
        facts,
        _refine(facts.status or 0, told),
        told.code,
        told.message,
        own_form=own_form,
        retry_after=told.retry_after,
    )


def _refine(status: int, told: _Told) -> type[LLMError] | None:
    if status == 400 and told.reason == "API_KEY_INVALID":
        return AuthenticationError
    if status == 400 and speaks_of_full_context(told.message):
        return ContextWindowExceededError
    return refine(status, _CODES, told.reason, told.word)


def _read_error(body: Any) -> _Told:
    """Read an error document, whatever its form.

    Forms seen: ``{"error": {...}}``, the same in a list, ``{"error": "text"}``,
    ``{"detail": ...}``, the object of ``error`` on its own, plain text.
    """
    error = find_error(take_document(body))
    if not isinstance(error, dict):
        return _Told(message=mend_text(read_words(error)))
    code = error.get("code")
    details = [item for item in _list(error.get("details")) if isinstance(item, dict)]
    return _Told(
        message=mend_text(read_words(error)),
        number=failure_status(code) or failure_status(error.get("status")),
        word=text_or_none(error.get("status")) or write_plain(code),
        reason=next(_values(details, "ErrorInfo", "reason"), None),
        retry_after=next(map(_seconds, _values(details, "RetryInfo", "retryDelay")), None),
    )


def _values(details: list[dict[str, Any]], kind: str, name: str) -> Iterator[str]:
    """Give what the details of a kind hold under a name, where it is a text."""
    for detail in details:
        value = text_or_none(detail.get(name))
        if value is not None and (text_or_none(detail.get("@type")) or "").endswith(kind):
            yield value


def _seconds(duration: str) -> float | None:
    """Read a duration; https://protobuf.dev/programming-guides/json/ has them as ``"34.07s"``."""
    found = _SECONDS.match(duration)
    return float(found[1]) if found else None


def _is_error_document(document: Any) -> bool:
    return isinstance(document, Mapping) and bool(document.get("error"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
