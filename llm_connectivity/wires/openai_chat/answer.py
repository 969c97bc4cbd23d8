"""What answers of OpenAI's chat completions hold, whole and in events: read, never validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...surrogates import mend_text
from ...tool_calls import join_calls
from ...types import About, ChatChoice, ChatResponse, Usage
from ..json_text import refuse_document
from ..json_values import add_counts, dicts_in, read_counts, text_or_none, whole_or_none
from .calls import CallReader
from .errors import error_from_document, told_error
from .kept import Keeper
from .message import Sources, read_citations, read_reasoning, read_text

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
    choice = first_choice(choices) or next(iter(dicts_in(choices)), {})
    if choice.get("error"):
        raise error_from_document(choice)
    if is_foreign(choices, choice) or ("delta" in choice and "message" not in choice):
        refuse_document(body)
    about, calls, sources = read_about(body), CallReader(is_whole=True), Sources()
    first = _read_choice(choice, about["id"], calls, sources)
    about["refusal"] = first.refusal
    others = (other for other in dicts_in(choices) if other is not choice)
    return ChatResponse(
        content=first.content,
        reasoning=first.reasoning,
        tool_calls=first.tool_calls,
        citations=(*first.citations, *sources.take_listed(body)),
        finish_reason=first.finish_reason,
        raw_finish_reason=first.raw_finish_reason,
        usage=find_usage(body, choice),
        _others=tuple(
            _read_choice(other, about["id"], CallReader(is_whole=True), Sources())
            for other in others
        ),
        _verbatim=_read_kept(choice, first.content, calls, about["id"]),
        _raw=RawJson(WIRE, body, "response"),
        **about,
    )


def _read_choice(
    choice: Mapping[str, Any], answer_id: str | None, calls: CallReader, sources: Sources
) -> ChatChoice:
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    raw_finish, finish = read_finish(choice)
    return ChatChoice(
        content=mend_text(read_text(message.get("content"))),
        reasoning=mend_text(read_reasoning(message)),
        tool_calls=join_calls([*calls.feed(message), *calls.finish()], answer_id, finish or ""),
        citations=sources.take_new(read_citations(message)),
        refusal=mend_text(text_or_none(message.get("refusal")) or "") or None,
        finish_reason=finish,
        raw_finish_reason=raw_finish,
    )


def _read_kept(
    choice: Mapping[str, Any], text: str, calls: CallReader, answer_id: str | None
) -> Mapping[str, Any] | None:
    keeper, message = Keeper(), choice.get("message")
    if isinstance(message, dict):
        keeper.note(message, is_whole=True)
    keeper.said.append(text)
    return keeper.give(calls, answer_id)


def read_about(body: Mapping[str, Any]) -> About:
    """Give what an answer or event says of itself; some servers' first event says nothing."""
    return {
        "model": text_or_none(body.get("model")) or "",
        "id": text_or_none(body.get("id")),
        "created": whole_or_none(body.get("created")) or None,
        "service_tier": text_or_none(body.get("service_tier")),
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
    of_prompt = _group(usage, "prompt_tokens_details")
    of_completion = _group(usage, "completion_tokens_details")
    heard, spoken = of_prompt.get("audio_tokens"), of_completion.get("audio_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion if total is None else total,
        cached_tokens=_first_whole(
            of_prompt.get("cached_tokens"),
            usage.get("prompt_cache_hit_tokens"),  # DeepSeek
            usage.get("cached_tokens"),  # Moonshot
        ),
        cache_write_tokens=_first_whole(
            of_prompt.get("cache_write_tokens"),
            of_prompt.get("cache_creation_input_tokens"),  # DashScope
        ),
        reasoning_tokens=_first_whole(
            of_completion.get("reasoning_tokens"), usage.get("reasoning_tokens")
        ),
        audio_tokens=add_counts(whole_or_none(heard), whole_or_none(spoken)),
        completion_audio_tokens=whole_or_none(spoken),
    )


def find_usage(body: Mapping[str, Any], choice: Mapping[str, Any]) -> Usage | None:
    """Give the usage of an answer or event; some servers put it elsewhere than at its root."""
    usage = read_usage(body.get("usage"))
    if usage is None and "x_groq" in body and isinstance(body["x_groq"], dict):
        usage = read_usage(body["x_groq"].get("usage"))
    if usage is None and "usage" in choice:
        usage = read_usage(choice["usage"])
    return usage


def _group(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}


def _first_whole(*values: Any) -> int | None:
    return next((n for n in map(whole_or_none, values) if n is not None), None)
