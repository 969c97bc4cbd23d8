"""Messages: whatever is wrong is named by index and field, and what is right is copied."""

import copy
from collections import deque
from types import MappingProxyType

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.messages import check_messages

USER = {"role": "user", "content": "Hello"}


def _message(**fields):
    """Give a user message with these fields replaced; `None` is kept."""
    return {**USER, **fields}


def _part(**fields):
    """Give a text part with these fields replaced."""
    return {"type": "text", "text": "Hello", **fields}


@pytest.mark.parametrize(
    ("messages", "named", "way_out"),
    [
        pytest.param([], "messages is empty", "at least one", id="no messages"),
        pytest.param((), "messages is empty", "at least one", id="an empty tuple"),
        pytest.param(USER, "single dict", "messages=[{...}]", id="a dict"),
        pytest.param({}, "single dict", "messages=[{...}]", id="an empty dict"),
        pytest.param(b"Hello", "not bytes", '{"role": "user"', id="bytes"),
        pytest.param(bytearray(b"x"), "not bytearray", '{"role": "user"', id="bytearray"),
        pytest.param((m for m in [USER]), "not generator", '{"role": "user"', id="generator"),
        pytest.param(17, "not int", '{"role": "user"', id="number"),
        pytest.param(None, "not NoneType", '{"role": "user"', id="None"),
        pytest.param({1, 2}, "not set", '{"role": "user"', id="set"),
        pytest.param(["Hello"], "messages[0] must be a dict", '{"role": "user"', id="texts"),
        pytest.param([USER, None], "messages[1] must be a dict", "NoneType", id="None inside"),
        pytest.param([USER, [USER]], "messages[1] must be a dict", "list", id="list inside"),
        pytest.param([{"content": "x"}], "messages[0] has no 'role'", "'content'", id="no role"),
        pytest.param(
            [USER, {"role": "user"}], "messages[1] has no 'content'", "'role'", id="no content"
        ),
        pytest.param([{}], "messages[0] has no 'role'", "none", id="an empty message"),
        pytest.param(
            [_message(content=None)], "messages[0]['content'] is None", "string", id="content None"
        ),
        pytest.param(
            [_message(role=None)], "messages[0]['role'] is None", "'user'", id="role None"
        ),
        pytest.param(
            [_message(role="usr")],
            "messages[0]['role'] is unknown: 'usr'",
            "Did you mean 'user'?",
            id="misspelt role",
        ),
        pytest.param(
            [_message(role="Assistant")],
            "'Assistant'",
            "Did you mean 'assistant'?",
            id="role in capitals",
        ),
        pytest.param(
            [_message(role="bot")],
            "'bot'",
            "'system', 'developer', 'user', 'assistant'",
            id="unknown role",
        ),
        pytest.param(
            [_message(role=17)],
            "messages[0]['role'] is unknown: 17",
            "'user'",
            id="role of a wrong type",
        ),
        pytest.param(
            [_message(role=["user"])],
            "messages[0]['role'] is unknown",
            "'user'",
            id="role that has no hash",
        ),
        pytest.param(
            [USER, _message(content=17)],
            "messages[1]['content'] must be a string",
            "int",
            id="content a number",
        ),
        pytest.param(
            [_message(content=b"x")],
            "messages[0]['content'] must be a string",
            "bytes",
            id="content bytes",
        ),
        pytest.param(
            [_message(content=_part())],
            "messages[0]['content'] must be a string",
            "dict",
            id="content a dict",
        ),
        pytest.param(
            [_message(content=(p for p in ()))],
            "messages[0]['content']",
            "generator",
            id="content a generator",
        ),
        pytest.param(
            [_message(content=["x"])],
            "messages[0]['content'][0] must be a dict",
            '{"type": "text"',
            id="part a text",
        ),
        pytest.param(
            [_message(content=[_part(), _part(type="video")])],
            "messages[0]['content'][1] has the unknown type 'video'",
            "'text'",
            id="unknown part type",
        ),
        pytest.param(
            [_message(content=[{"text": "x"}])],
            "messages[0]['content'][0]",
            "'text'",
            id="part without a type",
        ),
        pytest.param(
            [_message(content=[{"type": "text"}])],
            "messages[0]['content'][0] has no 'text'",
            "'type'",
            id="part without text",
        ),
        pytest.param(
            [_message(content=[_part(text=17)])],
            "messages[0]['content'][0]['text'] must be a string, not int",
            "str",
            id="part with a number",
        ),
        pytest.param(
            [_message(content=[_part(x=1)])],
            "messages[0]['content'][0] has the unknown key 'x'",
            "'type', 'text'",
            id="part with an unknown key",
        ),
        pytest.param(
            [_message(contents="x")],
            "messages[0] has the unknown key 'contents'",
            "'content'",
            id="unknown key",
        ),
        pytest.param(
            [_message(name=17)],
            "messages[0]['name'] must be a string, not int",
            "str",
            id="name of a wrong type",
        ),
        pytest.param(
            "a\ud83db",
            "messages[0]['content'] holds a lone surrogate",
            "at character 1",
            id="lone surrogate in a text",
        ),
        pytest.param(
            [_message(content=[_part(text="\udc00")])],
            "messages[0]['content'][0]['text'] holds a lone surrogate",
            "UTF-8",
            id="lone surrogate in a part",
        ),
        pytest.param(
            [_message(name="\ud800")],
            "messages[0]['name'] holds a lone surrogate",
            "UTF-8",
            id="lone surrogate in a name",
        ),
    ],
)
def test_wrong_messages_are_refused(messages, named, way_out):
    """Wrong messages are a `ValidationError` that names place, value and way out."""
    with pytest.raises(ValidationError) as caught:
        check_messages(messages)
    assert named in caught.value.message
    assert way_out in str(caught.value)
    assert caught.value.hint


def test_text_is_one_user_message():
    """A plain text is one message of the user, even an empty one."""
    assert check_messages("Hello") == (USER,)
    assert check_messages("") == ({"role": "user", "content": ""},)


@pytest.mark.parametrize(
    "messages",
    [[USER], (USER,), deque([USER]), [MappingProxyType(USER)], [{**USER, "name": None}]],
    ids=["list", "tuple", "deque", "read-only mapping", "None in an optional key"],
)
def test_messages_may_be_any_sequence_of_mappings(messages):
    """Any sequence of mappings becomes a tuple of plain dicts."""
    checked = check_messages(messages)
    assert checked == (USER,)
    assert type(checked[0]) is dict


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_roles_are_kept(role):
    """Each role of the wire is taken as it is, with its name."""
    message = {"role": role, "content": "x", "name": "n"}
    assert check_messages([message]) == (message,)


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ([_part(text=""), _part(), _part(text="")], [_part()]),
        ((_part(),), [_part()]),
        ([_part(text=" ")], [_part(text=" ")]),
        ([MappingProxyType(_part())], [_part()]),
    ],
    ids=["empty ones", "a tuple", "a blank is something", "a read-only mapping"],
)
def test_empty_parts_are_dropped(parts, kept):
    """Parts without text are dropped, and the rest stays in order."""
    assert check_messages([_message(content=parts)])[0]["content"] == kept


def test_messages_are_copied():
    """Neither checking nor changing what it gave changes what the caller holds."""
    given = [_message(content=[_part(text=""), _part()]), _message(name=None)]
    before = copy.deepcopy(given)
    for message in check_messages(given):
        if isinstance(message["content"], list):
            message["content"][0]["text"] = "changed"
        message["role"] = "changed"
    assert given == before
