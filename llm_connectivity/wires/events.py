"""The JSON of one event, on every wire whose events hold JSON objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import LLMError, ProviderError
from ..sse import Event
from .json_text import beginning_of, parse_json


def read_event(event: Event, told_error: Callable[[Any], LLMError]) -> dict[str, Any] | None:
    """Read an event's data.

    Args:
        event: The event.
        told_error: Makes the error that the data of an event named ``error`` tells of.

    Returns:
        ``None`` for what says nothing: a sign of life, or an event that the end of the body cut.

    Raises:
        LLMError: It is an error event, or no JSON object.
    """
    try:
        data = parse_json(event.data)
    except ValueError:
        if not event.whole or not event.data.strip():
            return None
        if event.name == "error":
            raise told_error(beginning_of(event.data)) from None
        raise _garbage(event) from None
    if event.name == "error":
        raise told_error(data)
    if not isinstance(data, dict):
        raise _garbage(event)
    return data


def _garbage(event: Event) -> ProviderError:
    return ProviderError(
        f"the stream holds an event that is not a JSON object: {beginning_of(event.data)!r}",
        code="not_an_answer",
        body=beginning_of(event.data),
        retryable=False,
    )
