"""CPU per chunk and time to first chunk of a stream, as ratios to the vendor's SDK in the same run.

python benchmarks/stream.py

The server is a process of its own, so that only the client's CPU is counted.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import openai

from llm_connectivity import LLMClient

CHUNKS = 5_000
ROUNDS = 7
MESSAGES: Any = [{"role": "user", "content": "Say much."}]


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """Write one event of OpenAI's wire."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    data = {
        "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
        "object": "chat.completion.chunk",
        "created": 1741570283,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": [choice],
        "usage": None,
    }
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def serve(listener: socket.socket, chunks: int) -> None:
    """Answer every request with the same stream, one HTTP chunk an event."""
    events = [event({"role": "assistant", "content": ""})]
    events += [event({"content": " token"})] * chunks
    events += [event({}, "stop"), b"data: [DONE]\n\n"]
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in events) + b"0\r\n\r\n"

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


def compare(url: str) -> dict[str, tuple[float, float]]:
    """Measure both in turns and give the median of each."""
    sdk = openai.OpenAI(api_key="x", base_url=url)
    client = LLMClient("openai/gpt-4o-mini", api_key="benchmark", base_url=url)
    contenders: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
        "openai SDK": (
            lambda: sdk.chat.completions.create(
                model="gpt-4o-mini", messages=MESSAGES, stream=True
            ),
            lambda chunk: chunk.choices[0].delta.content,
        ),
        "llm-connectivity": (
            lambda: client.chat_stream(MESSAGES),
            lambda chunk: chunk.content,
        ),
        "llm-connectivity, raw_chunk read": (
            lambda: client.chat_stream(MESSAGES),
            lambda chunk: chunk.raw_chunk,
        ),
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
    """Print the table."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    server = multiprocessing.get_context("fork").Process(
        target=serve, args=(listener, CHUNKS), daemon=True
    )
    server.start()
    listener.close()
    results = compare(url)
    base_cpu, base_first = results["openai SDK"]
    print(f"{CHUNKS} chunks, median of {ROUNDS - 1} rounds, ratio to the SDK in this run")
    for name, (cpu, first) in results.items():
        print(
            f"{name:34} CPU per chunk {cpu * 1e6:6.1f} us ({cpu / base_cpu:4.2f})   "
            f"time to first chunk {first * 1e3:6.2f} ms ({first / base_first:4.2f})"
        )
    server.terminate()


if __name__ == "__main__":
    main()
