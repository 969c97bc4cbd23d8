"""When a failed try is repeated, after how long, and on whose word."""

import math
import time
from types import MappingProxyType

import pytest

from llm_connectivity import errors
from llm_connectivity.retry import (
    Backoff,
    RetryPolicy,
    check_policy,
    is_tried_again,
)
from llm_connectivity.wires.headers import read_retry_after

STILL = RetryPolicy(jitter=0)
NETWORK = errors.NetworkError()
NOVEMBER_6TH = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (errors.RateLimitError(), [1, 2, 4, 8]),
        (NETWORK, [2, 3, 4.5, 6.75]),
        (errors.ProviderError(), [2, 3, 4.5, 6.75]),
        (errors.OverloadedError(), [2, 3, 4.5, 6.75]),
        (errors.RequestTimeoutError(), [2, 3, 4.5, 6.75]),
        (errors.StreamInterruptedError(), [2, 3, 4.5, 6.75]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_waits_grow(error, waits):
    """A rate limit is waited for 1, 2, 4 s; anything else 2, 3, 4.5 s."""
    assert [STILL.wait_seconds(error, retry) for retry in range(4)] == waits


@pytest.mark.parametrize("retry", [20, 100_000])
def test_no_wait_is_longer_than_the_system_can_sleep(retry):
    """Whatever a policy says."""
    policy = RetryPolicy(network=(1e300, 1e300, 1e308), jitter=1e308)
    assert policy.wait_seconds(NETWORK, retry) == 1e8


@pytest.mark.parametrize("retry", [20, 100_000])
def test_waits_are_capped(retry):
    """Waits stop growing at 120 s for a rate limit and at 30 s for the rest."""
    assert STILL.wait_seconds(errors.RateLimitError(), retry) == 120
    assert STILL.wait_seconds(NETWORK, retry) == 30


def test_jitter_adds_up_to_a_quarter():
    """A wait is spread over the quarter above it, and is not always the same."""
    waits = [RetryPolicy().wait_seconds(NETWORK, 0) for _ in range(200)]
    assert 2 <= min(waits) < max(waits) <= 2.5
    assert max(waits) - min(waits) > 0.2


def test_hint_is_kept_to_the_letter():
    """A server's hint goes before our waits, without jitter and whatever the retry."""
    error = errors.RateLimitError(retry_after=7.5)
    assert [RetryPolicy(jitter=1).wait_seconds(error, retry) for retry in (0, 9)] == [7.5, 7.5]


def test_hint_of_zero_is_a_hint():
    """A server that says 0 is asked again at once."""
    assert RetryPolicy().wait_seconds(errors.RateLimitError(retry_after=0.0), 3) == 0


def test_foreign_error_waits_as_a_network_error():
    """An error that is none of ours has no hint and waits like the rest."""
    assert STILL.wait_seconds(ValueError(), 1) == 3


def test_policy_takes_plain_tuples():
    """Waits may be given as (first, factor, cap)."""
    policy = RetryPolicy(rate_limit=(0.5, 3, 4), network=(1, 1, 1), jitter=0)
    assert policy.rate_limit == Backoff(0.5, 3, 4)
    assert [policy.wait_seconds(errors.RateLimitError(), i) for i in range(4)] == [0.5, 1.5, 4, 4]


def test_policy_is_checked():
    """No policy is the default one; anything else than a policy is refused."""
    assert check_policy(None) == RetryPolicy()
    with pytest.raises(errors.ValidationError, match="not int") as caught:
        check_policy(3)
    assert "max_retries=" in caught.value.hint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_retries", -1),
        ("max_retries", 1.5),
        ("max_retries", ""),
        ("rate_limit", (1, 2)),
        ("rate_limit", [1, 2, 3]),
        ("network", (1, 2, "3")),
        ("network", (-1, 2, 3)),
        ("jitter", -0.1),
        ("jitter", "0"),
        ("sleep", 0),
        ("clock", None),
    ],
    ids=str,
)
def test_policy_refuses_what_it_cannot_keep_to(field, value):
    """When it is made, by name."""
    with pytest.raises(errors.ValidationError, match=field):
        RetryPolicy(**{field: value})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "7"}, 7.0, id="seconds"),
        pytest.param({"retry-after": " 7 "}, 7.0, id="blanks"),
        pytest.param({"retry-after": "0.5"}, 0.5, id="a fraction"),
        pytest.param({"retry-after": "0"}, 0.0, id="zero"),
        pytest.param({"retry-after": "-5"}, 0.0, id="negative"),
        pytest.param({"retry-after": "100000"}, 100000.0, id="huge"),
        pytest.param({"retry-after": "inf"}, None, id="inf"),
        pytest.param({"retry-after": "1e400"}, None, id="beyond any exponent"),
        pytest.param({"retry-after": "9" * 400}, 1e9, id="beyond any patience"),
        pytest.param({"retry-after": "1_0"}, None, id="underscore"),
        pytest.param({"retry-after": "nan"}, None, id="nan"),
        pytest.param({"retry-after": "soon"}, None, id="junk"),
        pytest.param({"retry-after": "\x1f4"}, None, id="a control character"),
        pytest.param({"retry-after": ""}, None, id="empty"),
        pytest.param({"retry-after": "Sun, 99 Foo 1994"}, None, id="no date"),
        pytest.param({}, None, id="none"),
        pytest.param({"retry-after-ms": "1500"}, 1.5, id="milliseconds"),
        pytest.param({"retry-after-ms": "1500", "retry-after": "9"}, 1.5, id="both"),
        pytest.param({"retry-after-ms": "x", "retry-after": "9"}, 9.0, id="junk milliseconds"),
        pytest.param({"llm_provider-retry-after": "9"}, 9.0, id="of a server behind LiteLLM"),
        pytest.param({"retry-after-ms": "nan", "retry-after": "9"}, 9.0, id="nan milliseconds"),
        pytest.param({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10.0, id="date"),
        pytest.param({"retry-after": "Sun, 06 Nov 1994 08:49:27 GMT"}, 0.0, id="date gone by"),
        pytest.param({"retry-after": "Sunday, 06-Nov-94 08:49:47 GMT"}, 10.0, id="RFC 850 date"),
    ],
)
def test_hint_is_read_from_the_headers(headers, seconds):
    """Seconds, milliseconds and dates are understood, and what is none of them is no hint."""
    assert read_retry_after(MappingProxyType(headers), now=lambda: NOVEMBER_6TH) == seconds


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("date", ["Sun Nov  6 08:49:47 1994", "Sun, 06 Nov 1994 08:49:47 -0000"])
def test_hint_that_is_a_date_means_gmt(monkeypatch, zone, date):
    """A date without a zone is GMT, as HTTP has it, wherever the program runs."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert read_retry_after({"retry-after": date}, now=lambda: NOVEMBER_6TH) == 10.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("error", "stream", "whole"),
    [
        pytest.param(NETWORK, True, True, id="network"),
        pytest.param(errors.RateLimitError(), True, True, id="rate limit"),
        pytest.param(errors.ProviderError(), True, True, id="provider"),
        pytest.param(errors.OverloadedError(), True, True, id="overloaded"),
        pytest.param(errors.StreamInterruptedError(), True, True, id="interrupted"),
        pytest.param(errors.RequestTimeoutError(code="connect_timeout"), True, True, id="connect"),
        pytest.param(errors.RequestTimeoutError(code="read_timeout"), True, False, id="read"),
        pytest.param(errors.RequestTimeoutError(status_code=408), True, True, id="408"),
        pytest.param(errors.ValidationError(), False, False, id="validation"),
        pytest.param(errors.ContentFilterError(), False, False, id="filter"),
        pytest.param(errors.ContextWindowExceededError(), False, False, id="context"),
        pytest.param(errors.AuthenticationError(), False, False, id="key"),
        pytest.param(errors.PermissionDeniedError(), False, False, id="permission"),
        pytest.param(errors.InsufficientCreditsError(), False, False, id="credits"),
        pytest.param(errors.ModelNotFoundError(), False, False, id="model"),
        pytest.param(errors.ProviderError(retryable=False), False, False, id="says no"),
        pytest.param(errors.ValidationError(retryable=True), True, True, id="says yes"),
        pytest.param(errors.RateLimitError(retry_after=120.0), True, True, id="hint of 120 s"),
        pytest.param(errors.RateLimitError(retry_after=120.5), False, False, id="longer hint"),
        pytest.param(errors.RateLimitError(retry_after=math.inf), False, False, id="endless hint"),
        pytest.param(TypeError(), False, False, id="a mistake of ours"),
        pytest.param(TimeoutError(), False, False, id="a foreign timeout"),
        pytest.param(KeyboardInterrupt(), False, False, id="an interrupt"),
        pytest.param(None, False, False, id="no error"),
    ],
)
def test_only_what_may_help_is_tried_again(error, stream, whole):
    """An error's own word decides; a read timeout of a whole answer is final, as is a long hint."""
    assert is_tried_again(error, 1, stream=True) is stream
    assert is_tried_again(error, 1, stream=False) is whole


@pytest.mark.parametrize(("empty_bodies", "again"), [(1, True), (2, False), (3, False)])
def test_an_empty_body_is_tried_again_once(empty_bodies, again):
    """A whole answer without a body is asked for once more, and not a third time."""
    error = errors.ProviderError(code="empty_body")
    assert is_tried_again(error, empty_bodies, stream=False) is again


def test_other_errors_are_tried_again_each_time():
    """How often it was tried before does not matter to other errors."""
    assert is_tried_again(NETWORK, 50, stream=False)
