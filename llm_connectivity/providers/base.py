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
        name: The first half of ``"provider/model"``. Where genai-prices has a provider of that
            name, its prices count.
        adapter: Its adapter, as ``"module:Class"``; imported when first used. `register_provider`
            also takes ``"openai"``, ``"anthropic"`` or ``"google"``, whose wire it speaks.
        base_url: Root of its API.
        base_url_variable: Environment variable that names another root; ``None``: there is none.
        key_variables: Environment variables that may hold the key, the first one set counts.
        needs_key: Whether it refuses requests without a key; else none is sent where there is none.
        default_model: The model where none is named; ``""``: one must be.
        max_tokens_field: Name of ``max_tokens`` at its own address; elsewhere it is ``max_tokens``.
        reasoning_field: Name of the field that says how long to think: ``"reasoning_effort"`` takes
            a word, ``"reasoning"`` an object with either, ``"thinking_budget"`` a number of tokens.
        refuses: Named options that its wire has and it has not.
        takes: Kinds of parts that messages may hold besides text: ``"image_url"``,
            ``"input_audio"``, ``"file"``; ``"file_url"``: files by address.
        keeps_prompts: Whether ``cache_control`` marks are sent.
        counts_streams: Whether a stream may be asked for its usage.
        call_ids: Regular expression that whole ids of tool calls must match; others are replaced.
        message_keys: Of ``name`` and ``refusal``, what messages may have.
        docs: Address of its documentation.
    """

    name: str
    adapter: str = "llm_connectivity.providers.openai_adapter:OpenAIAdapter"
    base_url: str = ""
    base_url_variable: str | None = None
    key_variables: tuple[str, ...] = ()
    needs_key: bool = True
    default_model: str = ""
    max_tokens_field: str = "max_tokens"
    reasoning_field: str = "reasoning_effort"
    refuses: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset({"image_url", "input_audio", "file"})
    keeps_prompts: bool = False
    counts_streams: bool = True
    call_ids: str = ".+"
    message_keys: frozenset[str] = frozenset({"name", "refusal"})
    docs: str = ""
