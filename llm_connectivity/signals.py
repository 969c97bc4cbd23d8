"""Exceptions of signal handlers, which the libraries below us take for failures of their own."""

from __future__ import annotations

import functools
import signal
import threading
from types import CodeType
from typing import Any


def find_signalled(
    error: BaseException, handled: BaseException | None = None
) -> BaseException | None:
    """Find an exception that a signal handler of the program has raised, behind another one.

    A job's time limit, say: it belongs to the caller, whatever its class, and reaches it untouched.

    Args:
        error: What came out of a library: that exception, or one that stands for it.
        handled: What the caller was handling before: it has had that one.
    """
    handlers = _handlers()
    rest: list[object] = [error]
    for _ in range(20 if handlers else 0):
        link = rest.pop() if rest else None
        if not isinstance(link, BaseException) or link is handled:
            continue
        if _has_passed(link, handlers):
            return link
        # httpcore2 drops causes on the way up; the original is an argument of its exception.
        rest += [link.__context__, link.__cause__, *link.args]
    return None


def is_interruption(error: BaseException) -> bool:
    """Whether it may have come at any line, and not where one is expected."""
    return not isinstance(error, Exception) or find_signalled(error) is not None


def raise_signalled(error: BaseException) -> None:
    """Raise it again if a signal handler has raised it: then it is no failure of the network.

    Args:
        error: What has just been caught where only a system call could fail.
    """
    if _has_passed(error, _handlers()):
        raise error


def _handlers() -> set[CodeType | None]:
    if threading.current_thread() is not threading.main_thread():
        return set()  # where none runs
    return {_code_of(signal.getsignal(number)) for number in signal.valid_signals()} - {None}


def _has_passed(error: BaseException, handlers: set[CodeType | None]) -> bool:
    link = error.__traceback__
    while link is not None:
        if link.tb_frame.f_code in handlers:
            return True
        link = link.tb_next
    return False


def _code_of(handler: Any) -> CodeType | None:
    if not callable(handler):
        return None
    while isinstance(handler, functools.partial):
        handler = handler.func
    handler = getattr(handler, "__func__", handler)
    if not hasattr(handler, "__code__"):
        handler = getattr(type(handler), "__call__", None)  # noqa: B004 - where its code is
    return getattr(handler, "__code__", None)
