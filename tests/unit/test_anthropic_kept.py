"""What Anthropic's API wants back with the next request, and what is not sent back."""

import pytest

from llm_connectivity.reader import AnswerReader
from llm_connectivity.wires.anthropic import AnthropicCodec
from llm_connectivity.wires.anthropic.kept import understand
from tests.server import anthropic_wire as wire
from tests.unit.anthropic_reading import read_both, read_pieces

TEXT = {"type": "text", "text": "Hi"}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
SEARCH = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]}
CITATION = {"type": "char_location", "cited_text": "q", "document_index": 0, "document_title": None}


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [TEXT],
        [TEXT, CALL],
        [{**CALL, "caller": {"type": "direct"}}],
        [{**CALL, "caller": None, "toolset_name": None}],
        [{**TEXT, "citations": None}],
        [{**TEXT, "citations": []}],
        [{"type": "text", "text": ""}, CALL],
    ],
    ids=["nothing", "text", "call", "caller", "nulls", "null", "no citations", "empty text"],
)
def test_nothing_is_kept_where_text_and_calls_say_it_all(blocks):
    """A message in OpenAI's form holds all of it."""
    for answer in read_both(blocks):
        assert answer._verbatim is None


@pytest.mark.parametrize(
    ("blocks", "kept"),
    [
        pytest.param([THINKING, TEXT], [THINKING, TEXT], id="thinking"),
        pytest.param(
            [{"type": "redacted_thinking", "data": "Emw"}, TEXT],
            [{"type": "redacted_thinking", "data": "Emw"}, TEXT],
            id="encrypted thinking",
        ),
        pytest.param(
            [{**THINKING, "thinking": ""}], [{**THINKING, "thinking": ""}], id="a signature alone"
        ),
        pytest.param([TEXT, SEARCH, FOUND, TEXT], [TEXT, SEARCH, FOUND, TEXT], id="server's tool"),
        pytest.param(
            [{**SEARCH, "type": "mcp_tool_use", "server_name": "m"}],
            [{**SEARCH, "type": "mcp_tool_use", "server_name": "m"}],
            id="MCP server's tool",
        ),
        pytest.param(
            [{**TEXT, "citations": [CITATION]}], [{**TEXT, "citations": [CITATION]}], id="citation"
        ),
        pytest.param(
            [{**TEXT, "citations": [{**CITATION, "file_id": "f"}]}],
            [{**TEXT, "citations": [CITATION]}],
            id="a file's id in a citation is not taken",
        ),
        pytest.param(
            [THINKING, {**CALL, "caller": None}, {**TEXT, "citations": None}],
            [THINKING, CALL, TEXT],
            id="nulls say nothing",
        ),
        pytest.param(
            [THINKING, {"type": "text", "text": ""}, TEXT], [THINKING, TEXT], id="no empty text"
        ),
        pytest.param(
            [{**CALL, "toolset_name": "computer"}],
            [{**CALL, "toolset_name": "computer"}],
            id="toolset",
        ),
        pytest.param(
            [THINKING, {**CALL, "input": None}], [THINKING, {**CALL, "input": {}}], id="no input"
        ),
        pytest.param([{"type": "new", "x": [1]}], [{"type": "new", "x": [1]}], id="unknown"),
        pytest.param([{"type": ["odd"]}], [{"type": ["odd"]}], id="an odd type"),
        pytest.param(
            [{"type": "compaction", "content": None}],
            [{"type": "compaction", "content": None}],
            id="a null that says something",
        ),
    ],
)
def test_blocks_are_kept_as_the_api_takes_them_back(blocks, kept):
    """In their order, whole and streamed."""
    for answer in read_both(blocks):
        assert answer._verbatim == {"content": kept}


def test_nothing_is_kept_of_a_call_without_an_id():
    """Its result could not name it; the message has an id that we have made."""
    for answer in read_both([THINKING, {**CALL, "id": None}]):
        assert answer._verbatim is None


@pytest.mark.parametrize(
    ("text", "given"),
    [('{"a": [1', {"INVALID_JSON": '{"a": [1'}), ("[1]", {"INVALID_JSON": [1]}), ("null", {})],
)
def test_input_that_is_no_object_goes_back_within_one(text, given):
    """The API takes nothing else."""
    reader, _ = read_pieces(
        wire.block_start_event(THINKING),
        wire.block_start_event({**CALL, "input": {}}, 1),
        wire.delta_event({"type": "input_json_delta", "partial_json": text}, 1),
        finish="max_tokens",
    )
    assert reader.summary._verbatim == {"content": [THINKING, {**CALL, "input": given}]}


