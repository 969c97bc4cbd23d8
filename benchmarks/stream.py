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

import anthropic
import openai

from llm_connectivity import LLMClient

CHUNKS = 5_000
ROUNDS = 7
MESSAGES: Any = [{"role": "user", "content": "Say much."}]

# Opens a stream, and reads one chunk of it.
Contender = tuple[Callable[[], Any], Callable[[Any], Any]]


def event(data: dict[str, Any]) -> bytes:
    """Write one event."""
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def openai_chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """Write one event of OpenAI's wire."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event(
        {
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion.chunk",
            "created": 1741570283,
            "model": "gpt-4o-mini-2024-07-18",
            "service_tier": "default",
            "system_fingerprint": "fp_44709d6fcb",
            "choices": [choice],
            "usage": None,
        }
    )


def openai_events(chunks: int) -> list[bytes]:
    """Write a stream of OpenAI's wire."""
    begin = openai_chunk({"role": "assistant", "content": ""})
    end = [openai_chunk({}, "stop"), b"data: [DONE]\n\n"]
    return [begin, *[openai_chunk({"content": " token"})] * chunks, *end]


def anthropic_event(kind: str, **fields: Any) -> bytes:
    """Write one event of Anthropic's wire."""
    return f"event: {kind}\n".encode() + event({"type": kind, **fields})


def anthropic_events(chunks: int) -> list[bytes]:
    """Write a stream of Anthropic's wire."""
    message: dict[str, Any] = {
        "id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-sonnet-5-5",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    delta = {"type": "text_delta", "text": " token"}
    return [
        anthropic_event("message_start", message=message),
        anthropic_event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *[anthropic_event("content_block_delta", index=0, delta=delta)] * chunks,
        anthropic_event("content_block_stop", index=0),
        anthropic_event(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": chunks},
        ),
        anthropic_event("message_stop"),
    ]


def serve(listener: socket.socket, events: list[bytes]) -> None:
    """Answer every request with the same stream, one HTTP chunk an event."""
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


def openai_sdk(url: str) -> Contender:
    """Give the stream of OpenAI's SDK."""
    sdk = openai.OpenAI(api_key="x", base_url=url)
    return (
        lambda: sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True),
        lambda chunk: chunk.choices[0].delta.content,
    )


def anthropic_sdk(url: str) -> Contender:
    """Give the stream of Anthropic's SDK."""
    sdk = anthropic.Anthropic(api_key="x", base_url=url)
    return (
        lambda: sdk.messages.create(model="m", max_tokens=9, messages=MESSAGES, stream=True),
        lambda event: event.type == "content_block_delta" and event.delta.text,
    )


def compare(contenders: dict[str, Contender]) -> dict[str, tuple[float, float]]:
    """Measure all in turns and give the median of each."""
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


def benchmark(provider: str, events: list[bytes], sdk: Callable[[str], Contender]) -> None:
    """Print the lines of one provider."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = multiprocessing.get_context("fork").Process(
        target=serve, args=(listener, events), daemon=True
    )
    server.start()
    listener.close()
    client = LLMClient(f"{provider}/m", api_key="benchmark", base_url=url)
    theirs = f"{provider} SDK"
    results = compare(
        {
            theirs: sdk(url),
            "llm-connectivity": (lambda: client.chat_stream(MESSAGES), lambda chunk: chunk.content),
            "llm-connectivity, raw_chunk read": (
                lambda: client.chat_stream(MESSAGES),
                lambda chunk: chunk.raw_chunk,
            ),
        }
    )
    server.terminate()
    base_cpu, base_first = results[theirs]
    for name, (cpu, first) in results.items():
        print(
            f"{name:34} CPU per chunk {cpu * 1e6:6.1f} us ({cpu / base_cpu:4.2f})   "
            f"time to first chunk {first * 1e3:6.2f} ms ({first / base_first:4.2f})"
        )


def main() -> None:
    """Print the table."""
    print(f"{CHUNKS} chunks, median of {ROUNDS - 1} rounds, ratio to the SDK in this run")
    benchmark("openai", openai_events(CHUNKS), openai_sdk)
    benchmark("anthropic", anthropic_events(CHUNKS), anthropic_sdk)


if __name__ == "__main__":
    main()
