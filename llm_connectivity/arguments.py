"""The arguments of one call -> a checked `Call`; what the call leaves open, the client says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import checks
from .calls import Call
from .messages import check_messages
from .model_id import ModelId
from .options import OPTIONS, check_extra, check_options, drop_unsupported
from .providers.base import Adapter
from .retry import DEFAULT_MAX_RETRIES, RetryPolicy, check_policy
from .types import ChatRequest
from .wires.json_text import merge_deeply


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a client says for all of its calls; the names are those of `LLMClient`."""

    timeout: float | None = None
    max_retries: int | None = None
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    drop_unsupported: bool = False
    extra_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def check_defaults(given: Mapping[str, Any]) -> Defaults:
    """Check the arguments of `LLMClient` that hold for its calls.

    Args:
        given: The arguments of the client by name.

    Raises:
        ValidationError: One is wrong.
    """
    return Defaults(
        timeout=checks.check_timeout(given["timeout"]),
        max_retries=checks.check_max_retries(given["max_retries"]),
        policy=check_policy(given["retry"]),
        drop_unsupported=checks.check_flag(given["drop_unsupported"], "drop_unsupported"),
        extra_headers=checks.check_headers(given["extra_headers"]),
    )


def build_call(
    given: Mapping[str, Any], target: ModelId, adapter: Adapter, defaults: Defaults, *, stream: bool
) -> Call:
    """Check everything about a call and put it together.

    Args:
        given: The arguments of `LLMClient.chat` by name; other keywords under ``"vendor"``.
        target: Where it goes.
        adapter: Who is asked.
        defaults: What the client says.
        stream: Whether the answer is streamed.

    Raises:
        ValidationError: An argument is wrong.
    """
    drop = given["drop_unsupported"]
    options, warnings = drop_unsupported(
        check_options({name: given[name] for name in OPTIONS}),
        adapter.codec.options,
        target.provider,
        drop=defaults.drop_unsupported
        if drop is None
        else checks.check_flag(drop, "drop_unsupported"),
    )
    request = ChatRequest(
        provider=target.provider,
        model=target.model,
        messages=check_messages(given["messages"]),
        options=options,
        extra=_build_extra(given),
        extra_headers={**defaults.extra_headers, **checks.check_headers(given["extra_headers"])},
        extra_query=checks.check_query(given["extra_query"]),
    )
    return Call(
        request=request,
        adapter=adapter,
        policy=defaults.policy,
        max_retries=_choose_max_retries(given, adapter, defaults),
        timeout=_first(checks.check_timeout(given["timeout"]), defaults.timeout, adapter.timeout),
        stream=stream,
        raise_on_filter=checks.check_flag(given["raise_on_filter"], "raise_on_filter"),
        warnings=list(warnings),
    )


def _build_extra(given: Mapping[str, Any]) -> dict[str, Any]:
    body = checks.check_mapping(given["extra_body"], "extra_body")
    return merge_deeply(check_extra(given["vendor"]), checks.check_json(body, "extra_body"))


def _choose_max_retries(given: Mapping[str, Any], adapter: Adapter, defaults: Defaults) -> int:
    chosen = _first(
        checks.check_max_retries(given["max_retries"]),
        defaults.max_retries,
        defaults.policy.max_retries,
        adapter.max_retries,
    )
    return DEFAULT_MAX_RETRIES if chosen is None else int(chosen)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
