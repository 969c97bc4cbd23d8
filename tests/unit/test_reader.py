"""One streamed answer: when it is complete, and what its closing chunk is."""

import json

import pytest

from llm_connectivity.errors import StreamInterruptedError
from llm_connectivity.reader import AnswerReader
from llm_connectivity.types import Usage
from llm_connectivity.wires.mock import MockCodec
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from tests.server import openai_wire as wire

FINISH = wire.finish_event()
LATE_USAGE = wire.usage_event(1, 2)

CUT = StreamInterruptedError("cut")


def _open(codec=None):
    """Make a reader."""
    return AnswerReader(codec or OpenAIChatCodec())


def _read(*pieces, codec=None):
    """Read a whole body; give the reader and all chunks."""
    reader = _open(codec)
    chunks = [chunk for piece in pieces for chunk in reader.feed(piece)]
    return reader, chunks + reader.finish()


def _mock_event(**fields):
    """Give one event of the mock's wire."""
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


COMPLETE = [
    pytest.param([wire.text_event("Hi"), FINISH, wire.DONE], "Hi", "stop", id="finish and marker"),
    pytest.param([wire.text_event("Hi"), FINISH], "Hi", "stop", id="finish without marker"),
    pytest.param([wire.text_event("Hi"), wire.DONE], "Hi", None, id="marker without finish"),
    pytest.param([wire.text_event("Hi"), b"data:[DONE]"], "Hi", None, id="marker at the very end"),
    pytest.param([wire.DONE], "", None, id="marker alone"),
    pytest.param([FINISH], "", "stop", id="finish alone"),
    pytest.param([FINISH.rstrip()], "", "stop", id="finish without a blank line"),
    pytest.param([wire.finish_event("length")], "", "length", id="length"),
    pytest.param([wire.finish_event("function_call")], "", "tool_calls", id="function_call"),
    pytest.param([wire.finish_event("eos")], "", "stop", id="eos"),
    pytest.param([wire.finish_event("model_length")], "", "length", id="model_length"),
    pytest.param([wire.finish_event("whatever")], "", "whatever", id="unknown word"),
    pytest.param([wire.finish_event(""), wire.DONE], "", None, id="empty finish reason"),
    pytest.param([FINISH, b"data: {broken\n\n"], "", "stop", id="garbage behind the finish"),
    pytest.param([FINISH, wire.error_event()], "", "stop", id="error behind the finish"),
    pytest.param([FINISH, b"data: {cut"], "", "stop", id="cut behind the finish"),
    pytest.param([FINISH, b"<html>Bad gateway"], "", "stop", id="HTML behind the finish"),
    pytest.param([wire.DONE, wire.error_event()], "", None, id="error behind the marker"),
    pytest.param(
        [wire.chunk_event([]), wire.delta_event(None), wire.text_event("Hi"), FINISH, wire.DONE],
        "Hi",
        "stop",
        id="no choices, and a delta of null",
    ),
    pytest.param(
        [wire.chunk_event([{"index": 0}]), wire.text_event("Hi"), FINISH],
        "Hi",
        "stop",
        id="a choice without a delta",
    ),
    pytest.param(
        [b"\n", wire.PING, wire.text_event("Hi"), wire.PING, FINISH, wire.PING],
        "Hi",
        "stop",
        id="blank lines and comments",
    ),
]


@pytest.mark.parametrize(("events", "text", "finish"), COMPLETE)
def test_reader_completes_an_answer(events, text, finish):
    """A finish reason or the terminal marker makes an answer complete, whatever follows."""
    reader, chunks = _read(*events)
    assert reader.failure is None
    assert "".join(chunk.content for chunk in chunks) == text
    assert (chunks[-1].content, chunks[-1].finish_reason) == ("", finish)


@pytest.mark.parametrize(("events", "text", "finish"), COMPLETE)
def test_reader_makes_one_closing_chunk(events, text, finish):
    """Only the last chunk is without text, and only it may have finish reason and usage."""
    _, chunks = _read(*events)
    assert all(chunk.content for chunk in chunks[:-1])
    assert all(chunk.finish_reason is chunk.usage is None for chunk in chunks[:-1])


def test_reader_keeps_the_vendors_word():
    """The closing chunk has the vendor's word beside ours."""
    _, chunks = _read(wire.finish_event("eos"))
    assert (chunks[-1].finish_reason, chunks[-1].raw_finish_reason) == ("stop", "eos")


def test_reader_gives_text_with_the_event_that_brought_it():
    """Text never waits, not even that of the event with the finish reason."""
    reader = _open()
    first = reader.feed(wire.text_event("Hel"))
    last = reader.feed(wire.delta_event({"content": "lo"}, "stop"))
    assert ([c.content for c in first], [c.content for c in last]) == (["Hel"], ["lo"])


