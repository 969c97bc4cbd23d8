"""The request body of OpenAI's wire."""

import json

import pytest

from llm_connectivity import ValidationError
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.json_text import encode_body, merge_deeply
from llm_connectivity.wires.openai_chat import Dialect, OpenAIChatCodec

HELLO = ({"role": "user", "content": "Hello"},)


def _request(messages=HELLO, **fields):
    """Make a request."""
    return ChatRequest(provider="openai", model="gpt-4o-mini", messages=messages, **fields)


def _build(request, *, stream=False, max_tokens_field="max_tokens"):
    """Build the body of a request."""
    return OpenAIChatCodec(Dialect(max_tokens_field=max_tokens_field)).build_chat(
        request, stream=stream
    )


def test_body_holds_model_and_messages_alone():
    """What was not given is not sent."""
    assert _build(_request()) == {"model": "gpt-4o-mini", "messages": list(HELLO)}


def test_stream_body_asks_for_usage():
    """A stream is asked for with its usage; a whole answer has neither key."""
    body = _build(_request(), stream=True)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_system_messages_stay_where_they_stand():
    """On this wire messages are sent in the order and the roles they were given."""
    messages = tuple({"role": role, "content": role} for role in ("user", "system", "system"))
    assert _build(_request(messages))["messages"] == list(messages)


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_max_tokens_goes_under_the_servers_name(field):
    """`max_tokens` is sent under the one name that the server takes."""
    body = _build(_request(options={"max_tokens": 5}), max_tokens_field=field)
    assert {name: value for name, value in body.items() if "max_" in name} == {field: 5}


@pytest.mark.parametrize("ours", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("theirs", ["max_tokens", "max_completion_tokens"])
def test_vendors_keyword_wins_over_max_tokens(ours, theirs):
    """The caller's own vendor keyword wins, and our name is not sent beside it."""
    request = _request(options={"max_tokens": 5}, extra={theirs: 9})
    body = _build(request, max_tokens_field=ours)
    assert {name: value for name, value in body.items() if "max_" in name} == {theirs: 9}


@pytest.mark.parametrize(
    ("options", "extra", "merged"),
    [
        pytest.param({"temperature": 0.0}, {}, {"temperature": 0.0}, id="zero is sent"),
        pytest.param({"seed": 1, "user": "u"}, {}, {"seed": 1, "user": "u"}, id="own names"),
        pytest.param({}, {"top_k": 3}, {"top_k": 3}, id="other keyword"),
        pytest.param({}, {"store": None}, {"store": None}, id="null in an other keyword is sent"),
        pytest.param({"seed": 1}, {"seed": 2}, {"seed": 2}, id="extra_body over an option"),
    ],
)
def test_options_and_keywords_go_to_the_root(options, extra, merged):
    """Named options and other keywords go to the body's root as they are."""
    body = _build(_request(options=options, extra=extra))
    assert body == {"model": "gpt-4o-mini", "messages": list(HELLO), **merged}


@pytest.mark.parametrize(
    ("extra", "stream_options"),
    [
        ({"stream_options": {"x": 1}}, {"include_usage": True, "x": 1}),
        ({"stream_options": {"include_usage": False}}, {"include_usage": False}),
        ({"stream_options": None}, None),
    ],
    ids=["added", "replaced", "taken out"],
)
def test_stream_options_are_merged(extra, stream_options):
    """The caller's stream options are laid over ours, key by key."""
    assert _build(_request(extra=extra), stream=True)["stream_options"] == stream_options


@pytest.mark.parametrize(
    ("base", "extra", "merged"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="side by side"),
        pytest.param(
            {"a": {"b": {"c": 1}}},
            {"a": {"b": {"d": 2}}},
            {"a": {"b": {"c": 1, "d": 2}}},
            id="deep",
        ),
        pytest.param({"a": {"b": 1}}, {"a": 2}, {"a": 2}, id="dict replaced"),
        pytest.param({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}, id="by a dict"),
        pytest.param({"a": [1]}, {"a": [2]}, {"a": [2]}, id="lists are replaced"),
    ],
)
def test_merge_is_deep(base, extra, merged):
    """Dicts are merged at any depth, anything else is replaced."""
    assert merge_deeply(base, extra) == merged


def test_body_leaves_the_request_as_it_was():
    """Building a body, twice, changes nothing that the caller holds."""
    extra = {"stream_options": {"x": 1}, "metadata": {"a": {"b": 1}}}
    request = _request(options={"max_tokens": 5}, extra=extra)
    before = json.dumps(extra)
    assert _build(request, stream=True) == _build(request, stream=True)
    assert (json.dumps(extra), dict(request.options)) == (before, {"max_tokens": 5})


def test_encoded_body_is_compact_utf8():
    """The body is sent as UTF-8 without blanks, not as escapes."""
    assert encode_body({"a": ["é🙂", None, 1.5]}) == '{"a":["é🙂",null,1.5]}'.encode()


def test_body_asks_for_no_usage_where_a_server_refuses_that():
    """The stream is asked for all the same."""
    codec = OpenAIChatCodec(Dialect(counts_streams=False))
    body = codec.build_chat(_request(), stream=True)
    assert (body["stream"], "stream_options" in body) == (True, False)


