"""One streamed answer cut at every byte, read in any pieces, with damaged characters in it."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_connectivity.errors import StreamInterruptedError
from llm_connectivity.reader import AnswerReader
from llm_connectivity.wires.mock import MockCodec
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from tests.server import openai_wire as wire

OPENAI = OpenAIChatCodec()
MOCK = MockCodec(frozenset())
FIELD_CUT = (b"d", b"da", b"dat")


def _event(codec, text="", finish=None):
    """Give an event of this wire."""
    if codec is OPENAI:
        return wire.delta_event({"content": text}, finish)
    return wire.event({"text": text, "finish_reason": finish})


def _read(codec, *pieces):
    """Read a whole body; give the reader and all chunks."""
    reader = AnswerReader(codec)
    chunks = [chunk for piece in pieces for chunk in reader.feed(piece)]
    return reader, chunks + reader.finish()


def _text(chunks):
    """Give the text of all chunks."""
    return "".join(chunk.content for chunk in chunks)


both_wires = pytest.mark.parametrize("codec", [OPENAI, MOCK], ids=lambda codec: codec.wire)


def _bodies(codec):
    """Give whole streams, each with the length from which on it is complete."""
    texts = b"".join(_event(codec, text) for text in ("Hello", "!\n", "é🙂\u2028"))
    finish = _event(codec, finish="stop")
    with_usage = finish + wire.usage_event() if codec is OPENAI else finish
    for start in (b"", b"\xef\xbb\xbf", wire.PING):
        for rest in (finish, with_usage + wire.DONE):
            yield start + texts + rest, len(start + texts + finish) - 2
        yield start + texts + wire.DONE, len(start + texts + wire.DONE) - 2


@both_wires
def test_reader_never_completes_a_stream_that_was_cut(codec):
    """Cut at any byte, an answer is complete only behind a whole finish event or marker."""
    wrong = [
        (body[:length], reader.failure)
        for body, complete_from in _bodies(codec)
        for length in range(len(body) + 1)
        for reader, chunks in [_read(codec, body[:length])]
        if reader.ended != (length >= complete_from)
        or (reader.failure is None) != reader.ended
        or any(not chunk.content for chunk in chunks) != reader.ended
    ]
    assert wrong == []


@both_wires
def test_reader_says_that_a_cut_stream_was_interrupted(codec):
    """Cut at any byte before its end, an answer is a `StreamInterruptedError`, and retryable."""
    wrong = [
        (body[:length], reader.failure)
        for body, complete_from in _bodies(codec)
        for length in range(complete_from)
        if body[:length].removeprefix(b"\xef\xbb\xbf") not in FIELD_CUT
        for reader, _ in [_read(codec, body[:length])]
        if type(reader.failure) is not StreamInterruptedError or not reader.failure.retryable
    ]
    assert wrong == []


@both_wires
@pytest.mark.parametrize("body", FIELD_CUT)
def test_reader_takes_half_a_field_name_for_cut(codec, body):
    """A stream cut inside its very first word is a `StreamInterruptedError` too."""
    assert type(_read(codec, body)[0].failure) is StreamInterruptedError


@both_wires
@given(data=st.data())
def test_reader_gives_the_same_chunks_for_any_cut(codec, data):
    """However the reads are cut, chunks, warnings and failure are the same."""
    texts = data.draw(st.lists(st.text(max_size=8), max_size=4))
    ends = [
        b"",
        wire.DONE,
        _event(codec, finish="stop"),
        _event(codec, "a", "stop") + wire.DONE + _event(codec, "b"),
        wire.error_event(),
        b"data: {\n\n",
    ]
    body = b"".join(_event(codec, text) for text in texts) + data.draw(st.sampled_from(ends))
    body = body.replace(b"\n", data.draw(st.sampled_from([b"\n", b"\r", b"\r\n"])))
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    edges = [0, *places, len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]
    (whole, chunks), (cut, cut_chunks) = _read(codec, body), _read(codec, *pieces)
    assert cut_chunks == chunks
    assert (cut.warnings, str(cut.failure)) == (whole.warnings, str(whole.failure))


@both_wires
@given(text=st.text(min_size=1), data=st.data())
def test_reader_gives_the_text_whole(codec, text, data):
    """Any text, cut into events anywhere, also inside surrogate pairs, comes out as it was."""
    units = text.encode("utf-16-le")
    places = data.draw(st.lists(st.integers(0, len(units) // 2), max_size=6))
    edges = [0, *sorted(2 * place for place in places), len(units)]
    pieces = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in pairwise(edges)]
    events = [_event(codec, piece) for piece in pieces]
    _, chunks = _read(codec, *events, _event(codec, finish="stop"), wire.DONE)
    assert _text(chunks) == text


@both_wires
@pytest.mark.parametrize(
    ("texts", "finish", "text"),
    [
        pytest.param(["\ud83d", "\ude42"], "stop", "🙂", id="pair in two events"),
        pytest.param(["a\ud83d", "", "\ude42b"], "stop", "a🙂b", id="an empty text between"),
        pytest.param(["\ud83d\ude42"], "stop", "🙂", id="pair in one event"),
        pytest.param(["\ud83d", "a"], "stop", "\ufffda", id="high half, then a letter"),
        pytest.param(["\ude42a"], "stop", "\ufffda", id="low half alone"),
        pytest.param(["\ud83da"], "stop", "\ufffda", id="high half inside"),
        pytest.param(["a\ud83d", "\ud83d", "\ude42"], "stop", "a\ufffd🙂", id="two high halves"),
        pytest.param(["a\ud83d"], "stop", "a\ufffd", id="high half before the finish"),
        pytest.param(["a\ud83d"], None, "a\ufffd", id="high half before the marker"),
    ],
)
def test_reader_mends_surrogates(codec, texts, finish, text):
    """Halves of a pair are joined across events; a lone one becomes U+FFFD."""
    events = [_event(codec, piece) for piece in texts]
    events += [_event(codec, finish=finish)] if finish else []
    _, chunks = _read(codec, *events, wire.DONE)
    assert _text(chunks) == text


def test_reader_mends_a_half_that_comes_with_the_finish():
    """A half in the finish event itself becomes U+FFFD at once."""
    reader = AnswerReader(OPENAI)
    assert _text(reader.feed(_event(OPENAI, "a\ud83d", "stop"))) == "a\ufffd"


def test_reader_holds_no_text_before_half_a_character():
    """Only the half waits, not the text before it."""
    reader = AnswerReader(OPENAI)
    assert _text(reader.feed(_event(OPENAI, "abc\ud83d"))) == "abc"


@pytest.mark.parametrize(
    ("broken", "text"),
    [(b"caf\xc3", "caf\ufffd"), (b"\xf0\x9f\x99!", "\ufffd!"), (b"\x80a", "\ufffda")],
    ids=["cut at the end", "cut inside", "stray byte"],
)
def test_reader_reads_broken_utf8(broken, text):
    """Bytes that are no UTF-8 become U+FFFD, and the answer goes on."""
    body = _event(OPENAI, "BROKEN").replace(b"BROKEN", broken) + _event(OPENAI, "b", "stop")
    reader, chunks = _read(OPENAI, body)
    assert (reader.failure, _text(chunks)) == (None, text + "b")


def test_reader_reads_characters_cut_between_reads():
    """Characters of several bytes survive reads of one byte each."""
    body = json.dumps(
        {"choices": [{"delta": {"content": "né🙂\u2028"}, "finish_reason": "stop"}]},
        ensure_ascii=False,
    ).encode()
    body = b"data: " + body + b"\n\n"
    _, chunks = _read(OPENAI, *(body[i : i + 1] for i in range(len(body))))
    assert _text(chunks) == "né🙂\u2028"
