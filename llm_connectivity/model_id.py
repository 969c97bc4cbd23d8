"""``"provider/model"`` -> `ModelId`, with errors that say what to write instead."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import NamedTuple

from .errors import ValidationError, show

# Beginnings of well-known model names, for suggestions only; nothing is routed by them.
_FAMILIES = {
    "gpt": "openai",
    "chatgpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "claude": "anthropic",
    "gemini": "google",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "grok": "xai",
    "kimi": "moonshot",
    "sonar": "perplexity",
}


class ModelId(NamedTuple):
    """Where a call goes: the provider's name, and the model's name there."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


def parse_model_id(model: object, known: Collection[str]) -> ModelId:
    """Split ``"provider/model"`` at its first slash.

    Args:
        model: What the caller gave.
        known: Names of the providers there are.

    Raises:
        ValidationError: It is not a string, is empty, names no provider or an unknown one.
    """
    name = check_model_name(model)
    provider, slash, rest = name.partition("/")
    if not slash:
        what = "a provider and no model" if name in known else "no provider"
        raise ValidationError(
            f"model {name!r} names {what}.",
            code="missing_provider",
            hint=f"Write it as {_suggest_provider(name, known)!r}, or give provider= as well.",
        )
    if provider not in known:
        raise unknown_provider(provider, known, model=name)
    if not rest:
        raise ValidationError(
            f"model {name!r} names a provider and no model.",
            code="missing_model",
            hint=f"Write a model's name behind the slash, as in {provider + '/<model>'!r}.",
        )
    return ModelId(provider, rest)


def check_model_name(model: object) -> str:
    """Give back a model name that is a text with something in it.

    Raises:
        ValidationError: It is not.
    """
    if not isinstance(model, str):
        raise ValidationError(
            f"model must be a string like 'openai/gpt-4o-mini', not {type(model).__name__}.",
            code="invalid_model",
        )
    if not model.strip():
        raise ValidationError(
            f"model is empty ({show(model)}).",
            code="invalid_model",
            hint="Name one as 'provider/model', for example 'openai/gpt-4o-mini' or 'mock/demo'.",
        )
    if model != model.strip() or not model.isprintable():
        raise ValidationError(
            f"model {show(model)} has blanks around it or characters that can't be printed.",
            code="invalid_model",
            hint="Remove them.",
        )
    return model


def unknown_provider(
    provider: str, known: Collection[str], model: str | None = None
) -> ValidationError:
    """Make the error for a provider that nobody has registered."""
    family = _FAMILIES.get(provider.lower(), "")
    near = [name for name in known if name == family]
    near = near or get_close_matches(provider.lower(), known, n=1, cutoff=0.7)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    hint += f"Known providers: {', '.join(sorted(known))}."
    if model and not near and "openai" in known:
        own = f"openai/{model}"
        hint += f" For an OpenAI-compatible server write {own!r}, with its base_url=."
    return ValidationError(f"unknown provider {provider!r}.", code="unknown_provider", hint=hint)


def _suggest_provider(name: str, known: Collection[str]) -> str:
    if name in known:
        return f"{name}/demo" if name == "mock" else f"{name}/<model>"
    for beginning, provider in _FAMILIES.items():
        if name.lower().startswith(beginning) and provider in known:
            return f"{provider}/{name}"
    return f"openai/{name}"
