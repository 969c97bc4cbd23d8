"""Provider's name -> what is known about it, and its adapter, imported when first used."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from .errors import ValidationError
from .fork import Lock, loading
from .providers.base import Adapter, ProviderSpec
from .providers.rows import ROWS

_OWN = frozenset(spec.name for spec in ROWS)
_LOCK = Lock()

# Never changed but replaced, so that others may look into it meanwhile.
_SPECS = {spec.name: spec for spec in ROWS}


def register_provider(spec: ProviderSpec, *, replace: bool = False) -> None:
    """Make a server of your own known by its name, in this process: ``"name/model"`` asks it.

    >>> from llm_connectivity import ProviderSpec, register_provider
    >>> register_provider(ProviderSpec(name="lab", base_url="http://lab:8000/v1", needs_key=False))

    Args:
        spec: What is known about it. Registering the same one again changes nothing.
        replace: Whether it may take the place of one that was registered under this name; clients
            that were made before go on asking the former.

    Raises:
        ValidationError: The spec can't be used, or the name is taken.
    """
    global _SPECS
    with loading(f"{__package__}.providers.spec_checks"):
        from .providers.spec_checks import check_spec  # it needs the HTTP library
    spec = check_spec(spec)
    with _LOCK.held:
        known = _SPECS.get(spec.name)
        if spec.name in _OWN or (known not in (None, spec) and not replace):
            raise _refuse_name(spec.name)
        _SPECS = {**_SPECS, spec.name: spec}


def known_providers() -> Collection[str]:
    """Give the names of all providers."""
    return _SPECS.keys()


def default_model(provider: str) -> str:
    """Give the model that a client with an adapter of its own asks for, or ``""``."""
    return _SPECS[provider].default_model if provider in _SPECS else ""


def _refuse_name(name: str) -> ValidationError:
    if name in _OWN:
        what, hint = "comes with the package", f"Take another name, like 'my-{name}'."
    else:
        what, hint = "is registered with other values", "Give replace=True, or take another name."
    return ValidationError(f"the provider {name!r} {what}.", code="invalid_provider", hint=hint)


def make_adapter(provider: str, **settings: Any) -> Adapter:
    """Import a provider's adapter and make one.

    Args:
        provider: Its name.
        **settings: Of the connection; ``None`` means the default. A provider without an address,
            the mock, has no connection and takes none.
    """
    spec = _SPECS[provider]
    module, _, name = spec.adapter.partition(":")
    with loading(module):
        make = getattr(importlib.import_module(module), name)
    if not spec.base_url:
        adapter: Adapter = make()
        return adapter
    adapter = make(spec=spec, **{k: value for k, value in settings.items() if value is not None})
    return adapter
