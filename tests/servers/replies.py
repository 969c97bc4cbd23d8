"""What aimock answers to which prompt: its fixtures, the same for every wire."""

import json
from typing import Any

from tests.servers.wires import STATUSES, WIRES

# A total that is not the sum, under OpenAI's name and Gemini's: it comes through unchanged.
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 99, "totalTokenCount": 99}

HELLO = "Hello there, how can I help you?"
# Chunks of three UTF-16 units cut some of these pairs in two.
STORY = "Once upon a time 😀 there was a naïve 🦊, 你好. " * 100
NUMBERS = range(100)

# One event, which brings no text, and the next one long after it.
_THOUGHT_THEN_NOTHING = {"ttft": 0, "tps": 0.2}
# Five events, which bring text, and the next one long after them. Milliseconds.
_TEXT_THEN_NOTHING = {
    "ttftMs": 0,
    "interChunkDelaysMs": [0, 0, 0, 0, 5000],
    "totalDurationMs": 5000,
}
# On Anthropic's wire the event behind the finish reason, the last, comes long after it.
_END_LATE = {**_TEXT_THEN_NOTHING, "interChunkDelaysMs": [*[0] * 14, 5000]}


def numbered(number: int) -> str:
    """Give the answer to ``"Say number ..."``."""
    return f"Here is number {number}. " * 5


def _answer(prompt: str, content: str, *, reasoning: str = "", **settings: Any) -> dict[str, Any]:
    response = {"content": content, "usage": USAGE}
    if reasoning:
        response["reasoning"] = reasoning
    return {"match": {"userMessage": prompt}, "response": response, **settings}


def _refusal(prompt: str, status: int, code: str | None = None, **more: Any) -> dict[str, Any]:
    # OpenAI's wire has the code in `code`, the others have it in aimock's `type`.
    error = {"message": more.pop("message", "As asked.")}
    if code:
        error |= {"type": code, "code": code}
    return {
        "match": {"userMessage": prompt},
        "response": {"error": error, "status": status, **more},
    }


def _when(fixture: dict[str, Any], **conditions: Any) -> dict[str, Any]:
    """Narrow a fixture; conditions are aimock's."""
    return {**fixture, "match": {**fixture["match"], **conditions}}


def _only_then(prompt: str, *first: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer a prompt only behind these, one for each request."""
    fixtures = [*first, _answer(prompt, HELLO)]
    return [_when(fixture, sequenceIndex=n) for n, fixture in enumerate(fixtures)]


THOUGHT = "They may want a greeting."
CITIES = [{"city": "Oslo"}, {"city": "Rome", "days": 2}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}

_CALLS = {
    "match": {"userMessage": "What is the weather?", "hasToolResult": False},
    "response": {
        "toolCalls": [{"name": "weather", "arguments": json.dumps(city)} for city in CITIES],
        "usage": USAGE,
    },
}

FIXTURES = [
    _CALLS,
    _when(_answer("What is the weather?", "Dry in both."), hasToolResult=True),
    _answer("Say hello.", HELLO),
    _answer("Tell a story.", STORY),
    _answer("Think first.", HELLO, reasoning=THOUGHT),
    *(_answer(f"Say number {n}.", numbered(n), latency=1, chunkSize=9) for n in NUMBERS),
    # The pause gets the pieces before the last one on the wire; the cut takes that one along.
    _answer("Break off early.", HELLO, latency=20, truncateAfterChunks=5),
    _answer(
        "Break off at once.",
        HELLO,
        reasoning="Hmm",
        streamingProfile=_THOUGHT_THEN_NOTHING,
        disconnectAfterMs=100,
    ),
    _answer("Fall silent early.", HELLO, recordedTimings=_TEXT_THEN_NOTHING),
    _answer("Fall silent at once.", HELLO, reasoning="Hmm", streamingProfile=_THOUGHT_THEN_NOTHING),
    _answer("Leave out the end.", HELLO, recordedTimings=_END_LATE),
    _answer("Cut off the end.", HELLO, recordedTimings=_END_LATE, disconnectAfterMs=200),
    _answer("Never end.", STORY, latency=10),
    _refusal("Come back soon.", 429, retryAfter=7),
    _refusal("Come back tomorrow.", 429, retryAfter=86400),
    *_only_then("Come back once.", _refusal("Come back once.", 429, retryAfter=3)),
    *_only_then(
        "Stumble three times.",
        # Not behind another: a kept connection that breaks is no try of its own.
        _answer("Stumble three times.", HELLO, chaos={"disconnectRate": 1}),
        _answer("Stumble three times.", HELLO, chaos={"dropRate": 1}),
        _refusal("Stumble three times.", 503),
    ),
    *(
        _refusal(failure.prompt, failure.status, failure.code, message=failure.message)
        for failure in dict.fromkeys(
            [*STATUSES, *(failure for wire in WIRES.values() for failure in wire.failures)]
        )
    ),
    # Only one model fails, so that another one can help.
    *(
        _when(_refusal(f"Ask anyone but {wire.provider}.", 429), model=wire.model_name)
        for wire in WIRES.values()
    ),
    *(_answer(f"Ask anyone but {wire.provider}.", HELLO) for wire in WIRES.values()),
]
