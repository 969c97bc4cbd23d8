"""Token counts of Anthropic's Messages API, whole and as a stream tells them bit by bit."""

from __future__ import annotations

from typing import Any

from ...types import Usage
from ..json_values import read_counts, whole_or_none


def read_usage(usage: Any) -> Usage | None:
    """Give the token counts, those of the cache within the prompt's; ``None`` where there are none.

    https://docs.claude.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
    """
    counts = read_counts(
        usage,
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    )
    if counts is None:
        return None
    given, completion, read, written = counts
    prompt = given + read + written
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        cached_tokens=whole_or_none(usage.get("cache_read_input_tokens")),
        reasoning_tokens=_read_detail(usage, "output_tokens_details", "thinking_tokens"),
        cache_write_tokens=whole_or_none(usage.get("cache_creation_input_tokens")),
        cache_write_1h_tokens=_read_hourly(usage, written),
    )


def _read_hourly(usage: dict[str, Any], written: int) -> int | None:
    """Give the writes that are kept for an hour, unless the sum has changed and its parts have not.

    The end of a stream tells a new sum alone.
    """
    for_minutes = _read_detail(usage, "cache_creation", "ephemeral_5m_input_tokens")
    for_an_hour = _read_detail(usage, "cache_creation", "ephemeral_1h_input_tokens")
    fits = for_minutes is None or for_an_hour is None or for_minutes + for_an_hour == written
    return for_an_hour if fits else None


def add_usage(counts: dict[str, Any], usage: Any) -> None:
    """Lay what an event counts over what earlier ones did: they are sums, and nulls say nothing."""
    if isinstance(usage, dict):
        counts.update({name: n for name, n in usage.items() if n is not None})


def _read_detail(usage: dict[str, Any], group: str, name: str) -> int | None:
    details = usage.get(group)
    return whole_or_none(details.get(name)) if isinstance(details, dict) else None
