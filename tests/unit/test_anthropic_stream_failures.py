"""One streamed answer of Anthropic's wire that breaks off, tells of an error, or is none."""

import json

import pytest

from llm_connectivity import errors
from llm_connectivity.reader import AnswerReader
from llm_connectivity.types import Usage
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.server import anthropic_wire as wire
from tests.server import openai_wire

START = wire.start_event()
TEXT = wire.block_start_event() + wire.text_event("Hi") + wire.block_stop_event()
FINISH = wire.finish_event()


def _read(*pieces):
    """Read a whole body; give the reader and all chunks."""
    reader = AnswerReader(AnthropicCodec())
    chunks = [chunk for piece in pieces for chunk in reader.feed(piece)]
    return reader, chunks + reader.finish()


def _text(chunks):
    """Give the text of all chunks."""
    return "".join(chunk.content for chunk in chunks)


@pytest.mark.parametrize(
    "events",
    [
        [START],
        [START, wire.PING],
        [START, TEXT],
        [START, TEXT, wire.finish_event(None)],
        [START, TEXT, wire.finish_event("")],
        [wire.PING],
        [],
        [START, TEXT, b"data: [DONE]\n\n"],
    ],
    ids=["start", "ping", "text", "null", "empty reason", "ping alone", "nothing", "other marker"],
)
def test_reader_says_that_an_answer_was_interrupted(events):
    """Neither stop reason nor terminal marker: it is incomplete."""
    reader, chunks = _read(*events)
    assert type(reader.failure) is errors.StreamInterruptedError
    assert all(chunk.content for chunk in chunks)


@pytest.mark.parametrize("named", [True, False], ids=["named", "without a name"])
@pytest.mark.parametrize(
    ("kind", "cls"),
    [
        ("overloaded_error", errors.OverloadedError),
        ("rate_limit_error", errors.RateLimitError),
        ("api_error", errors.ProviderError),
        ("a_new_error", errors.ProviderError),
        ("invalid_request_error", errors.ValidationError),
    ],
)
def test_reader_raises_what_an_error_event_tells(kind, cls, named):
    """By its type, behind the text that came before it."""
    body = wire.error_body("m", kind)
    event = wire.event(body) if named else wire.unnamed_event(body)
    reader, chunks = _read(START, TEXT, event)
    assert (_text(chunks), type(reader.failure)) == ("Hi", cls)
    assert (reader.failure.code, reader.failure.body) == (kind, body)
    assert reader.failure.request_id == "req_011CSHoEeqs5C35K2UUqR7Fy"


@pytest.mark.parametrize(
    "event",
    [
        b"event: error\ndata: It broke.\n\n",
        wire.unnamed_event({"error": {"message": "It broke."}}),
        wire.unnamed_event({"type": "error", "error": "It broke."}),
    ],
    ids=["plain text", "no type", "a text"],
)
def test_reader_raises_error_events_of_odd_forms(event):
    """They are a `ProviderError` that says what they say, and may pass."""
    reader, _ = _read(START, event)
    assert type(reader.failure) is errors.ProviderError
    assert "It broke." in reader.failure.message
    assert reader.failure.retryable


def test_reader_ignores_an_error_behind_the_stop_reason():
    """The answer is whole; the warning says so."""
    reader, chunks = _read(START, TEXT, FINISH, wire.error_event())
    assert (_text(chunks), reader.failure, chunks[-1].finish_reason) == ("Hi", None, "stop")
    assert "Internal server error" in reader.warnings[0]


@pytest.mark.parametrize(
    "body",
    [
        openai_wire.role_event() + openai_wire.text_event("Hi") + openai_wire.finish_event(),
        openai_wire.role_event() + openai_wire.text_event("Hi") + openai_wire.DONE,
        wire.unnamed_event({"type": "response.created", "response": {}}),
        wire.PING + wire.unnamed_event({"candidates": [{"content": {}}]}),
        wire.unnamed_event({"completion": " Hi", "stop_reason": None}),
        b"<html>",
        b"data: Hi\n\n",
        b"data: [1]\n\n",
    ],
    ids=["OpenAI", "its marker", "its responses", "Gemini", "older API", "HTML", "text", "a list"],
)
def test_reader_refuses_what_is_no_stream_of_this_wire(body):
    """It is a `ProviderError` that shows what came and is not tried again."""
    reader, chunks = _read(body)
    assert (type(reader.failure), chunks) == (errors.ProviderError, [])
    assert (reader.failure.code, reader.failure.retryable) == ("not_an_answer", False)
    assert reader.failure.body


def test_reader_takes_a_whole_message_for_the_answer():
    """A server that does not stream answers too."""
    reader, chunks = _read(json.dumps(wire.whole_answer()).encode())
    assert (_text(chunks), chunks[-1].finish_reason) == (wire.TEXT, "stop")
    assert chunks[-1].usage == Usage(9, 7, 16, 0, None, 0)
    assert "whole answer" in reader.warnings[0]


TEXTS = b"".join(map(wire.text_event, ("Hello", "!\n", "é🙂")))
BODY = START + wire.PING + wire.block_start_event() + TEXTS + wire.block_stop_event()


@pytest.mark.parametrize("end", [FINISH, FINISH + wire.DONE, wire.DONE])
def test_reader_never_completes_a_stream_that_was_cut(end):
    """Cut at any byte, it is complete only behind a whole stop reason or marker."""
    first_end = FINISH if end.startswith(FINISH) else wire.DONE
    complete_from = len(BODY + first_end) - 2
    wrong = [
        (length, reader.failure)
        for length in range(len(BODY + end) + 1)
        for reader, chunks in [_read((BODY + end)[:length])]
        if reader.ended != (length >= complete_from)
        or (type(reader.failure) is errors.StreamInterruptedError) == reader.ended
        or any(not chunk.content for chunk in chunks) != reader.ended
    ]
    assert wrong == []


@pytest.mark.parametrize("end", [FINISH + wire.DONE, wire.error_event(), b""])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=repr)
def test_reader_gives_the_same_chunks_byte_by_byte(end, line_end):
    """However the reads are cut."""
    body = (BODY + end).replace(b"\n", line_end)
    (whole, chunks), (cut, cut_chunks) = _read(body), _read(*(bytes([byte]) for byte in body))
    assert cut_chunks == chunks
    assert (cut.warnings, str(cut.failure)) == (whole.warnings, str(whole.failure))
