"""Playing one answer to one client."""

from typing import Literal

from tests.server.journal import Journal
from tests.server.peer import Peer, PeerGone
from tests.server.record import Exchange, Headers, find_header
from tests.server.script import (
    Answer,
    Cut,
    Drip,
    End,
    Linger,
    Mark,
    Pause,
    Raw,
    Reply,
    Reset,
    Send,
    Step,
    chunk_bytes,
    head_bytes,
)

Ending = Literal["keep", "fin", "reset"]


class Player:
    """Plays an answer, and stamps each send in the exchange."""

    def __init__(self, peer: Peer, exchange: Exchange, journal: Journal) -> None:
        self._peer = peer
        self._exchange = exchange
        self._journal = journal
        self._chunked = False
        self._owed = True

    def play(self, answer: Answer) -> Ending:
        """Return how the connection is to go on; raises what a `Peer` raises."""
        try:
            return self._raw(answer) if isinstance(answer, Raw) else self._reply(answer)
        except PeerGone as gone:
            self._journal.peer_left(self._exchange, gone.at, owed=self._owed)
            raise
        finally:
            self._journal.finished(self._exchange)

    def _raw(self, raw: Raw) -> Ending:
        return self._steps(raw.steps) or "fin"

    def _reply(self, reply: Reply) -> Ending:
        self._chunked = reply.framing == "chunked"
        self._peer.pause(reply.head_after)
        self._peer.write(head_bytes(reply.status, _headers(reply, self._exchange)))
        ending = self._steps(reply.steps)
        if ending:
            return ending
        self._end()
        return "fin" if reply.framing == "close" else "keep"

    def _steps(self, steps: tuple[Step, ...]) -> Ending | None:
        for step in steps:
            match step:
                case Cut():
                    return "fin"
                case Reset():
                    return "reset"
                case _:
                    self._step(step)
        return None

    def _step(self, step: Step) -> None:
        match step:
            case Send(data):
                self._send(data)
            case Drip(data, seconds):
                self._drip(data, seconds)
            case Pause(seconds):
                self._peer.pause(seconds)
            case Linger(seconds):
                self._linger(seconds)
            case Mark(name):
                self._journal.marked(self._exchange, name)
            case End():
                self._end()

    def _send(self, data: bytes) -> None:
        # Stamped before the write: a client can't have the bytes earlier than the stamp says.
        self._journal.sending(self._exchange)
        try:
            self._peer.write(chunk_bytes(data) if self._chunked else data)
        except PeerGone:
            self._journal.send_failed(self._exchange)
            raise

    def _drip(self, data: bytes, seconds: float) -> None:
        for byte in data:
            self._send(bytes((byte,)))
            self._peer.pause(seconds)

    def _linger(self, seconds: float) -> None:
        self._owed = False
        self._peer.pause(seconds)
        self._owed = True

    def _end(self) -> None:
        # A client may leave once it has read the last event: the end of the body is not owed.
        self._owed = False
        if self._chunked:
            self._peer.write(b"0\r\n\r\n")
        self._chunked = False


def _headers(reply: Reply, exchange: Exchange) -> Headers:
    own: Headers = ()
    if reply.id_header:
        own += ((reply.id_header, exchange.request.request_id),)
    match reply.framing:
        case "chunked":
            own += (("transfer-encoding", "chunked"),)
        case "length":
            own += (("content-length", str(_length(reply))),)
        case "close":
            own += (("connection", "close"),)
    missing = tuple(pair for pair in own if find_header(reply.headers, pair[0]) is None)
    return reply.headers + missing


def _length(reply: Reply) -> int:
    return sum(len(step.data) for step in reply.steps if isinstance(step, Send | Drip))
