"""Tools, the choice among them, reasoning and the answer's form: checked before any I/O."""

import pytest

from llm_connectivity import LLMClient, MockAdapter, ValidationError
from llm_connectivity.option_checks import check_together
from llm_connectivity.options import check_options
from tests.growth import assert_linear

SCHEMA = {"type": "object", "properties": {"x": {"type": "number"}}}


def _tool(name="add", **others):
    return {"type": "function", "function": {"name": name, **others}}


def _named(name="add"):
    return {"type": "function", "function": {"name": name}}


def _form(**others):
    return {"type": "json_schema", "json_schema": {"schema": SCHEMA, **others}}


@pytest.mark.parametrize(
    ("option", "given", "sent"),
    [
        pytest.param("tools", [_tool()], [_tool()], id="a name alone"),
        pytest.param("tools", (_tool(),), [_tool()], id="a tuple"),
        pytest.param(
            "tools",
            [_tool(description="Adds.", parameters=SCHEMA, strict=True)],
            [_tool(description="Adds.", parameters=SCHEMA, strict=True)],
            id="all of it",
        ),
        pytest.param(
            "tools", [_tool(description=None, parameters=None)], [_tool()], id="nulls are left out"
        ),
        pytest.param(
            "tools",
            [{"type": "web_search_20250305", "name": "web_search"}, {"googleSearch": {}}],
            [{"type": "web_search_20250305", "name": "web_search"}, {"googleSearch": {}}],
            id="the provider's own",
        ),
        pytest.param("tool_choice", "auto", "auto", id="auto"),
        pytest.param("tool_choice", "required", "required", id="required"),
        pytest.param("tool_choice", _named(), _named(), id="a function"),
        pytest.param("reasoning", "high", "high", id="a word"),
        pytest.param("reasoning", 0, 0, id="no tokens"),
        pytest.param("reasoning", 2048, 2048, id="tokens"),
        pytest.param("response_format", {"type": "text"}, {"type": "text"}, id="text"),
        pytest.param(
            "response_format", {"type": "json_object"}, {"type": "json_object"}, id="JSON"
        ),
        pytest.param("response_format", _form(), _form(name="answer"), id="a schema"),
        pytest.param(
            "response_format",
            _form(name="sum", strict=True),
            _form(name="sum", strict=True),
            id="a strict schema",
        ),
        pytest.param(
            "response_format", _form(name=None, strict=None), _form(name="answer"), id="null name"
        ),
        pytest.param("parallel_tool_calls", False, False, id="one at a time"),
    ],
)
def test_right_options_are_sent_as_they_are(option, given, sent):
    """What is right goes on, without what is null."""
    assert check_options({option: given}) == {option: sent}


def test_no_tools_are_none():
    """A list of tools that came out empty is not sent: providers refuse it."""
    assert check_options({"tools": []}) == check_options({"tools": ()}) == {}


def _function():
    """Be no dict."""


class _Model:
    """Be a class."""


