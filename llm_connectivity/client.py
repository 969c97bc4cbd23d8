"""`LLMClient`: how a client is made, changed and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import checks, pricing
from .adapters import open_adapters
from .arguments import check_changes, check_settings
from .asking import Asking
from .hooks import Hooks
from .lifetime import Lifetime
from .providers.base import Adapter
from .retry import RetryPolicy
from .routing import target_of_call
from .secret import Secret, forgotten, hide_key
from .sse import MAX_EVENT_BYTES

if TYPE_CHECKING:
    import os
    import ssl


class LLMClient(Asking):
    """Asks the models of one provider, and of others where told to; the same lines work on all.

    Safe to share between threads. Use it as a context manager, or ``close()`` it. ``api_key``,
    ``base_url`` and ``extra_headers`` are for the provider named here and go to no other.

    Args:
        model: ``"provider/model"``, for example ``"openai/gpt-4o-mini"``; with ``provider`` the
            model's name alone.
        provider: Name of the provider; ``model`` is then taken as it is.
        api_key: The key, or a callable that returns one; ``None``: from the environment.
        base_url: Root of the API; ``None``: from the environment, else the provider's own.
        timeout: Seconds for each wait; ``None``: 10 s to connect, 60 s per wait of a stream, 600 s
            for a whole answer.
        idle_timeout: Seconds that a stream may keep ``next()`` waiting without anything new, signs
            of life apart; ``None``: ``timeout``, or 300 s without one.
        deadline: Seconds for a whole call, from its first I/O to its end, retries included.
        max_retries: Retries after the first try; ``None``: the policy's, the adapter's, or 3.
        retry: When a failed try is repeated.
        retry_budget: Send few retries where nearly all calls fail: ten are free, each further one
            wants ten successes. An error that is not retried for this says so in its ``hint``.
        fallbacks: Who is asked, one after the other, where the model fails before its first chunk:
            ``"provider/model"`` strings (a name alone is of the same provider) and adapters. Each
            is asked with its own key and address; ``response.provider`` says who has answered.
        adapter: A configured adapter instead of ``api_key``, ``base_url``, ``verify``, ``proxy``
            and ``max_connections``; it is closed with the client.
        drop_unsupported: Leave out options that the provider lacks, with a warning.
        hooks: Functions that are told of each call.
        extra_headers: HTTP headers of every call.
        verify: TLS certificates to trust: ``True``: the system's; ``False``: any; a file's path;
            an `ssl.SSLContext`.
        proxy: URL of an HTTP proxy for all providers; ``None``: what the environment says.
        max_connections: Most connections at a time, per provider; a request that gets none within
            the time to connect is a `RequestTimeoutError`.
        max_event_bytes: A longer event in a stream is a `ProviderError`; 16 MiB.

    Raises:
        ValidationError: An argument is wrong.
        AuthenticationError: There is no key, and no fallback.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        provider: str | None = None,
        api_key: str | Secret | Callable[[], str] | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        retry: RetryPolicy | None = None,
        retry_budget: bool = True,
        fallbacks: Sequence[str | Adapter] = (),
        adapter: Adapter | None = None,
        drop_unsupported: bool = False,
        hooks: Hooks | None = None,
        extra_headers: Mapping[str, str] | None = None,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext | None = None,
        proxy: str | Secret | None = None,
        max_connections: int = 1000,
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        given = dict(locals(), api_key=hide_key(api_key), proxy=hide_key(proxy))
        del api_key, base_url, extra_headers, proxy  # a traceback with locals shows none of it
        with forgotten(given):
            settings = self._settings = check_settings(given)
            adapters = open_adapters(given, settings.target, settings.fallbacks)
        self._lifetime = Lifetime(adapters)

    def with_options(self, **changes: Any) -> Self:
        """Make a client that shares this one's connections and retry budget, with other settings.

        It is usable until either is closed; closing it leaves this one open.

        Args:
            **changes: ``model``, ``provider``, ``timeout``, ``idle_timeout``, ``deadline``,
                ``max_retries``, ``retry``, ``retry_budget``, ``fallbacks``, ``drop_unsupported``,
                ``hooks``, ``extra_headers``, ``max_event_bytes``, as for `LLMClient`. Hooks and
                headers are added to those there are; ``None`` leaves a setting as it is.

        Raises:
            ValidationError: One is wrong, or belongs to the connections.
        """
        with forgotten(changes):
            self._lifetime.check()
            check_changes(changes)
            other = object.__new__(type(self))
            settings = other._settings = self._settings.override(changes)
            self._lifetime.adapters.adopt(settings.fallbacks, settings.target)
        other._lifetime = self._lifetime.share()
        return other

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
            ValidationError: A number is negative, or the model is none.
        """
        settings = self._settings
        target = target_of_call(settings.target, model, splits=settings.splits_names)
        counts: dict[str, int | None] = {
            "prompt_tokens": checks.check_not_negative(prompt_tokens, "prompt_tokens"),
            "completion_tokens": checks.check_not_negative(completion_tokens, "completion_tokens"),
        }
        return pricing.price_usd(target.provider, target.model, counts)

    def close(self) -> None:
        """Close all connections and open streams; later calls raise. Harmless when repeated.

        A client that ``with_options`` has made closes its own streams alone; it is closed with the
        one whose connections it shares.
        """
        if "_lifetime" in vars(self):  # it may be half made, when its constructor failed
            self._lifetime.close()

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
        state = vars(self)
        settings, lifetime = state.get("_settings"), state.get("_lifetime")
        target = None if settings is None else str(settings.target)
        adapter = None if lifetime is None else lifetime.adapters.primary
        return f"LLMClient({target!r}, adapter={adapter!r})"

    def __reduce__(self) -> Any:
        raise TypeError("an LLMClient is not copied or pickled: it holds connections and a key")
