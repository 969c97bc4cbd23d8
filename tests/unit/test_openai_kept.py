"""What a server on OpenAI's wire wants back: collected from a message or from its pieces."""

import pytest

from llm_connectivity.tool_calls import ToolCall, join_calls
from llm_connectivity.wires.openai_chat.calls import CallReader
from llm_connectivity.wires.openai_chat.kept import Keeper, marks_of


def _keep(*pieces):
    """Give what is kept of the pieces of a message."""
    keeper, calls = Keeper(), CallReader()
    for piece in pieces:
        keeper.note(piece)
        calls.feed(piece)
    return keeper.give(calls, "answer")


def _details(*details):
    """Give the details that are kept where each comes with an event of its own."""
    kept = _keep(*({"reasoning_details": [detail]} for detail in details))
    return kept["reasoning_details"]


def _text(text, **fields):
    return {"type": "reasoning.text", "text": text, "index": 0, **fields}


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"content": "a", "refusal": "b"}, id="what is no reasoning"),
        pytest.param(
            {"reasoning_content": "", "reasoning": None, "reasoning_details": []}, id="empty"
        ),
        pytest.param({"reasoning_content": 1, "reasoning": {}, "reasoning_details": "x"}, id="odd"),
        pytest.param({"content": [{"type": "text", "text": "a"}]}, id="a list without thoughts"),
        pytest.param({"tool_calls": [{"id": "1", "function": {"name": "a"}}]}, id="a call"),
    ],
)
def test_nothing_is_kept_where_nothing_is_wanted_back(piece):
    """And then there is none of it."""
    assert _keep(piece) is None


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_under_its_own_name(name):
    """Its pieces joined, halves of characters too."""
    kept = _keep({name: "a\ud83d"}, {"content": "x", name: None}, {name: "\ude00b"})
    assert kept == {name: "a\U0001f600b"}


def test_both_spellings_are_kept():
    """The server knows what it has written."""
    kept = _keep({"reasoning_content": "a", "reasoning": "b"})
    assert kept == {"reasoning_content": "a", "reasoning": "b"}


