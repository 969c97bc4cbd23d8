"""What answers and errors say about the call they are from."""

from __future__ import annotations

import dataclasses

from .calls import Call
from .errors import ContentFilterError, LLMError
from .hooks import CallEnd
from .secret import mask
from .types import ChatResponse

# What a server says of an answer besides its text, and where it may echo a key.
_SAID = (
    *("model", "finish_reason", "raw_finish_reason", "id", "request_id", "warnings"),
    *("service_tier", "stop_sequence", "refusal"),
)


def complete(response: ChatResponse, call: Call) -> ChatResponse:
    """Say on an answer which call it is from."""
    said = {name: mask(getattr(response, name), call.keys) for name in _SAID}
    said["model"] = said["model"] or call.request.model
    said["warnings"] = (*call.warnings, *said["warnings"])
    return dataclasses.replace(
        response,
        provider=call.request.provider,
        requested_model=call.request.model,
        attempts=tuple(call.attempts),
        **said,
    )


def filtered(response: ChatResponse) -> ContentFilterError:
    """Make the error for an answer that a content filter cut, where the caller wants one."""
    return ContentFilterError(
        "the provider's content filter cut the answer.",
        code="content_filter",
        partial_text=response.content,
        usage=response.usage,
        request_id=response.request_id,
        hint="Without raise_on_filter=True the text that came before is given as the answer.",
    )


def partial_of(response: ChatResponse, error: LLMError, call: Call) -> ChatResponse:
    """Make what an error holds of an answer: what both say is the same, and keys are hidden.

    Args:
        response: What there is of the answer; its text is left as it is.
        error: What has ended it, described.
        call: The call.
    """
    part = dataclasses.replace(
        response, request_id=error.request_id, usage=error.usage, attempts=error.attempts
    )
    said = {name: mask(getattr(part, name), call.keys) for name in _SAID}
    return dataclasses.replace(part, **said)


def end_of(response: ChatResponse, *, closed: bool = False) -> CallEnd:
    """Say how a call has ended.

    Args:
        response: The answer, or what there is of it.
        closed: Whether the caller broke off.
    """
    return CallEnd(
        provider=response.provider,
        model=response.model,
        requested_model=response.requested_model,
        finish_reason=response.finish_reason,
        usage=response.usage,
        request_id=response.request_id,
        attempts=response.attempts,
        closed=closed,
    )
