"""Keys travel as a `Secret`, which never shows what it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MASK = "***"

# Shorter values are placeholders ("x", "none", "test") that servers without keys are given;
# masking them would punch holes into ordinary words.
_SHORTEST_KEY = 6


class Secret:
    """A key: ``reveal()`` gives it, everything else shows ``***``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the key itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not pickled: it holds a key")


def mask(value: Any, keys: Iterable[str]) -> Any:
    """Replace every key in a text, in bytes, or in the texts of a JSON value.

    Args:
        value: ``str``, ``bytes``, or JSON (dicts and lists, to any depth).
        keys: The keys to hide; those under six characters are left alone.
    """
    for key in keys:
        if len(key) >= _SHORTEST_KEY:
            value = _mask_one(value, key)
    return value


def _mask_one(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return value.replace(key, MASK)
    if isinstance(value, bytes):
        return value.replace(key.encode(), MASK.encode())
    if isinstance(value, dict):
        return {_mask_one(k, key): _mask_one(v, key) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mask_one(item, key) for item in value)
    return value
