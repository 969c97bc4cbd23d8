"""Events that tell of errors, are garbage, or come in an order that nobody documented."""

from __future__ import annotations

from functools import partial

from tests.faults.scenarios.scenario import (
    STREAMED,
    Expectation,
    Scenario,
    comes_whole,
    fails,
    recovers,
)
from tests.faults.scenarios.voice import BEGINNING, BEGINNING_PIECES, Voice
from tests.server import Cut, Entry, Pause
from tests.worlds import PIECES, TEXT

_scenario = partial(Scenario, modes=STREAMED)

_GARBAGE = b"data: {]\n\n"
_NOT_AN_ANSWER = {"code": "not_an_answer", "retryable": False, "waits": ()}


def _error_event(name: str, what: str, event, before: Expectation, after: Expectation):
    """The same event before any text, and after some."""
    return (
        _scenario(
            name=f"{name}-before-text",
            what=f"{what}, before any text",
            promises=(3, 4),
            play=lambda v: (v.stream(v.start, event(v)), v.hello),
            expect=before,
        ),
        _scenario(
            name=f"{name}-after-text",
            what=f"{what}, after some text",
            promises=(3, 4, 5),
            play=lambda v: (v.stream(*v.beginning(), event(v)), v.hello),
            expect=after,
        ),
    )


def _interrupting(error: str, **more: object) -> Expectation:
    return fails(error, BEGINNING, error_text=BEGINNING, status=None, waits=(), **more)


def _string_event(voice: Voice) -> bytes:
    return b"event: error\n" + voice.data({"type": "error", "error": "It broke."})


def _unknown_shape(voice: Voice) -> bytes:
    return voice.data({"type": "error", "error": {"weird": [{"deep": None}], "message": 5}})


def _stray(voice: Voice) -> bytes:
    return voice.data(voice.error_document("rate")).removeprefix(b"data: ")


_ERROR_EVENTS = (
    *_error_event(
        "server-error-event",
        "an error event",
        lambda v: v.error_event("server"),
        recovers("ProviderError"),
        _interrupting("ProviderError", retryable=True),
    ),
    *_error_event(
        "rate-limit-event",
        "an error event that speaks of too many requests",
        lambda v: v.error_event("rate"),
        recovers("RateLimitError", waits=(1.0,)),
        _interrupting("RateLimitError", retryable=True),
    ),
    *_error_event(
        "wrong-key-event",
        "an error event that refuses the key",
        lambda v: v.error_event("key"),
        fails("AuthenticationError", retryable=False, waits=()),
        _interrupting("AuthenticationError", retryable=False),
    ),
    *_error_event(
        "string-error-event",
        "an error event with a string where the error should be",
        _string_event,
        recovers("ProviderError"),
        _interrupting("ProviderError"),
    ),
    *_error_event(
        "named-error-event",
        "an event named `error` that says so nowhere else",
        lambda v: b"event: error\n" + v.data({"message": "It broke."}),
        recovers("ProviderError"),
        _interrupting("ProviderError"),
    ),
    *_error_event(
        "words-for-an-error",
        "an event named `error` with words in place of JSON",
        lambda v: b"event: error\ndata: upstream connect error\n\n",
        recovers("ProviderError"),
        _interrupting("ProviderError"),
    ),
    *_error_event(
        "odd-error-event",
        "an error event of a shape that nobody knows",
        _unknown_shape,
        recovers("ProviderError"),
        _interrupting("ProviderError"),
    ),
    *_error_event(
        "error-outside-events",
        "an error document outside of all events",
        _stray,
        recovers("RateLimitError"),
        _interrupting("RateLimitError"),
    ),
)

_GARBAGE_EVENTS = (
    _scenario(
        name="garbage-before-text",
        what="an event with broken JSON, before any text",
        promises=(4, 10),
        play=lambda v: (v.stream(v.start, _GARBAGE, *v.events()), v.hello),
        expect=fails("ProviderError", **_NOT_AN_ANSWER),
    ),
    _scenario(
        name="garbage-after-text",
        what="an event with broken JSON, after some text",
        promises=(4, 5, 10),
        play=lambda v: (v.stream(*v.beginning(), _GARBAGE, *v.ending()), v.hello),
        expect=fails("ProviderError", BEGINNING, error_text=BEGINNING, **_NOT_AN_ANSWER),
    ),
    _scenario(
        name="array-event",
        what="an event whose JSON is an array, after some text",
        promises=(4, 10),
        play=lambda v: (v.stream(*v.beginning(), v.data([1]), *v.ending()), v.hello),
        expect=fails("ProviderError", BEGINNING, error_text=BEGINNING, **_NOT_AN_ANSWER),
    ),
    _scenario(
        name="odd-fields",
        what="events whose fields hold other types than documented",
        promises=(4, 11),
        play=lambda v: (v.stream(*v.beginning(), *_odd_fields(v), *_rest(v)),),
        expect=comes_whole(),
    ),
)


