"""What a server says, in the words of each wire."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from tests.server import EVENT_STREAM, JSON, Entry, Headers, Reply, Send, Step
from tests.worlds import PIECES, WireWorld

# What comes before a fault that has let something through.
BEGINNING = "Hello!"
BEGINNING_PIECES = ("Hello", "!")

HTML = b"<!doctype html><html><body>Welcome to nginx!</body></html>"


class Voice:
    """One wire's words, for the run of a scenario.

    Args:
        world: The wire.
        streamed: Whether a stream is asked for.

    Attributes:
        world: The wire.
        name: Its name.
        streamed: Whether a stream is asked for.
        wire: What the server sends: `tests.server.openai_wire`, or one with the same names.
        start: What comes before the first text.
        end: The terminal marker; this may be nothing.
        usage: The event with usage behind the finish reason; this may be nothing.
    """

    def __init__(self, world: WireWorld, *, streamed: bool) -> None:
        wire: ModuleType = world.wire_module
        self.world = world
        self.name = world.provider
        self.streamed = streamed
        self.wire = wire
        self.start: bytes = {
            "openai": lambda: wire.role_event(),
            "anthropic": lambda: wire.start_event() + wire.block_start_event(),
            "google": lambda: wire.usage_event(9, 0),
        }[self.name]()
        self.end: bytes = getattr(wire, "DONE", b"")
        self.usage: bytes = wire.usage_event() if self.name == "openai" else b""

    @property
    def hello(self) -> Entry:
        """The whole answer, as it is asked for, with nothing wrong."""
        return self.wire.answer(pause=0)

    def text(self, piece: str) -> bytes:
        """Make the event that brings a piece of text."""
        return self.wire.text_event(piece)

    def finish(self, *reason: str) -> bytes:
        """Make what brings the finish reason: by default, that the model has ended by itself."""
        before = self.wire.block_stop_event() if self.name == "anthropic" else b""
        return before + self.wire.finish_event(*reason)

    def pick(self, **by_wire: Callable[[], Any]) -> Any:
        """Make what belongs to this wire, of functions by the wire's name."""
        return by_wire[self.name]()

    def beginning(self) -> tuple[bytes, ...]:
        """Make the events of a stream up to the text ``BEGINNING``."""
        return (self.start, *map(self.text, BEGINNING_PIECES))

    def ending(self) -> tuple[bytes, ...]:
        """Make the events behind the last text."""
        return tuple(event for event in (self.finish(), self.usage, self.end) if event)

    def events(self, pieces: Iterable[str] = PIECES) -> tuple[bytes, ...]:
        """Make the events of a whole stream."""
        return (self.start, *map(self.text, pieces), *self.ending())

    def stream(self, *steps: bytes | Step, headers: Headers = (), **settings: Any) -> Reply:
        """Answer with an event stream, one segment for each of these."""
        played = tuple(Send(step) if isinstance(step, bytes) else step for step in steps)
        return self._reply(played, EVENT_STREAM + headers, **settings)

    def document(self, body: bytes | Any, *, headers: Headers = (), **settings: Any) -> Reply:
        """Answer with this JSON, or with these bytes in its place."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        settings = {"framing": "length", **settings}
        return self._reply((Send(content),) if content else (), JSON + headers, **settings)

    def page(self, body: bytes, content_type: str = "text/html", **settings: Any) -> Reply:
        """Answer with something that is no JSON."""
        headers = (("content-type", content_type),)
        return self._reply((Send(body),), headers, framing="length", **settings)

    def failure(
        self, status: int, message: str = "It says no.", headers: Headers = (), **settings: Any
    ) -> Reply:
        """Answer with an error document and its status."""
        return self.document(
            self.world.error_body(message, status), status=status, headers=headers, **settings
        )

    def error_document(self, kind: str, message: str = "It broke.") -> dict[str, Any]:
        """Make an error document that is told by its code alone.

        Args:
            kind: ``"server"``, ``"rate"``, ``"key"`` or ``"unknown"``.
            message: Its words.
        """
        types, words, numbers = _CODES[kind]
        if self.name == "openai":
            return self.wire.error_body(message, types, types)
        if self.name == "anthropic":
            return self.wire.error_body(message, types)
        document = self.wire.error_body(message, words, numbers)
        if kind == "unknown":
            del document["error"]["code"]
        return document

    def error_event(self, kind: str = "server", message: str = "It broke.") -> bytes:
        """Make the event that tells of an error in a stream of status 200."""
        return self.wire.event(self.error_document(kind, message))

    def data(self, payload: object) -> bytes:
        """Make an event with any JSON as its data."""
        return b"data: " + json.dumps(payload).encode() + b"\n\n"

    def _reply(self, steps: tuple[Step, ...], headers: Headers, **settings: Any) -> Reply:
        reply = Reply(steps, headers=headers, id_header=self.world.id_header)
        return dataclasses.replace(reply, **settings)


# What an error is called: the types of OpenAI and Anthropic, Google's word, and its number.
_CODES = {
    "server": ("api_error", "INTERNAL", 500),
    "rate": ("rate_limit_error", "RESOURCE_EXHAUSTED", 429),
    "key": ("authentication_error", "UNAUTHENTICATED", 401),
    "unknown": ("flux_capacitor_empty", "FLUX_CAPACITOR_EMPTY", 0),
}
