"""How the time that something takes grows with its size."""

from __future__ import annotations

import time
from collections.abc import Callable

_TIMES = 8  # as large: what is linear takes about 8 times as long, what is quadratic 64 times
_MOST = 24
_NOTHING_SECONDS = 0.01  # below that, other things are measured


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """See that the work on eight times the size takes no more than a few times as long.

    Only the processor's time in this thread counts: other processes do not matter.

    Args:
        work: Does it for a size, including what makes its input.
        size: The smaller one; at eight times that, what is quadratic has to show.
    """
    small, large = (min(_seconds(work, n) for _ in range(3)) for n in (size, size * _TIMES))
    assert large < max(_MOST * small, _NOTHING_SECONDS), f"{small:.6f} s became {large:.6f} s"


def _seconds(work: Callable[[int], object], size: int) -> float:
    began = time.thread_time()
    work(size)
    return time.thread_time() - began
