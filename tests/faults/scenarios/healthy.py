"""Streams that are odd and all right: each must come out whole, character by character."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial

from tests.faults.scenarios.mid_stream import zipped
from tests.faults.scenarios.scenario import STREAMED, Scenario, comes_whole
from tests.faults.scenarios.voice import Voice
from tests.server import Entry, Pause, Send, Step
from tests.worlds import TEXT

_scenario = partial(
    Scenario,
    modes=STREAMED,
    promises=(11,),
    expect=comes_whole(warnings=(), waits=(), has_usage=True),
)

_BOM = b"\xef\xbb\xbf"
_GZIP = (("content-encoding", "gzip"),)
_MIB = 1024 * 1024


def _body(voice: Voice) -> bytes:
    """Make a whole stream with LF at the end of each line."""
    return b"".join(voice.events()).replace(b"\r\n", b"\n")


def _changed(name: str, what: str, change: Callable[[bytes], bytes], **more: object) -> Scenario:
    """A healthy stream whose bytes are written otherwise."""
    return _scenario(name=name, what=what, play=lambda v: (v.stream(change(_body(v))),), **more)


def _played(name: str, what: str, play: Callable[[Voice], Entry], **more: object) -> Scenario:
    return _scenario(name=name, what=what, play=lambda v: (play(v),), **more)


def _spoken(name: str, what: str, text: str, *pieces: str | bytes, **more: object) -> Scenario:
    """A stream with these texts, which are ``text`` together; bytes stand as they are."""

    def play(voice: Voice) -> Entry:
        events = (_text(voice, piece) for piece in pieces)
        return voice.stream(voice.start, *events, *voice.ending())

    return _played(name, what, play, expect=comes_whole(text, warnings=()), **more)


def _text(voice: Voice, piece: str | bytes) -> bytes:
    if isinstance(piece, str):
        return voice.text(piece)
    return voice.text("@piece@").replace(b"@piece@", piece)


def _apart(pieces: Iterable[bytes]) -> tuple[Step, ...]:
    """Send these so that the client reads them one by one."""
    return tuple(step for piece in pieces for step in (Send(piece), Pause(0.004)))


def _split(body: bytes, between: bytes, at: int) -> list[bytes]:
    """Cut a body inside each of these byte strings."""
    first, *rest = body.split(between)
    pieces = [first + between[:at]]
    for part in rest[:-1]:
        pieces.append(between[at:] + part + between[:at])
    return [*pieces, between[at:] + rest[-1]]


def _over_lines(body: bytes) -> bytes:
    """Write each event's JSON over several data lines."""
    lines = []
    for line in body.split(b"\n"):
        if line.startswith(b"data: {"):
            document = json.dumps(json.loads(line[6:]), indent=1).encode()
            line = b"\n".join(b"data: " + part for part in document.split(b"\n"))
        lines.append(line)
    return b"\n".join(lines)


def _between(event: bytes) -> Callable[[bytes], bytes]:
    """Put this before each event."""
    return lambda body: event + body.replace(b"\n\n", b"\n\n" + event)


def _without_text(voice: Voice) -> Entry:
    empty = voice.pick(
        openai=lambda: (voice.wire.chunk_event([]), voice.wire.delta_event({"content": None})),
        anthropic=lambda: (
            voice.data({"type": "vellichor", "index": 0}),
            voice.wire.delta_event({"type": "text_delta", "text": None}),
        ),
        google=lambda: (voice.wire.usage_event(), voice.wire.parts_event([{"text": None}])),
    )
    return voice.stream(*empty, *voice.events()[:3], *empty, *voice.events()[3:])


def _tiny(voice: Voice) -> Entry:
    many = voice.text("a") * 1000
    return voice.stream(voice.start, *[many] * 100, *voice.ending())


def _whole(name: str, what: str, body: Callable[[dict], bytes], text: str = TEXT, **settings):
    """A whole answer that is written oddly."""
    return Scenario(
        name=name,
        what=what,
        promises=(10, 11),
        modes=("whole",),
        play=lambda v: (v.document(body(v.wire.whole_answer("@text@")), **settings),),
        expect=comes_whole(text, warnings=(), waits=()),
    )


def _saying(text: bytes) -> Callable[[dict], bytes]:
    return lambda document: json.dumps(document).encode().replace(b"@text@", text)


