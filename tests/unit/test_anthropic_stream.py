"""One streamed answer of Anthropic's wire that is complete, from its bytes to its chunks."""

import json

import pytest

from llm_connectivity.reader import AnswerReader
from llm_connectivity.sse import Event
from llm_connectivity.types import Usage
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.server import anthropic_wire as wire

START = wire.start_event()
TEXT = wire.block_start_event() + wire.text_event("Hi") + wire.block_stop_event()
FINISH = wire.finish_event()

THINKING = [
    wire.block_start_event({"type": "thinking", "thinking": "", "signature": ""}),
    wire.delta_event({"type": "thinking_delta", "thinking": "Hm."}),
    wire.delta_event({"type": "signature_delta", "signature": "EqQBCgIYAhIM"}),
    wire.block_stop_event(),
]
TOOL = [
    wire.block_start_event({"type": "tool_use", "id": "toolu_1", "name": "get", "input": {}}),
    wire.delta_event({"type": "input_json_delta", "partial_json": ""}),
    wire.delta_event({"type": "input_json_delta", "partial_json": '{"text": "x"}'}),
    wire.block_stop_event(),
]
SEARCH = [
    wire.block_start_event({"type": "server_tool_use", "id": "s", "name": "web", "input": {}}),
    wire.delta_event({"type": "input_json_delta", "partial_json": '{"query": "x"}'}),
    wire.block_start_event({"type": "web_search_tool_result", "content": [{"text": "x"}]}),
]


def _read(*pieces):
    """Read a whole body; give the reader and all chunks."""
    reader = AnswerReader(AnthropicCodec())
    chunks = [chunk for piece in pieces for chunk in reader.feed(piece)]
    return reader, chunks + reader.finish()


def _text(chunks):
    """Give the text of all chunks."""
    return "".join(chunk.content for chunk in chunks)


def _json(event):
    """Give the JSON of an event."""
    return json.loads(event.partition(b"data: ")[2])


def _decode(*events):
    """Feed events to a decoder, and give it back."""
    decoder = AnthropicCodec().stream_decoder()
    for event in events:
        decoder.feed(Event(json.dumps(_json(event)).encode()))
    return decoder


COMPLETE = [
    pytest.param([START, TEXT, FINISH, wire.DONE], "Hi", "stop", id="as documented"),
    pytest.param([START, TEXT, FINISH], "Hi", "stop", id="without its marker"),
    pytest.param([START, TEXT, wire.DONE], "Hi", None, id="marker without a stop reason"),
    pytest.param(
        [START, TEXT, wire.finish_event(None), wire.DONE], "Hi", None, id="stop reason of null"
    ),
    pytest.param([START, FINISH, wire.DONE], "", "stop", id="no text"),
    pytest.param([wire.DONE], "", None, id="marker alone"),
    pytest.param([TEXT, FINISH, START, wire.DONE], "Hi", "stop", id="start behind"),
    pytest.param([START, FINISH, TEXT, wire.DONE], "Hi", "stop", id="finish before text"),
    pytest.param([wire.text_event("Hi"), FINISH], "Hi", "stop", id="no start at all"),
    pytest.param([wire.PING, START, wire.PING, TEXT, FINISH], "Hi", "stop", id="pings"),
    pytest.param(
        [START, wire.event({"type": "new_event", "text": "x"}), TEXT, FINISH, wire.DONE],
        "Hi",
        "stop",
        id="unknown event",
    ),
    pytest.param(
        [START, wire.unnamed_event({"type": []}), TEXT, FINISH], "Hi", "stop", id="odd type"
    ),
    pytest.param(
        [START, wire.delta_event({"type": "new_delta", "text": "x"}), TEXT, FINISH],
        "Hi",
        "stop",
        id="unknown delta",
    ),
    pytest.param([START, *THINKING, TEXT, FINISH], "Hi", "stop", id="thinking is no text"),
    pytest.param([START, *SEARCH, TEXT, FINISH], "Hi", "stop", id="the server's own tools"),
    pytest.param(
        [START, TEXT, *TOOL, wire.finish_event("tool_use")], "Hi", "tool_calls", id="tool call"
    ),
    pytest.param(
        [START, wire.block_start_event({"type": "text", "text": "Hi"}), FINISH],
        "Hi",
        "stop",
        id="text in the block's start",
    ),
    pytest.param(
        [START, TEXT, wire.block_start_event(index=1), wire.text_event("!", index=1), FINISH],
        "Hi!",
        "stop",
        id="two blocks",
    ),
    pytest.param(
        [START, wire.finish_event("max_tokens"), FINISH], "", "stop", id="the last reason counts"
    ),
    pytest.param(
        [START, FINISH, wire.finish_event(None)], "", "stop", id="the last that is one counts"
    ),
    pytest.param(
        [START, wire.finish_event("pause_turn")], "", "pause_turn", id="a reason of its own"
    ),
    pytest.param(
        [START, TEXT, FINISH, wire.DONE, b"data: [DONE]\n\n"], "Hi", "stop", id="two markers"
    ),
    pytest.param(
        [START, TEXT, FINISH, b"data: [DONE]\n\n"], "Hi", "stop", id="another wire's marker"
    ),
    pytest.param(
        [event.partition(b"\n")[2] for event in (START, wire.text_event("Hi"), FINISH, wire.DONE)],
        "Hi",
        "stop",
        id="events without names",
    ),
]


