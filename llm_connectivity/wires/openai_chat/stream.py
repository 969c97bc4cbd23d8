"""Events of OpenAI's streamed chat completions -> chunks.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...raw import RawJson
from ...sse import Event
from ...surrogates import SurrogateMender
from ...types import About, StreamChunk, Usage, says_something
from ..base import fill_in, interrupted
from ..events import read_event
from ..json_text import refuse_answer
from ..json_values import text_or_none
from .answer import (
    WIRE,
    find_usage,
    first_choice,
    is_foreign,
    read_about,
    read_finish,
)
from .calls import CallReader
from .errors import error_from_document, told_error
from .kept import TEXTS, Keeper
from .message import Sources, read_citations, read_reasoning, read_text

_DONE = b"[DONE]"

# What most deltas hold; one that holds more, or a list as its content, is looked at closely.
_PLAIN = frozenset({"content", "role"})

# Where a message has reasoning and calls, in all spellings: what one told, the others repeat.
_REASONING = frozenset({*TEXTS, "reasoning_details", "thinking_blocks"})
_CALLS = frozenset({"tool_calls", "function_call"})

# So many sources a stream remembers to tell each once, where its memory is not to grow.
_MOST_SOURCES = 1000


class OpenAIChatDecoder:
    """Decoder of one stream; see `llm_connectivity.wires.base.StreamDecoder`.

    Args:
        keeps: Whether to keep what the server wants back with the next request, and a refusal;
            without, the last 1,000 sources alone are known when they come again.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.terminal = False
        self.usage: Usage | None = None
        self.last: dict[str, Any] | None = None
        self.deltas = 0
        self._about: About = {}
        self._refusal: list[str] = []
        self._finished = False
        self._is_known = False  # model and id have come
        self._began = False  # an event of this wire has come
        self._in_messages = False  # this server says message where others say delta
        self._told: set[str] = set()  # fields of a message that have brought something
        self._foreign = b""  # the first event that is none of this wire's
        self._mender = SurrogateMender()
        self._mender_of_reasoning = SurrogateMender()
        self._mender_of_refusal = SurrogateMender()
        self._calls = CallReader(keeps=keeps)
        self._keeper = Keeper() if keeps else None
        self._sources = Sources(None if keeps else _MOST_SOURCES)

    @property
    def about(self) -> About:
        """What the stream has told of itself so far."""
        if not self._refusal:
            return self._about
        return {**self._about, "refusal": "".join(self._refusal)}

    @property
    def verbatim(self) -> Mapping[str, Any] | None:
        """What the server wants back with the next request as it was."""
        return (
            None if self._keeper is None else self._keeper.give(self._calls, self._about.get("id"))
        )

    def feed(self, event: Event) -> StreamChunk | None:
        """Give what an event says."""
        if event.data.lstrip().startswith(_DONE):
            return self._end()
        data = read_event(event, error_from_document)
        if data is None:
            return None
        choices = data.get("choices")
        if not choices or "error" in data or "x_groq" in data:
            self._raise_errors(data, choices)
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

    def _raise_errors(self, data: dict[str, Any], choices: Any) -> None:
        """Raise the error that an event tells of; the counts beside it are the answer's."""
        looked_at = [data] if not choices or "error" in data else []
        for told in (*looked_at, data.get("x_groq")):
            if not isinstance(told, dict):
                continue
            error = told_error(told)
            if error is not None:
                self.usage = find_usage(told, {}) or self.usage
                raise error

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

    def _rest(self, raw_chunk: RawJson | None = None) -> StreamChunk | None:
        """Give what was held back: halves of characters."""
        self._add_refusal(self._mender_of_refusal.finish())
        chunk = StreamChunk(
            self._mender.finish(),
            raw_chunk=raw_chunk,
            reasoning=self._mender_of_reasoning.finish(),
            tool_calls=self._calls.finish(),
        )
        if self._keeper is not None:
            self._keeper.said.append(chunk.content)
        return chunk if says_something(chunk) else None

    def _feed_choice(self, data: dict[str, Any], choice: Any) -> StreamChunk | None:
        delta = choice["delta"] if "delta" in choice else self._read_message(choice)
        content = delta.get("content") if isinstance(delta, dict) else None
        text = content if type(content) is str else read_text(content)
        if text:
            self._told.add("content")
            text = self._mender.feed(text)
        finish = raw_finish = None
        if choice.get("finish_reason"):
            raw_finish, finish = read_finish(choice)
            if finish:
                self._finished = True
                text += self._mender.finish()
        if data.get("usage") or "x_groq" in data or "usage" in choice:
            self.usage = find_usage(data, choice) or self.usage
        chunk = StreamChunk(text, finish, RawJson(WIRE, data), raw_finish)
        if text and self._keeper is not None:
            self._keeper.said.append(text)
        if not (content.__class__ is str and len(delta) == 1) and isinstance(delta, dict):
            self._feed_others(delta, chunk)
        if "citations" in data or "search_results" in data:
            chunk.citations += self._sources.take_listed(data)
        if text or finish or says_something(chunk):
            return chunk
        return None

    def _read_message(self, choice: Mapping[str, Any]) -> Any:
        """Give what stands where the delta should, without what the deltas have told already.

        Some servers end a stream with an event that holds the whole message.
        https://platform.minimax.io/docs/api-reference/text-post
        """
        message = choice.get("message")
        if not isinstance(message, dict):
            return message
        self._in_messages = self._in_messages or not self._told
        if self._in_messages:
            return message
        return {name: value for name, value in message.items() if name not in self._told}

    def _feed_others(self, delta: dict[str, Any], chunk: StreamChunk) -> None:
        """Take what a delta brings besides text."""
        if delta.keys() <= _PLAIN and not isinstance(delta.get("content"), list):
            return
        thought = read_reasoning(delta)
        if thought:
            self._told |= _REASONING
            chunk.reasoning = self._mender_of_reasoning.feed(thought)
        if delta.get("tool_calls") or delta.get("function_call"):
            chunk.tool_calls = self._calls.feed(delta)
            self._told |= _CALLS if chunk.tool_calls else set()
        if delta.get("annotations"):
            chunk.citations = self._sources.take_new(read_citations(delta))
        refusal = text_or_none(delta.get("refusal"))
        if self._keeper is not None:
            self._keeper.note(delta)
        if refusal:
            self._told.add("refusal")
            self._add_refusal(self._mender_of_refusal.feed(refusal))
        if not (chunk.reasoning or chunk.tool_calls) and any(
            delta[name] for name in delta if name not in _PLAIN
        ):
            self.deltas += 1  # a refusal, or something that is not known yet

    def _add_refusal(self, text: str) -> None:
        if text and self._keeper is not None:
            self._refusal.append(text)

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
        sources = self._sources.take_listed(data)
        chunk = self._rest(RawJson(WIRE, data)) if self.terminal else None
        if sources:
            chunk = chunk or StreamChunk(raw_chunk=RawJson(WIRE, data))
            chunk.citations = sources
        return chunk

    def _note(self, data: dict[str, Any]) -> None:
        """It is an event of this wire."""
        self.last = data
        if not self._is_known:
            self._began = True
            self._about = about = fill_in(self._about, read_about(data))
            self._is_known = bool(about["model"] and about["id"])
        elif "service_tier" in data and data["service_tier"] != self._about["service_tier"]:
            self._about["service_tier"] = (
                text_or_none(data["service_tier"]) or self._about["service_tier"]
            )


def _is_chunk(data: dict[str, Any]) -> bool:
    return str(data.get("object", "")).startswith("chat.completion") or bool(find_usage(data, {}))
