"""Answers that are large, or never end: what the server writes is made once and sent often."""

from __future__ import annotations

import gzip
import zlib

from tests.server import (
    EVENT_STREAM,
    Headers,
    Raw,
    Reply,
    Send,
    chunk_bytes,
    head_bytes,
    stream_reply,
)
from tests.worlds import WireWorld

MiB = 1024 * 1024
CHUNKED = (("transfer-encoding", "chunked"),)
STREAM_HEAD = head_bytes(200, EVENT_STREAM + CHUNKED)

# More than any client takes: 4 GiB of what is packed, 1 GiB else.
_ENDLESS = 4096


def text_of(world: WireWorld, text: str) -> bytes:
    """Give an event with a text."""
    return world.wire_module.text_event(text)


def end_of(world: WireWorld) -> bytes:
    """Give the events that end a stream: the finish reason, the marker where the wire has one."""
    return world.wire_module.finish_event() + getattr(world.wire_module, "DONE", b"")


def with_text(world: WireWorld, text: bytes) -> bytes:
    """Give an event whose text is spelled by these bytes of JSON."""
    return text_of(world, "TEXT").replace(b"TEXT", text)


def hello(world: WireWorld) -> Reply:
    """Give a short stream."""
    return stream_reply(Send(text_of(world, "Hello") + end_of(world)))


def many_chunks(world: WireWorld, count: int, text: str = "word ") -> Raw:
    """Give a stream of so many thousand pieces of text, each event an HTTP chunk of its own."""
    block = chunk_bytes(text_of(world, text)) * 1000
    end = chunk_bytes(end_of(world)) + b"0\r\n\r\n"
    return Raw((Send(STREAM_HEAD), *[Send(block)] * count, Send(end)))


def endless(piece: bytes, *, begin: bytes = b"") -> Reply:
    """Give a stream that repeats this without an end; how often it was sent, `sent_bytes` says."""
    block = Send(piece * (MiB // 4 // len(piece)))
    return stream_reply(Send(begin), *[block] * _ENDLESS)


def endless_raw(begin: bytes, piece: bytes) -> Raw:
    """Give an answer that begins like this and goes on like that, without HTTP around it."""
    return Raw((Send(begin), *[Send(piece * (MiB // 4 // len(piece)))] * _ENDLESS))


def sent_bytes(world: WireWorld) -> int:
    """Give how much of the last endless answer was sent."""
    return len(world.server.exchanges[-1].sent) * MiB // 4


def packed(piece: bytes, headers: Headers, status: int = 200) -> Reply:
    """Give an answer of a few MB that unpacks to 4 GiB of this."""
    first, again = _pack(piece)
    zipped = (*headers, ("content-encoding", "gzip"))
    return Reply((Send(first), *[Send(again)] * _ENDLESS), status, zipped)


def packed_twice(piece: bytes) -> Reply:
    """Give a stream of a few KB that unpacks to a few MB, and those to 4 GiB of this."""
    first, again = _pack(piece)
    zipped = (*EVENT_STREAM, ("content-encoding", "gzip, gzip"))
    return Reply((Send(gzip.compress(first + again * _ENDLESS)),), headers=zipped)


def _pack(piece: bytes) -> tuple[bytes, bytes]:
    """Pack 1 MiB of this: the beginning of a gzip body, and what may follow again and again."""
    data = piece * (MiB // len(piece))
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    first = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
    return first, packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
