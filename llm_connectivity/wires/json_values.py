"""What a field of a vendor's JSON holds, where it holds what it should: read, never validated."""

from __future__ import annotations

from typing import Any


def text_or_none(value: Any) -> str | None:
    """Give a text with something in it, ``None`` for anything else."""
    return value if isinstance(value, str) and value else None


def whole_or_none(value: Any) -> int | None:
    """Give a whole number, ``None`` for anything else; ``7.0`` is one, ``True`` is not."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 2**63:
        return None
    return int(value) if value == int(value) else None


def read_counts(usage: Any, *names: str) -> list[int] | None:
    """Give the token counts of these names, nulls and missing ones as 0.

    Returns:
        ``None`` where there is none of them, or one that can't be understood: nothing is made up.
    """
    if not isinstance(usage, dict):
        return None
    given = [usage.get(name) for name in names]
    counts = [whole_or_none(count) for count in given]
    unclear = any(
        count is None and value is not None for count, value in zip(counts, given, strict=True)
    )
    if unclear or all(count is None for count in counts):
        return None
    return [count or 0 for count in counts]
