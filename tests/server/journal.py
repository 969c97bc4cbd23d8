"""The lock and the lists into which all threads of a server write."""

import threading
import time
from collections.abc import Callable

from tests.server.record import ConnectionLog, Exchange, Recorded
from tests.server.request import Request

# Conditions about things outside the journal change without a notice.
_LOOK_AGAIN = 0.02


class Journal:
    """Everything a server saw; each change wakes those who wait for one."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.requests: list[Recorded] = []
        self.exchanges: list[Exchange] = []
        self.connections: list[ConnectionLog] = []
        self.unexpected: list[Recorded] = []
        self.errors: list[BaseException] = []

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Return whether the condition came true within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, _LOOK_AGAIN))
            return True

    def opened(self) -> ConnectionLog:
        """Begin the log of a connection."""
        with self.changed:
            log = ConnectionLog(len(self.connections) + 1, time.monotonic())
            self.connections.append(log)
            self.changed.notify_all()
            return log

    def arrived(self, request: Request, log: ConnectionLog) -> Exchange:
        """Number a request and begin its exchange."""
        with self.changed:
            recorded = Recorded(
                *request,
                connection=log.number,
                at=time.monotonic(),
                number=len(self.requests) + 1,
            )
            exchange = Exchange(recorded)
            log.requests.append(recorded)
            self.requests.append(recorded)
            self.exchanges.append(exchange)
            self.changed.notify_all()
            return exchange

    def sending(self, exchange: Exchange) -> None:
        """Stamp a send that begins."""
        with self.changed:
            exchange.sent.append(time.monotonic())
            self.changed.notify_all()

    def send_failed(self, exchange: Exchange) -> None:
        """Take back the stamp of the last send."""
        with self.changed:
            exchange.sent.pop()

    def marked(self, exchange: Exchange, name: str) -> None:
        """Stamp a mark."""
        with self.changed:
            exchange.marks[name] = time.monotonic()
            self.changed.notify_all()

    def peer_left(self, exchange: Exchange, at: float, *, owed: bool) -> None:
        """Note that the client left during a reply; `owed` if more was to be sent."""
        with self.changed:
            exchange.peer_gone_at = at
            if owed:
                exchange.failed_at, exchange.failed_time = len(exchange.sent), at
            self.changed.notify_all()

    def finished(self, exchange: Exchange) -> None:
        """Stamp the end of a reply."""
        with self.changed:
            exchange.finished_at = time.monotonic()
            self.changed.notify_all()

    def closed_by_peer(self, log: ConnectionLog, at: float) -> None:
        """Note that the client ended a connection."""
        with self.changed:
            log.closed_by_peer_at = at
            self.changed.notify_all()

    def closed(self, log: ConnectionLog) -> None:
        """Stamp the end of a connection."""
        with self.changed:
            log.closed_at = time.monotonic()
            self.changed.notify_all()

    def not_http(self, log: ConnectionLog, received: bytes) -> None:
        """Keep what came instead of a request."""
        with self.changed:
            log.malformed = received
            self.changed.notify_all()

    def without_script(self, request: Recorded) -> None:
        """Note a request that no entry was left for."""
        with self.changed:
            self.unexpected.append(request)
            self.changed.notify_all()

    def went_wrong(self, error: BaseException) -> None:
        """Keep a mistake of the server's own, or of a script."""
        with self.changed:
            self.errors.append(error)
            self.changed.notify_all()
