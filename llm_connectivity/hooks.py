"""What a caller is told of while a call runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from . import pricing
from .errors import LLMError, ValidationError, show
from .types import Attempt, ChatRequest, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """How a call has ended.

    Attributes:
        provider: Name of the provider that has answered.
        model: Name of the model as the answer gives it.
        requested_model: Name of the model that was asked for.
        finish_reason: As on `StreamChunk`; ``None`` where the caller broke off.
        usage: Token counts as the provider sent them, or ``None``.
        request_id: The provider's id of the request.
        attempts: Every try, the successful one last.
        closed: Whether the caller broke off before the end.
    """

    provider: str
    model: str
    requested_model: str
    finish_reason: str | None = None
    usage: Usage | None = None
    request_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    closed: bool = False

    @property
    def cost(self) -> float | None:
        """USD, or ``None`` where usage or price is unknown; looked up when read."""
        return pricing.price_of_answer(
            self.provider, (self.model, self.requested_model), self.usage
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Functions that are called while a call runs, in the thread that waits for it.

    Per call, not per try. What a hook raises reaches the caller untouched, and closes the
    connection. A whole answer has no tokens: neither ``on_first_token`` nor ``on_token`` is called.

    Attributes:
        on_start: Before anything is sent; takes the `ChatRequest`.
        on_retry: Before the wait for another try; takes the error and the seconds of the wait.
        on_first_token: Once, with the first text; takes the text.
        on_token: For each text, in order, the first one included; takes the text.
        on_end: When the answer is complete, or the caller broke off; takes a `CallEnd`.
        on_error: When the call has failed for good; takes the error, which is then raised.
    """

    on_start: Callable[[ChatRequest], object] | None = None
    on_retry: Callable[[LLMError, float], object] | None = None
    on_first_token: Callable[[str], object] | None = None
    on_token: Callable[[str], object] | None = None
    on_end: Callable[[CallEnd], object] | None = None
    on_error: Callable[[LLMError], object] | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            hook = getattr(self, field.name)
            if hook is not None and not callable(hook):
                raise ValidationError(
                    f"{field.name} must be a function, not {show(hook)}.", code="invalid_option"
                )


def check_hooks(hooks: object) -> tuple[Hooks, ...]:
    """Check the ``hooks`` argument.

    Raises:
        ValidationError: It is no `Hooks`.
    """
    if hooks is None:
        return ()
    if isinstance(hooks, Hooks):
        return (hooks,)
    raise ValidationError(
        f"hooks must be a Hooks, not {show(hooks)}.",
        code="invalid_option",
        hint="For example hooks=Hooks(on_token=print), from llm_connectivity import Hooks.",
    )


def check_on_token(on_token: object) -> tuple[Hooks, ...]:
    """Check the ``on_token`` argument, which is a short way to write a hook.

    Raises:
        ValidationError: It is no function.
    """
    return () if on_token is None else (Hooks(on_token=on_token),)  # type: ignore[arg-type]


def notify(hooks: Sequence[Hooks], name: str, *told: Any) -> None:
    """Call a hook of everybody who wants it, in order.

    Raises:
        RuntimeError: It has raised ``StopIteration``, which would pass for the end of a stream.
    """
    for one in hooks:
        hook = getattr(one, name)
        if hook is not None:
            try:
                hook(*told)
            except StopIteration as error:
                raise RuntimeError(f"{name} raised StopIteration") from error
