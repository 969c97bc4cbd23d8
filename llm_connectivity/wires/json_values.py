"""What a field of a vendor's JSON holds, where it holds what it should: read, never validated."""

from __future__ import annotations

from typing import Any

_MOST = 2**63


def text_or_none(value: Any) -> str | None:
    """Give a text with something in it, ``None`` for anything else."""
    return value if isinstance(value, str) and value else None


def whole_or_none(value: Any) -> int | None:
    """Give a whole number, ``None`` for anything else; ``7.0`` is one, ``True`` is not."""
    kind = type(value)  # read with every event: as cheaply as possible
    if (kind is not int and kind is not float) or not -_MOST < value < _MOST:
        return None
    return int(value) if value == int(value) else None


def failure_status(value: Any) -> int | None:
    """Give the HTTP status of a failure, as a number or as its text; ``None`` for anything else."""
    try:
        status = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return status if 400 <= status <= 599 else None


def read_counts(usage: Any, *names: str) -> list[int] | None:
    """Give the token counts of these names, nulls and missing ones as 0.

    Returns:
        ``None`` where there is none of them, or one that can't be understood: nothing is made up.
    """
    if not isinstance(usage, dict):
        return None
    counts, found = [], False
    for name in names:
        value = usage.get(name)
        count = 0 if value is None else whole_or_none(value)
        if count is None:
            return None
        counts.append(count)
        found = found or value is not None
    return counts if found else None


def dicts_in(value: Any) -> list[dict[str, Any]]:
    """Give the JSON objects in a list, none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def add_counts(*counts: int | None) -> int | None:
    """Add up what was told, ``None`` where nothing was."""
    told = [count for count in counts if count is not None]
    return sum(told) if told else None
