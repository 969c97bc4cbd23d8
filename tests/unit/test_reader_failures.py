"""One streamed answer that breaks off, tells of an error, or is no stream at all."""

import json

import pytest

from llm_connectivity import errors
from llm_connectivity.reader import AnswerReader
from llm_connectivity.wires.mock import MockCodec
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from tests.server import openai_wire as wire

TEXT = wire.text_event("Hi")
ANTHROPIC = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1"}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
GEMINI = b'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\n\n'


def _read(*pieces, codec=None, max_event_bytes=1 << 20):
    """Read a whole body; give the reader and all chunks."""
    reader = AnswerReader(codec or OpenAIChatCodec(), max_event_bytes)
    chunks = [chunk for piece in pieces for chunk in reader.feed(piece)]
    return reader, chunks + reader.finish()


@pytest.mark.parametrize("codec", [OpenAIChatCodec(), MockCodec(frozenset())], ids=lambda c: c.wire)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\r\n", id="blank lines"),
        pytest.param(wire.PING * 3, id="comments"),
        pytest.param(b"event: ping\n\n", id="a name without data"),
    ],
)
def test_reader_takes_a_body_without_events_for_cut(codec, body):
    """No event at all is a `StreamInterruptedError` that is tried again."""
    reader, chunks = _read(body, codec=codec)
    assert (type(reader.failure), chunks) == (errors.StreamInterruptedError, [])
    assert reader.failure.retryable


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(wire.role_event(), id="role"),
        pytest.param(TEXT, id="text"),
        pytest.param(TEXT + wire.usage_event(), id="usage"),
        pytest.param(TEXT + b"data: {", id="event cut"),
        pytest.param(TEXT + wire.finish_event()[:-20], id="finish cut"),
        pytest.param(TEXT + b"data: [DONE", id="marker cut"),
        pytest.param(wire.chunk_event([]), id="no choices"),
        pytest.param(wire.finish_event(""), id="empty finish reason"),
    ],
)
def test_reader_takes_events_without_an_end_for_cut(body):
    """Events of this wire without finish reason or marker are a `StreamInterruptedError`."""
    reader, chunks = _read(body)
    assert type(reader.failure) is errors.StreamInterruptedError
    assert all(chunk.content == "Hi" for chunk in chunks)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<!DOCTYPE html><title>Sign in</title>", id="HTML"),
        pytest.param(b"\n  <html>Bad gateway</html>", id="HTML behind blanks"),
        pytest.param(b"upstream connect error", id="plain text"),
        pytest.param(b"upstream connect error\n\n", id="plain text with line ends"),
        pytest.param(b'{"id":"msg_1","type":"message","content":[]}', id="Anthropic's answer"),
        pytest.param(b'{"candidates":[]}', id="Gemini's answer"),
        pytest.param(b'{"choices": [', id="JSON cut"),
        pytest.param(b"[1, 2]", id="a JSON list"),
        pytest.param(ANTHROPIC, id="Anthropic's events"),
        pytest.param(GEMINI, id="Gemini's events"),
        pytest.param(b"data: hello\n\n", id="text events"),
        pytest.param(b"data: 17\n\n", id="number events"),
        pytest.param(b"data: {'a': 1}\n\n", id="events of no JSON"),
    ],
)
def test_reader_refuses_what_is_no_answer(body):
    """HTML, text, another wire's JSON, no JSON: a `ProviderError` that is not tried again."""
    reader, chunks = _read(body)
    assert (type(reader.failure), chunks) == (errors.ProviderError, [])
    assert (reader.failure.retryable, reader.failure.code) == (False, "not_an_answer")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>" + b"x" * 500, id="HTML"),
        pytest.param(b"y" * 500, id="plain text"),
        pytest.param(b'{"type":"message","content":"' + b"z" * 500 + b'"}', id="JSON"),
        pytest.param(b"<p>" + "é".encode() * 500, id="no ASCII"),
    ],
)
def test_reader_shows_how_a_wrong_body_begins(body):
    """The error has the body's first 200 characters, and no more, in text and field."""
    failure = _read(body)[0].failure
    assert failure.body == body.decode()[:200]
    assert body.decode()[:150] in failure.message.replace("\\", "")


@pytest.mark.parametrize("cut", [1, 7, 10_000], ids=["byte by byte", "sevens", "at once"])
def test_reader_delivers_a_whole_answer(cut):
    """A whole answer to a stream request is one chunk and the closing chunk, with a warning."""
    body = b"\n " + json.dumps(wire.whole_answer(finish="length")).encode()
    reader, chunks = _read(*(body[i : i + cut] for i in range(0, len(body), cut)))
    assert [(c.content, c.finish_reason) for c in chunks] == [(wire.TEXT, None), ("", "length")]
    assert (chunks[-1].usage.total_tokens, reader.summary.model) == (16, wire.MODEL)
    assert "whole answer" in reader.warnings[0]


