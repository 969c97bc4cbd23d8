"""What the adapters of all vendors share: settings, the transport, and reading answers."""

from __future__ import annotations

import os
import ssl
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import httpx2

from ..checks import check_count, check_max_retries, check_seconds
from ..fork import KEPT, Lock, tell_in_child
from ..http.body import HttpBody
from ..http.proxies import choose_proxy
from ..http.tls import check_verify
from ..http.transport import GuardedTransport
from ..limits import Limits
from ..secret import Secret, hide_key
from ..types import ChatRequest, ChatResponse
from ..wires.base import Codec
from .base import ProviderSpec
from .settings import ApiKey, KeySource, choose_base_url, is_same_address
from .whole import read_answer

Verify = bool | str | os.PathLike[str] | ssl.SSLContext


class VendorAdapter(ABC):
    """Sends through the vendor's SDK, which a vendor's adapter knows, and reads answers itself.

    Args:
        api_key: The key, or a callable that returns one (asked at each request); ``None``: from
            the environment.
        timeout: Seconds for each wait where neither call nor client say.
        base_url: Root of the API; ``None``: from the environment, else the vendor's own.
        max_retries: Retries where neither call nor client say.
        verify: TLS certificates to trust: ``True``: the system's; ``False``: any; a file's path;
            an `ssl.SSLContext`.
        max_connections: More requests at a time wait for a free connection.
        proxy: URL of an HTTP proxy, ``"http://user:password@host:port"``; ``None``: from the
            environment.
        spec: The provider, where it is not the vendor itself but speaks its wire.

    Raises:
        AuthenticationError: There is no key, and the provider wants one.
        ValidationError: An argument can't be used.
    """

    _vendor: ClassVar[ProviderSpec]

    def __init__(
        self,
        api_key: ApiKey = None,
        timeout: float | None = None,
        base_url: str | None = None,
        max_retries: int | None = None,
        *,
        verify: Verify = True,
        max_connections: int = 1000,
        proxy: str | Secret | None = None,
        spec: ProviderSpec | None = None,
    ) -> None:
        # At once: a traceback with locals must not show them.
        api_key, hidden_proxy = hide_key(api_key), hide_key(proxy)
        del proxy
        spec = spec or self._vendor
        self.provider = spec.name
        self.timeout = check_seconds(timeout, "timeout")
        self.max_retries = check_max_retries(max_retries)
        self._base_url = self._root(choose_base_url(spec, base_url))
        self._at_home = is_same_address(self._base_url, self._root(spec.base_url))
        # What the environment adds for the vendor is for nobody else who speaks its wire.
        self._at_vendor = is_same_address(self._base_url, self._root(self._vendor.base_url))
        self.codec = self._make_codec(spec)
        self._keys = KeySource(spec, api_key)
        self._transport = GuardedTransport(
            verify=check_verify(verify),
            max_connections=check_count(max_connections, "max_connections"),
            proxy=choose_proxy(self._base_url, hidden_proxy),
        )
        self._lock = Lock()  # of the SDK, which is made with the first request
        self._sdk: Any = None
        tell_in_child(self)

    def in_child(self) -> None:
        """Make the SDK's client anew: lost threads may hold locks of the old one's."""
        KEPT.append(self._sdk)
        self._sdk = None

    @abstractmethod
    def _make_codec(self, spec: ProviderSpec) -> Codec:
        """Make the codec of its wire."""

    @abstractmethod
    def _post(self, request: ChatRequest, limits: Limits, *, stream: bool) -> httpx2.Response:
        """Send a request; give an answer with status 200 whose body has not been read."""

    def _root(self, base_url: str) -> str:
        """Give the address as the SDK wants it."""
        return base_url

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
