"""How long one try may wait, on a clock that the tests move."""

from __future__ import annotations

import math

import pytest

from llm_connectivity.limits import Limits


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@pytest.mark.parametrize(
    ("make", "timeout", "limits"),
    [
        (Limits.for_stream, None, (10, 60, math.inf)),
        (Limits.for_stream, 5, (5, 5, math.inf)),
        (Limits.for_stream, 90, (90, 90, math.inf)),
        (Limits.for_stream, math.inf, (math.inf, math.inf, math.inf)),
        (Limits.for_answer, None, (10, math.inf, 600)),
        (Limits.for_answer, 5, (5, 5, math.inf)),
        (Limits.for_answer, math.inf, (math.inf, math.inf, math.inf)),
    ],
)
def test_limits_are_those_of_the_readme(make, timeout, limits):
    """Seconds to connect, per wait, and in all."""
    made = make(timeout, [])
    assert (made.connect, made.wait, made.total) == limits


def test_total_counts_from_the_start():
    """Before it nothing runs out; then each wait gets what is left."""
    clock = Clock()
    limits = Limits(wait=60, total=100, clock=clock)
    clock.now += 1000
    assert limits.next_wait() == 60
    limits.start()
    assert limits.next_wait() == 60
    clock.now += 70
    assert limits.next_wait() == 30
    clock.now += 40
    assert limits.next_wait() == -10


def test_without_any_limit_a_wait_has_none():
    """``math.inf`` is what says so."""
    limits = Limits(wait=math.inf, total=math.inf)
    limits.start()
    assert limits.next_wait() == math.inf


def test_a_window_may_be_renewed_and_never_extends_the_total():
    """The closing chunk is waited for, but not beyond what the call has."""
    clock = Clock()
    limits = Limits(wait=60, total=3, clock=clock)
    limits.start()
    limits.end_within(2)
    assert limits.next_wait() == 2
    clock.now += 1
    limits.end_within(2)
    assert limits.next_wait() == 2
    clock.now += 1
    limits.end_within(2)
    assert limits.next_wait() == 1
