"""The google-genai SDK, and how to get at what it sends and at the answer to it.

The SDK has no door to an answer's bytes. So it is given an HTTP client of ours that sends the body
we built, keeps the answer, and hands the SDK one with nothing in it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import httpx2

from ..fork import LOADING
from .rows import GOOGLE

if TYPE_CHECKING:
    from google import genai

# https://ai.google.dev/gemini-api/docs/api-versions
_VERSION = "v1beta"
_ENDS_IN_VERSION = re.compile(r"/v\d+(?:(?:alpha|beta)\d*)?\Z")

# What makes and answers the requests of the SDK in this thread.
_COUNTERPART: ContextVar[_Counterpart] = ContextVar("_COUNTERPART")

# Each thread's stream for building the SDK's objects: opening one takes longer than reading it.
_REPLAY = threading.local()


class _Counterpart(Protocol):
    """What an HTTP client is to the SDK."""

    def build(self, method: str, url: str, headers: Mapping[str, str]) -> httpx2.Request:
        """Make a request."""

    def send(self, request: httpx2.Request) -> httpx2.Response:
        """Answer it."""


class Exchange:
    """One request of the SDK's, and its answer.

    Inside its ``with`` block this thread's requests get what we have in place of what the SDK made.

    Args:
        client: What sends.
        given: ``headers``, ``params``, ``content``: what is sent.

    Attributes:
        answer: What the server has answered; live where that is an answer and no failure.
        address: What was asked.
    """

    def __init__(self, client: httpx2.Client, given: dict[str, Any]) -> None:
        self._client = client
        self.given = given
        self.answer: httpx2.Response | None = None
        self.address = ""

    def __enter__(self) -> None:
        self._token = _COUNTERPART.set(self)

    def __exit__(self, cls: object, error: object, traceback: object) -> None:
        _COUNTERPART.reset(self._token)
        if error is not None and self.answer is not None:
            self.answer.close()

    def build(self, method: str, url: str, headers: Mapping[str, str]) -> httpx2.Request:
        """Make our request of what the SDK says of its own."""
        own = httpx2.Headers(headers)
        own.update(self.given["headers"])
        if not own["x-goog-api-key"]:  # none is wanted; the SDK has put there what it was made with
            del own["x-goog-api-key"]
        self.address = url
        target = httpx2.URL(url)
        if self.given["params"]:
            target = target.copy_merge_params(self.given["params"])
        content = self.given["content"]
        return self._client.build_request(method, target, headers=own, content=content)

    def send(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, and keep the answer; a failure is the SDK's to look at too."""
        self.answer = self._client.send(request, stream=True)
        return httpx2.Response(200, request=request) if self.answer.is_success else self.answer


class _Door(httpx2.Client):
    """The HTTP client that the SDK gets; whoever calls the SDK answers its requests."""

    def __init__(self) -> None:
        super().__init__(transport=httpx2.BaseTransport(), trust_env=False)

    def build_request(
        self, method: str, url: Any, *, headers: Any = None, **_: Any
    ) -> httpx2.Request:
        """Let the one who called the SDK make the request."""
        return _COUNTERPART.get().build(method, url, headers)

    def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
        """Let the one who called the SDK answer."""
        return _COUNTERPART.get().send(request)


class _Replay:
    """Answers the SDK with bytes that have come before.

    Args:
        **body: ``content`` or ``stream``, as `httpx2.Response` takes them.
    """

    def __init__(self, **body: Any) -> None:
        self._body = body

    def __enter__(self) -> None:
        self._token = _COUNTERPART.set(self)

    def __exit__(self, *_: object) -> None:
        _COUNTERPART.reset(self._token)

    def build(self, method: str, url: str, headers: Mapping[str, str]) -> httpx2.Request:
        """Make what nobody will see."""
        return httpx2.Request(method, url)

    def send(self, request: httpx2.Request) -> httpx2.Response:
        """Answer with the bytes."""
        return httpx2.Response(200, request=request, **self._body)


def ask(sdk: genai.Client, model: str, *, stream: bool) -> None:
    """Let the SDK ask; the prompt is put in further down, and nothing comes out.

    Given a config it would take twice as long.
    """
    if stream:
        for _ in sdk.models.generate_content_stream(model=model, contents=""):
            pass
    else:
        sdk.models.generate_content(model=model, contents="")


def make_sdk(base_url: str) -> genai.Client:
    """Make the SDK's client; whatever it would take from the environment is given."""
    from google import genai
    from google.genai.client import DebugConfig
    from google.genai.types import HttpOptions

    options = HttpOptions(
        base_url=base_url,
        api_version="" if _ENDS_IN_VERSION.search(base_url) else _VERSION,
        httpx_client=_Door(),
        # Never used; without them the SDK makes three TLS contexts, at 13 ms each.
        httpx_async_client=httpx2.AsyncClient(
            transport=httpx2.AsyncBaseTransport(), trust_env=False
        ),
        async_client_args={"ssl": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)},
    )
    for module in ("_api_client", "models"):
        logging.getLogger(f"google_genai.{module}").addFilter(_is_news)
    with _Replay(content=b"{}"):
        client = genai.Client(
            api_key="set-per-request",
            vertexai=False,
            debug_config=DebugConfig(client_mode=None, replays_directory=None, replay_id=None),
            http_options=options,
        )
        with contextlib.suppress(Exception):  # what comes of it is nobody's
            ask(client, "first", stream=False)  # it builds, under locks, with its first request
        return client


def build_raw_chunk(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for one event; what the SDK can't read stays JSON."""
    try:
        if not hasattr(_REPLAY, "stream"):
            _REPLAY.stream = _EndlessStream()
        return _REPLAY.stream.read(data)
    except Exception:  # what this raises on JSON made to confuse it is nowhere written
        vars(_REPLAY).pop("stream", None)
        return build_raw_response(data)  # an event is a whole answer in form; this takes longer


def build_raw_response(data: Mapping[str, Any]) -> Any:
    """Build the SDK's object for a whole answer; what the SDK can't read stays JSON."""
    from google.genai.types import GenerateContentConfig

    config = GenerateContentConfig(automatic_continuation=False)
    try:
        with _Replay(content=json.dumps(data).encode()):
            return _replayer().models.generate_content(model="replay", contents="", config=config)
    except Exception:  # as above
        return data


class _EndlessStream(httpx2.SyncByteStream):
    """A stream of the SDK's own that is fed one event at a time: its parser keeps nothing of it."""

    def __init__(self) -> None:
        from google.genai.types import AutomaticFunctionCallingConfig, GenerateContentConfig

        self._event = b""
        self._chunks = _replayer().models.generate_content_stream(
            model="replay",
            contents="",
            config=GenerateContentConfig(
                automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
                automatic_continuation=False,
            ),
        )

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self._event

    def read(self, data: Mapping[str, Any]) -> Any:
        """Give the SDK's object for an event."""
        self._event = b"data: %b\n\n" % json.dumps(data).encode()
        with _Replay(stream=self):
            return next(self._chunks)


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what the SDK logs of its settings while we call it.

    It would warn of two keys in the environment, neither of which it uses, and say with each
    request that it calls functions by itself, of which it has none.
    """
    ours = _COUNTERPART.get(None) is not None
    return not (ours and (record.funcName == "get_env_api_key" or "AFC is" in str(record.msg)))


@functools.cache
def _replayer() -> genai.Client:
    with LOADING:
        return make_sdk(GOOGLE.base_url)
