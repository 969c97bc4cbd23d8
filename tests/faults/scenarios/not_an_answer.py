"""Status 200 with something that is no answer, or only the half of one."""

from __future__ import annotations

import json

from tests.faults.scenarios.scenario import (
    OPENAI,
    STREAMED,
    WHOLE,
    Expectation,
    Scenario,
    comes_whole,
    fails,
    recovers,
)
from tests.faults.scenarios.voice import BEGINNING, HTML, Voice
from tests.server import Cut, Entry, Send, anthropic_wire, openai_wire
from tests.worlds import KEY

NOT_AN_ANSWER = fails("ProviderError", code="not_an_answer", retryable=False, waits=())


def _other_wire(voice: Voice):
    return anthropic_wire if voice.name == "openai" else openai_wire


def _other_events(voice: Voice) -> tuple[bytes, ...]:
    if voice.name == "openai":
        return (anthropic_wire.start_event(), anthropic_wire.text_event("Hello"))
    return (openai_wire.role_event(), openai_wire.text_event("Hello"))


def _told(name: str, kind: str, what: str, expect: Expectation, promises=(4, 10)) -> Scenario:
    """An error document with status 200, in place of an answer or of a stream."""
    return Scenario(
        name=name,
        what=what,
        promises=promises,
        play=lambda v: (v.document(v.error_document(kind)), v.hello),
        expect=expect,
    )


def _longer_than_sent(voice: Voice) -> Entry:
    body = json.dumps(voice.wire.whole_answer()).encode()
    sent = voice.start if voice.streamed else body[:20]
    return voice.stream(Send(sent), Cut(), Send(b"x" * 99), framing="length")


def _shorter_than_sent(voice: Voice) -> Entry:
    if voice.streamed:
        sent = b"".join(voice.beginning())
        steps, length = (sent, *voice.ending()), len(sent) + 12
    else:
        body = json.dumps(voice.wire.whole_answer()).encode()
        steps, length = (body,), len(body) - 12
    headers = (("content-length", str(length)),)
    return voice.stream(b"".join(steps), headers=headers, framing="length")


SCENARIOS = (
    Scenario(
        name="html-with-200",
        what="a page in place of an answer",
        promises=(4, 10),
        play=lambda v: (v.page(HTML), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="key-in-a-page",
        what="a page that shows the key",
        promises=(10, 13),
        play=lambda v: (v.page(f"<p>{KEY}</p>".encode()), v.hello),
        expect={**NOT_AN_ANSWER, "shown": ()},
    ),
    Scenario(
        name="plain-text",
        what="words of a proxy in place of an answer",
        promises=(4, 10),
        play=lambda v: (v.page(b"upstream connect error", "text/plain"), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="empty-body-once",
        what="nothing in place of an answer, once",
        promises=(1, 3, 10),
        play=lambda v: (v.document(b""), v.hello),
        expect=recovers("StreamInterruptedError"),
        differs={"whole": recovers("ProviderError")},
    ),
    Scenario(
        name="empty-body-for-ever",
        what="nothing in place of an answer, each time",
        promises=(1, 10),
        play=lambda v: (v.document(b""),),
        expect=fails("StreamInterruptedError", requests=4, retryable=True),
        differs={"whole": fails("ProviderError", requests=2)},
    ),
    Scenario(
        name="comments-only",
        what="signs of life, and then the end of the body",
        promises=(1, 3),
        modes=STREAMED,
        play=lambda v: (v.stream(b": keepalive\n\n", b": keepalive\n\n"), v.hello),
        expect=recovers("StreamInterruptedError"),
    ),
    _told(
        "told-rate-limit",
        "rate",
        "an error document with status 200: too many requests",
        recovers("RateLimitError", waits=(1.0,)),
    ),
    _told(
        "told-wrong-key",
        "key",
        "an error document with status 200: the key is refused",
        fails("AuthenticationError", status=None, retryable=False),
    ),
    _told(
        "told-server-error",
        "server",
        "an error document with status 200: the server failed",
        recovers("ProviderError"),
    ),
    _told(
        "told-unknown-error",
        "unknown",
        "an error document with status 200, with a code that nobody knows",
        recovers("ProviderError"),
    ),
    Scenario(
        name="other-vendors-answer",
        what="the whole answer of another vendor's API",
        promises=(4, 10),
        play=lambda v: (v.document(_other_wire(v).whole_answer()), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="other-vendors-events",
        what="a stream of another vendor's API",
        promises=(1, 10),
        modes=STREAMED,
        play=lambda v: (v.stream(*_other_events(v)), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="older-completions",
        what="an answer of the vendor's older API, without messages",
        promises=(10,),
        wires=OPENAI,
        play=lambda v: (
            v.document({"object": "text_completion", "choices": [{"text": "Hi", "index": 0}]}),
            v.hello,
        ),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="truncated-json",
        what="the first half of a JSON document",
        promises=(4, 10),
        play=lambda v: (v.document(json.dumps(v.wire.whole_answer()).encode()[:90]), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="json-array",
        what="a JSON array",
        promises=(4, 10),
        play=lambda v: (v.document(b"[1, 2]"), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="whole-answer-to-a-stream",
        what="a whole answer where a stream was asked for",
        promises=(1, 10),
        modes=STREAMED,
        play=lambda v: (v.document(v.wire.whole_answer()), v.hello),
        expect=comes_whole(has_usage=True),
    ),
    Scenario(
        name="stream-to-a-whole-request",
        what="a stream where a whole answer was asked for",
        promises=(10,),
        modes=WHOLE,
        play=lambda v: (v.stream(*v.events()), v.hello),
        expect=NOT_AN_ANSWER,
    ),
    Scenario(
        name="content-length-too-long",
        what="the body is shorter than its `content-length`, and has no text yet",
        promises=(1, 3, 10),
        play=lambda v: (_longer_than_sent(v), v.hello),
        expect=recovers("StreamInterruptedError"),
        differs={"whole": recovers("NetworkError")},
    ),
    Scenario(
        name="content-length-too-short",
        what="the body is longer than its `content-length`",
        promises=(1, 10, 14),
        play=lambda v: (_shorter_than_sent(v), v.hello),
        expect=fails("StreamInterruptedError", BEGINNING, retryable=True),
        differs={"whole": NOT_AN_ANSWER},
    ),
)
