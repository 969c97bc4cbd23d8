"""What those worlds have that are asked over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pkgutil import resolve_name
from types import ModuleType
from typing import Any, ClassVar, Self

from tests.server import (
    Entry,
    Exchange,
    Headers,
    Linger,
    LoopbackServer,
    Raw,
    Recorded,
    Reply,
    Reset,
    Send,
    json_reply,
)
from tests.worlds.base import KEY, World


class WireWorld(World):
    """A vendor's wire on the loopback server, and what is particular to it.

    Attributes:
        wire_module: What the server sends, with the names that `tests.server.openai_wire` has.
        server: The server; it must have no failure of its own, and no unexpected request.
        adapter: The adapter, ``"module:Class"``, from where users import it.
        key_variables: Environment variables for the key; of several that are set, the first counts.
        base_url_variable: Environment variable for the address.
        base_path: What follows the server's origin in a base URL.
        key_header: Header that carries the key.
        key_prefix: What stands before the key there.
        id_header: Header in which answers carry the id of their request, or None.
        option_places: Named option -> its place in a body, ``"outer.inner"``; it has no others.
        stream_fields: Fields that only the body of a request for a stream has.
        default_max_tokens: What is sent for ``max_tokens`` where it is not given; None: nothing.
        extra: Keywords that only this vendor has, as they stand in the body.
        cost: USD for the 9 and 7 tokens of ``hello``.
        other_price: Another model, its name like that of a model with another price, and USD for a
            million tokens that go to it.
        raw_chunk: The SDK's class of a piece of text, ``"module:Class"``.
        raw_finish: That of what brings the finish reason; None: the same.
        raw_response: That of a whole answer.
        raw_stop: The vendor's word for an end of its own accord.
        rate_limit_code: The code of a 429.
        rate_limit_exception: Name of the class that the vendor's SDK raises for it.
        rate_limit_headers: Further headers of a 429, besides ``retry-after``.
        rate_limits: What an error reads in them.
    """

    wire_module: ClassVar[ModuleType]
    server: LoopbackServer

    adapter: ClassVar[str]
    key_variables: ClassVar[tuple[str, ...]]
    base_url_variable: ClassVar[str]
    base_path: ClassVar[str] = ""
    key_header: ClassVar[str] = "authorization"
    key_prefix: ClassVar[str] = "Bearer "
    id_header: ClassVar[str | None] = "x-request-id"

    option_places: ClassVar[Mapping[str, str]]
    stream_fields: ClassVar[tuple[str, ...]] = ()
    default_max_tokens: ClassVar[int | None] = None
    extra: ClassVar[Mapping[str, Any]]

    cost: ClassVar[float]
    other_price: ClassVar[tuple[str, float]]

    raw_chunk: ClassVar[str]
    raw_finish: ClassVar[str | None] = None
    raw_response: ClassVar[str]
    raw_stop: ClassVar[str]
    rate_limit_code: ClassVar[str]
    rate_limit_exception: ClassVar[str]
    rate_limit_headers: ClassVar[Headers] = ()
    rate_limits: ClassVar[Mapping[str, float]] = {}

    def __enter__(self) -> Self:
        self.server = LoopbackServer()
        self.server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.server.__exit__(None, None, None)
        assert self.server.errors == []
        assert self.server.unexpected == []

    # Clients

    def adapter_class(self) -> Any:
        """Import the adapter."""
        return resolve_name(self.adapter)

    def base_url(self) -> str:
        """Give the address for a client."""
        return f"{self.server.origin}{self.base_path}"

    def settings(self) -> dict[str, Any]:
        return {"model": self.model, "api_key": KEY, "base_url": self.base_url()}

    def environment(self) -> dict[str, str]:
        """Give the variables that do what `settings` does."""
        return {self.key_variables[0]: KEY, self.base_url_variable: self.base_url()}

    # Answers

    def play(self, *scenarios: str, pause: float = 0.002) -> None:
        entries = [self._entry(scenario, pause) for scenario in scenarios]
        self.server.add(*entries[:-1])
        self.server.always(entries[-1])

    def request_count(self) -> int:
        return len(self.server.requests)

    def reply(self, document: Any, status: int, headers: Headers = ()) -> Reply:
        """Make an answer of this JSON that carries the request's id as this vendor does."""
        return replace(json_reply(document, status, headers), id_header=self.id_header)

    def error_body(self, message: str, status: int) -> dict[str, Any]:
        """Make the vendor's document for this status."""
        raise NotImplementedError

    def quota(self) -> Entry:
        """Make the answer of a vendor whose credit is used up."""
        return self.wire_module.QUOTA

    def refused_key(self) -> tuple[dict[str, Any], int]:
        """Give body and status of the answer to a wrong key."""
        return self.error_body("Incorrect API key provided.", 401), 401

    def misleading_errors(self) -> list[tuple[int, dict[str, Any], str, bool]]:
        """Give errors whose words point elsewhere: status, body, our class, and if it may pass."""
        words = (
            "Invalid value for 'max_tokens': must be at most 4096 tokens.",
            "No such model: 401 404",
        )
        return [(400, self.error_body(text, 400), "ValidationError", False) for text in words]

    def request_id(self, number: int) -> str | None:
        """Give the id of this request, counted from 1, as far as the client is told."""
        return f"req_{number}" if self.id_header else None

    def _entry(self, scenario: str, pause: float) -> Entry:
        name, _, number = scenario.partition(":")
        wire = self.wire_module
        match name:
            case "hello":
                return wire.answer(pause=pause)
            case "empty_first" | "slow":
                return getattr(wire, name)(pause)
            case "keepalive":
                return wire.keepalive(3, 0.1, pause)
            case "silent":
                return Raw((Linger(20),))
            case "no_usage":
                return wire.without_usage(pause)
            case "cut" | "err_event":
                return getattr(wire, name)(int(number), pause)
            case "status":
                return self.reply(self.error_body("It says no.", int(number)), int(number))
            case "rate_limited":
                return wire.rate_limited(None)
            case "quota":
                return self.quota()
            case "wrong_key":
                return self.reply(*self.refused_key())
            case "reset":
                return Raw((Reset(),))
        raise ValueError(f"no such scenario: {scenario}")

    # Requests

    def path(self, *, stream: bool) -> str:
        """Give the path, with its query, that is asked for an answer."""
        raise NotImplementedError

    def key_of(self, request: Recorded) -> str | None:
        """Read the key, or None where it is not in its place."""
        value = request.header(self.key_header)
        if value is None or not value.startswith(self.key_prefix):
            return None
        return value.removeprefix(self.key_prefix)

    def model_of(self, request: Recorded) -> str:
        """Read the model."""
        return request.json["model"]

    def wants_stream(self, request: Recorded) -> bool:
        """Whether a stream is asked for."""
        return self.wire_module.wants_stream(request)

    def asks_for_usage(self, request: Recorded) -> bool:
        """Whether usage is asked for, or comes with every stream."""
        return self.wants_stream(request)

    def system_texts(self, body: Mapping[str, Any]) -> list[str]:
        """Read the texts of the system."""
        raise NotImplementedError

    def turns(self, body: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
        """Read who says what, ``("user" or "assistant", texts)``."""
        raise NotImplementedError

    def option(self, body: Mapping[str, Any], name: str) -> Any:
        """Read a named option; None where there is none."""
        value: Any = body
        for part in self.option_places[name].split("."):
            value = value.get(part, {})
        return None if value == {} else value

    # Vendor objects

    def raw_chunk_class(self) -> type:
        """Import the class of a piece of text."""
        return resolve_name(self.raw_chunk)

    def raw_finish_class(self) -> type:
        """Import the class of what brings the finish reason."""
        return resolve_name(self.raw_finish or self.raw_chunk)

    def raw_response_class(self) -> type:
        """Import the class of a whole answer."""
        return resolve_name(self.raw_response)

    def text_of(self, raw_chunk: Any) -> str:
        """Read the text of a piece."""
        raise NotImplementedError

    def finish_of(self, raw_chunk: Any) -> str:
        """Read the finish reason, in the vendor's word."""
        raise NotImplementedError

    # Times

    def sent_at(self, exchange: Exchange, piece: int) -> float:
        """Give when a stream's piece of text, counted from 1, was sent."""
        before = self.wire_module.content_steps((), 0)
        return exchange.sent[sum(isinstance(step, Send) for step in before) + piece - 1]


def texts_of(content: str | list[dict[str, Any]]) -> list[str]:
    """Read the texts of a content that is a string or a list of text parts."""
    if isinstance(content, str):
        return [content]
    assert {part["type"] for part in content} <= {"text"}
    return [part["text"] for part in content]
