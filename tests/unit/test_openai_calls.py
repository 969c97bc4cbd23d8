"""Calls of the caller's functions on OpenAI's wire, whole and in pieces."""

import tracemalloc

import pytest

from llm_connectivity.tool_calls import ToolCallDelta, join_calls
from llm_connectivity.wires.json_depth import JsonDepth
from llm_connectivity.wires.openai_chat.calls import CallReader
from tests.growth import assert_linear


def _call(name=None, arguments=None, **fields):
    """Make a call, or a piece of one, as the server sends it."""
    given = {"name": name, "arguments": arguments}
    return {**fields, "function": {k: v for k, v in given.items() if v is not None}}


def _feed(*deltas):
    """Give the pieces of all deltas, each a list of what is in ``tool_calls``."""
    reader = CallReader()
    return [piece for delta in deltas for piece in reader.feed({"tool_calls": delta})]


def _joined(*deltas):
    """Give name and arguments of the calls."""
    calls = join_calls(_feed(*deltas), "answer", "tool_calls")
    return [(call.name, call.arguments) for call in calls]


def test_call_in_pieces_has_its_id_and_name_on_the_first():
    """The others have its index and the next piece of its arguments."""
    pieces = _feed(
        [_call("add", "", index=0, id="c1", type="function")],
        [_call(None, '{"a":', index=0)],
        [_call(None, "1}", index=0)],
    )
    assert pieces == [
        ToolCallDelta(0, "c1", "add", ""),
        ToolCallDelta(0, arguments_text='{"a":'),
        ToolCallDelta(0, arguments_text="1}"),
    ]


def test_calls_are_numbered_by_us():
    """From 0, in the order they came, whatever the server's numbers are."""
    pieces = _feed([_call("a", "{}", index=4, id="x")], [_call("b", "{}", index=2, id="y")])
    assert [(piece.index, piece.name) for piece in pieces] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param(
            [[_call("a", '{"x": 1}', id="1"), _call("b", '{"y": 2}', id="2")]],
            id="in one message, without numbers",
        ),
        pytest.param(
            [[_call("a", '{"x": 1}', index=0, id="1")], [_call("b", '{"y": 2}', index=0, id="2")]],
            id="of one number and two ids",
        ),
        pytest.param(
            [[_call("a", '{"x": 1}', index=0)], [_call("b", '{"y": 2}', index=0)]],
            id="of one number and no id, the first one whole",
        ),
        pytest.param(
            [[_call("a", '{"x": 1}', index=0, id="")], [_call("b", '{"y": 2}', index=0, id="")]],
            id="of one number and an empty id",
        ),
        pytest.param(
            [[_call("a", '{"x": 1}')], [_call("b", '{"y": 2}')]],
            id="with neither",
        ),
        pytest.param(
            [
                [_call("a", '{"x"', index=0, id="1"), _call("b", '{"y"', index=1, id="2")],
                [_call(None, ": 2}", index=1), _call(None, ": 1}", index=0)],
            ],
            id="interleaved",
        ),
        pytest.param(
            [
                [_call("a", '{"x"', id="1")],
                [_call(None, ": 1}", id="")],
                [_call("b", '{"y"', id="2")],
                [_call("b", ": 2}", id="2")],
            ],
            id="without numbers, in pieces that go on with the last one",
        ),
        pytest.param(
            [
                [_call("a", '{"x"', index=0, id="1")],
                [_call("a", ": 1}", index=0, id="1")],
                [_call("b", '{"y": 2}', index=1, id="2")],
            ],
            id="with id and name on every piece",
        ),
        pytest.param(
            [
                [_call("a", '{"x"', index=0)],
                [_call("a", ": 1}", index=0)],
                [_call("b", '{"y": 2}', index=1)],
            ],
            id="with the name on every piece, and no id",
        ),
        pytest.param(
            [
                [_call("a", "", index=0, id="1")],
                [_call("", '{"x": 1}', index=0, id="other")],
                [_call("b", '{"y": 2}', index=1, id="2")],
            ],
            id="another id without a name begins none",
        ),
        pytest.param(
            [[_call("a", {"x": 1}, index=0, id="1"), _call("b", {"y": 2}, index=1, id="2")]],
            id="arguments that are an object",
        ),
        pytest.param(
            [
                [_call(None, '{"x"', index=0)],
                [_call("a", ": 1}", index=0, id="1")],
                [_call("b", '{"y": 2}', index=1, id="2")],
            ],
            id="arguments before the name",
        ),
        pytest.param(
            [
                [_call(None, "", index=0, id="1")],
                [_call("a", '{"x": 1}', index=0)],
                [_call(None, None, index=1, id="2")],
                [_call("b", '{"y": 2}', index=1)],
            ],
            id="the id before the name",
        ),
        pytest.param(
            [
                [_call(None, "", index=0, id="stub")],
                [_call("a", '{"x": 1}', index=0, id="1")],
                [_call("b", '{"y": 2}', index=1, id="2")],
            ],
            id="a stub that another id follows",
        ),
        pytest.param(
            [
                [
                    _call("a", '{"x": 1}', index="0", id="1"),
                    _call("b", '{"y": 2}', index=None, id=""),
                ]
            ],
            id="numbers that are none",
        ),
        pytest.param(
            [
                [_call("a", "", id="1")],
                [_call("b", "", id="2")],
                [_call(None, '{"x": 1}', id="1")],
                [_call(None, '{"y": 2}', id="2")],
            ],
            id="interleaved by their ids alone",
        ),
        pytest.param(
            [
                [_call("a", "", index=0, id="1")],
                [_call("b", "", index=0, id="2")],
                [_call("a", '{"x": 1}', index=0, id="1")],
                [_call(None, '{"y": 2}', index=0, id="2")],
            ],
            id="interleaved by their ids, of one number",
        ),
        pytest.param(
            [
                [_call("a", '{"x": 1}', index=0, id="same")],
                [_call("b", '{"y"', index=1, id="same")],
                [_call(None, ": 2}", index=1, id="same")],
            ],
            id="of two numbers and one id",
        ),
        pytest.param(
            [[_call("a", '{"x": 1}', index=0.0, id=7)], [_call("b", '{"y": 2}', index=1.0, id=8)]],
            id="ids that are no texts",
        ),
    ],
)
def test_two_calls_are_told_apart(deltas):
    """Each has its name and its own arguments."""
    assert _joined(*deltas) == [("a", {"x": 1}), ("b", {"y": 2})]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"tool_calls": None, "function_call": None}, id="nulls"),
        pytest.param({"tool_calls": {}, "function_call": []}, id="other types"),
        pytest.param({"tool_calls": [None, 1, "x", []]}, id="a list of no calls"),
        pytest.param({"tool_calls": [{"index": 0, "id": "1", "type": "function"}]}, id="bare"),
        pytest.param({"tool_calls": [{"index": 0, "id": "1", "function": None}]}, id="null within"),
        pytest.param({"tool_calls": [_call("", "{}", id="1")]}, id="an empty name"),
        pytest.param({"tool_calls": [_call(7, "{}", id="1")]}, id="a name that is no text"),
        pytest.param({"tool_calls": [{"type": "custom", "custom": {"name": "x"}}]}, id="custom"),
        pytest.param({"function_call": {"name": "", "arguments": ""}}, id="a legacy stub"),
    ],
)
def test_what_never_gets_a_name_is_no_call(message):
    """Nothing is made up of it."""
    assert CallReader().feed(message) == ()


