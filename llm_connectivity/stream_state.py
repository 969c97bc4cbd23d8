"""What a stream tells of itself, while it is read and afterwards."""

from __future__ import annotations

import dataclasses

from .calls import Call, describe
from .descriptions import complete, partial_of
from .errors import LLMError, ValidationError
from .live import LiveAnswer
from .transcript import StreamStats, Transcript
from .types import Attempt, ChatResponse, Citation, ToolCall, Usage


class StreamState:
    """The readable side of a `ChatStream`; reading the answer is that one's.

    Args:
        call: What was asked, and what has been tried.
        accumulate: Whether the text is kept.
    """

    def __init__(self, call: Call, *, accumulate: bool) -> None:
        self._live: LiveAnswer | None = None
        self._call = call
        self._delivered = Transcript(keeps_text=accumulate, clock=call.policy.clock)
        self._error: LLMError | None = None
        self._complete = False  # the closing chunk has been delivered
        self._closed = False  # nothing more is to come, and the connection is free

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.provider}/{self.model}: {self._state()}>"

    @property
    def text(self) -> str:
        """The text delivered so far.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``.
        """
        self._need_kept("text")
        return self._delivered.text

    @property
    def reasoning(self) -> str:
        """What the model has thought, as far as it has been delivered.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``.
        """
        self._need_kept("reasoning")
        return self._delivered.reasoning

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Calls for the caller to run, once the answer is complete; empty before.

        Their pieces are on the chunks, those of a broken answer in ``.partial``.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``.
        """
        self._need_kept("tool_calls")
        return self._summary().tool_calls if self._complete else ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Sources that the answer refers to, as far as they have been delivered.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``.
        """
        self._need_kept("citations")
        return self._delivered.citations

    @property
    def stats(self) -> StreamStats:
        """Size and pace of what has been delivered so far."""
        return self._delivered.stats

    @property
    def response(self) -> ChatResponse:
        """The whole answer, once it is complete.

        Raises:
            ValidationError: It is not, or the stream was made with ``accumulate=False``.
        """
        self._need_kept("response")
        if not self._complete:
            ended = self._error is not None or self._closed
            raise ValidationError(
                f"the stream has no response ({self._state()}).",
                code="stream_not_complete",
                hint="What came of it is in .partial."
                if ended
                else "Read it to its end first; what has come so far is in .partial.",
            )
        return self._summary()

    @property
    def partial(self) -> ChatResponse:
        """What has been delivered so far, at any time; its finish reason comes with the end.

        Raises:
            ValidationError: The stream was made with ``accumulate=False``.
        """
        self._need_kept("partial")
        error, so_far = self._error, self._summary()
        return so_far if error is None else partial_of(so_far, error, self._call)

    @property
    def usage(self) -> Usage | None:
        """Token counts as the provider sent them, or ``None``."""
        return None if self._live is None else self._live.reader.usage

    @property
    def cost(self) -> float | None:
        """USD for what has been used, or ``None`` where usage or price is unknown."""
        return self._summary(kept=False).cost

    @property
    def cost_source(self) -> str | None:
        """The price list behind ``cost`` and its version."""
        return self._summary(kept=False).cost_source

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
        return self._summary(kept=False).model

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try so far."""
        return tuple(self._call.attempts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was dropped or ignored so far."""
        return self._summary(kept=False).warnings

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, once it has answered."""
        return None if self._live is None else self._live.request_id

    def _need_kept(self, name: str) -> None:
        if not self._delivered.keeps_text:
            raise ValidationError(
                f"the stream has no {name}: it was made with accumulate=False.",
                code="not_accumulated",
                hint="Collect the chunks' content yourself, or leave accumulate out.",
            )

    def _describe(self, error: LLMError, handled: BaseException | None = None) -> LLMError:
        error.request_id = error.request_id or self.request_id
        error.usage = error.usage or self.usage
        error.partial_text = self._delivered.text if self._delivered.keeps_text else None
        describe(error, self._call, handled)
        if error.partial_text is not None:
            error.partial = partial_of(self._summary(), error, self._call)
        return error

    def _summary(self, *, kept: bool = True) -> ChatResponse:
        """Sum up the answer so far, with or without what of it is kept."""
        told = ChatResponse(content="") if self._live is None else self._live.reader.summary
        delivered, kept = self._delivered, kept and self._delivered.keeps_text
        ended = (self.finish_reason or "") if self._complete else None
        told = dataclasses.replace(
            told,
            content=delivered.text if kept else "",
            reasoning=delivered.reasoning if kept else "",
            tool_calls=delivered.tool_calls(told.id, ended) if kept else (),
            citations=delivered.citations if kept else (),
            finish_reason=self.finish_reason,
            raw_finish_reason=self.raw_finish_reason,
            request_id=self.request_id,
            rate_limits={} if self._live is None else self._live.rate_limits,
            _verbatim=told._verbatim if self._complete and kept else None,
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
