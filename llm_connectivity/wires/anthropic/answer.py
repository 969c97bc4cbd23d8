"""What answers of Anthropic's Messages API hold, whole and in events: read, never validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...surrogates import mend_text
from ...tool_calls import join_calls
from ...types import About, ChatResponse
from ..base import fill_in
from ..json_text import refuse_document
from ..json_values import text_or_none
from .content import read_blocks, read_calls, read_citations, read_text, read_thinking
from .errors import told_error
from .kept import keep_blocks
from .usage import read_usage

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
    blocks, about = read_blocks(body.get("content")), read_about(body)
    return ChatResponse(
        content=mend_text("".join(map(read_text, blocks))),
        reasoning=mend_text("".join(map(read_thinking, blocks))),
        tool_calls=join_calls(read_calls(blocks), about.get("id"), finish or ""),
        citations=tuple(citation for block in blocks for citation in read_citations(block)),
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        usage=read_usage(body.get("usage")),
        _verbatim=keep_blocks(blocks),
        _raw=RawJson(WIRE, body, "response"),
        **about,
    )


def read_about(message: Mapping[str, Any]) -> About:
    """Give what a message says of itself; it does not say when it was made."""
    told: About = {
        "model": text_or_none(message.get("model")) or "",
        "id": text_or_none(message.get("id")),
    }
    return fill_in(told, read_end(message))


def read_end(holder: Mapping[str, Any]) -> About:
    """Give what a message, or the delta at a stream's end, says of how it was answered.

    https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback#refusal-response
    """
    details, usage = holder.get("stop_details"), holder.get("usage")
    return {
        "stop_sequence": text_or_none(holder.get("stop_sequence")),
        "refusal": _explain(details) if isinstance(details, dict) else None,
        "service_tier": (
            text_or_none(usage.get("service_tier")) if isinstance(usage, dict) else None
        ),
    }


def read_finish(message: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Give the stop reason and what we call it; ``None`` for none, or an empty one."""
    raw = text_or_none(message.get("stop_reason"))
    return (None, None) if raw is None else (raw, _FINISH_REASONS.get(raw, raw))


def _explain(details: Mapping[str, Any]) -> str | None:
    explanation = text_or_none(details.get("explanation"))
    if explanation is None or details.get("type") not in ("refusal", None):
        return None
    return mend_text(explanation)


def _is_message(body: Mapping[str, Any]) -> bool:
    content = body.get("content")
    if body.get("type") == "message":
        return content is None or isinstance(content, str | list)
    return body.get("type") is None and "role" in body and isinstance(content, list)
