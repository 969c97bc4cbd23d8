"""What one server takes of OpenAI's wire, and under which names."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGE_KEYS = frozenset({"name", "refusal"})
PARTS = frozenset({"image_url", "input_audio", "file"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How requests to one server are written; answers of all servers are read alike.

    Attributes:
        max_tokens_field: Name under which it takes ``max_tokens``.
        reasoning_field: Name of the field that says how long to think: ``"reasoning_effort"`` takes
            a word, ``"reasoning"`` an object with either, ``"thinking_budget"`` a number of tokens.
        refuses: Named options of this wire that it answers with an error.
        takes: Kinds of parts that it takes besides text; ``"file_url"``: files by address.
        keeps_prompts: Whether ``cache_control`` marks are sent.
        counts_streams: Whether a stream may be asked for its usage.
        call_ids: Regular expression that whole ids of calls must match; others are replaced.
        message_keys: Of ``name`` and ``refusal``, what messages may have.
    """

    max_tokens_field: str = "max_tokens"
    reasoning_field: str = "reasoning_effort"
    refuses: frozenset[str] = frozenset()
    takes: frozenset[str] = PARTS
    keeps_prompts: bool = False
    counts_streams: bool = True
    call_ids: str = ".+"
    message_keys: frozenset[str] = MESSAGE_KEYS
