"""Promise 4: only `LLMError` comes out of a call, and what is the caller's own, untouched."""

from __future__ import annotations

import pytest

from llm_connectivity import Hooks, LLMError
from tests.faults.scenarios.voice import Voice
from tests.worlds import WireWorld


class _OwnError(Exception):
    """One that the package can't know."""


@pytest.mark.parametrize("kind", [_OwnError, KeyboardInterrupt, TimeoutError])
@pytest.mark.parametrize("hook", ["on_first_token", "on_token", "on_end"])
def test_promise_04_exception_of_a_callback_comes_out_untouched(
    wire: WireWorld, hook: str, kind: type[BaseException]
):
    """The very object, with its own arguments; nothing is asked again, no connection stays."""
    raised = kind("mine")

    def fail(_: object) -> None:
        raise raised

    wire.play("hello")
    client = wire.client()
    with pytest.raises(kind) as caught:
        list(client.chat_stream("Hi", hooks=Hooks(**{hook: fail})))
    assert caught.value is raised
    assert caught.value.args == ("mine",)
    assert wire.request_count() == 1
    client.close()
    assert wire.server.wait_for(lambda: not any(c.is_open for c in wire.server.connections))


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_promise_04_exception_of_on_retry_ends_the_call(wire: WireWorld, streamed: bool):
    """Instead of the next try."""
    raised = _OwnError("mine")

    def fail(error: LLMError, wait: float) -> None:
        raise raised

    wire.play("reset")
    client = wire.client(hooks=Hooks(on_retry=fail))
    with pytest.raises(_OwnError) as caught:
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
    assert caught.value is raised
    assert wire.request_count() == 1


@pytest.mark.parametrize("depth", [150, 5000])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_promise_04_nested_json_is_no_recursion_error(wire: WireWorld, streamed: bool, depth: int):
    """However deep it is."""
    voice = Voice(wire, streamed=streamed)
    nested = b'{"error": ' + b"[" * depth + b"]" * depth + b"}"
    reply = voice.stream(voice.start, b"data: " + nested + b"\n\n") if streamed else nested
    wire.server.always(reply if streamed else voice.document(nested))
    with pytest.raises(LLMError):
        client = wire.client(max_retries=0)
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
