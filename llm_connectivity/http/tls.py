"""Which certificates to trust."""

from __future__ import annotations

import functools
import os
import ssl

import httpx2

from ..errors import ValidationError, show
from ..fork import LOADING

# Read by httpx2 when it makes a context.
_TLS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def ssl_context(verify: bool | ssl.SSLContext) -> ssl.SSLContext:
    """Give the TLS context for ``verify``; one per process and setting: making one takes 40 ms."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    variables = {name: os.environ[name] for name in _TLS_VARIABLES if os.environ.get(name)}
    try:
        return _shared_ssl_context(verify, *variables.items())
    except OSError as error:
        named = " and ".join(f"{name}={value!r}" for name, value in variables.items())
        raise ValidationError(
            f"no certificates can be read from {named or 'the system'}: {error}",
            code="invalid_certificates",
            hint="Correct or unset it, or say which certificates to trust with verify=.",
        ) from error


@functools.lru_cache(maxsize=8)
def _shared_ssl_context(verify: bool, *_: tuple[str, str]) -> ssl.SSLContext:
    with LOADING:
        return httpx2.create_ssl_context(verify=verify, trust_env=True)


def check_verify(verify: object) -> bool | ssl.SSLContext:
    """Check which TLS certificates to trust; a path becomes a context.

    Raises:
        ValidationError: It is no truth value, no context, and no path of certificates.
    """
    if isinstance(verify, bool | ssl.SSLContext):
        return verify
    try:
        path = os.fspath(verify)  # type: ignore[call-overload]
        if not path:
            raise ValueError("it is empty")
        kind = "capath" if os.path.isdir(path) else "cafile"
        return ssl.create_default_context(**{kind: path})
    except (TypeError, ValueError, OSError) as error:
        raise ValidationError(
            f"verify must be True, False, an ssl.SSLContext or the path of certificates, "
            f"not {show(verify)} ({error}).",
            code="invalid_option",
            hint="A path names a file with certificates (PEM), or a folder of them.",
        ) from error
