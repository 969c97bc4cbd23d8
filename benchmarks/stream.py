"""CPU per chunk and time to first text of a stream, as ratios to the vendor's SDK in the same run.

python benchmarks/stream.py

The server is a process of its own, so that only the client's CPU is counted. It sends a stream at
once, as one that is read late or comes fast arrives; and another one event by event.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from wires import MESSAGES, WIRES, Wire

from llm_connectivity import LLMClient

CHUNKS = 5_000
ROUNDS = 9

PACED_CHUNKS = 500
PACED_ROUNDS = 5
PAUSE_SECONDS = 0.001

Contender = tuple[Callable[[], Any], Callable[[Any], Any]]


def serve(listener: socket.socket, pieces: list[bytes], pause: float) -> None:
    """Answer every request with the same stream, at once or one HTTP chunk after the other."""
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
    sends = chunks if pause else [b"".join(chunks)]
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )

    def answer(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            while _read_request(connection):
                connection.sendall(head)
                for data in sends:
                    connection.sendall(data)
                    time.sleep(pause)

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def _read_request(connection: socket.socket) -> bool:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return False
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return True


@contextlib.contextmanager
def serving(wire: Wire, chunks: int, pause: float = 0.0) -> Iterator[str]:
    """Serve a wire's stream, one HTTP chunk an event, and give the server's origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = multiprocessing.get_context("fork").Process(
            target=serve, args=(listener, wire.body(chunks), pause), daemon=True
        )
        server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()


def measure(open_stream: Callable[[], Any], read: Callable[[Any], Any]) -> tuple[float, float]:
    """Give CPU seconds per chunk, and seconds until the first text."""
    start, cpu = time.perf_counter(), time.process_time()
    first, count = 0.0, 0
    for chunk in open_stream():
        if read(chunk) and not first:
            first = time.perf_counter() - start
        count += 1
    return (time.process_time() - cpu) / count, first


def compare(wire: Wire, origin: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Measure all in turns and give the median of each."""
    url = f"{origin}{wire.base_path}"
    client = LLMClient(wire.model, api_key="benchmark", base_url=url)

    def open_ours() -> Any:
        return client.chat_stream(MESSAGES)

    contenders: dict[str, Contender] = {
        f"{wire.name} SDK": (wire.open_sdk(url), wire.read_sdk),
        "llm-connectivity": (open_ours, lambda chunk: chunk.content),
        "the same, `raw_chunk` read": (open_ours, lambda chunk: chunk.raw_chunk),
    }
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            results[name].append(measure(*contender))
    return {
        name: (
            statistics.median(cpu for cpu, _ in measured[1:]),
            statistics.median(first for _, first in measured[1:]),
        )
        for name, measured in results.items()
    }


def main() -> None:
    """Print the table, in the form that the documentation has."""
    print(f"Medians of {ROUNDS - 1} rounds of {CHUNKS} chunks at once, and of {PACED_ROUNDS - 1}")
    print(f"rounds of {PACED_CHUNKS} chunks one by one; in brackets the ratio to the SDK.")
    print()
    print("| who reads | CPU per chunk, at once | CPU per chunk, one by one | first text |")
    print("|---|---|---|---|")
    for wire in WIRES:
        with serving(wire, CHUNKS) as origin:
            at_once = compare(wire, origin, ROUNDS)
        with serving(wire, PACED_CHUNKS, PAUSE_SECONDS) as origin:
            one_by_one = compare(wire, origin, PACED_ROUNDS)
        sdk = f"{wire.name} SDK"
        for name in at_once:
            cells = (
                _cell(at_once[name][0], at_once[sdk][0], 1e6, "us"),
                _cell(one_by_one[name][0], one_by_one[sdk][0], 1e6, "us"),
                _cell(one_by_one[name][1], one_by_one[sdk][1], 1e3, "ms"),
            )
            print(f"| {name} | {' | '.join(cells)} |")


def _cell(value: float, base: float, factor: float, unit: str) -> str:
    return f"{value * factor:.1f} {unit} ({value / base:.2f})"


if __name__ == "__main__":
    main()
