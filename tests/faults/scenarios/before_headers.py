"""What may happen before the headers of an answer are there; below the codec, so on one wire."""

from __future__ import annotations

from functools import partial

from tests.faults.scenarios.scenario import OPENAI, STREAMED, WHOLE, Scenario, fails, recovers
from tests.faults.scenarios.scenario import comes_whole as whole
from tests.server import Cut, Drip, End, Linger, Raw, Reply, Reset, Send, head_bytes

_scenario = partial(Scenario, wires=OPENAI)

# Nobody listens there.
_REFUSED = "http://127.0.0.1:1/v1"

_HEAD = head_bytes(200, (("content-type", "text/event-stream"),))
_LIMIT = 0.4

SCENARIOS = (
    _scenario(
        name="nobody-listens",
        what="nobody listens at the address",
        promises=(4, 5),
        play=lambda v: (v.hello,),
        address=lambda _: _REFUSED,
        expect=fails(
            "NetworkError", requests=0, retryable=True, failed_tries=("NetworkError",) * 3
        ),
    ),
    _scenario(
        name="tls-hung-up",
        what="the server hangs up on the TLS handshake",
        promises=(4,),
        play=lambda v: (v.hello,),
        address=lambda base: base.replace("http:", "https:"),
        expect=fails(
            "NetworkError", requests=0, retryable=True, failed_tries=("NetworkError",) * 3
        ),
    ),
    _scenario(
        name="reset-at-once",
        what="the connection is reset in place of an answer",
        promises=(3, 4),
        play=lambda v: (Raw((Reset(),)), v.hello),
        expect=recovers("NetworkError", waits=(2.0,)),
    ),
    _scenario(
        name="reset-for-ever",
        what="every connection is reset in place of an answer",
        promises=(4, 5),
        play=lambda v: (Raw((Reset(),)),),
        expect=fails(
            "NetworkError", requests=4, retryable=True, status=None, waits=(2.0, 3.0, 4.5)
        ),
    ),
    _scenario(
        name="closed-at-once",
        what="the connection is closed in place of an answer",
        promises=(3, 4),
        play=lambda v: (Raw((Cut(),)), v.hello),
        expect=recovers("NetworkError"),
    ),
    _scenario(
        name="closed-inside-the-headers",
        what="the connection is closed in the midst of the headers",
        promises=(3, 4),
        play=lambda v: (Raw((Send(_HEAD[:30]), Cut())), v.hello),
        expect=recovers("NetworkError"),
    ),
    _scenario(
        name="silent-deadline",
        what="nothing comes; deadline=0.4",
        promises=(6,),
        play=lambda v: (Raw((Linger(20),)),),
        settings={"deadline": _LIMIT},
        expect=fails("RequestTimeoutError", code="deadline", waits=()),
    ),
    _scenario(
        name="silent-timeout-stream",
        what="nothing comes at first; timeout=0.4",
        promises=(3, 6),
        modes=STREAMED,
        play=lambda v: (Raw((Linger(20),)), v.hello),
        settings={"timeout": _LIMIT},
        expect=recovers("RequestTimeoutError"),
    ),
    _scenario(
        name="silent-timeout-whole",
        what="nothing comes; timeout=0.4: the answer was probably made, and is paid for",
        promises=(6,),
        modes=WHOLE,
        play=lambda v: (Raw((Linger(20),)), v.hello),
        settings={"timeout": _LIMIT},
        expect=fails("RequestTimeoutError", code="read_timeout", retryable=True, waits=()),
    ),
    _scenario(
        name="dripped-headers",
        what="the headers come a byte at a time, for ever; deadline=0.4",
        promises=(6,),
        play=lambda v: (Raw((Drip(_HEAD * 20, 0.05),)),),
        settings={"deadline": _LIMIT},
        expect=fails("RequestTimeoutError", code="deadline"),
    ),
    _scenario(
        name="headers-of-90-kb",
        what="there are 90 KB of headers",
        promises=(10,),
        play=lambda v: (
            v.stream(*v.events(), headers=(("x-padding", "x" * 90_000),))
            if v.streamed
            else v.document(v.wire.whole_answer(), headers=(("x-padding", "x" * 90_000),)),
        ),
        expect=whole(),
    ),
    _scenario(
        name="headers-without-end",
        what="there is one header of 200 KB: more than anybody sends",
        promises=(4, 12),
        play=lambda v: (
            Reply((Send(b"{}"),), headers=(("x-padding", "x" * 200_000),), framing="length"),
            v.hello,
        ),
        expect=recovers("NetworkError"),
    ),
    _scenario(
        name="tls-bytes",
        what="the server answers plain HTTP with bytes of TLS",
        promises=(4,),
        play=lambda v: (Raw((Send(b"\x15\x03\x01\x00\x02\x02\x28"),)), v.hello),
        expect=recovers("NetworkError"),
    ),
    _scenario(
        name="another-protocol",
        what="the server speaks another protocol",
        promises=(4,),
        play=lambda v: (Raw((Send(b"SSH-2.0-OpenSSH_9.6\r\n"),)), v.hello),
        expect=recovers("NetworkError"),
    ),
    _scenario(
        name="early-hints",
        what="an informational answer, 103, comes before the real one",
        promises=(10,),
        modes=WHOLE,
        play=lambda v: (Raw((Send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + _whole_bytes(v)),)),),
        expect=whole(),
    ),
    _scenario(
        name="stale-connection",
        what="a kept connection turns out to be closed: no try is counted, nobody waits",
        promises=(3, 14),
        play=lambda v: (v.wire.answer(pause=0), Raw((Cut(),)), v.hello),
        earlier_calls=1,
        expect=recovers(requests=2, waits=()),
    ),
    _scenario(
        name="idle-connection-closed",
        what="the server closes a kept connection between two calls",
        promises=(3, 14),
        play=lambda v: (Reply((*_whole_steps(v), End(), Cut()), framing="length"), v.hello),
        earlier_calls=1,
        expect=whole(failed_tries=(), waits=()),
    ),
)


def _whole_steps(voice):
    return voice.document(voice.wire.whole_answer()).steps


def _whole_bytes(voice) -> bytes:
    (body,) = _whole_steps(voice)
    return head_bytes(200, (("content-length", str(len(body.data))),)) + body.data
