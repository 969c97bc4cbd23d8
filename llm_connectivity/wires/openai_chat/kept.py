"""What a server on OpenAI's wire wants back with the next request: reasoning, as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zlib import crc32

from ...surrogates import mend_text
from ...tool_calls import ToolCall
from ..json_values import dicts_in, text_or_none
from .calls import CallReader
from .message import read_thinking

TEXTS = ("reasoning_content", "reasoning")

# Of a piece of reasoning_details or thinking_blocks: what grows from one event to the next.
_GROWING = ("text", "summary", "thinking")


class Keeper:
    """Collects it from a message, or from the pieces of one.

    Attributes:
        said: Pieces of the answer's text, which what is signed belongs to.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self._texts: dict[str, list[str]] = {}
        self._blocks: list[_Block] = []
        self._thoughts: list[_Block] = []  # Anthropic's blocks, as LiteLLM tells them
        self._summary: list[str] = []  # what has come of a reasoning part that is not signed yet
        self._parts: list[dict[str, Any]] = []

    def note(self, message: Mapping[str, Any], *, is_whole: bool = False) -> None:
        """Take what a message or a delta brings; the details of a whole message are whole, too."""
        for name in TEXTS:
            self._add(name, text_or_none(message.get(name)))
        self._add("thinking", read_thinking(message.get("content")))
        details, thoughts = message.get("reasoning_details"), message.get("thinking_blocks")
        _grow(self._blocks, dicts_in(details), _never if is_whole else _goes_on)
        _grow(self._thoughts, dicts_in(thoughts), _never if is_whole else _is_open)
        for part in dicts_in(message.get("content")):
            if part.get("type") == "reasoning":
                self._add_summaries(part)

    def give(self, calls: CallReader, answer_id: str | None) -> Mapping[str, Any] | None:
        """Give it as JSON, ``None`` where there is nothing.

        Args:
            calls: Of the same message; some servers sign calls.
            answer_id: The answer's, of which ids of calls without one are made.
        """
        kept: dict[str, Any] = {name: _join(texts) for name, texts in self._texts.items()}
        signed: dict[str, Any] = {}
        if self._blocks:
            signed["reasoning_details"] = [block.give() for block in self._blocks]
        if self._parts:
            signed["reasoning_parts"] = list(self._parts)
        thoughts = [block.give() for block in self._thoughts if _is_signed(block.fields)]
        if thoughts:
            signed["thinking_blocks"] = thoughts
        if signed or calls.signed:
            made = calls.join(answer_id)
            for name, told in calls.signed.items():
                signed[name] = {made[i].id: extra for i, extra in told.items()}
            signed["of"] = marks_of("".join(self.said), made)
        return kept | signed or None

    def _add(self, name: str, text: str | None) -> None:
        if text:
            self._texts.setdefault(name, []).append(text)

    def _add_summaries(self, part: Mapping[str, Any]) -> None:
        """Take a reasoning part; what is signed is whole, and goes back.

        https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models
        """
        for summary in dicts_in(part.get("summary")):
            self._summary.append(text_or_none(summary.get("text")) or "")
            if summary.get("signature"):
                whole = {**summary, "text": _join(self._summary)}
                self._parts.append({**part, "summary": [whole]})
                self._summary = []


def marks_of(text: str, calls: Iterable[ToolCall]) -> dict[str, Any]:
    """Give what tells whether a message still has the text and the calls that were signed.

    Checksums, so that a text that somebody has taken out of a message is not kept in it.
    """
    return {
        "text": crc32(text.encode(errors="surrogatepass")),
        "calls": {call.id: mark_of(call) for call in calls},
    }


def mark_of(call: ToolCall) -> int:
    """Give what tells whether it is the same call: name and arguments, however spelt."""
    try:
        arguments = json.dumps(call.arguments, sort_keys=True)
    except RecursionError:
        arguments = call.arguments_text
    return crc32(f"{call.name}\n{arguments}".encode(errors="surrogatepass"))


class _Block:
    """One of the reasoning_details or thinking_blocks, as far as it has come.

    https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
    https://docs.litellm.ai/docs/reasoning_content
    """

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}

    def grow(self, new: Mapping[str, Any]) -> None:
        """Add a piece to it."""
        for name, value in new.items():
            if name in _GROWING and (name in self._texts or isinstance(value, str)):
                self.fields[name] = ""
                self._texts.setdefault(name, []).append(text_or_none(value) or "")
            elif value is not None or name not in self.fields:
                self.fields[name] = value

    def give(self) -> dict[str, Any]:
        """Give it as JSON."""
        return self.fields | {name: _join(texts) for name, texts in self._texts.items()}


def _grow(
    blocks: list[_Block],
    pieces: Iterable[Mapping[str, Any]],
    goes_on: Callable[[Mapping[str, Any], Mapping[str, Any]], bool],
) -> None:
    """Add each piece to the last block, or begin another one with it."""
    for piece in pieces:
        if not (blocks and goes_on(blocks[-1].fields, piece)):
            blocks.append(_Block())
        blocks[-1].grow(piece)


def _never(last: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """In a whole message each block is whole."""
    return False


def _goes_on(last: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether both are of one block; a signature ends it, what is encrypted comes in one piece."""
    if "index" not in new or "data" in last or "data" in new or last.get("signature"):
        return False
    if last.get("id") and new.get("id") and last["id"] != new["id"]:
        return False
    place = (new["index"], new.get("type"))
    return place == (last.get("index"), last.get("type"))


def _is_open(last: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a piece of thinking goes on with the block before it; they have no numbers."""
    return not _is_signed(last) and last.get("type") == new.get("type") and "data" not in new


def _is_signed(block: Mapping[str, Any]) -> bool:
    """Whether a block of thinking is whole, and is taken back: signed, or encrypted."""
    return bool(block.get("signature") or block.get("data"))


def _join(texts: list[str]) -> str:
    """Join pieces, and the halves of characters in them."""
    return mend_text("".join(texts))
