"""The gate in front of the connections: fair, bounded, and nothing gets lost."""

from __future__ import annotations

import threading
import time

import pytest

from llm_connectivity.gate import Gate


def _nothing() -> None:
    """Tidy nothing."""


def test_gate_has_so_many_places():
    """The next one waits as long as it may, and is told."""
    gate = Gate(2, _nothing)
    assert [gate.enter(0), gate.enter(0), gate.enter(0)] == [True, True, False]
    gate.leave()
    assert gate.enter(0)


def test_gate_serves_in_the_order_of_arrival():
    """Nobody overtakes who waits longer, however often they look around meanwhile."""
    gate = Gate(1, _nothing)
    assert gate.enter(0)
    served: list[int] = []

    def wait(number: int) -> None:
        assert gate.enter(10)
        served.append(number)
        gate.leave()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(gate._waiting) <= number:
            time.sleep(0.001)
    time.sleep(0.12)  # everybody has looked around twice
    gate.leave()
    for thread in threads:
        thread.join(10)
    assert served == list(range(8))


def test_gate_lets_in_who_finds_a_place_left_without_a_word():
    """Who waits tidies."""
    left = [True]

    def tidy() -> None:
        if left and left.pop():
            gate.leave()

    gate = Gate(1, tidy)
    assert gate.enter(0)
    assert gate.enter(10)


def test_gate_loses_no_place_to_an_interruption():
    """Also one that comes between the call and the answer to it."""
    interruptions = [KeyboardInterrupt()]

    def interrupt() -> None:
        if interruptions:
            gate.leave()  # calls the one that waits
            raise interruptions.pop()

    gate = Gate(1, interrupt)
    assert gate.enter(0)
    with pytest.raises(KeyboardInterrupt):
        gate.enter(10)
    assert gate.enter(0)
    assert not gate.enter(0)
