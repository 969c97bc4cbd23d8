"""What the headers of an answer say, on every wire: request id, hints to wait, rate limits."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ..errors import LLMError

# The first is OpenAI's and most servers', the second Anthropic's; then Azure, Mistral, NVIDIA,
# Amazon; LiteLLM's own comes last, as it hands on those of the server behind it.
_REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "mistral-correlation-id",
    "nvcf-reqid",
    "x-amzn-requestid",
    "x-litellm-call-id",
)

# The most exact one first; LiteLLM's own name is that of the server behind it.
_RETRY_AFTER = (
    ("retry-after-ms", 0.001),
    ("retry-after", 1.0),
    ("llm_provider-retry-after", 1.0),
)

_RATE_LIMIT = re.compile(r"x-ratelimit-(?P<kind>limit|remaining|reset)-(?P<what>[a-z-]+)$")
_ANTHROPIC_RATE_LIMIT = re.compile(
    r"anthropic-ratelimit-(?P<what>[a-z-]+)-(?P<kind>limit|remaining|reset)$"
)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\Z")

# A server may ask for more; nobody waits so long.
_LONGEST_SECONDS = 1e9


def add_headers(error: LLMError, headers: Mapping[str, str]) -> None:
    """Say on an error told inside an answer what the answer's headers say."""
    error.request_id = error.request_id or request_id(headers)
    error.rate_limits = error.rate_limits or read_rate_limits(headers)
    if error.retry_after is None:
        error.retry_after = read_retry_after(headers)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Give the provider's id of the request."""
    return next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), None)


def read_rate_limits(
    headers: Mapping[str, str], now: Callable[[], float] = time.time
) -> dict[str, float]:
    """Read ``x-ratelimit-*`` and ``anthropic-ratelimit-*`` headers.

    https://platform.openai.com/docs/guides/rate-limits
    https://docs.claude.com/en/api/rate-limits#response-headers

    Args:
        headers: Response headers, names in lower case.
        now: Gives the time of day in Unix seconds, for resets that are dates.

    Returns:
        ``{"remaining_requests": 59.0, "reset_requests": 1.0, ...}``; resets in seconds from now.
    """
    numbers = {}
    for name, value in headers.items():
        found = _RATE_LIMIT.match(name) or _ANTHROPIC_RATE_LIMIT.match(name)
        number = _read_number(value, now) if found else None
        if found and number is not None:
            numbers[f"{found['kind']}_{found['what'].replace('-', '_')}"] = number
    return numbers


def read_retry_after(
    headers: Mapping[str, str], now: Callable[[], float] = time.time
) -> float | None:
    """Read how long a server wants to be left alone.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after

    Args:
        headers: Response headers, names in lower case.
        now: Gives the time of day in Unix seconds, for a ``retry-after`` that is a date.

    Returns:
        Seconds, 0 for a time that is over; ``None`` where there is no hint, or none to understand.
    """
    for name, unit in _RETRY_AFTER:
        seconds = _number(headers.get(name))
        if seconds is not None:
            return min(max(0.0, seconds * unit), _LONGEST_SECONDS)
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, _in_utc(date).timestamp() - now())


def _number(value: str | None) -> float | None:
    stripped = (value or "").strip(" \t")
    return float(stripped) if _NUMBER.match(stripped) else None


def _read_number(value: str, now: Callable[[], float]) -> float | None:
    with contextlib.suppress(ValueError):
        return float(value)
    found = _DURATION.match(value) if value else None
    if found is not None:
        hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    with contextlib.suppress(ValueError, OverflowError):
        return max(0.0, _in_utc(datetime.fromisoformat(value)).timestamp() - now())
    return None


def _in_utc(date: datetime) -> datetime:
    """Take a date that names no zone for one in GMT, as every date in a header is."""
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