def test_reader_delivers_a_whole_answer_without_text():
    """A whole answer without text is the closing chunk alone."""
    _, chunks = _read(json.dumps(wire.whole_answer(text="")).encode())
    assert [(c.content, c.finish_reason) for c in chunks] == [("", "stop")]


def test_reader_delivers_the_mocks_whole_answer():
    """The mock's whole answer is read the same way."""
    _, chunks = _read(b'{"text":"Hi","finish_reason":"stop"}', codec=MockCodec(frozenset()))
    assert [(c.content, c.finish_reason) for c in chunks] == [("Hi", None), ("", "stop")]


def _error_event(error, **fields):
    """Give an event with this error."""
    return wire.event({"error": error, **fields})


BAD_KEY = {"message": "Incorrect key", "type": "invalid_request_error", "code": "invalid_api_key"}
STOPPED = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
ERROR_EVENTS = [
    pytest.param(wire.error_event(), errors.ProviderError, True, id="server_error"),
    pytest.param(_error_event(BAD_KEY), errors.AuthenticationError, False, id="by its code"),
    pytest.param(_error_event("overloaded"), errors.ProviderError, True, id="a text"),
    pytest.param(
        _error_event({"message": "m", "code": 429}), errors.RateLimitError, True, id="number"
    ),
    pytest.param(
        _error_event({"message": "m", "type": "t", "status_code": 401}),
        errors.AuthenticationError,
        False,
        id="status_code",
    ),
    pytest.param(
        _error_event({"message": "m"}, choices=[]), errors.ProviderError, True, id="no choices"
    ),
    pytest.param(
        _error_event({"code": 502, "message": "Provider disconnected"}, choices=[STOPPED]),
        errors.ProviderError,
        True,
        id="beside choices",
    ),
    pytest.param(
        b'event: error\ndata: {"message":"m","code":"rate_limit_exceeded"}\n\n',
        errors.RateLimitError,
        True,
        id="named error",
    ),
    pytest.param(
        b'event: error\ndata: {"error":{"message":"m"}}\n\n',
        errors.ProviderError,
        True,
        id="named error with a document",
    ),
    pytest.param(
        b'event: error\ndata: "boom"\n\n', errors.ProviderError, True, id="named error with a text"
    ),
    pytest.param(
        b"event: error\ndata: upstream died\n\n",
        errors.ProviderError,
        True,
        id="named error without JSON",
    ),
    pytest.param(
        wire.event({"object": "error", "message": "m", "code": 400}),
        errors.ValidationError,
        False,
        id="object error",
    ),
]


@pytest.mark.parametrize(("event", "cls", "retryable"), ERROR_EVENTS)
def test_reader_raises_an_error_event(event, cls, retryable):
    """An error event is the error its code names, else a retryable `ProviderError`."""
    reader, chunks = _read(event)
    assert (type(reader.failure), chunks) == (cls, [])
    assert (reader.failure.retryable, reader.failure.status_code) == (retryable, None)


@pytest.mark.parametrize(("event", "cls", "retryable"), ERROR_EVENTS)
def test_reader_gives_the_text_before_an_error_event(event, cls, retryable):
    """Text before an error event is delivered, and nothing behind it, in the same read or not."""
    at_once, by_one = _read(TEXT + event + TEXT), _read(TEXT, event, TEXT, wire.DONE)
    assert [chunk.content for chunk in at_once[1]] == ["Hi"]
    assert [chunk.content for chunk in by_one[1]] == ["Hi"]
    assert type(at_once[0].failure) is type(by_one[0].failure) is cls


@pytest.mark.parametrize(("event", "cls", "retryable"), ERROR_EVENTS)
def test_reader_warns_of_an_error_event_behind_the_finish(event, cls, retryable):
    """An error event behind the finish reason spoils nothing; a warning tells of it."""
    reader, chunks = _read(TEXT, wire.finish_event(), event)
    assert (reader.failure, [c.finish_reason for c in chunks]) == (None, [None, "stop"])
    assert len(reader.warnings) == 1


def test_reader_reads_an_error_document_in_place_of_a_stream():
    """An error document with status 200 is the error its code names."""
    body = wire.error_body("Too many", "requests", "rate_limit_exceeded")
    failure = _read(json.dumps(body).encode())[0].failure
    assert (type(failure), failure.retryable) == (errors.RateLimitError, True)
    assert "Too many" in failure.message


def test_reader_gives_nothing_behind_a_failure():
    """After a failure nothing more is read."""
    reader, _ = _read(TEXT, wire.error_event())
    cut = errors.StreamInterruptedError("cut")
    assert (reader.feed(TEXT), reader.finish(), reader.break_off(cut)) == ([], [], [])
    assert reader.failure is not cut


