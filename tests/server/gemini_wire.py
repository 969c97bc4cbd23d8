"""Google Gemini's generateContent wire, written from the vendor's public documentation.

Source: https://ai.google.dev/api/generate-content (both methods, GenerateContentResponse,
FinishReason, UsageMetadata), https://ai.google.dev/gemini-api/docs/troubleshooting (statuses), and
for errors' details https://cloud.google.com/apis/design/errors. Pauses are in seconds.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
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

MODEL = "gemini-2.5-flash"
TOKENS = ("Hello", "!", " How", " can", " I", " help", "?")
TEXT = "".join(TOKENS)
NL_TOKENS = ("Hello", "\nline2", "\n\npara", " a\n\nb", "[DONE]", "\n", " end")
SLOW_TOKENS = tuple(f"w{number} " for number in range(50))
PING = b": keepalive\n\n"
RESPONSE_ID = "mAitaLmkHPPlz7IPvtfUqQ4"


def event(payload: object) -> bytes:
    """Return one event with this JSON as its data; this vendor ends its lines with CR LF."""
    return b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\r\n\r\n"


def chunk_event(candidates: list[dict[str, Any]] | None, **fields: Any) -> bytes:
    """Return a `GenerateContentResponse`; `fields` add to it or replace its own."""
    return event(document(candidates, **fields))


def candidate(parts: list[dict[str, Any]], finish: str | None = None) -> dict[str, Any]:
    """Return the only candidate, with these parts as its content."""
    content = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    reason = {"finishReason": finish} if finish else {}
    return {"content": content, **reason, "index": 0}


def parts_event(parts: list[dict[str, Any]], finish: str | None = None, **fields: Any) -> bytes:
    """Return a chunk whose only candidate has these parts."""
    return chunk_event([candidate(parts, finish)], **fields)


def text_event(text: str, **fields: Any) -> bytes:
    """Return a chunk with a piece of text."""
    return parts_event([{"text": text}], **fields)


def finish_event(reason: str = "STOP", **fields: Any) -> bytes:
    """Return the chunk with the finish reason and the usage of all."""
    return parts_event([{"text": ""}], reason, **{"usageMetadata": usage(), **fields})


def usage_event(prompt: int = 9, completion: int = 7) -> bytes:
    """Return a chunk that has no candidates, only usage."""
    return chunk_event(None, usageMetadata=usage(prompt, completion))


def error_event(
    message: str = "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting",
    status: str = "INTERNAL",
    code: int = 500,
) -> bytes:
    """Return the event that reports an error in a stream of status 200."""
    return event(error_body(message, status, code))


def usage(prompt: int = 9, completion: int = 7) -> dict[str, Any]:
    """Return a `UsageMetadata`, in tokens."""
    return {
        "promptTokenCount": prompt,
        "candidatesTokenCount": completion,
        "totalTokenCount": prompt + completion,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }


def document(candidates: list[dict[str, Any]] | None, **fields: Any) -> dict[str, Any]:
    """Return a `GenerateContentResponse`, without a field for no candidates."""
    body: dict[str, Any] = {} if candidates is None else {"candidates": candidates}
    return body | {"modelVersion": MODEL, "responseId": RESPONSE_ID} | fields


def whole_answer(text: str = TEXT, finish: str = "STOP", **fields: Any) -> dict[str, Any]:
    """Return a whole answer; `fields` add to it or replace its own."""
    answer = document([candidate([{"text": text}], finish)], usageMetadata=usage())
    return answer | fields


def error_body(
    message: str,
    status: str = "INVALID_ARGUMENT",
    code: int = 400,
    details: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the document that goes with a status of 400 and above."""
    more = {"details": details} if details else {}
    return {"error": {"code": code, "message": message, "status": status, **more}}


def retry_info(delay: str) -> dict[str, Any]:
    """Return the detail that says when to come back: `"34.07s"`."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def error_info(reason: str) -> dict[str, Any]:
    """Return the detail that says why: `"API_KEY_INVALID"`."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def quota_failure(quota_id: str) -> dict[str, Any]:
    """Return the detail that says which quota is used up."""
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": MODEL},
        "quotaValue": "250",
    }
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [violation],
    }


