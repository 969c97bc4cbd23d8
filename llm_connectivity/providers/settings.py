"""Key and address of a provider: from the arguments, else from the environment; checked at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from ..errors import AuthenticationError, LLMError, ValidationError, show
from ..http.transport import check_address
from ..secret import Secret, hide_key
from .base import ProviderSpec

_QUERY = re.compile(r"[?#]")

ApiKey = str | Secret | Callable[[], str] | None


class KeySource:
    """Gives the key: a fixed one, or what a callable returns at each call.

    Args:
        spec: Whose key it is.
        api_key: As the caller gave it; ``None``: from the environment.

    Raises:
        AuthenticationError: There is none, and the provider wants one.
        ValidationError: It can't be sent in a header.
    """

    def __init__(self, spec: ProviderSpec, api_key: ApiKey) -> None:
        self._spec = spec
        key = hide_key(api_key)
        self._ask = key if callable(key) else None
        self._is_ambient = key is None
        self._current = key if isinstance(key, Secret) else self._from_environment()
        if self._ask is None:
            self._check(self._current)

    def current(self) -> Secret:
        """Give the key for the next request; an empty one, where none is wanted, is not sent."""
        if self._ask is not None:
            self._current = Secret(self._ask())
            self._check(self._current)
        return self._current

    def __repr__(self) -> str:
        return f"KeySource({vars(self).get('_spec')!r})"

    def _from_environment(self) -> Secret:
        names = self._spec.key_variables
        return Secret(next((os.environ[name] for name in names if os.environ.get(name)), ""))

    def _check(self, key: Secret) -> None:
        # The frame that has looked at the key is gone when this raises.
        refusal = self._refuse(key.reveal())
        if refusal is not None:
            refusal.provider = self._spec.name
            raise refusal

    def _refuse(self, key: object) -> LLMError | None:
        if not isinstance(key, str):
            what = "api_key must be a string or a callable that returns one, not"
            if self._ask is not None:
                what = "the callable given as api_key must return a string, not"
            return ValidationError(f"{what} {type(key).__name__}.", code="invalid_key")
        if not key:
            return self._refuse_absence() if self._spec.needs_key else None
        wrong = next((i for i, c in enumerate(key) if not "!" <= c <= "~"), None)
        if wrong is None:
            return None
        names = {" ": "a blank", "\n": "a line break", "\r": "a line break"}
        return ValidationError(
            f"the key{self._origin} can't be sent in a header: its character {wrong + 1} of "
            f"{len(key)} is {names.get(key[wrong], 'none that it can carry')}.",
            code="invalid_key",
            hint="It was probably copied with something around it, or damaged on the way.",
        )

    def _refuse_absence(self) -> LLMError:
        variables = " or ".join(self._spec.key_variables)
        give = f"Set {variables}, or give api_key= (any string for a server that wants none)."
        if not variables:
            give = "Give api_key=, or say needs_key=False in its ProviderSpec if it wants none."
        return AuthenticationError(
            "no key.",
            code="missing_key",
            hint=f"{give} To try things out without a key: model='mock/demo'.",
        )

    @property
    def _origin(self) -> str:
        """Where a key is from that the caller has not given."""
        names = (name for name in self._spec.key_variables if os.environ.get(name))
        return f" in {next(names)}" if self._is_ambient else ""


def choose_base_url(spec: ProviderSpec, base_url: object) -> str:
    """Give the root of the API, without a slash at its end.

    Raises:
        ValidationError: It is no http or https address.
    """
    origin = "base_url"
    if base_url is None and spec.base_url_variable and os.environ.get(spec.base_url_variable):
        base_url, origin = os.environ[spec.base_url_variable], spec.base_url_variable
    return spec.base_url if base_url is None else check_base_url(base_url, origin)


def check_base_url(base_url: object, origin: str) -> str:
    """Check the root of an API, and give it without a slash at its end.

    Args:
        base_url: It.
        origin: The argument or variable it is from.

    Raises:
        ValidationError: It is no http or https address.
    """
    if not isinstance(base_url, str):
        raise ValidationError(
            f"{origin} must be a string, not {type(base_url).__name__}.", code="invalid_base_url"
        )
    _check_url(base_url, origin)
    return base_url.rstrip("/")


def is_same_address(url: str, other: str) -> bool:
    """Whether two roots are the same but for case and the port that goes without saying."""
    return _normal_form(url) == _normal_form(other)


def _normal_form(url: str) -> tuple[object, ...]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")


def _check_url(url: str, origin: str) -> None:
    if "@" in url:
        raise ValidationError(
            f"{origin} has a user name or a password in it (its text is not shown).",
            code="invalid_base_url",
            hint="Give the key as api_key=, and other credentials in extra_headers.",
        )
    wrong, hint = _find_fault(url)
    if wrong:
        shown = show(_QUERY.split(url)[0])  # people write keys into queries
        raise ValidationError(f"{origin} {shown} {wrong}.", code="invalid_base_url", hint=hint)


def _find_fault(url: str) -> tuple[str, str | None]:
    """Say what is wrong with an address, and what would be right."""
    if not url.isprintable() or " " in url:
        return "has blanks in it, or characters that can't be printed", "Remove them."
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
        host.encode("idna")
        check_address(url)
    except ValueError as error:
        return f"is not a valid URL ({error})", "Look at its host and port."
    if parts.scheme not in ("http", "https") or not host:
        whole = "Write it whole, for example 'http://localhost:8000/v1'."
        return "does not begin with http:// or https:// and a host", whole
    if "?" in url or "#" in url:
        what = "has a query or a fragment behind it (not shown)"
        return what, "Give a key as api_key=; other query parameters go into extra_query."
    return "", None
