"""Exchanges with the vendors' servers, and a client that is answered with their bytes.

Each is a folder ``<wire>/<name>``: ``whole.json`` and ``stream.sse``, the body of the same answer
whole and streamed, and ``expected.json``, what a caller is to see of it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from llm_connectivity import ChatResponse, LLMClient, StreamChunk
from llm_connectivity.limits import Limits
from llm_connectivity.providers.whole import read_answer
from llm_connectivity.types import ChatChoice, ChatRequest, Usage
from llm_connectivity.wires.anthropic import AnthropicCodec
from llm_connectivity.wires.base import Codec
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.openai_chat import OpenAIChatCodec

ROOT = Path(__file__).parent

CODECS = {"anthropic": AnthropicCodec, "gemini": GeminiCodec, "openai_chat": OpenAIChatCodec}
PROVIDERS = {"anthropic": "anthropic", "gemini": "google", "openai_chat": "openai"}
WIRES = tuple(sorted(CODECS))

MODEL = "asked-for"
QUESTION = {"role": "user", "content": "A question"}

# What makes one request, and not the exchange; arguments are compared apart, see `texts_of_calls`.
_OF_ONE_REQUEST = {"id": None, "created": None, "request_id": None, "attempts": ()}

_DEFAULTS: dict[str, Any] = {
    "content": "",
    "reasoning": "",
    "tool_calls": [],
    "citations": [],
    "refusal": None,
    "finish_reason": None,
    "raw_finish_reason": None,
}
_DEFAULTS_OF_ANSWER = {
    **_DEFAULTS,
    "stop_sequence": None,
    "usage": None,
    "model": MODEL,
    "service_tier": None,
    "warnings": [],
    "verbatim": None,
}
_CALL = {"arguments": {}, "complete": True}
_CITATION = {"url": None, "title": None, "cited_text": None}


@dataclasses.dataclass(frozen=True)
class Sample:
    """One exchange.

    Attributes:
        wire: Name of the wire.
        name: Name of its folder.
    """

    wire: str
    name: str

    @property
    def whole(self) -> bytes | None:
        """The body of the whole answer."""
        return self._read("whole.json")

    @property
    def stream(self) -> bytes | None:
        """The body of the same answer, streamed."""
        return self._read("stream.sse")

    @property
    def expected(self) -> dict[str, Any]:
        """What the caller is to see."""
        text = self._read("expected.json")
        assert text is not None, f"{self} has no expected.json"
        expected: dict[str, Any] = json.loads(text)
        return expected

    def _read(self, name: str) -> bytes | None:
        path = ROOT / self.wire / self.name / name
        return path.read_bytes() if path.exists() else None

    def __str__(self) -> str:
        return f"{self.wire}/{self.name}"


@functools.cache
def all_samples() -> tuple[Sample, ...]:
    """Give the samples of all wires."""
    return tuple(
        Sample(wire, folder.name)
        for wire in WIRES
        if (ROOT / wire).is_dir()
        for folder in sorted((ROOT / wire).iterdir())
        if folder.is_dir()
    )


class Body:
    """The bytes of one answer, already there."""

    def __init__(self, data: bytes, size: int, limits: Limits) -> None:
        self.headers: Mapping[str, str] = {}
        self.limits = limits
        self._pieces = iter([data[i : i + size] for i in range(0, len(data), size)])

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Give no more."""
        self._pieces = iter(())


