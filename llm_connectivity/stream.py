"""`ChatStream`: one streamed answer, as the caller sees it."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
from collections import deque
from types import TracebackType
from typing import Any, NoReturn, Self

from .calls import Call, run
from .descriptions import end_of, filtered
from .errors import LLMError, StreamInterruptedError, ValidationError
from .hooks import notify
from .limits import Limits
from .live import LiveAnswer
from .reader import AnswerReader
from .retry import Failure
from .stream_state import StreamState
from .types import ChatResponse, StreamChunk


class ChatStream(StreamState):
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
        super().__init__(call, accumulate=accumulate)
        self._max_event_bytes = max_event_bytes
        self._ready: deque[StreamChunk] = deque()
        self._told_end = False  # the hooks know how it has ended
        self._freed = False  # so is the connection
        self._reading = threading.Lock()
        self._reader = 0  # the thread that reads
        self._ending = threading.RLock()  # it is complete or closed, whichever comes first

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> StreamChunk:
        if not self._reading.acquire(blocking=False):
            self._raise_end()
            raise ValidationError(
                "next() was called while another next() of the same stream was running.",
                code="stream_busy",
                hint="Let one thread read a stream, and no callback of its own.",
            )
        try:
            self._reader = threading.get_ident()
            if not self._ready:
                self._fill()
            return self._deliver()
        except BaseException as error:
            is_end = isinstance(error, StopIteration)
            if error is not self._error and not (is_end and self._closed):
                with contextlib.suppress(Exception):  # the first one counts
                    self._interrupt(f"{type(error).__name__} was raised")  # by a hook or a signal
                if is_end:  # of a function that was given: it would pass for the end
                    raise RuntimeError("a function given to the client: StopIteration") from error
            raise
        finally:
            self._reading.release()
            if self._closed:
                self._free()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a ChatStream is not copied or pickled: it holds a connection")

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # nobody is left to be told
            self._tell_end(closed=True)

    def collect(self) -> ChatResponse:
        """Read to the end, and give the whole answer.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``, or closed.
            LLMError: As from ``next()``.
        """
        self._need_kept("response")
        for _ in self:
            pass
        return self.response

    def close(self) -> None:
        """Free the connection; ``next()`` then ends the iteration. Harmless when repeated.

        A ``next()`` that waits in another thread raises `StreamInterruptedError`: it is to learn
        that the answer is not whole.
        """
        if self._reading.locked() and self._reader != threading.get_ident():
            self._interrupt("close() was called in another thread")
        else:
            self._shut()

    def _interrupt(self, reason: str, hint: str | None = None) -> None:
        """Close a stream under its reader: unless it was complete, ``next()`` then raises."""
        with self._ending:
            if not self._closed and not self._complete:
                when = "while" if self._delivered.started else "before"
                text = f"{reason} {when} this stream was read."
                error = StreamInterruptedError(text, code="closed", retryable=False, hint=hint)
                self._error = self._describe(error)
        self._shut()

    def _shut(self) -> None:
        with self._ending:
            self._closed = True
        self._ready.clear()
        if not self._complete:
            self._call.cancel.set()
        self._free()
        self._tell_end(closed=not self._complete)

    def _free(self) -> None:
        """Free the connection; where another thread reads, that one does it when it leaves."""
        if self._freed or not self._reading.acquire(blocking=False):
            return
        try:
            if self._live is not None and self._complete:
                self._live.drain()
            elif self._live is not None:
                self._live.close()
            self._freed = True
        finally:
            self._reading.release()

    def _leave_to_parent(self) -> None:
        """In a forked child: what has come and will come of an answer is the parent's."""
        reads = self._reading.locked() and self._reader == threading.get_ident()
        self._reading, self._ending = threading.Lock(), threading.RLock()
        if reads:
            self._reading.acquire()
        self._freed = self._live is not None
        if self._delivered.started and not (self._complete or self._closed):
            error = StreamInterruptedError(
                "this stream is read by the process that has forked this one.",
                code="forked",
                retryable=True,
                hint="Read it there, or ask again here.",
            )
            self._error = self._describe(error)
            self._closed = self._told_end = True
            self._ready.clear()

    def _fill(self) -> None:
        """Wait for the next chunks, or raise what there is instead."""
        if self._complete:
            self._closed = True
        if self._error is not None or self._closed:
            self._raise_end()
        chunks = self._first_chunks() if self._live is None else self._next_chunks(self._live)
        if self._closed:
            self._raise_end()
        self._ready.extend(chunks)

    def _first_chunks(self) -> list[StreamChunk]:
        handled = sys.exception()
        self._delivered.start()
        outcome = run(self._call, self._open)
        if isinstance(outcome, Failure):
            self._fail(outcome.error, handled)
        self._live, chunks = outcome
        return chunks

    def _next_chunks(self, live: LiveAnswer) -> list[StreamChunk]:
        handled = sys.exception()
        try:
            return live.next_chunks()
        except LLMError as error:
            failure = error
        if not self._closed:
            self._note_failure(failure)
        self._fail(failure, handled)

    def _fail(self, error: LLMError, handled: BaseException | None = None) -> NoReturn:
        """End with an error, unless another thread has closed the stream, and that is why."""
        if self._closed:
            self._raise_end()
        self._error = self._describe(error, handled)
        self._closed = True
        if self._is_to_be_told():
            notify(self._call.hooks, "on_error", error)
        raise error

    def _raise_end(self) -> None:
        """Raise what there is to raise once nothing more is to come."""
        if self._error is not None:
            self._bring_up_to_date(self._error)
            raise self._error
        if self._closed:
            raise StopIteration

    def _bring_up_to_date(self, error: LLMError) -> None:
        """Another thread has ended it, maybe in mid-try or while a chunk was handed out."""
        attempts = tuple(self._call.attempts)
        text = self.text if self._delivered.keeps_text else None
        if (error.attempts, error.partial_text) != (attempts, text):
            error.attempts = attempts
            self._describe(error, sys.exception())

    def _note_failure(self, error: LLMError) -> None:
        """A try that had succeeded has failed after its first chunk."""
        last = self._call.attempts.pop()
        self._call.attempts.append(dataclasses.replace(last, error=type(error).__name__))

    def _tell_end(self, *, closed: bool) -> None:
        if self._is_to_be_told():
            notify(self._call.hooks, "on_end", end_of(self._summary(kept=False), closed=closed))

    def _is_to_be_told(self) -> bool:
        """Whether the hooks know of the beginning and not of the end; asked once."""
        told, self._told_end = self._told_end, True
        return self._delivered.started and bool(self._call.hooks) and not told

    def _open(self, limits: Limits) -> tuple[tuple[LiveAnswer, list[StreamChunk]], str | None]:
        """Open a stream and read to its first chunk: one try."""
        adapter = self._call.candidate.adapter
        body = adapter.open_stream(self._call.request, limits)
        try:
            live = LiveAnswer(body, self._make_reader())
            return (live, live.next_chunks()), live.request_id
        except BaseException:
            body.close()
            raise

    def _make_reader(self) -> AnswerReader:
        codec, keeps = self._call.candidate.adapter.codec, self._delivered.keeps_text
        return AnswerReader(codec, self._max_event_bytes, keeps=keeps)

    def _deliver(self) -> StreamChunk:
        try:
            chunk = self._ready.popleft()
        except IndexError:  # another thread has closed the stream
            self._raise_end()
            raise
        is_last = self._live is not None and self._live.reader.ended and not self._ready
        text = chunk.content
        if text:
            is_first = self._delivered.add(text)
            if self._call.hooks:
                self._tell_token(text, is_first)
        if chunk.reasoning or chunk.tool_calls or chunk.citations:
            self._delivered.add_others(chunk)
        if is_last:
            self._finish(chunk)  # it is the closing chunk
        return chunk

    def _tell_token(self, text: str, is_first: bool) -> None:
        for name in ("on_first_token", "on_token") if is_first else ("on_token",):
            if not self._told_end:  # a hook may close the stream
                notify(self._call.hooks, name, text)

    def _finish(self, closing: StreamChunk) -> None:
        with self._ending:
            self._complete = not self._closed and self._error is None
        if not self._complete:  # another thread has closed it
            self._raise_end()
        self._delivered.end()
        if self._call.raise_on_filter and closing.finish_reason == "content_filter":
            self._fail(filtered(self._summary()))
        self._tell_end(closed=False)
