"""What the HTTP library raises: httpcore2's exceptions become httpx2's, and those ours, once."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator

import httpcore2
import httpx2

from ..errors import (
    LLMError,
    NetworkError,
    ProviderError,
    RequestTimeoutError,
    ValidationError,
    timeout_error,
)
from ..limits import Limits
from ..secret import mask
from .network_stream import NO_HANDSHAKE

# httpx2 has the same names as httpcore2; the most specific one counts.
_HTTPX_EXCEPTIONS: dict[type[Exception], type[httpx2.TransportError]] = {
    getattr(httpcore2, name): getattr(httpx2, name)
    for name in (
        "ConnectTimeout",
        "ReadTimeout",
        "WriteTimeout",
        "PoolTimeout",
        "TimeoutException",
        "ConnectError",
        "ReadError",
        "WriteError",
        "NetworkError",
        "ProxyError",
        "UnsupportedProtocol",
        "LocalProtocolError",
        "RemoteProtocolError",
        "ProtocolError",
    )
}


_TIMEOUT_CODES: dict[type[httpx2.TimeoutException], str] = {
    httpx2.ConnectTimeout: "connect_timeout",
    httpx2.ReadTimeout: "read_timeout",
    httpx2.WriteTimeout: "write_timeout",
}

_NO_TLS = "The server does not speak TLS: write http:// in base_url, or ask another port."
_NOT_CONNECTED: dict[type[httpx2.HTTPError], str] = {
    httpx2.ConnectError: "Check base_url, and that the server runs and can be reached.",
}

# Why a certificate is refused that may be trusted otherwise: what is wrong, and the way out, by
# the number in https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/.
_OTHER_NAME = (
    "for another name",
    "Write base_url with a name that the certificate has, if that is the same server.",
)
_UNFIT_CERTIFICATES = {
    9: ("not valid yet", "Look at the clock of this machine."),
    10: ("expired", "Who runs the server has to renew it; look at the clock of this machine, too."),
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}

_WRONG_REQUEST = (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)


@contextlib.contextmanager
def as_httpx_errors(keys: list[str]) -> Iterator[None]:
    """Let exceptions of httpcore2 leave a block as httpx2's, as the SDKs expect.

    Args:
        keys: What a server may have sent where HTTP should be, and the exceptions quote.
    """
    try:
        yield
    except Exception as error:
        _mask_arguments(error, keys)
        if isinstance(error, LLMError):  # of ours, from below httpcore2, which drops the cause
            raise error from error.provider_error
        for cls in type(error).__mro__:
            if cls in _HTTPX_EXCEPTIONS:
                raise _HTTPX_EXCEPTIONS[cls](str(error)) from error
        raise


def _mask_arguments(error: BaseException, keys: list[str]) -> None:
    """Mask keys in the arguments of an exception, and of those behind it or among them."""
    rest: list[object] = [error]
    for _ in range(10):
        link = rest.pop() if rest else None
        if not isinstance(link, BaseException):
            continue
        with contextlib.suppress(AttributeError, TypeError):  # of a class that won't have it
            link.args = mask(link.args, keys)
        rest += [link.__cause__, *link.args]  # not the context: that may be the caller's own


def map_transport_error(error: BaseException, limits: Limits) -> LLMError | None:
    """Decide which of our errors an exception of httpx2 is.

    Args:
        error: The exception.
        limits: Those of the attempt, for the text.

    Returns:
        ``None``: it is not from there.
    """
    if isinstance(error, httpx2.PoolTimeout) and limits.deadline.left() > 0:
        return _no_connection(error)
    if isinstance(error, httpx2.TimeoutException):
        return _map_timeout(error, limits)
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


def _map_timeout(error: httpx2.TimeoutException, limits: Limits) -> RequestTimeoutError:
    code = _TIMEOUT_CODES.get(type(error), "timeout")
    mapped = timeout_error(*limits.what_ran_out(code))
    mapped.provider_error = error
    if mapped.code == "connect_timeout" and NO_HANDSHAKE in str(error):
        mapped.message = f"{NO_HANDSHAKE} within {limits.connect:g} s (connect timeout)."
        mapped.hint = _NO_TLS
    return mapped


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
    refusal = _find_refusal(error)
    if refusal is not None:
        number = getattr(refusal, "verify_code", 0)
        what, hint = _UNFIT_CERTIFICATES.get(number) or ("not trusted", _how_to_trust())
        return NetworkError(
            f"the server's TLS certificate is {what}: {error}",
            code="tls_not_trusted",
            provider_error=error,
            retryable=False,
            hint=hint,
        )
    no_tls = "WRONG_VERSION_NUMBER" in str(error)
    return NetworkError(
        f"{str(error) or 'the connection failed'} ({type(error).__name__})",
        code="network_error",
        provider_error=error,
        retryable=not no_tls,
        hint=_NO_TLS if no_tls else _NOT_CONNECTED.get(type(error)),
    )


def _how_to_trust() -> str:
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    given = [f"{name}={os.environ[name]!r}" for name in names if os.environ.get(name)]
    now = f"Trusted are those of verify=, or without it of {' and '.join(given)}. " if given else ""
    return (
        f"{now}Set SSL_CERT_FILE, SSL_CERT_DIR or verify= to the certificate of its signer, if you "
        "trust it; a proxy that looks into TLS has one of its own."
    )


def _find_refusal(error: BaseException) -> ssl.SSLCertVerificationError | None:
    # httpcore2 drops the cause on the way up; the original is an argument of its exception.
    link: object = error
    for _ in range(5):
        if isinstance(link, ssl.SSLCertVerificationError):
            return link
        if not isinstance(link, BaseException):
            return None
        link = link.args[0] if link.args and isinstance(link.args[0], OSError) else link.__cause__
    return None
