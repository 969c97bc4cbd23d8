"""JSON out and in, also where it comes damaged: half surrogate pairs, broken UTF-8, none."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any, NoReturn

import jiter

from ..errors import ProviderError

_SHOWN_CHARACTERS = 200

_DEEPEST = 200  # as in jiter

CHECK_ADDRESS = (
    "Check base_url: it must be the root of the API; on OpenAI's wire it often ends in /v1."
)
_CHECK_END = f"{CHECK_ADDRESS} If this is right but for its end, the server has cut it off."


def encode_body(body: Mapping[str, Any]) -> bytes:
    """Write a request body; what it holds has been checked when the call was made."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def merge_deeply(base: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``extra`` over ``base``: dicts are merged, anything else is replaced."""
    for key, value in extra.items():
        mine = base.get(key)
        if isinstance(mine, dict) and isinstance(value, Mapping):
            base[key] = merge_deeply(dict(mine), value)
        else:
            base[key] = value
    return base


def parse_json(data: bytes) -> Any:
    """Read JSON, also where it is damaged in ways that servers are known for.

    Raises:
        ValueError: It can't be read.
    """
    try:
        return jiter.from_json(data)
    except ValueError as error:
        too_deep = "recursion" in str(error)
    # Half surrogate pairs, broken UTF-8, a byte order mark, line breaks within texts: read what is
    # there, the text is mended later.
    parsed = None if too_deep else _parse_leniently(data)
    if parsed is None:
        # Raised here and not above: the library's own error carries the whole text along.
        raise ValueError("nested too deeply" if too_deep else "no JSON")
    return parsed[0]


def _parse_leniently(data: bytes) -> tuple[Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        parsed = json.loads(data.decode("utf-8-sig", errors="replace"), strict=False)
        return None if _is_too_deep(parsed) else (parsed,)
    return None


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            item
            for outer in level
            if isinstance(outer, dict | list)
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def parse_document(data: bytes, content_type: str) -> Mapping[str, Any]:
    """Read the body of an answer that came whole, with status 200.

    Raises:
        ProviderError: It is empty, or no JSON object.
    """
    stripped = data.strip()
    if not stripped:
        raise ProviderError(
            "the answer has no body.",
            code="empty_body",
            hint="Status and headers were fine; a proxy may have dropped the body.",
        )
    try:
        document = parse_json(stripped)
    except ValueError:
        refuse_answer(data, content_type)
    if isinstance(document, list) and len(document) == 1 and _is_error_document(document[0]):
        return document[0]  # type: ignore[no-any-return]  # as Google puts it
    if not isinstance(document, dict):
        refuse_answer(data, content_type)
    return document


def _is_error_document(document: Any) -> bool:
    return isinstance(document, dict) and bool(document.get("error"))


def refuse_answer(data: bytes, content_type: str = "") -> NoReturn:
    """Say that this is no answer, and show how it begins.

    Raises:
        ProviderError: Always.
    """
    text = beginning_of(data)
    looks_html = text.lstrip().startswith("<") or "html" in content_type
    kind = "an HTML page" if looks_html else "no answer of this API"
    raise ProviderError(
        f"the server sent {kind}: {text!r}",
        code="not_an_answer",
        body=text,
        retryable=False,
        hint=CHECK_ADDRESS if looks_html or not text.lstrip().startswith("{") else _CHECK_END,
    )


def refuse_document(document: Mapping[str, Any]) -> NoReturn:
    """Say that a JSON document is no answer, and show how it begins.

    Raises:
        ProviderError: Always.
    """
    refuse_answer(json.dumps(document, separators=(",", ":"), default=str).encode())


def beginning_of(data: bytes | str) -> str:
    """Give the first 200 characters of a body."""
    text = data if isinstance(data, str) else data[: 4 * _SHOWN_CHARACTERS].decode(errors="replace")
    return text[:_SHOWN_CHARACTERS]
