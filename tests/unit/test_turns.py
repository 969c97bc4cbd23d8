"""Messages for wires that take the system's text apart and want speakers to take turns."""

import pytest

from llm_connectivity import ValidationError
from llm_connectivity.wires.turns import take_turns


def _said(*messages):
    """Write messages."""
    return [{"role": role, "content": content} for role, content in messages]


def _text(text):
    """Write a part."""
    return {"type": "text", "text": text}


def test_system_text_is_taken_out_in_order_and_warned_of_where_late():
    """Also a developer's, also in parts."""
    messages = _said(
        ("system", "a"), ("user", "Hi"), ("developer", [_text("b"), _text("c")]), ("system", "")
    )
    taken = take_turns(messages)
    assert taken.system == ["a", "b", "c"]
    places = [warning.partition(" ")[0] for warning in taken.warnings]
    assert places == ["messages[2]", "messages[3]"]


def test_neighbours_of_one_role_are_one_turn():
    """Their parts stay apart; an empty one is left out where there is another."""
    messages = _said(("user", "a"), ("user", ""), ("user", [_text("b")]), ("assistant", ""))
    turns = take_turns(messages).turns
    assert [(turn.role, turn.parts, turn.where) for turn in turns] == [
        ("user", [_text("a"), _text("b")], "messages[0]"),
        ("assistant", [_text("")], "messages[3]"),
    ]


def test_names_have_no_place_and_are_warned_of():
    """The API knows none."""
    taken = take_turns([{"role": "user", "content": "Hi", "name": "Ann"}])
    assert taken.warnings == ["messages[0]['name'] has no place on this wire: left out."]


def test_a_conversation_of_the_system_alone_is_refused():
    """Nobody is asked anything."""
    with pytest.raises(ValidationError, match="nothing but system messages"):
        take_turns(_said(("system", "a"), ("developer", "b")))


def test_very_many_messages_take_linear_time():
    """A hundred thousand neighbours of one role; in quadratic time the test would not end."""
    taken = take_turns(_said(("user", "a")) * 100_000)
    assert len(taken.turns[0].parts) == 100_000


def test_keyword_that_says_the_same_is_warned_of():
    """It wins, and does so loudly."""
    taken = take_turns(_said(("system", "a"), ("user", "Hi")))
    assert taken.replaced_by({"system": "b", "turns": []}, "system", "turns") == [
        "system= replaces the text of the system messages.",
        "turns= replaces the messages.",
    ]
    assert taken.replaced_by({}, "system", "turns") == []
