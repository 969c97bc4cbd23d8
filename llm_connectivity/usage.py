"""Token counts of an answer, and the tries that a call took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from .short_repr import show_fields


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
        audio_tokens: Those of both that are sound, or ``None``.
        completion_audio_tokens: Those of them that are in the answer.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    audio_tokens: int | None = None
    completion_audio_tokens: int | None = None

    def __getitem__(self, key: str) -> int | None:
        if key in self.__dataclass_fields__:
            value: int | None = getattr(self, key)
            return value
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dataclass_fields__)

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)

    def __repr__(self) -> str:
        return show_fields(self)

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

    def __repr__(self) -> str:
        return show_fields(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the try as JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
