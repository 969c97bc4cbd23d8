"""Events of Gemini's streamGenerateContent -> chunks.

Each event is an answer of its own, with a piece of the text.
https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

from typing import Any

from ...raw import RawJson
from ...sse import Event
from ...types import About, StreamChunk, Usage
from ..base import fill_in, interrupted
from ..events import read_event
from ..json_text import SurrogateMender, refuse_answer
from .answer import (
    WIRE,
    first_candidate,
    has_call,
    has_more_than_text,
    is_foreign,
    read_about,
    read_finish,
    read_parts,
    read_text,
    read_usage,
)
from .errors import error_from_document, told_error

_TEXT_ALONE = {"text"}


class GeminiDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`.

    This wire has no terminal marker: its last event is the one with the finish reason.
    """

    def __init__(self) -> None:
        self.terminal = False
        self.about: About = {}
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._began = False  # an event of this wire has come
        self._finish: str | None = None  # the last finish reason
        self._called = False  # a function call has come
        self._foreign = b""  # the first event that is none of this wire's
        self._counts: Any = None  # the last ones
        self._mender = SurrogateMender()

    @property
    def usage(self) -> Usage | None:
        """The last usage, read when asked for: each event brings one."""
        return read_usage(self._counts)

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says."""
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
            rest = self._mender.finish()
            return StreamChunk(rest) if rest else None
        if self._began:
            raise interrupted("early")
        if self._foreign:
            refuse_answer(self._foreign)
        raise interrupted("before its first event")

    def _feed_candidate(self, data: dict[str, Any], candidate: Any) -> StreamChunk | None:
        text = self._read_text(candidate)
        if text:
            text = self._mender.feed(text)
        finish = raw_finish = None
        if "finishReason" in candidate or "promptFeedback" in data:
            raw_finish, finish = read_finish(data, candidate, called=self._called)
        if self._called and not finish and self._finish == "stop":
            raw_finish, finish = "STOP", "tool_calls"  # the call has come behind it
        if finish:
            self._finish = finish
            text += self._mender.finish()
        if text or finish:
            return StreamChunk(text, finish, RawJson(WIRE, data), raw_finish)
        return None

    def _read_text(self, candidate: Any) -> str:
        """Give the text of a candidate, and note what else it brings."""
        parts = read_parts(candidate)
        if len(parts) == 1 and parts[0].keys() == _TEXT_ALONE and type(parts[0]["text"]) is str:
            return parts[0]["text"]
        if has_more_than_text(parts):
            self.deltas += 1
            self._called = self._called or has_call(parts)
        return read_text(parts)

    def _note(self, data: dict[str, Any]) -> None:
        """It is an event of this wire."""
        self.last = data
        if data.get("usageMetadata"):
            self._counts = data["usageMetadata"]
        if not (self.about.get("model") and self.about.get("id")):
            self._began = True
            self.about = fill_in(self.about, read_about(data))