def test_reader_takes_finish_and_usage_out_of_the_text_chunk():
    """Text that comes with finish reason and usage is a chunk of its own without either."""
    _, (text, closing) = _read(wire.delta_event({"content": "lo"}, "stop", usage=wire.usage()))
    assert (text.content, text.finish_reason, text.usage) == ("lo", None, None)
    assert (closing.content, closing.finish_reason, closing.usage["total_tokens"]) == (
        "",
        "stop",
        16,
    )


def test_reader_gives_late_text_before_the_closing_chunk():
    """Text between finish reason and terminal marker goes before the closing chunk."""
    reader, chunks = _read(wire.text_event("a"), FINISH, wire.text_event("b"), wire.DONE)
    assert [chunk.content for chunk in chunks] == ["a", "b", ""]
    assert (chunks[-1].finish_reason, reader.warnings) == ("stop", [])


@pytest.mark.parametrize(
    "end", [wire.DONE, FINISH + wire.usage_event()], ids=["marker", "usage without choices"]
)
def test_reader_ignores_text_behind_the_end(end):
    """Text behind the closing chunk is ignored, and a warning says so."""
    reader, chunks = _read(wire.text_event("a"), end, wire.text_event("b"))
    assert [chunk.content for chunk in chunks] == ["a", ""]
    assert [warning for warning in reader.warnings if "ignored" in warning]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([FINISH, wire.DONE], id="marker"),
        pytest.param([FINISH, wire.usage_event()], id="usage without choices behind the finish"),
    ],
)
def test_reader_closes_without_the_end_of_the_body(events):
    """The terminal marker, or usage behind the finish reason, gives the closing chunk at once."""
    reader = _open()
    chunks = [chunk for event in events for chunk in reader.feed(event)]
    assert ([chunk.finish_reason for chunk in chunks], reader.ended) == (["stop"], True)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([wire.text_event("a"), FINISH], id="finish alone"),
        pytest.param([wire.usage_event(), FINISH], id="usage without choices before it"),
        pytest.param([FINISH, wire.chunk_event([])], id="no choices and no usage"),
        pytest.param([FINISH, wire.chunk_event([], usage=None)], id="usage of null"),
    ],
)
def test_reader_holds_the_closing_chunk(events):
    """Without terminal marker or usage behind it, the finish reason waits for what may follow."""
    reader = _open()
    chunks = [chunk for event in events for chunk in reader.feed(event)]
    assert ([chunk for chunk in chunks if not chunk.content], reader.finished) == ([], True)


def test_reader_gives_the_held_chunk_when_the_body_breaks_off():
    """Behind the finish reason nothing is lost: the held closing chunk is given, once."""
    reader = _open()
    reader.feed(FINISH)
    assert [chunk.finish_reason for chunk in reader.break_off(CUT)] == ["stop"]
    assert (reader.break_off(CUT), reader.finish(), reader.failure) == ([], [], None)


def test_reader_takes_a_whole_line_whose_blank_line_was_lost():
    """A body that breaks off there has told its finish reason all the same."""
    reader = _open()
    reader.feed(FINISH.rstrip(b"\n"))
    assert [chunk.finish_reason for chunk in reader.break_off(CUT)] == ["stop"]


def test_reader_gives_no_closing_chunk_before_a_finish_reason():
    """A body that breaks off early does not pretend that the answer ended."""
    reader = _open()
    reader.feed(wire.text_event("a"))
    assert (reader.break_off(CUT), reader.failure) == ([], CUT)


@pytest.mark.parametrize(
    ("events", "total"),
    [
        pytest.param([wire.usage_event(), FINISH, wire.DONE], 16, id="before the finish"),
        pytest.param([FINISH, wire.usage_event(), wire.DONE], 16, id="behind the finish"),
        pytest.param([wire.finish_event(usage=wire.usage())], 16, id="with the finish"),
        pytest.param([wire.text_event("a", usage=wire.usage()), FINISH], 16, id="with text"),
        pytest.param([LATE_USAGE, wire.usage_event(), FINISH], 16, id="last usage counts"),
        pytest.param(
            [wire.text_event("a", usage=wire.usage(1, 2)), FINISH, wire.usage_event(), wire.DONE],
            16,
            id="last usage counts behind the finish",
        ),
        pytest.param(
            [wire.usage_event(), wire.finish_event(usage=None)], 16, id="null is no usage"
        ),
        pytest.param([wire.text_event("a"), FINISH, wire.DONE], None, id="none"),
        pytest.param(
            [wire.finish_event(x_groq={"id": "req_1", "usage": wire.usage()})],
            16,
            id="x_groq.usage",
        ),
        pytest.param(
            [wire.chunk_event([{"index": 0, "finish_reason": "stop", "usage": wire.usage()}])],
            16,
            id="choices[0].usage",
        ),
    ],
)
def test_reader_gives_the_last_usage_with_the_closing_chunk(events, total):
    """The last usage counts, wherever it comes; without one there is none."""
    reader, chunks = _read(*events)
    assert (chunks[-1].usage and chunks[-1].usage.total_tokens) == total
    assert reader.usage == chunks[-1].usage


