"""Promise 7: `idle_timeout=` counts what is new, and never cuts what goes on."""

from __future__ import annotations

import pytest

from llm_connectivity import RequestTimeoutError
from tests.faults.scenarios.voice import Voice
from tests.server import Linger, Pause, Send, Step
from tests.worlds import PIECES, TEXT, WireWorld

IDLE = 0.5


def _paced(voice: Voice, seconds: float) -> list[Step]:
    """A stream whose texts are this far apart, with signs of life between them."""
    steps: list[Step] = [Send(voice.start)]
    for piece in PIECES:
        steps += [Pause(seconds / 2), Send(voice.wire.PING), Pause(seconds / 2)]
        steps += [Send(voice.text(piece))]
    return steps


@pytest.mark.real_time
def test_promise_07_stream_that_takes_longer_than_the_limit_is_whole(wire: WireWorld):
    """Each text is in time; all of them together are not."""
    voice = Voice(wire, streamed=True)
    wire.server.always(voice.stream(*_paced(voice, 0.2), *voice.ending()))
    assert wire.client(idle_timeout=IDLE).chat_stream("Hi").collect().content == TEXT


@pytest.mark.real_time
def test_promise_07_each_text_gives_the_whole_limit_anew(wire: WireWorld):
    """The silence behind the last one is what ends the stream, with all of the text."""
    voice = Voice(wire, streamed=True)
    wire.server.always(voice.stream(*_paced(voice, 0.1), Linger(20)))
    with pytest.raises(RequestTimeoutError) as caught:
        list(wire.client(idle_timeout=IDLE).chat_stream("Hi"))
    assert (caught.value.code, caught.value.partial_text) == ("idle_timeout", TEXT)