def test_options_that_a_server_refuses_are_none_of_its_codec():
    """So they are refused, or dropped with a warning, before anything is sent."""
    codec = OpenAIChatCodec(Dialect(refuses=frozenset({"seed", "user"})))
    assert OpenAIChatCodec().options - codec.options == {"seed", "user"}


TOOL = {"type": "function", "function": {"name": "add", "strict": True}}
FORM = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("temperature", 0.5),
        ("top_p", 1),
        ("stop", ["END"]),
        ("seed", 7),
        ("frequency_penalty", -1),
        ("presence_penalty", 1),
        ("user", "u"),
        ("tools", [TOOL]),
        ("tool_choice", {"type": "function", "function": {"name": "add"}}),
        ("parallel_tool_calls", False),
        ("response_format", FORM),
        ("n", 3),
        ("max_tokens", 5),
    ],
)
def test_options_have_the_wires_own_names(option, value):
    """Each option of this wire goes under its own name, as it is."""
    assert option in OpenAIChatCodec().options
    assert _build(_request(options={option: value}))[option] == value


@pytest.mark.parametrize(
    ("field", "reasoning", "sent"),
    [
        ("reasoning_effort", "high", {"reasoning_effort": "high"}),
        ("reasoning", "low", {"reasoning": {"effort": "low"}}),
        ("reasoning", 1024, {"reasoning": {"max_tokens": 1024}}),
        ("thinking_budget", 1024, {"enable_thinking": True, "thinking_budget": 1024}),
        ("thinking_budget", 0, {"enable_thinking": False, "thinking_budget": 0}),
    ],
)
def test_reasoning_goes_under_the_servers_own_field(field, reasoning, sent):
    """A word or a number of tokens, as the server wants it."""
    codec = OpenAIChatCodec(Dialect(reasoning_field=field))
    request = _request(options={"reasoning": reasoning})
    assert codec.check_chat(request) == ()
    body = codec.build_chat(request, stream=False)
    assert body == {"model": "gpt-4o-mini", "messages": list(HELLO), **sent}


@pytest.mark.parametrize(
    ("field", "reasoning", "named"),
    [
        (
            "reasoning_effort",
            1024,
            "openai takes 'low', 'medium' or 'high' for reasoning, not 1024",
        ),
        ("reasoning_effort", 0, "not 0"),
        ("thinking_budget", "low", "takes a number of tokens for reasoning, not 'low'"),
    ],
)
def test_reasoning_that_a_server_can_not_take_is_refused(field, reasoning, named):
    """Before anything is sent, with the value and what would be right."""
    codec = OpenAIChatCodec(Dialect(reasoning_field=field))
    with pytest.raises(ValidationError) as caught:
        codec.check_chat(_request(options={"reasoning": reasoning}))
    assert named in caught.value.message
    assert caught.value.code == "unsupported_option"
    assert "extra_body" in caught.value.hint


def test_tools_of_other_forms_are_refused():
    """Every tool of this wire has a type: say which one has none."""
    request = _request(options={"tools": [TOOL, {"googleSearch": {}}]})
    with pytest.raises(ValidationError, match=r"tools\[1\] has no 'type'") as caught:
        OpenAIChatCodec().check_chat(request)
    assert '"type": "function"' in caught.value.hint


@pytest.mark.parametrize(
    ("options", "extra", "merged"),
    [
        ({"tools": [TOOL]}, {"tools": []}, {"tools": []}),
        ({"reasoning": "low"}, {"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal"}),
        (
            {"response_format": FORM},
            {"response_format": {"json_schema": {"name": "sum"}}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "sum", "schema": {}},
                }
            },
        ),
        ({"tool_choice": "auto"}, {"tool_choice": {"type": "x"}}, {"tool_choice": {"type": "x"}}),
    ],
    ids=["tools", "reasoning", "response_format", "tool_choice"],
)
def test_extra_body_wins(options, extra, merged):
    """What the caller writes for the vendor is laid over what we write."""
    body = _build(_request(options=options, extra=extra))
    assert {name: body[name] for name in merged} == merged
    assert _build(_request(options=options))["messages"] == list(HELLO)


@pytest.mark.parametrize(
    ("options", "extra", "warned"),
    [
        (
            {"reasoning": "low"},
            {"reasoning_effort": "high"},
            "reasoning_effort= replaces reasoning=.",
        ),
        ({"seed": 1}, {"seed": 2}, "seed= replaces seed=."),
        ({"max_tokens": 1}, {"max_completion_tokens": 2}, "own limit replaces max_tokens=."),
        ({"max_tokens": 1}, {"x": 2}, None),
    ],
)
def test_what_is_said_twice_is_warned_of(options, extra, warned):
    """The provider's own keyword wins, and does so loudly."""
    request = ChatRequest(
        provider="openai",
        model="m",
        messages=({"role": "user", "content": "Hi"},),
        options=options,
        extra=extra,
    )
    warnings = OpenAIChatCodec().check_chat(request)
    assert len(warnings) == (0 if warned is None else 1)
    assert warned is None or warnings[0].endswith(warned)
