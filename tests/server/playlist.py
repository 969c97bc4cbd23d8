"""Which answer the next request gets."""

from collections import deque

from tests.server.journal import Journal
from tests.server.record import ConnectionLog, Exchange, Recorded
from tests.server.request import Request
from tests.server.script import Answer, Entry, json_reply


class Playlist:
    """A queue of entries, used one per request, and an entry for when it is empty."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._queue: deque[Entry] = deque()
        self._always: Entry | None = None

    def add(self, *entries: Entry) -> None:
        """Queue entries."""
        with self._journal.changed:
            self._queue.extend(entries)

    def always(self, entry: Entry) -> None:
        """Set the entry for an empty queue."""
        with self._journal.changed:
            self._always = entry

    def take(self, request: Request, log: ConnectionLog) -> tuple[Exchange, Answer]:
        """Record the request and return its exchange and its answer."""
        # One lock for both, so that the n-th request recorded gets the n-th entry.
        with self._journal.changed:
            exchange = self._journal.arrived(request, log)
            entry = self._queue.popleft() if self._queue else self._always
        return exchange, self._answer(entry, exchange.request)

    def _answer(self, entry: Entry | None, request: Recorded) -> Answer:
        if entry is None:
            self._journal.without_script(request)
            return _failure(f"no script for request {request.number}; use add() or always()")
        if not callable(entry):
            return entry
        try:
            return entry(request)
        except Exception as error:
            self._journal.went_wrong(error)
            return _failure(f"the script of request {request.number} raised {error!r}")


def _failure(message: str) -> Answer:
    return json_reply({"error": {"message": f"test server: {message}"}}, 500)
