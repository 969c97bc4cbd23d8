"""Events of Gemini's streamGenerateContent -> chunks.

Each event is an answer of its own, with a piece of the text.
https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...sse import Event
from ...surrogates import SurrogateMender
from ...types import About, StreamChunk, Usage, says_something
from ..base import fill_in, interrupted
from ..events import read_event
from ..json_text import refuse_answer
from .answer import (
    WIRE,
    Finish,
    first_candidate,
    is_foreign,
    read_about,
    read_finish,
    read_service_tier,
    read_usage,
)
from .content import ContentReader, goes_on, has_more_than_text, read_parts
from .errors import error_from_document, told_error
from .sources import SourceReader

_TEXT_ALONE = {"text"}

# What gateways put behind the last event; the vendor does not.
_DONE = b"[DONE]"


class GeminiDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`.

    This wire has no terminal marker: its last event is the one with the finish reason. One that a
    gateway has added counts all the same.

    Args:
        keeps: Whether to keep what the vendor wants back with the next request.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.terminal = False
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._about: About = {}
        self._began = False  # an event of this wire has come
        self._finish: str | None = None  # the last finish reason
        self._held: Finish | None = None  # the same, where it may not be the end
        self._foreign = b""  # the first event that is none of this wire's
        self._counts: Any = None  # the last ones
        self._content = ContentReader(keeps=keeps)
        self._note_text = self._content.note_text
        self._sources = SourceReader(keeps=keeps)
        self._mender = SurrogateMender()
        self._mender_of_reasoning = SurrogateMender()

    @property
    def about(self) -> About:
        """What the stream has told of itself, read when asked for."""
        return {**self._about, "service_tier": read_service_tier(self._counts)}

    @property
    def usage(self) -> Usage | None:
        """The last usage, read when asked for: each event brings one."""
        return read_usage(self._counts)

    @property
    def verbatim(self) -> Mapping[str, Any] | None:
        """What the vendor wants back with the next request as it was."""
        return self._content.verbatim

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says."""
        if event.data == _DONE:
            self.terminal = self._began
            return self._rest()
        data = read_event(event, error_from_document)
        if data is None:
            return None
        candidates = data.get("candidates")
        if not candidates or "error" in data:
            error = told_error(data)
            if error is not None:
                raise error
        candidate = first_candidate(candidates)
        if ("content" not in candidate or not self._began) and is_foreign(data, candidate):
            self._foreign = self._foreign or event.data
            return None
        self._note(data)
        return self._feed_candidate(data, candidate)

    def finish(self) -> StreamChunk | None:
        """The body has ended: give what was held back, or say that it ended too early."""
        if self._finish:
            return self._rest()
        if self._began:
            raise interrupted("early")
        if self._foreign:
            refuse_answer(self._foreign)
        raise interrupted("before its first event")

    def _rest(self) -> StreamChunk | None:
        rest, thought = self._mender.finish(), self._mender_of_reasoning.finish()
        calls = self._content.finish()
        if not (rest or thought or calls or self._held):
            return None
        raw_finish, finish = self._held or (None, None)
        return StreamChunk(rest, finish, None, raw_finish, reasoning=thought, tool_calls=calls)

    def _feed_candidate(self, data: dict[str, Any], candidate: Any) -> StreamChunk | None:
        chunk = StreamChunk(raw_chunk=RawJson(WIRE, data))
        parts = read_parts(candidate)
        if len(parts) == 1 and parts[0].keys() == _TEXT_ALONE and type(parts[0]["text"]) is str:
            text = parts[0]["text"]
            self._note_text(text)
            chunk.content = self._mender.feed(text) if text else ""
        elif parts:
            self._feed_parts(parts, chunk)
        if "groundingMetadata" in candidate or "citationMetadata" in candidate:
            chunk.citations = self._sources.feed(candidate)
        if self._finish or "finishReason" in candidate or "promptFeedback" in data:
            self._feed_finish(data, candidate, chunk)
        is_empty = not (chunk.content or chunk.finish_reason or says_something(chunk))
        return None if is_empty else chunk

    def _feed_parts(self, parts: list[dict[str, Any]], chunk: StreamChunk) -> None:
        """Take parts that may be more than text."""
        said = self._content.feed(parts)
        chunk.tool_calls = said.calls
        if said.text:
            chunk.content = self._mender.feed(said.text)
        if said.reasoning:
            chunk.reasoning = self._mender_of_reasoning.feed(said.reasoning)
        if not (said.text or said.reasoning or said.calls) and has_more_than_text(parts):
            self.deltas += 1

    def _feed_finish(self, data: dict[str, Any], candidate: Any, chunk: StreamChunk) -> None:
        called = self._content.called
        raw_finish, finish = read_finish(data, candidate, called=called)
        if called and not finish and self._finish == "stop":
            raw_finish, finish = "STOP", "tool_calls"  # the call has come behind it
        if finish:
            self._finish = finish
            self._held = (raw_finish, finish) if goes_on(candidate) else None
            if self._held is None:
                chunk.finish_reason, chunk.raw_finish_reason = finish, raw_finish
            chunk.content += self._mender.finish()
            chunk.reasoning += self._mender_of_reasoning.finish()
            chunk.tool_calls += self._content.finish()

    def _note(self, data: dict[str, Any]) -> None:
        """It is an event of this wire."""
        self.last = data
        if data.get("usageMetadata"):
            self._counts = data["usageMetadata"]
        if not (self._about.get("model") and self._about.get("id")):
            self._began = True
            self._about = fill_in(self._about, read_about(data))
