"""The loopback server itself, seen through plain sockets."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise

import pytest

from tests.server import (
    Answer,
    Cut,
    Drip,
    End,
    Linger,
    LoopbackServer,
    Mark,
    Pause,
    Raw,
    Recorded,
    Reply,
    Reset,
    Send,
    json_reply,
    stream_reply,
)
from tests.server.plain_client import (
    GET,
    GET_AND_CLOSE,
    connect,
    exchange,
    post,
    read_to_end,
    read_until,
    reset,
)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Give a server, and see that it made no mistake of its own."""
    with LoopbackServer() as server:
        yield server
        assert server.errors == []


def closing_reply(data: bytes, status: int = 200) -> Reply:
    """Make a reply that ends with its connection."""
    return Reply((Send(data),), status, framing="close")


def test_entries_are_used_in_order_and_then_the_standing_one(server: LoopbackServer) -> None:
    """One queued entry answers one request; `always` answers when the queue is empty."""
    server.always(closing_reply(b"standing"))
    server.add(closing_reply(b"first"), closing_reply(b"second", 503))
    seen = [exchange(server).split(b"\r\n") for _ in range(4)]
    assert [lines[-1] for lines in seen] == [b"first", b"second", b"standing", b"standing"]
    assert seen[1][0] == b"HTTP/1.1 503 Service Unavailable"


def test_a_request_without_script_gets_500_and_is_noted(server: LoopbackServer) -> None:
    """Without an entry the answer says so, and `unexpected` lists the request."""
    status, body = post(server, {})
    assert status == 500
    assert b"no script for request 1" in body
    assert server.unexpected == server.requests


def test_two_requests_share_a_connection(server: LoopbackServer) -> None:
    """Keep-alive: replies with a framing leave the connection open, in one log."""
    server.always(json_reply({"ok": True}))
    with closing(connect(server)) as client:
        for _ in range(2):
            client.sendall(GET)
            read_until(client, b'{"ok": true}')
        assert server.connections[0].is_open
    assert server.wait_for(lambda: server.connections[0].closed_by_peer_at is not None)
    assert [log.requests for log in server.connections] == [server.requests]
    assert [request.connection for request in server.requests] == [1, 1]


def test_connection_close_is_obeyed(server: LoopbackServer) -> None:
    """A client that asks for `connection: close` sees the end after the reply."""
    server.add(json_reply({"ok": True}))
    answer = exchange(server, GET_AND_CLOSE)
    assert answer.endswith(b'\r\n\r\n{"ok": true}')


def test_each_send_is_one_chunk(server: LoopbackServer) -> None:
    """A chunked reply is one HTTP chunk per send, and an empty chunk at the end."""
    server.add(stream_reply(Send(b"data: 1\n\n"), Send(b""), Send(b"x" * 17)))
    with closing(connect(server)) as client:
        client.sendall(GET)
        answer = read_until(client, b"0\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"9\r\ndata: 1\n\n\r\n11\r\n" + b"x" * 17 + b"\r\n0\r\n\r\n"
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"content-type: text/event-stream; charset=utf-8",
        b"cache-control: no-cache",
        b"x-request-id: req_1",
        b"transfer-encoding: chunked",
    ]


def test_own_headers_win(server: LoopbackServer) -> None:
    """A script can lie about the length and name the request id."""
    headers = (("Content-Length", "99"), ("request-id", "mine"))
    reply = Reply((Send(b"short"), Cut()), 529, headers, "length", id_header="request-id")
    server.add(reply)
    assert exchange(server) == (
        b"HTTP/1.1 529 Unknown\r\nContent-Length: 99\r\nrequest-id: mine\r\n\r\nshort"
    )


