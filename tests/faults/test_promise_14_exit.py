"""A program that ends with an answer half read just ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.server import Linger, LoopbackServer, Send, openai_wire, stream_reply

BEGIN = """
import sys, threading
from llm_connectivity import Hooks, LLMClient
client = LLMClient("openai/m", api_key="test-key-0123456789", base_url=sys.argv[1])
stream = client.chat_stream("Hi", hooks=Hooks(on_end=lambda end: None))
print(next(stream).content)
"""

ENDINGS = {
    "at the end of the script": "",
    "in a with block": "client.__enter__(); stream.__enter__()",
    "by sys.exit": "sys.exit(0)",
    "in a cycle": "holder = [stream]; holder.append(holder); del stream",
    "with a reader in a daemon thread": (
        "threading.Thread(target=lambda: list(stream), daemon=True).start()\\n"
        "import time; time.sleep(0.3)"
    ),
    "with a name that is being resolved": (
        "import socket, time\\n"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(30)\\n"
        "other = LLMClient('openai/m', api_key='k' * 9, base_url='http://slow.invalid/v1')\\n"
        "try: other.chat('Hi', deadline=0.2)\\n"
        "except TimeoutError: pass"
    ),
}


@pytest.mark.real_time
@pytest.mark.parametrize("ending", ENDINGS)
def test_promise_14_exit_with_an_open_stream(server: LoopbackServer, tmp_path, ending: str):
    """It does not hang, prints nothing, and the server sees the end."""
    server.always(stream_reply(Send(openai_wire.text_event("Hello")), Linger(20)))
    script = tmp_path / "script.py"
    script.write_text(BEGIN + ENDINGS[ending].replace("\\n", "\n"), encoding="utf-8")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-X", "dev", script, f"{server.origin}/v1"],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("Hello\n", "", 0)
    assert time.monotonic() - started < 15
    assert server.wait_for(lambda: all(not c.is_open for c in server.connections))
