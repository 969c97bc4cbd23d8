"""Keys: carried as a `Secret`, masked where they were echoed, kept out of tracebacks."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

MASK = "***"

# Shorter values are placeholders ("x", "none", "test") that servers without keys are given;
# masking them would punch holes into ordinary words.
SHORTEST_KEY = 6

# So much of a key's beginning gives it away: the text that holds it may have been cut.
_TELLTALE = 10

# Names of headers whose values are keys, or like keys ("portkey" is somebody's name).
_SECRET_HEADER = re.compile(
    r"auth|(?:^|[-_]|api)key|token|secret|cookie|passw|credential", re.IGNORECASE
)


class Secret:
    """A key: ``reveal()`` gives it, everything else shows ``***``."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        """Give the key itself, for the one place that checks it and the one that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not pickled: it holds a key")


def hide_key(api_key: Any) -> Secret | Callable[[], str] | None:
    """Wrap a key as soon as it comes in; a callable, ``None`` and a `Secret` stay what they are."""
    ready = api_key is None or isinstance(api_key, Secret) or callable(api_key)
    key: Secret | Callable[[], str] | None = api_key if ready else Secret(api_key)
    return key


def mask(value: Any, keys: Iterable[str]) -> Any:
    """Replace every key, and what a cut has left of one, in a text or in the texts of a value.

    Args:
        value: ``str``, ``bytes``, or JSON (dicts, lists and tuples, to any depth).
        keys: The keys to hide; those under six characters are left alone.
    """
    long_ones = [key for key in keys if len(key) >= SHORTEST_KEY]
    return _mask_value(value, long_ones) if long_ones else value


def holds_key(data: bytes, keys: Iterable[str]) -> bool:
    """Whether `mask` would change this."""
    return any(len(key) >= SHORTEST_KEY and key[:_TELLTALE].encode() in data for key in keys)


@functools.lru_cache(256)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name holds a key, or something like it."""
    return _SECRET_HEADER.search(name) is not None


def keys_in_header(value: str) -> list[str]:
    """Give what must not be shown of such a header: all of it, its last word, both as quoted."""
    words = value.split(" ")
    return forms_of([words[-1]] if len(words) == 2 else [value, words[-1]])  # "Bearer" is none


def forms_of(keys: Iterable[str]) -> list[str]:
    """Give keys as they are, as they are quoted, and as they stand in an address; no short ones."""
    plain = set(keys)
    quoted = {form(key)[1:-1] for key in plain for form in (repr, json.dumps)}
    encoded = {quote(key, safe=safe) for key in plain for safe in ("", "/")}
    return [key for key in plain | quoted | encoded if len(key) >= SHORTEST_KEY]


def clear_frames(error: BaseException, handled: BaseException | None = None) -> BaseException:
    """Empty the finished frames of an exception and of those behind it, which may hold a key.

    Line numbers stay, so that a traceback still says where.

    Args:
        error: Raised below a call of ours.
        handled: What the caller was handling when it made the call, if anything: an exception
            raised meanwhile has it as its context, and it is none of our business.
    """
    for link in _all_behind(error, handled):
        traceback.clear_frames(link.__traceback__)
    return error


def forget_frames(error: BaseException, handled: BaseException | None = None) -> None:
    """Let an exception that somebody may keep keep nothing of the call, which goes on.

    A frame keeps those that have called it, and these an answer that is read later.

    Args:
        error: It, and those behind it.
        handled: As for `clear_frames`.
    """
    for link in _all_behind(error, handled):
        link.__traceback__ = None


def _all_behind(error: BaseException, handled: BaseException | None) -> Iterator[BaseException]:
    rest: list[BaseException | None] = [error]
    seen = {id(handled)}
    while rest:
        link = rest.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            rest += [link.__cause__, link.__context__]
            yield link


@contextlib.contextmanager
def forgotten(given: dict[str, Any]) -> Iterator[None]:
    """Empty these arguments behind a block, and the frames of what it raises."""
    handled = sys.exception()
    try:
        yield
    except BaseException as error:
        clear_frames(error, handled)
        raise
    finally:
        given.clear()


def _mask_value(value: Any, keys: list[str]) -> Any:
    if isinstance(value, str):
        return _mask_text(value, keys, MASK)
    if isinstance(value, bytes):
        return _mask_text(value, [key.encode() for key in keys], MASK.encode())
    if isinstance(value, dict):
        return {_mask_value(k, keys): _mask_value(v, keys) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_mask_value(item, keys) for item in value)
    return value


def _mask_text(text: Any, keys: list[Any], by: Any) -> Any:
    found = sorted(span for key in keys for span in _spans(text, key))
    if not found:
        return text
    pieces, at = [], 0
    for start, end in found:
        if start >= at:
            pieces += [text[at:start], by]
        at = max(at, end)
    return by[:0].join([*pieces, text[at:]])


def _spans(text: Any, key: Any) -> Iterator[tuple[int, int]]:
    """Give where a key stands in a text, or the beginning of one that was cut."""
    start = text.find(key[:_TELLTALE])
    while start >= 0:
        pairs = zip(key, text[start : start + len(key)], strict=False)
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        yield start, start + same
        start = text.find(key[:_TELLTALE], start + (same if same == len(key) else 1))