@pytest.mark.parametrize(("events", "text", "finish"), COMPLETE)
def test_reader_completes_an_answer(events, text, finish):
    """With a stop reason or the terminal marker it is complete, in whatever order."""
    reader, chunks = _read(*events)
    assert (_text(chunks), reader.failure) == (text, None)
    assert [chunk.finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + [finish]
    assert chunks[-1].content == ""
    assert [w for w in reader.warnings if not w.startswith("ignored")] == []


@pytest.mark.parametrize(
    "delta",
    [
        None,
        {},
        "Hi",
        {"type": "text_delta"},
        {"type": "text_delta", "text": None},
        {"type": "text_delta", "text": ""},
        {"type": "text_delta", "text": ["Hi"]},
        {"type": 7, "text": "a number"},
        {"type": "text_of_tomorrow", "text": "of a kind not known yet"},
    ],
    ids=repr,
)
def test_reader_takes_odd_deltas_for_no_text(delta):
    """They spoil nothing."""
    odd = wire.event({"type": "content_block_delta", "index": 0, "delta": delta})
    reader, chunks = _read(START, odd, FINISH, wire.DONE)
    assert (_text(chunks), reader.failure) == ("", None)


def test_reader_knows_deltas_without_a_type_by_their_fields():
    """Some gateways leave the type out; what they bring is not lost."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
    _, chunks = _read(
        START,
        wire.delta_event({"thinking": "Hm"}),
        wire.delta_event({"text": "Hi"}, index=1),
        wire.block_start_event(call, index=2),
        wire.delta_event({"partial_json": '{"x":1}'}, index=2),
        FINISH,
        wire.DONE,
    )
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert (_text(chunks), "".join(chunk.reasoning for chunk in chunks)) == ("Hi", "Hm")
    assert "".join(piece.arguments_text for piece in pieces) == '{"x":1}'


@pytest.mark.parametrize("field", ["message", "content_block", "delta", "usage"])
@pytest.mark.parametrize("odd", [None, 7, "x", []], ids=repr)
def test_reader_takes_odd_events_for_nothing(field, odd):
    """Whatever stands in the place of an object."""
    kinds = ("message_start", "content_block_start", "content_block_delta", "message_delta")
    events = [wire.event({"type": kind, field: odd}) for kind in kinds]
    reader, chunks = _read(*events, wire.DONE)
    assert (_text(chunks), reader.failure, reader.usage) == ("", None, None)


@pytest.mark.parametrize(
    ("start", "delta", "usage"),
    [
        pytest.param(wire.usage(9, 1), {"output_tokens": 7}, Usage(9, 7, 16, 0, None, 0), id="sum"),
        pytest.param(
            wire.usage(9, 1),
            wire.usage(12, 7, cache_read_input_tokens=5),
            Usage(17, 7, 24, 5, None, 0),
            id="all fields again",
        ),
        pytest.param(
            wire.usage(9, 1, cache_read_input_tokens=5, cache_creation_input_tokens=2),
            {"output_tokens": 7, "input_tokens": None, "cache_read_input_tokens": None},
            Usage(16, 7, 23, 5, None, 2),
            id="nulls say nothing",
        ),
        pytest.param({}, wire.usage(), Usage(9, 7, 16, 0, None, 0), id="at the end alone"),
        pytest.param(
            wire.usage(9, 1), {}, Usage(9, 1, 10, 0, None, 0), id="at the beginning alone"
        ),
        pytest.param(
            wire.usage(9, 1),
            {"output_tokens": 7, "iterations": [{"output_tokens": 50}]},
            Usage(9, 7, 16, 0, None, 0),
            id="iterations are not added",
        ),
        pytest.param(
            wire.usage(9, 1),
            {"output_tokens": 7, "output_tokens_details": {"thinking_tokens": 3}},
            Usage(9, 7, 16, 0, 3, 0),
            id="thinking",
        ),
        pytest.param({}, {}, None, id="none"),
        pytest.param({}, {"output_tokens": "7"}, None, id="one that can't be read"),
    ],
)
def test_reader_lays_the_last_usage_over_the_first(start, delta, usage):
    """Field by field, where it is not null."""
    reader, chunks = _read(
        wire.start_event(start), TEXT, wire.finish_event("end_turn", delta), wire.DONE
    )
    assert chunks[-1].usage == reader.usage == usage


def test_reader_knows_the_usage_of_an_answer_that_broke_off():
    """The first event tells what the prompt has cost."""
    reader, _ = _read(wire.start_event(wire.usage(9, 1)), TEXT)
    assert reader.usage == Usage(9, 1, 10, 0, None, 0)


def test_reader_tells_what_the_first_event_told():
    """Model and id are there from the first event on."""
    reader = AnswerReader(AnthropicCodec())
    reader.feed(START)
    told = reader.summary
    assert (told.model, told.id, told.created) == (
        wire.MODEL,
        "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY",
        None,
    )


@pytest.mark.parametrize(
    ("events", "of_event"),
    [
        pytest.param([START, wire.text_event("a"), FINISH, wire.DONE], 2, id="of the finish"),
        pytest.param([FINISH, wire.text_event("a"), wire.DONE], 0, id="finish before text"),
        pytest.param([START, wire.text_event("a"), wire.DONE], 2, id="no finish: the last event"),
        pytest.param(
            [START, wire.finish_event(None), wire.DONE, wire.PING], 2, id="a ping is no event"
        ),
        pytest.param([wire.text_event("\ud83d"), wire.DONE], 1, id="half a character at the end"),
    ],
)
def test_reader_gives_the_closing_chunk_its_event(events, of_event):
    """The closing chunk has that of the event with the stop reason, or else of the last one."""
    _, chunks = _read(*events)
    assert chunks[-1]._raw.data == _json(events[of_event])
    assert chunks[-1]._raw.wire == "anthropic"


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (["\ud83d", "\ude42"], "🙂"),
        (["a\ud83d", "b"], "a\ufffdb"),
        (["a\ud83d"], "a\ufffd"),
        (["é🙂\u2028"], "é🙂\u2028"),
    ],
    ids=["pair in two events", "half inside", "half at the end", "whole"],
)
@pytest.mark.parametrize("end", [FINISH, wire.DONE], ids=["finish", "marker"])
def test_reader_mends_surrogates(texts, text, end):
    """Halves of a pair are joined across events; a lone one becomes U+FFFD."""
    _, chunks = _read(START, *map(wire.text_event, texts), end)
    assert _text(chunks) == text


@pytest.mark.parametrize(
    ("events", "deltas"),
    [
        ([START, TEXT, FINISH, wire.DONE], 0),
        ([wire.PING, wire.block_start_event(), wire.text_event("")], 0),
        (THINKING, 2),
        (TOOL, 0),
        (SEARCH, 3),
        ([wire.delta_event({"type": "new_delta", "x": 1})], 1),
    ],
    ids=["text", "signs of life", "thinking", "tool", "server tool", "unknown"],
)
def test_decoder_counts_what_is_no_text_but_brings_something(events, deltas):
    """So that a stream that only lives can be told from one that works."""
    single = [part + b"\n\n" for event in events for part in event.split(b"\n\n") if part]
    assert _decode(*single).deltas == deltas
