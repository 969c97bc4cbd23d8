"""A client without opinions: plain sockets, for tests of what is on the wire."""

import json
import socket
import struct
from contextlib import closing
from http.client import HTTPConnection

from tests.server.server import LoopbackServer

GET = b"GET /v1/models?limit=2 HTTP/1.1\r\nHost: loopback\r\n\r\n"
GET_AND_CLOSE = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def connect(server: LoopbackServer) -> socket.socket:
    """Return a connected socket that waits for 2 s at most."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=2)


def read_to_end(client: socket.socket) -> bytes:
    """Return all bytes until the server ends the connection."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def read_until(client: socket.socket, end: bytes) -> bytes:
    """Return all bytes up to `end`, which must be the last that the server sends for now."""
    seen = b""
    while not seen.endswith(end):
        data = client.recv(65536)
        assert data, f"the connection ended after {seen!r}"
        seen += data
    return seen


def exchange(server: LoopbackServer, request: bytes = GET) -> bytes:
    """Send one request on a connection of its own and read until the server ends it."""
    with closing(connect(server)) as client:
        client.sendall(request)
        return read_to_end(client)


def post(server: LoopbackServer, document: object) -> tuple[int, bytes]:
    """Send a JSON document to `/v1/chat/completions`; return status and body."""
    client = HTTPConnection("127.0.0.1", server.port, timeout=2)
    with closing(client):
        client.request("POST", "/v1/chat/completions", json.dumps(document))
        response = client.getresponse()
        return response.status, response.read()


def reset(client: socket.socket) -> None:
    """Close with RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
