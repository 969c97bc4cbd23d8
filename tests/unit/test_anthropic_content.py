"""What answers of Anthropic's wire hold besides text, whole and streamed alike."""

import json

import pytest

from llm_connectivity.tool_calls import ToolCall, join_calls
from llm_connectivity.types import Citation
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.server import anthropic_wire as wire
from tests.unit.anthropic_reading import read_both, read_pieces

CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
ON_THE_WEB = {
    "type": "web_search_result_location",
    "url": "https://a.example",
    "title": "A",
    "cited_text": "quoted",
    "encrypted_index": "Eo8B",
}


def _thinking(text="Hm.", **fields):
    return {"type": "thinking", "thinking": text, "signature": "EqQB", **fields}


def _text(text, **fields):
    return {"type": "text", "text": text, **fields}


def _input(text, index=0):
    return wire.delta_event({"type": "input_json_delta", "partial_json": text}, index)


@pytest.mark.parametrize(
    ("blocks", "reasoning"),
    [
        pytest.param([_thinking(), _text("a")], "Hm.", id="thinking"),
        pytest.param([_thinking("a"), _text("x"), _thinking("b")], "ab", id="twice"),
        pytest.param([{"type": "redacted_thinking", "data": "Emw"}], "", id="encrypted"),
        pytest.param([_thinking("")], "", id="not shown"),
        pytest.param([_thinking(None)], "", id="null"),
        pytest.param([_thinking(["x"])], "", id="a list"),
        pytest.param([_thinking("a\ud83d")], "a\ufffd", id="half a character"),
        pytest.param([{**_thinking(), "type": "other"}], "", id="another kind"),
    ],
)
def test_reasoning_is_the_text_of_thinking(blocks, reasoning):
    """What is encrypted is none, and nothing of it is in the answer's text."""
    for answer in read_both(blocks):
        assert answer.reasoning == reasoning
        assert "Hm." not in answer.content


@pytest.mark.parametrize(
    ("blocks", "calls"),
    [
        pytest.param([CALL], [ToolCall("toolu_1", "add", {"a": 1})], id="one"),
        pytest.param(
            [CALL, _text("x"), {**CALL, "id": "toolu_2"}],
            [ToolCall("toolu_1", "add", {"a": 1}), ToolCall("toolu_2", "add", {"a": 1})],
            id="two",
        ),
        pytest.param([{**CALL, "input": {}}], [ToolCall("toolu_1", "add", {})], id="empty"),
        pytest.param([{**CALL, "input": None}], [ToolCall("toolu_1", "add", {})], id="null"),
        pytest.param([{**CALL, "input": [1]}], [ToolCall("toolu_1", "add", [1])], id="a list"),
        pytest.param([{**CALL, "type": "server_tool_use"}], [], id="the server's"),
        pytest.param([{**CALL, "type": "mcp_tool_use"}], [], id="an MCP server's"),
        pytest.param([{**CALL, "type": "advisor_tool_use"}], [], id="unknown"),
        pytest.param([{**CALL, "name": ""}], [], id="no name"),
        pytest.param(
            [{**CALL, "caller": {"type": "code_execution_20260120", "tool_id": "s"}}],
            [ToolCall("toolu_1", "add", {"a": 1})],
            id="called by code",
        ),
        pytest.param(
            [{**CALL, "name": "click", "toolset_name": "computer"}],
            [ToolCall("toolu_1", "click", {"a": 1})],
            id="of a toolset",
        ),
    ],
)
def test_calls_are_those_that_the_caller_runs(blocks, calls):
    """By the kind of the block, whatever its name."""
    for answer in read_both(blocks):
        assert list(answer.tool_calls) == calls


def test_call_without_an_id_gets_one():
    """The same whenever the same answer is read."""
    first, second = read_both([{**CALL, "id": None}])
    assert first.tool_calls[0].id == second.tool_calls[0].id
    assert first.tool_calls[0].id.startswith("call_")