@pytest.mark.parametrize(
    ("start", "delta", "block"),
    [
        pytest.param(
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "", "estimated_tokens": 50},
            {"type": "thinking", "thinking": "", "signature": ""},
            id="a count is none of a block's fields",
        ),
        pytest.param(
            {"type": "thinking", "thinking": "So."},
            {"type": "signature_delta", "signature": ""},
            {"type": "thinking", "thinking": "So.", "signature": ""},
            id="an empty signature, as a whole answer has it",
        ),
        pytest.param(
            {"type": "compaction", "content": None},
            {"type": "compaction_delta", "content": "So far.", "encrypted_content": None},
            {"type": "compaction", "content": "So far."},
            id="a field that was null",
        ),
        pytest.param(
            {"type": "new", "words": "a", "n": 1},
            {"type": "new_delta", "words": "b", "n": 2},
            {"type": "new", "words": "ab", "n": 2},
            id="a text goes on, all else is replaced",
        ),
    ],
)
def test_other_deltas_go_into_their_block(start, delta, block):
    """Whatever they are, as far as the API takes them back."""
    reader, _ = read_pieces(wire.block_start_event(start), wire.delta_event(delta))
    assert reader.summary._verbatim == {"content": [block]}


def test_citations_of_a_stream_are_those_of_its_block():
    """Some are in its first event, others come one by one."""
    reader, _ = read_pieces(
        wire.block_start_event({**TEXT, "text": "", "citations": [CITATION]}),
        wire.delta_event({"type": "citations_delta", "citation": {**CITATION, "file_id": "f"}}),
        wire.text_event("Hi"),
    )
    assert reader.summary._verbatim == {"content": [{**TEXT, "citations": [CITATION, CITATION]}]}


@pytest.mark.parametrize(
    "delta",
    [
        {"type": "input_json_delta", "partial_json": '{"a": 1}'},
        {"type": "input_json_delta", "partial_json": None},
        {"type": "signature_delta", "signature": "EqQB"},
        {"type": "new_delta", "x": 1},
        {"type": "citations_delta", "citation": None},
    ],
    ids=lambda delta: delta["type"],
)
@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "not kept"])
def test_pieces_of_no_block_are_nobodys(delta, keeps):
    """They spoil nothing."""
    reader, chunks = read_pieces(wire.delta_event(delta), keeps=keeps)
    assert (len(chunks), reader.summary._verbatim) == (1, None)


def test_text_without_a_block_of_its_own_stands_where_it_came():
    """Text is never lost, and blocks keep their order."""
    events = [wire.text_event("a"), wire.block_start_event(SEARCH), wire.text_event("b")]
    reader, _ = read_pieces(*events)
    a, b = {"type": "text", "text": "a"}, {"type": "text", "text": "b"}
    assert reader.summary._verbatim == {"content": [a, SEARCH, b]}


@pytest.mark.parametrize(
    ("verbatim", "told"),
    [
        (
            {"content": [THINKING, TEXT, SEARCH, FOUND, CALL, TEXT]},
            ("HiHi", [(CALL["id"], "add", CALL["input"])]),
        ),
        ({"content": []}, ("", [])),
        ({}, ("", [])),
        ({"content": "Hi"}, ("", [])),
        ({"content": [None, {"type": "tool_use"}, {"type": "text"}]}, ("", [])),
    ],
    ids=["answer", "no blocks", "nothing", "a text", "odd blocks"],
)
def test_kept_blocks_are_understood(verbatim, told):
    """So that a message which has been changed can be told from one that has not."""
    assert understand(verbatim) == told


@pytest.mark.parametrize(
    "blocks",
    [[THINKING, TEXT], [TEXT, SEARCH, FOUND, TEXT], [THINKING, TEXT, CALL], [THINKING, CALL]],
    ids=["thinking", "search", "text and call", "call alone"],
)
def test_kept_blocks_say_what_the_message_says(blocks):
    """Else they would not be sent."""
    for answer in read_both(blocks):
        calls = [(call.id, call.name, call.arguments) for call in answer.tool_calls]
        assert understand(answer._verbatim) == (answer.content, calls)


def test_stream_that_broke_off_keeps_nothing():
    """Half a block is none that the API takes."""
    reader = AnswerReader(AnthropicCodec())
    reader.feed(wire.start_event() + wire.block_start_event(THINKING))
    reader.finish()
    assert reader.failure is not None
    assert reader.summary._verbatim is None


@pytest.mark.parametrize("odd", [None, "1", [], {}, 1.5, True], ids=repr)
def test_number_of_a_block_may_be_odd(odd):
    """Pieces without a number belong to the block that began last."""
    start = {"type": "content_block_start", "index": odd, "content_block": {**CALL, "input": {}}}
    delta = {"type": "input_json_delta", "partial_json": '{"a": 1}'}
    piece = {"type": "content_block_delta", "index": odd, "delta": delta}
    end = {"type": "content_block_stop", "index": odd}
    events = [wire.block_start_event(THINKING), *map(wire.event, (start, piece, end))]
    reader, _ = read_pieces(*events)
    assert reader.summary._verbatim == {"content": [THINKING, CALL]}
