"""Talks OpenAI's wire through the openai SDK, which sends; answers are read by us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import ModuleType
from typing import Any

from ..wires.base import Codec
from ..wires.openai_chat import Dialect, OpenAIChatCodec
from .base import ProviderSpec
from .rows import OPENAI
from .stainless import StainlessAdapter, build_model


class OpenAIAdapter(StainlessAdapter):
    """Adapter for OpenAI and for servers that speak its wire; arguments: `VendorAdapter`."""

    _vendor = OPENAI
    _path = "/chat/completions"
    _headers_variable = "OPENAI_CUSTOM_HEADERS"

    def _make_codec(self, spec: ProviderSpec) -> Codec:
        elsewhere = {} if self._at_home else {"max_tokens_field": "max_tokens"}
        told = {field.name: getattr(spec, field.name) for field in fields(Dialect)}
        return OpenAIChatCodec(Dialect(**{**told, **elsewhere}))

    def _import_sdk(self) -> ModuleType:
        import openai

        return openai

    def _make_sdk(self, **settings: Any) -> Any:
        import openai

        sdk = openai.OpenAI(admin_api_key="", webhook_secret="", **settings)
        if not self._at_vendor:
            sdk.organization = sdk.project = None
        return sdk


def build_raw_chunk(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for one event."""
    from openai.types.chat import ChatCompletionChunk

    return build_model(ChatCompletionChunk, data)


def build_raw_response(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for a whole answer."""
    from openai.types.chat import ChatCompletion

    return build_model(ChatCompletion, data)
