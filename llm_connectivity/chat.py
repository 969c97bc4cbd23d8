"""A call that is answered whole."""

from __future__ import annotations

import contextlib
from typing import NoReturn

from .calls import Call, describe, run
from .descriptions import complete, end_of, filtered, partial_of
from .errors import LLMError
from .hooks import notify
from .limits import Limits
from .retry import Failure
from .types import ChatResponse


def answer_whole(call: Call) -> ChatResponse:
    """Ask, and wait for the answer.

    Raises:
        LLMError: The last try failed, or a filter cut the answer and the caller minds.
    """

    def attempt(limits: Limits) -> tuple[ChatResponse, str | None]:
        response = call.candidate.adapter.chat(call.request, limits)
        return response, response.request_id

    try:
        outcome = run(call, attempt)
    except BaseException:  # of a hook, or a signal: the caller breaks off
        with contextlib.suppress(Exception):  # the first one counts
            nothing = complete(ChatResponse(content=""), call)
            notify(call.hooks, "on_end", end_of(nothing, closed=True))
        raise
    if isinstance(outcome, Failure):
        _fail(outcome.error, call)
    response = complete(outcome, call)
    if call.raise_on_filter and response.finish_reason == "content_filter":
        error = describe(filtered(response), call)
        error.partial = partial_of(response, error, call)
        _fail(error, call)
    notify(call.hooks, "on_end", end_of(response))
    return response


def _fail(error: LLMError, call: Call) -> NoReturn:
    notify(call.hooks, "on_error", error)
    raise error
