"""What a script can say: steps, the two kinds of answer, and short ways to write common ones."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from tests.server.record import Headers, Recorded

EVENT_STREAM: Headers = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-cache"),
)
JSON: Headers = (("content-type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes at once: one HTTP chunk if the reply is chunked; nothing if empty."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Drip:
    """Send one byte after the other, and wait this many seconds after each."""

    data: bytes
    seconds_each: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; a client that leaves meanwhile makes the next send fail."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Linger:
    """Hold the connection open with nothing left to say; a client that leaves is no failure."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Note the time under this name in `Exchange.marks`."""

    name: str


@dataclass(frozen=True, slots=True)
class End:
    """Complete the body now (the last, empty chunk); what is sent later is outside of it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Send FIN; the body is not completed, later steps are not played."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Send RST; the body is not completed, later steps are not played."""


Step = Send | Drip | Pause | Linger | Mark | End | Cut | Reset
Framing = Literal["chunked", "length", "close"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply whose body is made by steps.

    Attributes:
        headers: a `content-length` or request id given here wins over the server's own.
        framing: how the body ends; "length" counts the bytes of all steps, also of those that
            a `Cut` keeps from being played.
        head_after: seconds of silence before the status line.
        id_header: name of the header that carries `req_<n>`, None for no such header.
    """

    steps: tuple[Step, ...] = ()
    status: int = 200
    headers: Headers = EVENT_STREAM
    framing: Framing = "chunked"
    head_after: float = 0.0
    id_header: str | None = "x-request-id"


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes written as they are, without a head or framing; FIN follows the last step."""

    steps: tuple[Step, ...] = ()


Answer = Reply | Raw
Entry = Answer | Callable[[Recorded], Answer]


def stream_reply(*steps: Step, headers: Headers = ()) -> Reply:
    """Return a chunked event stream with status 200."""
    return Reply(steps, headers=EVENT_STREAM + headers)


def json_reply(
    document: Any, status: int = 200, headers: Headers = (), head_after: float = 0.0
) -> Reply:
    """Return a JSON document with its right length."""
    body = Send(json.dumps(document).encode())
    return Reply((body,), status, JSON + headers, "length", head_after)


def head_bytes(status: int, headers: Headers) -> bytes:
    """Return status line and headers with the blank line that ends them."""
    known = any(status == code for code in HTTPStatus)
    reason = HTTPStatus(status).phrase if known else "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk_bytes(data: bytes) -> bytes:
    """Return one HTTP chunk; nothing for no bytes, since an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
