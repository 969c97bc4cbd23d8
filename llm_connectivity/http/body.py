"""The body of an HTTP answer, read by us."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from ..limits import Limits
from ..secret import clear_frames
from ..signals import find_signalled
from .errors import map_transport_error


class HttpBody:
    """Iterates over the bytes of one answer; errors come out as ours.

    Args:
        response: An answer with status 200 whose body has not been read.
        limits: The limits of the attempt.

    Attributes:
        headers: Response headers, names in lower case.
        limits: The limits of the attempt; what they say holds for the next read.
    """

    def __init__(self, response: httpx2.Response, limits: Limits) -> None:
        self.headers: Mapping[str, str] = response.headers
        self.limits = limits
        self._response = response
        self._stream: Any = response.stream
        # Undecoded bodies skip httpx2's decoders, which cost as much as reading an event.
        encoded = "content-encoding" in response.headers
        self._pieces = _unpack(response, limits) if encoded else iter(response.stream)  # type: ignore[arg-type]
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        handled = sys.exception()
        try:
            return next(self._pieces)
        except StopIteration:
            self.close()
            raise
        except Exception as error:
            self.close()
            signalled = find_signalled(error, handled)
            if signalled is not None:
                raise signalled from signalled.__cause__
            mapped = map_transport_error(error, self.limits)
            if mapped is None:
                raise
            raise mapped from clear_frames(error, handled)

    def close(self) -> None:
        """Free the connection: for the next request if the body has been read, else for good."""
        if not self._closed:
            with contextlib.suppress(httpx2.RequestError):
                self._response.close()
                self._stream.close()  # which an interrupted close() may have left open
            self._closed = True


def _unpack(response: httpx2.Response, limits: Limits) -> Iterator[bytes]:
    """Decode a body; one read may unpack to gigabytes, and the limits hold meanwhile."""
    for piece in response.iter_bytes():
        if limits.next_wait() <= 0:
            raise httpx2.ReadTimeout("the time limit is over")
        if limits.cancel.is_set:
            raise httpx2.ReadError("it was closed by another thread")
        yield piece
