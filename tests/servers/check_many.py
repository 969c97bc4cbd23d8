"""Many streams over few connections, on every wire."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_connectivity import LLMClient, StreamChunk
from tests.servers.aimock import Aimock
from tests.servers.asking import check_stream, connect
from tests.servers.replies import HELLO, NUMBERS, numbered
from tests.servers.wires import Wire


@pytest.fixture
def opened(server: Aimock, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect the ports of the server that sockets are connected to."""
    ports: list[int] = []
    connect_socket = socket.socket.connect

    def noted(self: socket.socket, address: tuple[str, int]) -> None:
        ports.append(address[1])
        connect_socket(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return ports


def read(client: LLMClient, number: int) -> list[StreamChunk]:
    """Read one stream to its end."""
    return list(client.chat_stream(f"Say number {number}."))


def test_streams_one_after_the_other_take_one_connection(
    client: LLMClient, wire: Wire, opened: list[int]
) -> None:
    """A stream that was read to its end leaves its connection to the next one."""
    for number in NUMBERS[:10]:
        check_stream(read(client, number), numbered(number), wire)
    assert len(opened) == 1


def test_streams_in_threads_do_not_mix(server: Aimock, wire: Wire, opened: list[int]) -> None:
    """A hundred streams in sixteen threads over four connections each get their own answer."""
    with connect(server, wire, max_connections=4) as client, ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: read(client, number), NUMBERS))
    assert len(opened) <= 4
    for number, chunks in zip(NUMBERS, answers, strict=True):
        check_stream(chunks, numbered(number), wire)
    assert len(server.requests()) == len(NUMBERS)


def test_streams_left_early_do_not_hold_connections(server: Aimock, wire: Wire) -> None:
    """Streams that are closed, or just dropped, in the middle leave the client as usable."""
    with connect(server, wire, max_connections=2, timeout=5) as client:
        for _ in range(5):
            with client.chat_stream("Never end.") as stream:
                assert next(stream).content
            assert next(client.chat_stream("Never end.")).content
        assert client.chat("Say hello.").content == HELLO


def test_streams_side_by_side_in_one_thread(client: LLMClient, wire: Wire) -> None:
    """Ten streams that are read in turns, a chunk of each, do not disturb each other."""
    streams = [client.chat_stream(f"Say number {number}.") for number in NUMBERS[:10]]
    chunks: list[list[StreamChunk]] = [[] for _ in streams]
    left = list(range(len(streams)))
    while left:
        for number in tuple(left):
            chunk = next(streams[number], None)
            if chunk is None:
                left.remove(number)
            else:
                chunks[number].append(chunk)
    for number, read_chunks in enumerate(chunks):
        check_stream(read_chunks, numbered(number), wire)
