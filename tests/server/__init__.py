"""One raw-socket loopback server for all wires: scriptable, and it records what it saw.

with LoopbackServer(openai_wire.HELLO) as server:
    ...  # point a client at f"{server.origin}/v1"
    assert server.requests[0].json["stream"] is True
"""

from tests.server import anthropic_wire, gemini_wire, openai_wire
from tests.server.record import ConnectionLog, Exchange, Headers, Recorded
from tests.server.script import (
    EVENT_STREAM,
    JSON,
    Answer,
    Cut,
    Drip,
    End,
    Entry,
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
    json_reply,
    stream_reply,
)
from tests.server.server import LoopbackServer

__all__ = [
    "EVENT_STREAM",
    "JSON",
    "Answer",
    "ConnectionLog",
    "Cut",
    "Drip",
    "End",
    "Entry",
    "Exchange",
    "Headers",
    "Linger",
    "LoopbackServer",
    "Mark",
    "Pause",
    "Raw",
    "Recorded",
    "Reply",
    "Reset",
    "Send",
    "Step",
    "anthropic_wire",
    "chunk_bytes",
    "gemini_wire",
    "head_bytes",
    "json_reply",
    "openai_wire",
    "stream_reply",
]
