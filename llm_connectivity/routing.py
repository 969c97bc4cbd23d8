"""Where a call goes: the client's ``model``, ``provider`` and ``adapter``, the call's ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .checks import check_count
from .errors import ValidationError, show
from .model_id import ModelId, check_model_name, parse_model_id, unknown_provider
from .providers.base import Adapter
from .registry import default_model, known_providers, make_adapter

_CONNECTION = ("api_key", "base_url", "verify")


def choose_adapter(given: Mapping[str, Any]) -> tuple[ModelId, Adapter]:
    """Decide whom a client asks, and make or take the adapter for it.

    Args:
        given: The arguments of `LLMClient` by name.

    Raises:
        ValidationError: One is wrong, or they contradict each other.
        AuthenticationError: There is no key.
    """
    adapter, model, provider = given["adapter"], given["model"], given["provider"]
    max_connections = check_count(given["max_connections"], "max_connections")
    settings = {name: given[name] for name in _CONNECTION}
    if adapter is None:
        target = choose_target(model, provider)
        made = make_adapter(target.provider, **settings, max_connections=max_connections)
        return target, made
    refuse_beside_adapter(settings)
    checked = check_adapter(adapter)
    return target_of_adapter(checked.provider, model, provider), checked


def choose_target(model: str | None, provider: str | None) -> ModelId:
    """Decide a client's provider and model; a model of ``""`` means: each call names one.

    Raises:
        ValidationError: They name no provider, or one there is not.
    """
    if provider is None:
        if model is None:
            raise ValidationError(
                "neither model nor provider is given.",
                code="invalid_model",
                hint="Write model='openai/gpt-4o-mini', or model='mock/demo' to try it out.",
            )
        return parse_model_id(model, known_providers())
    if not isinstance(provider, str):
        raise ValidationError(
            f"provider must be a string like 'openai', not {type(provider).__name__}.",
            code="unknown_provider",
        )
    if provider not in known_providers():
        raise unknown_provider(provider, known_providers())
    return ModelId(provider, "" if model is None else check_model_name(model))


def target_of_adapter(adapter_provider: str, model: str | None, provider: str | None) -> ModelId:
    """Decide provider and model of a client that was given its adapter.

    Raises:
        ValidationError: The adapter is for another provider than the one they name.
    """
    named, name = provider, model
    if model is not None:
        first, slash, rest = check_model_name(model).partition("/")
        if provider is None and slash and first in known_providers():
            named, name = first, rest
    if named not in (None, adapter_provider):
        raise ValidationError(
            f"the adapter is for {adapter_provider!r}, and the client for {named!r}.",
            code="wrong_adapter",
            hint=f"Write model='{adapter_provider}/...', or give the adapter of {named!r}.",
        )
    return ModelId(adapter_provider, name or default_model(adapter_provider))


def target_of_call(client: ModelId, model: object, *, splits: bool) -> ModelId:
    """Decide where one call goes.

    Args:
        client: The client's provider and model.
        model: As given with the call, or ``None``.
        splits: Whether names with a slash hold a provider: a client made without ``provider``.

    Raises:
        ValidationError: There is no model, or it is another provider's.
    """
    if model is None:
        if not client.model:
            raise ValidationError(
                f"neither the client nor the call names a model of {client.provider!r}.",
                code="missing_model",
                hint="Give model= to either.",
            )
        return client
    name = check_model_name(model)
    if not splits or "/" not in name:
        return ModelId(client.provider, name)
    target = parse_model_id(name, known_providers())
    if target.provider != client.provider:
        raise ValidationError(
            f"model {name!r} is of {target.provider!r}, and this client asks {client.provider!r}.",
            code="other_provider",
            hint=f"Make another client: LLMClient(model={name!r}).",
        )
    return target


def check_adapter(adapter: object) -> Adapter:
    """Check that it is an adapter, and no class of one.

    Raises:
        ValidationError: It is not.
    """
    parts = ("provider", "codec", "timeout", "max_retries", "chat", "open_stream", "close")
    if isinstance(adapter, type) or not all(hasattr(adapter, part) for part in parts):
        raise ValidationError(
            f"adapter must be an adapter, not {show(adapter)}.",
            code="invalid_option",
            hint="Make one: llm_connectivity.MockAdapter(), or OpenAIAdapter(api_key=...) from "
            "llm_connectivity.providers.openai_adapter.",
        )
    return cast(Adapter, adapter)


def refuse_beside_adapter(settings: Mapping[str, Any]) -> None:
    """Refuse settings of a connection beside an adapter, which has its own.

    Raises:
        ValidationError: One is given.
    """
    for name, value in settings.items():
        if value is not None:
            raise ValidationError(
                f"{name} is given beside adapter.",
                code="invalid_option",
                hint="The adapter has its own settings: give it there, or leave it out.",
            )
