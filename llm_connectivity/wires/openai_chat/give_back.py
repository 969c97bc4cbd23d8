"""Puts back into a request what the server wants back of an answer, which `kept` has kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...tool_calls import ToolCall, calls_of_message
from ..json_values import dicts_in
from .calls import SIGNED_ON_CALLS
from .kept import TEXTS, mark_of, marks_of

# With the text and all calls, and with one call.
_BLOCKS = ("reasoning_details", "thinking_blocks")
_SIGNED_WHOLE = (*_BLOCKS, "reasoning_parts")
_SIGNED = (*_SIGNED_WHOLE, *SIGNED_ON_CALLS)


def give_back(message: dict[str, Any], given: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    """Put it into a message: texts always, what is signed where the message is what it was.

    Args:
        message: As it is sent so far.
        given: The caller's.
        kept: What the server wants back of it.

    Returns:
        Whether all of it went.
    """
    message |= {name: kept[name] for name in TEXTS if name in kept}
    parts: list[Any] = []
    if "thinking" in kept:
        text = {"type": "text", "text": kept["thinking"]}
        parts.append({"type": "thinking", "thinking": [text]})
    went = True
    if any(kept.get(name) for name in _SIGNED):
        calls = calls_of_message(given)
        is_same = kept.get("of") == marks_of(text_of(given["content"]), calls)
        if is_same:
            message |= {name: kept[name] for name in _BLOCKS if name in kept}
            parts += dicts_in(kept.get("reasoning_parts"))
        went = all([_sign_calls(message, calls, kept, name) for name in SIGNED_ON_CALLS])
        went = went and (is_same or not any(kept.get(name) for name in _SIGNED_WHOLE))
    if parts:
        said = message["content"] or []
        message["content"] = parts + (
            [{"type": "text", "text": said}] if isinstance(said, str) else said
        )
    return went


def _sign_calls(
    message: dict[str, Any], calls: Sequence[ToolCall], kept: Mapping[str, Any], name: str
) -> bool:
    """Put signatures on the calls that they belong to; say whether all of them went."""
    extras, of = kept.get(name) or {}, kept.get("of")
    marks = of.get("calls") if isinstance(of, Mapping) else None
    if not isinstance(extras, Mapping) or not isinstance(marks, Mapping):
        return not extras
    signed = set()
    for call, sent in zip(calls, message.get("tool_calls") or (), strict=True):
        if call.id in extras and mark_of(call) == marks.get(call.id):
            sent[name] = extras[call.id]
            signed.add(call.id)
    return len(signed) == len(extras)


def text_of(content: Any) -> str:
    """Give the text of a message's content."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in dicts_in(content) if part["type"] == "text")
