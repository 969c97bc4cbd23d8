"""Events of OpenAI's streamed chat completions -> chunks.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from typing import Any

from ...raw import RawJson
from ...sse import Event
from ...types import About, StreamChunk, Usage
from ..base import fill_in, interrupted
from ..events import read_event
from ..json_text import SurrogateMender, refuse_answer
from .answer import (
    WIRE,
    find_usage,
    first_choice,
    is_foreign,
    read_about,
    read_finish,
    read_text,
)
from .errors import error_from_document, told_error

_DONE = b"[DONE]"


class OpenAIChatDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`."""

    def __init__(self) -> None:
        self.terminal = False
        self.about: About = {}
        self.usage: Usage | None = None
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._finished = False
        self._began = False  # an event of this wire has come
        self._foreign = b""  # the first event that is none of this wire's
        self._mender = SurrogateMender()

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says."""
        if event.data.lstrip().startswith(_DONE):
            return self._end()
        data = read_event(event, error_from_document)
        if data is None:
            return None
        choices = data.get("choices")
        if not choices or "error" in data:
            error = told_error(data)
            if error is not None:
                raise error
        if not choices:
            return self._feed_without_choices(event, data)
        choice = first_choice(choices)
        if choice.get("error"):
            raise error_from_document(choice)
        if "delta" not in choice and is_foreign(choices, choice):
            self._foreign = self._foreign or event.data
            return None
        self._note(data)
        return self._feed_choice(data, choice)

    def finish(self) -> StreamChunk | None:
        """The body has ended: give what was held back, or say that it ended too early."""
        if self._finished or self.terminal:
            return self._rest()
        if self._began:
            raise interrupted("early")
        if self._foreign:
            refuse_answer(self._foreign)
        raise interrupted("before its first event")

    def _end(self) -> StreamChunk | None:
        """The terminal marker has come; behind events of another wire it ends nothing."""
        if self._foreign and not self._began:
            refuse_answer(self._foreign)
        self.terminal = True
        return self._rest()

    def _rest(self) -> StreamChunk | None:
        rest = self._mender.finish()
        return StreamChunk(rest) if rest else None

    def _feed_choice(self, data: dict[str, Any], choice: Any) -> StreamChunk | None:
        delta = choice.get("delta") if "delta" in choice else choice.get("message")
        content = delta.get("content") if isinstance(delta, dict) else None
        text = content if type(content) is str else read_text(content)
        if text:
            text = self._mender.feed(text)
        finish = raw_finish = None
        if choice.get("finish_reason"):
            raw_finish, finish = read_finish(choice)
            if finish:
                self._finished = True
                text += self._mender.finish()
        if data.get("usage") or "x_groq" in data or "usage" in choice:
            self.usage = find_usage(data, choice) or self.usage
        if text or finish:
            return StreamChunk(text, finish, RawJson(WIRE, data), raw_finish)
        if isinstance(delta, dict) and any(delta[name] for name in delta if name != "role"):
            self.deltas += 1  # reasoning, tool calls
        return None

    def _feed_without_choices(self, event: Event, data: dict[str, Any]) -> StreamChunk | None:
        if "choices" not in data and not _is_chunk(data):
            self._foreign = self._foreign or event.data
            return None
        self._note(data)
        usage = find_usage(data, {})
        if usage is not None:
            self.usage = usage
            # Usage without choices is the last thing this wire sends before its terminal marker.
            self.terminal = self.terminal or self._finished
        return None

    def _note(self, data: dict[str, Any]) -> None:
        """It is an event of this wire."""
        self.last = data
        if not (self.about.get("model") and self.about.get("id")):
            self._began = True
            self.about = fill_in(self.about, read_about(data))


def _is_chunk(data: dict[str, Any]) -> bool:
    return str(data.get("object", "")).startswith("chat.completion") or bool(find_usage(data, {}))