def test_request_is_recorded_as_sent(server: LoopbackServer) -> None:
    """Method, path with query, header names, their order and the body are kept."""
    server.always(closing_reply(b""))
    body = json.dumps({"text": "é"}).encode()
    exchange(server, b"POST /a?b=c HTTP/1.1\r\nX-A: 1\r\nContent-LENGTH: 18\r\n\r\n" + body)
    seen = server.requests[0]
    assert (seen.method, seen.path, seen.body) == ("POST", "/a?b=c", body)
    assert seen.headers == (("X-A", "1"), ("Content-LENGTH", "18"))
    assert (seen.json, seen.header("x-a"), seen.header("none")) == ({"text": "é"}, "1", None)


def test_chunked_request_body_is_decoded(server: LoopbackServer) -> None:
    """A request body in chunks is recorded without them, whatever the segments."""
    server.add(closing_reply(b""))
    request = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    )
    with closing(connect(server)) as client:
        for byte in request:
            client.sendall(bytes([byte]))
        read_to_end(client)
    assert server.requests[0].body == b"abc0123456789"


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_what_is_no_request_is_kept(server: LoopbackServer, sent: bytes) -> None:
    """Bytes that are no HTTP/1.1 request end the connection and stand in its log."""
    assert exchange(server, sent) == b""
    assert sent.startswith(server.connections[0].malformed or b"nothing kept")
    assert server.requests == []


def test_cut_ends_the_body_without_its_last_chunk(server: LoopbackServer) -> None:
    """`Cut` is a FIN after what was sent; later steps are not played."""
    server.add(stream_reply(Send(b"abc"), Cut(), Send(b"never")))
    assert exchange(server).endswith(b"\r\n\r\n3\r\nabc\r\n")
    assert server.wait_for(lambda: server.connections[0].closed_by_peer_at is not None)


