"""What answers of Gemini's generateContent hold, whole and in events: read, never validated.

https://ai.google.dev/api/generate-content#generatecontentresponse
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...raw import RawJson
from ...types import About, ChatResponse, Usage
from ..json_text import mend_text, refuse_document
from ..json_values import read_counts, text_or_none, whole_or_none
from .errors import told_error

WIRE = "gemini"

# What servers write for the index of the first candidate.
_FIRST = (0, None)

# https://ai.google.dev/api/generate-content#FinishReason; words that are not here stay as they are.
_FINISH_REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
}

# How JSON made from protocol buffers spells an enum that was not set.
_UNSET = "_UNSPECIFIED"

# Every answer has some of these.
_OWN_FIELDS = ("candidates", "promptFeedback", "usageMetadata", "modelVersion")

_COUNTS = (
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
)

Finish = tuple[str | None, str | None]


def parse_answer(body: Mapping[str, Any]) -> ChatResponse:
    """Read a whole answer.

    Raises:
        LLMError: It is an error document.
        ProviderError: It is no answer of this wire.
    """
    candidates = body.get("candidates")
    if not candidates:
        error = told_error(body)
        if error is not None:
            raise error
    candidate = first_candidate(candidates)
    if is_foreign(body, candidate):
        refuse_document(body)
    parts = read_parts(candidate)
    raw_finish, finish = read_finish(body, candidate, called=has_call(parts))
    return ChatResponse(
        content=mend_text(read_text(parts)),
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        usage=read_usage(body.get("usageMetadata")),
        _raw=RawJson(WIRE, body, "response"),
        **read_about(body),
    )


def read_about(body: Mapping[str, Any]) -> About:
    """Give what an answer or event says of itself; when it was made is not told on this wire."""
    return {
        "model": text_or_none(body.get("modelVersion")) or "",
        "id": text_or_none(body.get("responseId")),
        "created": None,
    }


def first_candidate(candidates: Any) -> Mapping[str, Any]:
    """Give the candidate with index 0, or an empty one where there is none."""
    for candidate in candidates if isinstance(candidates, list) else ():
        if isinstance(candidate, dict) and candidate.get("index") in _FIRST:
            return candidate
    return {}


def is_foreign(body: Mapping[str, Any], candidate: Mapping[str, Any]) -> bool:
    """Whether this is another API's: none of our fields, or the candidates of the older PaLM."""
    if candidate:
        content = candidate.get("content", candidate.get("output"))
        return isinstance(content, str)
    candidates = body.get("candidates")
    if candidates:
        return not isinstance(candidates, list) or not all(isinstance(c, dict) for c in candidates)
    return all(body.get(name) is None for name in _OWN_FIELDS)


def read_parts(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the parts of a candidate's content; there may be none, or no content."""
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def read_text(parts: Sequence[Mapping[str, Any]]) -> str:
    """Join the texts of parts; thoughts are not text."""
    texts = [part.get("text") for part in parts if not part.get("thought")]
    return "".join(text for text in texts if isinstance(text, str))


def has_call(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of these parts is a function call, which the caller has to run."""
    return any(part.get("functionCall") for part in parts)


def has_more_than_text(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these parts bring something that is no text: thoughts, calls, code, data."""
    return any(
        part[name]
        for part in parts
        for name in part
        if name != "thought" and (name != "text" or part.get("thought"))
    )


def read_finish(body: Mapping[str, Any], candidate: Mapping[str, Any], *, called: bool) -> Finish:
    """Give the vendor's finish reason and what we call it; ``None`` for none.

    A prompt that was blocked has no candidates; why it was is its finish reason.

    Args:
        body: The answer or event.
        candidate: Its first candidate.
        called: A function call has come: the caller has to go on, which the vendor calls STOP too.
    """
    raw = _word(candidate.get("finishReason"))
    if raw is not None:
        return raw, "tool_calls" if called and raw == "STOP" else _FINISH_REASONS.get(raw, raw)
    if body.get("candidates"):
        return None, None
    feedback = body.get("promptFeedback")
    blocked = _word(feedback.get("blockReason")) if isinstance(feedback, dict) else None
    return blocked, blocked and "content_filter"


def read_usage(usage: Any) -> Usage | None:
    """Add up what the vendor counts apart, nulls as 0; ``None`` where it sent no counts.

    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    counts = read_counts(usage, *_COUNTS)
    if counts is None:
        return None
    prompt, tool_use, candidates, thoughts = counts
    total = whole_or_none(usage.get("totalTokenCount"))
    return Usage(
        prompt + tool_use,
        candidates + thoughts,
        sum(counts) if total is None else total,
        whole_or_none(usage.get("cachedContentTokenCount")),
        whole_or_none(usage.get("thoughtsTokenCount")),
    )


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value and not value.endswith(_UNSET) else None