def test_thinking_is_kept_from_lists():
    """A string in the next event brings none."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    assert _keep({"content": [thinking]}, {"content": [thinking]}, {"content": "a"}) == {
        "thinking": "hmhm"
    }


def test_details_go_on_where_index_and_type_are_the_same():
    """Texts grow, a signature comes at the end, nulls take nothing away."""
    kept = _details(
        _text("a", format="f", id=None),
        _text("b", id="r1"),
        {"type": "reasoning.text", "signature": "s", "index": 0, "text": None, "format": None},
    )
    assert kept == [_text("ab", format="f", id="r1", signature="s")]


def test_details_summaries_grow_too():
    """As texts do, halves of characters too."""
    summary = {"type": "reasoning.summary", "index": 0}
    kept = _details({**summary, "summary": "a\ud83d"}, {**summary, "summary": "\ude00"})
    assert kept == [{**summary, "summary": "a\U0001f600"}]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(_text("a"), _text("b", index=1), id="another index"),
        pytest.param(
            _text("a"), {"type": "reasoning.summary", "summary": "b", "index": 0}, id="another type"
        ),
        pytest.param(_text("a", id="1"), _text("b", id="2"), id="another id"),
        pytest.param({"text": "a"}, {"text": "b"}, id="no index"),
        pytest.param(
            {"type": "reasoning.encrypted", "data": "a", "index": 0},
            {"type": "reasoning.encrypted", "data": "b", "index": 0},
            id="encrypted ones",
        ),
    ],
)
def test_details_of_different_blocks_stay_apart(first, second):
    """In their order, as they were."""
    assert _details(first, second) == [first, second]


def test_details_of_a_message_are_kept_as_they_are():
    """Whatever they hold; what is no object is left out."""
    details = [_text("a"), None, {"type": "new", "index": 0, "more": [1]}]
    assert _details(*details) == [details[0], details[2]]


def test_details_that_are_signed_are_whole():
    """What follows is another block, also where it has the same index."""
    kept = _details(_text("a"), _text("", signature="s"), _text("b"), _text("c", signature="t"))
    assert kept == [_text("a", signature="s"), _text("bc", signature="t")]


def test_details_of_a_whole_message_are_never_joined():
    """Each is one block."""
    details = [_text("a", signature="s"), _text("b", signature="t"), _text("c"), _text("d")]
    keeper = Keeper()
    keeper.note({"reasoning_details": details}, is_whole=True)
    assert keeper.give(CallReader(), None)["reasoning_details"] == details


def test_details_in_many_pieces_are_joined_once():
    """A stream of them takes a time that grows with its length."""
    keeper = Keeper()
    for _ in range(50_000):
        keeper.note({"reasoning_details": [_text("word " * 50)]})
    assert keeper.give(CallReader(), None)["reasoning_details"] == [_text("word " * 2_500_000)]


def test_details_are_not_the_servers_own_objects():
    """What has been read stays as it was."""
    given = _text("a")
    _details(given, _text("b"))
    assert given == _text("a")


def _summary(**fields):
    summary = {"type": "summary_text", **fields}
    return {"content": [{"type": "reasoning", "summary": [summary]}]}


def test_reasoning_parts_are_kept_where_they_are_signed():
    """Their texts grow, an empty one brings the signature; what has none does not go back."""
    pieces = [_summary(text="H\ud83d", signature=""), _summary(text="\ude00m.")]
    signed = _summary(text="H\U0001f600m.", signature="s")["content"]
    assert _keep(*pieces) is None
    kept = _keep(*pieces, _summary(text="", signature="s"), _summary(text="More."))
    assert kept["reasoning_parts"] == signed
    assert _keep({"content": signed})["reasoning_parts"] == signed


def _thought(text, **fields):
    return {"type": "thinking", "thinking": text, **fields}


REDACTED = {"type": "redacted_thinking", "data": "x"}


def test_thinking_blocks_grow_until_they_are_signed():
    """They have no numbers; halves of characters are joined, an encrypted one stands alone."""
    pieces = [
        *(_thought("a\ud83d"), _thought("\ude00"), _thought("", signature="s")),
        *(REDACTED, REDACTED, _thought("b"), _thought("", signature="t")),
    ]
    kept = _keep(*({"thinking_blocks": [piece]} for piece in pieces))
    assert kept["thinking_blocks"] == [
        _thought("a\U0001f600", signature="s"),
        REDACTED,
        REDACTED,
        _thought("b", signature="t"),
    ]


def test_thinking_blocks_without_a_signature_are_not_kept():
    """Nobody takes them back; what follows is another block."""
    assert _keep({"thinking_blocks": [_thought("a")]}) is None
    kept = _keep({"thinking_blocks": [_thought("a"), REDACTED]})
    assert kept["thinking_blocks"] == [REDACTED]


def test_thinking_blocks_of_a_whole_message_are_never_joined():
    """Each is one block, and odd ones are left out."""
    blocks = [_thought("a", signature="s"), _thought("b"), _thought("c", signature="t")]
    keeper = Keeper()
    keeper.note({"thinking_blocks": [*blocks, None, "x"]}, is_whole=True)
    assert keeper.give(CallReader(), None)["thinking_blocks"] == [blocks[0], blocks[2]]


def test_fields_of_calls_are_kept_by_the_calls_id():
    """Beside what another server calls it."""
    call = {"id": "1", "function": {"name": "a"}, "provider_specific_fields": {"s": 1}}
    kept = _keep({"tool_calls": [call, {**call, "id": "2", "extra_content": {"s": 2}}]})
    assert kept["provider_specific_fields"] == {"1": {"s": 1}, "2": {"s": 1}}
    assert kept["extra_content"] == {"2": {"s": 2}}


def test_signatures_of_calls_are_kept_by_the_calls_id():
    """Also where it has been made, as that of the answer's call."""
    call = {"id": "1", "function": {"name": "a"}}
    signed = {"function": {"name": "b", "arguments": "{}"}, "extra_content": {"google": {}}}
    kept = _keep({"tool_calls": [call, {**signed, "id": "2"}]})
    assert kept["extra_content"] == {"2": {"google": {}}}
    assert list(kept["of"]["calls"]) == ["1", "2"]
    kept = _keep({"tool_calls": [signed]})
    pieces = CallReader().feed({"tool_calls": [signed]})
    assert list(kept["extra_content"]) == [join_calls(pieces, "answer", "")[0].id]


def test_marks_hold_no_text():
    """What has been taken out of a message is not kept in what goes with it."""
    keeper, calls = Keeper(), CallReader()
    keeper.said.append("secret")
    keeper.note({"reasoning_details": [_text("a", signature="s")]})
    calls.feed({"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '"secret"'}}]})
    assert "secret" not in str(keeper.give(calls, None))


def test_marks_are_those_of_the_arguments_not_of_their_spelling():
    """A message that somebody has stored as JSON of their own is the same one."""
    calls = [ToolCall("1", "f", {"a": 1, "b": True}), ToolCall("1", "f", {"b": True, "a": 1})]
    others = [ToolCall("1", "g", {"a": 1, "b": True}), ToolCall("1", "f", {"a": 1, "b": 1})]
    marks, same, *different = (marks_of("x", [call]) for call in calls + others)
    assert marks == same
    assert marks not in different
    assert marks_of("y", calls) != marks_of("x", calls)
