"""Calls put together from their pieces: whatever a model writes, the answer is not lost."""

import copy
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_connectivity.tool_calls import (
    ToolCall,
    ToolCallDelta,
    join_calls,
    read_arguments,
    write_arguments,
)

FEW = settings(max_examples=50)


def _piece(text="", index=0, call_id="c1", name="add"):
    return ToolCallDelta(index, call_id, name, text)


def _join(text, finish_reason="tool_calls"):
    (call,) = join_calls([_piece(text)], "a1", finish_reason)
    return call


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param('{"x": 1}', {"x": 1}, id="object"),
        pytest.param("", {}, id="nothing"),
        pytest.param(" \n", {}, id="blank"),
        pytest.param("null", {}, id="null"),
        pytest.param("{}", {}, id="empty object"),
        pytest.param("[1, 2]", [1, 2], id="list"),
        pytest.param("17", 17, id="number"),
        pytest.param("true", True, id="truth value"),
        pytest.param('"x"', "x", id="string"),
        pytest.param('{"x": 1, "x": 2}', {"x": 2}, id="a key twice"),
        pytest.param('{"x": "a\nb"}', {"x": "a\nb"}, id="a line break in a string"),
        pytest.param(f'{{"x": {"9" * 400}}}', {"x": int("9" * 400)}, id="huge number"),
        pytest.param('{"x": "\\ud83d"}', {"x": "\ufffd"}, id="half a pair"),
        pytest.param('{"x": "\\ud83d\\ude00"}', {"x": "\U0001f600"}, id="both halves"),
        pytest.param(' {"x": "\u00e4"} ', {"x": "\u00e4"}, id="blanks around"),
    ],
)
def test_arguments_are_parsed(text, arguments):
    """Whatever JSON there is, it is parsed, and its text is kept."""
    call = _join(text)
    assert (call.arguments, call.arguments_text, call.complete) == (arguments, text, True)


@pytest.mark.parametrize(
    "text",
    [
        '{"x": 1',
        '{"x": 1}{"y": 2}',
        "x = 1",
        "{'x': 1}",
        '{"x": NaN}',
        "Infinity",
        "[" * 100_000,
        "9" * 5_000,
        "\ud83d",
        "\0",
        '```json\n{"x": 1}\n```',
    ],
    ids="cut twice python quotes NaN Infinity deep long surrogate null fenced".split(),
)
@pytest.mark.parametrize("finish_reason", ["tool_calls", "length", "stop", "", None])
def test_arguments_that_are_no_json_are_kept_as_text(text, finish_reason):
    """The answer is not lost: the text is there, and the call is not complete."""
    call = _join(text, finish_reason)
    assert (call.arguments, call.arguments_text, call.complete) == (text, text, False)


@pytest.mark.parametrize(
    ("text", "finish_reason", "complete"),
    [
        ('{"x": 1}', "length", True),
        ('{"x": 1} ', None, True),
        ("", "length", False),
        (" ", None, False),
        ("12", "length", False),
        ("nul", "length", False),
        ("null", "length", False),
        ("[1]", "length", True),
        ("", "tool_calls", True),
        ("", "stop", True),
        ("", "", True),
        ("12", "content_filter", False),
        ("12", "pause_turn", False),
        ("{}", "content_filter", True),
    ],
)
def test_call_that_may_have_been_cut_is_not_complete(text, finish_reason, complete):
    """Cut off by the length limit, or broken: what could go on is not run."""
    assert _join(text, finish_reason).complete is complete


def test_only_the_last_call_may_have_been_cut():
    """Calls before the last one have ended, with or without arguments."""
    pieces = [_piece(), _piece(index=1, call_id="c2"), _piece('{"x', index=2, call_id="c3")]
    calls = join_calls(pieces, "a1", "length")
    assert [call.complete for call in calls] == [True, True, False]
    assert calls[2].arguments == '{"x'


def test_pieces_are_joined_by_their_index():
    """Pieces of several calls may alternate; calls stand in the order in which they began."""
    pieces = [
        ToolCallDelta(0, "a", "add", '{"x"'),
        ToolCallDelta(1, "b", "sub", '{"y'),
        ToolCallDelta(0, None, None, ": 1}"),
        ToolCallDelta(1, None, None, '": 2}'),
    ]
    assert join_calls(iter(pieces), "a1", "tool_calls") == (
        ToolCall("a", "add", {"x": 1}),
        ToolCall("b", "sub", {"y": 2}),
    )
    assert join_calls([], "a1", None) == ()


def test_calls_without_an_id_get_one_that_is_always_the_same():
    """Made of the answer's id: equal for equal answers, different within one and between two."""
    pieces = [ToolCallDelta(0, None, "now"), ToolCallDelta(1, None, "now")]
    first, second = join_calls(pieces, "a1", "tool_calls")
    assert join_calls(pieces, "a1", "length")[0].id == first.id
    other, _ = join_calls(pieces, "a2", "tool_calls")
    assert len({first.id, second.id, other.id}) == 3
    assert all(call.id.startswith("call_") and len(call.id) <= 40 for call in (first, second))


