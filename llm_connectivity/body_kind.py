"""How a body begins that should be an event stream, and is kept where it is a document instead."""

from __future__ import annotations

import re

from .errors import ProviderError
from .sse import FIELDS
from .wires.json_text import refuse_answer

_PADDING = re.compile(rb"\A(?:[ \t\r\n]|\xef\xbb\xbf|:[^\r\n]*[\r\n])++")
_BOM = b"\xef\xbb\xbf"
_SHOWN_BYTES = 800


class BodyKind:
    """Looks at the first bytes of a body: no event stream begins with a brace or an angle bracket.

    Args:
        max_bytes: A longer document is an error.

    Attributes:
        known: Whether enough has come to tell.
        document: The body so far where it is a document, ``None`` where it is an event stream.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._head = b""
        self.known = False
        self.document: bytearray | None = None

    def look(self, data: bytes) -> bool:
        """Take the next bytes while it is not known; whether they belong to a document.

        Blanks and comments before it are padding, which some servers send while they wait.
        """
        head = _PADDING.sub(b"", self._head + data)
        if head[:1] in (b"{", b"[", b"<"):
            self.keep(head)
        self._head = head[:_SHOWN_BYTES]
        self.known = not (_BOM.startswith(head) or head.startswith(b":"))
        return self.document is not None

    def note_text(self, data: bytes) -> None:
        """Take what comes before the first field of an event, to show it if there never is one."""
        if len(self._head) < _SHOWN_BYTES:
            self._head += data[:_SHOWN_BYTES]

    def keep(self, data: bytes) -> None:
        """Take the next bytes of a document.

        Raises:
            ProviderError: It is too long.
        """
        self.document = self.document or bytearray()
        self.document += data
        if len(self.document) > self._max_bytes:
            raise ProviderError(
                f"the answer is not an event stream and longer than {self._max_bytes} bytes.",
                code="not_an_answer",
                retryable=False,
            )

    def refuse_text(self) -> None:
        """Refuse a body without any field of an event, unless it may have been cut before one.

        Raises:
            ProviderError: It is some other text.
        """
        begins = (*FIELDS, _BOM)
        may_be_cut = self._head.startswith(b":") or any(b.startswith(self._head) for b in begins)
        if not may_be_cut:
            refuse_answer(self._head)
