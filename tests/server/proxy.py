"""An HTTP proxy on loopback: makes tunnels, forwards, and records what it was asked."""

import base64
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """The head of one request to the proxy; `target` as it stands in the request line."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    head: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


class LoopbackProxy:
    """Tunnels wherever it is asked to, as if every host was on loopback, and forwards.

    Attributes:
        url: its address, without credentials.
        requests: heads of the requests so far.
        tunnels: how many tunnels were made.

    Args:
        credentials: `user:password` that it demands, else it answers with 407.
        answer: what it answers to everything instead: bytes, or a function of the request.
        silent: it accepts and never answers.
        welcome: what it says when a tunnel has been made.
        keeps_open: after an `answer` too, and says nothing more.
    """

    def __init__(
        self,
        *,
        credentials: str | None = None,
        answer: bytes | Callable[[ProxyRequest], bytes] | None = None,
        silent: bool = False,
        keeps_open: bool = False,
        welcome: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n",
    ) -> None:
        self._credentials = credentials
        self._answer = answer
        self._silent = silent
        self._keeps_open = keeps_open
        self._welcome = welcome
        self._open: list[socket.socket] = []
        self.requests: list[ProxyRequest] = []
        self.tunnels = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def drop(self) -> None:
        """End all connections."""
        for sock in self._open:
            _shut_down(sock)

    def close(self) -> None:
        """End all connections, and take no further one; may be called twice."""
        _shut_down(self._listener)
        self._acceptor.join(2)
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(sock):
            received = b""
            while b"\r\n\r\n" not in received:
                data = sock.recv(65536)
                if not data:
                    return
                received += data
            request, rest = self._note(received)
            if self._silent:
                sock.recv(1)
            elif (answer := self._refusal(request)) is not None:
                sock.sendall(answer)
                while self._keeps_open and sock.recv(65536):
                    pass
            elif request.method == "CONNECT":
                port = int(request.target.rpartition(":")[2])
                self._connect(sock, port)
            else:
                self._connect(sock, urlsplit(request.target).port or 80, _rewrite(request) + rest)

    def _refusal(self, request: ProxyRequest) -> bytes | None:
        if self._answer is not None:
            return self._answer(request) if callable(self._answer) else self._answer
        if self._credentials is None:
            return None
        wanted = "Basic " + base64.b64encode(self._credentials.encode()).decode()
        if request.header("proxy-authorization") == wanted:
            return None
        return refusal(407, "Proxy Authentication Required")

    def _connect(self, sock: socket.socket, port: int, forwarded: bytes = b"") -> None:
        try:
            server = socket.create_connection(("127.0.0.1", port))
        except OSError:
            sock.sendall(refusal(502, "Bad Gateway"))
            return
        self._open.append(server)
        with server:
            if forwarded:
                server.sendall(forwarded)
                pump(sock, server, self._forward)
            else:
                self.tunnels += 1
                sock.sendall(self._welcome)
                pump(sock, server)

    def _note(self, data: bytes) -> tuple[ProxyRequest, bytes]:
        head, _, rest = data.partition(b"\r\n\r\n")
        request = _parse(head)
        self.requests.append(request)
        return request, rest

    def _forward(self, data: bytes) -> bytes:
        """Rewrite the head of a further request; ours come in one piece."""
        if b" http://" not in data[:20]:
            return data
        request, rest = self._note(data)
        return _rewrite(request) + rest


def refusal(status: int, reason: str, extra: str = "") -> bytes:
    """Return an answer of the proxy's own; `extra` is in its reason, a header and its body."""
    body = f"<html>{reason} {extra}</html>"
    return (
        f"HTTP/1.1 {status} {reason}{extra and ' ' + extra}\r\nX-Echo: {extra}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _shut_down(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _parse(head: bytes) -> ProxyRequest:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [line.partition(":") for line in lines]
    return ProxyRequest(
        method, target, tuple((name, value.strip()) for name, _, value in headers), head
    )


def _rewrite(request: ProxyRequest) -> bytes:
    """Return the head for the origin: the target without its host, nothing for the proxy."""
    parts = urlsplit(request.target)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"{request.method} {path} HTTP/1.1"]
    lines += [f"{k}: {v}" for k, v in request.headers if not k.lower().startswith("proxy-")]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def pump(
    client: socket.socket, server: socket.socket, change: Callable[[bytes], bytes] = bytes
) -> None:
    """Pass bytes on in both directions until one side ends; `change` is made to the client's."""
    ways = {client: server, server: client}
    for sock in ways:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        for sock in select.select(list(ways), [], [])[0]:
            data = sock.recv(65536)
            while isinstance(sock, ssl.SSLSocket) and sock.pending():
                data += sock.recv(65536)
            if not data:
                return
            ways[sock].sendall(change(data) if sock is client else data)
