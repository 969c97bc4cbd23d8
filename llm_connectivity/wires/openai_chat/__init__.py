"""OpenAI's chat completions, the wire that most other servers speak too.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ErrorFacts, LLMError
from ...types import ChatRequest, ChatResponse
from .answer import WIRE, parse_answer
from .call_ids import fit_id
from .dialect import MESSAGE_KEYS, PARTS, Dialect
from .errors import map_error
from .request import OPTIONS, REASONING_FIELDS, build_body, check
from .stream import OpenAIChatDecoder

__all__ = ["MESSAGE_KEYS", "PARTS", "REASONING_FIELDS", "Dialect", "OpenAIChatCodec", "fit_id"]


class OpenAIChatCodec:
    """Codec of this wire.

    Args:
        dialect: What the server takes of it; ``None``: all.
    """

    wire = WIRE

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()
        self.options = OPTIONS - self._dialect.refuses

    def check_chat(self, request: ChatRequest) -> tuple[str, ...]:
        """Say what of a request goes otherwise than as it was given.

        Raises:
            ValidationError: Something can't be sent to this server.
        """
        return check(request, self._dialect)

    def build_chat(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        """Build the JSON body of a request."""
        return build_body(request, stream=stream, dialect=self._dialect)

    def parse_chat(self, body: Mapping[str, Any]) -> ChatResponse:
        """Read a whole answer; an error document raises the error it tells of."""
        return parse_answer(body)

    def stream_decoder(self, *, keeps: bool = True) -> OpenAIChatDecoder:
        """Make the decoder of one stream."""
        return OpenAIChatDecoder(keeps=keeps)

    def map_error(self, facts: ErrorFacts) -> LLMError:
        """Decide which error a failure is."""
        return map_error(facts)
