"""Calls and their results in messages, and messages as other clients have stored them."""

import copy
import json

import pytest

from llm_connectivity import (
    ChatResponse,
    Citation,
    LLMClient,
    MockAdapter,
    NetworkError,
    ToolCall,
    ValidationError,
)
from llm_connectivity.messages import check_messages, left_out

USER = {"role": "user", "content": "What is 1 + 2?"}


def _call(call_id="c1", name="add", arguments='{"x": 1}', **others):
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **others,
    }


def _asks(*calls, **others):
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **others}


def _result(call_id="c1", content="3", **others):
    return {"role": "tool", "tool_call_id": call_id, "content": content, **others}


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([USER, _asks(_call()), _result()], id="one"),
        pytest.param([_asks(_call()), _result()], id="without a user before"),
        pytest.param([_asks(_call("a"), _call("b")), _result("a"), _result("b")], id="two"),
        pytest.param([_asks(_call("a"), _call("b")), _result("b"), _result("a")], id="order"),
        pytest.param(
            [_asks(_call()), _result(), _asks(_call("c2")), _result("c2")], id="one by one"
        ),
        pytest.param([_asks(_call()), _result(), _asks(_call()), _result()], id="an id again"),
        pytest.param([_asks(_call(), content="I add."), _result(), USER], id="with text"),
        pytest.param([_asks(_call()), _result(content="")], id="an empty result"),
        pytest.param(
            [_asks(_call()), _result(content=[{"type": "text", "text": "3"}])], id="parts"
        ),
        pytest.param([_asks(_call()), _result(name="add")], id="a result's name"),
    ],
)
def test_calls_with_their_results_are_taken_as_they_are(messages):
    """Every call has its result behind it, in any order: that is right, and is copied."""
    before = copy.deepcopy(messages)
    checked = check_messages(messages)
    assert list(checked) == messages
    for message in checked:
        for call in message.get("tool_calls", ()):
            call["function"]["name"] = call["id"] = "changed"
    assert messages == before


@pytest.mark.parametrize(
    ("messages", "named", "way_out"),
    [
        pytest.param(
            [USER, _result()],
            "messages[1] is the result of the call 'c1'",
            "to_message()",
            id="alone",
        ),
        pytest.param(
            [USER, _asks(_call()), USER],
            "messages[1]['tool_calls'][0], the call 'c1', has no result",
            '"role": "tool"',
            id="a user instead of the result",
        ),
        pytest.param(
            [USER, _asks(_call())], "the call 'c1', has no result", '"tool"', id="nothing behind"
        ),
        pytest.param(
            [_asks(_call("a"), _call("b")), _result("a")],
            "messages[0]['tool_calls'][1], the call 'b', has no result",
            '"tool_call_id"',
            id="one of two",
        ),
        pytest.param(
            [_asks(_call("a"), _call("b")), _result("a"), USER, _result("b")],
            "the call 'b', has no result",
            '"tool_call_id"',
            id="a user between",
        ),
        pytest.param(
            [_asks(_call()), _result(), _result()],
            "messages[2] is the result of the call 'c1'",
            "one result for each",
            id="two results",
        ),
        pytest.param(
            [_asks(_call()), _result("c2")],
            "messages[1] is the result of the call 'c2'",
            "to_message()",
            id="another's result",
        ),
        pytest.param(
            [_asks(_call(), _call(name="sub")), _result()],
            "messages[0]['tool_calls'][1] has another call's id, 'c1'",
            "whose",
            id="two calls with one id",
        ),
        pytest.param(
            [_asks(_call()), {"role": "tool", "content": "3"}],
            "messages[1] has no 'tool_call_id'",
            "id of the call",
            id="a result without an id",
        ),
        pytest.param(
            [_asks(_call()), _result("")], "messages[1] has no 'tool_call_id'", "id", id="id empty"
        ),
        pytest.param(
            [_asks(_call()), _result(1)],
            "messages[1]['tool_call_id'] must be a string, not int",
            "str",
            id="id a number",
        ),
        pytest.param(
            [_asks(_call()), _result(content=None)],
            "messages[1]['content'] is None",
            "''",
            id="a function that gave nothing",
        ),
        pytest.param(
            [_asks(_call()), _result(content={"sum": 3})],
            "messages[1]['content'] must be a string or a list of parts, not dict",
            "json.dumps(",
            id="a result that is no text",
        ),
        pytest.param(
            [_asks(_call()), _result(content=3)], "not int", "json.dumps(", id="a result a number"
        ),
    ],
)
def test_calls_and_results_that_do_not_fit_are_refused(messages, named, way_out):
    """No provider takes a call without a result, or a result without a call: say which."""
    with pytest.raises(ValidationError) as caught:
        check_messages(messages)
    assert named in caught.value.message
    assert way_out in caught.value.hint
    assert caught.value.code == "invalid_messages"


