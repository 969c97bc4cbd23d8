"""The mock: the same scenarios, scripted."""

from __future__ import annotations

from typing import Any

from llm_connectivity import (
    AuthenticationError,
    InsufficientCreditsError,
    MockAdapter,
    MockReply,
    NetworkError,
    ProviderError,
    RateLimitError,
    RetryPolicy,
)
from tests.worlds.base import PIECES, World


class MockWorld(World):
    """The provider that is none."""

    model = "mock/demo"
    answered_model = "demo"

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
            "wrong_key": AuthenticationError,
            "reset": NetworkError,
        }[name]
