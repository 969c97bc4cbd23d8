"""The event stream decoder against the standard, cut anywhere, and its bounds.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_connectivity.errors import ProviderError
from llm_connectivity.sse import Decoder, Event

BOM = b"\xef\xbb\xbf"


def _decode(*pieces, max_event_bytes=1 << 20):
    """Give the events of a body that comes in these pieces, its end included."""
    decoder = Decoder(max_event_bytes)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.finish()


def _cut(body, places):
    """Cut a body at these places."""
    edges = [0, *sorted(places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


def _one_byte_a_read(body):
    """Give the body byte by byte."""
    return [body[i : i + 1] for i in range(len(body))]


TABLE = [
    pytest.param(b"", [], id="empty body"),
    pytest.param(b"data: x\n\n", [Event(b"x")], id="one event"),
    pytest.param(b"data:x\n\n", [Event(b"x")], id="no space after the colon"),
    pytest.param(b"data:  x \n\n", [Event(b" x ")], id="one space is taken off and no more"),
    pytest.param(b"data: a:b: c\n\n", [Event(b"a:b: c")], id="colons in the value"),
    pytest.param(b"data: a\ndata: b\n\n", [Event(b"a\nb")], id="data lines are joined"),
    pytest.param(b"data\ndata\n\n", [Event(b"\n")], id="field without a colon"),
    pytest.param(b"data\n\n", [Event(b"")], id="empty data without a colon"),
    pytest.param(b"data:\n\n", [Event(b"")], id="empty data"),
    pytest.param(b"data: a\n\ndata: b\n\n", [Event(b"a"), Event(b"b")], id="two events"),
    pytest.param(b"data: a\n\n\n\ndata: b\n\n", [Event(b"a"), Event(b"b")], id="many blank lines"),
    pytest.param(b"data: a\r\n\r\n", [Event(b"a")], id="CRLF"),
    pytest.param(b"data: a\r\r", [Event(b"a")], id="CR"),
    pytest.param(b"data: a\rdata: b\r\ndata: c\n\r", [Event(b"a\nb\nc")], id="all line ends"),
    pytest.param(b": ping\n\ndata: a\n\n", [Event(b"a")], id="comment before"),
    pytest.param(b"data: a\n: ping\ndata: b\n\n", [Event(b"a\nb")], id="comment inside"),
    pytest.param(b":\n\n:\n\n", [], id="comments only"),
    pytest.param(b"id: 1\nretry: 10\ndata: a\n\n", [Event(b"a")], id="id and retry are no data"),
    pytest.param(b"foo: 1\ndata: a\nDATA: b\n\n", [Event(b"a")], id="unknown fields"),
    pytest.param(b" data: b\ndata: a\n\n", [Event(b"a")], id="a blank before the field's name"),
    pytest.param(b"event: error\ndata: a\n\n", [Event(b"a", "error")], id="event name"),
    pytest.param(b"data: a\nevent:x\n\n", [Event(b"a", "x")], id="event name behind the data"),
    pytest.param(b"event: x\nevent: y\ndata: a\n\n", [Event(b"a", "y")], id="last name counts"),
    pytest.param(
        b"event: x\ndata: a\n\ndata: b\n\n", [Event(b"a", "x"), Event(b"b")], id="name is not kept"
    ),
    pytest.param(b"event: x\n\ndata: a\n\n", [Event(b"a")], id="a name without data is no event"),
    pytest.param(BOM + b"data: a\n\n", [Event(b"a")], id="byte order mark"),
    pytest.param(BOM + BOM + b"data: a\n\n", [], id="a second byte order mark is no mark"),
    pytest.param(b"data: a\n\n" + BOM + b"data: b\n\n", [Event(b"a")], id="mark not at the start"),
    pytest.param(b"data: \xe2\x80\xa8\n\n", [Event(b"\xe2\x80\xa8")], id="U+2028 ends no line"),
    pytest.param(b"data: \x0b\x0c\x85\n\n", [Event(b"\x0b\x0c\x85")], id="VT FF NEL end no line"),
    pytest.param(b"data: \xff\n\n", [Event(b"\xff")], id="broken UTF-8 is left as it is"),
    pytest.param(b"data: a\n", [Event(b"a", whole=False)], id="no blank line at the end"),
    pytest.param(b"data: a", [Event(b"a", whole=False)], id="no line end at the end"),
    pytest.param(b"event: e\ndata: a", [Event(b"a", "e", False)], id="name of an event cut off"),
    pytest.param(b"event: e\n", [], id="nothing but a name at the end"),
    pytest.param(b"\xef\xbb", [], id="half a byte order mark"),
]


@pytest.mark.parametrize(("body", "events"), TABLE)
def test_decoder_follows_the_standard(body, events):
    """Each rule of the standard gives these events, read at once."""
    assert _decode(body) == events


UNSPACED = [
    pytest.param(
        b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n\n',
        [Event(b'{"a":1}'), Event(b'{"b":2}'), Event(b"[DONE]")],
        id="objects and the marker",
    ),
    pytest.param(
        b'data:{"a":1} \r\ndata: {"b":2}\r\ndata:[DONE]',
        [Event(b'{"a":1} '), Event(b'{"b":2}'), Event(b"[DONE]", whole=False)],
        id="no blank at all",
    ),
    pytest.param(
        b"event: x\ndata: {}\nevent: y\ndata: {}\ndata: {}\nevent: z\n\n",
        [Event(b"{}", "x"), Event(b"{}", "y"), Event(b"{}", "z")],
        id="names",
    ),
    pytest.param(
        b'data: {"a": {\ndata: "b": 1}\ndata: }\n\n',
        [Event(b'{"a": {\n"b": 1}\n}')],
        id="one object over lines",
    ),
    pytest.param(
        b'data: [{"a": 1},\ndata: {"b": 2}\ndata: ]\n\n',
        [Event(b'[{"a": 1},\n{"b": 2}\n]')],
        id="a list over lines",
    ),
]


@pytest.mark.parametrize(("body", "events"), UNSPACED)
def test_decoder_parts_json_objects_without_a_blank_line_between(body, events):
    """No JSON text goes on so; GLM and Kimi have been seen to leave the blank lines out."""
    assert _decode(body) == _decode(*_one_byte_a_read(body)) == events


def test_decoder_gives_an_object_as_soon_as_the_next_one_comes():
    """It does not wait for the end of the body."""
    assert Decoder().feed(b"data: {}\ndata: {}\n") == [Event(b"{}")]


@pytest.mark.parametrize(("body", "events"), TABLE)
def test_decoder_gives_the_same_byte_by_byte(body, events):
    """Each rule of the standard gives these events, one byte a read."""
    assert _decode(*_one_byte_a_read(body)) == events


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n"], id="every CRLF cut"),
        pytest.param([b"data: a\r\n", b"\r\ndata: b\r\n\r\n"], id="a whole CRLF begins a read"),
        pytest.param([b"data: a\r", b"\n", b"\r\n", b"data: b\r\n\r\n"], id="CRLF is a read"),
        pytest.param([b"data: a\r", b"", b"\n\r\ndata: b\n\n"], id="empty read inside CRLF"),
        pytest.param([b"\xef", b"\xbb\xbfdata: a\n\ndata: b\n\n"], id="mark cut after one byte"),
        pytest.param([b"\xef\xbb", b"", b"\xbfdata: a\n\ndata: b\n\n"], id="mark cut after two"),
        pytest.param([b"", b"data: a\n", b"", b"\ndata: b\n\n", b""], id="empty reads"),
    ],
)
def test_decoder_joins_what_reads_have_cut(pieces):
    """CRLF, byte order mark and lines that are cut between two reads stay one."""
    assert _decode(*pieces) == [Event(b"a"), Event(b"b")]


def test_decoder_ends_an_event_at_a_second_cr():
    """An event that CR CR ends is there at once, without a wait for an LF."""
    assert Decoder().feed(b"data: a\r\r") == [Event(b"a")]


def test_decoder_keeps_lf_lf_behind_cr_apart():
    """Behind a CR that ended a read, LF LF is the end of that line and a blank line."""
    assert _decode(b"data: a\r", b"\n\ndata: b\n\n") == [Event(b"a"), Event(b"b")]


_line_ends = st.sampled_from([b"\n", b"\r", b"\r\n"])
_texts = st.text(
    st.one_of(st.sampled_from("\u2028\u2029\x85\x0b🙂é: \ufeff"), st.characters(codec="utf-8")),
    max_size=20,
).map(lambda text: text.replace("\r", "").replace("\n", ""))
_noise = st.one_of(
    _texts.map(lambda text: b":" + text.encode()),
    st.sampled_from([b"id: 7", b"retry: 10", b"id", b"x: y", b"unknown"]),
)


@st.composite
def _streams(draw):
    """Draw a valid stream, and the events it holds."""
    body, events = draw(st.sampled_from([b"", BOM])), []
    for _ in range(draw(st.integers(0, 4))):
        lines = draw(st.lists(_texts, min_size=1, max_size=3))
        lines = [line.replace("}", "") for line in lines]  # which may part them
        name = draw(_texts) if draw(st.booleans()) else ""
        fields = [b"data: " + line.encode() for line in lines]
        fields += [b"event: " + name.encode()] if name else []
        for place in draw(st.lists(st.integers(0, 3), max_size=2)):
            fields.insert(place, draw(_noise))
        body += b"".join(field + draw(_line_ends) for field in fields)
        # A CR before the blank line's LF would make one line end of the two.
        body += b"\n" if body[-1:] == b"\n" else b"\r"
        events.append(Event("\n".join(lines).encode(), name))
    return body, events


@given(_streams(), st.data())
def test_decoder_gives_the_same_events_for_any_cut(stream, data):
    """Any valid stream, however its lines end and its reads are cut, gives its events."""
    body, events = stream
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
    assert _decode(*_cut(body, places)) == events


def _feed_until_refused(decoder, piece, most):
    """Feed a piece again and again; give how often until it was refused."""
    for count in range(1, most + 1):
        try:
            decoder.feed(piece)
        except ProviderError:
            return count
    return None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"data: " + b"x" * 101 + b"\n\n", id="one line"),
        pytest.param(b"data: " + b"x" * 200, id="a line without an end"),
        pytest.param(b"data: 12345678\n" * 20, id="many lines"),
        pytest.param(b"data:\n" * 200, id="many empty lines"),
    ],
)
def test_decoder_refuses_an_event_that_is_too_long(body):
    """An event over the limit is a `ProviderError` that is not retried and says what to do."""
    with pytest.raises(ProviderError, match="more than 100 bytes") as caught:
        _decode(body, max_event_bytes=100)
    assert (caught.value.retryable, "max_event_bytes" in caught.value.hint) == (False, True)


@pytest.mark.parametrize("piece", [b"x", b"data: y\n", b":"], ids=["line", "data lines", "comment"])
def test_decoder_refuses_an_endless_event_in_time(piece):
    """An event that never ends is refused within its limit, whatever the size of the reads."""
    refused_after = _feed_until_refused(Decoder(1000), piece, 2000)
    assert refused_after is not None
    assert refused_after <= 1001


def test_decoder_counts_each_event_alone():
    """Many events that are together longer than the limit are fine."""
    assert len(_decode(b"data: " + b"x" * 60 + b"\n\n", *[b"data: y\n\n"] * 99)) == 100


def test_decoder_takes_an_event_as_long_as_the_limit():
    """The limit itself is no error, in one read or in many."""
    body = b"data: " + b"x" * 93 + b"\n\n"
    assert _decode(body, max_event_bytes=100) == [Event(b"x" * 93)]
    assert _decode(*_one_byte_a_read(body), max_event_bytes=100) == [Event(b"x" * 93)]


def test_decoder_does_not_copy_a_long_line_at_each_read():
    """A read in the middle of a line costs what the read is long, not what the line is long."""
    decoder = Decoder()
    decoder.feed(b"data: ")
    for _ in range(16):
        decoder.feed(b"x" * 65536)
    tracemalloc.start()
    try:
        for _ in range(100):
            decoder.feed(b"x")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 65536


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"", False),
        (b"\n\n", False),
        (b"Bad gateway\n", False),
        (b"error: no\n", False),
        (b": ping\n", False),
        (b"event: x\n", True),
        (b"data: x\n", True),
        (b"id: 1\n", True),
    ],
)
def test_decoder_says_whether_the_body_is_an_event_stream(body, seen):
    """A comment or a field of the standard shows an event stream, plain text does not."""
    decoder = Decoder()
    decoder.feed(body)
    assert decoder.saw_field is seen
