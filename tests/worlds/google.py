"""Gemini's generateContent, https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.server import Entry, Recorded, gemini_wire
from tests.worlds.wire import WireWorld

# https://ai.google.dev/gemini-api/docs/troubleshooting
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
_ROLES = {"user": "user", "model": "assistant"}


class GoogleWorld(WireWorld):
    """The Gemini API, at an address that is not its own."""

    wire_module = gemini_wire
    model = "google/gemini-2.5-flash"
    answered_model = "gemini-2.5-flash"
    adapter = "llm_connectivity.providers.google_adapter:GoogleAdapter"
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_AI_API_KEY")
    base_url_variable = "GOOGLE_GEMINI_BASE_URL"
    key_header = "x-goog-api-key"
    key_prefix = ""
    id_header = None
    option_places: ClassVar = {
        "temperature": "generationConfig.temperature",
        "max_tokens": "generationConfig.maxOutputTokens",
        "top_p": "generationConfig.topP",
        "stop": "generationConfig.stopSequences",
        "seed": "generationConfig.seed",
        "frequency_penalty": "generationConfig.frequencyPenalty",
        "presence_penalty": "generationConfig.presencePenalty",
    }
    extra: ClassVar = {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]
    }
    cost = 0.0000202
    other_price = ("gemini-2.5-flash-lite", 0.1)
    raw_chunk = "google.genai.types:GenerateContentResponse"
    raw_response = "google.genai.types:GenerateContentResponse"
    raw_stop = "STOP"
    rate_limit_code = "RESOURCE_EXHAUSTED"
    rate_limit_exception = "ClientError"

    def quota(self) -> Entry:
        # This API has one code for quota and rate, so that only the status can tell of credit.
        return self.reply(self.error_body("Your prepayment credits are depleted.", 402), 402)

    def refused_key(self) -> tuple[dict[str, Any], int]:
        body = self.error_body("API key not valid. Please pass a valid API key.", 400)
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        body["error"]["details"] = [
            {"@type": kind, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        ]
        return body, 400

    def error_body(self, message: str, status: int) -> dict[str, Any]:
        word = _STATUSES.get(status, "INTERNAL")
        return {"error": {"code": status, "message": message, "status": word}}

    def misleading_errors(self) -> list[tuple[int, dict[str, Any], str, bool]]:
        overloaded = self.error_body("The model is overloaded. Please try again later.", 503)
        too_many = self.error_body("4010 is more than the largest value, 4000.", 400)
        return [
            *super().misleading_errors(),
            (503, overloaded, "OverloadedError", True),
            (400, too_many, "ValidationError", False),
        ]

    def path(self, *, stream: bool) -> str:
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{self.model_name}:{method}"

    def model_of(self, request: Recorded) -> str:
        return request.path.rpartition("/models/")[2].partition(":")[0]

    def system_texts(self, body: Mapping[str, Any]) -> list[str]:
        return [part["text"] for part in body.get("systemInstruction", {}).get("parts", [])]

    def turns(self, body: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
        contents = body["contents"]
        return [(_ROLES[c["role"]], [part["text"] for part in c["parts"]]) for c in contents]

    def text_of(self, raw_chunk: Any) -> str:
        return raw_chunk.candidates[0].content.parts[0].text

    def finish_of(self, raw_chunk: Any) -> str:
        return raw_chunk.candidates[0].finish_reason
