"""Talks OpenAI's wire through the openai SDK, which sends; answers are read by us."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ..secret import hide_key
from ..wires.openai_chat import OpenAIChatCodec
from .base import ProviderSpec
from .rows import OPENAI
from .settings import ApiKey, choose_base_url, is_same_address
from .stainless import StainlessAdapter, build_model
from .vendor import Verify


class OpenAIAdapter(StainlessAdapter):
    """Adapter for OpenAI and for servers that speak its wire.

    Args:
        api_key: The key, or a callable that returns one (asked at each request); ``None``: from
            the environment.
        timeout: Seconds for each wait where neither call nor client say.
        base_url: Root of the API; ``None``: ``OPENAI_BASE_URL``, else OpenAI's own.
        max_retries: Retries where neither call nor client say.
        verify: TLS certificates to trust: ``True``: the system's; ``False``: any; a file's path;
            an `ssl.SSLContext`.
        max_connections: More requests at a time wait for a free connection.
        spec: The provider, where it is not OpenAI.

    Raises:
        AuthenticationError: There is no key.
        ValidationError: Key or address can't be used.
    """

    _path = "/chat/completions"
    _headers_variable = "OPENAI_CUSTOM_HEADERS"

    def __init__(
        self,
        api_key: ApiKey = None,
        timeout: float | None = None,
        base_url: str | None = None,
        max_retries: int | None = None,
        *,
        verify: Verify = True,
        max_connections: int = 1000,
        spec: ProviderSpec = OPENAI,
    ) -> None:
        api_key = hide_key(api_key)  # at once: a traceback with locals must not show it
        address = choose_base_url(spec, base_url)
        at_home = is_same_address(address, spec.base_url)
        field = spec.max_tokens_field if at_home else "max_tokens"
        super().__init__(
            spec,
            address,
            OpenAIChatCodec(max_tokens_field=field),
            api_key=api_key,
            timeout=timeout,
            max_retries=max_retries,
            verify=verify,
            max_connections=max_connections,
        )

    def _import_sdk(self) -> ModuleType:
        import openai

        return openai

    def _make_sdk(self, **settings: Any) -> Any:
        import openai

        sdk = openai.OpenAI(admin_api_key="", webhook_secret="", **settings)
        if not self._at_home:
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
