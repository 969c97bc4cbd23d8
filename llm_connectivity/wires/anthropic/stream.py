"""Events of Anthropic's streamed messages -> chunks.

https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...raw import RawJson
from ...sse import Event
from ...types import About, StreamChunk, Usage
from ..base import interrupted
from ..events import read_event
from ..json_text import SurrogateMender, refuse_answer
from .answer import WIRE, read_about, read_block_text, read_finish, read_usage
from .errors import error_from_document, told_error

# Ends streams of other wires; says nothing on this one.
_DONE = b"[DONE]"


class AnthropicDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`."""

    def __init__(self) -> None:
        self.terminal = False
        self.about: About = {}
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._finished = False
        self._foreign = b""  # the first event that is none of this wire's
        self._counts: dict[str, Any] = {}
        self._mender = SurrogateMender()

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
        rest = self._mender.finish()
        return StreamChunk(rest) if rest else None

    def _feed_block_delta(self, data: dict[str, Any]) -> StreamChunk | None:
        delta = data.get("delta")
        if type(delta) is not dict:
            return None
        if delta.get("type") == "text_delta":
            text = delta.get("text")
            return self._text(text, data) if text and type(text) is str else None
        if any(delta[name] for name in delta if name != "type"):
            self.deltas += 1  # thinking, its signature, the input of a tool, a citation
        return None

    def _feed_block_start(self, data: dict[str, Any]) -> StreamChunk | None:
        block = data.get("content_block")
        text = read_block_text(block)
        if text:
            return self._text(text, data)
        if isinstance(block, dict) and block.get("type") != "text":
            self.deltas += 1
        return None

    def _text(self, text: str, data: dict[str, Any]) -> StreamChunk | None:
        text = self._mender.feed(text)
        return StreamChunk(text, None, RawJson(WIRE, data)) if text else None

    def _feed_message_start(self, data: dict[str, Any]) -> StreamChunk | None:
        message = data.get("message")
        if isinstance(message, dict):
            self.about = read_about(message)
            self._note_usage(message)
        return None

    def _feed_message_delta(self, data: dict[str, Any]) -> StreamChunk | None:
        self._note_usage(data)
        delta = data.get("delta")
        raw_finish, finish = read_finish(delta) if isinstance(delta, dict) else (None, None)
        if finish is None:
            return None
        self._finished = True
        return StreamChunk(self._mender.finish(), finish, RawJson(WIRE, data), raw_finish)

    def _note_usage(self, holder: dict[str, Any]) -> None:
        """Lay the counts of an event over those of earlier ones; they are sums, not parts."""
        counts = holder.get("usage")
        if isinstance(counts, dict):
            self._counts.update({name: n for name, n in counts.items() if n is not None})

    def _feed_message_stop(self, _: dict[str, Any]) -> StreamChunk | None:
        self.terminal = True
        return self._rest()

    def _feed_nothing(self, _: dict[str, Any]) -> StreamChunk | None:
        return None

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
    "content_block_stop": AnthropicDecoder._feed_nothing,
    "message_start": AnthropicDecoder._feed_message_start,
    "message_delta": AnthropicDecoder._feed_message_delta,
    "message_stop": AnthropicDecoder._feed_message_stop,
}
