"""Talks OpenAI's wire through the openai SDK, which sends; answers are read by us.

The SDK is imported with the first request, so that making a client costs nothing.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx2

from .._version import __version__
from ..checks import check_count, check_max_retries, check_seconds
from ..errors import LLMError
from ..http_body import HttpBody
from ..limits import Limits
from ..secret import hide_key
from ..tls import check_verify
from ..transport import GuardedTransport
from ..types import ChatRequest, ChatResponse
from ..wires.json_text import encode_body
from ..wires.openai_chat import OpenAIChatCodec
from .base import ProviderSpec
from .rows import OPENAI
from .sdk_call import facts_of, make_http_client, map_sdk_error, sdk_call
from .settings import ApiKey, KeySource, choose_base_url, is_same_address
from .whole import read_answer

if TYPE_CHECKING:
    import openai

_PATH = "/chat/completions"

# What the SDK sends with each request besides its platform headers.
_SDK_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "X-Stainless-Async": "false",
}


class OpenAIAdapter:
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

    def __init__(
        self,
        api_key: ApiKey = None,
        timeout: float | None = None,
        base_url: str | None = None,
        max_retries: int | None = None,
        *,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        max_connections: int = 1000,
        spec: ProviderSpec = OPENAI,
    ) -> None:
        api_key = hide_key(api_key)  # at once: a traceback with locals must not show it
        self.provider = spec.name
        self.timeout = check_seconds(timeout, "timeout")
        self.max_retries = check_max_retries(max_retries)
        self._base_url = choose_base_url(spec, base_url)
        self._at_home = is_same_address(self._base_url, spec.base_url)
        self._keys = KeySource(spec, api_key)
        field = spec.max_tokens_field if self._at_home else "max_tokens"
        self.codec = OpenAIChatCodec(max_tokens_field=field)
        self._transport = GuardedTransport(
            verify=check_verify(verify),
            max_connections=check_count(max_connections, "max_connections"),
        )
        self._lock = threading.Lock()
        self._sdk: openai.OpenAI | None = None
        self._ambient: dict[str, Any] = {}  # what the SDK would add from the environment

    def chat(self, request: ChatRequest, limits: Limits) -> ChatResponse:
        """Ask for a whole answer."""
        response = self._post(request, limits, stream=False)
        return read_answer(HttpBody(response, limits), self.codec)

    def open_stream(self, request: ChatRequest, limits: Limits) -> HttpBody:
        """Ask for a streamed answer; returns with its headers."""
        return HttpBody(self._post(request, limits, stream=True), limits)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __repr__(self) -> str:
        state = vars(self)  # it may be half made, when its constructor failed
        shown = f"provider={state.get('provider')!r}, base_url={state.get('_base_url')!r}"
        return f"{type(self).__name__}({shown})"

    def _post(self, request: ChatRequest, limits: Limits, *, stream: bool) -> httpx2.Response:
        sdk = self._open_sdk()
        given: dict[str, Any] = {
            "options": {"headers": self._headers(request), "params": request.extra_query},
            "content": encode_body(self.codec.build_chat(request, stream=stream)),
        }
        with sdk_call(limits, given, lambda error: self._map(error, limits)):
            response: httpx2.Response = sdk.post(
                _PATH,
                **given,
                cast_to=httpx2.Response,
                stream=True,  # of whole answers too: the body is ours to read
                stream_cls=_stream_class(),
            )
        if response.status_code == 204:
            response.read()
            raise self.codec.map_error(facts_of(response, address=self._address))
        return response

    @property
    def _address(self) -> str:
        return f"{self._base_url}{_PATH}"

    def _open_sdk(self) -> openai.OpenAI:
        with self._lock:
            if self._sdk is None:
                sdk = _make_sdk(self._base_url, self._transport, at_home=self._at_home)
                self._ambient = {} if self._at_home else _undo_ambient_headers(sdk)
                self._sdk = sdk
            return self._sdk

    def _headers(self, request: ChatRequest) -> dict[str, Any]:
        """Headers of one request; what the environment adds to the SDK's stays at OpenAI."""
        headers: dict[str, Any] = dict(self._ambient)
        headers["x-stainless-read-timeout"] = headers["x-stainless-retry-count"] = _omit()
        headers["Authorization"] = f"Bearer {self._keys.current().reveal()}"
        headers["User-Agent"] = f"llm-connectivity/{__version__}"
        return {**headers, **request.extra_headers}

    def _map(self, error: Exception, limits: Limits) -> LLMError:
        """Turn the SDK's exception into facts, and let the codec decide."""
        import openai

        if isinstance(error, openai.APIStatusError):
            facts = facts_of(error.response, address=self._address, cause=error)
            return self.codec.map_error(facts)
        return map_sdk_error(error, limits, sdk="openai", address=self._base_url)


def build_raw_chunk(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for one event."""
    from openai.types.chat import ChatCompletionChunk

    return _build(ChatCompletionChunk, data)


def build_raw_response(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for a whole answer."""
    from openai.types.chat import ChatCompletion

    return _build(ChatCompletion, data)


def _build(model: Any, data: Mapping[str, Any]) -> Any:
    """Validate, or take the JSON as it is, as the SDK does with what it does not know."""
    try:
        return model.model_validate(data)
    except ValueError:
        pass
    try:
        return model.construct(**data)
    except Exception:  # what this raises on JSON made to confuse it is nowhere written
        return data


def _make_sdk(base_url: str, transport: GuardedTransport, *, at_home: bool) -> openai.OpenAI:
    import openai

    sdk = openai.OpenAI(
        api_key="set-per-request",
        admin_api_key="",
        webhook_secret="",
        base_url=base_url,
        max_retries=0,
        http_client=make_http_client(transport),
    )
    if not at_home:
        sdk.organization = sdk.project = None
    return sdk


def _undo_ambient_headers(sdk: openai.OpenAI) -> dict[str, Any]:
    """Give headers that take back what the SDK reads from OPENAI_CUSTOM_HEADERS on its own."""
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    names = [line.partition(":")[0].strip() for line in lines if ":" in line]
    usual = {**_SDK_HEADERS, **sdk.platform_headers()}
    lowered = {name.lower(): value for name, value in usual.items()}
    return {name: lowered.get(name.lower(), _omit()) for name in names}


def _omit() -> Any:
    import openai

    return openai.Omit()


def _stream_class() -> Any:
    import openai

    return openai.Stream[Any]
