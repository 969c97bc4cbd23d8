"""Checks of a `ProviderSpec` that somebody else has written: all of it, before it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any

from ..checks import check_flag
from ..errors import ValidationError, show
from ..options import OPTIONS
from ..wires.openai_chat import MESSAGE_KEYS, PARTS, REASONING_FIELDS, fit_id
from .base import ProviderSpec
from .rows import VENDORS
from .settings import check_base_url

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")

_ADAPTERS = {spec.name: spec.adapter for spec in VENDORS}


def check_spec(spec: object) -> ProviderSpec:
    """Check a spec, and give it as the rows of the package are written.

    Raises:
        ValidationError: It can't be used; the text names the field.
    """
    if not isinstance(spec, ProviderSpec):
        raise _refusal(f"spec must be a ProviderSpec, not {type(spec).__name__}.")
    return replace(
        spec,
        **{name: check(getattr(spec, name), name) for name, check in _CHECKS.items()},
    )


def _refusal(text: str, hint: str | None = None) -> ValidationError:
    return ValidationError(text, code="invalid_provider", hint=hint)


def _check_name(name: Any, what: str) -> str:
    if isinstance(name, str) and _NAME.match(name):
        return name
    raise _refusal(
        f"a provider's name can't be {show(name)}.",
        "It is the first half of 'name/model': lower-case letters, digits, '-', '_' and '.'.",
    )


def _check_adapter(adapter: Any, what: str) -> str:
    if isinstance(adapter, str):
        adapter = _ADAPTERS.get(adapter, adapter)
        if _PATH.match(adapter):
            return str(adapter)
    wires = ", ".join(map(repr, _ADAPTERS))
    raise _refusal(
        f"adapter names no adapter: {show(adapter)}.",
        f"Say whose wire the server speaks ({wires}), or name a class: 'package.module:Class'.",
    )


def _check_root(base_url: Any, what: str) -> str:
    if not base_url:
        raise _refusal(
            "base_url is missing.", "Give the root of its API: base_url='http://localhost:8000/v1'."
        )
    return check_base_url(base_url, "base_url")


def _check_variable(name: Any, what: str) -> str:
    if isinstance(name, str) and _VARIABLE.match(name):
        return name
    raise _refusal(
        f"{what} has something in it that names no environment variable (not shown: it may be a "
        "key).",
        "Names of variables have capital letters, digits and '_'. A key goes into a variable, or "
        "is given to the client: LLMClient(api_key=...).",
    )


def _check_variables(names: Any, what: str) -> tuple[str, ...]:
    if isinstance(names, tuple | list):
        return tuple(_check_variable(name, what) for name in names)
    raise _refusal(
        f"{what} must be a tuple of names of variables, not {type(names).__name__}.",
        "Write key_variables=('MY_KEY',).",
    )


def _check_text(text: Any, what: str) -> str:
    if isinstance(text, str):
        return text
    raise _refusal(f"{what} must be a string, not {show(text)}.")


def _check_field(name: Any, what: str) -> str:
    if isinstance(name, str) and name:
        return name
    raise _refusal(f"{what} must name a field of the request, not {show(name)}.")


def _check_call_ids(pattern: Any, what: str) -> str:
    try:
        if isinstance(pattern, str) and re.fullmatch(pattern, fit_id("\0", pattern), re.DOTALL):
            return pattern
    except re.error as error:
        raise _refusal(f"{what} is no regular expression: {error}.") from None
    raise _refusal(
        f"{what} must be a regular expression that ids can be made for, not {show(pattern)}.",
        "Made ids are up to 40 of 0-9 and a-f, as many as match: '[a-zA-Z0-9]{9}', say.",
    )


def _one_of(names: tuple[str, ...]) -> Callable[[Any, str], str]:
    def check(name: Any, what: str) -> str:
        if isinstance(name, str) and name in names:
            return name
        raise _refusal(f"{what} must be one of {', '.join(names)}, not {show(name)}.")

    return check


def _some_of(names: Set[str]) -> Callable[[Any, str], frozenset[str]]:
    def check(given: Any, what: str) -> frozenset[str]:
        if isinstance(given, Set) and given <= names:
            return frozenset(given)
        raise _refusal(
            f"{what} must be a set of some of {', '.join(sorted(names))}, not {show(given)}."
        )

    return check


def _or_none(check: Callable[[Any, str], str]) -> Callable[[Any, str], str | None]:
    return lambda value, what: None if value is None else check(value, what)


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "name": _check_name,
    "adapter": _check_adapter,
    "base_url": _check_root,
    "base_url_variable": _or_none(_check_variable),
    "key_variables": _check_variables,
    "needs_key": check_flag,
    "default_model": _check_text,
    "max_tokens_field": _check_field,
    "reasoning_field": _one_of(REASONING_FIELDS),
    "refuses": _some_of(frozenset(OPTIONS)),
    "takes": _some_of(PARTS | {"file_url"}),
    "keeps_prompts": check_flag,
    "counts_streams": check_flag,
    "call_ids": _check_call_ids,
    "message_keys": _some_of(MESSAGE_KEYS),
    "docs": _check_text,
}
