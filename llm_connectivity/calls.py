"""The loop that whole and streamed answers share: try, wait, try again, and keep the trail."""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .errors import ContentFilterError, LLMError
from .limits import Limits
from .providers.base import Adapter
from .retry import RetryPolicy
from .secret import clear_frames, mask
from .types import Attempt, ChatRequest, ChatResponse

_log = logging.getLogger("llm_connectivity")
_log.addHandler(logging.NullHandler())

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Call:
    """One call: what is asked, of whom, under which policy, and what has been tried so far.

    Attributes:
        request: What is asked.
        adapter: Who is asked.
        policy: When a failed try is repeated.
        max_retries: Retries after the first try.
        timeout: Seconds for each wait, or ``None`` for the defaults.
        stream: Whether the answer is streamed.
        raise_on_filter: Whether an answer cut by a content filter is an error.
        warnings: What was dropped or ignored on the way.
        attempts: Every try so far.
        keys: Those that were sent; nothing shows them.
    """

    request: ChatRequest
    adapter: Adapter
    policy: RetryPolicy
    max_retries: int
    timeout: float | None
    stream: bool
    raise_on_filter: bool = False
    warnings: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    keys: list[str] = field(default_factory=list, repr=False)

    def limits(self) -> Limits:
        """Make the limits of one try."""
        make = Limits.for_stream if self.stream else Limits.for_answer
        return make(self.timeout, self.keys)


def run(call: Call, attempt: Callable[[Limits], tuple[T, str | None]]) -> T:
    """Try until it succeeds or must not be tried again.

    Args:
        call: The call; every try is added to its ``attempts``.
        attempt: One try; returns its result and the provider's request id.

    Raises:
        LLMError: The last error, with all attempts.
    """
    import tenacity

    waited = 0.0
    handled = sys.exception()

    def note_retry(state: Any) -> None:
        nonlocal waited
        waited = state.upcoming_sleep
        _log.info(
            "retry %d of %d for %s/%s in %.2f s after %s",
            state.attempt_number,
            call.max_retries,
            call.request.provider,
            call.request.model,
            waited,
            type(state.outcome.exception()).__name__,
        )

    def attempt_once() -> T:
        started = call.policy.clock()
        try:
            result, request_id = attempt(call.limits())
        except LLMError as error:
            describe(error, call, handled)
            _note(call, type(error).__name__, waited, started, error.request_id)
            error.attempts = tuple(call.attempts)
            raise
        _note(call, None, waited, started, request_id)
        return result

    arguments = call.policy.tenacity_arguments(
        max_retries=call.max_retries, stream=call.stream, before_sleep=note_retry
    )
    return tenacity.Retrying(**arguments)(attempt_once)


def describe(error: LLMError, call: Call, handled: BaseException | None = None) -> LLMError:
    """Say on an error which call it is from, and hide keys that the server echoed.

    Args:
        error: What went wrong.
        call: The call.
        handled: What the caller was already handling; it is left alone.
    """
    clear_frames(error, handled)
    error.provider = error.provider or call.request.provider
    error.model = error.model or call.request.model
    error.attempts = error.attempts or tuple(call.attempts)
    for name in ("message", "body", "code", "request_id"):
        setattr(error, name, mask(getattr(error, name), call.keys))
    error.args = (error.message,)
    return error


def complete(response: ChatResponse, call: Call) -> ChatResponse:
    """Say on an answer which call it is from."""
    return dataclasses.replace(
        response,
        provider=call.request.provider,
        model=response.model or call.request.model,
        requested_model=call.request.model,
        attempts=tuple(call.attempts),
        warnings=(*call.warnings, *mask(response.warnings, call.keys)),
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


def _note(
    call: Call, error: str | None, waited: float, started: float, request_id: str | None
) -> None:
    call.attempts.append(
        Attempt(
            provider=call.request.provider,
            model=call.request.model,
            error=error,
            waited=waited,
            seconds=call.policy.clock() - started,
            request_id=mask(request_id, call.keys),
        )
    )
