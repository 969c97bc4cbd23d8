"""Options with a structure: functions, the choice among them, reasoning, the answer's form.

Checked in OpenAI's form; https://platform.openai.com/docs/guides/function-calling and
https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from .checks import check_json, is_whole
from .errors import ValidationError, show, show_names
from .parts import check_mark

_CHOICES = ("auto", "none", "required")
_EFFORTS = ("low", "medium", "high")
_FORMATS = ("text", "json_object", "json_schema")

_KEYS_OF_FUNCTIONS = ("name", "description", "parameters", "strict")
_KEYS_OF_SCHEMAS = ("name", "description", "schema", "strict")

# A JSON schema has one of these, as every word of its is one or stands beside one.
_SCHEMA_WORDS = frozenset(
    "type properties $ref anyOf oneOf allOf not enum const required additionalProperties $defs "
    "definitions $schema title description".split()
)

_EXAMPLE = (
    'For example {"type": "function", "function": {"name": "add", "parameters": {...}}}; '
    "a provider's own tools go as they are."
)


def check_tools(tools: object, name: str) -> list[dict[str, Any]]:
    """Check functions in OpenAI's form; tools of another type are the provider's own.

    Raises:
        ValidationError: Something is wrong; the text says where.
    """
    if not isinstance(tools, Sequence) or isinstance(tools, str | bytes):
        _refuse(f"{name} must be a list of dicts, not {type(tools).__name__}", _EXAMPLE)
    checked = [_check_tool(tool, f"{name}[{i}]") for i, tool in enumerate(tools)]
    seen = set()
    for function in _names(tool for tool in checked if tool.get("type") == "function"):
        if function in seen:
            _refuse(f"{name} holds two functions called {show(function)}", "Rename one of them.")
        seen.add(function)
    return checked


def check_tool_choice(choice: object, name: str) -> str | dict[str, Any]:
    """Check ``"auto"``, ``"none"``, ``"required"``, or a dict that names a function.

    Raises:
        ValidationError: It is none of these.
    """
    if isinstance(choice, str) and choice in _CHOICES:
        return choice
    if isinstance(choice, Mapping) and choice.get("type") == "function":
        function = choice.get("function")
        wanted = function.get("name") if isinstance(function, Mapping) else None
        if isinstance(function, Mapping) and isinstance(wanted, str) and wanted:
            _check_keys(choice, ("type", "function"), name)
            _check_keys(function, ("name",), f"{name}['function']")
            return {"type": "function", "function": {"name": check_json(wanted, name)}}
    _refuse(
        f"{name} must be 'auto', 'none', 'required' or a function, not {show(choice)}",
        'A function is named so: {"type": "function", "function": {"name": "add"}}; '
        "a provider's own words go into extra_body={...}.",
    )


def check_reasoning(reasoning: object, name: str) -> str | int:
    """Check ``"low"``, ``"medium"``, ``"high"``, or a number of tokens.

    Raises:
        ValidationError: It is neither.
    """
    if isinstance(reasoning, str) and reasoning in _EFFORTS:
        return reasoning
    if is_whole(reasoning) and reasoning >= 0:
        return int(check_json(reasoning, name))
    _refuse(
        f"{name} must be 'low', 'medium', 'high' or a whole number of tokens, "
        f"not {show(reasoning)}",
        "0 switches it off where the provider has that. Other words of a provider's go under its "
        'own name: extra_body={"reasoning_effort": "minimal"}.',
    )


def check_response_format(form: object, name: str) -> dict[str, Any]:
    """Check the form of the answer: ``{"type": "json_object"}``, or ``"json_schema"`` and a schema.

    Raises:
        ValidationError: It is none of these; the text says where.
    """
    if not isinstance(form, Mapping) or form.get("type") not in _FORMATS:
        kind = form.get("type") if isinstance(form, Mapping) else form
        _refuse(
            f"{name} must be a dict whose type is 'json_object', 'json_schema' or 'text', "
            f"not {show(kind)}",
            'For example {"type": "json_schema", "json_schema": {"name": "...", "schema": {...}}}; '
            "a pydantic model's schema is Model.model_json_schema().",
        )
    checked: dict[str, Any] = check_json(form, name)
    _check_keys(checked, ("type", "json_schema"), name)
    if checked["type"] != "json_schema":
        return {"type": checked["type"]}
    told = checked.get("json_schema")
    if not isinstance(told, dict) or not isinstance(told.get("schema"), dict):
        schema = told.get("schema") if isinstance(told, dict) else told
        _refuse(
            f"{name} has no schema, but {show(schema)}",
            'It is a dict, one level deeper: {"type": "json_schema", "json_schema": {"name": ..., '
            '"schema": {...}}}.',
        )
    told = {key: value for key, value in told.items() if value is not None}
    _check_keys(told, _KEYS_OF_SCHEMAS, f"{name}['json_schema']")
    if not isinstance(told.get("name", ""), str) or not isinstance(told.get("strict", True), bool):
        _refuse(
            f"{name}['json_schema'] has a name that is no string, or a strict that is not "
            f"True or False: {show({key: told.get(key) for key in ('name', 'strict')})}",
            "Both may be left out.",
        )
    return {"type": "json_schema", "json_schema": {**told, "name": told.get("name") or "answer"}}


def check_together(options: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
    """Check what options say of each other.

    Args:
        options: The named options that were given, each of them checked.
        extra: Other keywords of the call; they may hold tools in the provider's own form.

    Raises:
        ValidationError: A choice among functions names none of them, or there are none.
    """
    tools, choice = options.get("tools"), options.get("tool_choice")
    for name in ("tool_choice", "parallel_tool_calls"):
        if options.get(name) not in (None, "none") and not tools and "tools" not in extra:
            _refuse(f"{name} was given without tools", "Give tools=[...] too, or leave it out.")
    if isinstance(choice, dict) and tools:
        wanted, names = choice["function"]["name"], _names(tools)
        if wanted not in names and len(names) == len(tools):  # else one may hold several
            _refuse(
                f"tool_choice names a function that tools has not: {show(wanted)}",
                f"It has: {', '.join(map(repr, names)) or 'none'}.",
            )


def _check_tool(tool: object, where: str) -> dict[str, Any]:
    if not isinstance(tool, Mapping):
        _refuse(f"{where} must be a dict, not {type(tool).__name__}", _EXAMPLE)
    checked: dict[str, Any] = check_json(tool, where)
    if checked.get("type") != "function":
        if not checked or "function" in checked:
            _refuse(f"{where} has the type {show(checked.get('type'))}", _EXAMPLE)
        if "type" not in checked and {"name", "parameters"} <= checked.keys():
            _refuse(f"{where} is a function without the dict around it", _EXAMPLE)
        return checked
    function = checked.get("function")
    if not isinstance(function, dict):
        _refuse(f"{where} has no 'function'", _EXAMPLE)
    checked["function"] = _check_function(function, f"{where}['function']")
    if checked.get("cache_control") is not None:
        check_mark(checked["cache_control"], f"{where}['cache_control']")
    return checked


def _check_function(function: Mapping[str, Any], where: str) -> dict[str, Any]:
    given = {key: value for key, value in function.items() if value is not None}
    _check_keys(given, _KEYS_OF_FUNCTIONS, where)
    for key, kind in (("name", str), ("description", str), ("parameters", dict)):
        if key in given and not isinstance(given[key], kind):
            what = "a dict: a JSON schema" if kind is dict else "a string"
            _refuse(f"{where}[{key!r}] must be {what}, not {show(given[key])}", _EXAMPLE)
    if not isinstance(given.get("strict", True), bool):
        _refuse(f"{where}['strict'] must be True or False, not {show(given['strict'])}", _EXAMPLE)
    if not given.get("name"):
        _refuse(f"{where} has no 'name'", _EXAMPLE)
    schema = given.get("parameters")
    if schema and _SCHEMA_WORDS.isdisjoint(schema):
        _refuse(
            f"{where}['parameters'] is no JSON schema: its keys are {show_names(schema)}",
            'Parameters are its properties: {"type": "object", "properties": {...}}.',
        )
    return given


def _check_keys(given: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            guess = f"Did you mean {near[0]!r}? " if near else ""
            _refuse(
                f"{where} has the unknown key {show(key)}", f"{guess}Known: {', '.join(known)}."
            )


def _names(tools: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give the names of tools, those of the provider's own that have one among them."""
    functions = (tool["function"] if tool.get("type") == "function" else tool for tool in tools)
    return [function["name"] for function in functions if isinstance(function.get("name"), str)]


def _refuse(what: str, hint: str) -> NoReturn:
    raise ValidationError(f"{what}.", code="invalid_option", hint=hint)
