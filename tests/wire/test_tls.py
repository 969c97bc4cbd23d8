"""HTTPS with a certificate of one's own: how to trust it, and what an untrusted one looks like."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_connectivity import LLMClient, NetworkError, ValidationError
from tests.server import head_bytes, openai_wire
from tests.worlds import KEY, TEXT

SAMPLES = Path(__file__).parents[1] / "samples" / "tls"
CERTIFICATE = SAMPLES / "localhost.pem"


@pytest.fixture
def tls_url() -> Iterator[str]:
    """The address of a server that answers every TLS connection once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, SAMPLES / "localhost.key")
    body = json.dumps(openai_wire.whole_answer()).encode()
    answer = head_bytes(200, (("content-length", str(len(body))),)) + body
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context, answer), daemon=True)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}/v1"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(2)


def _serve(listener: socket.socket, context: ssl.SSLContext, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    while b'"Hi"' not in secured.recv(65536):
                        pass
                    secured.sendall(answer)
            except OSError:
                pass  # the client does not trust it


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
        _ask(tls_url, verify=SAMPLES, max_retries=0)  # its files lack hashed names


@pytest.mark.parametrize("verify", ["/no/such/file.pem", 7, Path(__file__), "", "a\0b"], ids=repr)
def test_tls_verify_of_a_wrong_kind_is_refused(verify: object):
    """When the client is made: nothing there, no path, no certificates in it."""
    with pytest.raises(ValidationError, match="verify"):
        LLMClient("openai/m", api_key=KEY, verify=verify)