@pytest.mark.parametrize("arguments", [None, "", {}], ids=repr)
def test_call_without_arguments_is_a_call(arguments):
    """With none to parse."""
    assert _joined([_call("now", arguments, index=0, id="1")]) == [("now", {})]


def test_function_call_is_a_call_beside_others():
    """As it was before there were several; it has no id."""
    reader = CallReader()
    pieces = [
        *reader.feed({"function_call": {"name": "old", "arguments": ""}}),
        *reader.feed({"function_call": {"arguments": '{"a": 1}'}}),
        *reader.feed({"tool_calls": [_call("new", "{}", index=0, id="1")]}),
    ]
    assert pieces == [
        ToolCallDelta(0, None, "old", ""),
        ToolCallDelta(0, arguments_text='{"a": 1}'),
        ToolCallDelta(1, "1", "new", "{}"),
    ]


def test_arguments_wait_for_the_other_half_of_a_character():
    """Halves that come in two pieces are one character."""
    pieces = _feed(
        [_call("a", '{"x":"\ud83d', index=0, id="1")], [_call(None, '\ude00"}', index=0)]
    )
    assert [piece.arguments_text for piece in pieces] == ['{"x":"', '\U0001f600"}']


def test_pieces_that_bring_nothing_are_left_out():
    """An empty piece of arguments is none."""
    assert len(_feed([_call("a", "{}", index=0, id="1")], [_call(None, "", index=0)])) == 1


def test_extra_content_is_kept_by_our_number():
    """Of a call that has a name; a later piece may bring it."""
    reader = CallReader()
    reader.feed({"tool_calls": [{**_call("a", "{}", index=3, id="1"), "extra_content": {"s": 1}}]})
    reader.feed({"tool_calls": [_call("b", "", index=4, id="2")]})
    reader.feed({"tool_calls": [{**_call(None, "{}", index=4), "extra_content": {"s": 2}}]})
    reader.feed({"tool_calls": [{"index": 5, "extra_content": {"s": 3}}]})
    assert reader.signed == {"extra_content": {0: {"s": 1}, 1: {"s": 2}}}


