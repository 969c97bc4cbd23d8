"""TLS in front of a loopback server: what comes decrypted goes on to it, and back."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.server.proxy import pump

CERTIFICATES = Path(__file__).parents[1] / "samples" / "tls"


class TlsFront:
    """Listens on 127.0.0.1, one thread per connection.

    Attributes:
        port: Where it listens.

    Args:
        port: That of the server behind it, on 127.0.0.1.
        certificate: Name of a file in `CERTIFICATES`, without its ending; its key is beside it.
        mute: It accepts, and never answers the handshake.
    """

    def __init__(self, port: int, certificate: str = "localhost", *, mute: bool = False) -> None:
        self._behind = ("127.0.0.1", port)
        self._mute = mute
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(
            CERTIFICATES / f"{certificate}.pem", CERTIFICATES / f"{certificate}.key"
        )
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
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
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        self._acceptor.join(2)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            if self._mute:
                while sock.recv(65536):
                    pass
                return
            with self._context.wrap_socket(sock, server_side=True) as secured:
                self._open.append(secured)
                with socket.create_connection(self._behind) as server:
                    pump(secured, server)
