"""Anthropic's Messages API.

https://docs.claude.com/en/api/messages
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ErrorFacts, LLMError
from ...types import ChatRequest, ChatResponse
from .answer import WIRE, parse_answer
from .errors import map_error
from .request import OPTIONS, plan_chat
from .stream import AnthropicDecoder

__all__ = ["AnthropicCodec"]


class AnthropicCodec:
    """Codec of this wire."""

    wire = WIRE
    options = OPTIONS

    def check_chat(self, request: ChatRequest) -> tuple[str, ...]:
        """Say what of a request goes otherwise than as it was given.

        Raises:
            ValidationError: The API can't take a part of a message or the value of an option, a
                message has no text, or there is none but the system's.
        """
        return plan_chat(request).warnings

    def build_chat(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        """Build the JSON body of a request."""
        return plan_chat(request, stream=stream).body

    def parse_chat(self, body: Mapping[str, Any]) -> ChatResponse:
        """Read a whole answer; an error document raises the error it tells of."""
        return parse_answer(body)

    def stream_decoder(self, *, keeps: bool = True) -> AnthropicDecoder:
        """Make the decoder of one stream."""
        return AnthropicDecoder(keeps=keeps)

    def map_error(self, facts: ErrorFacts) -> LLMError:
        """Decide which error a failure is."""
        return map_error(facts)