@pytest.mark.parametrize(
    ("call", "named", "way_out"),
    [
        pytest.param("add", "is no call in OpenAI's form: str", "to_message()", id="a text"),
        pytest.param(
            ToolCall("c1", "add"),
            "is no call in OpenAI's form: ToolCall",
            "to_message()",
            id="ours",
        ),
        pytest.param({"id": "c", "name": "f"}, "is no call", '"function": {', id="no function"),
        pytest.param(_call(type="custom"), "unknown type 'custom'", '"function"', id="custom"),
        pytest.param(_call(None), "['id'] is missing", '"id"', id="id None"),
        pytest.param(_call(""), "['id'] is missing", '"id"', id="id empty"),
        pytest.param(_call(0), "['id'] must be a string, not int", "str", id="id a number"),
        pytest.param(_call(name=None), "['name'] is missing", '"name"', id="name None"),
        pytest.param(_call(name=[1]), "['name'] must be a string", "str", id="name a list"),
        pytest.param(_call(name="\ud800"), "lone surrogate", "UTF-8", id="name broken"),
        pytest.param(_call(arguments={1, 2}), "['arguments'] is a set", "JSON", id="arguments"),
        pytest.param(_call(result=3), "has the unknown key 'result'", "'function'", id="key"),
        pytest.param(
            {"id": "c", "function": {"name": "f", "args": {}}},
            "['function'] has the unknown key 'args'",
            "'arguments'",
            id="function's key",
        ),
    ],
)
def test_wrong_calls_are_refused(call, named, way_out):
    """A wrong call is named by its place, and shown how it is written."""
    with pytest.raises(ValidationError) as caught:
        check_messages([USER, _asks(call), _result()])
    assert caught.value.message.startswith("messages[1]['tool_calls'][0]")
    assert named in caught.value.message
    assert way_out in caught.value.hint


@pytest.mark.parametrize("calls", [{}, "x", 17, {"id": "c"}], ids=repr)
def test_calls_are_a_list(calls):
    """What is no list of calls is refused."""
    with pytest.raises(ValidationError, match=r"messages\[0\]\['tool_calls'\] must be a list"):
        check_messages([{"role": "assistant", "content": "x", "tool_calls": calls}])


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ('{"x": 1}', '{"x": 1}'),
        ({"x": "\u00e4"}, '{"x": "\u00e4"}'),
        (None, "{}"),
        ("", "{}"),
        ("  ", "{}"),
        ('{"x": ', '{"x": '),
        ([1], "[1]"),
    ],
    ids=["text", "dict", "None", "empty", "blank", "no JSON", "list"],
)
def test_arguments_are_sent_as_text(arguments, sent):
    """Arguments are the text that was given, JSON is written, and none are an empty object."""
    _, message, _ = check_messages([USER, _asks(_call(arguments=arguments)), _result()])
    assert message["tool_calls"][0]["function"]["arguments"] == sent


@pytest.mark.parametrize(
    "message",
    [
        _asks(_call()),
        {key: value for key, value in _asks(_call()).items() if key != "content"},
        _asks(_call(), content=""),
        _asks(_call(), content=[]),
    ],
    ids=["None", "missing", "empty", "no parts"],
)
def test_messages_that_call_need_no_text(message):
    """An assistant's message with calls may have no text at all."""
    assert not check_messages([message, _result()])[0]["content"]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": None},
        {"role": "assistant"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": None},
    ],
    ids=["None", "missing", "no calls", "a user"],
)
def test_other_messages_need_content(message):
    """Without calls and refusal there must be content, if only an empty text."""
    with pytest.raises(ValidationError, match=r"messages\[0\].*'content'"):
        check_messages([message])


