"""The mock's wire: the simplest one there can be, read by the same path as the vendors'.

Events are ``{"text": "Hello"}``, ``{"reasoning": "Hm."}``, ``{"tool_calls": [{"id", "name",
"arguments"}]}``, ``{"finish_reason": "stop", "usage": {...}}`` and the terminal marker ``[DONE]``;
a whole answer has all of these at once, and ``"model"``; an error is ``{"error": {"message",
"code"}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import (
    ContentFilterError,
    ContextWindowExceededError,
    ErrorFacts,
    InsufficientCreditsError,
    LLMError,
    OverloadedError,
    ProviderError,
)
from ..raw import RawJson
from ..sse import Event
from ..surrogates import SurrogateMender, mend_text
from ..tool_calls import ToolCallDelta, join_calls
from ..types import About, ChatRequest, ChatResponse, StreamChunk, Usage
from .base import interrupted
from .json_text import parse_json, refuse_answer, refuse_document
from .status import class_for_code, error_for_status, refine

WIRE = "mock"

_CODES: dict[str, type[LLMError]] = {
    "context_length_exceeded": ContextWindowExceededError,
    "content_filter": ContentFilterError,
    "insufficient_quota": InsufficientCreditsError,
    "overloaded": OverloadedError,
}


class MockCodec:
    """Codec of the mock's wire.

    Args:
        options: The named options it pretends to have.
    """

    wire = WIRE

    def __init__(self, options: frozenset[str]) -> None:
        self.options = options

    def check_chat(self, request: ChatRequest) -> tuple[str, ...]:
        """Everything goes as it was given."""
        return ()

    def build_chat(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        """Build the JSON body of a request."""
        return {
            "model": request.model,
            "messages": list(request.messages),
            "stream": stream,
            **request.options,
            **request.extra,
        }

    def parse_chat(self, body: Mapping[str, Any]) -> ChatResponse:
        """Read a whole answer."""
        if body.get("error"):
            raise self.map_error(ErrorFacts(body=body))
        if "text" not in body:
            refuse_document(body)
        return ChatResponse(
            content=mend_text(body["text"]),
            reasoning=mend_text(body.get("reasoning") or ""),
            tool_calls=join_calls(_read_calls(body, 0), None, body.get("finish_reason") or ""),
            finish_reason=body.get("finish_reason"),
            raw_finish_reason=body.get("finish_reason"),
            usage=_read_usage(body.get("usage")),
            _raw=RawJson(WIRE, body, "response"),
            **_read_about(body),
        )

    def stream_decoder(self, *, keeps: bool = True) -> MockDecoder:
        """Make the decoder of one stream."""
        return MockDecoder(keeps=keeps)

    def map_error(self, facts: ErrorFacts) -> LLMError:
        """Decide which error a failure is: by its status, refined by a code as OpenAI's is."""
        error = facts.body.get("error") if isinstance(facts.body, dict) else None
        told: Mapping[str, Any] = (
            error if isinstance(error, dict) else {"message": str(error or "")}
        )
        code, message = told.get("code"), str(told.get("message", ""))
        if facts.status is None:
            cls = class_for_code(_CODES, code) or ProviderError
            return cls(message or "the mock failed.", code=code, body=facts.body)
        refined = refine(facts.status, _CODES, code)
        return error_for_status(facts, refined, code, message, own_form=error is not None)


class MockDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.verbatim: Mapping[str, Any] | None = None
        self.terminal = False
        self.about: About = {}
        self.usage: Usage | None = None
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._finished = False
        self._began = False
        self._calls = 0
        self._mender = SurrogateMender()

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says."""
        if event.data == b"[DONE]":
            self.terminal = True
            rest = self._mender.finish()
            return StreamChunk(rest) if rest else None
        try:
            data = parse_json(event.data)
        except ValueError:
            if not event.whole:
                return None  # cut off by the end of the body
            refuse_answer(event.data)
        if not isinstance(data, dict):
            refuse_answer(event.data)
        if data.get("error"):
            raise MockCodec(frozenset()).map_error(ErrorFacts(body=data))
        self._began = True
        self.last = data
        if not self.about:
            self.about = _read_about(data)
        finish = data.get("finish_reason")
        self._finished = self._finished or bool(finish)
        text = data.get("text") or ""
        if text:
            text = self._mender.feed(text)
        if finish:
            text += self._mender.finish()
        self.usage = _read_usage(data.get("usage")) or self.usage
        calls = _read_calls(data, self._calls)
        self._calls += len(calls)
        thought = mend_text(data.get("reasoning") or "")
        if text or finish or calls or thought:
            raw = RawJson(WIRE, data)
            return StreamChunk(text, finish, raw, finish, reasoning=thought, tool_calls=calls)
        return None

    def finish(self) -> StreamChunk | None:
        """The body has ended: nothing is held back, unless that is too early."""
        if not (self._finished or self.terminal):
            raise interrupted("early" if self._began else "before its first event")
        return None


def _read_calls(data: Mapping[str, Any], first: int) -> tuple[ToolCallDelta, ...]:
    return tuple(
        ToolCallDelta(first + i, call["id"], call["name"], call["arguments"])
        for i, call in enumerate(data.get("tool_calls") or ())
    )


def _read_about(body: Mapping[str, Any]) -> About:
    return {"model": body.get("model") or ""}


def _read_usage(usage: Any) -> Usage | None:
    return Usage(**usage) if isinstance(usage, dict) else None
