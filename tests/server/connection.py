"""One connection: requests in, answers out, until one side ends it."""

from tests.server.journal import Journal
from tests.server.peer import Peer, PeerGone, Stopped
from tests.server.player import Ending, Player
from tests.server.playlist import Playlist
from tests.server.record import ConnectionLog
from tests.server.request import NotHTTP, read_request


class Connection:
    """Serves one client and keeps the connection's log."""

    def __init__(self, peer: Peer, log: ConnectionLog, playlist: Playlist, journal: Journal):
        self._peer = peer
        self._log = log
        self._playlist = playlist
        self._journal = journal

    def serve(self) -> None:
        """Run until the connection is over; raises nothing."""
        try:
            self._serve()
        except Stopped:
            pass
        except PeerGone as gone:
            self._journal.closed_by_peer(self._log, gone.at)
        except Exception as error:
            self._journal.went_wrong(error)
        finally:
            self._peer.close()
            self._journal.closed(self._log)

    def _serve(self) -> None:
        ending: Ending = "keep"
        while ending == "keep":
            ending = self._exchange()
        if ending == "reset":
            self._peer.reset()
        else:
            self._peer.finish()

    def _exchange(self) -> Ending:
        try:
            request = read_request(self._peer)
        except NotHTTP as error:
            self._journal.not_http(self._log, error.received)
            return "fin"
        exchange, answer = self._playlist.take(request, self._log)
        ending = Player(self._peer, exchange, self._journal).play(answer)
        asked = (exchange.request.header("connection") or "").lower()
        return "fin" if ending == "keep" and asked == "close" else ending
