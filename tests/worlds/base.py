"""What every world has: scenarios by name, a client, and what the provider saw."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from llm_connectivity import LLMClient, RetryPolicy

TEXT = "Hello! How can I help?"
PIECES = ("Hello", "!", " How", " can", " I", " help", "?")
KEY = "test-key-0123456789"


class World:
    """One provider: scenarios by name, a client, and what the provider saw.

    Scenarios: ``hello``, ``empty_first``, ``no_usage``, ``slow``, ``rate_limited``, ``quota``,
    ``wrong_key``, ``reset``, ``status:<number>``, and ``cut:<pieces>`` and ``err_event:<pieces>``,
    which break off behind so many pieces of text.

    Attributes:
        model: The client's model.
        answered_model: The model as answers name it.
        naps: Seconds that retries would have slept.
    """

    model: ClassVar[str]
    answered_model: ClassVar[str]

    def __init__(self, policy: RetryPolicy, naps: list[float]) -> None:
        self._policy = policy
        self._clients: list[LLMClient] = []
        self.naps = naps

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()

    @property
    def provider(self) -> str:
        """Name of the provider."""
        return self.model.partition("/")[0]

    @property
    def model_name(self) -> str:
        """Name of the model, without the provider."""
        return self.model.partition("/")[2]

    def client(self, **settings: Any) -> LLMClient:
        """Make a client of this provider; it is closed at the end of the test."""
        client = LLMClient(**{"retry": self._policy, **self.settings(), **settings})
        self._clients.append(client)
        return client

    def play(self, *scenarios: str, pause: float = 0.002) -> None:
        """Answer the next requests with these scenarios; the last one answers all later ones."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Give the arguments of a client of this provider."""
        raise NotImplementedError

    def request_count(self) -> int:
        """Give the number of requests that have arrived."""
        raise NotImplementedError
