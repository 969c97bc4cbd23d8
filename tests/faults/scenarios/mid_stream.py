"""What may break a stream that has begun: cuts, silence, and endings that are none."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import partial

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
from tests.faults.scenarios.voice import BEGINNING, Voice
from tests.server import Cut, Drip, Entry, Linger, Pause, Raw, Reset, Send, Step, chunk_bytes
from tests.server import head_bytes as head

_scenario = partial(Scenario, modes=STREAMED)

INTERRUPTED: Expectation = fails(
    "StreamInterruptedError",
    BEGINNING,
    error_text=BEGINNING,
    retryable=True,
    finish_reason=None,
    waits=(),
)
_LIMIT = 0.4
_GZIP = (("content-encoding", "gzip"),)


def timed_out(code: str, text: str = BEGINNING) -> Expectation:
    """Expect that a limit ends the stream, with the text so far, and nothing is asked again."""
    return fails("RequestTimeoutError", text, code=code, error_text=text, waits=())


def zipped(events: Iterable[bytes], *, ended: bool) -> tuple[bytes, ...]:
    """Compress events so that each can be read as soon as it is there."""
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) for event in events]
    return (*pieces, packer.flush()) if ended else tuple(pieces)


def _before_text(name: str, what: str, *steps: Step) -> Scenario:
    return _scenario(
        name=name,
        what=what,
        promises=(1, 3),
        play=lambda v: (v.stream(v.start, Pause(0.02), *steps), v.hello),
        expect=recovers("StreamInterruptedError", waits=(2.0,)),
    )


def _after_text(name: str, what: str, *steps: Step, **more: object) -> Scenario:
    """The second answer would be whole, and must not be asked for."""
    return _scenario(
        **{
            "name": name,
            "what": what,
            "promises": (1, 3, 5),
            "play": lambda v: (v.stream(*v.beginning(), Pause(0.02), *steps), v.hello),
            "expect": INTERRUPTED,
            **more,
        }
    )


def _inside_event(voice: Voice) -> Entry:
    return voice.stream(*voice.beginning(), voice.text(" How")[:40], Cut())


def _broken_framing(voice: Voice) -> Entry:
    parts = [head(200, (("transfer-encoding", "chunked"),)), *map(chunk_bytes, voice.beginning())]
    return Raw((*map(Send, parts), Pause(0.02), Send(b"not a size\r\n")))


def _for_ever(event: bytes) -> tuple[Step, ...]:
    return (Send(event), Pause(0.05)) * 100


def _empty_delta(voice: Voice) -> bytes:
    return voice.text("")


SCENARIOS = (
    _before_text("fin-before-text", "the connection is closed before any text", Cut()),
    _before_text("reset-before-text", "the connection is reset before any text", Reset()),
    _before_text("end-before-text", "the body ends, well-formed, before any text"),
    _after_text("fin-after-text", "the connection is closed after some text", Cut()),
    _after_text("reset-after-text", "the connection is reset after some text", Reset()),
    _after_text("end-after-text", "the body ends, well-formed, without a finish reason"),
    _after_text(
        "fin-inside-an-event",
        "the connection is closed in the midst of an event",
        play=lambda v: (_inside_event(v), v.hello),
    ),
    _after_text(
        "body-without-framing-ends",
        "the body has no length, and ends after some text",
        play=lambda v: (v.stream(*v.beginning(), framing="close"), v.hello),
    ),
    _after_text(
        "broken-framing",
        "in the midst of the body stands something that is no HTTP",
        wires=OPENAI,
        play=lambda v: (_broken_framing(v), v.hello),
    ),
    _after_text(
        "gzip-cut",
        "a compressed stream is cut",
        wires=OPENAI,
        play=lambda v: (
            v.stream(*zipped(v.beginning(), ended=False), Pause(0.02), Cut(), headers=_GZIP),
            v.hello,
        ),
    ),
    _after_text(
        "gzip-garbage",
        "a compressed stream goes on with bytes that can't be decompressed",
        wires=OPENAI,
        play=lambda v: (
            v.stream(
                *zipped(v.beginning(), ended=False),
                Pause(0.3),  # what is decompressed together with garbage is lost with it
                Send(b"\xff" * 50),
                headers=_GZIP,
            ),
            v.hello,
        ),
    ),
    _scenario(
        name="stall-deadline",
        what="nothing more comes after some text; deadline=0.4",
        promises=(5, 6),
        # It ends by itself, for the run in which nothing else ends it.
        play=lambda v: (v.stream(*v.beginning(), Linger(1.5), Cut()), v.hello),
        settings={"deadline": _LIMIT},
        expect=timed_out("deadline"),
    ),
    _scenario(
        name="stall-idle",
        what="nothing more comes after some text; idle_timeout=0.4",
        promises=(5, 7),
        wires=OPENAI,
        play=lambda v: (v.stream(*v.beginning(), Linger(20)), v.hello),
        settings={"idle_timeout": _LIMIT},
        expect=timed_out("idle_timeout"),
    ),
    _scenario(
        name="stall-timeout",
        what="nothing more comes after some text; timeout=0.4",
        promises=(5, 6),
        wires=OPENAI,
        play=lambda v: (v.stream(*v.beginning(), Linger(20)), v.hello),
        settings={"timeout": _LIMIT},
        expect=timed_out("read_timeout"),
    ),
    _scenario(
        name="stall-before-text",
        what="nothing comes behind the headers at first; timeout=0.4",
        promises=(3, 6),
        wires=OPENAI,
        play=lambda v: (v.stream(Linger(20)), v.hello),
        settings={"timeout": _LIMIT},
        expect=recovers("RequestTimeoutError"),
    ),
    _scenario(
        name="dripped-body",
        what="an event comes a byte at a time, each in time; deadline=0.4",
        promises=(6,),
        wires=OPENAI,
        play=lambda v: (v.stream(*v.beginning(), Drip(v.text("a" * 500), 0.05)), v.hello),
        settings={"deadline": _LIMIT},
        expect=timed_out("deadline"),
    ),
    Scenario(
        name="blanks-for-ever",
        what="only blanks come, with which servers pad whole answers; deadline=0.4",
        promises=(6,),
        modes=WHOLE,
        play=lambda v: (v.stream(*_for_ever(b" "), framing="close"), v.hello),
        settings={"deadline": _LIMIT},
        expect=fails("RequestTimeoutError", code="deadline", waits=()),
    ),
    _scenario(
        name="keep-alives-before-text",
        what="only signs of life come at first; idle_timeout=0.4",
        promises=(3, 7),
        play=lambda v: (v.stream(*_for_ever(v.wire.PING)), v.hello),
        settings={"idle_timeout": _LIMIT},
        expect=recovers("RequestTimeoutError"),
    ),
    _scenario(
        name="keep-alives-after-text",
        what="only signs of life come after some text; idle_timeout=0.4",
        promises=(5, 7),
        play=lambda v: (v.stream(*v.beginning(), *_for_ever(v.wire.PING)), v.hello),
        settings={"idle_timeout": _LIMIT},
        expect=timed_out("idle_timeout"),
    ),
    _scenario(
        name="keep-alives-deadline",
        what="only signs of life come, for ever; deadline=0.4",
        promises=(6,),
        play=lambda v: (v.stream(*_for_ever(v.wire.PING)), v.hello),
        settings={"deadline": _LIMIT},
        expect=timed_out("deadline", ""),
    ),
    _scenario(
        name="empty-deltas",
        what="only events with an empty text come after some text; idle_timeout=0.4",
        promises=(5, 7),
        play=lambda v: (v.stream(*v.beginning(), *_for_ever(_empty_delta(v))), v.hello),
        settings={"idle_timeout": _LIMIT},
        expect=timed_out("idle_timeout"),
    ),
    _scenario(
        name="slow-but-healthy",
        what="each event comes 0.2 s after the one before; timeout=0.5",
        promises=(7,),
        play=lambda v: (
            v.stream(*(step for event in v.events() for step in (Pause(0.2), Send(event)))),
        ),
        settings={"timeout": 0.5},
        limit=4.0,
        expect=comes_whole(),
    ),
    _scenario(
        name="event-without-end",
        what="a line has no end; max_event_bytes=65536",
        promises=(12,),
        play=lambda v: (
            v.stream(*v.beginning(), b"data: ", *(Send(b"x" * 8192),) * 16, Linger(20)),
            v.hello,
        ),
        settings={"max_event_bytes": 65536},
        expect=fails("ProviderError", BEGINNING, code="event_too_large", retryable=False),
    ),
    _scenario(
        name="document-without-end",
        what="a whole answer without an end, where a stream was asked for; max_event_bytes=65536",
        promises=(12,),
        play=lambda v: (v.stream(b'{"a": "', *(Send(b"x" * 8192),) * 16, Linger(20)), v.hello),
        settings={"max_event_bytes": 65536},
        expect=fails("ProviderError", retryable=False),
    ),
)
