"""`ChatRequest` -> request body of Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ValidationError
from ...types import ChatRequest
from ..json_text import merge_deeply
from ..turns import Turn, take_turns
from .kept import understand
from .output import DEFAULT_MAX_TOKENS, build_form, build_thinking, warn_of_replaced
from .parts import BlockBuilder, as_content, take_off_thinking
from .tools import build_tools

OPTIONS = frozenset(
    "temperature max_tokens top_p stop user tools tool_choice parallel_tool_calls reasoning "
    "response_format".split()
)

_SAME_NAME = ("temperature", "max_tokens", "top_p")


@dataclass(frozen=True, slots=True)
class Plan:
    """A request as it is going to be.

    Attributes:
        body: The JSON body.
        warnings: What goes otherwise than as it was given.
    """

    body: dict[str, Any]
    warnings: tuple[str, ...]


def plan_chat(request: ChatRequest, *, stream: bool = False) -> Plan:
    """Build the JSON body, and say what goes otherwise than as it was given.

    https://docs.claude.com/en/api/messages

    Args:
        request: The call.
        stream: Ask for server-sent events.

    Raises:
        ValidationError: The API can't take a part of a message or the value of an option, a
            message has no text, or there is none but the system's.
    """
    body: dict[str, Any] = {"model": request.model, "max_tokens": DEFAULT_MAX_TOKENS}
    warnings = _add_messages(body, request)
    merge_deeply(body, _name_options(request))
    if stream:
        body["stream"] = True
    warnings += warn_of_replaced(request.options, request.extra)
    return Plan(merge_deeply(body, request.extra), tuple(warnings))


def _add_messages(body: dict[str, Any], request: ChatRequest) -> list[str]:
    """Put the system's text and the others' turns into a body, of which each says something."""
    _refuse_silent_users(request.messages)
    conversation = take_turns(request.messages, request.provider, understand)
    builder = BlockBuilder()
    system = builder.build(conversation.system)
    if system:
        body["system"] = as_content(system)
    messages, dropped = _build_messages(conversation.turns, builder)
    if not messages:
        raise ValidationError(
            "messages holds nothing but empty messages.",
            code="invalid_messages",
            hint='Give a user message with text: {"role": "user", "content": ...}.',
        )
    body["messages"] = [{**message, "content": _order(message)} for message in messages]
    replaced = conversation.replaced_by(request.extra, "system", "messages")
    return [*conversation.warnings, *builder.warnings, *dropped, *replaced]


def _build_messages(
    turns: Sequence[Turn], builder: BlockBuilder
) -> tuple[list[dict[str, Any]], list[str]]:
    """Leave out what the assistant did not say; the user's turns around it become one.

    The API: all messages must have non-empty content except for the optional final assistant
    message; an empty one there means the same as none.
    """
    messages: list[dict[str, Any]] = []
    warnings = []
    for turn in turns:
        built = builder.build(turn.parts)
        blocks = take_off_thinking(built) if turn.role == "assistant" else built
        if not blocks:
            what = "is nothing but thinking" if built else "is empty"
            warnings.append(f"{turn.where} {what}, which the API refuses: left out.")
        elif messages and messages[-1]["role"] == turn.role:
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": turn.role, "content": blocks})
    return messages, warnings


def _order(message: Mapping[str, Any]) -> str | list[dict[str, Any]]:
    """Give the content of a message; results of tools stand before all else there."""
    return as_content(sorted(message["content"], key=lambda b: b.get("type") != "tool_result"))


def _refuse_silent_users(messages: Sequence[Mapping[str, Any]]) -> None:
    for i, message in enumerate(messages):
        content = message["content"]
        if message["role"] == "user" and _is_silent(content):
            raise ValidationError(
                f"messages[{i}]['content'] is {'nothing but blanks' if content else 'empty'}.",
                code="invalid_messages",
                hint="This provider wants text in every user message.",
            )


def _is_silent(content: Any) -> bool:
    if isinstance(content, str):
        return not content.strip()
    return all(part["type"] == "text" and not part["text"].strip() for part in content)


def _name_options(request: ChatRequest) -> dict[str, Any]:
    """Give the named options under the API's names."""
    options = request.options
    named = {name: options[name] for name in _SAME_NAME if name in options}
    stop = options.get("stop")
    if stop is not None:
        named["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    if options.get("user") is not None:
        named["metadata"] = {"user_id": options["user"]}
    for fields in (build_tools(request), build_thinking(request), build_form(request)):
        merge_deeply(named, fields)
    return named
