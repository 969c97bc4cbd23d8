"""The loop that whole and streamed answers share: try, wait, try again, ask another model.

Every try is kept in the trail.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from .cancel import Cancel
from .errors import LLMError, NetworkError
from .fork import loading
from .hooks import Hooks, notify
from .limits import Deadline, Limits, Patience
from .providers.base import Adapter
from .retry import Failure, RetryPolicy, may_fall_back
from .retry_budget import RetryBudget
from .secret import clear_frames, forget_frames, mask
from .types import Attempt, ChatRequest

_log = logging.getLogger("llm_connectivity")
_log.addHandler(logging.NullHandler())

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One model that may answer a call.

    Attributes:
        request: What is asked.
        adapter: Who is asked.
        max_retries: Retries after the first try.
        patience: How long each wait may be.
        warnings: What of the call goes otherwise than it was given, if this one answers.
    """

    request: ChatRequest
    adapter: Adapter
    max_retries: int
    patience: Patience
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.request.provider}/{self.request.model}"


@dataclass(slots=True, kw_only=True)
class Call:
    """One call: who may answer it, under which policy, and what has been tried so far.

    Attributes:
        candidates: Who is asked, one after the other.
        policy: When a failed try is repeated.
        budget: What retries are paid from; ``None``: they are free.
        deadline: When all of it has to be over.
        stream: Whether the answer is streamed.
        raise_on_filter: Whether an answer cut by a content filter is an error.
        hooks: What is told of the call.
        cancel: Ends it from another thread.
        fallen_back: One sentence for each candidate that failed.
        attempts: Every try so far.
        keys: Those that were sent; nothing shows them.
    """

    candidates: tuple[Candidate, ...]
    policy: RetryPolicy
    deadline: Deadline
    stream: bool
    budget: RetryBudget | None = None
    raise_on_filter: bool = False
    hooks: tuple[Hooks, ...] = ()
    cancel: Cancel = field(default_factory=Cancel)
    fallen_back: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    keys: list[str] = field(default_factory=list, repr=False)

    @property
    def candidate(self) -> Candidate:
        """Who is being asked."""
        return self.candidates[len(self.fallen_back)]

    @property
    def request(self) -> ChatRequest:
        """What is being asked."""
        return self.candidate.request

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was dropped or changed on the way."""
        return (*self.fallen_back, *self.candidate.warnings)

    def limits(self) -> Limits:
        """Make the limits of one try."""
        make = Limits.for_stream if self.stream else Limits.for_answer
        patience = self.candidate.patience
        return make(patience, deadline=self.deadline, cancel=self.cancel, keys=self.keys)


def run(call: Call, attempt: Callable[[Limits], tuple[T, str | None]]) -> T | Failure:
    """Try until it succeeds, or nobody is left to be asked.

    Args:
        call: The call; every try is added to its ``attempts``.
        attempt: One try; returns its result and the provider's request id.

    Returns:
        The result, or the last error with all attempts.
    """
    handled = sys.exception()
    notify(call.hooks, "on_start", call.request)
    try:
        while True:
            outcome = _Tries(call, handled).run(attempt)
            if not isinstance(outcome, Failure) or not _fall_back(call, outcome.error):
                return outcome
    except StopIteration as error:  # of a function that was given: next() must not pass it on
        raise RuntimeError("a function given to the client raised StopIteration") from error


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


class _Tries:
    """The tries of one candidate.

    tenacity keeps its functions until they are collected, so nothing here refers to the stream.
    """

    def __init__(self, call: Call, handled: BaseException | None) -> None:
        self._call = call
        self._handled = handled
        self._waited = 0.0
        self._interruptions: list[BaseException] = []

    def run(self, attempt: Callable[[Limits], tuple[T, str | None]]) -> T | Failure:
        """Try until it succeeds or must not be tried again."""
        with loading("tenacity"):
            import tenacity

        call = self._call
        for warning in call.candidate.warnings:
            _log.warning("%s: %s", call.candidate, warning)
        arguments = call.policy.tenacity_arguments(
            max_retries=call.candidate.max_retries,
            stream=call.stream,
            seconds_left=call.deadline.left,
            sleep=call.cancel.sleep,
            before_sleep=self._note_retry,
            budget=call.budget,
        )
        outcome = tenacity.Retrying(**arguments)(self._once, attempt)
        if outcome is None:
            # tenacity would keep it in a frame that it keeps itself: sockets, too, until all of
            # that is collected. A local of this frame would do the same.
            raise self._interruptions.pop()
        return outcome

    def _once(self, attempt: Callable[[Limits], tuple[T, str | None]]) -> T | Failure | None:
        """Try; ``None``: something else than a failure has come between."""
        call, started = self._call, self._call.policy.clock()
        if call.cancel.is_set:  # no try, and none for the trail
            return Failure(describe(_closed("waited to be tried again"), call, self._handled))
        try:
            with _failing_for(call.cancel):
                result, request_id = attempt(call.limits())
            _note(call, None, self._waited, started, request_id)
            return result
        except LLMError as error:
            describe(error, call, self._handled)
            _note(call, type(error).__name__, self._waited, started, error.request_id)
            error.attempts = tuple(call.attempts)
            return Failure(error)
        except BaseException as error:
            self._interruptions.append(error)
            return None

    def _note_retry(self, error: LLMError, number: int, wait: float) -> None:
        self._waited = wait
        _log.info(
            "retry %d of %d for %s in %.2f s after %s%s",
            number,
            self._call.candidate.max_retries,
            self._call.candidate,
            wait,
            type(error).__name__,
            f" (HTTP {error.status_code})" if error.status_code else "",
        )
        forget_frames(error, self._handled)
        notify(self._call.hooks, "on_retry", error, wait)


@contextlib.contextmanager
def _failing_for(cancel: Cancel) -> Iterator[None]:
    """Let a try fail for being closed, whatever that did to it below."""
    try:
        yield
    except LLMError as error:
        if cancel.is_set:
            raise _closed("was under way") from error
        raise


def _closed(when: str) -> NetworkError:
    return NetworkError(
        f"close() was called while this call {when}.",
        code="closed",
        retryable=False,
        hint="Close a client when its calls are over.",
    )


def _fall_back(call: Call, error: LLMError) -> bool:
    """Go on to the next candidate, if there is one and it may help."""
    failed = call.candidate
    nobody_left = failed is call.candidates[-1] or call.deadline.left() <= 0
    if nobody_left or not may_fall_back(error):
        return False
    call.fallen_back.append(f"{failed} failed with {type(error).__name__}: another was asked.")
    _log.warning("%s failed with %s: asking %s", failed, type(error).__name__, call.candidate)
    return True


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
