"""What the caller gives as ``messages`` -> checked dicts in OpenAI's form.

Whatever is wrong names index and field; nothing is sent before all of it is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from .checks import check_encodable
from .errors import ValidationError, show

ROLES = ("system", "developer", "user", "assistant")

_KEYS = ("role", "content", "name")


def check_messages(messages: object) -> tuple[dict[str, Any], ...]:
    """Check messages and copy them; a plain text becomes one user message.

    Args:
        messages: A string, or a sequence of ``{"role", "content"}`` dicts; ``content`` is a string
            or a list of ``{"type": "text", "text": ...}`` parts. Empty parts are dropped.

    Raises:
        ValidationError: Something is wrong; the text says where.
    """
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if isinstance(messages, Mapping):
        _refuse("messages is a single dict", "Put it into a list: messages=[{...}].")
    if isinstance(messages, bytes | bytearray) or not isinstance(messages, Sequence):
        _refuse(
            f"messages must be a string or a list of dicts, not {type(messages).__name__}",
            'For example messages=[{"role": "user", "content": "Hello"}].',
        )
    if not messages:
        _refuse("messages is empty", "Give at least one message.")
    return tuple(_check_message(message, f"messages[{i}]") for i, message in enumerate(messages))


def _check_message(message: object, where: str) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        _refuse(
            f"{where} must be a dict with role and content, not {type(message).__name__}",
            'For example {"role": "user", "content": "Hello"}.',
        )
    given = {key: value for key, value in message.items() if value is not None}
    for key in ("role", "content"):
        if key not in message:
            _refuse(f"{where} has no {key!r}", f"Its keys are: {_list(message)}.")
        if key not in given:
            _refuse(f"{where}[{key!r}] is None", "Give it a string.")
    for key in given:
        if key not in _KEYS:
            _refuse(f"{where} has the unknown key {show(key)}", f"Known keys: {_list(_KEYS)}.")
    _check_role(given["role"], f"{where}['role']")
    if "name" in given:
        _check_text(given["name"], f"{where}['name']")
    given["content"] = _check_content(given["content"], f"{where}['content']")
    return given


def _check_role(role: object, where: str) -> None:
    if isinstance(role, str) and role in ROLES:
        return
    near = get_close_matches(role.lower(), ROLES, n=1) if isinstance(role, str) else []
    suggestion = f"Did you mean {near[0]!r}? " if near else ""
    _refuse(f"{where} is unknown: {show(role)}", f"{suggestion}Known roles: {_list(ROLES)}.")


def _check_content(content: object, where: str) -> str | list[dict[str, Any]]:
    if isinstance(content, str):
        return _check_text(content, where)
    if not isinstance(content, list | tuple):
        _refuse(
            f"{where} must be a string or a list of parts, not {type(content).__name__}",
            'A text part is {"type": "text", "text": "Hello"}.',
        )
    parts = [_check_part(part, f"{where}[{i}]") for i, part in enumerate(content)]
    return [part for part in parts if part["text"]] or ""


def _check_part(part: object, where: str) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        _refuse(
            f"{where} must be a dict, not {type(part).__name__}",
            'A text part is {"type": "text", "text": "Hello"}.',
        )
    if part.get("type") != "text":
        _refuse(f"{where} has the unknown type {show(part.get('type'))}", "Known types: 'text'.")
    if "text" not in part:
        _refuse(f"{where} has no 'text'", f"Its keys are: {_list(part)}.")
    unknown = [key for key in part if key not in ("type", "text")]
    if unknown:
        _refuse(f"{where} has the unknown key {show(unknown[0])}", "Known keys: 'type', 'text'.")
    _check_text(part["text"], f"{where}['text']")
    return dict(part)


def _check_text(text: object, where: str) -> str:
    if not isinstance(text, str):
        _refuse(f"{where} must be a string, not {type(text).__name__}", "Turn it into a str first.")
    check_encodable(text, where)
    return text


def _list(names: Any) -> str:
    return ", ".join(repr(name) for name in names) or "none"


def _refuse(what: str, hint: str) -> NoReturn:
    raise ValidationError(f"{what}.", code="invalid_messages", hint=hint)
