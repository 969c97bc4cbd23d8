"""The parts of a candidate's content: text, thoughts, calls, and what goes back as it was.

https://ai.google.dev/api/caching#Part
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...surrogates import mend_text
from ...tool_calls import ToolCallDelta
from ..json_values import dicts_in, text_or_none
from ..turns import Called
from .calls import CallReader
from .kept import Keeper

_DELIVERED = {"text", "thought"}

# Parts that the vendor is about to run itself.
_RUN_THERE = ("executableCode", "toolCall")


class Said(NamedTuple):
    """What some parts say.

    Attributes:
        text: Their text; ``""`` for none.
        reasoning: Text of the thoughts among them.
        calls: Pieces of calls of the caller's functions.
    """

    text: str
    reasoning: str
    calls: tuple[ToolCallDelta, ...]


class ContentReader:
    """Reads the parts of one candidate, all at once or as the events of a stream bring them.

    Args:
        keeps: Whether to keep what the vendor wants back with the next request.

    Attributes:
        note_text: Takes a part that has nothing but text, as most do.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self._calls = CallReader()
        self._keeper = Keeper() if keeps else None
        self.note_text = _let_go if self._keeper is None else self._keeper.texts.append

    @property
    def called(self) -> bool:
        """Whether a call has come."""
        return self._calls.count > 0

    @property
    def verbatim(self) -> Mapping[str, Any] | None:
        """What the vendor wants back with the next request as it was."""
        return None if self._keeper is None else self._keeper.give()

    def feed(self, parts: Sequence[dict[str, Any]]) -> Said:
        """Take the next parts."""
        calls: list[ToolCallDelta] = []
        for part in parts:
            kept: dict[str, Any] | None = part
            if isinstance(part.get("functionCall"), dict):
                pieces, kept = self._calls.feed(part)
                calls += pieces
            if kept is not None and self._keeper is not None:
                self._keeper.note(kept, grows=self._calls.is_open(kept))
        return Said(read_text(parts), _read_thoughts(parts), tuple(calls))

    def finish(self) -> tuple[ToolCallDelta, ...]:
        """The answer is at its end: give what is left of a call that is not."""
        return tuple(self._calls.finish(cut=True))


def understand(verbatim: Mapping[str, Any]) -> tuple[str, list[Called]]:
    """Tell what the provider has said in a message that it wants back."""
    parts = dicts_in(verbatim.get("parts"))
    told = (part.get("functionCall") for part in parts)
    calls = [call for call in told if isinstance(call, dict) and text_or_none(call.get("name"))]
    return mend_text(read_text(parts)), [
        Called(call.get("id"), call["name"], call.get("args") or {}) for call in calls
    ]


def read_parts(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the parts of a candidate's content; there may be none, or no content."""
    content = candidate.get("content")
    return dicts_in(content.get("parts")) if isinstance(content, dict) else []


def goes_on(candidate: Mapping[str, Any]) -> bool:
    """Whether the vendor has something to run before it goes on, though it may say STOP here."""
    parts = read_parts(candidate)
    return bool(parts) and any(name in parts[-1] for name in _RUN_THERE)


def read_text(parts: Sequence[Mapping[str, Any]]) -> str:
    """Join the texts of parts; thoughts are not text."""
    return _join(part for part in parts if not part.get("thought"))


def has_more_than_text(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these parts bring something that is neither text nor thought: a signature, say."""
    return any(part[name] for part in parts for name in part if name not in _DELIVERED)


def _let_go(text: str) -> None:
    pass


def _read_thoughts(parts: Sequence[Mapping[str, Any]]) -> str:
    return _join(part for part in parts if part.get("thought"))


def _join(parts: Any) -> str:
    texts = (part.get("text") for part in parts)
    return "".join(text for text in texts if isinstance(text, str))
