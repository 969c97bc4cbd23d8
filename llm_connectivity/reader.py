"""The bytes of one streamed answer -> chunks, the closing chunk last; no socket and no clock."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Any

from .errors import ErrorFacts, LLMError, ProviderError
from .raw import RawJson
from .sse import FIELDS, MAX_EVENT_BYTES, Decoder, Event
from .types import ChatResponse, StreamChunk, Usage
from .wires.base import Codec
from .wires.json_text import parse_document, parse_json, refuse_answer

_PADDING = re.compile(rb"\A(?:[ \t\r\n]|\xef\xbb\xbf|:[^\r\n]*[\r\n])++")
_BOM = b"\xef\xbb\xbf"
_SHOWN_BYTES = 800
_MOST_WARNINGS = 10
_IGNORED = "ignored behind the end of the answer: another event."


class AnswerReader:
    """Reads one streamed answer.

    An answer that is not an event stream, but a whole answer of the same wire, is read too.

    Args:
        codec: Of the wire the answer comes over.
        max_event_bytes: A longer event is an error.

    Attributes:
        finished: A finish reason has been read: what is still to come can't spoil the answer.
        went_on: Text has come behind one: this server says them before the end.
        ended: The closing chunk has been made.
        failure: What went wrong; chunks read before it come first.
        warnings: What was ignored.
    """

    def __init__(self, codec: Codec, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._codec = codec
        self._decoder = codec.stream_decoder()
        self._events = Decoder(max_event_bytes)
        self._max_bytes = max_event_bytes
        self._head = b""  # how the body begins
        self._sniffed = False  # and that it is an event stream, or is not
        self._document: bytearray | None = None  # a body that is not an event stream
        self._closing = StreamChunk()
        self._progress = False
        self._deltas = 0  # how many of them take_news() has told of
        self.finished = False
        self.went_on = False
        self.ended = False
        self.failure: LLMError | None = None
        self.warnings: list[str] = []
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
            if not self._sniffed and self._is_document(data):
                return chunks
            if self._document is not None:
                self._keep_document(data)
                return chunks
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
            if self._document is not None:
                self._read_document(chunks)
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
            if self._document is None and self.failure is None:
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
            if b"{" in event.data and _IGNORED not in self.warnings:
                self.warnings.append(_IGNORED)
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
            if chunk.content:
                self.went_on = self.went_on or was_finished
                chunks.append(chunk)
        if self._decoder.terminal:
            self._end(chunks)

    def _split(self, chunk: StreamChunk) -> StreamChunk:
        """Keep the finish reason for the closing chunk; what is left may hold text."""
        self.finished = True
        self._closing.finish_reason = chunk.finish_reason
        self._closing.raw_finish_reason = chunk.raw_finish_reason
        self._closing._raw = chunk._raw
        return StreamChunk(chunk.content, None, chunk._raw)

    def _end(self, chunks: list[StreamChunk]) -> None:
        self.ended = True
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
        if not self._events.saw_field and not _may_be_cut(self._head):
            refuse_answer(self._head)
        rest = self._decoder.finish()
        if rest is not None and rest.content:
            rest._raw = rest._raw or self._last_event()
            chunks.append(rest)
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

    def _is_document(self, data: bytes) -> bool:
        """Look at how the body begins: no event stream begins with a brace or an angle bracket.

        Blanks and comments before it are padding, which some servers send while they wait.
        """
        head = _PADDING.sub(b"", self._head + data)
        if head[:1] in (b"{", b"[", b"<"):
            self._keep_document(head)
        self._head = head[:_SHOWN_BYTES]
        self._sniffed = not (_BOM.startswith(head) or head.startswith(b":"))
        return self._document is not None

    def _keep_document(self, data: bytes) -> None:
        self._document = self._document or bytearray()
        self._document += data
        if len(self._document) > self._max_bytes:
            raise ProviderError(
                f"the answer is not an event stream and longer than {self._max_bytes} bytes.",
                code="not_an_answer",
                retryable=False,
            )

    def _read_document(self, chunks: list[StreamChunk]) -> None:
        document = parse_document(bytes(self._document or b""), "")
        self._whole = whole = self._codec.parse_chat(document)
        self.finished = True
        self.warnings.append("a stream was asked for, and a whole answer came: it is one chunk.")
        self._closing.finish_reason = whole.finish_reason
        self._closing.raw_finish_reason = whole.raw_finish_reason
        self._closing._raw = whole._raw
        if whole.content:
            chunks.append(StreamChunk(whole.content, None, whole._raw))
        self._end(chunks)


def _may_be_cut(head: bytes) -> bool:
    """Whether a body that ended so early may have been going to be an event stream."""
    return head.startswith(b":") or any(begin.startswith(head) for begin in (*FIELDS, _BOM))
