"""Anthropic's messages, https://docs.claude.com/en/api/messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.server import anthropic_wire
from tests.worlds.wire import WireWorld, texts_of

# https://docs.claude.com/en/api/errors
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicWorld(WireWorld):
    """Anthropic, at an address that is not its own."""

    wire_module = anthropic_wire
    model = "anthropic/claude-sonnet-4-5"
    answered_model = "claude-sonnet-4-5-20250929"
    adapter = "llm_connectivity.providers.anthropic_adapter:AnthropicAdapter"
    key_variables = ("ANTHROPIC_API_KEY",)
    base_url_variable = "ANTHROPIC_BASE_URL"
    id_header = "request-id"
    option_places: ClassVar = {
        "temperature": "temperature",
        "max_tokens": "max_tokens",
        "top_p": "top_p",
        "stop": "stop_sequences",
        "user": "metadata.user_id",
    }
    stream_fields = ("stream",)
    default_max_tokens = 8192
    extra: ClassVar = {"top_k": 5, "metadata": {"user_id": "u"}}
    cost = 0.000132
    other_price = ("claude-haiku-4-5", 1.0)
    raw_chunk = "anthropic.types:RawContentBlockDeltaEvent"
    raw_finish = "anthropic.types:RawMessageDeltaEvent"
    raw_response = "anthropic.types:Message"
    raw_stop = "end_turn"
    rate_limit_code = "rate_limit_error"
    rate_limit_exception = "RateLimitError"
    rate_limit_headers = (
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
    )
    rate_limits: ClassVar = {"limit_requests": 50.0, "remaining_requests": 0.0}

    def error_body(self, message: str, status: int) -> dict[str, Any]:
        error = {"type": _TYPES.get(status, "api_error"), "message": message}
        return {"type": "error", "error": error, "request_id": "req_in_the_body"}

    def path(self, *, stream: bool) -> str:
        return "/v1/messages"

    def system_texts(self, body: Mapping[str, Any]) -> list[str]:
        return texts_of(body.get("system", []))

    def turns(self, body: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
        return [(message["role"], texts_of(message["content"])) for message in body["messages"]]

    def text_of(self, raw_chunk: Any) -> str:
        return raw_chunk.delta.text

    def finish_of(self, raw_chunk: Any) -> str:
        return raw_chunk.delta.stop_reason
