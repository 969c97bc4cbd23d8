"""HTTP chunks that have come together, made fewer: what they hold is the same.

A server sends each event of a stream as a chunk of its own, and the HTTP library takes several
microseconds for each. Where one read brings many, they are joined.
https://www.rfc-editor.org/rfc/rfc9112#section-7.1
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Chunks with extensions are not joined, and what is behind one neither.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_EXTENSION = re.compile(rb"[0-9A-Fa-f]{1,20}[ \t]*;")
_CUT_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\r?\Z")

# Joined at a time: who waits for the first event is not to wait until all of them are read.
_MOST = 8


class ChunkJoiner:
    """Joins chunks of one body; fed with it piece by piece, however it was cut.

    Of a chunk that has not come whole, what is there is passed on: no text waits for the rest.

    Args:
        mask: Hides what must not be seen, where a chunk's size should be and is not, and behind
            the last chunk; the HTTP library quotes and logs it.
    """

    def __init__(self, mask: Callable[[bytes], bytes] = bytes) -> None:
        self._mask = mask
        self._left = 0  # bytes until the next chunk begins
        self._held = b""  # the beginning of a chunk's size
        self._passes_on = False  # from the last chunk on, or what is not understood
        self._is_body = True  # what is passed on may be text

    def feed(self, data: bytes) -> bytes:
        """Give bytes that mean the same; none where only the beginning of a size has come."""
        data, self._held = self._held + data, b""
        if self._passes_on:
            return data if self._is_body else self._mask(data)
        if self._left >= len(data):
            self._left -= len(data)
            return data
        joined, at = [data[: self._left]], self._left
        self._left = 0
        while True:
            pieces, end = _take_whole(data, at)
            if not pieces:
                break
            joined.append(data[at:end] if len(pieces) == 1 else _write(b"".join(pieces)))
            at = end
        joined.append(self._pass_on(data[at:]))
        return b"".join(joined)

    def _pass_on(self, rest: bytes) -> bytes:
        """Note what a chunk that has not come whole lacks, and give what is there of it."""
        found = _SIZE.match(rest)
        if found is not None:
            size = int(found[1], 16)
            self._left = found.end() + size + 2 - len(rest)
            self._passes_on = size == 0 or self._left <= 0
            self._is_body = size > 0
        elif _CUT_SIZE.match(rest):
            self._held, rest = rest, b""
        else:
            self._passes_on = bool(rest)
            self._is_body = _EXTENSION.match(rest) is not None
        return rest if self._is_body else self._mask(rest)


def _take_whole(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Give the contents of whole chunks from here on, and where they end."""
    pieces: list[bytes] = []
    while len(pieces) < _MOST:
        found = _SIZE.match(data, at)
        if found is None:
            break
        start = found.end()
        end = start + int(found[1], 16)
        if end == start or data[end : end + 2] != b"\r\n":
            break
        pieces.append(data[start:end])
        at = end + 2
    return pieces, at


def _write(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)
