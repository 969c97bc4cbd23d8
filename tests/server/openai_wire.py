"""OpenAI's chat completions wire, written from the vendor's public documentation.

Source: https://platform.openai.com/docs/api-reference/chat, its section on streaming, and
https://platform.openai.com/docs/guides/error-codes. Pauses are in seconds.
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

MODEL = "gpt-4o-mini-2024-07-18"
TOKENS = ("Hello", "!", " How", " can", " I", " help", "?")
TEXT = "".join(TOKENS)
NL_TOKENS = ("Hello", "\nline2", "\n\npara", " a\n\nb", "[DONE]", "\n", " end")
SLOW_TOKENS = tuple(f"w{number} " for number in range(50))
DONE = b"data: [DONE]\n\n"
PING = b": keepalive\n\n"


def event(payload: object) -> bytes:
    """Return one event with this JSON as its data."""
    return b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


def chunk_event(choices: list[dict[str, Any]], **fields: Any) -> bytes:
    """Return a `chat.completion.chunk`; `fields` add to it or replace its own."""
    chunk = {
        "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
        "object": "chat.completion.chunk",
        "created": 1741570283,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": choices,
    }
    return event(chunk | fields)


def delta_event(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> bytes:
    """Return a chunk whose only choice has this delta."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return chunk_event([choice], **fields)


def role_event(**fields: Any) -> bytes:
    """Return the first chunk: the role, and empty content."""
    return delta_event({"role": "assistant", "content": "", "refusal": None}, **fields)


def text_event(text: str, **fields: Any) -> bytes:
    """Return a chunk with a piece of text; pass `usage=None` if usage was asked for."""
    return delta_event({"content": text}, **fields)


def finish_event(reason: str = "stop", **fields: Any) -> bytes:
    """Return the chunk with the finish reason and an empty delta."""
    return delta_event({}, reason, **fields)


def usage_event(prompt: int = 9, completion: int = 7) -> bytes:
    """Return the usage chunk, which has no choices."""
    return chunk_event([], usage=usage(prompt, completion))


def error_event(
    message: str = "The server had an error while processing your request. Sorry about that!",
    type: str = "server_error",
    code: str | None = None,
) -> bytes:
    """Return the event that reports an error in a stream of status 200."""
    return event(error_body(message, type, code))


def usage(prompt: int = 9, completion: int = 7) -> dict[str, Any]:
    """Return a usage object, in tokens."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def whole_answer(text: str = TEXT, finish: str = "stop", **fields: Any) -> dict[str, Any]:
    """Return a whole `chat.completion`; `fields` add to it or replace its own."""
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    document: dict[str, Any] = {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion",
        "created": 1741569952,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": usage(),
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    }
    return document | fields


def error_body(
    message: str,
    type: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
) -> dict[str, Any]:
    """Return the document that goes with a status of 400 and above."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def wants_stream(request: Recorded) -> bool:
    """Whether the request asks for a stream."""
    return request.json.get("stream") is True


def wants_usage(request: Recorded) -> bool:
    """Whether the request asks for the usage chunk."""
    return bool((request.json.get("stream_options") or {}).get("include_usage"))


def content_steps(tokens: Iterable[str], pause: float, **fields: Any) -> tuple[Step, ...]:
    """Return the role chunk, then each token after a pause."""
    steps: list[Step] = [Send(role_event(**fields))]
    for token in tokens:
        steps += [Pause(pause), Send(text_event(token, **fields))]
    return tuple(steps)


def stream_steps(request: Recorded, tokens: Iterable[str], pause: float) -> tuple[Step, ...]:
    """Return a complete stream, with the usage chunk if the request asks for it."""
    fields: dict[str, Any] = {"usage": None} if wants_usage(request) else {}
    steps = (*content_steps(tokens, pause, **fields), Send(finish_event(**fields)))
    if fields:
        steps += (Send(usage_event()),)
    return (*steps, Send(DONE))


def answer(tokens: Sequence[str] = TOKENS, pause: float = 0.015) -> Entry:
    """Stream the tokens a pause apart, or send the whole text after as long as that takes."""

    def entry(request: Recorded) -> Answer:
        if wants_stream(request):
            return stream_reply(*stream_steps(request, tokens, pause))
        return json_reply(whole_answer("".join(tokens)), head_after=pause * len(tokens))

    return entry


def empty_first(pause: float = 0.015) -> Entry:
    """Stream as `answer` does, after a chunk with empty choices."""

    def entry(request: Recorded) -> Answer:
        fields: dict[str, Any] = {"usage": None} if wants_usage(request) else {}
        first = Send(chunk_event([], **fields))
        return stream_reply(first, *stream_steps(request, TOKENS, pause))

    return entry


def rate_limited(retry_after: str | None = "0") -> Reply:
    """Return 429 with this `retry-after` header, or without one."""
    headers = (("retry-after", retry_after),) if retry_after is not None else ()
    message = "Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 3, Used 3."
    return json_reply(error_body(message, "requests", "rate_limit_exceeded"), 429, headers)


def r429(times: int, retry_after: str | None = "0") -> tuple[Entry, ...]:
    """Return that many `rate_limited()` and then `HELLO`, for `server.add(*r429(2))`."""
    return (*[rate_limited(retry_after)] * times, HELLO)


def cut(after: int, pause: float = 0.015) -> Reply:
    """Stream this many tokens, then FIN: no finish reason, no `[DONE]`."""
    return stream_reply(*content_steps(TOKENS[:after], pause), Cut())


def err_event(after: int, pause: float = 0.015) -> Reply:
    """Stream this many tokens, then an error event, then a well-formed end of the body."""
    return stream_reply(*content_steps(TOKENS[:after], pause), Send(error_event()))


def keepalive(seconds: float = 0.3, every: float = 0.01, pause: float = 0.015) -> Entry:
    """Stream only comments, one each `every` seconds, for so long; then as `answer` does."""
    pings: tuple[Step, ...] = (Send(PING), Pause(every)) * round(seconds / every)
    return lambda request: stream_reply(*pings, *stream_steps(request, TOKENS, pause))


def slow(pause: float = 0.01) -> Entry:
    """Return 50 tokens this far apart; `Exchange.failed_at` tells where the client left."""
    return answer(SLOW_TOKENS, pause)


def without_usage(pause: float = 0.015) -> Entry:
    """Answer without usage, even if the request asks for it."""

    def entry(request: Recorded) -> Answer:
        if wants_stream(request):
            steps = (*content_steps(TOKENS, pause), Send(finish_event()), Send(DONE))
            return stream_reply(*steps)
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
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    429,
)
