"""Functions that the model may call, and which of them it is to.

https://ai.google.dev/api/caching#Tool
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ValidationError

# https://ai.google.dev/api/caching#FunctionDeclaration
_FIELDS = {
    "name": "name",
    "description": "description",
    "parameters": "parametersJsonSchema",
}

# https://ai.google.dev/api/caching#FunctionCallingConfig
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def write_tools(
    tools: Sequence[Mapping[str, Any]], provider: str, warnings: list[str]
) -> list[dict[str, Any]]:
    """Write tools; those of the vendor's go as they are, behind the functions.

    Args:
        tools: Checked tools in OpenAI's form.
        provider: Who is asked.
        warnings: Is added to where something has no place on this wire.

    Raises:
        ValidationError: One of them is another API's.
    """
    functions, others = [], []
    for i, tool in enumerate(tools):
        if tool.get("type") == "function":
            functions.append(_write_function(tool, f"tools[{i}]", warnings))
        elif "type" in tool or "name" in tool:
            raise ValidationError(
                f"tools[{i}] has a {'type' if 'type' in tool else 'name'}, "
                f"so that it is no tool of {provider}'s.",
                code="unsupported_option",
                hint='A function is {"type": "function", "function": {...}}; '
                'the provider\'s own tools are written like {"googleSearch": {}}.',
            )
        else:
            others.append(dict(tool))
    return [{"functionDeclarations": functions}, *others] if functions else others


def write_tool_choice(choice: str | Mapping[str, Any]) -> dict[str, Any]:
    """Write whether functions are to be called: as the model likes, none, some, or this one."""
    if isinstance(choice, str):
        return {"mode": _MODES[choice]}
    return {"mode": "ANY", "allowedFunctionNames": [choice["function"]["name"]]}


def _write_function(tool: Mapping[str, Any], where: str, warnings: list[str]) -> dict[str, Any]:
    function = tool["function"]
    left_out = [f"{where}[{name!r}]" for name in tool if name not in ("type", "function")]
    left_out += [
        f"{where}['function'][{name!r}]"
        for name, value in function.items()
        if name not in _FIELDS and value
    ]
    warnings += [f"{place} has no place on this wire: left out." for place in left_out]
    return {ours: function[name] for name, ours in _FIELDS.items() if function.get(name)}
