"""Talks Anthropic's wire through the anthropic SDK, which sends; answers are read by us."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar, get_args

from ..secret import hide_key
from ..wires.anthropic import AnthropicCodec
from .base import ProviderSpec
from .rows import ANTHROPIC
from .settings import ApiKey, choose_base_url
from .stainless import StainlessAdapter, build_model
from .vendor import Verify


class AnthropicAdapter(StainlessAdapter):
    """Adapter for Anthropic and for servers that speak its wire.

    Args:
        api_key: The key, or a callable that returns one (asked at each request); ``None``: from
            the environment.
        timeout: Seconds for each wait where neither call nor client say.
        base_url: Root of the API, with or without ``/v1``; ``None``: ``ANTHROPIC_BASE_URL``, else
            Anthropic's own.
        max_retries: Retries where neither call nor client say.
        verify: TLS certificates to trust: ``True``: the system's; ``False``: any; a file's path;
            an `ssl.SSLContext`.
        max_connections: More requests at a time wait for a free connection.
        spec: The provider, where it is not Anthropic.

    Raises:
        AuthenticationError: There is no key.
        ValidationError: Key or address can't be used.
    """

    _path = "/v1/messages"
    _headers_variable = "ANTHROPIC_CUSTOM_HEADERS"
    _vendor_headers: ClassVar = {"anthropic-version": "2026-10-21"}  # as the SDK sends it

    def __init__(
        self,
        api_key: ApiKey = None,
        timeout: float | None = None,
        base_url: str | None = None,
        max_retries: int | None = None,
        *,
        verify: Verify = True,
        max_connections: int = 1000,
        spec: ProviderSpec = ANTHROPIC,
    ) -> None:
        api_key = hide_key(api_key)  # at once: a traceback with locals must not show it
        super().__init__(
            spec,
            choose_base_url(spec, base_url).removesuffix("/v1").rstrip("/"),
            AnthropicCodec(),
            api_key=api_key,
            timeout=timeout,
            max_retries=max_retries,
            verify=verify,
            max_connections=max_connections,
        )

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
