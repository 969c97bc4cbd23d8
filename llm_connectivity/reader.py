"""The bytes of one streamed answer -> chunks, the closing chunk last; no socket and no clock."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

from .body_kind import BodyKind
from .errors import ErrorFacts, LLMError
from .raw import RawJson
from .sse import MAX_EVENT_BYTES, Decoder, Event
from .types import ChatResponse, StreamChunk, ToolCallDelta, Usage, says_something
from .wires.base import Codec
from .wires.events import split_array
from .wires.json_text import parse_document, parse_json

_MOST_WARNINGS = 10
_IGNORED = "ignored behind the end of the answer: another event."


class AnswerReader:
    """Reads one streamed answer.

    An answer that is not an event stream, but a whole answer of the same wire, is read too.

    Args:
        codec: Of the wire the answer comes over.
        max_event_bytes: A longer event is an error.
        keeps: Whether to keep what the vendor wants back with the next request.

    Attributes:
        finished: A finish reason has been read: what is still to come can't spoil the answer.
        went_on: Text has come behind one: this server says them before the end.
        ended: The closing chunk has been made.
        failure: What went wrong; chunks read before it come first.
        warnings: What was ignored.
    """

    def __init__(
        self, codec: Codec, max_event_bytes: int = MAX_EVENT_BYTES, *, keeps: bool = True
    ) -> None:
        self._codec = codec
        self._decoder = codec.stream_decoder(keeps=keeps)
        self._events = Decoder(max_event_bytes)
        self._kind = BodyKind(max_event_bytes)
        self._closing = StreamChunk()
        self._progress = False
        self._deltas = 0  # how many of them take_news() has told of
        self.finished = False
        self.went_on = False
        self.ended = False
        self.failure: LLMError | None = None
        self.warnings: list[str] = []
        self._verbatim: Mapping[str, Any] | None = None  # what the vendor wants back, at the end
        self._whole: ChatResponse | None = None  # the answer, where it did not come as a stream

    @property
    def usage(self) -> Usage | None:
        """The last usage read."""
        return self._decoder.usage if self._whole is None else self._whole.usage

    @property
    def finish_reason(self) -> str | None:
        """The last finish reason read."""
        return self._closing.finish_reason

    @property
    def raw_finish_reason(self) -> str | None:
        """The vendor's word behind it."""
        return self._closing.raw_finish_reason

    @property
    def summary(self) -> ChatResponse:
        """What the answer has told so far, without the text of its chunks."""
        if self._whole is not None:
            return dataclasses.replace(self._whole, warnings=tuple(self.warnings))
        return ChatResponse(
            content="",
            finish_reason=self.finish_reason,
            raw_finish_reason=self.raw_finish_reason,
            usage=self.usage,
            warnings=tuple(self.warnings),
            _verbatim=self._verbatim,
            **self._decoder.about,
        )

    def take_progress(self) -> bool:
        """Whether an event has come since this was asked last."""
        progress, self._progress = self._progress, False
        return progress

    def take_news(self) -> bool:
        """Whether something besides text has come since this was asked last: reasoning, say."""
        seen, self._deltas = self._deltas, self._decoder.deltas
        return seen != self._deltas

    def feed(self, data: bytes) -> list[StreamChunk]:
        """Take the next bytes and give the chunks they complete."""
        chunks: list[StreamChunk] = []
        if self.failure is not None:
            return chunks
        try:
            was_known = self._kind.known
            if not was_known and self._kind.look(data):
                return chunks
            if self._kind.document is not None:
                self._kind.keep(data)
                return chunks
            if was_known and not self._events.saw_field:
                self._kind.note_text(data)
            for event in self._events.feed(data):
                self._take(event, chunks)
        except LLMError as error:
            self._fail(error, chunks)
        return chunks

    def finish(self) -> list[StreamChunk]:
        """The body has ended: give what is left, the closing chunk if there was none."""
        chunks: list[StreamChunk] = []
        if self.failure is not None or self.ended:
            return chunks
        try:
            if self._kind.document is not None:
                self._read_document(bytes(self._kind.document), chunks)
                return chunks
            for event in self._events.finish():
                self._take(event, chunks)
            if not self.ended:
                self._raise_stray()
                self._finish_stream(chunks)
        except LLMError as error:
            self._fail(error, chunks)
        return chunks

    def break_off(self, error: LLMError) -> list[StreamChunk]:
        """The body broke off: give what had come, the closing chunk if the finish reason had.

        Without it, ``error`` becomes the failure, or the error that the body has told of.
        """
        chunks: list[StreamChunk] = []
        try:
            if self._kind.document is None and self.failure is None:
                for event in self._events.finish():
                    self._take(event, chunks)
                self._raise_stray()
        except LLMError as told:
            error = told
        if self._is_safe and not self.ended:
            self._end(chunks)
        elif not self.ended:
            self.failure = self.failure or error
        return chunks

    @property
    def _is_safe(self) -> bool:
        """Whether the answer is all there, whatever comes now."""
        return self.finished and not self.went_on

    def _take(self, event: Event, chunks: list[StreamChunk]) -> None:
        if self.ended:
            self._look_behind(event)
            return
        before, was_finished = self._decoder.last, self.finished
        try:
            chunk = self._decoder.feed(event)
        except LLMError as error:
            if not self._is_safe:
                raise
            self._ignore(error)  # usage may still come
            return
        if self._decoder.last is not before:  # and so no sign of life
            self._progress = True
        if chunk is not None:
            if chunk.finish_reason:
                chunk = self._split(chunk)
            if chunk._raw is None:
                chunk._raw = self._last_event()
            if chunk.content or says_something(chunk):
                self.went_on = self.went_on or was_finished
                chunks.append(chunk)
        if self._decoder.terminal:
            self._end(chunks)

    def _look_behind(self, event: Event) -> None:
        """Warn of an event behind the end, if it says something that the answer is without."""
        if _IGNORED in self.warnings:
            return
        try:
            lost = self._codec.stream_decoder(keeps=False).feed(event) is not None
        except LLMError:
            lost = True
        if lost:
            self.warnings.append(_IGNORED)

    def _split(self, chunk: StreamChunk) -> StreamChunk:
        """Keep the finish reason for the closing chunk; what is left may hold something else."""
        self.finished = True
        self._closing.finish_reason = chunk.finish_reason
        self._closing.raw_finish_reason = chunk.raw_finish_reason
        self._closing._raw = chunk._raw
        chunk.finish_reason = chunk.raw_finish_reason = None
        return chunk

    def _end(self, chunks: list[StreamChunk]) -> None:
        self.ended = True
        self._verbatim = self._decoder.verbatim
        self._closing.usage = self.usage
        if self._closing._raw is None:
            self._closing._raw = self._last_event()
        chunks.append(self._closing)

    def _raise_stray(self) -> None:
        """Raise the error that a document outside of all events tells of."""
        document: Any = None
        with contextlib.suppress(ValueError):
            document = parse_json(self._events.stray)
        if isinstance(document, list) and document:
            document = document[0]
        if isinstance(document, dict) and document.get("error") and not self._is_safe:
            raise self._codec.map_error(ErrorFacts(body=document))

    def _finish_stream(self, chunks: list[StreamChunk]) -> None:
        if not self._events.saw_field:
            self._kind.refuse_text()
        self._finish_events(chunks)

    def _finish_events(self, chunks: list[StreamChunk]) -> None:
        rest = self._decoder.finish()
        if rest is not None:
            rest = self._split(rest) if rest.finish_reason else rest
            rest._raw = rest._raw or self._last_event()
            if says_something(rest):
                chunks.append(rest)
        if not self.ended:
            self._end(chunks)

    def _last_event(self) -> RawJson | None:
        data = self._decoder.last
        return None if data is None else RawJson(self._codec.wire, data)

    def _fail(self, error: LLMError, chunks: list[StreamChunk]) -> None:
        """Whatever comes after the finish reason loses nothing of the answer."""
        if not (self._is_safe or self.ended):
            self.failure = error
            return
        self._ignore(error)
        if not self.ended:
            self._end(chunks)

    def _ignore(self, error: LLMError) -> None:
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(f"ignored behind the end of the answer: {error.message}")

    def _read_document(self, body: bytes, chunks: list[StreamChunk]) -> None:
        events = split_array(body)
        if events:
            self.warnings.append("an event stream was asked for, and a JSON array came.")
            for event in events:
                self._take(event, chunks)
            self._finish_events(chunks)
            return
        document = parse_document(body, "")
        self._whole = whole = self._codec.parse_chat(document)
        self.finished = True
        self.warnings.append("a stream was asked for, and a whole answer came: it is one chunk.")
        self._closing.finish_reason = whole.finish_reason
        self._closing.raw_finish_reason = whole.raw_finish_reason
        self._closing._raw = whole._raw
        chunk = _as_chunk(whole)
        if says_something(chunk):
            chunks.append(chunk)
        self._end(chunks)


def _as_chunk(whole: ChatResponse) -> StreamChunk:
    """Give all that an answer says as one piece."""
    return StreamChunk(
        whole.content,
        raw_chunk=whole._raw,
        reasoning=whole.reasoning,
        tool_calls=tuple(
            ToolCallDelta(i, call.id, call.name, call.arguments_text)
            for i, call in enumerate(whole.tool_calls)
        ),
        citations=whole.citations,
    )
