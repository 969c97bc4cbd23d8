"""Events of Anthropic's streamed messages -> chunks.

https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...raw import RawJson
from ...sse import Event
from ...surrogates import SurrogateMender
from ...types import About, StreamChunk, Usage, says_something
from ..base import fill_in, interrupted
from ..events import read_event
from ..json_text import refuse_answer
from ..json_values import text_or_none, whole_or_none
from .answer import WIRE, read_about, read_end, read_finish
from .content import read_blocks, read_citation, read_citations, read_text, read_thinking
from .errors import error_from_document, told_error
from .open_blocks import BlockReader
from .usage import add_usage, read_usage

# Ends streams of other wires; says nothing on this one.
_DONE = b"[DONE]"


class AnthropicDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`.

    Args:
        keeps: Whether to keep what the API wants back with the next request.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.terminal = False
        self.about: About = {}
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._finished = False
        self._told_finish: tuple[str | None, str | None] = (None, None)  # before the end
        self._foreign = b""  # the first event that is none of this wire's
        self._counts: dict[str, Any] = {}
        self._blocks = BlockReader(keeps=keeps)
        self._mender = SurrogateMender()
        self._mender_of_thinking = SurrogateMender()

    @property
    def verbatim(self) -> Mapping[str, Any] | None:
        """What the API wants back with the next request as it was."""
        return self._blocks.keep()

    @property
    def usage(self) -> Usage | None:
        """The usage as far as it has been told."""
        return read_usage(self._counts)

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says; its JSON says what kind it is, its name may be missing."""
        if event.data == _DONE:
            return None
        data = read_event(event, error_from_document)
        if data is None:
            return None
        try:
            read = _READERS[data["type"]]
        except (KeyError, TypeError):
            self._take_other(event, data)
            return None
        self.last = data
        return read(self, data)

    def finish(self) -> StreamChunk | None:
        """The body has ended: give what was held back, or say that it ended too early."""
        if self._finished or self.terminal:
            return self._rest()
        if self.last is not None:
            raise interrupted("early")
        if self._foreign:
            refuse_answer(self._foreign)
        raise interrupted("before its first event")

    def _rest(self) -> StreamChunk | None:
        chunk = self._end_blocks(StreamChunk())
        return chunk if says_something(chunk) else None

    def _end_blocks(self, chunk: StreamChunk) -> StreamChunk:
        """Put what waited in vain on a chunk."""
        chunk.content = self._keep_text(self._mender.finish())
        chunk.reasoning = self._mender_of_thinking.finish()
        chunk.tool_calls = self._blocks.finish()
        return chunk

    def _feed_block_delta(self, data: dict[str, Any]) -> StreamChunk | None:
        delta = data.get("delta")
        if type(delta) is not dict:
            return None
        kind = delta.get("type") or _find_kind(delta)
        if kind == "text_delta":
            text = delta.get("text")
            return self._text(text, data) if text and type(text) is str else None
        read = _DELTA_READERS.get(kind) if isinstance(kind, str) else None
        if read is not None:
            return read(self, delta, data)
        self._feed_other_delta(delta, data)
        return None

    def _feed_thinking(self, delta: dict[str, Any], data: dict[str, Any]) -> StreamChunk | None:
        thought = text_or_none(delta.get("thinking"))
        if thought is None:
            self._feed_other_delta(delta, data)
            return None
        thought = self._mender_of_thinking.feed(thought)
        self._blocks.add_thinking(_number(data), thought)
        return StreamChunk(raw_chunk=RawJson(WIRE, data), reasoning=thought) if thought else None

    def _feed_input(self, delta: dict[str, Any], data: dict[str, Any]) -> StreamChunk | None:
        text = text_or_none(delta.get("partial_json"))
        if text is None:
            return None
        pieces = self._blocks.add_input(_number(data), text)
        if pieces is None:
            self.deltas += 1  # the server runs this one
        return StreamChunk(raw_chunk=RawJson(WIRE, data), tool_calls=pieces) if pieces else None

    def _feed_citation(self, delta: dict[str, Any], data: dict[str, Any]) -> StreamChunk | None:
        told = delta.get("citation")
        if not isinstance(told, dict):
            return None
        self._blocks.add_citation(_number(data), told)
        return StreamChunk(raw_chunk=RawJson(WIRE, data), citations=(read_citation(told),))

    def _feed_other_delta(self, delta: dict[str, Any], data: dict[str, Any]) -> None:
        """Take a signature, which may be empty, or what nobody knows yet."""
        if any(delta[name] for name in delta if name != "type"):
            self.deltas += 1
        self._blocks.add_fields(_number(data), delta)

    def _feed_block_start(self, data: dict[str, Any]) -> StreamChunk | None:
        block = data.get("content_block")
        if not isinstance(block, dict):
            return None
        chunk = StreamChunk(raw_chunk=RawJson(WIRE, data))
        self._start_block(_number(data), block, chunk)
        return chunk if says_something(chunk) else None

    def _start_block(self, number: int | None, block: dict[str, Any], chunk: StreamChunk) -> None:
        """Put what the first event of a block tells on a chunk."""
        calls = self._blocks.start(number, block)
        text, thought = read_text(block), read_thinking(block)
        if text:
            text = self._keep_text(self._mender.feed(text))
        if thought:
            thought = self._mender_of_thinking.feed(thought)
            self._blocks.add_thinking(number, thought)
        citations = tuple(read_citations(block))
        if not (text or thought or calls or citations) and block.get("type") != "text":
            self.deltas += 1
        chunk.content += text
        chunk.reasoning += thought
        chunk.tool_calls += calls
        chunk.citations += citations

    def _feed_block_stop(self, data: dict[str, Any]) -> StreamChunk | None:
        pieces = self._blocks.stop(_number(data))
        return StreamChunk(raw_chunk=RawJson(WIRE, data), tool_calls=pieces) if pieces else None

    def _text(self, text: str, data: dict[str, Any]) -> StreamChunk | None:
        text = self._mender.feed(text)
        kept = self._blocks.texts
        if kept is not None:
            kept.append(text)
        return StreamChunk(text, None, RawJson(WIRE, data)) if text else None

    def _keep_text(self, text: str) -> str:
        if text and self._blocks.texts is not None:
            self._blocks.texts.append(text)
        return text

    def _feed_message_start(self, data: dict[str, Any]) -> StreamChunk | None:
        message = data.get("message")
        if not isinstance(message, dict):
            return None
        self.about = fill_in(read_about(message), self.about)
        add_usage(self._counts, message.get("usage"))
        self._told_finish = read_finish(message)
        return self._take_blocks(message, data)

    def _take_blocks(self, message: dict[str, Any], data: dict[str, Any]) -> StreamChunk | None:
        """Take blocks that the message begins with, whole; code that goes on has such.

        https://platform.claude.com/docs/en/agents-and-tools/tool-use/programmatic-tool-calling
        """
        chunk = StreamChunk(raw_chunk=RawJson(WIRE, data))
        for number, block in enumerate(read_blocks(message.get("content"))):
            self._start_block(number, block, chunk)
            chunk.tool_calls += self._blocks.stop(number)
        return chunk if says_something(chunk) else None

    def _feed_message_delta(self, data: dict[str, Any]) -> StreamChunk | None:
        delta = data.get("delta")
        if isinstance(delta, dict):
            add_usage(self._counts, delta.get("usage"))  # where some servers put it
        add_usage(self._counts, data.get("usage"))
        if not isinstance(delta, dict):
            return None
        self.about = fill_in(read_end({**delta, "usage": self._counts}), self.about)
        raw_finish, finish = read_finish(delta)
        if finish is None:
            return None
        self._finished = True
        return self._end_blocks(StreamChunk("", finish, RawJson(WIRE, data), raw_finish))

    def _feed_message_stop(self, _: dict[str, Any]) -> StreamChunk | None:
        self.terminal = True
        raw_finish, finish = self._told_finish
        if self._finished or finish is None:
            return self._rest()
        return self._end_blocks(StreamChunk("", finish, None, raw_finish))

    def _take_other(self, event: Event, data: dict[str, Any]) -> None:
        """It is an error, a sign of life, of a kind not known yet, or of another wire."""
        error = told_error(data)
        if error is not None:
            raise error
        if data.get("type") != "ping":
            self._foreign = self._foreign or event.data


