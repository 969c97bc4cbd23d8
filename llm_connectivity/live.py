"""One open answer: bytes of the body in, chunks out; when to wait, and when to leave."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping

from .errors import LLMError, NetworkError, StreamInterruptedError
from .providers.base import StreamBody
from .reader import AnswerReader
from .types import StreamChunk
from .wires.headers import add_headers, read_rate_limits, request_id

# How long the closing chunk waits for usage or the terminal marker behind the finish reason.
HOLD_SECONDS = 2.0

# How long the rest of the body may take; a body read to its end leaves its connection reusable.
DRAIN_SECONDS = 0.25


class LiveAnswer:
    """Pulls the bytes of one answer through its reader.

    Args:
        body: The bytes.
        reader: What makes chunks of them.

    Attributes:
        reader: The same, for what it has read so far.
        request_id: The provider's id of the request.
    """

    def __init__(self, body: StreamBody, reader: AnswerReader) -> None:
        self._body = body
        self.reader = reader
        self.request_id = request_id(body.headers)

    @property
    def rate_limits(self) -> Mapping[str, float]:
        """What the headers say of them; read when asked for."""
        return read_rate_limits(self._body.headers)

    def next_chunks(self) -> list[StreamChunk]:
        """Wait for the next chunks; at least one. Whoever gets an error closes the answer.

        Raises:
            LLMError: The answer broke off, told of an error, or is none.
        """
        self._body.limits.restart_idle()
        try:
            while True:
                chunks = self._step()
                if chunks:
                    return chunks
                if self.reader.failure is not None:
                    raise self.reader.failure
                if self.reader.take_news():
                    self._body.limits.restart_idle()
        except LLMError as error:
            add_headers(error, self._body.headers)
            raise

    def drain(self) -> None:
        """Read what is left behind the closing chunk, for a moment, and free the connection."""
        self._body.limits.restart_idle()
        self._body.limits.end_within(DRAIN_SECONDS)
        with contextlib.closing(self._body), contextlib.suppress(LLMError):
            for data in self._body:
                self.reader.feed(data)

    def close(self) -> None:
        """Free the connection."""
        self._body.close()

    def _step(self) -> list[StreamChunk]:
        reader = self.reader
        if reader.failure is not None:
            return []
        if reader.finished and reader.take_progress():
            # Who has gone on behind a finish reason may do so again, after whatever pause.
            self._body.limits.end_within(math.inf if reader.went_on else HOLD_SECONDS)
        try:
            data = next(self._body)
        except StopIteration:
            return reader.finish()
        except LLMError as error:
            return reader.break_off(_as_interruption(error))
        return reader.feed(data)


def _as_interruption(error: LLMError) -> LLMError:
    """A connection that breaks under an answer interrupts it; timeouts keep their own class."""
    if type(error) is not NetworkError:
        return error
    interruption = StreamInterruptedError(
        f"the answer broke off: {error.message}",
        code=error.code,
        provider_error=error.provider_error,
        retryable=error.retryable,
        hint="What came of it is in error.partial; ask again for a whole answer.",
    )
    interruption.__cause__ = error.__cause__
    return interruption
