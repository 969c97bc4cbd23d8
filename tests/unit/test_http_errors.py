"""Exceptions of httpx2 -> our errors, every one of them."""

from __future__ import annotations

import ssl

import httpx2
import pytest

from llm_connectivity import LLMError, NetworkError, RequestTimeoutError, ValidationError
from llm_connectivity.http.errors import map_transport_error
from llm_connectivity.limits import Limits


def _public_exceptions() -> list[type[Exception]]:
    values = (getattr(httpx2, name) for name in httpx2.__all__)
    return [
        value
        for value in values
        if isinstance(value, type)
        and issubclass(value, Exception)
        and not issubclass(value, Warning)
    ]


@pytest.mark.parametrize("cls", _public_exceptions(), ids=lambda cls: cls.__name__)
def test_every_public_exception_of_httpx2_is_mapped(cls: type[Exception]):
    """Also those of a newer release: by base class."""
    error = cls.__new__(cls)
    Exception.__init__(error, "It failed.")
    mapped = map_transport_error(error, Limits())
    assert isinstance(mapped, LLMError)
    assert mapped.provider_error is error


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("ConnectTimeout", RequestTimeoutError, "connect_timeout"),
        ("ReadTimeout", RequestTimeoutError, "read_timeout"),
        ("WriteTimeout", RequestTimeoutError, "write_timeout"),
        ("PoolTimeout", RequestTimeoutError, "pool_timeout"),
        ("ConnectError", NetworkError, "network_error"),
        ("RemoteProtocolError", NetworkError, "network_error"),
        ("UnsupportedProtocol", ValidationError, "invalid_request"),
    ],
)
def test_transport_error_class_and_code(name: str, error: type[LLMError], code: str):
    """A timeout says which wait ran out."""
    mapped = map_transport_error(getattr(httpx2, name)("x"), Limits())
    assert (type(mapped), mapped.code) == (error, code)


def test_untrusted_certificates_are_not_retried_and_say_what_to_set():
    """However deep the TLS library's exception lies."""
    distrust = ssl.SSLCertVerificationError("self-signed certificate")
    lower = RuntimeError(distrust)
    error = httpx2.ConnectError("failed")
    error.__cause__ = lower
    mapped = map_transport_error(error, Limits())
    assert (mapped.code, mapped.retryable) == ("tls_not_trusted", False)
    assert "SSL_CERT_FILE" in mapped.hint


def test_exceptions_from_elsewhere_are_left_alone():
    """They are faults of this package, or the caller's own."""
    assert map_transport_error(TypeError("x"), Limits()) is None
