"""Promise 13: key and prompt go to the server that was named, and to no other."""

from __future__ import annotations

import pytest

from llm_connectivity import LLMClient, LLMError, ProviderError
from tests.faults.scenarios.voice import Voice
from tests.server import LoopbackServer
from tests.worlds import WireWorld


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_promise_13_redirect_reaches_no_other_server(wire: WireWorld, status: int, streamed: bool):
    """The error names the host, so that the caller can decide."""
    with LoopbackServer() as other:
        target = (("location", f"{other.origin}/v1"),)
        wire.server.always(
            Voice(wire, streamed=streamed).document({}, status=status, headers=target)
        )
        client = wire.client()
        with pytest.raises(ProviderError, match=f"127.0.0.1:{other.port}"):
            list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
        assert other.connections == []
    assert wire.request_count() == 1


@pytest.mark.parametrize("key", ["sk-ключ-0123456789", "sk-0123456789\n", "sk 0123456789"])
def test_promise_13_key_that_no_header_can_carry_is_refused_unseen(wire: WireWorld, key: str):
    """At construction; the error shows no part of it."""
    with pytest.raises(LLMError) as caught:
        LLMClient(**{**wire.settings(), "api_key": key})
    assert "0123456789" not in str(caught.value) + repr(caught.value) + str(vars(caught.value))
    assert wire.request_count() == 0
