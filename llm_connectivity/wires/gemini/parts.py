"""Turns of a conversation -> contents of a request.

https://ai.google.dev/api/caching#Content
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...tool_calls import ToolCall
from ..json_text import parse_json
from ..json_values import dicts_in
from ..turns import INVALID_JSON, Part, ToolResult, Turn
from .attachments import write_file, write_image, write_sound

_ROLES = {"user": "user", "assistant": "model"}

# In place of the signature of a call that an older or another model has made: newer models
# refuse the first call of a step without one.
# https://ai.google.dev/gemini-api/docs/gemini-3#migrating_from_other_models
_UNSIGNED = "skip_thought_signature_validator"

_MEDIA = {"image_url": write_image, "input_audio": write_sound, "file": write_file}


class ContentWriter:
    """Writes the turns of one conversation, in their order.

    Args:
        messages: The messages, which tell the order of calls.
        warnings: Is added to where something goes otherwise than as it was given.
    """

    def __init__(self, messages: Sequence[Mapping[str, Any]], warnings: list[str]) -> None:
        self._warnings = warnings
        ids = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
        self._order = {call_id: i for i, call_id in enumerate(ids)}
        self._vendors_ids: set[str] = set()  # of calls that the vendor has given one
        self._called = False  # in this turn

    def write(self, turn: Turn) -> dict[str, Any]:
        """Write one turn.

        Raises:
            ValidationError: The wire can't carry a part of it.
        """
        self._called = False
        parts = [written for part in self._sort(turn.parts) for written in self._write(part)]
        return {"role": _ROLES[turn.role], "parts": parts or [{"text": ""}]}

    def write_system(self, parts: Iterable[Part]) -> dict[str, Any]:
        """Write the system's text, in as many parts as it was given."""
        return {"parts": [written for part in parts for written in self._write(part)]}

    def _sort(self, parts: list[Part]) -> list[Part]:
        """Put results first, in the order of their calls: the vendor tells them by it."""
        results = [part for part in parts if part.kind == "tool_result"]
        results.sort(key=lambda part: self._order.get(part.data.call.id, 0))
        return results + [part for part in parts if part.kind != "tool_result"]

    def _write(self, part: Part) -> list[dict[str, Any]]:
        self._warn_of_marks(part)
        if part.kind == "verbatim":
            return self._write_verbatim(part.data)
        if part.kind == "tool_call":
            return [self._write_call(part)]
        if part.kind == "tool_result":
            return [self._write_result(part.data)]
        return [_MEDIA[part.kind](part) if part.kind in _MEDIA else {"text": part.data}]

    def _write_verbatim(self, verbatim: Mapping[str, Any]) -> list[dict[str, Any]]:
        parts = dicts_in(verbatim.get("parts"))
        for part in parts:
            call = part.get("functionCall")
            if isinstance(call, dict):
                self._called = True
                if isinstance(call.get("id"), str):
                    self._vendors_ids.add(call["id"])
        return parts

    def _write_call(self, part: Part) -> dict[str, Any]:
        call: ToolCall = part.data
        args = _read_object(call.arguments_text or "{}")
        if args is None:
            self._warnings.append(
                f"{part.where} has arguments that are no JSON object: sent as "
                f"{{{INVALID_JSON!r}: ...}} with their text."
            )
            args = {INVALID_JSON: call.arguments_text}
        written: dict[str, Any] = {"functionCall": {"name": call.name, "args": args}}
        if not self._called:
            written["thoughtSignature"] = _UNSIGNED
        self._called = True
        return written

    def _write_result(self, result: ToolResult) -> dict[str, Any]:
        """Write a result; the vendor's own calls are told by their ids, if it gave them any."""
        for part in result.parts:
            self._warn_of_marks(part)
        call, response = result.call, _read_object(result.text)
        written = {
            "name": call.name,
            "response": {"result": result.text} if response is None else response,
        }
        if call.id in self._vendors_ids:
            written["id"] = call.id
        return {"functionResponse": written}

    def _warn_of_marks(self, part: Part) -> None:
        left_out = ["cache_control"] if part.cache_control else []
        if part.kind == "image_url" and part.data.get("detail") not in (None, "auto"):
            left_out.append("detail")
        self._warnings += [
            f"{part.where} has {name}, which has no place on this wire: left out."
            for name in left_out
        ]


def says_something(part: Mapping[str, Any]) -> bool:
    """Whether a part that is to be sent holds anything but an empty text."""
    return part != {"text": ""}


def _read_object(text: str) -> dict[str, Any] | None:
    """Parse a JSON object that a request can hold; ``None`` for anything else.

    None with infinities, halves of surrogate pairs, or more levels than a reader takes.
    """
    try:
        parsed = json.loads(text, strict=False)
        parsed = parse_json(json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
