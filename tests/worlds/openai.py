"""OpenAI's chat completions, https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.server import Recorded, openai_wire
from tests.worlds.wire import WireWorld, texts_of


class OpenAIWorld(WireWorld):
    """OpenAI, at an address that is not its own."""

    wire_module = openai_wire
    model = "openai/gpt-4o-mini"
    answered_model = openai_wire.MODEL
    adapter = "llm_connectivity.providers.openai_adapter:OpenAIAdapter"
    key_variables = ("OPENAI_API_KEY",)
    base_url_variable = "OPENAI_BASE_URL"
    base_path = "/v1"
    option_places: ClassVar = {
        "temperature": "temperature",
        "max_tokens": "max_tokens",
        "top_p": "top_p",
        "stop": "stop",
        "seed": "seed",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "user": "user",
    }
    stream_fields = ("stream", "stream_options")
    extra: ClassVar = {"logit_bias": {"50256": -100}}
    cost = 0.00000555
    other_price = ("gpt-4.1", 2.0)
    raw_chunk = "openai.types.chat:ChatCompletionChunk"
    raw_response = "openai.types.chat:ChatCompletion"
    raw_stop = "stop"
    rate_limit_code = "rate_limit_exceeded"
    rate_limit_exception = "RateLimitError"
    rate_limit_headers = (
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1m0.5s"),
    )
    rate_limits: ClassVar = {"remaining_requests": 0.0, "reset_requests": 60.5}

    def error_body(self, message: str, status: int) -> dict[str, Any]:
        if status == 429:
            return openai_wire.error_body(message, "requests", self.rate_limit_code)
        return openai_wire.error_body(message, "some_type")

    def refused_key(self) -> tuple[dict[str, Any], int]:
        return openai_wire.error_body("Incorrect API key.", code="invalid_api_key"), 401

    def misleading_errors(self) -> list[tuple[int, dict[str, Any], str, bool]]:
        words = "Invalid value for 'max_tokens': must be at most 4096 tokens."
        body = openai_wire.error_body(words, code="invalid_value")
        return [*super().misleading_errors(), (400, body, "ValidationError", False)]

    def path(self, *, stream: bool) -> str:
        return "/v1/chat/completions"

    def asks_for_usage(self, request: Recorded) -> bool:
        return request.json.get("stream_options") == {"include_usage": True}

    def system_texts(self, body: Mapping[str, Any]) -> list[str]:
        messages = [m["content"] for m in body["messages"] if m["role"] == "system"]
        return [text for content in messages for text in texts_of(content)]

    def turns(self, body: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
        messages = [message for message in body["messages"] if message["role"] != "system"]
        return [(message["role"], texts_of(message["content"])) for message in messages]

    def text_of(self, raw_chunk: Any) -> str:
        return raw_chunk.choices[0].delta.content

    def finish_of(self, raw_chunk: Any) -> str:
        return raw_chunk.choices[0].finish_reason
