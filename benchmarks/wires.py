"""A long stream on each wire, and how it is read: by the vendor's SDK, and by this package."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

TOKEN = " token"
MESSAGES: Any = [{"role": "user", "content": "Say much."}]


@dataclass(frozen=True, slots=True)
class Wire:
    """One vendor's stream.

    Attributes:
        name: Of its SDK.
        model: ``"provider/model"``.
        base_path: What follows the server's origin in ``base_url``.
        body: Makes the pieces of a stream of so many tokens, one an event.
        open_sdk: Makes an SDK's client for an address, and from it what opens a stream.
        read_sdk: Reads the text of what the SDK gives.
    """

    name: str
    model: str
    base_path: str
    body: Callable[[int], list[bytes]]
    open_sdk: Callable[[str], Callable[[], Any]]
    read_sdk: Callable[[Any], Any]


def _event(data: dict[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def _openai_event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _event(
        {
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion.chunk",
            "created": 1741570283,
            "model": "gpt-4o-mini-2024-07-18",
            "service_tier": "default",
            "system_fingerprint": "fp_44709d6fcb",
            "choices": [choice],
            "usage": None,
        }
    )


def _openai_body(tokens: int) -> list[bytes]:
    first, last = _openai_event({"role": "assistant", "content": ""}), _openai_event({}, "stop")
    return [first, *[_openai_event({"content": TOKEN})] * tokens, last, b"data: [DONE]\n\n"]


def _openai_sdk(url: str) -> Callable[[], Any]:
    import openai

    create = openai.OpenAI(api_key="benchmark", base_url=url).chat.completions.create
    return lambda: create(model="gpt-4o-mini", messages=MESSAGES, stream=True)


def _anthropic_event(kind: str, **fields: Any) -> bytes:
    return _event({"type": kind, **fields}, kind)


def _anthropic_body(tokens: int) -> list[bytes]:
    message: dict[str, Any] = {
        "id": "msg_014p7gG3wDgGV9EUtLvnow3U",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    text = _anthropic_event(
        "content_block_delta", index=0, delta={"type": "text_delta", "text": TOKEN}
    )
    return [
        _anthropic_event("message_start", message=message),
        _anthropic_event(
            "content_block_start", index=0, content_block={"type": "text", "text": ""}
        ),
        *[text] * tokens,
        _anthropic_event("content_block_stop", index=0),
        _anthropic_event(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": tokens},
        ),
        _anthropic_event("message_stop"),
    ]


def _anthropic_sdk(url: str) -> Callable[[], Any]:
    import anthropic

    create = anthropic.Anthropic(api_key="benchmark", base_url=url).messages.create
    return lambda: create(
        model="claude-sonnet-4-5", max_tokens=8192, messages=MESSAGES, stream=True
    )


def _read_anthropic(event: Any) -> Any:
    return event.delta.text if event.type == "content_block_delta" else None


def _gemini_event(tokens: int, finish: str | None = None) -> bytes:
    candidate: dict[str, Any] = {
        "content": {"parts": [{"text": TOKEN}], "role": "model"},
        "index": 0,
    }
    if finish:
        candidate["finishReason"] = finish
    usage = {
        "promptTokenCount": 9,
        "candidatesTokenCount": tokens,
        "totalTokenCount": 9 + tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}],
    }
    return _event(
        {
            "candidates": [candidate],
            "usageMetadata": usage,
            "modelVersion": "gemini-2.5-flash",
            "responseId": "mE0gaZ-6N5Wz7M8P9YGZ2Ag",
        }
    )


def _gemini_body(tokens: int) -> list[bytes]:
    return [*[_gemini_event(1)] * (tokens - 1), _gemini_event(tokens, "STOP")]


def _google_sdk(url: str) -> Callable[[], Any]:
    from google import genai

    client = genai.Client(api_key="benchmark", http_options={"base_url": url})

    def open_stream() -> Iterator[Any]:
        # The client has to live as long as the stream.
        yield from client.models.generate_content_stream(
            model="gemini-2.5-flash", contents=MESSAGES[0]["content"]
        )

    return open_stream


WIRES = (
    Wire(
        "openai",
        "openai/gpt-4o-mini",
        "/v1",
        _openai_body,
        _openai_sdk,
        lambda chunk: chunk.choices[0].delta.content,
    ),
    Wire(
        "anthropic",
        "anthropic/claude-sonnet-4-5",
        "",
        _anthropic_body,
        _anthropic_sdk,
        _read_anthropic,
    ),
    Wire(
        "google-genai",
        "google/gemini-2.5-flash",
        "",
        _gemini_body,
        _google_sdk,
        lambda chunk: chunk.text,
    ),
)