def test_fields_of_a_provider_are_kept_by_our_number():
    """As LiteLLM signs calls."""
    reader, fields = CallReader(), {"thought_signature": "s"}
    reader.feed({"tool_calls": [_call("a", "{}", index=2, id="1")]})
    call = {**_call("b", "{}", index=3, id="2"), "provider_specific_fields": fields}
    reader.feed({"tool_calls": [call]})
    assert reader.signed == {"provider_specific_fields": {1: fields}}


def test_calls_that_the_server_runs_are_none():
    """A gateway puts them among the others; only their ids tell."""
    first, second = _call("search", "", index=0, id="srvtoolu_1"), _call("a", "", index=1, id="t1")
    pieces = _feed(
        [first],
        [_call(None, '{"query":', index=0)],
        [_call(None, '"x"}', index=0)],
        [second],
        [_call(None, '{"x":1}', index=1)],
    )
    assert [(piece.index, piece.id, piece.name) for piece in pieces] == [
        (0, "t1", "a"),
        (0, None, None),
    ]
    assert "".join(piece.arguments_text for piece in pieces) == '{"x":1}'
    whole = CallReader(is_whole=True).feed({"tool_calls": [first, second]})
    assert [(piece.index, piece.id) for piece in whole] == [(0, "t1")]


def test_call_behind_one_that_the_server_runs_may_have_the_same_number():
    """A new id with a name is a new call, there too."""
    served = _call("search", "{}", index=0, id="srvtoolu_1")
    pieces = _feed([served], [_call("a", "{}", index=0, id="t1")])
    assert [(piece.id, piece.arguments_text) for piece in pieces] == [("t1", "{}")]


def test_half_a_character_at_the_end_is_given_with_the_end():
    """As the other half may still come, it waits; what has its half is done."""
    reader = CallReader()
    reader.feed({"tool_calls": [_call("a", '"\ud83d', index=0), _call("b", '"\ud83d', index=1)]})
    reader.feed({"tool_calls": [_call(None, "\ude00", index=0)]})
    assert reader.finish() == (ToolCallDelta(1, arguments_text="\ufffd"),)
    assert reader.finish() == ()


def test_half_a_character_that_came_before_the_name_is_given_too():
    """It belongs to the arguments as well."""
    reader = CallReader()
    reader.feed({"tool_calls": [_call(None, '"\ud83d', index=0)]})
    reader.feed({"tool_calls": [_call("a", None, index=0)]})
    assert reader.finish() == (ToolCallDelta(0, arguments_text="\ufffd"),)


@pytest.mark.parametrize(
    "make_call",
    [
        pytest.param(lambda i: _call("a", "{}", index=i, id=f"c{i}"), id="new calls"),
        pytest.param(
            lambda i: {**_call("a", "{}", index=i, id=f"c{i}"), "extra_content": {"s": "x" * 99}},
            id="signed ones",
        ),
        pytest.param(lambda i: _call("a", '"\ud83d', index=i), id="ends in half a character"),
        pytest.param(lambda i: _call(None, "word " * 99, index=0), id="arguments without a name"),
        pytest.param(lambda i: _call(None, "", index=0), id="nothing"),
    ],
)
def test_memory_does_not_grow_where_nothing_is_kept(make_call):
    """However many pieces come."""
    reader, sizes = CallReader(keeps=False), []
    tracemalloc.start()
    for i in range(9000):
        reader.feed({"tool_calls": [make_call(i)]})
        if i in (4500, 8999):
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] < sizes[0] + 100_000


def test_call_whose_name_comes_too_late_is_none():
    """Its arguments have been let go, and a call without them is another one."""
    piece = _call(None, "x" * 600_000, index=0)
    assert _feed([piece], [piece], [_call("a", "{}", index=0)]) == []


def test_many_calls_of_one_list_are_read_in_a_time_that_grows_with_them():
    """Each is looked at once."""
    assert_linear(lambda n: _feed([_call("f", "{}", index=0, id=f"c{i}") for i in range(n)]), 2000)


def test_arguments_are_not_looked_into_without_need(monkeypatch):
    """Ids tell calls apart, and so do lists of whole messages."""
    monkeypatch.setattr(JsonDepth, "feed", lambda *_: pytest.fail("was looked into"))
    assert len(_feed([_call("f", "{}", index=0, id="1")], [_call(None, "{}", index=0)])) == 2
    assert len(_feed([_call("f", "{}"), _call("f", "{}")])) == 2
    numbered = [_call("f", "{}", index=0), _call("f", "{}", index=0)]
    assert len(CallReader(is_whole=True).feed({"tool_calls": numbered})) == 2
