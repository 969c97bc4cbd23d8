"""HTTPS with a certificate of one's own: how to trust it, and what an untrusted one looks like."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_connectivity import LLMClient, LLMError, NetworkError, ValidationError
from tests.server import LoopbackServer, json_reply, openai_wire
from tests.server.proxy import LoopbackProxy
from tests.server.tls import CERTIFICATES, TlsFront
from tests.worlds import KEY, TEXT, WireWorld

CERTIFICATE = CERTIFICATES / "localhost.pem"


@pytest.fixture
def tls_url(server: LoopbackServer) -> Iterator[str]:
    """The address of a server whose certificate is signed by itself."""
    server.always(json_reply(openai_wire.whole_answer()))
    with TlsFront(server.port) as front:
        yield f"https://localhost:{front.port}/v1"


def _ask(url: str, **settings: object) -> str:
    with LLMClient("openai/m", api_key=KEY, base_url=url, **settings) as client:
        return client.chat("Hi").content


def test_tls_trusts_what_verify_names(tls_url: str):
    """A file, a context, or anything at all."""
    for verify in (CERTIFICATE, ssl.create_default_context(cafile=CERTIFICATE), False):
        assert _ask(tls_url, verify=verify) == TEXT


def test_tls_trusts_what_ssl_cert_file_names(tls_url: str, monkeypatch):
    """As the vendors' SDKs do."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert _ask(tls_url) == TEXT


def test_tls_without_trust_is_not_retried_and_says_what_to_set(tls_url: str, policy, naps):
    """Asking again would not make the certificate better."""
    with pytest.raises(NetworkError, match="SSL_CERT_FILE") as caught:
        _ask(tls_url, retry=policy)
    assert (caught.value.retryable, len(caught.value.attempts), naps) == (False, 1, [])


def test_tls_variable_that_names_nothing_is_named(tls_url: str, policy, naps, monkeypatch):
    """Asking again would not help."""
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(ValidationError, match=r"SSL_CERT_FILE='/no/such/file\.pem'"):
        _ask(tls_url, retry=policy)
    assert naps == []


def test_tls_verify_may_be_a_path_object_or_a_folder(tls_url: str):
    """As with the standard library."""
    assert _ask(tls_url, verify=str(CERTIFICATE)) == TEXT
    with pytest.raises(NetworkError, match="not trusted"):
        _ask(tls_url, verify=CERTIFICATES, max_retries=0)  # its files lack hashed names


@pytest.mark.parametrize("verify", ["/no/such/file.pem", 7, Path(__file__), "", "a\0b"], ids=repr)
def test_tls_verify_of_a_wrong_kind_is_refused(verify: object):
    """When the client is made: nothing there, no path, no certificates in it."""
    with pytest.raises(ValidationError, match="verify"):
        LLMClient("openai/m", api_key=KEY, verify=verify)


@pytest.fixture(params=["directly", "through a proxy"])
def way(request) -> Iterator[dict[str, str]]:
    """What a client is made with to get to the server."""
    if request.param == "directly":
        yield {}
        return
    with LoopbackProxy() as proxy:
        yield {"proxy": proxy.url}


@contextlib.contextmanager
def _failure(
    wire: WireWorld, certificate: str, host: str = "localhost", **settings: object
) -> Iterator[LLMError]:
    with TlsFront(wire.server.port, certificate) as front:
        client = wire.client(base_url=f"https://{host}:{front.port}", **settings)
        with pytest.raises(NetworkError) as caught:
            client.chat("Hi")
        yield caught.value


def test_certificate_of_an_unknown_signer(wire: WireWorld, way, naps):
    """The error says where to name the signer's certificate."""
    with _failure(wire, "signed", **way) as error:
        assert (error.code, error.retryable) == ("tls_not_trusted", False)
        assert (len(error.attempts), naps, wire.server.requests) == (1, [], [])
        assert "unable to get local issuer certificate" in error.message
        assert error.hint.startswith("Set SSL_CERT_FILE, SSL_CERT_DIR or verify= to")


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_variable_that_says_whom_to_trust_is_named(wire: WireWorld, way, name: str, monkeypatch):
    """With its value, since that may be the mistake."""
    value = str(CERTIFICATE if name == "SSL_CERT_FILE" else CERTIFICATES)
    monkeypatch.setenv(name, value)
    with _failure(wire, "signed", **way) as error:
        assert f"Trusted are those of verify=, or without it of {name}={value!r}." in error.hint


@pytest.mark.parametrize(
    ("certificate", "host", "says", "advice"),
    [
        ("other", "localhost", "certificate is for another name", "Write base_url with a name"),
        ("other", "127.0.0.1", "certificate is for another name", "Write base_url with a name"),
        ("expired", "localhost", "certificate is expired", "clock"),
    ],
)
def test_certificate_that_does_not_fit(wire: WireWorld, way, certificate, host, says, advice, naps):
    """To trust its signer would not help, and is not recommended."""
    with _failure(wire, certificate, host, verify=CERTIFICATES / "ca.pem", **way) as error:
        assert (error.code, error.retryable, naps) == ("tls_not_trusted", False, [])
        assert says in error.message
        assert advice in error.hint
        assert "SSL_CERT" not in str(error)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", None])
def test_signer_of_ones_own_is_trusted(wire: WireWorld, way, variable: str | None, monkeypatch):
    """By the variable, or by verify."""
    wire.play("hello")
    settings = {"verify": CERTIFICATES / "ca.pem"}
    if variable:
        monkeypatch.setenv(variable, str(settings.pop("verify")))
    with TlsFront(wire.server.port, "signed") as front:
        url = f"https://localhost:{front.port}{wire.base_path}"
        assert wire.client(base_url=url, **settings, **way).chat("Hi").content == TEXT
