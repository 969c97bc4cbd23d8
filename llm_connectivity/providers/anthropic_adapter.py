"""Talks Anthropic's wire through the anthropic SDK, which sends; answers are read by us."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar, get_args

from ..wires.anthropic import AnthropicCodec
from ..wires.base import Codec
from .base import ProviderSpec
from .rows import ANTHROPIC
from .stainless import StainlessAdapter, build_model


class AnthropicAdapter(StainlessAdapter):
    """Adapter for Anthropic and for servers that speak its wire; arguments: `VendorAdapter`.

    ``base_url`` may end in ``/v1`` or not.
    """

    _vendor = ANTHROPIC
    _path = "/v1/messages"
    _headers_variable = "ANTHROPIC_CUSTOM_HEADERS"
    _vendor_headers: ClassVar = {"anthropic-version": "2026-10-21"}  # as the SDK sends it

    def _make_codec(self, spec: ProviderSpec) -> Codec:
        return AnthropicCodec()

    def _root(self, base_url: str) -> str:
        return base_url.removesuffix("/v1").rstrip("/")

    def _import_sdk(self) -> ModuleType:
        import anthropic

        return anthropic

    def _make_sdk(self, **settings: Any) -> Any:
        import anthropic

        # With a key given the SDK looks for no other credentials, in variables or in files.
        return anthropic.Anthropic(webhook_key="", open_telemetry=False, **settings)


def build_raw_chunk(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for one event."""
    models = _event_models()
    kind = data.get("type")
    known = models.get(kind) if isinstance(kind, str) else None
    return build_model(known or next(iter(models.values())), data)


def build_raw_response(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for a whole answer."""
    from anthropic.types import Message

    return build_model(Message, data)


@functools.cache
def _event_models() -> dict[str, Any]:
    """Give the SDK's classes of events by the type they are for; it takes the first for others."""
    from anthropic.types import RawMessageStreamEvent

    union, *_ = get_args(RawMessageStreamEvent)
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(union)}
