"""A client of the loopback server, for all tests of what goes over the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llm_connectivity import LLMClient, RetryPolicy
from tests.server import LoopbackServer
from tests.worlds import KEY


@pytest.fixture
def client(server: LoopbackServer, policy: RetryPolicy) -> Iterator[LLMClient]:
    """A client that asks the loopback server and does not sleep between tries."""
    with LLMClient(
        model="openai/gpt-4o-mini", api_key=KEY, base_url=f"{server.origin}/v1", retry=policy
    ) as client:
        yield client
