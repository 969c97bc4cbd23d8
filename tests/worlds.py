"""The same scenarios on every provider: what a test scripts, and a client that meets it."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from llm_connectivity import (
    InsufficientCreditsError,
    LLMClient,
    MockAdapter,
    MockReply,
    NetworkError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RetryPolicy,
)
from tests.server import LoopbackServer, Raw, Reset, json_reply, openai_wire

TEXT = "Hello! How can I help?"
PIECES = ("Hello", "!", " How", " can", " I", " help", "?")
KEY = "test-key-0123456789"


class World:
    """One provider: scenarios by name, a client, and what the provider saw.

    Attributes:
        model: The client's model.
        has_server: Whether it is asked over HTTP.
        naps: Seconds that retries would have slept.
    """

    model: ClassVar[str]
    answered_model: ClassVar[str]
    has_server: ClassVar[bool]

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


class OpenAIWorld(World):
    """OpenAI's wire on the loopback server."""

    model = "openai/gpt-4o-mini"
    answered_model = "gpt-4o-mini-2024-07-18"
    has_server = True

    def __enter__(self) -> Self:
        self.server = LoopbackServer()
        self.server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.server.__exit__(None, None, None)
        assert self.server.errors == []
        assert self.server.unexpected == []

    def settings(self) -> dict[str, Any]:
        return {"model": self.model, "api_key": KEY, "base_url": f"{self.server.origin}/v1"}

    def play(self, *scenarios: str, pause: float = 0.002) -> None:
        entries = [self._entry(scenario, pause) for scenario in scenarios]
        self.server.add(*entries[:-1])
        self.server.always(entries[-1])

    def request_count(self) -> int:
        return len(self.server.requests)

    def _entry(self, scenario: str, pause: float) -> Any:
        name, _, number = scenario.partition(":")
        if name == "status":
            return json_reply(openai_wire.error_body("It says no.", "some_type"), int(number))
        if name in ("cut", "err_event"):
            return getattr(openai_wire, name)(int(number), pause)
        return {
            "hello": openai_wire.answer(pause=pause),
            "empty_first": openai_wire.empty_first(pause),
            "no_usage": openai_wire.without_usage(pause),
            "slow": openai_wire.slow(pause),
            "rate_limited": openai_wire.rate_limited(None),
            "quota": openai_wire.QUOTA,
            "reset": Raw((Reset(),)),
        }[name]


class MockWorld(World):
    """The mock: the same scenarios, scripted."""

    model = "mock/demo"
    answered_model = "demo"
    has_server = False

    def __init__(self, policy: RetryPolicy, naps: list[float]) -> None:
        super().__init__(policy, naps)
        self.adapter = MockAdapter(replies=[])

    def settings(self) -> dict[str, Any]:
        return {"model": self.model, "adapter": self.adapter}

    def play(self, *scenarios: str, pause: float = 0.002) -> None:
        replies = [self._reply(scenario, pause) for scenario in scenarios]
        self.adapter = MockAdapter(replies=[*replies[:-1], *[replies[-1]] * 10])

    def request_count(self) -> int:
        return len(self.adapter.requests)

    def _reply(self, scenario: str, pause: float) -> Any:
        name, _, number = scenario.partition(":")
        usage = (9, 7)
        if name == "status":
            return MockReply(text="It says no.", status=int(number))
        if name == "cut":
            return MockReply(pieces=PIECES[: int(number)], cut_after=int(number))
        if name == "err_event":
            return MockReply(pieces=PIECES, cut_after=int(number), error=ProviderError)
        return {
            "hello": MockReply(pieces=PIECES, usage=usage, delay=pause),
            "empty_first": MockReply(pieces=("", *PIECES), usage=usage),
            "no_usage": MockReply(pieces=PIECES, usage=None),
            "slow": MockReply(pieces=("token ",) * 50, delay=pause),
            "rate_limited": RateLimitError,
            "quota": InsufficientCreditsError,
            "forbidden": PermissionDeniedError,
            "reset": NetworkError,
        }[name]


WORLDS: dict[str, type[World]] = {"mock": MockWorld, "openai": OpenAIWorld}
