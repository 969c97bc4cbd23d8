"""The JSON of one event, on every wire whose events hold JSON objects."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from ..errors import LLMError, ProviderError
from ..sse import Event
from .json_text import beginning_of, parse_json

# How the names of events begin on the wires that name them.
_NAMES = ("message_", "content_block_")


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
        if _is_foreign(event):
            return None
        raise _garbage(event) from None
    if event.name == "error":
        raise told_error(data)
    if not isinstance(data, dict):
        if _is_foreign(event):
            return None
        raise _garbage(event)
    return data


def _is_foreign(event: Event) -> bool:
    """Whether it has a name that no wire uses, and no object: a gateway's sign of life, say."""
    known = event.name in ("", "message", "error") or event.name.startswith(_NAMES)
    return not known and not event.data.lstrip().startswith(b"{")


def split_array(data: bytes) -> list[Event]:
    """Give the events of a stream whose body is a JSON array of them; none for anything else.

    Google's servers send streams so where the address does not ask for an event stream.
    https://cloud.google.com/apis/design/errors has errors that come as such an array of one.
    """
    with contextlib.suppress(ValueError):
        items = parse_json(data.strip())
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            return [Event(json.dumps(item).encode()) for item in items]
    return []


def _garbage(event: Event) -> ProviderError:
    return ProviderError(
        f"the stream holds an event that is not a JSON object: {beginning_of(event.data)!r}",
        code="not_an_answer",
        body=beginning_of(event.data),
        retryable=False,
    )
