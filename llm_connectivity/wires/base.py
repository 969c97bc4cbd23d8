"""What every wire has: a codec, and a decoder for each of its streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from ..errors import ErrorFacts, LLMError, StreamInterruptedError
from ..sse import Event
from ..types import About, ChatRequest, ChatResponse, StreamChunk, Usage


class StreamDecoder(Protocol):
    """Reads the events of one stream; knows no clock and no caller."""

    @property
    def terminal(self) -> bool:
        """Nothing that counts is still to come: the terminal marker has been seen."""

    @property
    def about(self) -> About:
        """What the stream has told of itself so far."""

    @property
    def usage(self) -> Usage | None:
        """The last usage that the stream has told, ``None`` for none, or none to understand."""

    @property
    def last(self) -> Any:
        """JSON of the last event of this wire, ``None`` before the first."""

    @property
    def deltas(self) -> int:
        """How many events have brought something that no chunk and no field here tells of.

        A signature, say; signs of life do not count. A stream that only lives is cut one day.
        """

    @property
    def verbatim(self) -> Mapping[str, Any] | None:
        """What the vendor wants back with the next request as it was, where the stream keeps it."""

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says; it may hold text and finish reason at once.

        Raises:
            LLMError: It is an error event, or no event of this wire.
        """

    def finish(self) -> StreamChunk | None:
        """The body has ended: give what was held back.

        Raises:
            StreamInterruptedError: It ended too early.
        """


class Codec(Protocol):
    """Decides everything about one wire."""

    @property
    def wire(self) -> str:
        """The wire's name."""

    @property
    def options(self) -> frozenset[str]:
        """The named options it has."""

    def check_chat(self, request: ChatRequest) -> tuple[str, ...]:
        """Say what of a request goes otherwise than as it was given, before anything is sent.

        Raises:
            ValidationError: The wire can't carry it.
        """

    def build_chat(self, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
        """Build the JSON body of a request."""

    def parse_chat(self, body: Mapping[str, Any]) -> ChatResponse:
        """Read a whole answer.

        Raises:
            LLMError: It is an error document, or no answer of this wire.
        """

    def stream_decoder(self, *, keeps: bool = True) -> StreamDecoder:
        """Make the decoder of one stream; with ``keeps=False`` its memory does not grow."""

    def map_error(self, facts: ErrorFacts) -> LLMError:
        """Decide which error a failure is."""


def fill_in(about: About, told: About) -> About:
    """Add to what a stream has told of itself what it has not told before."""
    known = {name: value for name, value in about.items() if value}
    return cast(About, {**told, **known})


def interrupted(what: str) -> StreamInterruptedError:
    """Make the error for a stream that ended too early."""
    return StreamInterruptedError(
        f"the stream ended {what}, without a finish reason and without its terminal marker.",
        code="stream_interrupted",
        hint="What came of it is in error.partial; ask again for a whole answer.",
    )