@pytest.mark.parametrize(
    ("message", "named", "way_out"),
    [
        pytest.param(_result() | {"role": "user"}, "'tool_call_id'", '"role": "tool"', id="id"),
        pytest.param({**USER, "tool_calls": []}, "'tool_calls'", "assistant", id="user's calls"),
        pytest.param({**USER, "refusal": "x"}, "'refusal'", "'content'", id="user's refusal"),
        pytest.param({**USER, "provider_data": {}}, "'provider_data'", "'name'", id="user's data"),
        pytest.param({**USER, "annotations": []}, "'annotations'", "'name'", id="annotations"),
        pytest.param(
            {"role": "assistant", "content": "x", "function_call": {"name": "f"}},
            "'function_call'",
            "'tool_calls'",
            id="function_call",
        ),
        pytest.param(
            {"role": "assistant", "content": "x", "audio": {"id": "a"}},
            "'audio'",
            "content",
            id="audio",
        ),
        pytest.param({"role": "user", "parts": []}, "'parts'", "'content'", id="parts"),
        pytest.param({**USER, 17: 1}, "unknown key 17", "'content'", id="a key that is no text"),
    ],
)
def test_keys_that_a_speaker_has_not_are_refused(message, named, way_out):
    """A key that has no place says where it belongs."""
    with pytest.raises(ValidationError) as caught:
        check_messages([message])
    assert caught.value.message.startswith("messages[0] has the unknown key ")
    assert named in caught.value.message
    assert way_out in caught.value.hint


@pytest.mark.parametrize(
    ("role", "ours"),
    [("function", "tool"), ("model", "assistant"), ("human", "user"), ("AI", "assistant")],
)
def test_roles_of_other_forms_are_named_in_ours(role, ours):
    """Who comes from another API is told what the role is called here."""
    with pytest.raises(ValidationError) as caught:
        check_messages([{"role": role, "content": "x"}])
    assert f"Did you mean {ours!r}?" in caught.value.hint


@pytest.mark.parametrize(
    "kept", ["x", [], {"openai": "x"}, {"openai": None}, {1: {}}, {"a": {"b": {1}}}], ids=repr
)
def test_provider_data_that_is_none_is_refused(kept):
    """It is what `to_message()` has made, and no work of one's own."""
    message = {"role": "assistant", "content": "x", "provider_data": kept}
    with pytest.raises(ValidationError) as caught:
        check_messages([message])
    assert caught.value.message.startswith("messages[0]['provider_data']")
    assert caught.value.hint


def test_provider_data_is_mended_as_answers_are():
    """A signature beside half a surrogate pair does not end the conversation."""
    kept = {"a": {"text": "x\ud83d", "signature": "s"}}
    (checked,) = check_messages([{"role": "assistant", "content": "x", "provider_data": kept}])
    assert checked["provider_data"] == {"a": {"text": "x\ufffd", "signature": "s"}}


# What the vendor's own SDK gives for answers with ``message.model_dump()``.
DUMPED = {
    "content": "3",
    "refusal": None,
    "role": "assistant",
    "annotations": [],
    "audio": None,
    "function_call": None,
    "tool_calls": None,
}


