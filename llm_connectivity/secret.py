"""Keys: carried as a `Secret`, masked where they were echoed, kept out of tracebacks."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from typing import Any

MASK = "***"

# Shorter values are placeholders ("x", "none", "test") that servers without keys are given;
# masking them would punch holes into ordinary words.
SHORTEST_KEY = 6


# Names of headers whose values are keys, or like keys.
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|passw|credential", re.IGNORECASE)


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
        if len(key) >= SHORTEST_KEY:
            value = _mask_one(value, key)
    return value


def is_secret_header(name: str) -> bool:
    """Whether a header of this name holds a key, or something like it."""
    return _SECRET_HEADER.search(name) is not None


def keys_in_header(value: str) -> list[str]:
    """Give what must not be shown of such a header: all of it, and its last word."""
    return [key for key in {value, value.rpartition(" ")[2]} if len(key) >= SHORTEST_KEY]


def clear_frames(error: BaseException, handled: BaseException | None = None) -> BaseException:
    """Empty the finished frames of an exception and of its causes: their locals may hold a key.

    Line numbers stay, so that a traceback still says where.

    Args:
        error: Raised below a call of ours.
        handled: What the caller was handling when it made the call, if anything: an exception
            raised meanwhile has it as its context, and it is none of our business.
    """
    link: BaseException | None = error
    seen: list[BaseException] = []
    while link is not None and link is not handled and link not in seen:
        seen.append(link)
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return error


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
