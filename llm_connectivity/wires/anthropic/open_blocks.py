"""The content blocks of one stream of Anthropic's Messages API, put together from their pieces.

https://docs.claude.com/en/docs/build-with-claude/streaming#content-block-delta-types
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from ...surrogates import SurrogateMender
from ...tool_calls import ToolCallDelta
from ..json_values import dicts_in, text_or_none
from .content import as_input, call_name, write_input
from .kept import keep_blocks

# Kinds of blocks -> the fields that other deltas than those of text and input bring and that the
# API takes back; blocks of other kinds take all.
_TAKEN: dict[str, AbstractSet[str]] = {
    "text": frozenset(),
    "thinking": frozenset({"signature"}),
    "redacted_thinking": frozenset({"data"}),
    "tool_use": frozenset(),
    "server_tool_use": frozenset(),
    "mcp_tool_use": frozenset(),
}

# Kinds that have none; pieces of it come behind them where a call's first event is missing.
_WITHOUT_INPUT = ("text", "thinking", "redacted_thinking")


# Blocks of greater numbers are forgotten when they end.
_REMEMBERED = range(1000)


class _Block:
    """One block.

    Attributes:
        told: What its first event has told.
        call: Which call of the answer it is, ``None`` for what is none.
        waiting: Input in the first event; it counts where no pieces of it follow.
        inputs: Pieces of the input, as text.
        texts: Pieces of the text, or of the thinking.
        citations: Sources of the text.
        fields: What other deltas tell: pieces of a text, or one value of another kind.
        mender: Of the input.
    """

    __slots__ = ("call", "citations", "fields", "inputs", "mender", "texts", "told", "waiting")

    def __init__(self, told: dict[str, Any], call: int | None = None) -> None:
        self.told = told
        self.call = call
        self.waiting = "" if call is None else write_input(told.get("input"))
        self.inputs: list[str] = []
        self.texts: list[str] = []
        self.citations: list[Any] = []
        self.fields: dict[str, list[Any]] = {}
        self.mender = SurrogateMender()

    def put_together(self) -> dict[str, Any]:
        """Give the block as a whole answer has it."""
        block = dict(self.told)
        for name, pieces in self.fields.items():
            block[name] = "".join(pieces) if isinstance(pieces[0], str) else pieces[0]
        if self.texts and block.get("type") in ("text", "thinking"):
            block[block["type"]] = "".join(self.texts)
        if self.citations:
            block["citations"] = [*dicts_in(block.get("citations")), *self.citations]
        if self.inputs and block.get("type") not in _WITHOUT_INPUT:
            block["input"] = as_input("".join(self.inputs))
        return block


class BlockReader:
    """Numbers the caller's calls, and keeps all blocks where they are wanted.

    Args:
        keeps: Whether to keep them; without, memory does not grow.

    Attributes:
        texts: Where pieces of the answer's text are to be kept, in place of a call for each.
    """

    def __init__(self, *, keeps: bool) -> None:
        self._open: dict[int | None, _Block | None] = {}  # by number; None is one that has ended
        self._last: _Block | None = None
        self._calls = 0
        self._kept: list[_Block] | None = [] if keeps else None
        self.texts: list[str] | None = None
        self._expect_text({"type": "text"})

    def start(self, number: int | None, told: dict[str, Any]) -> tuple[ToolCallDelta, ...]:
        """Take the first event of a block; give the first piece of a call."""
        if self._kept is not None:
            told = copy.deepcopy(told)  # the event is the caller's
        name = call_name(told)
        if name is not None and self._is_open(number, told):
            return ()
        if told.get("type") == "text":
            self._last = self._open[number] = self._expect_text(told)
            return ()
        block = _Block(told, None if name is None else self._calls)
        self._last = self._open[number] = block
        if self._kept is not None:
            self._kept.append(block)
            self._expect_text({"type": "text"})
        if name is None:
            return ()
        self._calls += 1
        return (ToolCallDelta(self._calls - 1, text_or_none(told.get("id")), name),)

    def add_input(self, number: int | None, text: str) -> tuple[ToolCallDelta, ...] | None:
        """Take a piece of a tool's input.

        Returns:
            The piece of the caller's call; ``None`` where the caller has none to run.
        """
        block = self._find(number)
        if block is None:
            return None
        block.waiting = ""
        text = block.mender.feed(text)
        if self._kept is not None:
            block.inputs.append(text)
        if block.call is None:
            return None
        return (ToolCallDelta(block.call, arguments_text=text),) if text else ()

    def add_thinking(self, number: int | None, text: str) -> None:
        """Take a piece of thinking."""
        block = self._find(number)
        if block is not None and self._kept is not None:
            block.texts.append(text)

    def add_citation(self, number: int | None, citation: Mapping[str, Any]) -> None:
        """Take a source."""
        block = self._find(number)
        if block is not None and self._kept is not None:
            block.citations.append(copy.deepcopy(citation))

    def add_fields(self, number: int | None, delta: Mapping[str, Any]) -> None:
        """Take any other delta: a text goes on with the field of its name, all else replaces it."""
        block = self._find(number)
        if block is None or self._kept is None:
            return
        taken = _TAKEN.get(str(block.told.get("type")), delta.keys() - {"type"})
        for name in taken & delta.keys():
            value = delta[name]
            if value is None:
                continue
            pieces = block.fields.setdefault(name, [block.told.get(name)])
            if isinstance(pieces[0], str) and isinstance(value, str):
                pieces.append(value)
            else:
                pieces[:] = [copy.deepcopy(value)]

    def stop(self, number: int | None) -> tuple[ToolCallDelta, ...]:
        """A block has ended: give what waited."""
        block = self._open.pop(number, None)
        if number in _REMEMBERED:
            self._open[number] = None
        return () if block is None else tuple(_rest_of(block))

    def finish(self) -> tuple[ToolCallDelta, ...]:
        """The answer has ended: give what waited in any block."""
        blocks, self._open = self._open, {}
        return tuple(piece for block in blocks.values() if block for piece in _rest_of(block))

    def keep(self) -> Mapping[str, Any] | None:
        """Give what the API wants back with the next request."""
        return keep_blocks(block.put_together() for block in self._kept or ())

    def _find(self, number: int | None) -> _Block | None:
        """Give the block of a number; none of one that has ended, the newest of one not known."""
        return self._open.get(number, self._last)

    def _is_open(self, number: int | None, told: Mapping[str, Any]) -> bool:
        """Whether a call that has not ended is told again, to go on with it.

        llama.cpp forgets at the end of an answer what it has begun.
        """
        block = self._open.get(number)
        given_id = text_or_none(told.get("id"))
        return block is not None and given_id is not None and block.told.get("id") == given_id

    def _expect_text(self, told: dict[str, Any]) -> _Block:
        """Begin a text; one stands between other blocks too, for text that has no first event."""
        block = _Block(told)
        if self._kept is not None:
            self._kept.append(block)
            self.texts = block.texts
        return block


def _rest_of(block: _Block) -> Iterator[ToolCallDelta]:
    rest = block.waiting + block.mender.finish()
    if block.call is not None and rest:
        yield ToolCallDelta(block.call, arguments_text=rest)
    block.waiting = ""
