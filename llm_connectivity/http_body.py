"""The body of an HTTP answer, read by us; here httpx2's exceptions become ours."""

from __future__ import annotations

import contextlib
import ssl
import sys
from collections.abc import Iterator, Mapping

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

_TIMEOUT_CODES: dict[type[httpx2.TimeoutException], str] = {
    httpx2.ConnectTimeout: "connect_timeout",
    httpx2.ReadTimeout: "read_timeout",
    httpx2.WriteTimeout: "write_timeout",
}

_NO_TLS = "The server does not speak TLS: write http:// in base_url, or ask another port."
_NOT_CONNECTED: dict[type[httpx2.HTTPError], str] = {
    httpx2.ConnectError: "Check base_url, and that the server runs and can be reached.",
}

_WRONG_REQUEST = (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)


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


def map_transport_error(error: BaseException) -> LLMError | None:
    """Decide which of our errors an exception of httpx2 is; ``None``: it is not from there."""
    if isinstance(error, httpx2.TimeoutException):
        if isinstance(error, httpx2.PoolTimeout):
            return _no_connection(error)
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


def _no_connection(error: httpx2.PoolTimeout) -> RequestTimeoutError:
    return RequestTimeoutError(
        f"no free connection: {error}.",
        code="pool_timeout",
        provider_error=error,
        retryable=False,
        hint="Close streams that are not read any more, or raise max_connections.",
    )


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
    no_tls = "WRONG_VERSION_NUMBER" in str(error)
    return NetworkError(
        f"{str(error) or 'the connection failed'} ({type(error).__name__})",
        code="network_error",
        provider_error=error,
        retryable=not no_tls,
        hint=_NO_TLS if no_tls else _NOT_CONNECTED.get(type(error)),
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
