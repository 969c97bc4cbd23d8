"""The values that go in and come out: messages, requests, responses, chunks, usage.

All of them pickle, deep-copy and, where they come out, turn into JSON with ``to_dict()``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NotRequired, Required, TypeAlias, TypedDict

from . import pricing
from .raw import RawJson


class TextPart(TypedDict):
    """One text part of a message: ``{"type": "text", "text": "Hello"}``."""

    type: Literal["text"]
    text: str


class Message(TypedDict, total=False):
    """One message in OpenAI's form: ``{"role": "user", "content": "Hello"}``."""

    role: Required[Literal["system", "developer", "user", "assistant"]]
    content: Required[str | Sequence[TextPart]]
    name: NotRequired[str]


Messages: TypeAlias = str | Sequence[Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One call, checked and complete; codecs build a request body from it.

    Attributes:
        provider: Name of the provider.
        model: Name of the model, without the provider.
        messages: Dicts in OpenAI's form; not part of the repr, which may end up in a log.
        options: Named options that were given, by our names (``{"max_tokens": 50}``).
        extra: Other keywords of the call; they go to the root of the body, dicts merged deeply.
        extra_headers: HTTP headers of this call.
        extra_query: Query parameters of this call.
    """

    provider: str
    model: str
    messages: tuple[Mapping[str, Any], ...] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extra_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra_query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Usage(Mapping[str, int | None]):
    """Token counts as the provider sent them; a frozen value and a read-only mapping at once.

    ``usage.total_tokens`` and ``usage["total_tokens"]`` are the same number.

    Attributes:
        prompt_tokens: Tokens of the request, cached ones included.
        completion_tokens: Tokens of the answer, reasoning included.
        total_tokens: The provider's own sum; ours only where it sent none.
        cached_tokens: Those of ``prompt_tokens`` that were read from a cache, or ``None``.
        reasoning_tokens: Those of ``completion_tokens`` that went into reasoning, or ``None``.
        cache_write_tokens: Those of ``prompt_tokens`` that were written to a cache, or ``None``.
        cache_write_1h_tokens: Those of them that are kept for an hour, which costs more.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None

    def __getitem__(self, key: str) -> int | None:
        if key in self.__dataclass_fields__:
            value: int | None = getattr(self, key)
            return value
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dataclass_fields__)

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)

    def to_dict(self) -> dict[str, int | None]:
        """Give the counts as a plain dict."""
        return dict(self)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a call.

    Attributes:
        provider: Provider that was asked.
        model: Model that was asked.
        error: Name of the error class it ended in, or ``None`` where it succeeded.
        waited: Seconds slept before this try.
        seconds: Seconds it took; of a stream, until its first chunk.
        request_id: The provider's id for it, where it sent one.
    """

    provider: str
    model: str
    error: str | None = None
    waited: float = 0.0
    seconds: float = 0.0
    request_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the try as JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class StreamChunk:
    """One piece of a streamed answer.

    Made once per event, so it is a plain class with slots; treat it as a value.

    Attributes:
        content: Text of this piece; ``""`` on the closing chunk, never ``None``.
        finish_reason: Only on the closing chunk, the last one: ``"stop"``, ``"length"``,
            ``"tool_calls"``, ``"content_filter"``, the vendor's own word when it is none of these,
            or ``None`` where the vendor gave no reason.
        raw_finish_reason: The vendor's word behind ``finish_reason``.
        usage: Only on the closing chunk, where the provider sent usage.
    """

    __slots__ = ("_raw", "content", "finish_reason", "raw_finish_reason", "usage")

    def __init__(
        self,
        content: str = "",
        finish_reason: str | None = None,
        raw_chunk: Any = None,
        raw_finish_reason: str | None = None,
        usage: Usage | None = None,
    ) -> None:
        self.content = content
        self.finish_reason = finish_reason
        self._raw = raw_chunk
        self.raw_finish_reason = raw_finish_reason
        self.usage = usage

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
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StreamChunk):
            return NotImplemented
        return self.to_dict() == other.to_dict() and self._raw == other._raw

    __hash__ = None  # type: ignore[assignment]  # it may hold JSON, which has no hash

    def __reduce__(self) -> Any:
        given = (self.content, self.finish_reason, self._raw, self.raw_finish_reason, self.usage)
        return StreamChunk, given

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.to_dict().items() if value is not None}
        return f"StreamChunk({', '.join(f'{k}={v!r}' for k, v in shown.items())})"


class About(TypedDict, total=False):
    """What an answer says of itself besides its text; the names are those of `ChatResponse`."""

    model: str
    id: str | None
    created: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResponse:
    """A whole answer.

    Attributes:
        content: The answer's text; ``""`` where there is none.
        finish_reason: As on `StreamChunk`.
        raw_finish_reason: The vendor's word behind ``finish_reason``.
        usage: Token counts as the provider sent them, or ``None`` if it sent none.
        model: Name of the model as the answer gives it, or as it was asked for.
        provider: Name of the provider that answered.
        requested_model: Name of the model that was asked for.
        id: The answer's id.
        created: When it was made, in Unix seconds.
        request_id: The provider's id of the request, to quote in a support case.
        attempts: Every try, the successful one last.
        warnings: What was dropped or ignored on the way.
    """

    content: str
    finish_reason: str | None = None
    raw_finish_reason: str | None = None
    usage: Usage | None = None
    model: str = ""
    provider: str = ""
    requested_model: str = ""
    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()
    _raw: RawJson | None = field(default=None, repr=False)

    @property
    def cost(self) -> float | None:
        """USD for this answer, or ``None`` where usage or price is unknown.

        Looked up when read, by the answer's model name if that has a price, else the one asked for.
        """
        return pricing.price_of_answer(
            self.provider, (self.model, self.requested_model), self.usage
        )

    @property
    def cost_source(self) -> str | None:
        """The price list behind ``cost`` and its version, or ``None`` where there is no cost."""
        return None if self.cost is None else pricing.price_source()

    @property
    def raw_response(self) -> Any:
        """The vendor's typed object, built when read; ``None`` for an answer that was streamed."""
        return None if self._raw is None else self._raw.build()

    def to_dict(self) -> dict[str, Any]:
        """Give the response as JSON, without the vendor's object."""
        result = {f.name: getattr(self, f.name) for f in fields(self) if not f.name.startswith("_")}
        result["usage"] = None if self.usage is None else self.usage.to_dict()
        result["attempts"] = [attempt.to_dict() for attempt in self.attempts]
        result["warnings"] = list(self.warnings)
        result["cost"] = self.cost
        result["cost_source"] = self.cost_source
        return result