@pytest.mark.parametrize("start", [b"data: ", b"<", b"{"], ids=["event", "HTML", "JSON"])
def test_reader_refuses_a_body_without_an_end(start):
    """A body that never ends its event, or is none, is refused at the limit."""
    reader, _ = _read(start, *[b"x" * 100] * 20, max_event_bytes=1000)
    assert type(reader.failure) is errors.ProviderError
    assert (reader.failure.retryable, "1000 bytes" in reader.failure.message) == (False, True)


@pytest.mark.parametrize("together", [False, True], ids=["many reads", "one read"])
def test_reader_keeps_an_answer_before_an_event_too_long(together):
    """An event too long behind the finish reason spoils nothing, however the reads are cut."""
    pieces = [TEXT, wire.finish_event(), b"data: " + b"x" * 2000]
    pieces = [b"".join(pieces)] if together else pieces
    reader, chunks = _read(*pieces, max_event_bytes=1000)
    assert (reader.failure, [c.content for c in chunks]) == (None, ["Hi", ""])


@pytest.mark.parametrize(
    ("behind", "is_lost"),
    [
        pytest.param(TEXT, True, id="text"),
        pytest.param(wire.event({"error": 1}), True, id="an error"),
        pytest.param(b"data: {garbage}\n\n", True, id="garbage"),
        pytest.param(wire.chunk_event([], usage={"prompt_tokens": 1}), False, id="counts"),
        pytest.param(wire.chunk_event([], moderation={"flagged": False}), False, id="a verdict"),
        pytest.param(wire.event({"choices": 5}), False, id="nothing to understand"),
        pytest.param(wire.event({"x": [1]}), False, id="something unknown"),
    ],
)
def test_reader_takes_nothing_from_behind_the_end(behind, is_lost):
    """The answer is complete, with one warning where it would have said something else."""
    reader, chunks = _read(TEXT + wire.finish_event() + wire.DONE + behind * 3)
    assert (chunks[-1].finish_reason, reader.failure, reader.usage) == ("stop", None, None)
    warned = ["ignored behind the end of the answer: another event."]
    assert reader.warnings == (warned if is_lost else [])


@pytest.mark.parametrize("choices", [5, "x", {"index": 0}, [5], [None], True])
def test_reader_survives_choices_of_a_wrong_type(choices):
    """They hold no text, and are no exception of Python's."""
    _, chunks = _read(wire.event({"choices": choices}) + TEXT + wire.finish_event())
    assert chunks[-1].finish_reason == "stop"


@pytest.mark.parametrize(
    "padding", [b": OPENROUTER PROCESSING\n\n", b"\n\n: a\r\n", b"\xef\xbb\xbf\n"]
)
def test_reader_reads_a_document_behind_padding(padding):
    """Comments and blank lines before it, in any pieces, do not hide an error document."""
    body = padding + json.dumps(wire.error_body("Slow", "t", "rate_limit_exceeded")).encode()
    for pieces in ([body], [body[i : i + 1] for i in range(len(body))]):
        assert type(_read(*pieces)[0].failure) is errors.RateLimitError


@pytest.mark.parametrize("depth", [100, 190, 300, 900, 5000])
def test_reader_refuses_an_error_nested_too_deeply_in_words_of_its_own(depth):
    """No RecursionError comes out, at any depth."""
    event = b'data: {"error":' + b"[" * depth + b"]" * depth + b"}\n\n"
    assert isinstance(_read(event)[0].failure, errors.ProviderError)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_reader_shows_a_text_that_is_no_stream_however_it_was_cut(size):
    """The first 200 characters of it."""
    body = b"upstream gone away for a while, sorry. " * 20
    reader, _ = _read(*(body[i : i + size] for i in range(0, len(body), size)))
    assert reader.failure.code == "not_an_answer"
    assert reader.failure.body == body.decode()[:200]


@pytest.mark.parametrize(
    "sign",
    [b"alive", b"2026-01-01T00:00:00Z", b"5", b"[1]", b'"x"'],
    ids=["word", "time", "number", "list", "text"],
)
@pytest.mark.parametrize("name", [b"heartbeat", b"ping", b"zebra"])
def test_reader_passes_over_events_of_unknown_names(name, sign):
    """A gateway's sign of life need not be JSON."""
    beat = b"event: %b\ndata: %b\n\n" % (name, sign)
    reader, chunks = _read(beat + TEXT + beat + wire.finish_event())
    assert reader.failure is None
    assert [chunk.content for chunk in chunks] == ["Hi", ""]


@pytest.mark.parametrize("name", [b"", b"event: message\n", b"event: zebra\n"])
def test_reader_refuses_broken_json_whatever_its_name(name):
    """It may have held text."""
    reader, _ = _read(TEXT + name + b'data: {"choices": [\n\n' + TEXT)
    assert reader.failure.code == "not_an_answer"
