"""What answers of OpenAI's chat completions hold, whole and in events: read, never validated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...types import About, ChatResponse, Usage
from ..json_text import mend_text, refuse_document
from ..json_values import read_counts, text_or_none, whole_or_none
from .errors import error_from_document, told_error

WIRE = "openai_chat"

# What servers write for the index of the first choice.
_FIRST = (0, None, "0", "")

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
    if choice.get("error"):
        raise error_from_document(choice)
    if is_foreign(choices, choice) or ("delta" in choice and "message" not in choice):
        refuse_document(body)
    message = choice.get("message")
    raw_finish, finish = read_finish(choice)
    return ChatResponse(
        content=mend_text(read_text(message.get("content"))) if isinstance(message, dict) else "",
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        usage=find_usage(body, choice),
        _raw=RawJson(WIRE, body, "response"),
        **read_about(body),
    )


def read_about(body: Mapping[str, Any]) -> About:
    """Give what an answer or event says of itself; some servers' first event says nothing."""
    return {
        "model": text_or_none(body.get("model")) or "",
        "id": text_or_none(body.get("id")),
        "created": whole_or_none(body.get("created")) or None,
    }


def first_choice(choices: Any) -> Mapping[str, Any]:
    """Give the choice with index 0, or an empty one where there is none."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index") in _FIRST:
            return choice
    return {}


def is_foreign(choices: Any, choice: Mapping[str, Any]) -> bool:
    """Whether these choices are another API's: no objects, or those of the older completions."""
    if not choice:
        return not isinstance(choices, list) or not all(isinstance(c, dict) for c in choices)
    return "text" in choice and "message" not in choice and "delta" not in choice


def read_text(content: Any) -> str:
    """Give the text of ``content``: a text, or a list with text parts in it; ``""`` for none.

    Where a gateway has parsed the JSON that the model wrote, it is written as a text again.
    """
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        if parts or not content:
            texts = (part.get("text") for part in parts)
            return "".join(text for text in texts if isinstance(text, str))
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def read_finish(choice: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Give the server's finish reason and what we call it; ``None`` for none, or an empty one."""
    raw = choice.get("finish_reason")
    if not raw or not isinstance(raw, str):
        return None, None
    return raw, _FINISH_REASONS.get(raw, raw)


def read_usage(usage: Any) -> Usage | None:
    """Give the server's three numbers unchanged, nulls as 0; ``None`` where it sent none."""
    counts = read_counts(usage, "prompt_tokens", "completion_tokens")
    if counts is None:
        return None
    prompt, completion = counts
    total = whole_or_none(usage.get("total_tokens"))
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


def _detail(usage: Mapping[str, Any], group: str, name: str) -> int | None:
    details = usage.get(group)
    return whole_or_none(details.get(name)) if isinstance(details, dict) else None
