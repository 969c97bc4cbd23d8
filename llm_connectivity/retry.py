"""Which errors are tried again, when, and how often; as keyword arguments for tenacity."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .checks import FOR_EVER_SECONDS, check_max_retries, is_number
from .errors import (
    LLMError,
    NetworkError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
    show,
)

if TYPE_CHECKING:
    from .retry_budget import RetryBudget

_log = logging.getLogger("llm_connectivity")

DEFAULT_MAX_RETRIES = 3

# A server that wants to be left alone for longer than this gets its wish: the error comes at once.
LONGEST_HINT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Failure:
    """What a try returns that has failed."""

    error: LLMError


class Backoff(NamedTuple):
    """Waits that grow: ``first``, ``first * factor``, ... up to ``cap``; seconds."""

    first: float
    factor: float
    cap: float

    def wait(self, retry: int) -> float:
        """Seconds before the ``retry``-th retry, counted from 0."""
        try:
            return min(self.cap, self.first * self.factor**retry)
        except OverflowError:
            return self.cap


_RATE_LIMIT = Backoff(1.0, 2.0, 120.0)
_NETWORK = Backoff(2.0, 1.5, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a failed try is repeated.

    A server's own hint (``retry-after``) goes before these waits. A stream is tried again only
    until its first chunk has been delivered.

    Attributes:
        max_retries: Retries after the first try; ``None``: the adapter's number, else 3.
        rate_limit: Waits after a `RateLimitError`, as a `Backoff` or ``(first, factor, cap)``:
            1, 2, 4 ... s, at most 120 s.
        network: Waits after any other error: 2, 3, 4.5 ... s, at most 30 s.
        jitter: Share of a wait that is added at random, 0 to this; a hint is kept to the letter.
        sleep: Waits a number of seconds instead; for tests. ``None``: a wait that ends at once
            where another thread closes the call.
        clock: Gives seconds that never go back; replaced in tests.
    """

    max_retries: int | None = None
    rate_limit: tuple[float, float, float] = _RATE_LIMIT
    network: tuple[float, float, float] = _NETWORK
    jitter: float = 0.25
    sleep: Callable[[float], None] | None = None
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        check_max_retries(self.max_retries)
        for name in ("rate_limit", "network"):
            backoff = getattr(self, name)
            fits = isinstance(backoff, tuple) and len(backoff) == len(Backoff._fields)
            if not fits or not all(is_number(number) and number >= 0 for number in backoff):
                raise ValidationError(
                    f"{name} must be (first, factor, cap) in seconds, not {show(backoff)}.",
                    code="invalid_option",
                )
        if not is_number(self.jitter) or self.jitter < 0:
            raise ValidationError(
                f"jitter must be a number of at least 0, not {show(self.jitter)}.",
                code="invalid_option",
            )
        for name, function in (("sleep", self.sleep), ("clock", self.clock)):
            if not callable(function) and (name, function) != ("sleep", None):
                raise ValidationError(f"{name} must be a function.", code="invalid_option")

    def wait_seconds(self, error: BaseException, retry: int) -> float:
        """Seconds to wait before the ``retry``-th retry, counted from 0."""
        hint = error.retry_after if isinstance(error, LLMError) else None
        if hint is not None:
            return hint
        backoff = self.rate_limit if isinstance(error, RateLimitError) else self.network
        seconds = Backoff(*backoff).wait(retry) * (1 + random.random() * self.jitter)
        return min(seconds, FOR_EVER_SECONDS)  # operating systems sleep no longer

    def tenacity_arguments(
        self,
        *,
        max_retries: int,
        stream: bool,
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None],
        before_sleep: Callable[[LLMError, int, float], None],
        budget: RetryBudget | None = None,
    ) -> dict[str, Any]:
        """Say all this in tenacity's words, for tries that return a `Failure` where they fail.

        One that returns ``None`` was interrupted.

        Args:
            max_retries: Retries after the first try.
            stream: Whether the answer is streamed.
            seconds_left: Gives the seconds until the call's deadline; no wait goes beyond it.
            sleep: Waits a number of seconds, where the policy has nothing else to say.
            before_sleep: Called with the error, the number of the retry, and the wait in seconds.
            budget: What retries are paid from, if anything; asked last.
        """
        codes: list[str | None] = []
        waits: list[float] = []

        def is_worth_it(state: Any) -> bool:
            result = None if state.outcome.failed else state.outcome.result()
            if not isinstance(result, Failure):
                if budget is not None and result is not None:
                    budget.give_back()
                return False
            error = result.error
            codes.append(error.code)
            waits.append(self.wait_seconds(error, state.attempt_number - 1))
            if state.attempt_number > max_retries:
                return False
            if not is_tried_again(error, codes.count("empty_body"), stream=stream):
                return False
            if waits[-1] >= seconds_left():
                _add_hint(error, "The deadline leaves no time for another try.")
                return False
            return budget is None or _is_paid(error, budget)

        return {
            "wait": lambda state: waits[-1],
            "retry": is_worth_it,
            "sleep": self.sleep or sleep,
            "before_sleep": lambda state: before_sleep(
                state.outcome.result().error, state.attempt_number, waits[-1]
            ),
        }


def is_tried_again(error: BaseException | None, empty_bodies: int, *, stream: bool) -> bool:
    """Decide whether a try is repeated, tries permitting.

    Args:
        error: What it failed with, or ``None``.
        empty_bodies: How many tries of the call have ended in an empty body.
        stream: Whether the answer is streamed, and nothing of it has been delivered.
    """
    if not isinstance(error, LLMError) or not error.retryable:
        return False
    if error.retry_after is not None and error.retry_after > LONGEST_HINT_SECONDS:
        return False
    if isinstance(error, RequestTimeoutError):
        # What was asked for whole was probably made when the wait was over, and is paid for.
        final = ("deadline",) if stream else ("deadline", "read_timeout", "idle_timeout")
        if error.code in final:
            return False
    return stream or error.code != "empty_body" or empty_bodies == 1


def may_fall_back(error: LLMError) -> bool:
    """Whether another model may do better, after an error with nothing delivered.

    Not where the request is at fault, the caller's time is over, or the caller has closed the call.
    """
    if isinstance(error, ValidationError):
        return False
    return not (isinstance(error, NetworkError) and error.code in ("deadline", "closed"))


def check_policy(retry: object) -> RetryPolicy:
    """Check the ``retry`` argument.

    Raises:
        ValidationError: It is no `RetryPolicy`.
    """
    if retry is None:
        return RetryPolicy()
    if isinstance(retry, RetryPolicy):
        return retry
    raise ValidationError(
        f"retry must be a RetryPolicy, not {type(retry).__name__}.",
        code="invalid_option",
        hint="For a number of retries alone there is max_retries=.",
    )


def _is_paid(error: LLMError, budget: RetryBudget) -> bool:
    """Pay for a retry, or say on the error why there is none."""
    if budget.take():
        return True
    where, kind = f"{error.provider}/{error.model}", type(error).__name__
    _log.info("no retry for %s after %s: the client's retry budget is spent", where, kind)
    _add_hint(
        error,
        "The client's retry budget is spent, so this was not tried again; it fills with "
        "successes, and retry_budget=False switches it off.",
    )
    return False


def _add_hint(error: LLMError, sentence: str) -> None:
    error.hint = f"{error.hint or ''} {sentence}".lstrip()
