"""The body of an HTTP answer, read by us; here httpx2's exceptions become ours."""

from __future__ import annotations

import contextlib
import ssl
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import httpx2

from .errors import (
    LLMError,
    NetworkError,
    ProviderError,
    RequestTimeoutError,
    ValidationError,
)
from .limits import Limits
from .secret import clear_frames

if TYPE_CHECKING:
    from .transport import GuardedTransport

_TIMEOUT_CODES: dict[type[httpx2.TimeoutException], str] = {
    httpx2.ConnectTimeout: "connect_timeout",
    httpx2.ReadTimeout: "read_timeout",
    httpx2.WriteTimeout: "write_timeout",
    httpx2.PoolTimeout: "pool_timeout",
}

_WRONG_REQUEST = (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)


class HttpBody:
    """Iterates over the bytes of one answer; errors come out as ours.

    Args:
        response: An answer with status 200 whose body has not been read.
        limits: The limits of the attempt.
        transport: Where the response came from; it tidies up if this is dropped.

    Attributes:
        headers: Response headers, names in lower case.
        limits: The limits of the attempt; what they say holds for the next read.
    """

    def __init__(
        self, response: httpx2.Response, limits: Limits, transport: GuardedTransport
    ) -> None:
        self.headers: Mapping[str, str] = response.headers
        self.limits = limits
        self._response = response
        self._transport = transport
        # Undecoded bodies skip httpx2's decoders, which cost as much as reading an event.
        encoded = "content-encoding" in response.headers
        self._pieces = response.iter_bytes() if encoded else iter(response.stream)  # type: ignore[arg-type]
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
            mapped = map_transport_error(error)
            if mapped is None:
                raise
            raise mapped from clear_frames(error, handled)

    def read(self, max_bytes: int) -> bytes:
        """Read all of it.

        Raises:
            NetworkError: It broke off.
            ProviderError: It is longer than ``max_bytes``.
        """
        pieces, size = [], 0
        with contextlib.closing(self):
            for piece in self:
                pieces.append(piece)
                size += len(piece)
                if size > max_bytes:
                    raise ProviderError(
                        f"the answer is longer than {max_bytes} bytes.",
                        code="answer_too_large",
                        retryable=False,
                    )
        return b"".join(pieces)

    def close(self) -> None:
        """Free the connection: for the next request if the body has been read, else for good."""
        if not self._closed:
            self._closed = True
            with contextlib.suppress(httpx2.RequestError):
                self._response.close()

    def abandon(self) -> None:
        """Free the socket at once, without taking a lock: for the garbage collector."""
        if not self._closed:
            self._closed = True
            self._transport.abandon(self._response)


def map_transport_error(error: BaseException) -> LLMError | None:
    """Decide which of our errors an exception of httpx2 is; ``None``: it is not from there."""
    if isinstance(error, httpx2.TimeoutException):
        code = _TIMEOUT_CODES.get(type(error), "timeout")
        return RequestTimeoutError(
            f"no answer in time ({code.replace('_', ' ')}).",
            code=code,
            provider_error=error,
            hint="Raise timeout= if the server needs longer.",
        )
    if isinstance(error, _WRONG_REQUEST):
        return ValidationError(
            f"the request can't be sent: {error}",
            code="invalid_request",
            provider_error=error,
            hint="Check base_url and extra_headers.",
        )
    if isinstance(error, httpx2.HTTPError):
        return _map_network_error(error)
    if isinstance(error, httpx2.StreamError | httpx2.CookieConflict | OSError):
        return NetworkError(f"{type(error).__name__}: {error}", provider_error=error)
    return None


def _map_network_error(error: httpx2.HTTPError) -> NetworkError | ProviderError:
    if isinstance(error, httpx2.HTTPStatusError | httpx2.TooManyRedirects):
        return ProviderError(str(error), provider_error=error, retryable=False)
    if _is_distrust(error):
        return NetworkError(
            f"the server's TLS certificate is not trusted: {error}",
            code="tls_not_trusted",
            provider_error=error,
            retryable=False,
            hint="If it is signed by a private authority, set SSL_CERT_FILE to its certificate.",
        )
    return NetworkError(
        f"{str(error) or 'the connection failed'} ({type(error).__name__})",
        code="network_error",
        provider_error=error,
    )


def _is_distrust(error: BaseException) -> bool:
    # httpcore2 drops the cause on the way up; the original is an argument of its exception.
    link: object = error
    for _ in range(5):
        if isinstance(link, ssl.SSLCertVerificationError):
            return True
        if not isinstance(link, BaseException):
            return False
        link = link.args[0] if link.args and isinstance(link.args[0], OSError) else link.__cause__
    return False
