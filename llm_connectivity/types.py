"""The values that go in and come out: messages, requests, responses, chunks, usage.

All of them pickle, deep-copy and, where they come out, turn into JSON with ``to_dict()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .chunk import Citation, StreamChunk, says_something
from .message_types import Message, Messages, Part
from .response import About, ChatChoice, ChatResponse
from .tool_calls import ToolCall, ToolCallDelta
from .usage import Attempt, Usage

__all__ = [
    "About",
    "Attempt",
    "ChatChoice",
    "ChatRequest",
    "ChatResponse",
    "Citation",
    "Message",
    "Messages",
    "Part",
    "StreamChunk",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "says_something",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One call, checked and complete; codecs build a request body from it.

    Attributes:
        provider: Name of the provider.
        model: Name of the model, without the provider.
        messages: Dicts in OpenAI's form; what the caller has written is no part of the repr, which
            may end up in a log.
        options: Named options that were given, by our names (``{"max_tokens": 50}``).
        extra: Other keywords of the call; they go to the root of the body, dicts merged deeply.
        extra_headers: HTTP headers of this call.
        extra_query: Query parameters of this call.
    """

    provider: str
    model: str
    messages: tuple[Mapping[str, Any], ...] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extra_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra_query: Mapping[str, str] = field(default_factory=dict, repr=False)
