"""The arguments of a client, and of one call -> a checked `Call`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import checks
from .adapters import Adapters, refuse_twice
from .calls import Call, Candidate
from .errors import ValidationError
from .hooks import Hooks, check_hooks, check_on_token
from .limits import Deadline, Patience
from .messages import check_messages, left_out
from .model_id import ModelId
from .option_checks import check_together
from .options import CONSTRUCTOR_ONLY, OPTIONS, check_extra, check_options, drop_unsupported
from .providers.base import Adapter
from .retry import DEFAULT_MAX_RETRIES, RetryPolicy, check_policy
from .retry_budget import RetryBudget
from .routing import Fallback, check_fallbacks, target_of_call, target_of_client
from .sse import MAX_EVENT_BYTES
from .types import ChatRequest
from .wires.json_text import merge_deeply


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for a call, or for all calls of a client; most names are those of `LLMClient`.

    Attributes:
        target: Provider and model.
        splits_names: Whether a model's name with a slash in it holds a provider.
        budget: What retries are paid from where ``retry_budget`` is set; one for a client and all
            that are made from it.
        headers: Provider -> the ``extra_headers`` that were given for it; no other gets them.
    """

    target: ModelId
    splits_names: bool = True
    timeout: float | None = None
    idle_timeout: float | None = None
    deadline: float | None = None
    max_retries: int | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    retry_budget: bool = True
    budget: RetryBudget = field(default_factory=RetryBudget, repr=False)
    fallbacks: tuple[Fallback, ...] = ()
    drop_unsupported: bool = False
    hooks: tuple[Hooks, ...] = ()
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    max_event_bytes: int = MAX_EVENT_BYTES

    def override(self, given: Mapping[str, Any]) -> Settings:
        """Lay over them what a call says, or a client made from another one.

        Args:
            given: Arguments by name; ``None``, or none of that name, leaves a setting as it is.
                Hooks and headers are added.

        Raises:
            ValidationError: One is wrong.
        """
        if all(given.get(name) is None for name in (*_CHANGEABLE, "on_token")):
            return self
        changes: dict[str, Any] = {
            name: check(given[name], name)
            for name, check in _CHECKS.items()
            if given.get(name) is not None
        }
        target = self.target
        if given.get("model") is not None or given.get("provider") is not None:
            target = target_of_call(
                self.target, given.get("model"), given.get("provider"), splits=self.splits_names
            )
        fallbacks = self.fallbacks
        if given.get("fallbacks") is not None:
            fallbacks = check_fallbacks(given["fallbacks"], target)
        headers = _lay_over(
            self.headers.get(target.provider, {}), checks.check_headers(given.get("extra_headers"))
        )
        return dataclasses.replace(
            self,
            **changes,
            target=target,
            fallbacks=fallbacks,
            hooks=(
                *self.hooks,
                *check_hooks(given.get("hooks")),
                *check_on_token(given.get("on_token")),
            ),
            headers={**self.headers, target.provider: headers},
        )


# Fields of a request that only the provider understands for whom they were written.
_MEANT_FOR_ONE = ("extra", "extra_headers", "extra_query")

_OF_A_FALLBACK = (
    "This is of the fallback {0.provider}/{0.model}; fallbacks=() asks nobody but the model itself."
)

# Setting -> the check for it.
_CHECKS = {
    "timeout": checks.check_seconds,
    "idle_timeout": checks.check_seconds,
    "deadline": checks.check_seconds,
    "max_retries": checks.check_not_negative,
    "retry": lambda value, name: check_policy(value),
    "retry_budget": checks.check_flag,
    "drop_unsupported": checks.check_flag,
    "max_event_bytes": checks.check_count,
}

# What a client can be made anew with, while it shares its connections.
_CHANGEABLE = ("model", "provider", "fallbacks", "hooks", "extra_headers", *_CHECKS)


def check_settings(given: Mapping[str, Any]) -> Settings:
    """Check the arguments of `LLMClient` that hold for its calls.

    Args:
        given: The arguments by name.

    Raises:
        ValidationError: One is wrong.
    """
    target = target_of_client(given["model"], given["provider"], given["adapter"])
    settings = Settings(target=target, splits_names=given["provider"] is None)
    return settings.override({**given, "model": None, "provider": None})


def check_changes(changes: Mapping[str, Any]) -> None:
    """Check the names that a client is to be made anew with.

    Raises:
        ValidationError: One is unknown, or belongs to the connections; its value is not shown.
    """
    for name in changes:
        if name in CONSTRUCTOR_ONLY and name not in _CHANGEABLE:
            raise ValidationError(
                f"{name} can't be changed: it belongs to the connections that are shared.",
                code="unknown_option",
                hint=f"Make another client: LLMClient({name}=...).",
            )
        if name not in _CHANGEABLE:
            raise ValidationError(
                f"a client has no setting {name!r}.",
                code="unknown_option",
                hint=f"It has: {', '.join(sorted(_CHANGEABLE))}.",
            )