@pytest.mark.parametrize("finish", ["max_tokens", "tool_use"])
def test_call_that_was_cut_off_is_not_complete(finish):
    """Its arguments are the text as far as it came."""
    start = wire.block_start_event({**CALL, "input": {}})
    _, chunks = read_pieces(start, _input('{"a": '), _input("[1"), finish=finish)
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    (call,) = join_calls(pieces, "msg_1", chunks[-1].finish_reason)
    assert (call.arguments, call.complete) == ('{"a": [1', False)


def test_call_whose_input_did_not_begin_is_cut_off_by_the_limit():
    """Whole or streamed, no arguments at the limit are not the same as none."""
    for answer in read_both([_text("x"), {**CALL, "input": {}}], finish="max_tokens"):
        assert answer.tool_calls == (ToolCall("toolu_1", "add", {}, complete=False),)


@pytest.mark.parametrize(
    ("events", "texts"),
    [
        pytest.param([], ['{"a": 1}'], id="in the start alone"),
        pytest.param([_input("")], ['{"a": 1}'], id="and an empty piece"),
        pytest.param([_input('{"a"'), _input(":2}")], ['{"a"', ":2}"], id="pieces go before it"),
    ],
)
@pytest.mark.parametrize("stop", [True, False], ids=["with its end", "without"])
def test_input_in_the_start_of_a_block_counts_where_no_pieces_follow(events, texts, stop):
    """Some servers send a call whole, some write its input twice."""
    ends = [wire.block_stop_event()] if stop else []
    _, chunks = read_pieces(wire.block_start_event(CALL), *events, *ends)
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert (pieces[0].id, pieces[0].name, pieces[0].arguments_text) == ("toolu_1", "add", "")
    assert [piece.arguments_text for piece in pieces[1:]] == texts
    assert {(piece.index, piece.id, piece.name) for piece in pieces[1:]} == {(0, None, None)}


def test_pieces_of_calls_are_told_apart_by_the_blocks_number():
    """Ours counts calls alone; another tool's input is none of theirs."""
    events = [
        wire.block_start_event({"type": "text", "text": "x"}, 0),
        wire.block_start_event({**CALL, "input": {}}, 1),
        wire.block_start_event({**CALL, "type": "server_tool_use", "input": {}}, 2),
        wire.block_start_event({**CALL, "id": "toolu_2", "input": {}}, 3),
        _input('{"c":3}', 3),
        _input('{"b":2}', 2),
        _input('{"a":1}', 1),
    ]
    _, chunks = read_pieces(*events)
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert [(p.index, p.id, p.arguments_text) for p in pieces] == [
        (0, "toolu_1", ""),
        (1, "toolu_2", ""),
        (1, None, '{"c":3}'),
        (0, None, '{"a":1}'),
    ]


def test_input_is_mended_across_pieces():
    """Half a character waits for its other half."""
    start = wire.block_start_event({**CALL, "input": {}})
    _, chunks = read_pieces(start, _input('{"a":"\ud83d'), _input('\ude42"}'))
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert "".join(piece.arguments_text for piece in pieces) == '{"a":"🙂"}'


@pytest.mark.parametrize(
    ("told", "citation"),
    [
        pytest.param(ON_THE_WEB, ("https://a.example", "A", "quoted"), id="a page"),
        pytest.param(
            {"type": "char_location", "document_title": "Doc", "cited_text": "q"},
            (None, "Doc", "q"),
            id="characters",
        ),
        pytest.param(
            {"type": "page_location", "document_title": None, "cited_text": "q"},
            (None, None, "q"),
            id="pages",
        ),
        pytest.param(
            {"type": "content_block_location", "document_title": "Doc", "cited_text": "q"},
            (None, "Doc", "q"),
            id="blocks",
        ),
        pytest.param(
            {"type": "search_result_location", "source": "https://b.example", "title": "B"},
            ("https://b.example", "B", None),
            id="a search result with an address",
        ),
        pytest.param(
            {"type": "search_result_location", "source": "kb/1", "title": "B"},
            (None, "B", None),
            id="a search result with a name",
        ),
        pytest.param(
            {"type": "moon_location", "url": "https://c.example"},
            ("https://c.example", None, None),
            id="unknown",
        ),
        pytest.param({}, (None, None, None), id="nothing"),
    ],
)
def test_citation_says_what_is_known_of_the_source(told, citation):
    """All of it is in ``raw``."""
    for answer in read_both([_text("x", citations=[told])]):
        (found,) = answer.citations
        assert (found.url, found.title, found.cited_text) == citation
        assert found == Citation(
            url=citation[0], title=citation[1], cited_text=citation[2], raw=told
        )