_READERS: dict[Any, Callable[[AnthropicDecoder, dict[str, Any]], StreamChunk | None]] = {
    "content_block_delta": AnthropicDecoder._feed_block_delta,
    "content_block_start": AnthropicDecoder._feed_block_start,
    "content_block_stop": AnthropicDecoder._feed_block_stop,
    "message_start": AnthropicDecoder._feed_message_start,
    "message_delta": AnthropicDecoder._feed_message_delta,
    "message_stop": AnthropicDecoder._feed_message_stop,
}

_DELTA_READERS: dict[
    str, Callable[[AnthropicDecoder, dict[str, Any], dict[str, Any]], StreamChunk | None]
] = {
    "thinking_delta": AnthropicDecoder._feed_thinking,
    "input_json_delta": AnthropicDecoder._feed_input,
    "citations_delta": AnthropicDecoder._feed_citation,
}


# What a delta is whose type is missing, as some gateways write them.
_KINDS = {
    "text": "text_delta",
    "thinking": "thinking_delta",
    "partial_json": "input_json_delta",
    "citation": "citations_delta",
}


def _find_kind(delta: dict[str, Any]) -> str:
    return next((_KINDS[name] for name in delta if name in _KINDS), "")


def _number(data: dict[str, Any]) -> int | None:
    """Give the number of the block that an event belongs to."""
    return whole_or_none(data.get("index"))
