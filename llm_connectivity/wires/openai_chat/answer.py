"""What answers of OpenAI's chat completions hold, whole and in events: read, never validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...types import ChatResponse, Usage
from ..json_text import mend_text, refuse_document
from .errors import told_error

WIRE = "openai_chat"

# https://platform.openai.com/docs/api-reference/chat/object; the last two are other servers' words.
_FINISH_REASONS = {"function_call": "tool_calls", "eos": "stop", "model_length": "length"}


def parse_answer(body: Mapping[str, Any]) -> ChatResponse:
    """Read a whole answer.

    Raises:
        LLMError: It is an error document.
        ProviderError: It is no answer of this wire.
    """
    choices = body.get("choices")
    if not choices:
        error = told_error(body)
        if error is not None:
            raise error
    if not isinstance(choices, list):
        refuse_document(body)
    choice = first_choice(choices)
    message = choice.get("message")
    raw_finish, finish = read_finish(choice)
    return ChatResponse(
        content=mend_text(read_text(message.get("content"))) if isinstance(message, dict) else "",
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        usage=find_usage(body, choice),
        model=text_or_none(body.get("model")) or "",
        id=text_or_none(body.get("id")),
        created=whole_or_none(body.get("created")),
        _raw=RawJson(WIRE, body, "response"),
    )


def first_choice(choices: Any) -> Mapping[str, Any]:
    """Give the choice with index 0, or an empty one where there is none."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return {}


def read_text(content: Any) -> str:
    """Give the text of ``content``: a text, or a list with text parts in it; ``""`` for none."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def read_finish(choice: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Give the server's finish reason and what we call it; ``None`` for none, or an empty one."""
    raw = choice.get("finish_reason")
    if not raw or not isinstance(raw, str):
        return None, None
    return raw, _FINISH_REASONS.get(raw, raw)


def read_usage(usage: Any) -> Usage | None:
    """Give the server's three numbers unchanged, nulls as 0; ``None`` where it sent none."""
    if not isinstance(usage, dict):
        return None
    if usage.get("prompt_tokens") is None and usage.get("completion_tokens") is None:
        return None
    prompt = _count(usage.get("prompt_tokens")) or 0
    completion = _count(usage.get("completion_tokens")) or 0
    total = _count(usage.get("total_tokens"))
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion if total is None else total,
        cached_tokens=_detail(usage, "prompt_tokens_details", "cached_tokens"),
        reasoning_tokens=_detail(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def find_usage(body: Mapping[str, Any], choice: Mapping[str, Any]) -> Usage | None:
    """Give the usage of an answer or event; some servers put it elsewhere than at its root."""
    usage = read_usage(body.get("usage"))
    if usage is None and "x_groq" in body and isinstance(body["x_groq"], dict):
        usage = read_usage(body["x_groq"].get("usage"))
    if usage is None and "usage" in choice:
        usage = read_usage(choice["usage"])
    return usage


def text_or_none(value: Any) -> str | None:
    """Give a text that has something in it."""
    return value if isinstance(value, str) and value else None


def whole_or_none(value: Any) -> int | None:
    """Give a number without its fraction."""
    return int(value) if isinstance(value, int | float) and abs(value) < 2**63 else None


def _detail(usage: Mapping[str, Any], group: str, name: str) -> int | None:
    details = usage.get(group)
    return _count(details.get(name)) if isinstance(details, dict) else None


def _count(value: Any) -> int | None:
    return whole_or_none(value)