def test_reset_reaches_the_client_as_one(server: LoopbackServer) -> None:
    """`Reset` is an RST; what was sent before it can still be read."""
    server.add(stream_reply(Send(b"abc"), Reset()))
    with closing(connect(server)) as client:
        client.sendall(GET)
        read_until(client, b"3\r\nabc\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_reset_after_a_complete_body(server: LoopbackServer) -> None:
    """`End` completes the body early, so that a fault can come after it."""
    server.add(stream_reply(Send(b"abc"), End(), Mark("ended"), Linger(0.02), Reset()))
    with closing(connect(server)) as client:
        client.sendall(GET)
        read_until(client, b"3\r\nabc\r\n0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    seen = server.exchanges[0]
    assert seen.finished_at is not None
    assert seen.finished_at - seen.marks["ended"] >= 0.02


def test_raw_bytes_get_nothing_added(server: LoopbackServer) -> None:
    """`Raw` writes what it is given and no more: not even HTTP."""
    server.add(Raw((Send(b"\x15\x03\x01\x00\x02\x02\x28"),)))
    assert exchange(server) == b"\x15\x03\x01\x00\x02\x02\x28"


def test_drip_sends_byte_after_byte(server: LoopbackServer) -> None:
    """`Drip` is a send for each byte, that many seconds apart."""
    server.add(Raw((Drip(b"HTTP", 0.01),)))
    assert exchange(server) == b"HTTP"
    sent = server.exchanges[0].sent
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert len(sent) == 4
    assert min(gaps) >= 0.01


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["FIN", "RST"])
def test_client_that_leaves_in_a_pause_is_noticed(
    server: LoopbackServer, leave: Callable[[socket.socket], None]
) -> None:
    """Leaving during a pause counts as a failed write of the next send, within 0.2 s."""
    server.add(stream_reply(Send(b"one"), Pause(30), Send(b"two")))
    client = connect(server)
    client.sendall(GET)
    read_until(client, b"3\r\none\r\n")
    left_at = time.monotonic()
    leave(client)
    assert server.wait_for(lambda: not server.connections[0].is_open, timeout=1)
    seen, log = server.exchanges[0], server.connections[0]
    assert (len(seen.sent), seen.failed_at) == (1, 1)
    assert seen.failed_time == seen.peer_gone_at == log.closed_by_peer_at
    assert seen.peer_gone_at is not None
    assert 0 <= seen.peer_gone_at - left_at < 0.2


def test_client_that_leaves_in_a_write_is_noticed(server: LoopbackServer) -> None:
    """A write that the client does not read to its end fails when the client leaves."""
    server.add(stream_reply(Send(b"x" * 50_000_000), Send(b"two")))
    with closing(connect(server)) as client:
        client.sendall(GET)
        client.recv(100)
    assert server.wait_for(lambda: server.exchanges[0].failed_at == 0, timeout=1)
    assert server.exchanges[0].sent == []


def test_client_that_leaves_while_the_server_lingers_is_no_failure(
    server: LoopbackServer,
) -> None:
    """`Linger` ends when the client leaves, and no send is said to have failed."""
    server.add(stream_reply(Send(b"one"), Linger(30), Cut()))
    with closing(connect(server)) as client:
        client.sendall(GET)
        read_until(client, b"3\r\none\r\n")
    assert server.wait_for(lambda: server.exchanges[0].finished_at is not None)
    assert server.exchanges[0].peer_gone_at is not None
    assert server.exchanges[0].failed_at is None


def test_bytes_sent_during_a_pause_are_the_next_request(server: LoopbackServer) -> None:
    """What a client sends while the server pauses is not lost, and does not end the pause."""
    server.always(Reply((Pause(0.03), Send(b"ok")), framing="length"))
    answers = exchange(server, GET + GET_AND_CLOSE)
    assert answers.count(b"\r\n\r\nok") == 2
    assert server.requests[1].at - server.requests[0].at >= 0.03


def test_callable_entry_sees_the_request(server: LoopbackServer) -> None:
    """An entry can be a function from the request to its answer."""

    def every_other(request: Recorded) -> Answer:
        return json_reply({"number": request.number}, 200 if request.number % 2 else 503)

    server.always(every_other)
    assert [post(server, {})[0] for _ in range(4)] == [200, 503, 200, 503]


def test_callable_entry_that_raises_is_kept_as_an_error() -> None:
    """A mistake in a script is answered with 500, kept in `errors`, and never hangs a client."""
    with LoopbackServer(lambda request: json_reply(request.json["none"])) as server:
        status, body = post(server, {})
    assert (status, b"KeyError" in body) == (500, True)
    assert [type(error) for error in server.errors] == [KeyError]


def test_wait_for_gives_up(server: LoopbackServer) -> None:
    """Waiting for what does not happen returns False when the time is over."""
    started = time.monotonic()
    assert not server.wait_for(lambda: bool(server.requests), timeout=0.05)
    assert 0.05 <= time.monotonic() - started < 0.5


def test_close_ends_everything_at_once() -> None:
    """Closing ends idle, pausing and lingering connections and all threads, and can be repeated."""
    server = LoopbackServer(Raw((Pause(30),)), Raw((Linger(30),)))
    clients = [connect(server) for _ in range(3)]
    for client in clients[:2]:
        client.sendall(GET)
    assert server.wait_for(lambda: (len(server.requests), len(server.connections)) == (2, 3))
    started = time.monotonic()
    server.close()
    server.close()
    assert time.monotonic() - started < 0.5
    assert [read_to_end(client) for client in clients] == [b""] * 3
    assert not [thread for thread in threading.enumerate() if str(server.port) in thread.name]
    assert server.errors == []
    for client in clients:
        client.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_many_clients_at_once(server: LoopbackServer) -> None:
    """Fifty clients in ten threads each get their own entry, and all are recorded."""
    server.add(*(json_reply({"n": number}) for number in range(50)))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(server, {})[1], range(50)))
    assert sorted(json.loads(answer)["n"] for answer in answers) == list(range(50))
    assert [request.number for request in server.requests] == list(range(1, 51))
