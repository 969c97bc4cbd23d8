"""What adapters share whose SDKs come from one generator, Stainless: OpenAI's and Anthropic's.

Their clients have the same ``post``, the same headers and the same exceptions. An SDK is imported
with the first request, so that making an adapter costs nothing.
"""

from __future__ import annotations

import logging
import os
from abc import abstractmethod
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

import httpx2

from .._version import __version__
from ..errors import LLMError
from ..fork import LOADING
from ..limits import Limits
from ..secret import MASK, Secret, is_secret_header
from ..types import ChatRequest
from ..wires.json_text import encode_body
from .sdk_call import facts_of, make_http_client, map_sdk_error, sdk_call
from .vendor import VendorAdapter

# What such an SDK sends with each request besides its platform headers.
_SDK_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "X-Stainless-Async": "false",
}

# What it says of its own waits and retries, which are not ours.
_UNTRUE_HEADERS = ("x-stainless-timeout", "x-stainless-read-timeout", "x-stainless-retry-count")


class StainlessAdapter(VendorAdapter):
    """Sends through such an SDK; a vendor's adapter says which one."""

    _path: ClassVar[str]
    _headers_variable: ClassVar[str]  # adds headers to each request of the SDK's
    _vendor_headers: ClassVar[Mapping[str, str]] = {}  # besides those that all such SDKs send

    _ambient: Mapping[str, Any] = {}  # what takes back what the SDK adds from the environment

    @abstractmethod
    def _import_sdk(self) -> ModuleType:
        """Import the SDK."""

    @abstractmethod
    def _make_sdk(self, **settings: Any) -> Any:
        """Make the SDK's client, with nothing from the environment that has a parameter.

        Args:
            **settings: What every such SDK takes.
        """

    def _post(self, request: ChatRequest, limits: Limits, *, stream: bool) -> httpx2.Response:
        key = self._keys.current()  # where one is missing, no SDK has to be loaded
        sdk = self._open_sdk()
        given: dict[str, Any] = {
            "options": {"headers": self._headers(request, key), "params": request.extra_query},
            "content": encode_body(self.codec.build_chat(request, stream=stream)),
        }
        with sdk_call(limits, given, lambda error: self._map(error, limits)):
            response: httpx2.Response = sdk.post(
                self._path,
                **given,
                cast_to=httpx2.Response,
                stream=True,  # of whole answers too: the body is ours to read
                stream_cls=self._import_sdk().Stream[Any],
            )
        if response.status_code == 204:
            response.read()
            raise self.codec.map_error(facts_of(response, address=self._address))
        return response

    @property
    def _address(self) -> str:
        return f"{self._base_url}{self._path}"

    def _open_sdk(self) -> Any:
        with self._lock.held:
            if self._sdk is None:
                with LOADING:
                    self._sdk = self._begin_sdk()
            return self._sdk

    def _begin_sdk(self) -> Any:
        sdk = self._make_sdk(
            api_key="set-per-request",
            base_url=self._base_url,
            max_retries=0,
            http_client=make_http_client(self._transport),
        )
        logging.getLogger(f"{self._import_sdk().__name__}._base_client").addFilter(_hide_keys)
        sdk.platform_headers()  # asks the system, once; Python holds a lock meanwhile
        self._ambient = {} if self._at_vendor else self._undo_ambient_headers(sdk)
        return sdk

    def _headers(self, request: ChatRequest, key: Secret) -> dict[str, Any]:
        """Headers of one request; what the environment adds to the SDK's stays at the vendor."""
        headers: dict[str, Any] = dict(self._ambient)
        omit = self._import_sdk().Omit()
        headers |= dict.fromkeys(_UNTRUE_HEADERS, omit)
        # Omitted, where there is none: the SDK would send what it was made with.
        headers["Authorization"] = f"Bearer {key.reveal()}" if key.reveal() else omit
        headers["User-Agent"] = f"llm-connectivity/{__version__}"
        return {**headers, **request.extra_headers}

    def _undo_ambient_headers(self, sdk: Any) -> dict[str, Any]:
        """Give headers that take back what the SDK reads from its variable on its own."""
        lines = os.environ.get(self._headers_variable, "").split("\n")
        names = [line.partition(":")[0].strip() for line in lines if ":" in line]
        usual = {**_SDK_HEADERS, **sdk.platform_headers(), **self._vendor_headers}
        lowered = {name.lower(): value for name, value in usual.items()}
        omit = self._import_sdk().Omit()
        return {name: lowered.get(name.lower(), omit) for name in names}

    def _map(self, error: Exception, limits: Limits) -> LLMError:
        """Turn the SDK's exception into facts, and let the codec decide."""
        sdk = self._import_sdk()
        if isinstance(error, sdk.APIStatusError):
            facts = facts_of(error.response, address=self._address, cause=error)
            return self.codec.map_error(facts)
        return map_sdk_error(error, limits, sdk=sdk.__name__, address=self._base_url)


def _hide_keys(record: logging.LogRecord) -> bool:
    """Mask keys among the headers of a request that the SDK logs; a filter of its logger."""
    told: Any = record.args
    if isinstance(told, Mapping) and isinstance(told.get("headers"), Mapping):
        headers = {k: MASK if is_secret_header(k) else v for k, v in told["headers"].items()}
        record.args = {**told, "headers": headers}
    return True


def build_model(model: Any, data: Mapping[str, Any]) -> Any:
    """Validate, or take the JSON as it is, as such an SDK does with what it does not know.

    Args:
        model: The SDK's class.
        data: JSON of an event or answer.
    """
    try:
        return model.model_validate(data)
    except ValueError:
        pass
    try:
        return model.construct(**data)
    except Exception:  # what this raises on JSON made to confuse it is nowhere written
        return data
