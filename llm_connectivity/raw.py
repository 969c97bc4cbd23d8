"""Vendor objects, built when first read.

A chunk or a response keeps the wire's own JSON beside the name of its wire. Who never looks at
``raw_chunk`` pays nothing for it, and what is kept can be pickled.
"""

from __future__ import annotations

import importlib
from typing import Any, Literal, NamedTuple

# Wire -> module with ``build_raw_chunk(data)`` and ``build_raw_response(data)``. A module name
# and not a function, so that an unpickled chunk finds its builder in a fresh interpreter. A wire
# that is not listed hands out its JSON as it is.
_BUILDERS = {"openai_chat": "llm_connectivity.providers.openai_adapter"}

Kind = Literal["chunk", "response"]


class RawJson(NamedTuple):
    """JSON of one event or answer, the wire it came over, and what the vendor calls it there."""

    wire: str
    data: Any
    kind: Kind = "chunk"

    def build(self) -> Any:
        """Give the vendor's typed object for this JSON, or the JSON where the wire has no types."""
        module = _BUILDERS.get(self.wire)
        if module is None:
            return self.data
        return getattr(importlib.import_module(module), f"build_raw_{self.kind}")(self.data)
