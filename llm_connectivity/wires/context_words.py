"""Wordings that tell of a full context, where a server names no code of its own for it."""

from __future__ import annotations

_WORDINGS = (
    "context length",
    "prompt is too long",
    "prompt too long",
    "total length of all messages is too long",
    "reduce the length",
)


def speaks_of_context(message: str) -> bool:
    """Whether a refusal says that the conversation is longer than the model can take."""
    words = message.lower()
    return any(wording in words for wording in _WORDINGS) or (
        "input token count" in words and "exceeds" in words
    )
