"""`ChatStream`: one streamed answer, as the caller sees it."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections import deque
from types import TracebackType
from typing import Any, Self

from .calls import Call, complete, describe, filtered, run
from .errors import LLMError, StreamInterruptedError, ValidationError
from .limits import Limits
from .live import LiveAnswer
from .reader import AnswerReader
from .types import Attempt, ChatResponse, StreamChunk, Usage


class ChatStream:
    """Iterates over the chunks of one answer; connects with the first ``next()``.

    The last chunk, and only it, is the closing one: it has ``finish_reason`` and ``usage``, and no
    text. Failures before the first chunk are retried, later ones are not: nothing is delivered
    twice. Reading to the end, ``close()``, a ``with`` block and dropping the stream all free the
    connection; leaving a loop does so at once where nothing else refers to the stream.

    Raises:
        StreamInterruptedError: From ``next()``: the answer broke off.
        LLMError: From ``next()``: any other failure. Later calls raise the same error again.
    """

    def __init__(self, call: Call, *, max_event_bytes: int, accumulate: bool = True) -> None:
        self._live: LiveAnswer | None = None
        self._call = call
        self._max_event_bytes = max_event_bytes
        self._accumulate = accumulate
        self._ready: deque[StreamChunk] = deque()
        self._texts: list[str] = []
        self._joined = ("", 0)  # the text of so many of them
        self._error: LLMError | None = None
        self._complete = False  # the closing chunk has been delivered
        self._closed = False  # nothing more is to come, and the connection is free
        self._reading = threading.Lock()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> StreamChunk:
        if not self._reading.acquire(blocking=False):
            raise ValidationError(
                "two threads called next() on one stream at the same time.",
                code="stream_busy",
                hint="Let one thread read it, or make a stream for each thread.",
            )
        try:
            if not self._ready:
                self._fill()
            return self._deliver()
        except (LLMError, StopIteration):
            raise
        except BaseException as error:
            self._interrupt(f"{type(error).__name__} was raised")
            raise
        finally:
            self._reading.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ChatStream {self.provider}/{self.model}: {self._state()}>"

    def __reduce__(self) -> Any:
        raise TypeError("a ChatStream is not copied or pickled: it holds a connection")

    def close(self) -> None:
        """Free the connection; ``next()`` then ends the iteration. Harmless when repeated."""
        if not self._closed:
            self._closed = True
            self._ready.clear()
            if self._live is not None and self._complete:
                self._live.drain()
            elif self._live is not None:
                self._live.close()

    def _interrupt(self, reason: str, hint: str | None = None) -> None:
        """Close a stream under its reader: unless it was complete, ``next()`` then raises."""
        if not self._closed and not self._complete:
            text = f"{reason} {'before' if self._live is None else 'while'} this stream was read."
            error = StreamInterruptedError(text, code="closed", retryable=False, hint=hint)
            self._error = self._describe(error)
        self.close()

    @property
    def text(self) -> str:
        """The text delivered so far.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``.
        """
        if not self._accumulate:
            raise _not_kept("text")
        text, count = self._joined
        if count < len(self._texts):  # which another thread may be adding to
            rest = self._texts[count:]
            text = "".join((text, *rest))
            self._joined = (text, count + len(rest))
        return text

    @property
    def response(self) -> ChatResponse:
        """The whole answer, once it is complete.

        Raises:
            ValidationError: It is not, or the stream was made with ``accumulate=False``.
        """
        if not self._accumulate:
            raise _not_kept("response")
        if not self._complete:
            ended = self._error is not None or self._closed
            raise ValidationError(
                f"the stream has no response ({self._state()}).",
                code="stream_not_complete",
                hint="What came of it is in .text."
                if ended
                else "Read it to its end first; what has come so far is in .text.",
            )
        return self._summary(self.text)

    @property
    def usage(self) -> Usage | None:
        """Token counts as the provider sent them, or ``None``."""
        return None if self._live is None else self._live.reader.usage

    @property
    def cost(self) -> float | None:
        """USD for what has been used, or ``None`` where usage or price is unknown."""
        return self._summary("").cost

    @property
    def cost_source(self) -> str | None:
        """The price list behind ``cost`` and its version."""
        return self._summary("").cost_source

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended, once the closing chunk has been delivered."""
        return self._live.reader.finish_reason if self._live and self._complete else None

    @property
    def raw_finish_reason(self) -> str | None:
        """The vendor's word behind ``finish_reason``."""
        return self._live.reader.raw_finish_reason if self._live and self._complete else None

    @property
    def provider(self) -> str:
        """Name of the provider that answers."""
        return self._call.request.provider

    @property
    def model(self) -> str:
        """Name of the model as the answer gives it; before that, as it was asked for."""
        return self._summary("").model

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try so far."""
        return tuple(self._call.attempts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was dropped or ignored so far."""
        return self._summary("").warnings

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, once it has answered."""
        return None if self._live is None else self._live.request_id

    def _fill(self) -> None:
        """Wait for the next chunks, or raise what there is instead."""
        if self._live is not None and self._complete and not self._closed:
            self._closed = True
            self._live.drain()
        self._raise_end()
        handled = sys.exception()
        try:
            if self._live is None:
                self._live, chunks = run(self._call, self._open)
            else:
                chunks = self._live.next_chunks()
        except LLMError as error:
            if self._closed:  # by another thread meanwhile, and that is why
                self._raise_end()
            self._note_failure(error)
            self._error = self._describe(error, handled)
            self.close()
            raise
        if self._closed:
            self._live.close()
            self._raise_end()
        self._ready.extend(chunks)

    def _raise_end(self) -> None:
        """Raise what there is to raise once nothing more is to come."""
        if self._error is not None:
            raise self._error
        if self._closed:
            raise StopIteration

    def _note_failure(self, error: LLMError) -> None:
        """A try that had succeeded has failed after its first chunk."""
        if self._live is not None:
            last = self._call.attempts.pop()
            self._call.attempts.append(dataclasses.replace(last, error=type(error).__name__))

    def _open(self, limits: Limits) -> tuple[tuple[LiveAnswer, list[StreamChunk]], str | None]:
        """Open a stream and read to its first chunk: one try."""
        if self._closed:
            raise StreamInterruptedError("it was closed.", code="closed", retryable=False)
        adapter = self._call.adapter
        body = adapter.open_stream(self._call.request, limits)
        try:
            live = LiveAnswer(body, AnswerReader(adapter.codec, self._max_event_bytes))
            return (live, live.next_chunks()), live.request_id
        except BaseException:
            body.close()
            raise

    def _deliver(self) -> StreamChunk:
        try:
            chunk = self._ready.popleft()
        except IndexError:  # another thread has closed the stream
            self._raise_end()
            raise
        if chunk.content and self._accumulate:
            self._texts.append(chunk.content)
        if self._live is not None and self._live.reader.ended and not self._ready:
            self._complete = True  # the closing chunk is the last one
            if self._call.raise_on_filter and chunk.finish_reason == "content_filter":
                self._error = self._describe(
                    filtered(self._summary(self.text if self._accumulate else ""))
                )
                self.close()
                raise self._error
        return chunk

    def _describe(self, error: LLMError, handled: BaseException | None = None) -> LLMError:
        error.request_id = error.request_id or self.request_id
        error.usage = error.usage or self.usage
        if self._accumulate and error.partial_text is None:
            error.partial_text = self.text
        return describe(error, self._call, handled)

    def _summary(self, content: str) -> ChatResponse:
        told = ChatResponse(content="") if self._live is None else self._live.reader.summary
        told = dataclasses.replace(
            told,
            content=content,
            finish_reason=self.finish_reason,
            raw_finish_reason=self.raw_finish_reason,
            request_id=self.request_id,
        )
        return complete(told, self._call)

    def _state(self) -> str:
        if self._error is not None:
            return f"failed with {type(self._error).__name__}"
        if self._complete:
            return "complete"
        if self._closed:
            return "closed before its end"
        return "not read yet" if self._live is None else "still being read"


def _not_kept(name: str) -> ValidationError:
    return ValidationError(
        f"the stream has no {name}: it was made with accumulate=False.",
        code="not_accumulated",
        hint="Collect the chunks' content yourself, or leave accumulate out.",
    )