def _odd_fields(voice: Voice) -> tuple[bytes, ...]:
    """Events with nothing in them that could be text."""
    return voice.pick(
        openai=lambda: (
            voice.wire.delta_event(None),
            voice.wire.chunk_event([{"index": 0, "delta": "x", "finish_reason": 5}]),
            voice.wire.chunk_event([], usage="many"),
            voice.data({"object": "chat.completion.chunk", "choices": None}),
        ),
        anthropic=lambda: (
            voice.data({"type": "content_block_delta", "index": "x", "delta": "x"}),
            voice.data({"type": "message_delta", "delta": None, "usage": 5}),
            voice.data({"type": "content_block_start", "content_block": []}),
            voice.data({"type": "message_start", "message": None}),
        ),
        google=lambda: (
            voice.data({"candidates": None, "usageMetadata": 5, "modelVersion": 5}),
            voice.wire.chunk_event([{"index": 0, "content": None, "finishReason": 5}]),
            voice.wire.chunk_event([{"index": 0, "content": {"parts": ["x", {"text": 5}]}}]),
        ),
    )


def _rest(voice: Voice) -> tuple[bytes, ...]:
    rest = PIECES[len(BEGINNING_PIECES) :]
    return (*map(voice.text, rest), *voice.ending())


def _finish_first(voice: Voice) -> Entry:
    return voice.stream(
        *voice.beginning(), voice.finish(), *_rest(voice)[: len(PIECES) - 2], voice.end
    )


_ORDERS = (
    _scenario(
        name="without-opening",
        what="the text comes first, without what opens a stream",
        promises=(1, 11),
        play=lambda v: (v.stream(*v.events()[1:]),),
        expect=comes_whole(),
    ),
    _scenario(
        name="opened-twice",
        what="the event that opens a stream comes once more, after some text",
        promises=(3, 11),
        play=lambda v: (v.stream(*v.beginning(), v.start, *_rest(v)),),
        expect=comes_whole(),
    ),
    _scenario(
        name="two-finish-reasons",
        what="a second, other finish reason behind the first: the last one counts",
        promises=(2,),
        play=lambda v: (v.stream(v.start, v.text(TEXT), v.finish(), *_length(v), v.end),),
        expect=comes_whole(finish="length"),
    ),
    _scenario(
        name="marker-twice",
        what="the terminal marker comes twice",
        promises=(2, 16),
        wires=("openai", "anthropic"),
        play=lambda v: (v.stream(*v.events(), v.end),),
        expect=comes_whole(),
    ),
    _scenario(
        name="text-after-finish",
        what="text comes behind the finish reason, before the end",
        promises=(1, 2),
        play=lambda v: (_finish_first(v),),
        expect=comes_whole(),
    ),
    _scenario(
        name="cut-after-late-text",
        what="text comes behind the finish reason, which proves nothing then; and a break",
        promises=(1,),
        play=lambda v: (
            v.stream(*v.beginning(), v.finish(), v.text(" How"), Pause(0.02), Cut()),
            v.hello,
        ),
        expect=fails("StreamInterruptedError", f"{BEGINNING} How", retryable=True, waits=()),
    ),
    _scenario(
        name="text-after-marker",
        what="text comes behind the terminal marker: it is ignored, with a warning",
        promises=(2, 16),
        wires=("openai", "anthropic"),
        play=lambda v: (v.stream(*v.events(), v.text("more")),),
        expect=comes_whole(),
    ),
    _scenario(
        name="marker-without-finish",
        what="the terminal marker comes, and no finish reason did",
        promises=(1, 2),
        wires=("openai", "anthropic"),
        play=lambda v: (v.stream(v.start, v.text(TEXT), v.end),),
        expect=comes_whole(finish=None),
    ),
    _scenario(
        name="own-finish-word",
        what="a finish reason that nobody knows is passed on as it is",
        promises=(2,),
        play=lambda v: (v.stream(v.start, v.text(TEXT), v.finish("moonrise"), v.end),),
        expect=comes_whole(finish="moonrise"),
    ),
)


def _length(voice: Voice) -> tuple[bytes, ...]:
    words = {"openai": "length", "anthropic": "max_tokens", "google": "MAX_TOKENS"}
    return (voice.wire.finish_event(words[voice.name]),)


SCENARIOS = (*_ERROR_EVENTS, *_GARBAGE_EVENTS, *_ORDERS)
