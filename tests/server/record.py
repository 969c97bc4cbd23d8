"""What the server saw: requests, the exchanges they led to, and connections.

Every time is a stamp of `time.monotonic()`, in seconds.
"""

import json
from dataclasses import dataclass, field
from typing import Any

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came over the wire.

    `path` includes the query; header names are spelled as sent; a chunked `body` is decoded.
    `number` and `connection` count from 1 in order of arrival.
    """

    method: str
    path: str
    headers: Headers
    body: bytes
    connection: int
    at: float
    number: int

    @property
    def json(self) -> Any:
        """The body as JSON; raises `json.JSONDecodeError` if it is none."""
        return json.loads(self.body)

    @property
    def request_id(self) -> str:
        """The id that the reply carries, `req_1` for the first request."""
        return f"req_{self.number}"

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        return find_header(self.headers, name)


@dataclass(slots=True)
class Exchange:
    """What became of one request.

    Attributes:
        sent: when each `Send` (and each byte of a `Drip`) began; failed ones are not in it.
        marks: when each `Mark` was reached.
        failed_at: index of the send that could not be made, None if all could.
        failed_time: when that was noticed.
        peer_gone_at: when the client was seen to leave during the reply.
        finished_at: when the reply was over, completely or not.
    """

    request: Recorded
    sent: list[float] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)
    failed_at: int | None = None
    failed_time: float | None = None
    peer_gone_at: float | None = None
    finished_at: float | None = None


@dataclass(slots=True)
class ConnectionLog:
    """One connection from accept to close.

    Attributes:
        closed_by_peer_at: when EOF or a reset from the client was seen.
        closed_at: when the server gave its socket up.
        malformed: what arrived instead of an HTTP request (a TLS hello, say).
    """

    number: int
    opened_at: float
    requests: list[Recorded] = field(default_factory=list)
    closed_by_peer_at: float | None = None
    closed_at: float | None = None
    malformed: bytes = b""

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it yet."""
        return self.closed_by_peer_at is None and self.closed_at is None


def find_header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, whatever its case, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