def test_calls_without_any_id_get_one_of_what_they_say():
    """Also where the answer has none, and where the text can't be encoded."""
    ids = {join_calls([ToolCallDelta(0, None, "f", t)], None, "")[0].id for t in ("{}", "\ud800")}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (None, ""),
        ("", ""),
        ('{"x": 1}', '{"x": 1}'),
        ({}, "{}"),
        ({"x": "\u00e4"}, '{"x": "\u00e4"}'),
        ([1, None], "[1, null]"),
        (0, "0"),
        (False, "false"),
    ],
    ids=["None", "empty", "text", "no arguments", "umlaut", "list", "zero", "false"],
)
def test_arguments_are_written(arguments, text):
    """Text is taken as it is, JSON is written, nothing is nothing."""
    assert write_arguments(arguments) == text


def test_written_arguments_can_be_sent():
    """Half a surrogate pair in an answer becomes U+FFFD, as it does in text."""
    text = write_arguments({"x": "\ud83d", "y": "\u00e4"})
    assert text.encode()
    assert read_arguments(text) == ({"x": "\ufffd", "y": "\u00e4"}, True)


@FEW
@given(st.text(), st.sampled_from(["length", "tool_calls", "", None]))
def test_any_text_is_read_without_an_exception(text, finish_reason):
    """Whatever the model writes."""
    call = _join(text, finish_reason)
    assert call.arguments_text == text
    assert call.complete or finish_reason in ("length", None) or call.arguments == text


WORDS = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS, JSON, min_size=1, max_size=3)


@FEW
@given(OBJECTS)
def test_written_arguments_read_as_they_were(arguments):
    """Whole answers of wires that have JSON, and the text of it, say the same."""
    assert read_arguments(write_arguments(arguments)) == (arguments, True)


@FEW
@given(OBJECTS, st.data())
def test_cut_arguments_are_never_complete(arguments, data):
    """At whatever character the length limit has cut an object."""
    text = write_arguments(arguments)
    end = data.draw(st.integers(0, len(text) - 1))
    assert not _join(text[:end], "length").complete


@pytest.mark.parametrize(
    "value",
    [
        ToolCall("c1", "add", {"x": 1}, '{"x": 1}'),
        ToolCall("c1", "f", "{", "{", False),
        _piece("{"),
    ],
    ids=["call", "broken call", "piece"],
)
def test_calls_are_values(value):
    """They pickle, copy, and turn into JSON that has all of them."""
    for made in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
        assert (made, repr(made), made.to_dict()) == (value, repr(value), value.to_dict())
    assert json.loads(json.dumps(value.to_dict())) == value.to_dict()
    assert set(value.to_dict()) == set(value.__dataclass_fields__)


def test_spacing_of_arguments_is_not_compared():
    """Calls that ask for the same are equal, however the JSON was spaced."""
    assert _join('{"x":1}') == _join('{ "x": 1 }')
    assert _join('{"x":1}') != _join('{"x":2}')


def test_calls_of_a_broken_answer_without_arguments_are_not_complete():
    """Several may be under way at once, and none of them shows it."""
    pieces = [
        ToolCallDelta(0, "c1", "transfer"),
        ToolCallDelta(1, "c2", "add", '{"x": 1}'),
    ]
    assert [call.complete for call in join_calls(pieces, "a1", None)] == [False, True]
    assert [call.complete for call in join_calls(pieces, "a1", "tool_calls")] == [True, True]


def test_calls_with_one_id_get_ids_of_their_own():
    """Else no result could say which of them it is of."""
    pieces = [ToolCallDelta(i, "same", "add") for i in range(3)]
    ids = [call.id for call in join_calls(pieces, "a1", "stop")]
    assert (ids[0], len(set(ids))) == ("same", 3)


def test_ids_and_names_hold_whole_characters():
    """What an answer has named can be sent back."""
    (call,) = join_calls([ToolCallDelta(0, "c\ud83d", "f\ud83d")], "a1", "stop")
    assert (call.id, call.name) == ("c\ufffd", "f\ufffd")


@pytest.mark.parametrize("text", ['{"x": 1e999}', '{"x": -1e999}', '{"x": Infinity}'])
def test_numbers_that_no_request_can_hold_are_no_json(text):
    """They could not be sent back."""
    assert read_arguments(text) == (text, False)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["", '{"a', '{"a": 1', '{"a": 1}'], ({"a": 1}, '{"a": 1}', True), id="grows"),
        pytest.param(['{"a": 1}', '{"a": 1}'], ({"a": 1}, '{"a": 1}', True), id="told twice"),
        pytest.param(["{", '{"a": 1'], ('{{"a": 1', '{{"a": 1', False), id="cut off"),
        pytest.param(["1", "1", "1"], (111, "111", True), id="pieces that are alike"),
        pytest.param(["[", "[1]", "]"], ([[1]], "[[1]]", True), id="pieces of one text"),
        pytest.param(["{}", '{"a": 1}'], ('{}{"a": 1}', '{}{"a": 1}', False), id="two texts"),
    ],
)
def test_arguments_that_are_told_again_with_each_piece_are_taken_once(texts, expected):
    """Some gateways repeat them; pieces that go on with one another are joined."""
    (call,) = join_calls([_piece(text) for text in texts], "a1", "tool_calls")
    assert (call.arguments, call.arguments_text, call.complete) == expected
