"""Messages as a server on OpenAI's wire takes them: the caller's, but for what it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...errors import ValidationError, show
from ...types import ChatRequest
from .call_ids import fit_id
from .dialect import MESSAGE_KEYS, Dialect
from .give_back import give_back, text_of

_MARK = "cache_control"
NO_MARKS = f"{_MARK} is unknown to this server: left out."


def arrange(request: ChatRequest, dialect: Dialect) -> tuple[list[dict[str, Any]], list[str]]:
    """Give the messages as they are sent, and warnings of what goes otherwise than it was given.

    Raises:
        ValidationError: A part can't be sent to this server; the text says which.
    """
    warnings: list[str] = []
    messages = []
    for i, given in enumerate(request.messages):
        message = {k: v for k, v in given.items() if k not in (_MARK, "provider_data")}
        message["content"] = _content(given, f"messages[{i}]['content']", dialect, request.provider)
        if not dialect.keeps_prompts and is_marked(given) and NO_MARKS not in warnings:
            warnings.append(NO_MARKS)
        _fit_ids(message, dialect.call_ids)
        warnings += _fit_keys(message, f"messages[{i}]", dialect)
        kept = given.get("provider_data", {}).get(request.provider)
        if kept is not None and not give_back(message, given, kept):
            warnings.append(
                f"messages[{i}] has been changed: sent without what is signed in provider_data."
            )
        messages.append(message)
    return messages, warnings


def strip_marks(tools: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give tools without the marks that say where a prompt is to be kept."""
    return [{key: value for key, value in tool.items() if key != _MARK} for tool in tools]


def _content(message: Mapping[str, Any], where: str, dialect: Dialect, provider: str) -> Any:
    content, mark = message["content"], message.get(_MARK)
    if isinstance(content, str) and not (mark and dialect.keeps_prompts):
        return content
    if content is None:
        return None
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    for i, part in enumerate(parts):
        _check_part(part, f"{where}[{i}]", dialect, provider)
    if not dialect.keeps_prompts:
        return strip_marks(parts)
    if mark and parts:
        parts[-1] = {**parts[-1], _MARK: mark}
    return parts


def _check_part(part: Mapping[str, Any], where: str, dialect: Dialect, provider: str) -> None:
    """Refuse what the server does not take, or not in this form."""
    kind = part["type"]
    if kind != "text" and kind not in dialect.takes:
        others = ", ".join(sorted(dialect.takes - {"file_url"}))
        _refuse(
            f"{where} is of the type {kind!r}, which {provider} does not take",
            f"Besides text it takes: {others}." if others else "It takes text alone.",
        )
    if kind == "image_url" and part[kind]["url"].startswith("gs://"):
        _refuse(f"{where} is in Google's storage: {show(part[kind]['url'])}", "Use https://.")
    address = part[kind].get("file_data") if kind == "file" else None
    if address and not address.startswith("data:") and "file_url" not in dialect.takes:
        _refuse(
            f"{where} is the address of a file, which {provider} does not read",
            "Download it, and put it in with pdf('paper.pdf').",
        )


def _refuse(what: str, hint: str) -> None:
    raise ValidationError(f"{what}.", code="invalid_messages", hint=hint)


def is_marked(message: Mapping[str, Any]) -> bool:
    """Whether a message, a part of it, or a tool has a mark that says where to keep a prompt."""
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    return _MARK in message or any(_MARK in part for part in parts)


def _fit_ids(message: dict[str, Any], pattern: str) -> None:
    """Give calls that another provider has named ids that this one takes."""
    if "tool_call_id" in message:
        message["tool_call_id"] = fit_id(message["tool_call_id"], pattern)
    if "tool_calls" in message:
        message["tool_calls"] = [
            {**call, "id": fit_id(call["id"], pattern)} for call in message["tool_calls"]
        ]


def _fit_keys(message: dict[str, Any], where: str, dialect: Dialect) -> Iterator[str]:
    """Leave out keys that the server does not know; give warnings of what is lost."""
    for name in sorted(MESSAGE_KEYS - dialect.message_keys):
        value = message.pop(name, None)
        if name == "refusal" and value and not text_of(message["content"]):
            message["content"] = value
        elif value:
            yield f"{where}[{name!r}] is unknown to this server: left out."
