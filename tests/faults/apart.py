"""A client in a process of its own, so that memory and CPU are its own and nobody else's.

The tests call `read_apart`; the process runs this very file.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from llm_connectivity import LLMClient, LLMError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the process asks for.

    Attributes:
        whole: A whole answer; else a stream, whose text is kept only if the options say so.
        options: Of the call.
        raw: Look at the vendor's object of each chunk, too.
        steady_after: Memory counts from this chunk of a stream on.
    """

    whole: bool = False
    raw: bool = False
    options: Mapping[str, Any] | None = None
    steady_after: int = 0


@dataclass(slots=True, kw_only=True)
class Taken:
    """What came of it, and what it took.

    Attributes:
        before: Bytes of memory before it.
        peak: Those at the worst moment, over those before.
        cpu: Seconds of CPU.
        seconds: On the clock.
        chunks: Number of chunks.
        characters: Of all text.
        finish_reason: Of the last chunk.
        error: Code of the error, or ``None``.
    """

    before: int
    peak: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    chunks: int = 0
    characters: int = 0
    finish_reason: str | None = None
    error: str | None = None


def read_apart(settings: Mapping[str, Any], *asks: Ask) -> list[Taken]:
    """Ask one after the other, on one client; one stream goes first, so that all is loaded.

    Args:
        settings: Arguments of the client; it does not retry unless they say so.
        *asks: What to ask for.
    """
    said = run_apart(__name__, {"settings": dict(settings), "asks": [asdict(ask) for ask in asks]})
    return [Taken(**taken) for taken in said]


def run_apart(module: str, task: Mapping[str, Any]) -> Any:
    """Run a module's ``main()`` on a task in a process of its own, and give what it gives."""
    # What is measured is the client, not the measuring of what tests cover.
    environment = {name: value for name, value in os.environ.items() if "COV" not in name}
    done = subprocess.run(
        [sys.executable, "-m", module, json.dumps(task)],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        check=True,
        timeout=170,
    )
    return json.loads(done.stdout)


def memory(name: str = "VmRSS") -> int:
    """Give bytes of this process's memory: ``VmRSS``, or ``VmHWM`` for the most there was."""
    with open("/proc/self/status", encoding="ascii") as lines:
        found = next(line for line in lines if line.startswith(name))
    return int(found.split()[1]) * 1024


def settle() -> int:
    """Collect garbage, forget the worst moment, and give bytes of memory."""
    gc.collect()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # sets VmHWM to VmRSS
    return memory()


def take(client: LLMClient, ask: Ask) -> Taken:
    """Ask, and measure."""
    taken = Taken(before=settle())
    cpu, start = time.process_time(), time.monotonic()
    try:
        if ask.whole:
            _read_whole(client, ask, taken)
        else:
            _read_stream(client, ask, taken)
    except LLMError as error:
        taken.error = error.code or type(error).__name__
    taken.peak = memory("VmHWM") - taken.before
    taken.cpu, taken.seconds = time.process_time() - cpu, time.monotonic() - start
    return taken


def _read_whole(client: LLMClient, ask: Ask, taken: Taken) -> None:
    answer = client.chat("Hi", **ask.options or {})
    taken.characters, taken.finish_reason = len(answer.content), answer.finish_reason


def _read_stream(client: LLMClient, ask: Ask, taken: Taken) -> None:
    for chunk in client.chat_stream("Hi", **{"accumulate": False, **(ask.options or {})}):
        taken.chunks += 1
        taken.characters += len(chunk.content)
        taken.finish_reason = chunk.finish_reason
        if ask.raw:
            assert chunk.raw_chunk is not None
        if taken.chunks == ask.steady_after:
            taken.before = settle()


def main(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Do in this process what `read_apart` asks for."""
    with LLMClient(**{"max_retries": 0, **task["settings"]}) as client:
        for _ in client.chat_stream("Hi"):
            pass
        return [asdict(take(client, Ask(**ask))) for ask in task["asks"]]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
