"""Whether JSON that comes in pieces is whole, without keeping it."""

from __future__ import annotations

import re

# All that says where the value ends; a backslash takes along what it escapes.
_TOKENS = re.compile(r'\\.?|["{}[\]]', re.DOTALL)


class JsonDepth:
    """Follows one JSON value from piece to piece; its memory does not grow."""

    __slots__ = ("_began", "_depth", "_escaped", "_in_string")

    def __init__(self) -> None:
        self._began = False
        self._depth = 0
        self._in_string = False
        self._escaped = False  # the last piece has ended in a backslash

    @property
    def is_whole(self) -> bool:
        """Whether something has come, and all that it has opened is closed."""
        return self._began and self._depth <= 0 and not self._in_string

    def feed(self, text: str) -> None:
        """Take the next piece."""
        if not text:
            return
        self._began = self._began or not text.isspace()
        start, self._escaped = int(self._escaped), False
        for token in _TOKENS.findall(text, start):
            if token[0] == "\\":
                self._escaped = len(token) == 1
            elif token == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if token in "{[" else -1