class SampleAdapter:
    """Answers every request with the same bytes, and keeps what it would have sent.

    Attributes:
        answer: The bytes.
        size: So many of them come at a time.
        sent: The last request's body.
    """

    timeout: float | None = None
    max_retries: int | None = 0

    def __init__(self, wire: str) -> None:
        self.provider = PROVIDERS[wire]
        self.codec: Codec = CODECS[wire]()
        self.answer = b""
        self.size = 1 << 30
        self.sent: dict[str, Any] = {}

    def chat(self, request: ChatRequest, limits: Limits) -> ChatResponse:
        """Answer whole."""
        return read_answer(self._ask(request, limits, stream=False), self.codec)

    def open_stream(self, request: ChatRequest, limits: Limits) -> Body:
        """Answer in pieces."""
        return self._ask(request, limits, stream=True)

    def close(self) -> None:
        """Do nothing."""

    def _ask(self, request: ChatRequest, limits: Limits, *, stream: bool) -> Body:
        limits.start()
        self.sent = json.loads(json.dumps(self.codec.build_chat(request, stream=stream)))
        return Body(self.answer, self.size, limits)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a caller has seen of a streamed answer.

    Attributes:
        chunks: The chunks.
        response: The response made of them.
    """

    chunks: list[StreamChunk]
    response: ChatResponse


@functools.cache
def _client(wire: str) -> tuple[LLMClient, SampleAdapter]:
    adapter = SampleAdapter(wire)
    return LLMClient(f"{adapter.provider}/{MODEL}", adapter=adapter), adapter


def read_whole(wire: str, data: bytes) -> ChatResponse:
    """Give the response to a whole answer of these bytes."""
    client, adapter = _client(wire)
    adapter.answer, adapter.size = data, 1 << 30
    return client.chat([QUESTION])


def read_stream(wire: str, data: bytes, size: int = 1 << 30) -> Seen:
    """Give what is seen of a streamed answer of these bytes, in pieces of a size."""
    client, adapter = _client(wire)
    adapter.answer, adapter.size = data, size
    stream = client.chat_stream([QUESTION])
    chunks = list(stream)
    return Seen(chunks, stream.response)


def read_chunks(wire: str, data: bytes) -> list[StreamChunk]:
    """Give the chunks of a streamed answer that is not kept."""
    client, adapter = _client(wire)
    adapter.answer, adapter.size = data, 1 << 30
    return list(client.chat_stream([QUESTION], accumulate=False))


def send_back(wire: str, response: ChatResponse) -> dict[str, Any]:
    """Give the body of a request that goes on with a response, which may be another wire's."""
    client, adapter = _client(wire)
    adapter.answer = _SHORTEST[wire]
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "A result"}
        for call in response.tool_calls
    ]
    client.chat([QUESTION, response.to_message(), *results, QUESTION])
    return adapter.sent


_SHORTEST = {
    "anthropic": b'{"type":"message","content":[],"stop_reason":"end_turn"}',
    "gemini": b'{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}',
    "openai_chat": b'{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}',
}


def without_request(response: ChatResponse) -> ChatResponse:
    """Give a response without what belongs to one request only."""
    return dataclasses.replace(response, **_OF_ONE_REQUEST)


def shown(response: ChatResponse) -> dict[str, Any]:
    """Give what `expected.json` says of a response."""
    fields = _show_choice(response)
    for name in ("stop_sequence", "usage", "model", "service_tier"):
        fields[name] = getattr(response, name)
    fields["warnings"] = list(response.warnings)
    fields["verbatim"] = response._verbatim
    if len(response.choices) > 1:
        fields["choices"] = [_show_choice(choice) for choice in response.choices]
    return fields


def to_be_shown(expected: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an `expected.json` says, with all that it leaves out."""
    fields = {**_DEFAULTS_OF_ANSWER, **expected}
    fields |= _fill_in(fields)
    if fields["usage"] is not None:
        fields["usage"] = Usage(**fields["usage"])
    if "choices" in fields:
        choices = [{**_DEFAULTS, **choice} for choice in fields["choices"]]
        fields["choices"] = [{**choice, **_fill_in(choice)} for choice in choices]
    return fields


def texts_of_calls(calls: Any) -> list[str]:
    """Give the arguments as they were sent; of calls as values, or as `expected.json` has them."""
    return [
        call.get("arguments_text", "") if isinstance(call, dict) else call.arguments_text
        for call in calls
    ]


def texts_in(value: Any) -> set[str]:
    """Give all texts in JSON."""
    if isinstance(value, str):
        return {value} - {""}
    inner = value.values() if isinstance(value, Mapping) else value
    if not isinstance(inner, list | tuple | type({}.values())):
        return set()
    return set().union(*map(texts_in, inner))


def _show_choice(choice: ChatResponse | ChatChoice) -> dict[str, Any]:
    fields = {name: getattr(choice, name) for name in _DEFAULTS}
    fields["tool_calls"] = [_without_text(call.to_dict()) for call in choice.tool_calls]
    fields["citations"] = [
        {name: getattr(citation, name) for name in _CITATION} for citation in choice.citations
    ]
    return fields


def _fill_in(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tool_calls": [_without_text({**_CALL, **call}) for call in fields["tool_calls"]],
        "citations": [{**_CITATION, **citation} for citation in fields["citations"]],
    }


def _without_text(call: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name != "arguments_text"}