def _without_id(reply: Reply) -> Reply:
    """Answer as this API does: without the id of the request."""
    return replace(reply, id_header=None)


def wants_stream(request: Recorded) -> bool:
    """Whether the request asks for a stream: on this wire the path says so."""
    return ":streamGenerateContent" in request.path


def content_steps(tokens: Iterable[str], pause: float, **fields: Any) -> tuple[Step, ...]:
    """Return each token after a pause; usage so far is in each."""
    fields = {"usageMetadata": usage(), **fields}
    steps: list[Step] = []
    for token in tokens:
        steps += [Pause(pause), Send(text_event(token, **fields))]
    return tuple(steps)


def stream_steps(tokens: Iterable[str], pause: float) -> tuple[Step, ...]:
    """Return a complete stream; this wire has no terminal marker."""
    return (*content_steps(tokens, pause), Send(finish_event()))


def answer(tokens: Sequence[str] = TOKENS, pause: float = 0.015) -> Entry:
    """Stream the tokens a pause apart, or send the whole text after as long as that takes."""

    def entry(request: Recorded) -> Answer:
        if wants_stream(request):
            return _without_id(stream_reply(*stream_steps(tokens, pause)))
        return _without_id(
            json_reply(whole_answer("".join(tokens)), head_after=pause * len(tokens))
        )

    return entry


def empty_first(pause: float = 0.015) -> Entry:
    """Stream as `answer` does, after a chunk without candidates."""
    return lambda _: _without_id(
        stream_reply(Send(usage_event(9, 0)), *stream_steps(TOKENS, pause))
    )


def rate_limited(retry_after: str | None = "0") -> Reply:
    """Return 429 with this `retry-after` header, or without one."""
    headers = (("retry-after", retry_after),) if retry_after is not None else ()
    message = "Resource has been exhausted (e.g. check quota)."
    return _without_id(json_reply(error_body(message, "RESOURCE_EXHAUSTED", 429), 429, headers))


def r429(times: int, retry_after: str | None = "0") -> tuple[Entry, ...]:
    """Return that many `rate_limited()` and then `HELLO`, for `server.add(*r429(2))`."""
    return (*[rate_limited(retry_after)] * times, HELLO)


def cut(after: int, pause: float = 0.015) -> Reply:
    """Stream this many tokens, then FIN: no finish reason."""
    return _without_id(stream_reply(*content_steps(TOKENS[:after], pause), Cut()))


def err_event(after: int, pause: float = 0.015) -> Reply:
    """Stream this many tokens, then an error event, then a well-formed end of the body."""
    return _without_id(stream_reply(*content_steps(TOKENS[:after], pause), Send(error_event())))


def keepalive(seconds: float = 0.3, every: float = 0.01, pause: float = 0.015) -> Entry:
    """Stream only comments, one each `every` seconds, for so long; then as `answer` does."""
    pings: tuple[Step, ...] = (Send(PING), Pause(every)) * round(seconds / every)
    return _without_id(stream_reply(*pings, *stream_steps(TOKENS, pause)))


def slow(pause: float = 0.01) -> Entry:
    """Return 50 tokens this far apart; `Exchange.failed_at` tells where the client left."""
    return answer(SLOW_TOKENS, pause)


def without_usage(pause: float = 0.015) -> Entry:
    """Answer without usage."""

    def entry(request: Recorded) -> Answer:
        if wants_stream(request):
            steps = [step for token in TOKENS for step in (Pause(pause), Send(text_event(token)))]
            return _without_id(stream_reply(*steps, Send(parts_event([{"text": ""}], "STOP"))))
        whole = whole_answer()
        del whole["usageMetadata"]
        return _without_id(json_reply(whole, head_after=pause * len(TOKENS)))

    return entry


HELLO = answer()
EMPTY1 = empty_first()
KEEPALIVE = keepalive()
SLOW = slow()
NL = answer(NL_TOKENS)
NOUSAGE = without_usage()

# Quota of the day, which this vendor tells apart from too many requests in details alone.
QUOTA = json_reply(
    error_body(
        "You exceeded your current quota, please check your plan and billing details.",
        "RESOURCE_EXHAUSTED",
        429,
        [
            quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
            retry_info("34.074824224s"),
        ],
    ),
    429,
)
