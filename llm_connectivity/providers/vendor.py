"""What the adapters of all vendors share: settings, the transport, and reading answers."""

from __future__ import annotations

import os
import ssl
import threading
from abc import ABC, abstractmethod

import httpx2

from ..checks import check_count, check_max_retries, check_seconds
from ..http_body import HttpBody
from ..limits import Limits
from ..secret import hide_key
from ..tls import check_verify
from ..transport import GuardedTransport
from ..types import ChatRequest, ChatResponse
from ..wires.base import Codec
from .base import ProviderSpec
from .settings import ApiKey, KeySource
from .whole import read_answer

Verify = bool | str | os.PathLike[str] | ssl.SSLContext


class VendorAdapter(ABC):
    """Sends through the vendor's SDK, which a vendor's adapter knows, and reads answers itself.

    Args:
        spec: The provider.
        base_url: Root of the API, checked.
        codec: Of its wire.
        api_key: As the caller gave it.
        timeout: Seconds for each wait where neither call nor client say.
        max_retries: Retries where neither call nor client say.
        verify: TLS certificates to trust.
        max_connections: More requests at a time wait for a free connection.

    Raises:
        AuthenticationError: There is no key.
        ValidationError: An argument can't be used.
    """

    def __init__(
        self,
        spec: ProviderSpec,
        base_url: str,
        codec: Codec,
        *,
        api_key: ApiKey,
        timeout: float | None,
        max_retries: int | None,
        verify: Verify,
        max_connections: int,
    ) -> None:
        api_key = hide_key(api_key)  # at once: a traceback with locals must not show it
        self.provider = spec.name
        self.codec = codec
        self.timeout = check_seconds(timeout, "timeout")
        self.max_retries = check_max_retries(max_retries)
        self._base_url = base_url
        self._keys = KeySource(spec, api_key)
        self._transport = GuardedTransport(
            verify=check_verify(verify),
            max_connections=check_count(max_connections, "max_connections"),
        )
        self._lock = threading.Lock()  # of the SDK, which is made with the first request

    @abstractmethod
    def _post(self, request: ChatRequest, limits: Limits, *, stream: bool) -> httpx2.Response:
        """Send a request; give an answer with status 200 whose body has not been read."""

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
