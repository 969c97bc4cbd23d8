"""CPU per chunk and time to first chunk of a stream, as ratios to the vendor's SDK in the same run.

python benchmarks/stream.py

The server is a process of its own, so that only the client's CPU is counted.
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

Contender = tuple[Callable[[], Any], Callable[[Any], Any]]


def serve(listener: socket.socket, body: bytes) -> None:
    """Answer every request with the same stream."""
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while _read_request(connection):
                connection.sendall(head + body)

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
def serving(wire: Wire) -> Iterator[str]:
    """Serve a wire's stream, one HTTP chunk an event, and give the server's origin."""
    pieces = wire.body(CHUNKS)
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = multiprocessing.get_context("fork").Process(
            target=serve, args=(listener, body), daemon=True
        )
        server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()


def measure(open_stream: Callable[[], Any], read: Callable[[Any], Any]) -> tuple[float, float]:
    """Give CPU seconds per chunk, and seconds until the first chunk."""
    start, cpu = time.perf_counter(), time.process_time()
    stream = iter(open_stream())
    read(next(stream))
    first = time.perf_counter() - start
    count = 1
    for chunk in stream:
        read(chunk)
        count += 1
    return (time.process_time() - cpu) / count, first


def compare(wire: Wire, origin: str) -> dict[str, tuple[float, float]]:
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
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            results[name].append(measure(*contender))
    return {
        name: (
            statistics.median(cpu for cpu, _ in rounds[1:]),
            statistics.median(first for _, first in rounds[1:]),
        )
        for name, rounds in results.items()
    }


def main() -> None:
    """Print the table, in the form that the documentation has."""
    print(f"{CHUNKS} chunks, median of {ROUNDS - 1} rounds; in brackets the ratio to the SDK")
    print()
    print("| who reads | CPU per chunk | time to first chunk |")
    print("|---|---|---|")
    for wire in WIRES:
        with serving(wire) as origin:
            results = compare(wire, origin)
        base_cpu, base_first = results[f"{wire.name} SDK"]
        for name, (cpu, first) in results.items():
            print(
                f"| {name} | {cpu * 1e6:.1f} us ({cpu / base_cpu:.2f}) "
                f"| {first * 1e3:.2f} ms ({first / base_first:.2f}) |"
            )


if __name__ == "__main__":
    main()
