"""The adapters of one client: the primary provider's, and others made when first needed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from .checks import check_count
from .errors import AuthenticationError, ValidationError
from .fork import Lock
from .model_id import ModelId
from .providers.base import Adapter
from .registry import make_adapter
from .routing import Fallback, refuse_beside_adapter

_CONNECTION = ("api_key", "base_url", "verify", "proxy")


class Adapters:
    """Gives an adapter for each provider; those of one client share nothing but their number.

    Args:
        primary: Of the client's provider, with the key and the address that were given for it.
        settings: Of connections to other providers, which are asked with their own key and address.
    """

    def __init__(self, primary: Adapter, settings: Mapping[str, Any]) -> None:
        self.primary = primary
        self._settings = dict(settings)
        self._made = {primary.provider: primary}
        self._adopted: list[Adapter] = []
        self._lock = Lock()

    def get(self, provider: str, *, needs_key: bool = True) -> Adapter:
        """Give the adapter of a provider.

        Args:
            provider: Its name.
            needs_key: Whether a missing key is an error now; else the first try fails for it.

        Raises:
            AuthenticationError: There is no key.
            ValidationError: Its address, from the environment, can't be used.
        """
        with self._lock.held:
            if provider not in self._made:
                try:
                    self._made[provider] = make_adapter(provider, **self._settings)
                except AuthenticationError as error:
                    error.hint = (
                        f"{error.hint or ''} The client's own api_key= is for "
                        f"{self.primary.provider!r} alone; another is given to a client of its "
                        f"own: LLMClient('{provider}/...', api_key=...)."
                    )
                    return _without_key(error, provider, self._settings, needs_key=needs_key)
            return self._made[provider]

    def adopt(self, fallbacks: Sequence[Fallback], first: ModelId) -> None:
        """Make the adapters that are asked where the first fails, and close those that were given.

        Raises:
            ValidationError: One is asked first, or its address or key can't be used.
        """
        for target, adapter in fallbacks:
            refuse_twice(adapter, self._made.get(first.provider))
            if adapter is None:
                self.get(target.provider, needs_key=False)
            elif all(adapter is not known for known in self._adopted):
                self._adopted.append(adapter)

    def close(self) -> None:
        """Close all of them."""
        for adapter in (*self._made.values(), *self._adopted):
            adapter.close()


def open_adapters(
    given: Mapping[str, Any], target: ModelId, fallbacks: Sequence[Fallback]
) -> Adapters:
    """Make or take the adapter of a client's provider.

    Args:
        given: The arguments of `LLMClient` by name.
        target: Provider and model that they name.
        fallbacks: Who is asked where that fails; if anybody is, a missing key is no error yet.

    Raises:
        ValidationError: An argument is wrong.
        AuthenticationError: There is no key.
    """
    settings = {name: given[name] for name in _CONNECTION}
    max_connections = check_count(given["max_connections"], "max_connections")
    # Who trusts anybody on the way to one server does not mean all others.
    verify = None if given["verify"] is False else given["verify"]
    primary = given["adapter"]
    if primary is not None:
        refuse_beside_adapter(settings)
    else:
        settings["max_connections"] = max_connections
        try:
            primary = make_adapter(target.provider, **settings)
        except AuthenticationError as error:
            primary = _without_key(error, target.provider, settings, needs_key=not fallbacks)
    others = {"verify": verify, "proxy": given["proxy"], "max_connections": max_connections}
    adapters = Adapters(primary, others)
    adapters.adopt(fallbacks, target)
    return adapters


def refuse_twice(adapter: Adapter | None, first: Adapter | None) -> None:
    """Refuse an adapter as a fallback that is asked first.

    Raises:
        ValidationError: It is.
    """
    if adapter is not None and adapter is first:
        raise ValidationError(
            "fallbacks holds the adapter that is asked first.",
            code="invalid_option",
            hint="Leave it out; a model is tried again by itself (max_retries=).",
        )


def _without_key(
    error: AuthenticationError, provider: str, settings: Mapping[str, Any], *, needs_key: bool
) -> Adapter:
    """Make an adapter whose key is missing: each try fails for it, and is in the trail."""
    if needs_key or error.code != "missing_key":
        raise error

    def refuse() -> str:
        raise copy.copy(error)  # each call writes its own facts on it

    return make_adapter(provider, **{**settings, "api_key": refuse})