def build_call(
    given: Mapping[str, Any], adapters: Adapters, defaults: Settings, *, stream: bool
) -> Call:
    """Check everything about a call, for all who may answer it, and put it together.

    Args:
        given: The arguments of `LLMClient.chat` by name; other keywords under ``"vendor"``.
        adapters: The client's.
        defaults: What the client says.
        stream: Whether the answer is streamed.

    Raises:
        ValidationError: An argument is wrong.
        AuthenticationError: The call goes to another provider, for which there is no key.
    """
    settings = defaults.override(given)
    request = _build_request(given, settings)
    n = request.options.get("n", request.extra.get("n"))
    if stream and checks.is_whole(n) and n > 1:
        raise ValidationError(
            f"n={n} can't be streamed: a stream is one answer.",
            code="unsupported_option",
            hint="Call chat(..., n=...), or chat_stream several times.",
        )
    needs_key = not settings.fallbacks
    primary = adapters.get(request.provider, needs_key=needs_key)
    told = left_out(given["messages"])
    candidates = [_build_candidate(request, primary, settings, told)]
    for fallback in settings.fallbacks:
        if fallback != Fallback(settings.target):  # else the call has made it the first
            other = _build_fallback(fallback, request, primary, adapters, settings)
            candidates.append(dataclasses.replace(other, warnings=(*told, *other.warnings)))
    deadline = math.inf if settings.deadline is None else settings.deadline
    return Call(
        candidates=tuple(candidates),
        policy=settings.retry,
        deadline=Deadline(deadline, settings.retry.clock),
        stream=stream,
        budget=settings.budget if settings.retry_budget else None,
        raise_on_filter=checks.check_flag(given["raise_on_filter"], "raise_on_filter"),
        hooks=settings.hooks,
    )


def _lay_over(headers: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Lay headers over headers; the case of a name does not matter."""
    replaced = {name.lower() for name in others}
    kept = {name: value for name, value in headers.items() if name.lower() not in replaced}
    return {**kept, **others}


def _build_request(given: Mapping[str, Any], settings: Settings) -> ChatRequest:
    provider, model = settings.target
    if not model:
        target_of_call(settings.target, None, splits=False)  # which says so
    body = checks.check_mapping(given["extra_body"], "extra_body")
    options = check_options({name: given[name] for name in OPTIONS})
    extra = merge_deeply(check_extra(given["vendor"]), checks.check_json(body, "extra_body"))
    return ChatRequest(
        provider=provider,
        model=model,
        messages=check_messages(given["messages"]),
        options=options,
        extra=extra,
        extra_headers=settings.headers.get(provider, {}),
        extra_query=checks.check_query(given["extra_query"]),
    )


def _build_fallback(
    fallback: Fallback,
    request: ChatRequest,
    primary: Adapter,
    adapters: Adapters,
    settings: Settings,
) -> Candidate:
    """Ask somebody else the same; what is meant for one address or wire goes to no other."""
    (provider, model), given = fallback
    refuse_twice(given, primary)
    adapter = given or adapters.get(provider, needs_key=False)
    changes: dict[str, Any] = {"provider": provider, "model": model}
    left_out: list[str] = []
    if adapter is not primary:
        same_wire = provider == request.provider
        left_out = [name for name in _MEANT_FOR_ONE if not (same_wire and name == "extra")]
        changes |= {name: {} for name in left_out}
        if given is None:
            changes["extra_headers"] = settings.headers.get(provider, {})
    warnings = tuple(
        f"{key!r} is meant for another: not sent to {provider}/{model}."
        for name in left_out
        for key in getattr(request, name)
    )
    other = dataclasses.replace(request, **changes)
    return _build_candidate(other, adapter, settings, warnings, is_fallback=True)


def _build_candidate(
    request: ChatRequest,
    adapter: Adapter,
    settings: Settings,
    warnings: tuple[str, ...] = (),
    *,
    is_fallback: bool = False,
) -> Candidate:
    options, dropped = drop_unsupported(
        request.options,
        adapter.codec.options,
        request.provider,
        drop=settings.drop_unsupported,
        where=f" (the fallback {request.provider}/{request.model})" if is_fallback else "",
    )
    if dropped:
        request = dataclasses.replace(request, options=options)
    try:
        check_together(request.options, request.extra)
        changed = adapter.codec.check_chat(request)
    except ValidationError as error:
        error.provider, error.model = request.provider, request.model
        if is_fallback:
            error.hint = f"{error.hint or ''} {_OF_A_FALLBACK.format(request)}".lstrip()
        raise
    return Candidate(
        request=request,
        adapter=adapter,
        max_retries=_choose_max_retries(settings, adapter),
        patience=Patience(
            timeout=_first(settings.timeout, adapter.timeout), idle_timeout=settings.idle_timeout
        ),
        warnings=(*warnings, *dropped, *changed),
    )


def _choose_max_retries(settings: Settings, adapter: Adapter) -> int:
    chosen = _first(settings.max_retries, settings.retry.max_retries, adapter.max_retries)
    return DEFAULT_MAX_RETRIES if chosen is None else int(chosen)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
