"""What answers of Gemini's generateContent hold, whole and in events: read, never validated.

https://ai.google.dev/api/generate-content#generatecontentresponse
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...raw import RawJson
from ...surrogates import mend_text
from ...tool_calls import join_calls
from ...types import About, ChatChoice, ChatResponse, Usage
from ..json_text import refuse_document
from ..json_values import add_counts, dicts_in, read_counts, text_or_none, whole_or_none
from .content import ContentReader, read_parts
from .errors import told_error
from .sources import SourceReader

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

# The words for 1, 2, ... where enums come as numbers, as with Vertex AI's ``enum-encoding=int``;
# behind these, Vertex AI and the Gemini API number differently.
# https://docs.cloud.google.com/ruby/docs/reference/google-cloud-ai_platform-v1/latest/Google-Cloud-AIPlatform-V1-Candidate-FinishReason
_NUMBERED_FINISH = ("STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER")
_NUMBERED_BLOCK = ("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT")
_SOUND = ("AUDIO", 4)  # as a word and as a number

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
    candidate = first_candidate(candidates) or _only_candidate(candidates)
    if is_foreign(body, candidate):
        refuse_document(body)
    about, content = read_about(body), ContentReader()
    about["service_tier"] = read_service_tier(body.get("usageMetadata"))
    first = _read_candidate(body, candidate, content)
    others = (other for other in dicts_in(candidates) if other is not candidate)
    return ChatResponse(
        content=first.content,
        reasoning=first.reasoning,
        tool_calls=first.tool_calls,
        citations=first.citations,
        finish_reason=first.finish_reason,
        raw_finish_reason=first.raw_finish_reason,
        usage=read_usage(body.get("usageMetadata")),
        _others=tuple(_read_candidate(body, other, ContentReader()) for other in others),
        _verbatim=content.verbatim,
        _raw=RawJson(WIRE, body, "response"),
        **about,
    )


def _read_candidate(
    body: Mapping[str, Any], candidate: Mapping[str, Any], content: ContentReader
) -> ChatChoice:
    said = content.feed(read_parts(candidate))
    raw_finish, finish = read_finish(body, candidate, called=content.called)
    pieces = (*said.calls, *content.finish())
    return ChatChoice(
        content=mend_text(said.text),
        reasoning=mend_text(said.reasoning),
        tool_calls=join_calls(pieces, text_or_none(body.get("responseId")), finish or ""),
        citations=SourceReader().feed(candidate),
        finish_reason=finish,
        raw_finish_reason=raw_finish,
    )


def read_about(body: Mapping[str, Any]) -> About:
    """Give what an answer or event says of itself."""
    return {
        "model": text_or_none(body.get("modelVersion")) or "",
        "id": text_or_none(body.get("responseId")),
        "created": _read_time(body.get("createTime")),
    }


def first_candidate(candidates: Any) -> Mapping[str, Any]:
    """Give the candidate with index 0, or an empty one where there is none."""
    for candidate in candidates if isinstance(candidates, list) else ():
        if isinstance(candidate, dict) and candidate.get("index") in _FIRST:
            return candidate
    return {}


def _only_candidate(candidates: Any) -> Mapping[str, Any]:
    """Give the candidate of an answer that has no other, whatever its index."""
    found = dicts_in(candidates)
    return found[0] if len(found) == 1 else {}


def is_foreign(body: Mapping[str, Any], candidate: Mapping[str, Any]) -> bool:
    """Whether this is another API's: none of our fields, or the candidates of the older PaLM."""
    if candidate:
        content = candidate.get("content", candidate.get("output"))
        return isinstance(content, str)
    candidates = body.get("candidates")
    if candidates:
        return not isinstance(candidates, list) or not all(isinstance(c, dict) for c in candidates)
    return all(body.get(name) is None for name in _OWN_FIELDS)


def read_finish(body: Mapping[str, Any], candidate: Mapping[str, Any], *, called: bool) -> Finish:
    """Give the vendor's finish reason and what we call it; ``None`` for none.

    A prompt that was blocked has no candidates; why it was is its finish reason.

    Args:
        body: The answer or event.
        candidate: Its first candidate.
        called: A function call has come: the caller has to go on, which the vendor calls STOP too.
    """
    raw = _reason(candidate.get("finishReason"), _NUMBERED_FINISH)
    if raw is not None:
        return raw, "tool_calls" if called and raw == "STOP" else _FINISH_REASONS.get(raw, raw)
    if body.get("candidates"):
        return None, None
    feedback = body.get("promptFeedback")
    told = feedback.get("blockReason") if isinstance(feedback, dict) else None
    blocked = _reason(told, _NUMBERED_BLOCK)
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
    spoken = _count_sound(usage, "candidatesTokensDetails")
    return Usage(
        prompt_tokens=prompt + tool_use,
        completion_tokens=candidates + thoughts,
        total_tokens=sum(counts) if total is None else total,
        cached_tokens=whole_or_none(usage.get("cachedContentTokenCount")),
        reasoning_tokens=whole_or_none(usage.get("thoughtsTokenCount")),
        audio_tokens=add_counts(
            _count_sound(usage, "promptTokensDetails"),
            _count_sound(usage, "toolUsePromptTokensDetails"),
            spoken,
        ),
        completion_audio_tokens=spoken,
    )


def read_service_tier(usage: Any) -> str | None:
    """Give how urgently it was answered, which stands beside the counts.

    https://ai.google.dev/gemini-api/docs/priority-inference; Vertex AI calls it ``trafficType``.
    """
    if not isinstance(usage, dict):
        return None
    return _word(usage.get("serviceTier")) or _word(usage.get("trafficType"))


def _count_sound(usage: Mapping[str, Any], name: str) -> int | None:
    """Add up the tokens of sound in a list of counts by modality."""
    return add_counts(
        *(
            whole_or_none(count.get("tokenCount"))
            for count in dicts_in(usage.get(name))
            if count.get("modality") in _SOUND
        )
    )


def _read_time(value: Any) -> int | None:
    """Read a time such as ``"2026-03-01T12:00:00.123456Z"``, in Unix seconds."""
    with contextlib.suppress(ValueError, OverflowError):
        return int(datetime.fromisoformat(value).timestamp()) if isinstance(value, str) else None
    return None


def _reason(value: Any, numbered: tuple[str, ...]) -> str | None:
    """Give the word for a reason; a number without one stays a number."""
    if type(value) is int and value > 0:
        return numbered[value - 1] if value <= len(numbered) else str(value)
    return _word(value)


def _word(value: Any) -> str | None:
    word = text_or_none(value)
    return None if word is None or word.endswith(_UNSET) else word
