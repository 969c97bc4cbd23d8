"""Locks that neither a signal nor a fork leaves taken."""

from __future__ import annotations

import contextlib
import sys
import threading
from types import FrameType
from typing import Any

from llm_connectivity import fork
from llm_connectivity.fork import Lock
from tests.faults.children import in_child


def _interrupt_python_code(frame: FrameType, event: str, arg: object) -> Any:
    """Interrupt whatever function of ours is called: a signal may come at any of its lines."""
    return _raise_behind_calls if frame.f_code.co_filename == fork.__file__ else None


def _raise_behind_calls(frame: FrameType, event: str, arg: object) -> Any:
    if event == "return":
        raise KeyboardInterrupt
    return _raise_behind_calls


def _take_and_leave(lock: Lock) -> None:
    with lock.held:
        pass


def test_lock_is_left_by_an_interrupted_thread():
    """Nothing of ours runs between taking it and the block that leaves it."""
    lock = Lock()
    before = sys.gettrace()
    sys.settrace(_interrupt_python_code)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _take_and_leave(lock)
    finally:
        sys.settrace(before)
    thread = threading.Thread(target=_take_and_leave, args=(lock,), daemon=True)
    thread.start()
    thread.join(2)
    assert not thread.is_alive()


def test_lock_of_a_lost_thread_is_free_in_a_child():
    """And the one that this thread holds can be left there."""
    lock, taken, done = Lock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock.held:
            taken.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10)
    assert in_child(lambda: [_take_and_leave(lock)]) == [None]
    done.set()
    thread.join(10)
    with lock.held:
        assert in_child(lambda: [_take_and_leave(lock)]) == [None]