WRONG = [
    # tools
    pytest.param({"tools": _tool()}, "tools must be a list of dicts, not dict", '"name"', id="one"),
    pytest.param({"tools": "add"}, "not str", "For example", id="tools a text"),
    pytest.param({"tools": (t for t in ())}, "not generator", "For example", id="generator"),
    pytest.param(
        {"tools": [_function]}, "tools[0] must be a dict, not function", '"function"', id="f"
    ),
    pytest.param({"tools": [_tool(), None]}, "tools[1] must be a dict", "For", id="None inside"),
    pytest.param({"tools": [{}]}, "tools[0] has the type None", "For example", id="empty tool"),
    pytest.param(
        {"tools": [{"function": {"name": "f"}}]}, "tools[0] has the type None", "For", id="no type"
    ),
    pytest.param(
        {"tools": [{"type": "function", "name": "add"}]},
        "tools[0] has no 'function'",
        "For",
        id="flat",
    ),
    pytest.param(
        {"tools": [_tool(None)]},
        "['function'] has no 'name'",
        "For",
        id="None",
    ),
    pytest.param(
        {"tools": [_tool("")]}, "['function'] has no 'name'", "For example", id="name empty"
    ),
    pytest.param(
        {"tools": [_tool(parameters="{}")]},
        "['parameters'] must be a dict: a JSON schema",
        "For",
        id="p",
    ),
    pytest.param({"tools": [_tool(description=1)]}, "['description']", "For", id="description"),
    pytest.param(
        {"tools": [_tool(parameters={"x": {1}})]},
        "tools[0]['function']['parameters']['x'] is a set",
        "JSON holds",
        id="a set inside",
    ),
    pytest.param({"tools": [_tool("\ud800")]}, "lone surrogate", "UTF-8", id="name broken"),
    pytest.param(
        {"tools": [_tool(), _tool("b"), _tool()]},
        "two functions called 'add'",
        "Rename",
        id="twice",
    ),
    pytest.param(
        {"tools": [{"name": "add", "parameters": {}}]},
        "tools[0] is a function without the dict around it",
        "For example",
        id="bare",
    ),
    pytest.param(
        {"tools": [{"type": "function", "function": {"name": "add", "params": {}}}]},
        "['function'] has the unknown key 'params'",
        "Did you mean 'parameters'?",
        id="misspelt",
    ),
    pytest.param(
        {"tools": [_tool(parameters={"x": {"type": "number"}})]},
        "['parameters'] is no JSON schema: its keys are 'x'",
        '"properties"',
        id="properties alone",
    ),
    pytest.param(
        {"response_format": {"type": "json_schema", "json_schema": {"schema": "{}"}}},
        "has no schema, but '{}'",
        "a dict",
        id="schema a text",
    ),
    pytest.param(
        {"tools": [{**_tool(), "cache_control": 7}]},
        "tools[0]['cache_control'] must be {'type': 'ephemeral'}",
        "ttl",
        id="mark",
    ),
    pytest.param(
        {"tools": [_tool(strict="x")]}, "['strict'] must be True or False", "For", id="strict"
    ),
    # tool_choice
    pytest.param(
        {"tools": [_tool()], "tool_choice": {**_named(), "disable_parallel_tool_use": True}},
        "tool_choice has the unknown key 'disable_parallel_tool_use'",
        "Known: type, function",
        id="more than a choice",
    ),
    pytest.param({"tool_choice": "any"}, "not 'any'", '{"name": "add"}', id="any"),
    pytest.param({"tool_choice": True}, "not True", "function", id="choice a flag"),
    pytest.param({"tool_choice": {"type": "auto"}}, "{'type': 'auto'}", "extra_body", id="dict"),
    pytest.param(
        {"tool_choice": {"type": "function", "name": "a"}}, "'name': 'a'", "so:", id="flat choice"
    ),
    pytest.param({"tool_choice": _named("")}, "tool_choice must be", "so:", id="no name"),
    pytest.param({"tool_choice": _named(1)}, "tool_choice must be", "so:", id="name a number"),
    pytest.param({"tool_choice": _named("\ud800")}, "lone surrogate", "UTF-8", id="broken"),
    # reasoning
    pytest.param({"reasoning": "much"}, "not 'much'", "extra_body", id="another word"),
    pytest.param({"reasoning": -1}, "not -1", "extra_body", id="below 0"),
    pytest.param({"reasoning": True}, "not True", "extra_body", id="a flag"),
    pytest.param({"reasoning": 1.5}, "not 1.5", "extra_body", id="half a token"),
    pytest.param({"reasoning": {"effort": "low"}}, "'effort'", "extra_body", id="reasoning a dict"),
    pytest.param({"reasoning": 10**400}, "too large", "string", id="huge"),
    # response_format
    pytest.param({"response_format": "json"}, "not 'json'", "json_schema", id="a word"),
    pytest.param({"response_format": _Model}, "_Model", "model_json_schema()", id="a class"),
    pytest.param({"response_format": SCHEMA}, "not 'object'", "json_schema", id="bare schema"),
    pytest.param(
        {"response_format": {"type": "json_schema", "schema": SCHEMA}},
        "response_format has the unknown key 'schema'",
        "json_schema",
        id="flat",
    ),
    pytest.param({"response_format": {"type": ["text"]}}, "['text']", "json", id="type a list"),
    pytest.param({"response_format": _form(name=1)}, "'name': 1", "left out", id="name"),
    pytest.param(
        {"response_format": _form(strict="yes")}, "'strict': 'yes'", "left out", id="strict"
    ),
    pytest.param(
        {"response_format": _form(x=_function)},
        "['json_schema']['x'] is a function",
        "JSON",
        id="deep",
    ),
    pytest.param({"parallel_tool_calls": 1}, "must be True or False, not 1", "", id="a number"),
    pytest.param({"n": 0}, "n must be a whole number of at least 1, not 0", "", id="n 0"),
    # together
    pytest.param(
        {"tool_choice": "auto"}, "tool_choice was given without tools", "leave", id="lone"
    ),
    pytest.param(
        {"tool_choice": "required", "tools": []}, "without tools", "leave it out", id="empty"
    ),
    pytest.param({"parallel_tool_calls": True}, "without tools", "leave it out", id="lone flag"),
    pytest.param(
        {"tools": [_tool()], "tool_choice": _named("sub")},
        "tool_choice names a function that tools has not: 'sub'",
        "It has: 'add'",
        id="another's name",
    ),
    pytest.param(
        {"tools": [{"type": "x", "name": "y"}], "tool_choice": _named()}, "'add'", "'y'", id="none"
    ),
]


