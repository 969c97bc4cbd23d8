"""Tools, and the choice among them, as Anthropic's Messages API takes them.

https://docs.claude.com/en/docs/agents-and-tools/tool-use/define-tools
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ValidationError
from ...types import ChatRequest

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def build_tools(request: ChatRequest) -> dict[str, Any]:
    """Give the fields of a body that say which tools there are and how they are chosen.

    Raises:
        ValidationError: One of them is no tool of the API's.
    """
    options = request.options
    fields: dict[str, Any] = {}
    if "tools" in options:
        _refuse_others(options["tools"], request.provider)
        fields["tools"] = [_build_tool(tool) for tool in options["tools"]]
    choice = _build_choice(options)
    if choice is not None:
        fields["tool_choice"] = choice
    return fields


def _refuse_others(tools: Sequence[Mapping[str, Any]], provider: str) -> None:
    for i, tool in enumerate(tools):
        if not tool.get("type") and "input_schema" not in tool:
            raise ValidationError(
                f"tools[{i}] has neither a type nor an input_schema, "
                f"so that it is no tool of {provider}'s.",
                code="unsupported_option",
                hint='A function is {"type": "function", "function": {...}}; '
                "the provider's own tools have a type.",
            )


def _build_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Give a function in the API's form; its own tools go as they are."""
    if tool.get("type") != "function":
        return dict(tool)
    function = dict(tool["function"])
    schema = {"type": "object", "properties": {}, **function.pop("parameters", {})}
    others = {name: value for name, value in tool.items() if name not in ("type", "function")}
    return {**function, "input_schema": schema, **others}


def _build_choice(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the choice, and whether calls may come together, which is part of it here."""
    given, one_by_one = options.get("tool_choice"), options.get("parallel_tool_calls") is False
    if given == "none" and not options.get("tools"):
        return None  # refused where there is nothing to choose from
    if given is None and not one_by_one:
        return None
    choice: dict[str, Any] = {"type": _CHOICES.get("auto" if given is None else str(given), "tool")}
    if isinstance(given, Mapping):
        choice["name"] = given["function"]["name"]
    if one_by_one and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    return choice
