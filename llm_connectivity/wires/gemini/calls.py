"""Calls of the caller's functions on Gemini's wire: whole, but for one setting also in pieces.

https://ai.google.dev/api/caching#FunctionCall
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...surrogates import mend_text
from ...tool_calls import ToolCallDelta, write_arguments
from ..json_values import dicts_in, text_or_none
from .json_path import copy_json, put

# What a piece of an argument may hold; a null is named, as protocol buffers do.
_VALUES = ("stringValue", "numberValue", "boolValue")

# How much of one call is taken in pieces, in characters; one that is longer is cut off.
_LONGEST = 16_000_000

# What a piece counts for besides its place and its text.
_OVERHEAD = 100


class CallReader:
    """Reads the calls of one candidate, in the order they come; what has no name is none.

    Attributes:
        count: How many have come.
    """

    def __init__(self) -> None:
        self.count = 0
        self._open: dict[str, Any] | None = None  # a call that is told in pieces, as it is so far
        self._room = _LONGEST  # what it may still grow by

    def feed(self, part: dict[str, Any]) -> tuple[list[ToolCallDelta], dict[str, Any] | None]:
        """Read a part with a ``functionCall``.

        Returns:
            The pieces it gives, and the part as the vendor takes it back: ``None`` for one that
            only goes on with the call before it, whose part grows.
        """
        told = part["functionCall"]
        name = _word(told.get("name"))
        if name is None:
            rest = {key: value for key, value in part.items() if key != "functionCall"}
            return self._go_on(rest, told), rest if "text" in rest else None
        pieces = self.finish(cut=False)
        index, self.count = self.count, self.count + 1
        first = (index, _word(told.get("id")), name)
        if not (told.get("willContinue") or told.get("partialArgs")):
            return [*pieces, ToolCallDelta(*first, _write(told.get("args")))], part
        args = told.get("args")
        call = {k: v for k, v in told.items() if k not in ("willContinue", "partialArgs")}
        call["args"] = args if isinstance(args, dict) else {}
        self._open, self._room = copy_json({**part, "functionCall": call}), _LONGEST
        kept = self._open
        return [*pieces, ToolCallDelta(*first), *self._add(told)], kept

    def is_open(self, part: Mapping[str, Any]) -> bool:
        """Whether a part is of a call of which more is to come."""
        return part is self._open

    def finish(self, *, cut: bool) -> list[ToolCallDelta]:
        """End a call that is told in pieces.

        Args:
            cut: It is not all there: its text lacks the end, so that it is no JSON.
        """
        if self._open is None:
            return []
        call, self._open = self._open["functionCall"], None
        call["args"] = copy_json(call["args"])
        text = _write(call["args"])
        is_cut = cut or self._room < 0
        return [ToolCallDelta(self.count - 1, arguments_text=text[:-1] if is_cut else text)]

    def _go_on(self, rest: Mapping[str, Any], told: Mapping[str, Any]) -> list[ToolCallDelta]:
        if self._open is None:
            return []
        if "text" not in rest:
            self._open |= copy_json(rest)  # a signature
        return self._add(told)

    def _add(self, told: Mapping[str, Any]) -> list[ToolCallDelta]:
        """Take pieces of arguments; https://cloud.google.com/vertex-ai streams them if asked to."""
        for piece in dicts_in(told.get("partialArgs")):
            path = piece.get("jsonPath")
            if self._open is None or not isinstance(path, str):
                continue
            value = next((piece[name] for name in _VALUES if name in piece), None)
            self._room -= _OVERHEAD + len(path) + (len(value) if isinstance(value, str) else 0)
            if self._room >= 0:
                put(self._open["functionCall"]["args"], path, value)
        return [] if told.get("willContinue") else self.finish(cut=False)


def _word(value: Any) -> str | None:
    word = text_or_none(value)
    return None if word is None else mend_text(word)


def _write(args: Any) -> str:
    """Write arguments as JSON; none are none, and not cut off, since calls come whole."""
    return (mend_text(args) if isinstance(args, str) else write_arguments(args)) or "{}"
