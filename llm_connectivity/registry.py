"""Provider's name -> what is known about it, and its adapter, imported when first used."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from .fork import loading
from .providers.base import Adapter
from .providers.rows import ROWS

_SPECS = {spec.name: spec for spec in ROWS}


def known_providers() -> Collection[str]:
    """Give the names of all providers."""
    return _SPECS.keys()


def default_model(provider: str) -> str:
    """Give the model that a client with an adapter of its own asks for, or ``""``."""
    return _SPECS[provider].default_model if provider in _SPECS else ""


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
