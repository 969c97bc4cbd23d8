"""How long one try may wait, on a clock that the tests move."""

from __future__ import annotations

import math

import pytest

from llm_connectivity.limits import Deadline, Limits, Patience


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
        (Limits.for_answer, 5, (5, 5, 600)),
        (Limits.for_answer, 900, (900, 900, 900)),
        (Limits.for_answer, math.inf, (math.inf, math.inf, math.inf)),
    ],
)
def test_limits_are_those_of_the_readme(make, timeout, limits):
    """Seconds to connect, per wait, and in all."""
    made = make(Patience(timeout=timeout))
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


def test_total_that_is_over_is_named_with_its_seconds():
    """A server may keep each wait short, and never come to an end."""
    clock = Clock()
    limits = Limits.for_answer(Patience(timeout=5), clock=clock)
    limits.start()
    for _ in range(149):
        assert limits.next_wait() > 0
        clock.now += 4
    assert limits.next_wait() == 4
    clock.now += 4
    assert limits.what_ran_out("read_timeout") == ("read_timeout", 600)


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


@pytest.mark.parametrize(
    ("timeout", "idle_timeout", "idle"),
    [(None, None, 300), (5, None, 5), (None, 7, 7), (5, 7, 7), (math.inf, None, math.inf)],
)
def test_a_stream_may_be_idle_for_so_long(timeout, idle_timeout, idle):
    """As the caller says, else as long as a wait, else five minutes; never for ever by default."""
    patience = Patience(timeout=timeout, idle_timeout=idle_timeout)
    assert Limits.for_stream(patience).idle == idle
    assert Limits.for_answer(patience).idle == math.inf


def test_deadline_counts_from_its_start():
    """Before it nothing is spent, and a second start changes nothing."""
    clock = Clock()
    deadline = Deadline(3, clock)
    clock.now += 100
    assert deadline.left() == math.inf
    deadline.start()
    clock.now += 1
    deadline.start()
    assert deadline.left() == 2
    clock.now += 5
    assert deadline.left() == -3


def test_the_tightest_limit_gives_the_next_wait():
    """Deadline, idle time, and the wait itself, while connecting too."""
    clock = Clock()
    limits = Limits(connect=10, wait=60, idle=30, deadline=Deadline(40, clock), clock=clock)
    limits.start()
    assert (limits.connect_wait(), limits.next_wait()) == (10, 30)
    clock.now += 25
    assert (limits.connect_wait(), limits.next_wait()) == (5, 5)
    limits.restart_idle()
    assert (limits.connect_wait(), limits.next_wait()) == (10, 15)


@pytest.mark.parametrize(
    ("settings", "passed", "code", "told"),
    [
        pytest.param({"wait": 5}, 5, "read_timeout", ("read_timeout", 5), id="a wait"),
        pytest.param({"connect": 2}, 2, "connect_timeout", ("connect_timeout", 2), id="connecting"),
        pytest.param({"idle": 3}, 3, "read_timeout", ("idle_timeout", 3), id="idle"),
        pytest.param({"wait": 3, "idle": 3}, 3, "read_timeout", ("read_timeout", 3), id="a tie"),
        pytest.param({"seconds": 3}, 3, "read_timeout", ("deadline", 3), id="deadline"),
        pytest.param({"seconds": 1}, 1, "connect_timeout", ("deadline", 1), id="while connecting"),
        pytest.param({"total": 9}, 9, "read_timeout", ("read_timeout", 9), id="total"),
    ],
)
def test_the_error_names_the_limit_that_ran_out(settings, passed, code, told):
    """And its seconds, whatever the socket was waiting for."""
    clock = Clock()
    seconds = settings.pop("seconds", math.inf)
    limits = Limits(**{"wait": 60, **settings}, deadline=Deadline(seconds, clock), clock=clock)
    limits.start()
    _ = limits.connect_wait() if code == "connect_timeout" else limits.next_wait()
    clock.now += passed
    assert limits.what_ran_out(code) == told
