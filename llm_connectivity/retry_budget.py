"""How many retries the calls of a client have left between them."""

from __future__ import annotations

from .fork import Lock

# Counted in tenths of a token, which add up exactly.
_FULL = 100
_A_RETRY = 10
_A_SUCCESS = 1


class RetryBudget:
    """Ten tokens: a retry takes one, a success gives a tenth back.

    Where nearly all calls fail, retries stop being sent, so that a provider that is down is asked
    little more than once a call. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._tenths = _FULL
        self._lock = Lock()  # a signal handler may make a call at any line

    def take(self) -> bool:
        """Take a token for a retry; whether there was one."""
        with self._lock.held:
            if self._tenths < _A_RETRY:
                return False
            self._tenths -= _A_RETRY
            return True

    def give_back(self) -> None:
        """Note a success."""
        with self._lock.held:
            self._tenths = min(_FULL, self._tenths + _A_SUCCESS)
