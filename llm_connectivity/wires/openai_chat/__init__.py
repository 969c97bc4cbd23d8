"""OpenAI's chat completions, the wire that most other servers speak too.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ErrorFacts, LLMError
from ...types import ChatRequest, ChatResponse
from .answer import WIRE, parse_answer
from .errors import map_error
from .request import OPTIONS, build_body
from .stream import OpenAIChatDecoder

__all__ = ["OpenAIChatCodec"]


class OpenAIChatCodec:
    """Codec of this wire.

    Args:
        max_tokens_field: Name under which the server takes ``max_tokens``.
    """

    wire = WIRE
    options = OPTIONS

    def __init__(self, *, max_tokens_field: str = "max_tokens") -> None:
        self._max_tokens_field = max_tokens_field

    def check_chat(self, request: ChatRequest) -> tuple[str, ...]:
        """Everything goes as it was given."""
        return ()

    def build_chat(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        """Build the JSON body of a request."""
        return build_body(request, stream=stream, max_tokens_field=self._max_tokens_field)

    def parse_chat(self, body: Mapping[str, Any]) -> ChatResponse:
        """Read a whole answer; an error document raises the error it tells of."""
        return parse_answer(body)

    def stream_decoder(self) -> OpenAIChatDecoder:
        """Make the decoder of one stream."""
        return OpenAIChatDecoder()

    def map_error(self, facts: ErrorFacts) -> LLMError:
        """Decide which error a failure is."""
        return map_error(facts)
