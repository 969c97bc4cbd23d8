"""How long to think and what form the answer has, as Anthropic's Messages API takes it.

https://platform.claude.com/docs/en/build-with-claude/thinking,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ...errors import ValidationError
from ...types import ChatRequest

# The API wants a limit with each request; every model takes this one.
DEFAULT_MAX_TOKENS = 8192

_SMALLEST_BUDGET = 1024

# Newer models show nothing of their thinking unless asked to.
_SHOWN = {"display": "summarized"}


def build_thinking(request: ChatRequest) -> dict[str, Any]:
    """Give the fields of a body that say how long to think.

    Raises:
        ValidationError: There is no such budget, the answer's limit leaves no room for it, or
            another option can't stand beside it.
    """
    reasoning = request.options.get("reasoning")
    told_otherwise = "thinking" in request.extra
    if reasoning and not told_otherwise:
        _check_beside_thinking(reasoning, request)
    if isinstance(reasoning, str):
        effort = {"output_config": {"effort": reasoning}}
        return effort if told_otherwise else {"thinking": {"type": "adaptive", **_SHOWN}, **effort}
    return {} if reasoning is None or told_otherwise else _build_budget(reasoning, request)


def build_form(request: ChatRequest) -> dict[str, Any]:
    """Give the fields of a body that say what form the answer has.

    Raises:
        ValidationError: It is to be JSON of no schema, which the API does not have.
    """
    form = request.options.get("response_format") or {"type": "text"}
    if form["type"] == "json_object":
        raise ValidationError(
            f"response_format {form!r} is nothing that {request.provider} has: "
            "it takes JSON of a schema alone.",
            code="unsupported_option",
            hint='Give one, {"type": "json_schema", "json_schema": {"schema": {...}}}, '
            "or ask for JSON in the prompt.",
        )
    if form["type"] == "text":
        return {}
    schema = form["json_schema"]["schema"]
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def warn_of_replaced(options: Mapping[str, Any], extra: Mapping[str, Any]) -> list[str]:
    """Give a warning where the API's own keyword goes before ours."""
    if "reasoning" in options and "thinking" in extra:
        return ["thinking= replaces what reasoning= says of thinking."]
    return []


def _check_beside_thinking(reasoning: str | int, request: ChatRequest) -> None:
    """Refuse what the API refuses beside thinking.

    https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility
    """
    given = {**request.options, **request.extra}
    for name, fits, hint in _BESIDE_THINKING:
        value = given.get(name)
        if value is not None and not fits(value):
            _refuse(
                f"{name}={value!r} can't be had together with reasoning={reasoning!r} "
                f"on {request.provider}",
                f"{hint} Or leave out one of the two.",
            )


def _is_free(choice: Any) -> bool:
    """Whether the model may do without a call, in our words or in the API's."""
    kind = choice.get("type") if isinstance(choice, Mapping) else choice
    return kind not in ("required", "function", "any", "tool")


# What goes together with thinking: name, whether a value does, what would do.
_BESIDE_THINKING: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("tool_choice", _is_free, "Give 'auto' or 'none'."),
    ("temperature", lambda value: value == 1, "Give 1."),
    (
        "top_p",
        lambda value: not isinstance(value, int | float) or value >= 0.95,
        "Give 0.95 or more.",
    ),
)


def _build_budget(budget: int, request: ChatRequest) -> dict[str, Any]:
    if budget == 0:
        return {"thinking": {"type": "disabled"}}
    if budget < _SMALLEST_BUDGET:
        _refuse(
            f"reasoning={budget} is too little for {request.provider}: "
            f"it takes {_SMALLEST_BUDGET} tokens or more",
            f"Give {_SMALLEST_BUDGET} or more, 0 for no thinking, or 'low', 'medium' or 'high'.",
        )
    fields: dict[str, Any] = {"thinking": {"type": "enabled", "budget_tokens": budget, **_SHOWN}}
    limit = request.extra.get("max_tokens", request.options.get("max_tokens"))
    if limit is None:
        fields["max_tokens"] = DEFAULT_MAX_TOKENS + budget
    elif isinstance(limit, int) and limit <= budget:
        _refuse(
            f"max_tokens={limit} leaves no room for reasoning={budget} on {request.provider}, "
            "where thinking is part of the answer's tokens",
            "Give a max_tokens that is greater than reasoning, or leave it out.",
        )
    return fields


def _refuse(what: str, hint: str) -> NoReturn:
    raise ValidationError(f"{what}.", code="unsupported_option", hint=hint)
