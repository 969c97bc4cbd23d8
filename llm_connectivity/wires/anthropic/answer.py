"""What answers of Anthropic's Messages API hold, whole and in events: read, never validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...types import About, ChatResponse, Usage
from ..json_text import mend_text, refuse_document
from ..json_values import read_counts, text_or_none, whole_or_none
from .errors import told_error

WIRE = "anthropic"

# https://docs.claude.com/en/api/handling-stop-reasons; any other word stays as it is.
_FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def parse_answer(body: Mapping[str, Any]) -> ChatResponse:
    """Read a whole answer.

    Raises:
        LLMError: It is an error document.
        ProviderError: It is no answer of this wire.
    """
    if not _is_message(body):
        error = told_error(body)
        if error is not None:
            raise error
        refuse_document(body)
    raw_finish, finish = read_finish(body)
    return ChatResponse(
        content=mend_text(read_text(body.get("content"))),
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        usage=read_usage(body.get("usage")),
        _raw=RawJson(WIRE, body, "response"),
        **read_about(body),
    )


def read_about(message: Mapping[str, Any]) -> About:
    """Give what a message says of itself; it does not say when it was made."""
    return {
        "model": text_or_none(message.get("model")) or "",
        "id": text_or_none(message.get("id")),
        "created": None,
    }


def read_text(content: Any) -> str:
    """Give the text of content blocks: that of text blocks alone; ``""`` for none."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else ()
    return "".join(read_block_text(block) for block in blocks)


def read_block_text(block: Any) -> str:
    """Give the text of one content block; thinking, tools and their results are none."""
    if not isinstance(block, dict) or block.get("type") != "text":
        return ""
    return text_or_none(block.get("text")) or ""


def read_finish(message: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Give the stop reason and what we call it; ``None`` for none, or an empty one."""
    raw = text_or_none(message.get("stop_reason"))
    return (None, None) if raw is None else (raw, _FINISH_REASONS.get(raw, raw))


def read_usage(usage: Any) -> Usage | None:
    """Give the token counts, those of the cache within the prompt's; ``None`` where there are none.

    https://docs.claude.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
    """
    counts = read_counts(
        usage,
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    )
    if counts is None:
        return None
    given, completion, read, written = counts
    prompt = given + read + written
    details, kept = usage.get("output_tokens_details"), usage.get("cache_creation")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        cached_tokens=whole_or_none(usage.get("cache_read_input_tokens")),
        reasoning_tokens=(
            whole_or_none(details.get("thinking_tokens")) if isinstance(details, dict) else None
        ),
        cache_write_tokens=whole_or_none(usage.get("cache_creation_input_tokens")),
        cache_write_1h_tokens=(
            whole_or_none(kept.get("ephemeral_1h_input_tokens")) if isinstance(kept, dict) else None
        ),
    )


def _is_message(body: Mapping[str, Any]) -> bool:
    content = body.get("content")
    if body.get("type") == "message":
        return content is None or isinstance(content, str | list)
    return "type" not in body and "role" in body and isinstance(content, list)
