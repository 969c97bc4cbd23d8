"""Google Gemini's generateContent.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ErrorFacts, LLMError
from ...types import ChatRequest, ChatResponse
from .answer import WIRE, parse_answer
from .errors import map_error
from .request import OPTIONS, build_body, find_warnings, model_path
from .stream import GeminiDecoder

__all__ = ["GeminiCodec"]


class GeminiCodec:
    """Codec of this wire."""

    wire = WIRE
    options = OPTIONS

    def check_chat(self, request: ChatRequest) -> tuple[str, ...]:
        """Say what of a request goes otherwise than as it was given.

        Raises:
            ValidationError: There is no message but the system's, the wire can't carry a part of
                one, or the model's name can't stand in a path.
        """
        model_path(request.model)
        return find_warnings(request)

    def build_chat(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        """Build the JSON body of a request; the same one for a stream, which has its own path."""
        return build_body(request)

    def parse_chat(self, body: Mapping[str, Any]) -> ChatResponse:
        """Read a whole answer; an error document raises the error it tells of."""
        return parse_answer(body)

    def stream_decoder(self, *, keeps: bool = True) -> GeminiDecoder:
        """Make the decoder of one stream."""
        return GeminiDecoder(keeps=keeps)

    def map_error(self, facts: ErrorFacts) -> LLMError:
        """Decide which error a failure is."""
        return map_error(facts)
