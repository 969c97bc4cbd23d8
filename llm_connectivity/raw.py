"""Vendor objects, built when first read.

A chunk or a response keeps the wire's own JSON beside the name of its wire. Who never looks at
``raw_chunk`` pays nothing for it, and what is kept can be pickled.
"""

from __future__ import annotations

import importlib
from typing import Any, Literal

# Wire -> module with ``build_raw_chunk(data)`` and ``build_raw_response(data)``. A module name
# and not a function, so that an unpickled chunk finds its builder in a fresh interpreter. A wire
# that is not listed hands out its JSON as it is.
_BUILDERS = {
    "anthropic": "llm_connectivity.providers.anthropic_adapter",
    "gemini": "llm_connectivity.providers.google_sdk",
    "openai_chat": "llm_connectivity.providers.openai_adapter",
}

Kind = Literal["chunk", "response"]


class RawJson:
    """JSON of one event or answer, the wire it came over, and what the vendor calls it there.

    Made once per event, so it is a plain class with slots; treat it as a value.
    """

    __slots__ = ("_built", "data", "kind", "wire")

    def __init__(self, wire: str, data: Any, kind: Kind = "chunk") -> None:
        self.wire = wire
        self.data = data
        self.kind = kind

    def build(self) -> Any:
        """Give the vendor's typed object for this JSON, or the JSON where the wire has no types."""
        try:
            return self._built
        except AttributeError:
            self._built: Any = self._build()
        return self._built

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RawJson) and self.__reduce__() == other.__reduce__()

    __hash__ = None  # type: ignore[assignment]  # JSON has none

    def __reduce__(self) -> tuple[type[RawJson], tuple[str, Any, Kind]]:
        return RawJson, (self.wire, self.data, self.kind)

    def _build(self) -> Any:
        module = _BUILDERS.get(self.wire)
        if module is None:
            return self.data
        return getattr(importlib.import_module(module), f"build_raw_{self.kind}")(self.data)
