"""Key and address of a provider: from the arguments, else from the environment; checked at once."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from ..errors import AuthenticationError, ValidationError, show
from ..secret import Secret
from .base import ProviderSpec

ApiKey = str | Secret | Callable[[], str] | None


class KeySource:
    """Gives the key: a fixed one, or what a callable returns at each call.

    Args:
        spec: Whose key it is.
        api_key: As the caller gave it; ``None``: from the environment.

    Raises:
        AuthenticationError: There is none.
        ValidationError: It can't be sent in a header.
    """

    def __init__(self, spec: ProviderSpec, api_key: ApiKey) -> None:
        self._spec = spec
        self._ask = api_key if callable(api_key) else None
        self._current = Secret("")
        if isinstance(api_key, Secret):
            self._current = self._check(api_key.reveal())
        elif self._ask is None:
            self._current = self._check(self._from_environment() if api_key is None else api_key)

    def current(self) -> Secret:
        """Give the key for the next request."""
        if self._ask is not None:
            self._current = self._check(self._ask())
        return self._current

    def __repr__(self) -> str:
        return f"KeySource({self._spec.name!r})"

    def _from_environment(self) -> str:
        return next(
            (os.environ[name] for name in self._spec.key_variables if os.environ.get(name)), ""
        )

    def _check(self, key: object) -> Secret:
        if not isinstance(key, str):
            raise ValidationError(
                f"api_key must be a text or a callable that returns one, not {type(key).__name__}.",
                provider=self._spec.name,
                code="invalid_key",
            )
        if not key:
            raise AuthenticationError(
                "no key.",
                provider=self._spec.name,
                code="missing_key",
                hint=f"Set {' or '.join(self._spec.key_variables)}, or give api_key= (any text for "
                "a server that wants none). To try things out without a key: model='mock/demo'.",
            )
        wrong = next((i for i, c in enumerate(key) if not "!" <= c <= "~"), None)
        if wrong is not None:
            raise ValidationError(
                f"the key has a character at position {wrong} of {len(key)} "
                "that a header can't carry (a blank, a line break, or no ASCII).",
                provider=self._spec.name,
                code="invalid_key",
                hint="It was probably copied with something around it, or damaged on the way.",
            )
        return Secret(key)


def choose_base_url(spec: ProviderSpec, base_url: object) -> str:
    """Give the root of the API, without a slash at its end.

    Raises:
        ValidationError: It is no http or https address.
    """
    origin = "base_url"
    if base_url is None and spec.base_url_variable and os.environ.get(spec.base_url_variable):
        base_url, origin = os.environ[spec.base_url_variable], spec.base_url_variable
    if base_url is None:
        return spec.base_url
    if not isinstance(base_url, str):
        raise ValidationError(
            f"{origin} must be a text, not {type(base_url).__name__}.", code="invalid_base_url"
        )
    _check_url(base_url, origin)
    return base_url.rstrip("/")


def _check_url(url: str, origin: str) -> None:
    if "@" in url:
        raise ValidationError(
            f"{origin} has a user name or a password in it (its text is not shown).",
            code="invalid_base_url",
            hint="Give the key as api_key=, and other credentials in extra_headers.",
        )
    wrong, hint = _find_fault(url)
    if wrong:
        raise ValidationError(f"{origin} {show(url)} {wrong}.", code="invalid_base_url", hint=hint)


def _find_fault(url: str) -> tuple[str, str | None]:
    """Say what is wrong with an address, and what would be right."""
    if not url.isprintable() or " " in url:
        return "has blanks in it, or characters that can't be printed", "Remove them."
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
        host.encode("idna")
    except ValueError:
        return "is no address: look at its host and port", None
    if parts.scheme not in ("http", "https") or not host:
        whole = "Write it whole, for example 'http://localhost:8000/v1'."
        return "does not begin with http:// or https:// and a host", whole
    if parts.query or parts.fragment:
        return "has a query or a fragment", "Query parameters go into extra_query."
    return "", None


def check_verify(verify: object) -> bool | ssl.SSLContext:
    """Check which TLS certificates to trust; a path becomes a context.

    Raises:
        ValidationError: It is no truth value, no context, and no path of certificates.
    """
    if isinstance(verify, bool | ssl.SSLContext):
        return verify
    try:
        path = os.fspath(verify)  # type: ignore[call-overload]
        kind = "capath" if os.path.isdir(path) else "cafile"
        return ssl.create_default_context(**{kind: path})
    except (TypeError, OSError) as error:
        raise ValidationError(
            f"verify must be True, False, an ssl.SSLContext or the path of certificates, "
            f"not {show(verify)} ({error}).",
            code="invalid_option",
            hint="A path names a file with certificates (PEM), or a folder of them.",
        ) from error
