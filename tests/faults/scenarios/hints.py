"""What a server says about asking again: how long to wait, or not at all."""

from __future__ import annotations

import time
from email.utils import formatdate

from tests.faults.scenarios.scenario import Scenario, fails, recovers
from tests.server import Entry, Headers, Reply


def _limited(
    name: str, what: str, wait: float, *headers: tuple[str, str], **more: object
) -> Scenario:
    """A rate limit with these headers, which is kept to."""
    return Scenario(
        name=f"status-429-{name}",
        what=f"429{what}",
        promises=(3, 8),
        play=lambda v: (v.failure(429, headers=headers), v.hello),
        expect=recovers("RateLimitError", waits=(wait,)),
        **more,
    )


def _dated(voice) -> tuple[Entry, ...]:
    """Say when to come back, as the moment of the answer has it."""

    def entry(_: object) -> Reply:
        date = formatdate(time.time() + 31, usegmt=True)
        return voice.failure(429, headers=(("retry-after", date),))

    return entry, voice.hello


def _with_advice(name: str, status: int, asked: str, what: str, expect) -> Scenario:
    headers: Headers = (("x-should-retry", asked),)
    return Scenario(
        name=name,
        what=what,
        promises=(8,),
        play=lambda v: (v.failure(status, headers=headers), v.hello),
        expect=expect,
    )


SCENARIOS = (
    _limited("without-hint", ": too many requests", 1.0),
    _limited("seconds", ", `retry-after: 7`", 7.0, ("retry-after", "7")),
    _limited(
        "milliseconds",
        ", `retry-after-ms: 1500`, which goes before `retry-after: 9`",
        1.5,
        ("retry-after-ms", "1500"),
        ("retry-after", "9"),
    ),
    _limited("garbage-hint", ", `retry-after: soon`", 1.0, ("retry-after", "soon")),
    Scenario(
        name="status-429-date",
        what="429, `retry-after` as a date half a minute ahead",
        promises=(3, 8),
        play=_dated,
        expect=recovers("RateLimitError"),
    ),
    Scenario(
        name="status-429-hour",
        what="429, `retry-after: 3600`: longer than anybody waits",
        promises=(6, 8),
        play=lambda v: (v.failure(429, headers=(("retry-after", "3600"),)), v.hello),
        expect=fails("RateLimitError", retryable=True, waits=()),
    ),
    Scenario(
        name="status-429-beyond-deadline",
        what="429, `retry-after: 60`; deadline=30",
        promises=(6, 8),
        play=lambda v: (v.failure(429, headers=(("retry-after", "60"),)), v.hello),
        settings={"deadline": 30},
        limit=0.5,
        expect=fails("RateLimitError", retryable=True, waits=()),
    ),
    Scenario(
        name="status-429-body-hint",
        what="429, with `retryDelay: 34s` in its document",
        promises=(8,),
        wires=("google",),
        play=lambda v: (
            v.document(
                v.wire.error_body(
                    "Slow down.", "RESOURCE_EXHAUSTED", 429, [v.wire.retry_info("34s")]
                ),
                status=429,
            ),
            v.hello,
        ),
        expect=recovers("RateLimitError", waits=(34.0,)),
    ),
    Scenario(
        name="quota-used-up",
        what="the credit is used up, as the provider says it",
        promises=(8,),
        play=lambda v: (v.world.quota(), v.hello),
        expect=fails("InsufficientCreditsError", retryable=False, waits=()),
    ),
    _with_advice(
        "should-retry-false",
        500,
        "false",
        "500, `x-should-retry: false`",
        fails("ProviderError", retryable=False, waits=()),
    ),
    _with_advice(
        "should-retry-true-believed",
        409,
        "true",
        "409, `x-should-retry: true`",
        recovers("ProviderError"),
    ),
    _with_advice(
        "should-retry-true-on-400",
        400,
        "true",
        "400, `x-should-retry: true`: asking again can't mend it",
        fails("ValidationError", retryable=False, waits=()),
    ),
)
