"""What of a streamed answer has been delivered: its text and all else, its size, its pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .tool_calls import ToolCall, ToolCallDelta, join_calls
from .types import Citation, StreamChunk


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStats:
    """Size and pace of what has been delivered so far.

    Attributes:
        chunks: Chunks with text.
        characters: Of all text.
        seconds: From the first ``next()`` to the closing chunk, or until now.
        first_chunk_seconds: From the first ``next()`` to the first text, waits for retries
            included; ``None`` before it.
    """

    chunks: int = 0
    characters: int = 0
    seconds: float = 0.0
    first_chunk_seconds: float | None = None

    @property
    def characters_per_second(self) -> float:
        """Characters by seconds, ``0.0`` before any time has passed."""
        return self.characters / self.seconds if self.seconds > 0 else 0.0

    def to_dict(self) -> dict[str, float | None]:
        """Give the numbers as JSON."""
        return {
            "chunks": self.chunks,
            "characters": self.characters,
            "seconds": self.seconds,
            "first_chunk_seconds": self.first_chunk_seconds,
            "characters_per_second": self.characters_per_second,
        }


class _Text:
    """A text that grows, and is joined when it is asked for."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._joined = ("", 0)  # the text of so many of them

    def __str__(self) -> str:
        text, count = self._joined
        if count < len(self.pieces):  # which another thread may be adding to
            rest = self.pieces[count:]
            text = "".join((text, *rest))
            self._joined = (text, count + len(rest))
        return text


class Transcript:
    """Keeps what is delivered, and counts the text of it.

    Args:
        keeps_text: Whether it is kept; without it memory does not grow.
        clock: Gives seconds that never go back.
    """

    def __init__(self, *, keeps_text: bool, clock: Callable[[], float]) -> None:
        self.keeps_text = keeps_text
        self._clock = clock
        self._text = _Text()
        self._reasoning = _Text()
        self._tool_calls: list[ToolCallDelta] = []
        self._citations: list[Citation] = []
        self._chunks = 0
        self._characters = 0
        self._started: float | None = None
        self._first: float | None = None
        self._ended: float | None = None

    @property
    def text(self) -> str:
        """The text so far."""
        return str(self._text)

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return str(self._reasoning)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources so far."""
        return tuple(self._citations)

    def tool_calls(self, answer_id: str | None, finish_reason: str | None) -> tuple[ToolCall, ...]:
        """Give the calls so far; see `llm_connectivity.tool_calls.join_calls`."""
        pieces = self._tool_calls
        return join_calls(tuple(pieces), answer_id, finish_reason) if pieces else ()

    @property
    def stats(self) -> StreamStats:
        """Size and pace so far."""
        if self._started is None:
            return StreamStats()
        until = self._clock() if self._ended is None else self._ended
        return StreamStats(
            chunks=self._chunks,
            characters=self._characters,
            seconds=until - self._started,
            first_chunk_seconds=None if self._first is None else self._first - self._started,
        )

    @property
    def started(self) -> bool:
        """Whether the caller has asked for the first chunk."""
        return self._started is not None

    def start(self) -> None:
        """Begin to count time. Harmless when repeated."""
        if self._started is None:
            self._started = self._clock()

    def add(self, text: str) -> bool:
        """Note the text of a chunk, which is not empty; whether it is the first."""
        is_first = self._first is None
        if is_first:
            self._first = self._clock()
        self._chunks += 1
        self._characters += len(text)
        if self.keeps_text:
            self._text.pieces.append(text)
        return is_first

    def add_others(self, chunk: StreamChunk) -> None:
        """Note what a chunk brings besides text."""
        if not self.keeps_text:
            return
        if chunk.reasoning:
            self._reasoning.pieces.append(chunk.reasoning)
        self._tool_calls += chunk.tool_calls
        self._citations += chunk.citations

    def end(self) -> None:
        """Stop counting time. Harmless when repeated."""
        if self._ended is None:
            self._ended = self._clock()
