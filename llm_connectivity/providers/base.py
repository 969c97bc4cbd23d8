"""What an adapter is, and what is known about a provider before its adapter is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..limits import Limits
from ..types import ChatRequest, ChatResponse
from ..wires.base import Codec


class StreamBody(Protocol):
    """The bytes of one streamed answer, as they come.

    Attributes:
        headers: Response headers, names in lower case.
        limits: The limits of the attempt; a change holds for the next read.
    """

    headers: Mapping[str, str]
    limits: Limits

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the pieces."""

    def __next__(self) -> bytes:
        """Wait for the next piece.

        Raises:
            LLMError: The body broke off, or a limit ran out.
        """

    def close(self) -> None:
        """Free the connection; one that is dropped unclosed frees it too."""


class Adapter(Protocol):
    """The only part that does I/O. What each of them promises is in tests/contract."""

    @property
    def provider(self) -> str:
        """Name of the provider."""

    @property
    def codec(self) -> Codec:
        """What decides everything about its wire."""

    @property
    def timeout(self) -> float | None:
        """Seconds for each wait where neither call nor client say, or ``None``."""

    @property
    def max_retries(self) -> int | None:
        """Retries where neither call nor client say, or ``None``."""

    def chat(self, request: ChatRequest, limits: Limits) -> ChatResponse:
        """Ask for a whole answer."""

    def open_stream(self, request: ChatRequest, limits: Limits) -> StreamBody:
        """Ask for a streamed answer; returns with its headers."""

    def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpec:
    """What is known about a provider.

    Attributes:
        name: The first half of ``"provider/model"``.
        adapter: Its adapter, as ``"module:Class"``; imported when first used.
        base_url: Root of its API.
        base_url_variable: Environment variable that names another root.
        key_variables: Environment variables that may hold the key, the first one set counts.
        default_model: The model where none is named; ``""``: one must be.
        max_tokens_field: Name of ``max_tokens`` at its own address; elsewhere it is ``max_tokens``.
    """

    name: str
    adapter: str
    base_url: str = ""
    base_url_variable: str | None = None
    key_variables: tuple[str, ...] = ()
    default_model: str = ""
    max_tokens_field: str = "max_tokens"