@pytest.mark.parametrize("ask", ["chat", "chat_stream"])
@pytest.mark.parametrize(("options", "named", "way_out"), WRONG)
def test_wrong_options_are_refused_before_anything_is_sent(options, named, way_out, ask):
    """Place, value and way out; nobody has been asked, not even for a stream not yet read."""
    adapter = MockAdapter(["Hi"])
    with LLMClient(adapter=adapter) as client, pytest.raises(ValidationError) as caught:
        getattr(client, ask)("Hello", **options)
    assert named in caught.value.message
    assert way_out in str(caught.value)
    assert adapter.requests == []
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({}, {}),
        ({"tool_choice": "none"}, {}),
        ({"tool_choice": "auto"}, {"tools": [{"x": 1}]}),
        ({"tool_choice": _named("sub")}, {"tools": [{"x": 1}]}),
        ({"tools": [_tool()], "tool_choice": _named()}, {}),
        ({"tools": [_tool()], "parallel_tool_calls": False}, {}),
    ],
    ids=["nothing", "none of none", "extra tools", "name of an extra tool", "name", "flag"],
)
def test_options_that_fit_together_are_taken(options, extra):
    """Tools may also be the provider's own, in extra_body."""
    check_together(options, extra)


def test_options_are_copied():
    """What the caller changes afterwards is not sent."""
    given = [_tool(parameters={"properties": {}})]
    checked = check_options({"tools": given})["tools"]
    given[0]["function"]["parameters"]["properties"]["x"] = {}
    assert checked == [_tool(parameters={"properties": {}})]


def test_very_many_tools_take_linear_time():
    """Eight thousand functions are checked in a moment."""
    assert_linear(
        lambda n: check_options({"tools": [_tool(f"f{i}", parameters=SCHEMA) for i in range(n)]}),
        2000,
    )


def test_several_answers_are_refused_for_streams():
    """A stream is one answer."""
    with LLMClient(adapter=MockAdapter(["Hi"])) as client:
        with pytest.raises(ValidationError, match="n=2 can't be streamed") as caught:
            client.chat_stream("Hello", n=2)
        assert "chat(..., n=...)" in caught.value.hint
        assert client.chat_stream("Hello", n=1).collect().content == "Hi"


@pytest.mark.parametrize("option", ["tools", "reasoning", "response_format"])
def test_options_that_a_wire_lacks_are_refused_or_dropped(option):
    """As the others are."""
    value = {"tools": [_tool()], "reasoning": "low", "response_format": {"type": "json_object"}}
    given = {option: value[option]}
    adapter = MockAdapter(["Hi"], unsupported={option})
    with LLMClient(adapter=adapter) as client:
        with pytest.raises(ValidationError, match=f"mock has no option '{option}'"):
            client.chat("Hello", **given)
        warnings = client.chat("Hello", drop_unsupported=True, **given).warnings
    assert warnings == (f"mock has no option '{option}': dropped.",)
