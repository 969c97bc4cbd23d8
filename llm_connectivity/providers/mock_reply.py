"""What a script of the mock is made of: one reply per request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..checks import check_json, check_mapping, is_number, is_whole
from ..errors import LLMError, NetworkError, ValidationError, show


@dataclass(frozen=True, slots=True, kw_only=True)
class MockReply:
    """One scripted answer.

    Attributes:
        text: The text; streamed word by word unless ``pieces`` says how.
        pieces: The text in the pieces it is streamed in.
        reasoning: What the model thinks before it answers.
        tool_calls: Functions it calls, and their arguments: ``[("add", {"x": 1, "y": 2})]``;
            arguments that are a text are sent as they are, so they may be broken.
        delay: Seconds before each piece; of a whole answer, once.
        finish_reason: As the vendor would say it; ``None``: the terminal marker comes without one;
            where functions are called and nothing else is said it is ``"tool_calls"``.
        usage: Prompt and completion tokens; ``None``: no usage is sent; ``"counted"``: words of
            the messages, and pieces.
        cut_after: The connection breaks after this many pieces, behind which calls count too.
        error: This is raised: at once, or after ``cut_after`` pieces where that is given.
        status: HTTP status; an error status answers with ``text`` as the server's message.
        code: The server's error code, beside an error status.
        headers: Response headers, for example ``{"retry-after": "2"}``.
    """

    text: str = field(default="", kw_only=False)
    pieces: Sequence[str] = ()
    reasoning: str = ""
    tool_calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    delay: float = 0.0
    finish_reason: str | None = "stop"
    usage: tuple[int, int] | Literal["counted"] | None = "counted"
    cut_after: int | None = None
    error: LLMError | type[LLMError] | None = None
    status: int = 200
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (expected, fits) in _REPLY_FIELDS.items():
            value = getattr(self, name)
            if not fits(value):
                raise ValidationError(
                    f"MockReply: {name} must be {expected}, not {show(value)}.",
                    code="invalid_option",
                )
        if self.text and self.pieces and "".join(self.pieces) != self.text:
            raise ValidationError(
                f"MockReply: text {show(self.text)} is not what its pieces are together.",
                code="invalid_option",
                hint="Give text or pieces.",
            )
        if self.tool_calls and self.finish_reason == "stop":
            object.__setattr__(self, "finish_reason", "tool_calls")
        for i, (_, arguments) in enumerate(self.tool_calls):
            check_json(arguments, f"MockReply: arguments of tool_calls[{i}]")
        headers = check_mapping(self.headers, "MockReply: headers")
        object.__setattr__(self, "headers", {k.lower(): str(v) for k, v in headers.items()})

    def split(self) -> tuple[str, ...]:
        """Give the pieces: those that were set, else words with the blank before them."""
        if self.pieces:
            return tuple(self.pieces)
        words = self.text.split(" ")
        pieces = (word if i == 0 else f" {word}" for i, word in enumerate(words))
        return tuple(piece for piece in pieces if piece)


def _are_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _are_calls(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(call, tuple)
        and len(call) == 2
        and isinstance(call[0], str)
        and isinstance(call[1], str | Mapping)
        for call in value
    )


def _is_error(value: object) -> bool:
    return isinstance(value, LLMError) or (isinstance(value, type) and issubclass(value, LLMError))


def _is_usage(value: object) -> bool:
    if isinstance(value, tuple):
        return len(value) == 2 and all(is_whole(count) and 0 <= count < 2**63 for count in value)
    return value is None or value == "counted"


# Field -> (what it must be, the check for it).
_REPLY_FIELDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a string", lambda v: isinstance(v, str)),
    "pieces": ("a list of strings", _are_texts),
    "reasoning": ("a string", lambda v: isinstance(v, str)),
    "tool_calls": ("a list of (name, arguments)", _are_calls),
    "delay": ("seconds of at least 0", lambda v: is_number(v) and v >= 0),
    "finish_reason": ("a string or None", lambda v: v is None or isinstance(v, str)),
    "usage": ("two whole numbers, 'counted' or None", _is_usage),
    "cut_after": ("a whole number or None", lambda v: v is None or (is_whole(v) and v >= 0)),
    "error": ("one of our errors or None", lambda v: v is None or _is_error(v)),
    "status": ("an HTTP status", lambda v: is_whole(v) and 100 <= v <= 599),
    "code": ("a string or None", lambda v: v is None or isinstance(v, str)),
}


Reply = MockReply | str | Sequence[str] | LLMError | type[LLMError]


def to_reply(reply: Reply) -> MockReply:
    """Make a reply of whatever a script may hold.

    Raises:
        ValidationError: It may not hold this.
    """
    if isinstance(reply, MockReply):
        return reply
    if isinstance(reply, str):
        return MockReply(text=reply)
    if _is_error(reply):
        return MockReply(error=cast(LLMError, reply))
    if _are_texts(reply):
        return MockReply(pieces=cast(Sequence[str], reply))
    raise ValidationError(
        f"a mock reply can't be {show(reply)}.",
        code="invalid_option",
        hint="It is a string, a list of pieces, one of our errors, or a MockReply.",
    )


def failure_of(reply: MockReply) -> LLMError:
    """Make the error in which a reply ends."""
    if reply.error is None:
        return NetworkError("the mock's connection was cut.", code="network_error")
    if isinstance(reply.error, LLMError):
        return copy.copy(reply.error)  # each call writes its own facts on it
    return reply.error(f"a scripted {reply.error.__name__}.")
