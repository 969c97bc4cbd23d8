"""Reading a whole answer: what all adapters that talk HTTP share."""

from __future__ import annotations

from dataclasses import replace

from ..errors import LLMError
from ..http_body import HttpBody
from ..types import ChatResponse
from ..wires.base import Codec
from ..wires.json_text import parse_document
from ..wires.status import add_headers, request_id

_LONGEST_ANSWER_BYTES = 256 * 1024 * 1024


def read_answer(body: HttpBody, codec: Codec) -> ChatResponse:
    """Read an answer with status 200 to its end, and say what it is.

    Raises:
        LLMError: It broke off, tells of an error, or is no answer of this wire.
    """
    try:
        data = body.read(_LONGEST_ANSWER_BYTES)
        document = parse_document(data, body.headers.get("content-type", ""))
        return replace(codec.parse_chat(document), request_id=request_id(body.headers))
    except LLMError as error:
        add_headers(error, body.headers)
        raise
