"""Talks Gemini's wire through the google-genai SDK, which sends; answers are read by us.

The SDK is imported with the first request, so that making a client costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from .._version import __version__
from ..errors import LLMError, ProviderError
from ..fork import KEPT, LOADING
from ..limits import Limits
from ..types import ChatRequest
from ..wires.base import Codec
from ..wires.gemini import GeminiCodec
from ..wires.gemini.request import model_path
from ..wires.json_text import encode_body
from .base import ProviderSpec
from .google_sdk import Exchange, ask, make_sdk
from .rows import GOOGLE
from .sdk_call import facts_of, make_http_client, map_sdk_error, sdk_call
from .vendor import VendorAdapter

if TYPE_CHECKING:
    from google import genai


class GoogleAdapter(VendorAdapter):
    """Adapter for Google's Gemini API; arguments: `VendorAdapter`.

    ``base_url`` may end in a version (``/v1beta``) or not.
    """

    _vendor = GOOGLE
    _http: httpx2.Client | None = None

    def _make_codec(self, spec: ProviderSpec) -> Codec:
        return GeminiCodec()

    def _post(self, request: ChatRequest, limits: Limits, *, stream: bool) -> httpx2.Response:
        model = model_path(request.model)
        headers = self._headers(request)  # without a key, no SDK has to be loaded
        sdk = self._open_sdk()
        exchange = Exchange(
            self._http_client(),
            {
                "headers": headers,
                "params": request.extra_query,
                "content": encode_body(self.codec.build_chat(request, stream=stream)),
            },
        )
        with exchange, sdk_call(limits, exchange.given, lambda e: self._map(e, exchange, limits)):
            ask(sdk, model, stream=stream)
        return self._take_answer(exchange)

    def in_child(self) -> None:
        """Make the HTTP client anew, too."""
        super().in_child()
        KEPT.append(self._http)
        self._http = None

    def _open_sdk(self) -> genai.Client:
        with self._lock.held:
            if self._sdk is None:
                with LOADING:
                    self._sdk = make_sdk(self._base_url)
            sdk: genai.Client = self._sdk
            return sdk

    def _http_client(self) -> httpx2.Client:
        with self._lock.held:
            self._http = http = self._http or make_http_client(self._transport)
            return http

    def _headers(self, request: ChatRequest) -> httpx2.Headers:
        headers = httpx2.Headers({"User-Agent": f"llm-connectivity/{__version__}"})
        headers["x-goog-api-key"] = self._keys.current().reveal()  # empty where none is wanted
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
