"""What the caller gives as ``messages`` -> checked dicts in OpenAI's form.

Whatever is wrong names index and field; nothing is sent before all of it is right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from .checks import check_json
from .errors import show, show_names
from .parts import check_content, check_mark, check_text, refuse, refuse_media
from .tool_calls import write_arguments

ROLES = ("system", "developer", "user", "assistant", "tool")

_KEYS = ("role", "content", "name", "cache_control")
_KEYS_OF_ROLES = {
    "assistant": ("tool_calls", "refusal", "provider_data"),
    "tool": ("tool_call_id",),
}

# Keys of an answer's message that tell of it, and that nobody takes back with the next request.
_ABOUT_ANSWERS = (
    *("annotations", "parsed", "provider_specific_fields"),
    *("reasoning", "reasoning_content", "reasoning_details", "thinking_blocks"),
)
_ABOUT_CALLS = ("index", "extra_content", "provider_specific_fields")

_CALL_EXAMPLE = (
    "response.to_message() makes it; by hand it is "
    '{"id": "...", "type": "function", "function": {"name": "...", "arguments": "{...}"}}.'
)
_RESULT_EXAMPLE = (
    'The result of a call is {"role": "tool", "tool_call_id": "...", "content": "..."}, behind the '
    "message with its call in 'tool_calls'."
)

# Roles of other forms -> ours.
_ROLES_ELSEWHERE = {
    **{"model": "assistant", "ai": "assistant", "bot": "assistant", "human": "user"},
    "function": "tool",
}

# Key of another form, or of another speaker -> what to do instead.
_SAID_ELSEWHERE = {
    "function_call": f"That is how calls were written before 'tool_calls'. There, {_CALL_EXAMPLE}",
    "audio": "Leave it out, and give what was said as content.",
    "tool_calls": "Only an assistant's message makes calls.",
    "tool_call_id": _RESULT_EXAMPLE,
    "text": "A message's text is its 'content'.",
    "parts": "A message's text, or the list of its parts, is its 'content'.",
}


def check_messages(messages: object) -> tuple[dict[str, Any], ...]:
    """Check messages and copy them; a plain text becomes one user message.

    Args:
        messages: A string, or a sequence of dicts in OpenAI's form; ``content`` is a string or a
            list of parts. Empty text parts are dropped, and so is what `left_out` tells of.

    Raises:
        ValidationError: Something is wrong; the text says where.
    """
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if isinstance(messages, Mapping):
        refuse("messages is a single dict", "Put it into a list: messages=[{...}].")
    if isinstance(messages, bytes | bytearray) or not isinstance(messages, Sequence):
        refuse(
            f"messages must be a string or a list of dicts, not {type(messages).__name__}",
            'For example messages=[{"role": "user", "content": "Hello"}].',
        )
    if not messages:
        refuse("messages is empty", "Give at least one message.")
    checked = tuple(_check_message(message, f"messages[{i}]") for i, message in enumerate(messages))
    _check_calls_have_results(checked)
    return checked


def left_out(messages: object) -> tuple[str, ...]:
    """Give a warning for all that `check_messages` leaves out of messages it has found right.

    An answer's message as another client gives it (``message.model_dump()``) holds more than a
    request takes: the sources it refers to, say.
    """
    if isinstance(messages, str) or not isinstance(messages, Sequence):
        return ()
    return tuple(
        f"{place} is about an answer: not sent."
        for i, message in enumerate(messages)
        if message["role"] == "assistant"
        for place in _places_left_out(message, f"messages[{i}]")
    )


def _places_left_out(message: Mapping[str, Any], where: str) -> list[str]:
    places = [f"{where}[{key!r}]" for key in _ABOUT_ANSWERS if message.get(key)]
    for j, call in enumerate(message.get("tool_calls") or ()):
        told = (key for key in _ABOUT_CALLS if key != "index" and call.get(key))
        places += [f"{where}['tool_calls'][{j}][{key!r}]" for key in told]
    return places


def _check_message(message: object, where: str) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        _refuse_object(message, where)
    given = {key: value for key, value in message.items() if value is not None}
    if "role" not in given:
        _refuse_missing(message, "role", where, "Who speaks: 'user', 'assistant' or 'system', say.")
    role = _check_role(given["role"], f"{where}['role']")
    if role == "tool":
        _check_result(given.get("content", ""), f"{where}['content']")
    elif role == "assistant":
        given = {key: value for key, value in given.items() if key not in _ABOUT_ANSWERS}
    known = (*_KEYS, *_KEYS_OF_ROLES.get(role, ()))
    for key, value in given.items():
        if key not in known:
            _refuse_key(key, known, where)
        given[key] = _CHECKS[key](value, f"{where}[{key!r}]")
    if "content" not in given:
        if role != "assistant" or not (given.get("tool_calls") or given.get("refusal")):
            _refuse_missing(message, "content", where, "Give it a string; '' is one too.")
        given["content"] = None
    _check_for_role(given, role, where)
    return {key: value for key, value in given.items() if value != [] or key == "content"}


def _check_result(content: object, where: str) -> None:
    if not isinstance(content, str | list | tuple):
        refuse(
            f"{where} must be a string or a list of parts, not {type(content).__name__}",
            "What a function gave goes in as text: json.dumps(result), or str(result).",
        )


def _check_for_role(message: Mapping[str, Any], role: str, where: str) -> None:
    if role == "tool" and not message.get("tool_call_id"):
        refuse(f"{where} has no 'tool_call_id'", "It is the id of the call whose result this is.")
    if role != "user" and isinstance(message["content"], list):
        refuse_media(message["content"], f"{where}['content']")


def _refuse_object(message: object, where: str) -> NoReturn:
    hint = 'For example {"role": "user", "content": "Hello"}, or response.to_message().'
    if hasattr(message, "to_message"):
        hint = "Append response.to_message()."
    elif hasattr(message, "model_dump"):
        hint = "Give message.model_dump()."
    kind = type(message).__name__
    refuse(f"{where} must be a dict with role and content, not {kind}", hint)


def _refuse_key(key: object, known: Sequence[str], where: str) -> NoReturn:
    told = _SAID_ELSEWHERE.get(key) if isinstance(key, str) else None
    hint = told or f"Known keys: {show_names(known)}."
    refuse(f"{where} has the unknown key {show(key)}", hint)


def _refuse_missing(message: Mapping[Any, Any], key: str, where: str, hint: str) -> NoReturn:
    if key in message:
        refuse(f"{where}[{key!r}] is None", hint)
    refuse(f"{where} has no {key!r}", f"Its keys are: {show_names(message)}.")


def _check_role(role: object, where: str) -> str:
    if isinstance(role, str) and role in ROLES:
        return role
    near = _nearest_role(role) if isinstance(role, str) else None
    suggestion = f"Did you mean {near!r}? " if near else ""
    refuse(f"{where} is unknown: {show(role)}", f"{suggestion}Known roles: {show_names(ROLES)}.")


def _nearest_role(role: str) -> str | None:
    word = role[: 2 * len(max(ROLES, key=len))].lower()
    near = get_close_matches(word, ROLES, n=1)
    return _ROLES_ELSEWHERE.get(word) or (near[0] if near else None)


def _check_calls(calls: object, where: str) -> list[dict[str, Any]]:
    if not isinstance(calls, list | tuple):
        refuse(f"{where} must be a list, not {type(calls).__name__}", _CALL_EXAMPLE)
    return [_check_call(call, f"{where}[{i}]") for i, call in enumerate(calls)]


def _check_provider_data(kept: object, where: str) -> dict[str, Any]:
    checked = check_json(_mend(kept), where)
    if isinstance(checked, dict) and all(isinstance(value, dict) for value in checked.values()):
        return checked
    refuse(f"{where} is not what response.to_message() has put there", "Leave it out.")


def _mend(kept: Any) -> Any:
    """Replace what no request can hold by U+FFFD: answers do hold it, and are mended so too."""
    try:
        json.dumps(kept, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        damaged = json.dumps(kept, ensure_ascii=False)
        return json.loads(damaged.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (TypeError, ValueError, RecursionError):  # which is refused next
        pass
    return kept


def _check_call(call: object, where: str) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(function, Mapping):
        refuse(f"{where} is no call in OpenAI's form: {type(call).__name__}", _CALL_EXAMPLE)
    if call.get("type") not in (None, "function"):
        refuse(f"{where} has the unknown type {show(call.get('type'))}", _CALL_EXAMPLE)
    _check_keys_of_call(call, ("id", "type", "function", *_ABOUT_CALLS), where)
    _check_keys_of_call(function, ("name", "arguments"), f"{where}['function']")
    for value, place in (
        (call.get("id"), f"{where}['id']"),
        (function.get("name"), f"{where}['function']['name']"),
    ):
        if value is None or value == "":
            refuse(f"{place} is missing", _CALL_EXAMPLE)
        check_text(value, place)
    place = f"{where}['function']['arguments']"
    arguments = write_arguments(check_json(function.get("arguments"), place))
    return {
        "id": call["id"],
        "type": "function",
        "function": {
            "name": function["name"],
            "arguments": arguments if arguments.strip() else "{}",  # "" is no JSON
        },
    }


def _check_keys_of_call(call: Mapping[Any, Any], known: Sequence[str], where: str) -> None:
    for key, value in call.items():
        if key not in known and value is not None:
            refuse(f"{where} has the unknown key {show(key)}", f"Known keys: {show_names(known)}.")


def _check_calls_have_results(messages: Sequence[Mapping[str, Any]]) -> None:
    """Hold calls and results against each other: every provider refuses one without the other."""
    waiting: dict[str, str] = {}  # id of a call -> its place
    for i, message in enumerate(messages):
        if message["role"] == "tool":
            called = message["tool_call_id"]
            if waiting.pop(called, None) is None:
                refuse(
                    f"messages[{i}] is the result of the call {show(called)}, which the message of "
                    "the assistant before it does not make, or which has a result already",
                    "Append response.to_message() first, then one result for each of its calls.",
                )
            continue
        _refuse_unanswered(waiting)
        for j, call in enumerate(message.get("tool_calls", ())):
            if call["id"] in waiting:
                refuse(
                    f"messages[{i}]['tool_calls'][{j}] has another call's id, {show(call['id'])}",
                    "Ids tell which result is whose.",
                )
            waiting[call["id"]] = f"messages[{i}]['tool_calls'][{j}]"
    _refuse_unanswered(waiting)


def _refuse_unanswered(waiting: Mapping[str, str]) -> None:
    for called, place in waiting.items():
        refuse(
            f"{place}, the call {show(called)}, has no result behind it",
            'Append {"role": "tool", "tool_call_id": ..., "content": ...} for each call, before '
            "any other message.",
        )


# Key of a message -> the check that gives its value as it is sent on.
_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "role": _check_role,
    "content": lambda value, where: None if value is None else check_content(value, where),
    "name": check_text,
    "refusal": check_text,
    "tool_calls": _check_calls,
    "tool_call_id": check_text,
    "provider_data": _check_provider_data,
    "cache_control": check_mark,
}
