"""`ChatRequest` -> request body of Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ValidationError
from ...types import ChatRequest
from ..json_text import merge_deeply
from ..turns import Conversation, Turn, take_turns

OPTIONS = frozenset("temperature max_tokens top_p stop user".split())

# The API wants a limit with each request; every model takes this one.
DEFAULT_MAX_TOKENS = 8192


def build_body(request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    """Build the JSON body.

    https://docs.claude.com/en/api/messages

    Args:
        request: The call.
        stream: Ask for server-sent events.

    Raises:
        ValidationError: A message has no text, or there is none but the system's.
    """
    conversation = arrange(request)
    body: dict[str, Any] = {"model": request.model, "max_tokens": DEFAULT_MAX_TOKENS}
    if conversation.system:
        body["system"] = _in_blocks([_block(text) for text in conversation.system])
    body["messages"] = [
        {"role": turn.role, "content": _in_blocks(turn.parts)} for turn in conversation.turns
    ]
    body.update(_name_options(request))
    if stream:
        body["stream"] = True
    return merge_deeply(body, request.extra)


def arrange(request: ChatRequest) -> Conversation:
    """Take the messages apart: the system's text, and turns of which each says something.

    Raises:
        ValidationError: A user message has no text, or nothing is left to be asked.
    """
    _refuse_silent_users(request.messages)
    conversation = take_turns(request.messages)
    conversation.turns, dropped = _drop_silent(conversation.turns)
    conversation.warnings += [
        f"{where} is empty, which the API refuses: left out." for where in dropped
    ]
    conversation.warnings += conversation.replaced_by(request.extra, "system", "messages")
    if not conversation.turns:
        raise ValidationError(
            "messages holds nothing but empty messages.",
            code="invalid_messages",
            hint='Give a user message with text: {"role": "user", "content": ...}.',
        )
    return conversation


def _drop_silent(turns: Sequence[Turn]) -> tuple[list[Turn], list[str]]:
    """Leave out what the assistant did not say; the user's turns around it become one.

    The API: all messages must have non-empty content except for the optional final assistant
    message; an empty one there means the same as none.
    """
    kept: list[Turn] = []
    dropped = []
    for turn in turns:
        if not any(part["text"] for part in turn.parts):
            dropped.append(turn.where)
        elif kept and kept[-1].role == turn.role:
            kept[-1].parts += turn.parts
        else:
            kept.append(turn)
    return kept, dropped


def _refuse_silent_users(messages: Sequence[Mapping[str, Any]]) -> None:
    for i, message in enumerate(messages):
        if message["role"] == "user" and not message["content"]:
            raise ValidationError(
                f"messages[{i}]['content'] is empty.",
                code="invalid_messages",
                hint="This provider wants text in every user message.",
            )


def _in_blocks(parts: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Give content blocks, or the text alone where there is just one: they mean the same."""
    return parts[0]["text"] if len(parts) == 1 else parts


def _block(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _name_options(request: ChatRequest) -> dict[str, Any]:
    """Give the named options under the API's names."""
    named = dict(request.options)
    stop, user = named.pop("stop", None), named.pop("user", None)
    if stop is not None:
        named["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    if user is not None:
        named["metadata"] = {"user_id": user}
    return named
