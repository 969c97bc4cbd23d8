"""Talks Gemini's wire through the google-genai SDK, which sends; answers are read by us.

The SDK is imported with the first request, so that making a client costs nothing.
"""

from __future__ import annotations

import os
import ssl
import threading
from typing import TYPE_CHECKING

import httpx2

from .._version import __version__
from ..checks import check_count, check_max_retries, check_seconds
from ..errors import LLMError, ProviderError
from ..http_body import HttpBody
from ..limits import Limits
from ..secret import hide_key
from ..tls import check_verify
from ..transport import GuardedTransport
from ..types import ChatRequest, ChatResponse
from ..wires.gemini import GeminiCodec
from ..wires.gemini.request import model_path
from ..wires.json_text import encode_body
from .base import ProviderSpec
from .google_sdk import Exchange, ask, make_sdk
from .rows import GOOGLE
from .sdk_call import facts_of, make_http_client, map_sdk_error, sdk_call
from .settings import ApiKey, KeySource, choose_base_url
from .whole import read_answer

if TYPE_CHECKING:
    from google import genai


class GoogleAdapter:
    """Adapter for Google's Gemini API.

    Args:
        api_key: The key, or a callable that returns one (asked at each request); ``None``: from
            the environment.
        timeout: Seconds for each wait where neither call nor client say.
        base_url: Root of the API, with a version at its end or without; ``None``:
            ``GOOGLE_GEMINI_BASE_URL``, else Google's own.
        max_retries: Retries where neither call nor client say.
        verify: TLS certificates to trust: ``True``: the system's; ``False``: any; a file's path;
            an `ssl.SSLContext`.
        max_connections: More requests at a time wait for a free connection.
        spec: The provider, where it is not Google.

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
        spec: ProviderSpec = GOOGLE,
    ) -> None:
        api_key = hide_key(api_key)  # at once: a traceback with locals must not show it
        self.provider = spec.name
        self.codec = GeminiCodec()
        self.timeout = check_seconds(timeout, "timeout")
        self.max_retries = check_max_retries(max_retries)
        self._base_url = choose_base_url(spec, base_url)
        self._keys = KeySource(spec, api_key)
        self._transport = GuardedTransport(
            verify=check_verify(verify),
            max_connections=check_count(max_connections, "max_connections"),
        )
        self._http = make_http_client(self._transport)
        self._lock = threading.Lock()
        self._sdk: genai.Client | None = None

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
        model = model_path(request.model)
        exchange = Exchange(
            self._http,
            {
                "headers": self._headers(request),
                "params": request.extra_query,
                "content": encode_body(self.codec.build_chat(request, stream=stream)),
            },
        )
        with exchange, sdk_call(limits, exchange.given, lambda e: self._map(e, exchange, limits)):
            ask(self._open_sdk(), model, stream=stream)
        return self._take_answer(exchange)

    def _open_sdk(self) -> genai.Client:
        with self._lock:
            if self._sdk is None:
                self._sdk = make_sdk(self._base_url)
            return self._sdk

    def _headers(self, request: ChatRequest) -> httpx2.Headers:
        headers = httpx2.Headers({"User-Agent": f"llm-connectivity/{__version__}"})
        headers["x-goog-api-key"] = self._keys.current().reveal()
        headers.update(request.extra_headers)
        return headers

    def _take_answer(self, exchange: Exchange) -> httpx2.Response:
        answer = exchange.answer
        if answer is None:
            raise ProviderError("the google-genai SDK has sent nothing.", retryable=False)
        if answer.status_code == 204:
            answer.read()
            raise self.codec.map_error(facts_of(answer, address=str(answer.url)))
        return answer

    def _map(self, error: Exception, exchange: Exchange, limits: Limits) -> LLMError:
        """Turn the SDK's exception, or the answer behind it, into facts; the codec decides."""
        answer = exchange.answer
        if answer is not None and not answer.is_success:
            facts = facts_of(answer, address=exchange.address, cause=error)
            return self.codec.map_error(facts)
        return map_sdk_error(error, limits, sdk="google-genai", address=self._base_url)
