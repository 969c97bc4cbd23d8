"""The gate in front of the connections: fair, bounded, and nothing gets lost."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from llm_connectivity.cancel import Cancel
from llm_connectivity.http.gate import Gate, Place


def _nothing() -> None:
    """Tidy nothing."""


def test_gate_has_so_many_places():
    """The next one waits as long as it may, and is told."""
    gate = Gate(2, _nothing)
    first, second, third = (gate.enter(0, Cancel()) for _ in range(3))
    assert (first is not None, second is not None, third) == (True, True, None)
    first.leave()
    first.leave()
    kept = gate.enter(0, Cancel())
    assert kept is not None
    assert gate.enter(0, Cancel()) is None


def test_gate_serves_in_the_order_of_arrival():
    """Nobody overtakes who waits longer, however often they look around meanwhile."""
    gate = Gate(1, _nothing)
    first = gate.enter(0, Cancel())
    served: list[int] = []

    def wait(number: int) -> None:
        place = gate.enter(10, Cancel())
        served.append(number)
        place.leave()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(gate._waiting) <= number:
            time.sleep(0.001)
    time.sleep(0.12)  # who is next has looked around twice
    first.leave()
    for thread in threads:
        thread.join(10)
    assert served == list(range(8))


def test_gate_lets_in_who_finds_a_place_that_was_dropped():
    """Who waits looks for them; so does who comes."""
    gate = Gate(1, _nothing)
    places = [gate.enter(0, Cancel())]
    waiter = threading.Thread(target=lambda: places.append(gate.enter(10, Cancel())))
    waiter.start()
    while not gate._waiting:
        time.sleep(0.001)
    del places[0]
    waiter.join(10)
    assert places[0] is not None
    places.clear()
    assert gate.enter(0, Cancel()) is not None


def test_gate_loses_no_place_to_an_interruption():
    """Also one that comes between the call and the answer to it."""
    places: list[Place | None] = []
    interruptions = [KeyboardInterrupt()]

    def interrupt() -> None:
        if interruptions:
            places.pop().leave()  # calls the one that waits
            raise interruptions.pop()

    gate = Gate(1, interrupt)
    places.append(gate.enter(0, Cancel()))
    with pytest.raises(KeyboardInterrupt):
        gate.enter(10, Cancel())
    kept = gate.enter(0, Cancel())
    assert kept is not None
    assert gate.enter(0, Cancel()) is None


@pytest.mark.parametrize("called", [False, True], ids=["while it waits", "once it is called"])
def test_gate_forgets_who_is_interrupted_before_it_has_left(monkeypatch, called: bool):
    """The queue holds nobody who is gone, and a place that was given to one comes back."""
    gate = Gate(1, _nothing)
    kept = gate.enter(0, Cancel())

    def interrupt(place: Place) -> None:
        if called:
            kept.leave()
        raise KeyboardInterrupt

    monkeypatch.setattr(gate, "_stop_waiting", interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        gate.enter(0, Cancel())
    monkeypatch.undo()
    kept.leave()
    assert gate.enter(0, Cancel()) is not None


def test_place_that_dies_in_a_cycle_is_given_back_once():
    """The garbage collector may finalise it before what closes it."""
    gate = Gate(1, _nothing)
    place = gate.enter(0, Cancel())
    place.__del__()
    place.leave()
    kept = gate.enter(0, Cancel())
    assert kept is not None
    assert gate.enter(0, Cancel()) is None


def test_gate_is_left_at_once_by_a_call_that_ends():
    """Its place in the queue goes to the next one."""
    gate = Gate(1, _nothing)
    kept = gate.enter(0, Cancel())
    ended, later = Cancel(), []
    first = threading.Thread(target=lambda: later.append(gate.enter(10, ended)))
    second = threading.Thread(target=lambda: later.append(gate.enter(10, Cancel())))
    for number, thread in enumerate((first, second)):
        thread.start()
        while len(gate._waiting) <= number:
            time.sleep(0.001)
    ended.set()
    first.join(0.1)
    assert later == [None]
    kept.leave()
    second.join(10)
    assert later[1].taken