@pytest.mark.parametrize("odd", [None, [], {}, "x", [None, "x"]], ids=repr)
def test_citations_of_an_odd_form_are_none(odd):
    """The text is there."""
    for answer in read_both([_text("x", citations=odd)]):
        assert (answer.content, answer.citations) == ("x", ())


def test_citation_is_delivered_with_its_event():
    """It does not wait for the block's end."""
    event = wire.delta_event({"type": "citations_delta", "citation": ON_THE_WEB})
    _, chunks = read_pieces(wire.block_start_event(), event, wire.text_event("x"))
    assert [len(chunk.citations) for chunk in chunks] == [1, 0, 0]


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({"stop_sequence": "END"}, "stop_sequence", "END"),
        ({"stop_sequence": ""}, "stop_sequence", None),
        ({"usage": wire.usage(service_tier="priority")}, "service_tier", "priority"),
        ({"usage": wire.usage(service_tier=None)}, "service_tier", None),
        (
            {"stop_details": {"type": "refusal", "category": "bio", "explanation": "No."}},
            "refusal",
            "No.",
        ),
        (
            {"stop_details": {"type": "refusal", "category": "bio", "explanation": None}},
            "refusal",
            None,
        ),
        ({"stop_details": {"type": "pause", "explanation": "Later."}}, "refusal", None),
        ({"stop_details": "No."}, "refusal", None),
    ],
)
def test_answer_says_how_it_came_about(fields, field, value):
    """Which text has stopped it, how urgent it was, why it is refused; nothing is made up."""
    for answer in read_both([_text("x")], **fields):
        assert getattr(answer, field) == value


def test_service_tier_may_be_told_at_the_end():
    """The last that is told counts, and nulls tell nothing."""
    decoder_start = wire.start_event(wire.usage(service_tier="standard"))
    for end, tier in (
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": None}, "standard"),
    ):
        reader, _ = read_pieces(start=decoder_start, counts=end)
        assert reader.summary.service_tier == tier


def test_finish_of_a_stream_brings_what_waited():
    """A call that is whole in its start and has no end of its own is not lost."""
    _, chunks = read_pieces(wire.block_start_event(CALL), finish="tool_use")
    assert [piece.arguments_text for c in chunks for piece in c.tool_calls] == ["", '{"a": 1}']
    assert (chunks[-1].finish_reason, chunks[-1].tool_calls) == ("tool_calls", ())


def test_stream_that_is_not_kept_gives_the_same_chunks():
    """With ``keeps=False`` only what goes back to the API is missing."""
    body = [
        wire.block_start_event(_thinking("a")),
        wire.block_start_event(CALL, 1),
        wire.block_start_event(_text("t", citations=[ON_THE_WEB]), 2),
        wire.text_event("x"),
    ]
    kept, chunks = read_pieces(*body)
    lost, others = read_pieces(*body, keeps=False)
    assert others == chunks
    assert (kept.summary._verbatim is None, lost.summary._verbatim) == (False, None)


def test_whole_answer_in_the_place_of_a_stream_has_all_of_it():
    """A server that does not stream answers too."""
    body = json.dumps(wire.whole_answer(content=[_thinking(), CALL, _text("x")])).encode()
    reader, chunks = read_pieces(start=body, only=True)
    (chunk, _) = chunks
    assert (chunk.reasoning, chunk.content, chunk.tool_calls[0].name) == ("Hm.", "x", "add")
    assert reader.summary._verbatim == {"content": [_thinking(), CALL, _text("x")]}


def test_codec_reads_blocks_that_are_a_text():
    """As a gateway has it; nothing has to go back but the text."""
    answer = AnthropicCodec().parse_chat(wire.whole_answer(content="Hi"))
    assert (answer.content, answer._verbatim) == ("Hi", None)
