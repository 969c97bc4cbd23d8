"""Reading one HTTP/1.1 request from a client."""

from typing import NamedTuple

from tests.server.peer import Peer
from tests.server.record import Headers, find_header


class Request(NamedTuple):
    """A request that is not yet numbered."""

    method: str
    path: str
    headers: Headers
    body: bytes


class NotHTTP(Exception):
    """What arrived is no HTTP request; `received` is the part that shows it."""

    def __init__(self, received: bytes) -> None:
        super().__init__(f"no HTTP request: {received[:100]!r}")
        self.received = received


def read_request(peer: Peer) -> Request:
    """Wait for a whole request; raises `NotHTTP`, and what a `Peer` raises."""
    method, path, headers = _read_head(peer)
    if (find_header(headers, "transfer-encoding") or "").lower() == "chunked":
        return Request(method, path, headers, _read_chunks(peer))
    length = find_header(headers, "content-length") or "0"
    return Request(method, path, headers, _take(peer, _number(length, 10)))


def _read_head(peer: Peer) -> tuple[str, str, Headers]:
    # A TLS hello has no line end to wait for: the first byte must do.
    while not peer.received:
        peer.read()
    if not peer.received[:1].isalpha():
        raise NotHTTP(bytes(peer.received))
    head = _take_until(peer, b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    match lines[0].split(" "):
        case [method, path, "HTTP/1.1"]:
            return method, path, tuple(_header(line) for line in lines[1:])
        case _:
            raise NotHTTP(head)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise NotHTTP(line.encode("latin-1"))
    return name, value.strip()


def _read_chunks(peer: Peer) -> bytes:
    body = b""
    while size := _number(_take_until(peer, b"\r\n").split(b";")[0].decode("latin-1"), 16):
        body += _take(peer, size)
        _take_until(peer, b"\r\n")
    while _take_until(peer, b"\r\n"):
        pass
    return body


def _number(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError as error:
        raise NotHTTP(text.encode("latin-1")) from error


def _take(peer: Peer, size: int) -> bytes:
    while len(peer.received) < size:
        peer.read()
    taken = bytes(peer.received[:size])
    del peer.received[:size]
    return taken


def _take_until(peer: Peer, end: bytes) -> bytes:
    while (at := peer.received.find(end)) < 0:
        peer.read()
    taken = _take(peer, at + len(end))
    return taken[:at]
