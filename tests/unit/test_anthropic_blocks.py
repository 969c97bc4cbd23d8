"""Blocks of Anthropic's streams: late pieces, many pieces, and whose copies they are."""

import json

import pytest

from llm_connectivity.tool_calls import join_calls
from llm_connectivity.wires.anthropic import AnthropicCodec
from llm_connectivity.wires.anthropic.open_blocks import BlockReader
from tests.growth import assert_linear
from tests.server import anthropic_wire as wire
from tests.unit.anthropic_reading import read_pieces

CITED = {"type": "web_search_result_location", "url": "https://a.example", "title": "A"}
THINKING = {"type": "thinking", "thinking": "", "signature": ""}
SERVER_CALL = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": ["a"]}}


def _call(name, index):
    block = {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}}
    return wire.block_start_event(block, index)


def _input(text, index):
    return wire.delta_event({"type": "input_json_delta", "partial_json": text}, index)


@pytest.mark.parametrize("keeps", [True, False])
def test_late_input_of_a_block_that_has_ended_is_nobodys(keeps):
    """It never goes to another call."""
    _, chunks = read_pieces(
        _call("a", 0),
        _input("{}", 0),
        wire.block_stop_event(0),
        _call("b", 1),
        _input('{"x": 1', 1),
        _input("LATE", 0),
        _input("}", 1),
        keeps=keeps,
    )
    texts = ["", ""]
    for piece in [piece for chunk in chunks for piece in chunk.tool_calls]:
        texts[piece.index] += piece.arguments_text
    assert texts == ["{}", '{"x": 1}']


def test_late_thinking_and_signatures_are_not_kept():
    """They would spoil the newest block."""
    reader, _ = read_pieces(
        wire.block_start_event(THINKING, 0),
        wire.block_stop_event(0),
        wire.block_start_event(THINKING, 1),
        wire.delta_event({"type": "signature_delta", "signature": "ok"}, 1),
        wire.delta_event({"type": "signature_delta", "signature": "late"}, 0),
        wire.delta_event({"type": "thinking_delta", "thinking": "late"}, 0),
    )
    first, second = reader.summary._verbatim["content"]
    assert first == THINKING
    assert second == {**THINKING, "signature": "ok"}


def test_number_may_be_used_again():
    """By servers that give every block the same one."""
    _, chunks = read_pieces(
        *(_call("a", 0), _input("{}", 0), wire.block_stop_event(0)),
        *(_call("b", 0), _input("[]", 0), wire.block_stop_event(0)),
    )
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls if piece.arguments_text]
    assert [(piece.index, piece.arguments_text) for piece in pieces] == [(0, "{}"), (1, "[]")]


def test_call_that_is_told_again_goes_on():
    """llama.cpp may announce a call for the second time before it ends; it is one call."""
    _, chunks = read_pieces(
        *(_call("a", 0), _input('{"x"', 0), _call("a", 0), _input(": 1}", 0)),
        *(_call("b", 1), _input("{}", 1), wire.block_stop_event(0), wire.block_stop_event(1)),
    )
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    calls = join_calls(pieces, None, "tool_calls")
    assert [(call.id, call.arguments) for call in calls] == [("toolu_a", {"x": 1}), ("toolu_b", {})]


def test_many_ended_blocks_are_forgotten():
    """Memory does not grow with their number where nothing is kept."""
    reader = BlockReader(keeps=False)
    for number in range(5000):
        reader.start(number, {"type": "tool_use", "id": "a", "name": "f"})
        reader.stop(number)
    assert len(reader._open) <= 1000


def test_signature_in_many_pieces_takes_no_time():
    """It is put together once."""

    def read(pieces: int) -> None:
        reader = BlockReader(keeps=True)
        reader.start(0, {**THINKING, "words": "w" * 1000})
        for _ in range(pieces):
            reader.add_fields(0, {"type": "signature_delta", "signature": "x" * 100})
        assert len(reader.keep()["content"][0]["signature"]) == 100 * pieces

    assert_linear(read, 5000)


def _stream():
    text = {"type": "text", "text": ""}
    reader, chunks = read_pieces(
        wire.block_start_event(SERVER_CALL, 0),
        wire.block_stop_event(0),
        wire.block_start_event({**text, "citations": [dict(CITED)]}, 1),
        wire.text_event("a", index=1),
        wire.delta_event({"type": "citations_delta", "citation": {**CITED, "title": "B"}}, 1),
    )
    citations = [citation for chunk in chunks for citation in chunk.citations]
    raws = [chunk._raw.data for chunk in chunks if chunk._raw is not None]
    return citations, raws, lambda: reader.summary._verbatim


def _whole():
    text = {"type": "text", "text": "a", "citations": [CITED, {**CITED, "title": "B"}]}
    body = json.loads(json.dumps(wire.whole_answer(content=[SERVER_CALL, text])))
    answer = AnthropicCodec().parse_chat(body)
    return answer.citations, [body], lambda: answer._verbatim


@pytest.mark.parametrize("read", [_stream, _whole])
def test_what_goes_back_changes_with_nothing_else(read):
    """Neither with a source's JSON nor with an event's or the answer's."""
    citations, raws, verbatim = read()
    before = json.dumps(verbatim())
    for citation in citations:
        citation.raw["url"] = "https://changed.example"
    for raw in raws:
        _spoil(raw)
    assert json.dumps(verbatim()) == before
    assert [citation.title for citation in citations] == ["A", "B"]


def _spoil(value):
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _spoil(inner)
    value.clear()


def test_sources_change_with_no_other_source():
    """Nor with the answer's JSON."""
    citations, raws, _ = _whole()
    citations[0].raw.clear()
    for raw in raws:
        _spoil(raw)
    assert citations[1].raw == {**CITED, "title": "B"}
