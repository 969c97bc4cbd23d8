"""A scriptable HTTP/1.1 server on loopback that records what it saw."""

import selectors
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.server.connection import Connection
from tests.server.journal import Journal
from tests.server.peer import Peer
from tests.server.playlist import Playlist
from tests.server.record import ConnectionLog, Exchange, Recorded
from tests.server.script import Entry

_CLOSE_WITHIN = 1.0


class LoopbackServer:
    """One accept thread, one thread per connection, on a free port of 127.0.0.1.

    Args:
        *entries: the first entries of the script, as for `add`.
    """

    def __init__(self, *entries: Entry) -> None:
        self._journal = Journal()
        self._playlist = Playlist(self._journal)
        self._threads: list[threading.Thread] = []
        self._stop, self._stopper = socket.socketpair()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.add(*entries)
        self._acceptor = self._start(self._accept_all, "accept")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, *entries: Entry) -> None:
        """Queue entries, used one per request in order of arrival."""
        self._playlist.add(*entries)

    def always(self, entry: Entry) -> None:
        """Set the entry for requests that find the queue empty."""
        self._playlist.always(entry)

    @property
    def requests(self) -> list[Recorded]:
        """The requests so far, in order of arrival."""
        return list(self._journal.requests)

    @property
    def exchanges(self) -> list[Exchange]:
        """What became of each request; the same order as `requests`."""
        return list(self._journal.exchanges)

    @property
    def connections(self) -> list[ConnectionLog]:
        """The connections so far, open and closed."""
        return list(self._journal.connections)

    @property
    def unexpected(self) -> list[Recorded]:
        """Requests that no entry was left for; they got status 500."""
        return list(self._journal.unexpected)

    @property
    def errors(self) -> list[BaseException]:
        """The server's own mistakes, and exceptions raised by callable entries."""
        return list(self._journal.errors)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 2.0) -> bool:
        """Return whether the condition came true within `timeout` seconds."""
        return self._journal.wait_for(condition, timeout)

    def close(self) -> None:
        """End all connections and threads within a second; may be called twice."""
        if self._stopper.fileno() < 0:
            return
        # shutdown, not only close: a forked child may hold a copy of the socket.
        self._stopper.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + _CLOSE_WITHIN
        # The acceptor first: after it no more threads are added.
        self._join(self._acceptor, deadline)
        for thread in self._threads:
            self._join(thread, deadline)
        self._stopper.close()
        self._stop.close()

    def _join(self, thread: threading.Thread, deadline: float) -> None:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            self._journal.went_wrong(RuntimeError(f"{thread.name} did not end"))

    def _start(self, work: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"{name} {self.port}", daemon=True)
        thread.start()
        return thread

    def _accept_all(self) -> None:
        try:
            with self._listener, selectors.DefaultSelector() as selector:
                selector.register(self._stop, selectors.EVENT_READ)
                selector.register(self._listener, selectors.EVENT_READ)
                while self._stop not in [key.fileobj for key, _ in selector.select()]:
                    self._accept()
        except Exception as error:
            self._journal.went_wrong(error)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        log = self._journal.opened()
        connection = Connection(Peer(sock, self._stop), log, self._playlist, self._journal)
        self._threads.append(self._start(connection.serve, f"connection {log.number}"))
