"""Reading a whole answer: what all adapters share."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from ..errors import LLMError, ProviderError
from ..types import ChatResponse
from ..wires.base import Codec
from ..wires.headers import add_headers, read_rate_limits, request_id
from ..wires.json_text import parse_document
from .base import StreamBody

_LONGEST_ANSWER_BYTES = 256 * 1024 * 1024


def read_answer(body: StreamBody, codec: Codec) -> ChatResponse:
    """Read an answer with status 200 to its end, and say what it is.

    Raises:
        LLMError: It broke off, tells of an error, or is no answer of this wire.
    """
    try:
        data = _read_all(body)
        document = parse_document(data, body.headers.get("content-type", ""))
        return replace(
            codec.parse_chat(document),
            request_id=request_id(body.headers),
            rate_limits=read_rate_limits(body.headers),
        )
    except LLMError as error:
        add_headers(error, body.headers)
        raise


def _read_all(body: StreamBody) -> bytes:
    data = bytearray()
    with contextlib.closing(body):
        for piece in body:
            data += piece
            if len(data) > _LONGEST_ANSWER_BYTES:
                raise ProviderError(
                    f"the answer is longer than {_LONGEST_ANSWER_BYTES} bytes.",
                    code="answer_too_large",
                    retryable=False,
                )
    return bytes(data)
