"""`StreamChunk`: one piece of a streamed answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .raw import RawJson
from .tool_calls import ToolCallDelta
from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One source that an answer refers to.

    Attributes:
        url: Where it is, ``None`` for one that was sent along.
        title: What it is called.
        cited_text: What is quoted from it, where the provider says.
        raw: The provider's own JSON; it may say to which part of the text the source belongs.
    """

    url: str | None = None
    title: str | None = None
    cited_text: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the source as JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class StreamChunk:
    """One piece of a streamed answer.

    Made once per event, so it is a plain class with slots; treat it as a value.

    Attributes:
        content: Text of this piece of the answer; ``""`` where it brings something else, and on the
            closing chunk; never ``None``.
        finish_reason: Only on the closing chunk, the last one: ``"stop"``, ``"length"``,
            ``"tool_calls"``, ``"content_filter"``, the vendor's own word when it is none of these,
            or ``None`` where the vendor gave no reason.
        raw_finish_reason: The vendor's word behind ``finish_reason``.
        usage: Only on the closing chunk, where the provider sent usage.
        reasoning: Text of what the model thinks before it answers.
        tool_calls: Pieces of calls of the caller's functions.
        citations: Sources that the answer refers to.
    """

    __slots__ = (
        "_raw",
        "citations",
        "content",
        "finish_reason",
        "raw_finish_reason",
        "reasoning",
        "tool_calls",
        "usage",
    )

    def __init__(
        self,
        content: str = "",
        finish_reason: str | None = None,
        raw_chunk: Any = None,
        raw_finish_reason: str | None = None,
        usage: Usage | None = None,
        reasoning: str = "",
        tool_calls: tuple[ToolCallDelta, ...] = (),
        citations: tuple[Citation, ...] = (),
    ) -> None:
        self.content = content
        self.finish_reason = finish_reason
        self._raw = raw_chunk
        self.raw_finish_reason = raw_finish_reason
        self.usage = usage
        self.reasoning = reasoning
        self.tool_calls = tool_calls
        self.citations = citations

    @property
    def raw_chunk(self) -> Any:
        """The vendor's typed object for this piece, equal to what its SDK would have given.

        Built when first read. The closing chunk has that of the event with the finish reason; a
        chunk without an event of its own has that of the last event.
        """
        raw = self._raw
        return raw.build() if isinstance(raw, RawJson) else raw

    def to_dict(self) -> dict[str, Any]:
        """Give the chunk as JSON, without the vendor's object."""
        return {
            "content": self.content,
            "finish_reason": self.finish_reason,
            "raw_finish_reason": self.raw_finish_reason,
            "usage": None if self.usage is None else self.usage.to_dict(),
            "reasoning": self.reasoning,
            "tool_calls": [piece.to_dict() for piece in self.tool_calls],
            "citations": [citation.to_dict() for citation in self.citations],
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StreamChunk):
            return NotImplemented
        return self.to_dict() == other.to_dict() and self._raw == other._raw

    __hash__ = None  # type: ignore[assignment]  # it may hold JSON, which has no hash

    def __reduce__(self) -> Any:
        given = (self.content, self.finish_reason, self._raw, self.raw_finish_reason, self.usage)
        return StreamChunk, (*given, self.reasoning, self.tool_calls, self.citations)

    def __repr__(self) -> str:
        shown = {
            name: getattr(self, name)
            for name, value in self.to_dict().items()
            if name == "content" or value not in (None, "", [])
        }
        return f"StreamChunk({', '.join(f'{k}={v!r}' for k, v in shown.items())})"


def says_something(chunk: StreamChunk) -> bool:
    """Whether a chunk has text, reasoning, pieces of calls or sources: one without is not given."""
    return bool(chunk.content or chunk.reasoning or chunk.tool_calls or chunk.citations)
