"""Promise 5: an error says all that is known, also after a round trip through pickle."""

from __future__ import annotations

import copy
import pickle

import pytest

from llm_connectivity import LLMError, StreamInterruptedError
from tests.faults.scenarios.voice import BEGINNING, Voice
from tests.server import Cut, Pause, Reset
from tests.worlds import WireWorld

FIELDS = (
    "message provider model status_code code request_id retry_after attempts partial_text usage "
    "rate_limits body retryable hint"
).split()


def _failure_of(wire: WireWorld, **settings: object) -> LLMError:
    with pytest.raises(LLMError) as caught:
        list(wire.client(**settings).chat_stream("Hi"))
    return caught.value


@pytest.mark.parametrize("steps", [(Cut(),), (Pause(0.02), Reset())], ids=["closed", "reset"])
def test_promise_05_interrupted_stream_tells_what_it_was(wire: WireWorld, steps):
    """Who was asked for what, under which id, in which try, and the cause."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(*voice.beginning(), *steps))
    error = _failure_of(wire)
    assert type(error) is StreamInterruptedError
    assert (error.provider, error.model) == (wire.provider, wire.model_name)
    assert (error.request_id, error.partial_text) == (wire.request_id(1), BEGINNING)
    assert [attempt.error for attempt in error.attempts] == ["StreamInterruptedError"]
    assert error.__cause__ is not None


def test_promise_05_usage_that_came_before_the_break_is_kept(wire: WireWorld):
    """On OpenAI's wire it comes last, so that there is none."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(*voice.beginning(), Cut()))
    usage = _failure_of(wire).usage
    assert (usage is None) == (wire.provider == "openai")
    assert usage is None or usage.prompt_tokens == 9


def test_promise_05_error_after_retries_has_all_tries_and_the_last_cause(wire: WireWorld):
    """With the waits between them, and the vendor's own exception."""
    wire.server.add(*[Voice(wire, streamed=True).failure(500)] * 2)
    voice = Voice(wire, streamed=True)
    wire.server.always(voice.failure(429, headers=(("retry-after", "3600"),)))
    error = _failure_of(wire)
    assert [attempt.waited for attempt in error.attempts] == [0, 2, 3]
    assert [a.error for a in error.attempts] == ["ProviderError", "ProviderError", "RateLimitError"]
    assert (error.status_code, error.retry_after) == (429, 3600)
    assert error.provider_error is error.__cause__ is not None
    assert error.request_id == wire.request_id(3)


@pytest.mark.parametrize(
    "make", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy, copy.copy]
)
@pytest.mark.parametrize("scenario", ["cut:2", "err_event:2", "status:503", "quota", "reset"])
def test_promise_05_copies_of_errors_are_equal(wire: WireWorld, scenario: str, make):
    """Field by field; the vendor's exception becomes its name and repr."""
    wire.play(scenario)
    error = _failure_of(wire)
    other = make(error)
    assert type(other) is type(error)
    assert [getattr(other, name) for name in FIELDS] == [getattr(error, name) for name in FIELDS]
    assert (str(other), other.args) == (str(error), error.args)
