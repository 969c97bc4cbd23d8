"""`ChatRequest` -> request body of OpenAI's chat completions."""

from __future__ import annotations

from typing import Any

from ...types import ChatRequest
from ..json_text import merge_deeply

OPTIONS = frozenset(
    "temperature max_tokens top_p stop seed frequency_penalty presence_penalty user".split()
)

# Either says how long the answer may get; a server refuses both at once.
_LENGTH_FIELDS = ("max_tokens", "max_completion_tokens")


def build_body(request: ChatRequest, *, stream: bool, max_tokens_field: str) -> dict[str, Any]:
    """Build the JSON body.

    https://platform.openai.com/docs/api-reference/chat/create

    Args:
        request: The call.
        stream: Ask for server-sent events, and for usage at their end.
        max_tokens_field: Name under which the server takes ``max_tokens``.
    """
    body: dict[str, Any] = {"model": request.model, "messages": list(request.messages)}
    for name, value in request.options.items():
        body[max_tokens_field if name == "max_tokens" else name] = value
    if any(name in request.extra for name in _LENGTH_FIELDS):
        for name in _LENGTH_FIELDS:
            body.pop(name, None)
    if stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    return merge_deeply(body, request.extra)
