"""Anthropic's Messages wire, written from the vendor's public documentation.

Source: https://docs.claude.com/en/api/messages, https://docs.claude.com/en/api/messages-streaming
and https://docs.claude.com/en/api/errors. Pauses are in seconds.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.server.record import Recorded
from tests.server.script import (
    Answer,
    Cut,
    Entry,
    Pause,
    Reply,
    Send,
    Step,
    json_reply,
    stream_reply,
)

MODEL = "claude-sonnet-4-5-20250929"
TOKENS = ("Hello", "!", " How", " can", " I", " help", "?")
TEXT = "".join(TOKENS)
NL_TOKENS = ("Hello", "\nline2", "\n\npara", " a\n\nb", "[DONE]", "\n", " end")
SLOW_TOKENS = tuple(f"w{number} " for number in range(50))
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def event(payload: dict[str, Any]) -> bytes:
    """Return one event with this JSON as its data, named by its type."""
    return b"event: " + str(payload["type"]).encode() + b"\n" + unnamed_event(payload)


def unnamed_event(payload: object) -> bytes:
    """Return one event with this JSON as its data, and no name."""
    return b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


def start_event(counts: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """Return `message_start`: a message without content; `fields` add to it or replace its own."""
    message: dict[str, Any] = {
        "id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": MODEL,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage(completion=1) if counts is None else counts,
    }
    return event({"type": "message_start", "message": message | fields})


def block_start_event(block: dict[str, Any] | None = None, index: int = 0) -> bytes:
    """Return the start of a content block, by default of an empty text."""
    block = {"type": "text", "text": ""} if block is None else block
    return event({"type": "content_block_start", "index": index, "content_block": block})


def delta_event(delta: dict[str, Any], index: int = 0, **fields: Any) -> bytes:
    """Return a piece of a content block."""
    return event({"type": "content_block_delta", "index": index, "delta": delta, **fields})


def text_event(text: str, **fields: Any) -> bytes:
    """Return a piece of text."""
    return delta_event({"type": "text_delta", "text": text}, **fields)


def block_stop_event(index: int = 0) -> bytes:
    """Return the end of a content block."""
    return event({"type": "content_block_stop", "index": index})


def finish_event(
    reason: str | None = "end_turn", counts: dict[str, Any] | None = None, **fields: Any
) -> bytes:
    """Return `message_delta`: the stop reason, and usage to the end."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    counts = {"output_tokens": 7} if counts is None else counts
    return event({"type": "message_delta", "delta": delta, "usage": counts, **fields})


def stop_event() -> bytes:
    """Return the terminal marker."""
    return event({"type": "message_stop"})


DONE = stop_event()


def error_event(message: str = "Internal server error", type: str = "api_error") -> bytes:
    """Return the event that reports an error in a stream of status 200."""
    return event(error_body(message, type))


def usage(prompt: int = 9, completion: int = 7, **counts: Any) -> dict[str, Any]:
    """Return a usage object, in tokens; `counts` add to it or replace its own."""
    given: dict[str, Any] = {
        "input_tokens": prompt,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": completion,
    }
    return given | counts


def whole_answer(
    text: str = TEXT, finish: str | None = "end_turn", **fields: Any
) -> dict[str, Any]:
    """Return a whole `message`; `fields` add to it or replace its own."""
    document: dict[str, Any] = {
        "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": finish,
        "stop_sequence": None,
        "usage": usage(),
    }
    return document | fields


def error_body(
    message: str,
    type: str = "invalid_request_error",
    code: str | None = None,
    request_id: str | None = "req_011CSHoEeqs5C35K2UUqR7Fy",
) -> dict[str, Any]:
    """Return the document that goes with a status of 400 and above."""
    error: dict[str, Any] = {"type": type, "message": message}
    if code is not None:
        error["details"] = {"error_code": code}
    return {"type": "error", "error": error, "request_id": request_id}


def wants_stream(request: Recorded) -> bool:
    """Whether the request asks for a stream."""
    return request.json.get("stream") is True


def content_steps(
    tokens: Iterable[str], pause: float, *, counts: dict[str, Any] | None = None
) -> tuple[Step, ...]:
    """Return the events before the first text, then each token after a pause."""
    steps: list[Step] = [Send(start_event(counts) + block_start_event() + PING)]
    for token in tokens:
        steps += [Pause(pause), Send(text_event(token))]
    return tuple(steps)


def stream_steps(tokens: Iterable[str], pause: float) -> tuple[Step, ...]:
    """Return a complete stream."""
    return (
        *content_steps(tokens, pause),
        Send(block_stop_event()),
        Send(finish_event()),
        Send(DONE),
    )


def answer(tokens: Sequence[str] = TOKENS, pause: float = 0.015) -> Entry:
    """Stream the tokens a pause apart, or send the whole text after as long as that takes."""

    def entry(request: Recorded) -> Answer:
        if wants_stream(request):
            return stream_reply(*stream_steps(tokens, pause))
        return json_reply(whole_answer("".join(tokens)), head_after=pause * len(tokens))

    return entry


def empty_first(pause: float = 0.015) -> Entry:
    """Stream as `answer` does, after a ping, and with an empty text before the first one."""
    return lambda request: stream_reply(Send(PING), *stream_steps(("", *TOKENS), pause))


def rate_limited(retry_after: str | None = "0") -> Reply:
    """Return 429 with this `retry-after` header, or without one."""
    headers = (("retry-after", retry_after),) if retry_after is not None else ()
    message = "This request would exceed your organization's rate limit of 3 requests per minute."
    return json_reply(error_body(message, "rate_limit_error"), 429, headers)


def r429(times: int, retry_after: str | None = "0") -> tuple[Entry, ...]:
    """Return that many `rate_limited()` and then `HELLO`, for `server.add(*r429(2))`."""
    return (*[rate_limited(retry_after)] * times, HELLO)


def cut(after: int, pause: float = 0.015) -> Reply:
    """Stream this many tokens, then FIN: no stop reason, no `message_stop`."""
    return stream_reply(*content_steps(TOKENS[:after], pause), Cut())


def err_event(after: int, pause: float = 0.015) -> Reply:
    """Stream this many tokens, then an error event, then a well-formed end of the body."""
    return stream_reply(*content_steps(TOKENS[:after], pause), Send(error_event()))


def keepalive(seconds: float = 0.3, every: float = 0.01, pause: float = 0.015) -> Entry:
    """Stream only pings, one each `every` seconds, for so long; then as `answer` does."""
    pings: tuple[Step, ...] = (Send(PING), Pause(every)) * round(seconds / every)
    return lambda request: stream_reply(*pings, *stream_steps(TOKENS, pause))


def slow(pause: float = 0.01) -> Entry:
    """Return 50 tokens this far apart; `Exchange.failed_at` tells where the client left."""
    return answer(SLOW_TOKENS, pause)


def without_usage(pause: float = 0.015) -> Entry:
    """Answer without usage, as only a gateway would."""

    def entry(request: Recorded) -> Answer:
        if wants_stream(request):
            steps = content_steps(TOKENS, pause, counts={})
            return stream_reply(*steps, Send(finish_event(counts={})), Send(DONE))
        document = whole_answer()
        del document["usage"]
        return json_reply(document, head_after=pause * len(TOKENS))

    return entry


HELLO = answer()
EMPTY1 = empty_first()
KEEPALIVE = keepalive()
SLOW = slow()
NL = answer(NL_TOKENS)
NOUSAGE = without_usage()
QUOTA = json_reply(
    error_body(
        "Your credit balance is too low to access the Anthropic API. "
        "Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    400,
)