@pytest.mark.parametrize(
    ("reasons", "finish"),
    [(["stop", "length"], "length"), (["stop", ""], "stop"), (["length", None], "length")],
    ids=["two", "then an empty one", "then null"],
)
def test_reader_takes_the_last_finish_reason(reasons, finish):
    """The last finish reason that is not empty counts."""
    reader, chunks = _read(*map(wire.finish_event, reasons), wire.DONE)
    assert [chunk.finish_reason for chunk in chunks] == [finish]
    assert reader.finish_reason == finish


def test_reader_gives_the_first_choice_only():
    """Text and finish reason of other choices than the first are left out."""
    other = {"index": 1, "delta": {"content": "no"}, "finish_reason": "length"}
    first = {"index": 0, "delta": {"content": "yes"}, "finish_reason": "stop"}
    _, chunks = _read(wire.chunk_event([other]), wire.chunk_event([other, first]))
    assert [(c.content, c.finish_reason) for c in chunks] == [("yes", None), ("", "stop")]


def test_reader_joins_text_parts_of_list_content():
    """Content may be a list in one event and a text in the next; thinking is no text."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]
    _, chunks = _read(wire.text_event(parts), wire.text_event("c"), FINISH)
    assert [chunk.content for chunk in chunks] == ["ab", "c", ""]


def test_reader_tells_what_the_first_event_told():
    """Model, id and time are there from the first event on."""
    reader = _open()
    reader.feed(wire.role_event())
    told = reader.summary
    assert (told.model, told.created) == (wire.MODEL, 1741570283)
    assert told.id.startswith("chatcmpl-")


def test_reader_tells_what_the_first_event_to_say_so_told():
    """Azure's first event has empty fields; all of them count as not told."""
    reader = _open()
    reader.feed(wire.event({"choices": [], "created": 0, "id": "", "model": "", "object": ""}))
    assert (reader.summary.model, reader.summary.id, reader.summary.created) == ("", None, None)
    reader.feed(wire.role_event())
    assert (reader.summary.model, reader.summary.created) == (wire.MODEL, 1741570283)


def _raw(chunk):
    """Give the JSON behind a chunk, without building the vendor's object."""
    return None if chunk._raw is None else chunk._raw.data


@pytest.mark.parametrize(
    ("events", "of_event"),
    [
        pytest.param([wire.text_event("a"), FINISH, wire.usage_event()], 1, id="of the finish"),
        pytest.param([FINISH, wire.text_event("a"), wire.DONE], 0, id="finish before text"),
        pytest.param([wire.text_event("a"), wire.DONE], 0, id="no finish: the last event"),
        pytest.param([wire.role_event(), wire.DONE], 0, id="no finish and no text"),
        pytest.param([wire.text_event("a"), wire.role_event(), wire.DONE], 1, id="last of all"),
        pytest.param([wire.text_event("\ud83d"), wire.DONE], 0, id="half a character at the end"),
    ],
)
def test_reader_gives_the_closing_chunk_its_event(events, of_event):
    """The closing chunk has the finish event's object, or else that of the last event."""
    _, chunks = _read(*events)
    assert _raw(chunks[-1]) == json.loads(events[of_event].removeprefix(b"data: "))


def test_reader_gives_every_chunk_an_event():
    """A chunk without an event of its own, as a mended rest is one, has the last event's object."""
    _, chunks = _read(wire.text_event("a\ud83d"), wire.DONE)
    assert [chunk.content for chunk in chunks] == ["a", "\ufffd", ""]
    assert all(_raw(chunk) is not None for chunk in chunks)


def test_reader_reads_the_mocks_wire():
    """The mock's wire goes the same way: text, then one closing chunk with usage."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    events = [_mock_event(text="a"), _mock_event(finish_reason="stop", usage=usage), wire.DONE]
    _, chunks = _read(*events, codec=MockCodec(frozenset()))
    assert [(c.content, c.finish_reason) for c in chunks] == [("a", None), ("", "stop")]
    assert chunks[-1].usage == Usage(1, 2, 3)


def test_reader_ends_a_stream_that_came_as_an_array_once():
    """Also where its own events say that it is at its end."""
    events = [wire.text_event("Hi"), wire.finish_event(), wire.usage_event()]
    array = b"[" + b",".join(event.removeprefix(b"data: ") for event in events) + b"]"
    _, chunks = _read(array)
    assert [(c.content, c.finish_reason) for c in chunks] == [("Hi", None), ("", "stop")]
