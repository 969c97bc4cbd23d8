"""Calls of the caller's functions that a model asks for, whole and in pieces."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .surrogates import mend_text

# Half a surrogate pair, written as an escape, or as it is.
_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")

# Finish reasons that leave no call cut off; "" is a healthy end without one.
_ENDED = ("stop", "tool_calls", "")

_ENDS = ("}", "]", '"')  # of JSON, where more can't follow


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that the model wants the caller to run.

    Attributes:
        id: What the result is to refer to; where the wire has none, one made of the answer's id.
        name: Name of the function.
        arguments: The parsed JSON, ``{}`` where there are none; the text as it is where it is no
            JSON.
        arguments_text: The arguments as they were sent, ``""`` for none; not compared, since some
            wires have them as text in streams alone.
        complete: Whether the arguments are JSON, and all there; a call that was cut off is not to
            be run. In an answer that was cut off, so is one that may have been going to have some.
    """

    id: str
    name: str
    arguments: Any = field(default_factory=dict)
    arguments_text: str = field(default="", compare=False, repr=False)
    complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Give the call as JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "arguments": self.arguments,
            "arguments_text": self.arguments_text,
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a call, as a stream brings it.

    Attributes:
        index: Which call of the answer it belongs to, from 0.
        id: On the call's first piece, where the wire has one.
        name: Name of the function, on the call's first piece.
        arguments_text: The next piece of its arguments, which are JSON when they are whole.
    """

    index: int
    id: str | None = None
    name: str | None = None
    arguments_text: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the piece as JSON."""
        return {
            "index": self.index,
            "id": self.id,
            "name": self.name,
            "arguments_text": self.arguments_text,
        }


def join_calls(
    pieces: Iterable[ToolCallDelta], answer_id: str | None, finish_reason: str | None
) -> tuple[ToolCall, ...]:
    """Put calls together from their pieces.

    Args:
        pieces: In the order they came.
        answer_id: The answer's id, for calls without one of their own.
        finish_reason: Why the answer ended, ``None`` where it has not: the last call may be cut.
    """
    calls: dict[int, tuple[ToolCallDelta, list[str]]] = {}
    for piece in pieces:
        _, texts = calls.setdefault(piece.index, (piece, []))
        texts.append(piece.arguments_text)
    joined: dict[str, ToolCall] = {}  # by id: a second one of the same is given another
    for i, (first, texts) in enumerate(calls.values()):
        text, is_last = _join_texts(texts), i == len(calls) - 1
        # Several may be under way at once, and those without arguments have nothing to show for it.
        cut = (is_last and finish_reason not in _ENDED) or (finish_reason is None and not text)
        call = _make_call(first, text, answer_id, cut=cut, taken=joined.keys())
        joined[call.id] = call
    return tuple(joined.values())


def _join_texts(texts: list[str]) -> str:
    """Join the pieces of arguments; some servers tell all of them again with each piece.

    https://github.com/NousResearch/hermes-agent/pull/35718
    """
    text, told = "".join(texts), [text for text in texts if text]
    if len(told) < 2 or not all(new.startswith(old) for old, new in pairwise(told)):
        return text
    return text if read_arguments(text)[1] or not read_arguments(told[-1])[1] else told[-1]


def write_arguments(arguments: Any) -> str:
    """Give arguments that a wire has as JSON as the text of it; ``""`` for none."""
    if arguments is None or arguments == "":
        return ""
    if isinstance(arguments, str):
        return arguments
    return mend_text(json.dumps(arguments, ensure_ascii=False))


def read_arguments(text: str) -> tuple[Any, bool]:
    """Parse the text of arguments.

    Returns:
        What it holds, and whether it is JSON; the text itself where it is none.
    """
    if not text.strip():
        return {}, True
    try:
        parsed = json.loads(
            text, strict=False, parse_constant=_refuse_constant, parse_float=_read_float
        )
    except (ValueError, RecursionError):
        return text, False
    if _HALF.search(text):
        parsed = json.loads(mend_text(json.dumps(parsed, ensure_ascii=False)))
    return ({} if parsed is None else parsed), True


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse_constant(text)  # it could not be sent on
    return number


def _make_call(
    first: ToolCallDelta,
    text: str,
    answer_id: str | None,
    *,
    cut: bool,
    taken: Collection[str],
) -> ToolCall:
    arguments, is_json = read_arguments(text)
    given_id = mend_text(first.id or "")
    has_end = text.rstrip().endswith(_ENDS)  # nothing, or half a number, may be a beginning
    return ToolCall(
        id=given_id if given_id and given_id not in taken else _make_id(first, text, answer_id),
        name=mend_text(first.name or ""),
        arguments=arguments,
        arguments_text=text,
        complete=is_json and (has_end or not cut),
    )


def _make_id(first: ToolCallDelta, text: str, answer_id: str | None) -> str:
    """Make an id that is the same each time the same answer is read, and another in another one."""
    from hashlib import blake2b  # takes milliseconds, and few calls need it

    told = f"{answer_id or text}\n{first.index}\n{first.name}"
    return f"call_{blake2b(told.encode(errors='replace'), digest_size=12).hexdigest()}"


def calls_of_message(message: Mapping[str, Any]) -> list[ToolCall]:
    """Give the calls of an assistant's message in OpenAI's form, which has been checked."""
    calls = []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        text = write_arguments(function.get("arguments"))
        arguments, is_json = read_arguments(text)
        calls.append(ToolCall(call["id"], function["name"], arguments, text, is_json))
    return calls
