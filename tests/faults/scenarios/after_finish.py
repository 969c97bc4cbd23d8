"""What may still come behind the finish reason, and must spoil nothing."""

from __future__ import annotations

from tests.faults.scenarios.scenario import OPENAI, STREAMED, Scenario, comes_whole
from tests.faults.scenarios.voice import Voice
from tests.server import Cut, Linger, Pause, Reset, Send, Step
from tests.worlds import TEXT

_MARKED = ("openai", "anthropic")
_GARBAGE = b"data: {]\n\n"


def _finished(voice: Voice) -> tuple[bytes, ...]:
    return (voice.start, voice.text(TEXT), voice.finish())


def _scenario(name: str, what: str, *steps: Step, **more: object) -> Scenario:
    """Something behind the finish reason; a second answer must not be asked for."""
    return Scenario(
        **{
            "name": name,
            "what": what,
            "promises": (1, 16),
            "modes": STREAMED,
            "play": lambda v: (v.stream(*_finished(v), *steps), v.hello),
            "expect": comes_whole(waits=()),
            **more,
        }
    )


def _marked(name: str, what: str, *steps: Step, **more: object) -> Scenario:
    """Something behind the terminal marker."""
    return _scenario(
        name,
        what,
        wires=_MARKED,
        play=lambda v: (v.stream(*v.events(), *steps), v.hello),
        **more,
    )


SCENARIOS = (
    _scenario("closed-after-finish", "the connection is closed behind the finish reason", Cut()),
    _scenario(
        "reset-after-finish",
        "the connection is reset behind the finish reason",
        Pause(0.02),
        Reset(),
    ),
    _scenario("end-after-finish", "the body ends behind the finish reason, without a marker"),
    _scenario(
        "garbage-after-finish",
        "broken JSON comes behind the finish reason",
        Send(_GARBAGE),
    ),
    _scenario(
        "error-after-finish",
        "an error event comes behind the finish reason",
        play=lambda v: (v.stream(*_finished(v), v.error_event()), v.hello),
    ),
    _scenario(
        "lingers-after-finish",
        "the server says nothing more behind the finish reason, and does not end",
        Linger(20),
        limit=2.3,
    ),
    _scenario(
        "lingers-until-deadline",
        "the server says nothing more behind the finish reason; deadline=0.4",
        Linger(20),
        settings={"deadline": 0.4},
        promises=(6, 16),
    ),
    _scenario(
        "pings-after-finish",
        "only signs of life come behind the finish reason, for ever",
        play=lambda v: (
            v.stream(*_finished(v), *(Send(v.wire.PING), Pause(0.1)) * 100),
            v.hello,
        ),
        wires=("anthropic",),
        limit=2.3,
    ),
    _scenario(
        "late-usage",
        "usage comes a moment behind the finish reason, and then a reset",
        wires=OPENAI,
        play=lambda v: (
            v.stream(*_finished(v), Pause(0.1), v.usage, Pause(0.02), Reset()),
            v.hello,
        ),
        expect=comes_whole(has_usage=True),
    ),
    _marked("closed-after-marker", "the body is not ended behind the terminal marker", Cut()),
    _marked(
        "reset-after-marker",
        "the connection is reset behind the terminal marker",
        Pause(0.02),
        Reset(),
    ),
    _marked("garbage-after-marker", "broken JSON comes behind the marker", Send(_GARBAGE)),
    _marked(
        "lingers-after-marker",
        "the server does not end the body behind the terminal marker",
        Linger(20),
        limit=0.5,
    ),
)
