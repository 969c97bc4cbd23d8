"""Work in a forked child, and what comes of it."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

_PATIENCE_SECONDS = 15.0


class Child:
    """A forked copy of this process that does one piece of work and then exits at once.

    Args:
        work: Gives something that can be pickled.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self._read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                told = pickle.dumps(work())
            except BaseException:
                told = pickle.dumps(traceback.format_exc())
            with contextlib.suppress(BaseException):
                os.write(write, told)
            os._exit(0)
        os.close(write)

    def result(self) -> Any:
        """Wait for what the work gave; its traceback where it failed.

        Raises:
            AssertionError: It hangs.
        """
        try:
            hangs = not select.select([self._read], [], [], _PATIENCE_SECONDS)[0]
            if hangs:
                os.kill(self._pid, signal.SIGKILL)
            assert not hangs, "the child hangs"
            with os.fdopen(self._read, "rb") as pipe:
                told = pipe.read()
        finally:
            os.waitpid(self._pid, 0)
        return pickle.loads(told) if told else "the child died"


def in_child(work: Callable[[], Any]) -> Any:
    """Do something in a forked child, and give what came of it."""
    return Child(work).result()


def untraced(work: Callable[..., Any]) -> Callable[..., Any]:
    """Do something in a thread while others fork, without what measures coverage.

    That takes a lock for each call, which a thread that is lost in the child would hold for ever.
    """

    def run(*args: Any) -> Any:
        sys.settrace(None)
        return work(*args)

    return run
