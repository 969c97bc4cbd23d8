"""Where a call goes: the client's ``model``, ``provider`` and ``adapter``, the call's ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from .errors import ValidationError, show
from .model_id import ModelId, check_model_name, parse_model_id, unknown_provider
from .providers.base import Adapter
from .registry import default_model, known_providers


class Fallback(NamedTuple):
    """Who is asked where another has failed.

    Attributes:
        target: Provider and model.
        adapter: Where one was given; else the client's for that provider.
    """

    target: ModelId
    adapter: Adapter | None = None


def target_of_client(model: object, provider: object, adapter: object) -> ModelId:
    """Decide a client's provider and model; a model of ``""`` means: each call names one.

    Raises:
        ValidationError: They name no provider, one there is not, or another than the adapter's.
    """
    if adapter is None:
        return choose_target(model, provider)
    return target_of_adapter(check_adapter(adapter, "adapter").provider, model, provider)


def choose_target(model: object, provider: object) -> ModelId:
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


def target_of_adapter(adapter_provider: str, model: object, provider: object) -> ModelId:
    """Decide provider and model of a client that was given its adapter.

    Raises:
        ValidationError: The adapter is for another provider than the one they name.
    """
    named, name = provider, ""
    if model is not None:
        name = check_model_name(model)
        first, slash, rest = name.partition("/")
        if provider is None and slash and first in known_providers():
            named, name = first, rest
    if named not in (None, adapter_provider):
        raise ValidationError(
            f"the adapter is for {adapter_provider!r}, and the client for {named!r}.",
            code="wrong_adapter",
            hint=f"Write model='{adapter_provider}/...', or give the adapter of {named!r}.",
        )
    return ModelId(adapter_provider, name or default_model(adapter_provider))


def target_of_call(
    client: ModelId, model: object, provider: object = None, *, splits: bool
) -> ModelId:
    """Decide where one call goes.

    Args:
        client: The client's provider and model.
        model: As given with the call, or ``None``.
        provider: As given with the call, or ``None``; the model's name is then taken as it is.
        splits: Whether names with a slash hold a provider: a client made without ``provider``.

    Raises:
        ValidationError: There is no model, or no such provider.
    """
    target = client
    if provider is not None and provider != client.provider:
        target = choose_target(None, provider)
    if model is None:
        if not target.model:
            raise ValidationError(
                f"neither the client nor the call names a model of {target.provider!r}.",
                code="missing_model",
                hint="Give model= to either.",
            )
        return target
    name = check_model_name(model)
    if provider is not None or not splits or "/" not in name:
        return ModelId(target.provider, name)
    return parse_model_id(name, {*known_providers(), client.provider})


def check_fallbacks(fallbacks: object, primary: ModelId) -> tuple[Fallback, ...]:
    """Check the ``fallbacks`` argument.

    Args:
        fallbacks: A list of ``"provider/model"`` strings and adapters; a name without a provider is
            one of the primary's provider, and an adapter of that provider asks for its model.
        primary: Who is asked first.

    Raises:
        ValidationError: It is no such list, or asks somebody twice.
    """
    if not isinstance(fallbacks, list | tuple):
        raise ValidationError(
            f"fallbacks must be a list, not {show(fallbacks)}.",
            code="invalid_option",
            hint="For example fallbacks=['mock/demo'].",
        )
    checked: list[Fallback] = []
    for i, item in enumerate(fallbacks):
        fallback = _check_fallback(item, f"fallbacks[{i}]", primary)
        if fallback in (Fallback(primary), *checked):
            raise ValidationError(
                f"fallbacks[{i}] is {str(fallback.target)!r}, which is asked already.",
                code="invalid_option",
                hint="Name each model once; a model is tried again by itself (max_retries=).",
            )
        checked.append(fallback)
    return tuple(checked)


def _check_fallback(item: object, where: str, primary: ModelId) -> Fallback:
    known = {*known_providers(), primary.provider}
    if isinstance(item, str) and "/" not in item and item not in known:
        return Fallback(ModelId(primary.provider, check_model_name(item)))
    if isinstance(item, str):
        return Fallback(parse_model_id(item, known))
    adapter = check_adapter(item, where)
    model = default_model(adapter.provider)
    if not model and adapter.provider == primary.provider:
        model = primary.model
    if not model:
        raise ValidationError(
            f"{where} is an adapter of {adapter.provider!r}, and names no model.",
            code="missing_model",
            hint=f"Write '{adapter.provider}/<model>' instead.",
        )
    return Fallback(ModelId(adapter.provider, model), adapter)


def check_adapter(adapter: object, name: str) -> Adapter:
    """Check that it is an adapter, and no class of one.

    Args:
        adapter: What was given.
        name: As which argument.

    Raises:
        ValidationError: It is not.
    """
    parts = ("provider", "codec", "timeout", "max_retries", "chat", "open_stream", "close")
    if isinstance(adapter, type) or not all(hasattr(adapter, part) for part in parts):
        raise ValidationError(
            f"{name} must be an adapter, not {show(adapter)}.",
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
