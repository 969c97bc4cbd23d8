"""`LLMClient`: the argument surface. Everything is checked here, before anything is sent."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import checks, pricing
from .arguments import build_call, check_defaults
from .calls import Call, complete, describe, filtered, run
from .errors import ValidationError
from .limits import Limits
from .providers.base import Adapter
from .retry import RetryPolicy
from .routing import choose_adapter, target_of_call
from .secret import Secret, forgotten, hide_key
from .sse import MAX_EVENT_BYTES
from .stream import ChatStream
from .types import ChatResponse, Messages

if TYPE_CHECKING:
    import os
    import ssl


class LLMClient:
    """Asks one provider's models; the same lines work on every provider.

    Safe to share between threads. Use it as a context manager, or ``close()`` it.

    Args:
        model: ``"provider/model"``, for example ``"openai/gpt-4o-mini"``; with ``provider`` the
            model's name alone.
        provider: Name of the provider; ``model`` is then taken as it is.
        api_key: The key, or a callable that returns one; ``None``: from the environment.
        base_url: Root of the API; ``None``: from the environment, else the provider's own.
        timeout: Seconds for each wait; ``None``: 10 s to connect, 60 s per wait of a stream, 600 s
            for a whole answer.
        max_retries: Retries after the first try; ``None``: the policy's, the adapter's, or 3.
        retry: When a failed try is repeated.
        adapter: A configured adapter instead of ``api_key``, ``base_url``, ``verify`` and
            ``max_connections``; it is closed with the client.
        drop_unsupported: Leave out options that the provider lacks, with a warning.
        extra_headers: HTTP headers of every call.
        verify: TLS certificates to trust: ``True``: the system's; ``False``: any; a file's path;
            an `ssl.SSLContext`.
        max_connections: Most connections at a time; a request that gets none within the time to
            connect is a `RequestTimeoutError`.
        max_event_bytes: A longer event in a stream is a `ProviderError`; 16 MiB.

    Raises:
        ValidationError: An argument is wrong.
        AuthenticationError: There is no key.
    """

    _closed = True  # until it is made

    def __init__(
        self,
        model: str | None = None,
        *,
        provider: str | None = None,
        api_key: str | Secret | Callable[[], str] | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        retry: RetryPolicy | None = None,
        adapter: Adapter | None = None,
        drop_unsupported: bool = False,
        extra_headers: Mapping[str, str] | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext | None = None,
        max_connections: int = 1000,
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        given = dict(locals(), api_key=hide_key(api_key))
        del api_key, base_url, extra_headers  # a traceback with locals shows none of it
        self._splits_names = provider is None
        self._streams: weakref.WeakSet[ChatStream] = weakref.WeakSet()
        self._lock = threading.RLock()  # of the streams
        with forgotten(given):
            self._max_event_bytes = checks.check_count(max_event_bytes, "max_event_bytes")
            self._defaults = check_defaults(given)
            self._target, self._adapter = choose_adapter(given)
        self._closed = False

    def chat(
        self,
        messages: Messages,
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        user: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        drop_unsupported: bool | None = None,
        raise_on_filter: bool = False,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        **vendor: Any,
    ) -> ChatResponse:
        """Ask, and wait for the whole answer.

        Args:
            messages: A string (one user message), or a list of ``{"role", "content"}`` dicts;
                ``content`` is a string or a list of ``{"type": "text", "text": ...}`` parts.
            model: Another model of the client's provider.
            temperature: How random the answer is, from 0 to 2.
            max_tokens: Most tokens the answer may have.
            top_p: Choose among the likeliest tokens that have this probability together, 0 to 1.
            stop: Where the answer ends: one text or several.
            seed: Same seed, same answer, as far as the provider keeps to it.
            frequency_penalty: Avoid tokens the more often they have occurred, -2 to 2.
            presence_penalty: Avoid tokens that have occurred at all, -2 to 2.
            user: Your name for the end user.
            timeout: Seconds for each wait.
            max_retries: Retries after the first try.
            drop_unsupported: Leave out options that the provider lacks, with a warning.
            raise_on_filter: Make an answer that a content filter cut a `ContentFilterError`.
            extra_headers: HTTP headers.
            extra_body: Goes into the request body as it is, dicts merged deeply.
            extra_query: Query parameters.
            **vendor: Other keywords go to the root of the request body as they are.

        Raises:
            ValidationError: An argument is wrong; nothing has been sent.
            LLMError: The last try failed; see `llm_connectivity.errors`.
        """
        given = dict(locals())
        # A traceback with locals shows none of it.
        del messages, extra_headers, extra_body, extra_query, vendor
        call = self._prepare(given, stream=False)

        def ask(limits: Limits) -> tuple[ChatResponse, str | None]:
            response = call.adapter.chat(call.request, limits)
            return response, response.request_id

        response = run(call, ask)
        if call.raise_on_filter and response.finish_reason == "content_filter":
            raise describe(filtered(response), call)
        return complete(response, call)

    def chat_stream(  # noqa: D417 - the arguments are documented once, at chat
        self,
        messages: Messages,
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        user: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        drop_unsupported: bool | None = None,
        raise_on_filter: bool = False,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        accumulate: bool = True,
        **vendor: Any,
    ) -> ChatStream:
        """Ask, and read the answer as it comes.

        Arguments are checked now, the request is sent with the first ``next()``. All arguments
        but one are those of `chat`.

        Args:
            accumulate: Keep the text, for ``.text`` and ``.response``; with ``False`` memory does
                not grow with the answer.

        Raises:
            ValidationError: An argument is wrong; nothing has been sent.
        """
        given = dict(locals())
        # A traceback with locals shows none of it.
        del messages, extra_headers, extra_body, extra_query, vendor
        call = self._prepare(given, stream=True)
        stream = ChatStream(
            call,
            max_event_bytes=self._max_event_bytes,
            accumulate=checks.check_flag(accumulate, "accumulate"),
        )
        with self._lock:
            self._streams.add(stream)
        return stream

    def estimate_cost(
        self, model: str | None = None, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> float | None:
        """Price a number of tokens, without sending anything.

        Args:
            model: ``"provider/model"`` or the model's name; ``None``: the client's.
            prompt_tokens: Tokens of the request.
            completion_tokens: Tokens of the answer.

        Returns:
            USD, or ``None`` where the price list has no such model.

        Raises:
            ValidationError: A number is negative, or the model is another provider's.
        """
        target = target_of_call(self._target, model, splits=self._splits_names)
        counts: dict[str, int | None] = {
            "prompt_tokens": checks.check_not_negative(prompt_tokens, "prompt_tokens"),
            "completion_tokens": checks.check_not_negative(completion_tokens, "completion_tokens"),
        }
        return pricing.price_usd(target.provider, target.model, counts)

    def close(self) -> None:
        """Close all connections and open streams; later calls raise. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream._interrupt(
                "the client was closed", "Read streams inside the client's with block."
            )
        self._adapter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = vars(self)  # it may be half made, when its constructor failed
        return f"LLMClient({str(state.get('_target'))!r}, adapter={state.get('_adapter')!r})"

    def __reduce__(self) -> Any:
        raise TypeError("an LLMClient is not copied or pickled: it holds connections and a key")

    def _prepare(self, given: dict[str, Any], *, stream: bool) -> Call:
        with forgotten(given):
            return self._build(given, stream=stream)

    def _build(self, given: Mapping[str, Any], *, stream: bool) -> Call:
        if self._closed:
            raise ValidationError(
                "this client is closed.",
                code="client_closed",
                hint="Make a new LLMClient, or close it later.",
            )
        target = target_of_call(self._target, given["model"], splits=self._splits_names)
        return build_call(given, target, self._adapter, self._defaults, stream=stream)