@pytest.mark.parametrize(
    ("dumped", "sent", "warned"),
    [
        pytest.param(DUMPED, {"role": "assistant", "content": "3"}, [], id="text"),
        pytest.param(
            {**DUMPED, "content": None, "refusal": "No."},
            {"role": "assistant", "content": None, "refusal": "No."},
            [],
            id="refusal",
        ),
        pytest.param(
            {**DUMPED, "annotations": [{"type": "url_citation"}], "parsed": {"sum": 3}},
            {"role": "assistant", "content": "3"},
            ["messages[1]['annotations']", "messages[1]['parsed']"],
            id="citations",
        ),
        pytest.param(
            {**DUMPED, "reasoning_content": "Hm.", "reasoning": "", "reasoning_details": []},
            {"role": "assistant", "content": "3"},
            ["messages[1]['reasoning_content']"],
            id="reasoning",
        ),
        pytest.param(
            {**DUMPED, "thinking_blocks": [{"type": "thinking", "signature": "s"}]},
            {"role": "assistant", "content": "3"},
            ["messages[1]['thinking_blocks']"],
            id="signed reasoning",
        ),
    ],
)
def test_stored_answers_of_other_clients_are_taken(dumped, sent, warned):
    """What only tells of an answer is left out, with a warning where there was something."""
    messages = [USER, dumped, USER]
    assert check_messages(messages)[1] == sent
    assert list(left_out(messages)) == [
        f"{place} is about an answer: not sent." for place in warned
    ]


def test_stored_calls_of_other_clients_are_taken():
    """Calls of other clients may be numbered and signed; what is lost is warned of."""
    call = _call(index=0, extra_content={"google": {"thought_signature": "x"}})
    messages = [{**DUMPED, "content": None, "tool_calls": [call]}, _result()]
    assert check_messages(messages)[0] == _asks(_call())
    (warning,) = left_out(messages)
    assert "messages[0]['tool_calls'][0]['extra_content']" in warning


def test_stored_answers_warn_on_the_response():
    """The warning is on the answer, whoever gives it."""
    stored = {**DUMPED, "annotations": [{"type": "url_citation"}]}
    warning = "messages[0]['annotations'] is about an answer: not sent."
    first, second = MockAdapter([NetworkError]), MockAdapter(["Hi"])
    with LLMClient(adapter=first, fallbacks=[second], max_retries=0) as client:
        assert client.chat([stored, USER]).warnings[1:] == (warning,)
    with LLMClient(adapter=MockAdapter(["Hi"])) as client:
        assert client.chat_stream([stored, USER]).collect().warnings == (warning,)


class _Answer:
    def to_message(self):
        """Be like an answer."""


class _Model:
    def model_dump(self):
        """Be like a pydantic model."""


@pytest.mark.parametrize(
    ("message", "way_out"),
    [
        (_Answer(), "Append response.to_message()."),
        (ChatResponse(content="x"), "Append response.to_message()."),
        (_Model(), "Give message.model_dump()."),
        ("Hello", '{"role": "user"'),
    ],
    ids=["answer", "ours", "pydantic", "text"],
)
def test_objects_in_place_of_messages_are_told_how_to_become_one(message, way_out):
    """The object itself was appended: the way out is its own method."""
    with pytest.raises(ValidationError) as caught:
        check_messages([USER, message])
    assert way_out in caught.value.hint
    assert caught.value.message.startswith("messages[1] must be a dict")


@pytest.mark.parametrize(
    "response",
    [
        ChatResponse(content="Hi", provider="mock"),
        ChatResponse(content="", provider="mock"),
        ChatResponse(content="", refusal="No.", provider="mock"),
        ChatResponse(content="Hi", reasoning="Hm.", citations=(Citation(url="u"),)),
        ChatResponse(content="Hi", provider="mock", _verbatim={"blocks": [{"signature": "s"}]}),
        ChatResponse(content="", tool_calls=(ToolCall("c1", "add", {"x": 1}, '{"x": 1}'),)),
        ChatResponse(content="So.", tool_calls=(ToolCall("c1", "now"),)),
        ChatResponse(content="", tool_calls=(ToolCall("c1", "now", {}, "\n"),)),
        ChatResponse(content="", tool_calls=(ToolCall("c1", "f", "{", "{", complete=False),)),
    ],
    ids=["text", "nothing", "refusal", "more", "kept", "call", "text and call", "blank", "broken"],
)
def test_an_answers_message_can_be_appended(response):
    """What `to_message()` gives is right as it is, and survives being stored as JSON."""
    message = response.to_message()
    results = [_result(call.id) for call in response.tool_calls]
    (checked, *_) = check_messages([message, *results, USER])
    assert checked == message
    assert json.loads(json.dumps(message)) == message
    for call in message.get("tool_calls", ()):
        assert call["function"]["arguments"].strip()
