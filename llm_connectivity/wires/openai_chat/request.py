"""`ChatRequest` -> request body of OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import ValidationError, show
from ...types import ChatRequest
from ..json_text import merge_deeply
from .dialect import Dialect
from .request_messages import NO_MARKS, arrange, is_marked, strip_marks

OPTIONS = frozenset(
    "temperature max_tokens top_p stop seed frequency_penalty presence_penalty user tools "
    "tool_choice parallel_tool_calls reasoning response_format n".split()
)

# Either says how long the answer may get; a server refuses both at once.
_LENGTH_FIELDS = ("max_tokens", "max_completion_tokens")


def build_body(request: ChatRequest, *, stream: bool, dialect: Dialect) -> dict[str, Any]:
    """Build the JSON body.

    https://platform.openai.com/docs/api-reference/chat/create

    Args:
        request: The call.
        stream: Ask for server-sent events, and where that may be done for usage at their end.
        dialect: What the server takes of this wire.

    Raises:
        ValidationError: Something can't be sent to this server.
    """
    messages, _ = arrange(request, dialect)
    body: dict[str, Any] = {"model": request.model, "messages": messages}
    for name, value in request.options.items():
        body |= _name_option(name, value, request.provider, dialect)
    if any(name in request.extra for name in _LENGTH_FIELDS):
        for name in _LENGTH_FIELDS:
            body.pop(name, None)
    if stream:
        body["stream"] = True
    if stream and dialect.counts_streams:
        body["stream_options"] = {"include_usage": True}
    return merge_deeply(body, request.extra)


def check(request: ChatRequest, dialect: Dialect) -> tuple[str, ...]:
    """Say what of a request goes otherwise than as it was given.

    Raises:
        ValidationError: Something can't be sent to this server.
    """
    _, warnings = arrange(request, dialect)
    if "messages" in request.extra:
        warnings.append("messages= in extra_body replaces the messages.")
    for name, value in request.options.items():
        fields = _name_option(name, value, request.provider, dialect)
        warnings += [f"{field}= replaces {name}=." for field in fields if field in request.extra]
    if any(name in request.extra for name in _LENGTH_FIELDS) and "max_tokens" in request.options:
        warnings.append("the provider's own limit replaces max_tokens=.")
    if not dialect.keeps_prompts and any(map(is_marked, request.options.get("tools", ()))):
        warnings.append(NO_MARKS)
    return tuple(dict.fromkeys(warnings))


def _name_option(name: str, value: Any, provider: str, dialect: Dialect) -> dict[str, Any]:
    """Give the fields that say what an option says."""
    if name == "max_tokens":
        return {dialect.max_tokens_field: value}
    if name == "tools":
        return {name: _build_tools(value, dialect)}
    if name == "reasoning":
        return _build_reasoning(value, provider, dialect)
    return {name: value}


def _build_tools(tools: Sequence[Mapping[str, Any]], dialect: Dialect) -> list[Any]:
    for i, tool in enumerate(tools):
        if "type" not in tool:
            raise ValidationError(
                f"tools[{i}] has no 'type', which this wire wants of every tool.",
                code="unsupported_option",
                hint='A function is {"type": "function", "function": {...}}.',
            )
    return list(tools) if dialect.keeps_prompts else strip_marks(tools)


def _build_reasoning(value: str | int, provider: str, dialect: Dialect) -> dict[str, Any]:
    word, number = _REASONING[dialect.reasoning_field]
    build = word if isinstance(value, str) else number
    if build is None:
        wanted = "a number of tokens" if word is None else "'low', 'medium' or 'high'"
        raise ValidationError(
            f"{provider} takes {wanted} for reasoning, not {show(value)}.",
            code="unsupported_option",
            hint="What it has besides goes into extra_body={...}.",
        )
    return build(value)


_Build = Callable[[Any], dict[str, Any]] | None

# Field that says how long to think -> what it is for a word, and for a number of tokens.
_REASONING: dict[str, tuple[_Build, _Build]] = {
    "reasoning_effort": (lambda word: {"reasoning_effort": word}, None),
    # https://openrouter.ai/docs/use-cases/reasoning-tokens
    "reasoning": (
        lambda word: {"reasoning": {"effort": word}},
        lambda number: {"reasoning": {"max_tokens": number}},
    ),
    # https://www.alibabacloud.com/help/en/model-studio/deep-thinking
    "thinking_budget": (
        None,
        lambda number: {"enable_thinking": number > 0, "thinking_budget": number},
    ),
}

REASONING_FIELDS = tuple(_REASONING)
