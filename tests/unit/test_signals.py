"""Telling what a signal handler has raised from what a library raises."""

from __future__ import annotations

import functools
import http
import os
import signal
import threading

import pytest

from llm_connectivity.signals import find_signalled


class Callable:
    """A handler that is an object, or a method of one."""

    def __call__(self, number: int, frame: object) -> None:
        """Raise."""
        raise ValueError("mine")

    def method(self, number: int, frame: object) -> None:
        """Raise."""
        raise ValueError("mine")


def _function(number: int, frame: object) -> None:
    raise ValueError("mine")


def _wrapped() -> Exception:
    """Make what a library makes of an exception that has passed through it."""
    try:
        try:
            os.kill(os.getpid(), signal.SIGUSR1)
        except ValueError as error:
            raise OSError(error) from None
    except OSError as error:
        error.__context__ = None
        return error
    raise AssertionError("no handler has run")


@pytest.fixture
def install():
    """Install a handler for the time of the test."""
    before = signal.getsignal(signal.SIGUSR1)
    yield functools.partial(signal.signal, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    "handler",
    [_function, Callable(), Callable().method, functools.partial(Callable.method, None)],
    ids=["function", "object", "method", "partial"],
)
def test_signalled_exception_is_found_behind_another(install, handler):
    """Whatever kind of callable has raised it."""
    install(handler)
    found = find_signalled(_wrapped())
    assert (type(found), str(found)) == (ValueError, "mine")


def test_exceptions_of_libraries_are_not_signalled(install):
    """With handlers installed, and with none but the system's."""
    for handler in (_function, signal.SIG_DFL, signal.SIG_IGN):
        install(handler)
        for work in (lambda: http.HTTPStatus(999), lambda: int("x"), lambda: open("/no/such")):
            try:
                work()
            except Exception as error:
                assert find_signalled(error) is None


def test_other_threads_run_no_handlers(install):
    """So that nothing is looked for there."""
    install(_function)
    error = _wrapped()
    found = [error]
    thread = threading.Thread(target=lambda: found.append(find_signalled(error)))
    thread.start()
    thread.join()
    assert found[1] is None
