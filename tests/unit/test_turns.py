"""Messages for wires that take the system's text apart and want speakers to take turns."""

import pytest

from llm_connectivity import ValidationError
from llm_connectivity.wires.turns import Called, take_turns


def _said(*messages):
    """Write messages."""
    return [{"role": role, "content": content} for role, content in messages]


def _take(messages, provider="anthropic"):
    """Take messages apart; of what the provider wants back, "says" is what it has said."""
    return take_turns(messages, provider, lambda kept: (kept["says"], kept.get("calls", [])))


def _text(text):
    """Write a part."""
    return {"type": "text", "text": text}


def test_system_text_is_taken_out_in_order_and_warned_of_where_late():
    """Also a developer's, also in parts."""
    messages = _said(
        ("system", "a"), ("user", "Hi"), ("developer", [_text("b"), _text("c")]), ("system", "")
    )
    taken = _take(messages)
    assert [part.data for part in taken.system] == ["a", "b", "c"]
    places = [warning.partition(" ")[0] for warning in taken.warnings]
    assert places == ["messages[2]", "messages[3]"]


def test_neighbours_of_one_role_are_one_turn():
    """Their parts stay apart; an empty one is left out where there is another."""
    messages = _said(("user", "a"), ("user", ""), ("user", [_text("b")]), ("assistant", ""))
    turns = _take(messages).turns
    said = [(turn.role, [part.data for part in turn.parts], turn.where) for turn in turns]
    assert said == [("user", ["a", "b"], "messages[0]"), ("assistant", [""], "messages[3]")]


def test_names_have_no_place_and_are_warned_of():
    """The API knows none."""
    taken = _take([{"role": "user", "content": "Hi", "name": "Ann"}])
    assert taken.warnings == ["messages[0]['name'] has no place on this wire: left out."]


def test_a_conversation_of_the_system_alone_is_refused():
    """Nobody is asked anything."""
    with pytest.raises(ValidationError, match="nothing but system messages"):
        _take(_said(("system", "a"), ("developer", "b")))


def test_very_many_messages_take_linear_time():
    """A hundred thousand neighbours of one role; in quadratic time the test would not end."""
    taken = _take(_said(("user", "a")) * 100_000)
    assert len(taken.turns[0].parts) == 100_000


def test_keyword_that_says_the_same_is_warned_of():
    """It wins, and does so loudly."""
    taken = _take(_said(("system", "a"), ("user", "Hi")))
    assert taken.replaced_by({"system": "b", "turns": []}, "system", "turns") == [
        "system= replaces the text of the system messages.",
        "turns= replaces the messages.",
    ]
    assert taken.replaced_by({}, "system", "turns") == []


CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}}


def test_calls_and_results_find_each_other():
    """A result is the user's, and knows which function it is of."""
    assistant = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "c1", "content": [_text("4"), _text("2")]}
    asked, answered = _take([assistant, result]).turns
    assert (asked.role, asked.parts[0].kind, asked.parts[0].data.arguments) == (
        "assistant",
        "tool_call",
        {"x": 1},
    )
    assert (answered.role, answered.parts[0].kind) == ("user", "tool_result")
    assert (answered.parts[0].data.call.name, answered.parts[0].data.text) == ("add", "42")


@pytest.mark.parametrize(
    ("provider", "content", "kinds", "warned"),
    [
        pytest.param("anthropic", "Hi", ["verbatim"], False, id="as it was"),
        pytest.param("anthropic", "Ho", ["text", "tool_call"], True, id="changed"),
        pytest.param("google", "Hi", ["text", "tool_call"], False, id="another's"),
    ],
)
def test_what_a_provider_wants_back_goes_to_it_alone(provider, content, kinds, warned):
    """And only while the message says what the provider has said."""
    message = {"role": "assistant", "content": content, "tool_calls": [CALL]}
    message["provider_data"] = {
        "anthropic": {"says": "Hi", "calls": [Called("c1", "add", {"x": 1})]}
    }
    taken = _take([message], provider)
    assert [part.kind for part in taken.turns[0].parts] == kinds
    assert bool(taken.warnings) is warned


def test_a_mark_on_a_message_is_one_on_its_last_part():
    """As the wires have none for messages."""
    mark = {"type": "ephemeral"}
    message = {"role": "user", "content": [_text("a"), _text("b")], "cache_control": mark}
    parts = _take([message]).turns[0].parts
    assert [part.cache_control for part in parts] == [None, mark]


def test_a_refusal_is_the_text_where_there_is_none():
    """It is what the assistant has said."""
    turns = _take([{"role": "assistant", "content": "", "refusal": "No."}]).turns
    assert [part.data for part in turns[0].parts] == ["No."]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        pytest.param('{"x":1}', "verbatim", id="written otherwise"),
        pytest.param('{"x": 2}', "tool_call", id="changed"),
        pytest.param('{"x": true}', "tool_call", id="of another type"),
        pytest.param("[redacted]", "tool_call", id="taken out"),
    ],
)
def test_a_call_whose_arguments_were_changed_is_not_given_back_as_it_was(arguments, kind):
    """What the caller has written counts."""
    function = {"name": "add", "arguments": arguments}
    message = {"role": "assistant", "content": None, "tool_calls": [{**CALL, "function": function}]}
    message["provider_data"] = {"anthropic": {"says": "", "calls": [Called(None, "add", {"x": 1})]}}
    assert _take([message]).turns[0].parts[0].kind == kind


def test_arguments_that_are_no_json_are_compared_in_the_form_they_go_back_in():
    """A call that was cut off, behind thinking that is to go back."""
    function = {"name": "add", "arguments": '{"x": '}
    message = {"role": "assistant", "content": None, "tool_calls": [{**CALL, "function": function}]}
    told = Called("c1", "add", {"INVALID_JSON": '{"x": '})
    message["provider_data"] = {"anthropic": {"says": "", "calls": [told]}}
    assert _take([message]).turns[0].parts[0].kind == "verbatim"


def test_a_call_with_another_id_is_not_given_back_as_it_was():
    """Its result would name a call that is not there."""
    message = {"role": "assistant", "content": None, "tool_calls": [{**CALL, "id": "c2"}]}
    told = Called("c1", "add", {"x": 1})
    message["provider_data"] = {"anthropic": {"says": "", "calls": [told]}}
    assert _take([message]).turns[0].parts[0].kind == "tool_call"