SCENARIOS = (
    _changed("line-ends-cr-only", "lines end in CR", lambda body: body.replace(b"\n", b"\r")),
    _changed("line-ends-lf-only", "lines end in LF", bytes),
    _changed("line-ends-crlf", "lines end in CR LF", lambda body: body.replace(b"\n", b"\r\n")),
    _played(
        "line-ends-cut",
        "lines end in CR LF, and each pair is cut between two reads",
        lambda v: v.stream(*_apart(_split(_body(v).replace(b"\n", b"\r\n"), b"\r\n", 1))),
    ),
    _played(
        "bom-first",
        "a byte order mark comes first, and at once the text",
        lambda v: v.stream(_BOM + b"".join(v.events()[1:])),
    ),
    _played(
        "bom-a-byte-a-read",
        "a byte order mark comes first, a byte at a time",
        lambda v: v.stream(*_apart([_BOM[:1], _BOM[1:2], _BOM[2:]]), *v.events()[1:]),
    ),
    _changed("comments-between", "comments stand between the events", _between(b": a comment\n\n")),
    _changed("comments-inside", "a comment stands inside each event", _between(b": a comment\n")),
    _played(
        "pings-between",
        "signs of life, as the provider sends them, stand between the events",
        lambda v: v.stream(*(piece for event in v.events() for piece in (v.wire.PING, event))),
    ),
    _changed(
        "no-space",
        "there is no space behind the colon",
        lambda body: body.replace(b"data: ", b"data:").replace(b"event: ", b"event:"),
    ),
    _changed("id-and-retry", "each event has an id and a retry", _between(b"id: 7\nretry: 9\n")),
    _changed("multi-line-data", "each event's JSON goes over several lines", _over_lines),
    _changed("blank-lines-first", "blank lines come first", lambda body: b"\n\n\n" + body),
    _played(
        "no-blank-line-last",
        "the line with the finish reason is the last one, and has no end",
        lambda v: v.stream(v.start, v.text(TEXT), v.finish().rstrip(b"\r\n")),
        expect=comes_whole(warnings=(), waits=()),
    ),
    _played("events-without-text", "events without any text stand between", _without_text),
    _played(
        "newlines-in-text",
        "texts hold blank lines and the words of the terminal marker",
        lambda v: v.stream(*v.events(v.wire.NL_TOKENS)),
        expect=comes_whole("Hello\nline2\n\npara a\n\nb[DONE]\n end"),
    ),
    _played(
        "utf-8-cut",
        "a character of four bytes is cut between reads",
        lambda v: v.stream(
            v.start, *_apart(_split(_text(v, "🙂 é".encode()), "🙂".encode(), 2)), *v.ending()
        ),
        expect=comes_whole("🙂 é"),
    ),
    _spoken(
        "surrogates-together", "a surrogate pair stands in one text", "a🙂b", b"a\\ud83d\\ude42b"
    ),
    _spoken(
        "surrogates-apart",
        "a surrogate pair is cut between two events",
        "a🙂b",
        b"a\\ud83d",
        b"\\ude42b",
    ),
    _spoken(
        "surrogate-alone",
        "half of a surrogate pair stands alone, and at the end",
        "a\ufffdb\ufffd",
        b"a\\ud83d",
        "b",
        b"\\ud83d",
    ),
    _spoken("utf-8-broken", "a text has bytes that are no UTF-8", "a\ufffdb", b"a\xffb"),
    _spoken(
        "line-separators",
        "texts hold characters that end lines elsewhere: U+2028, U+0085, U+000B",
        "a\u2028b\u0085c\x0bd",
        "a\u2028b\u0085".encode(),
        "c\x0bd",
    ),
    _played(
        "byte-a-segment",
        "each byte comes in a segment of its own",
        lambda v: v.stream(*(bytes([byte]) for byte in _body(v))),
    ),
    _played(
        "gzip-stream",
        "the stream is compressed",
        lambda v: v.stream(*zipped(v.events(), ended=True), headers=_GZIP),
    ),
    _played(
        "no-framing",
        "the body has no length, and ends with the connection",
        lambda v: v.stream(*v.events(), framing="close"),
    ),
    _played(
        "length-known", "the stream has a length", lambda v: v.stream(_body(v), framing="length")
    ),
    _spoken(
        "event-of-10-mib",
        "one event has 10 MiB",
        "a" * 10 * _MIB,
        "a" * 10 * _MIB,
        promises=(11, 12),
    ),
    _played(
        "tiny-events",
        "there are 100,000 events with a letter each",
        _tiny,
        expect=comes_whole("a" * 100_000),
        promises=(11, 12),
    ),
    _whole(
        "padded-json",
        "blank lines come before the JSON",
        lambda d: b"\n \n" + _saying(TEXT.encode())(d),
    ),
    _whole(
        "json-odd-characters",
        "surrogates, U+2028 and bytes that are no UTF-8 stand in the text",
        _saying("🙂\u2028".encode() + b"\\ud83d\\ude42 \\ud83d \xff"),
        "🙂\u2028🙂 \ufffd \ufffd",
    ),
)
