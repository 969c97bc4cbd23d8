"""One client on two wires of the same aimock: fallbacks, and another model for one call."""

from itertools import permutations
from typing import Any

import pytest

from llm_connectivity import (
    LLMClient,
    RateLimitError,
    StreamInterruptedError,
    ValidationError,
)
from tests.servers.aimock import Aimock
from tests.servers.asking import KEY, ask, break_off, connect, fail
from tests.servers.replies import HELLO
from tests.servers.wires import ALWAYS, KEY_HEADERS, ONCE, WIRES, Wire

PAIRS = [
    pytest.param(first, second, id=f"{first.provider}-{second.provider}")
    for first, second in permutations(WIRES.values(), 2)
]
both_ways = pytest.mark.parametrize(("wire", "other"), PAIRS)


@pytest.fixture
def _variables(server: Aimock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set address and key of every provider."""
    set_variables(server, monkeypatch)


def set_variables(server: Aimock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set address and key of every provider to this server's."""
    for wire in WIRES.values():
        monkeypatch.setenv(wire.base_variable, server.origin + wire.base)
        monkeypatch.setenv(wire.key_variable, KEY)


def paths(server: Aimock) -> list[str]:
    """Give the paths of all requests."""
    return [entry["path"] for entry in server.requests()]


def path(wire: Wire, *, streamed: bool) -> str:
    """Give the path of one."""
    return wire.stream_path if streamed else wire.path


@both_ways
@pytest.mark.usefixtures("_variables")
def test_fallback_answers_on_another_wire(
    server: Aimock, wire: Wire, other: Wire, streamed: bool
) -> None:
    """After the retries another provider is asked, at its own address, and the trail says so."""
    with connect(server, wire, fallbacks=[other.model]) as client:
        answer = ask(client, f"Ask anyone but {wire.provider}.", streamed=streamed)
    assert (answer.content, answer.finish_reason) == (HELLO, "stop")
    assert answer.provider == other.provider
    trail = [(attempt.provider, attempt.error) for attempt in answer.attempts]
    assert trail == [(wire.provider, "RateLimitError")] * ALWAYS + [(other.provider, None)]
    assert any(wire.model in warning for warning in answer.warnings)
    first, second = path(wire, streamed=streamed), path(other, streamed=streamed)
    assert paths(server) == [first] * ALWAYS + [second]


@both_ways
@pytest.mark.usefixtures("_variables")
def test_fallback_gets_nothing_that_was_meant_for_the_first(
    server: Aimock, wire: Wire, other: Wire, streamed: bool
) -> None:
    """Headers of the client go to its own provider alone; so chaos they ask for ends there."""
    headers = {"x-aimock-chaos-disconnect": "1"}
    with connect(server, wire, headers=headers, fallbacks=[other.model]) as client:
        assert ask(client, "Say hello.", streamed=streamed).provider == other.provider
    last = server.requests()[-1]["headers"].keys()
    assert last.isdisjoint({"x-test-id", *headers})
    assert last & KEY_HEADERS == {other.key_header}


@both_ways
def test_fallback_has_its_own_key(
    guarded: Aimock, wire: Wire, other: Wire, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first provider refuses its key, the other one is asked with its own."""
    set_variables(guarded, monkeypatch)
    with connect(guarded, wire, api_key="another-key-456", fallbacks=[other.model]) as client:
        answer = ask(client, "Say hello.", streamed=streamed)
    trail = [(attempt.provider, attempt.error) for attempt in answer.attempts]
    assert trail == [(wire.provider, "AuthenticationError"), (other.provider, None)]


@pytest.mark.usefixtures("_variables")
def test_fallback_that_fails_too_is_the_error(server: Aimock, wire: Wire, streamed: bool) -> None:
    """Where all fail, the last error has all tries of all of them."""
    others = [other for other in WIRES.values() if other is not wire]
    with connect(server, wire, fallbacks=[other.model for other in others]) as client:
        error = fail(client, "Come back tomorrow.", streamed=streamed)
    assert (type(error), error.provider) == (RateLimitError, others[-1].provider)
    asked = [attempt.provider for attempt in error.attempts]
    assert asked == [wire.provider, *(other.provider for other in others)]


@both_ways
@pytest.mark.usefixtures("_variables")
def test_fallback_is_not_asked_where_it_cannot_help(
    server: Aimock, wire: Wire, other: Wire
) -> None:
    """Neither a wrong request nor a stream with text delivered is asked of somebody else."""
    with connect(server, wire, fallbacks=[other.model]) as client:
        refused = fail(client, "Fail with 400, no code: As asked.", streamed=True)
        broken, _ = break_off(client, "Break off early.")
    assert (type(refused), type(broken)) == (ValidationError, StreamInterruptedError)
    assert paths(server) == [wire.stream_path] * 2


@both_ways
@pytest.mark.usefixtures("_variables")
def test_fallback_takes_over_before_text(server: Aimock, wire: Wire, other: Wire) -> None:
    """A stream that hangs before its first text is asked of another provider, then whole."""
    headers = {"x-aimock-chaos-latency": "3000"}
    options: dict[str, Any] = {"fallbacks": [other.model], "max_retries": 0, "idle_timeout": 0.3}
    with connect(server, wire, headers=headers, **options) as client:
        answer = client.chat_stream("Say hello.").collect()
    assert (answer.content, answer.provider) == (HELLO, other.provider)
    assert [attempt.error for attempt in answer.attempts] == ["RequestTimeoutError", None]


@both_ways
@pytest.mark.usefixtures("_variables")
def test_model_of_a_call_goes_to_its_provider(
    server: Aimock, client: LLMClient, wire: Wire, other: Wire, streamed: bool
) -> None:
    """One call may name a model of another provider; the next one is the client's own again."""
    answer = ask(client, "Say hello.", streamed=streamed, model=other.model)
    assert (answer.content, answer.provider) == (HELLO, other.provider)
    assert ask(client, "Say hello.", streamed=streamed).provider == wire.provider
    asked = [path(name, streamed=streamed) for name in (other, wire)]
    assert paths(server) == asked
    theirs, ours = (entry["headers"].keys() for entry in server.requests())
    assert theirs & KEY_HEADERS == {other.key_header}
    assert "x-test-id" in ours and "x-test-id" not in theirs
    assert len(answer.attempts) == ONCE
