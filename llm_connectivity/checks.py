"""Checks of single arguments; each names what is wrong, its value and what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn, TypeGuard

from .errors import ValidationError, show

_DEEPEST_JSON = 250  # deeper than what is read of an answer, which may come back
_MOST_STEPS = 20  # that are shown of a place
_LONGEST_NUMBER_BITS = 1024
FOR_EVER_SECONDS = 1e8  # three years; operating systems take no numbers much beyond

# They say how the body is cut, and that is decided below.
_FRAMING_HEADERS = ("content-length", "transfer-encoding", "connection")

_HEADER_VALUE = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?\Z")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a finite number, and no truth value."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond any float
        return False


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_seconds(seconds: object, name: str) -> float | None:
    """Check a number of seconds above 0; ``math.inf`` is one, and ``None`` may stand for it.

    Raises:
        ValidationError: It is not.
    """
    if seconds is None:
        return None
    if (is_number(seconds) or (isinstance(seconds, float) and seconds == math.inf)) and seconds > 0:
        return float(seconds) if seconds < FOR_EVER_SECONDS else math.inf
    raise ValidationError(
        f"{name} must be a number of seconds above 0, not {show(seconds)}.",
        code="invalid_option",
        hint="Leave it out for the default, or give math.inf to wait without a limit.",
    )


def check_max_retries(max_retries: object) -> int | None:
    """Check a whole number of at least 0, or ``None``.

    Raises:
        ValidationError: It is neither.
    """
    return None if max_retries is None else check_not_negative(max_retries, "max_retries")


def check_flag(value: object, name: str) -> bool:
    """Check a truth value.

    Raises:
        ValidationError: It is none.
    """
    if isinstance(value, bool):
        return value
    raise ValidationError(
        f"{name} must be True or False, not {show(value)}.", code="invalid_option"
    )


def check_mapping(value: object, name: str) -> dict[str, Any]:
    """Check one of the ``extra_*`` dicts, all of whose keys are texts.

    Raises:
        ValidationError: It is not a dict, or a key is not a string.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValidationError(
            f"{name} must be a dict, not {type(value).__name__}.", code="invalid_option"
        )
    for key in value:
        if not isinstance(key, str):
            raise ValidationError(
                f"{name} has the key {show(key)}, which is not a string.", code="invalid_option"
            )
    return dict(value)


def check_encodable(text: str, where: str) -> None:
    """Refuse a text that UTF-8 can't hold: one with half of a surrogate pair in it.

    Raises:
        ValidationError: It has one; the text says at which character.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"{where} holds a lone surrogate at character {error.start}.",
            code="invalid_text",
            hint="Such a character comes from text decoded with 'surrogateescape'; use UTF-8.",
        ) from error


def check_json(value: object, where: str) -> Any:
    """Copy a value into plain dicts, lists and scalars, and refuse what JSON can't hold.

    Raises:
        ValidationError: It can't; the text names place and type, never the value.
    """
    return _copy_json(value, _Place(where), 0)


class _Place(NamedTuple):
    """Where a value stands, written out only for an error.

    Attributes:
        step: Key or index; of the outermost value, its name.
        outer: What it stands in.
    """

    step: Any
    outer: _Place | None = None

    def __str__(self) -> str:
        steps, place = [], self
        while place.outer is not None:
            steps.append(f"[{show(place.step)}]")
            place = place.outer
        if len(steps) > _MOST_STEPS:
            steps = [*steps[:2], "[...]", *steps[-_MOST_STEPS:]]
        return "".join((place.step, *reversed(steps)))


def _copy_json(value: object, place: _Place, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if not value.isascii():
            check_encodable(value, str(place))
        return value
    if depth > _DEEPEST_JSON:
        _refuse_json(f"{place} is nested too deeply", "JSON that deep is read by no provider.")
    if isinstance(value, int):
        if value.bit_length() > _LONGEST_NUMBER_BITS:
            _refuse_json(f"{place} is too large a number", "Send it as a string.")
        return value
    if isinstance(value, Mapping):
        return {
            _check_key(key, place): _copy_json(item, _Place(key, place), depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_copy_json(item, _Place(i, place), depth + 1) for i, item in enumerate(value)]
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        _refuse_json(f"{place} is {value}, which JSON can't hold", "Send None, or a string.")
    kind = type(value).__name__
    _refuse_json(
        f"{place} is a {kind}, which JSON can't hold",
        "JSON holds dicts, lists, strings, numbers, True, False and None.",
    )


def _refuse_json(what: str, hint: str) -> NoReturn:
    raise ValidationError(f"{what}.", code="invalid_option", hint=hint)


def _check_key(key: object, place: _Place) -> str:
    if not isinstance(key, str):
        _refuse_json(f"{place} has a key that is not a string: {show(key)}", "JSON has no other.")
    check_encodable(key, f"a key of {place}")
    return key


def check_count(value: object, name: str) -> int:
    """Check a whole number of at least 1.

    Raises:
        ValidationError: It is not.
    """
    if is_whole(value) and value >= 1:
        return value
    raise ValidationError(
        f"{name} must be a whole number of at least 1, not {show(value)}.", code="invalid_option"
    )


def check_not_negative(value: object, name: str) -> int:
    """Check a whole number of at least 0.

    Raises:
        ValidationError: It is not.
    """
    if is_whole(value) and value >= 0:
        return value
    raise ValidationError(
        f"{name} must be a whole number of at least 0, not {show(value)}.", code="invalid_option"
    )


def check_headers(headers: object) -> dict[str, str]:
    """Check HTTP headers; their values are never shown, they may be keys.

    Raises:
        ValidationError: A name or a value can't be sent.
    """
    checked = check_mapping(headers, "extra_headers")
    for name, value in checked.items():
        if not _HEADER_NAME.match(name):
            raise ValidationError(
                f"extra_headers: {name!r} is not a header name.", code="invalid_option"
            )
        if name.lower() in _FRAMING_HEADERS:
            raise ValidationError(
                f"extra_headers: {name!r} is set by the HTTP library.", code="invalid_option"
            )
        if not isinstance(value, str):
            raise ValidationError(
                f"extra_headers[{name!r}] must be a string, not {type(value).__name__}.",
                code="invalid_option",
            )
        if not _HEADER_VALUE.match(value):
            raise ValidationError(
                f"extra_headers[{name!r}] must be ASCII without line breaks or outer blanks.",
                code="invalid_option",
            )
    return checked


def check_query(query: object) -> dict[str, str]:
    """Check query parameters; numbers and truth values become texts.

    Raises:
        ValidationError: A value is neither.
    """
    checked = check_mapping(query, "extra_query")
    for name, value in checked.items():
        check_encodable(name, "a name in extra_query")
        if not (isinstance(value, str | bool) or is_number(value)):
            raise ValidationError(
                f"extra_query[{name!r}] must be a string or a number, not {type(value).__name__}.",
                code="invalid_option",
            )
        checked[name] = str(value).lower() if isinstance(value, bool) else str(value)
        check_encodable(checked[name], f"extra_query[{name!r}]")
    return checked
