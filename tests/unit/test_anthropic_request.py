"""The request body of Anthropic's wire."""

import json

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.anthropic import AnthropicCodec

MODEL = "claude-sonnet-4-5"
HELLO = ({"role": "user", "content": "Hello"},)


def _request(messages=HELLO, **fields):
    """Make a request."""
    return ChatRequest(provider="anthropic", model=MODEL, messages=messages, **fields)


def _build(messages=HELLO, *, stream=False, **fields):
    """Build the body of a request."""
    return AnthropicCodec().build_chat(_request(messages, **fields), stream=stream)


def _check(messages, **fields):
    """Give the warnings of a request."""
    return AnthropicCodec().check_chat(_request(messages, **fields))


def _said(*turns):
    """Make messages of (role, content) pairs."""
    return tuple({"role": role, "content": content} for role, content in turns)


def _parts(*texts):
    """Make content blocks, which are written like our parts."""
    return [{"type": "text", "text": text} for text in texts]


def test_body_holds_model_messages_and_a_limit():
    """The limit is one the API wants; nothing else is sent that was not given."""
    assert _build() == {"model": MODEL, "max_tokens": 8192, "messages": list(HELLO)}


def test_stream_body_asks_for_a_stream():
    """Usage comes with it unasked."""
    assert _build(stream=True) == {**_build(), "stream": True}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        pytest.param({"temperature": 0.0}, {"temperature": 0.0}, id="zero is sent"),
        pytest.param({"max_tokens": 5}, {"max_tokens": 5}, id="max_tokens"),
        pytest.param({"top_p": 0.9}, {"top_p": 0.9}, id="top_p"),
        pytest.param({"stop": "END"}, {"stop_sequences": ["END"]}, id="stop as a text"),
        pytest.param({"stop": ("a", "b")}, {"stop_sequences": ["a", "b"]}, id="stop as a list"),
        pytest.param({"user": "u1"}, {"metadata": {"user_id": "u1"}}, id="user"),
    ],
)
def test_options_go_under_the_apis_names(options, sent):
    """Each named option has its place in the body."""
    assert _build(options=options) == {**_build(), **sent}


def test_options_are_those_of_the_wire():
    """Any other is refused or dropped before this is asked."""
    own = "temperature max_tokens top_p stop user"
    named = "tools tool_choice parallel_tool_calls reasoning response_format"
    assert AnthropicCodec.options == set(f"{own} {named}".split())


@pytest.mark.parametrize(
    ("options", "extra", "sent"),
    [
        pytest.param({}, {"top_k": 3}, {"top_k": 3}, id="another keyword"),
        pytest.param(
            {"user": "u1"},
            {"metadata": {"team": "t"}},
            {"metadata": {"user_id": "u1", "team": "t"}},
            id="dicts are merged",
        ),
        pytest.param(
            {"stop": "a"}, {"stop_sequences": ["b"]}, {"stop_sequences": ["b"]}, id="the API's name"
        ),
        pytest.param({}, {"max_tokens": 7}, {"max_tokens": 7}, id="extra_body over the default"),
    ],
)
def test_other_keywords_go_to_the_root_and_win(options, extra, sent):
    """What the caller says in the API's own words goes before what we say for him."""
    assert _build(options=options, extra=extra) == {**_build(), **sent}


@pytest.mark.parametrize(
    ("messages", "system"),
    [
        pytest.param(_said(("system", "a"), ("user", "x")), "a", id="one is a text"),
        pytest.param(_said(("developer", "a"), ("user", "x")), "a", id="developer"),
        pytest.param(
            _said(("system", "a"), ("system", "b"), ("user", "x")),
            _parts("a", "b"),
            id="several are blocks",
        ),
        pytest.param(
            _said(("system", _parts("a", "b")), ("user", "x")), _parts("a", "b"), id="parts"
        ),
        pytest.param(
            _said(("system", "a"), ("user", "x"), ("system", "b")),
            _parts("a", "b"),
            id="a late one",
        ),
    ],
)
def test_system_text_has_a_place_of_its_own(messages, system):
    """Its texts stay apart, and none of it is among the messages."""
    body = _build(messages)
    assert body["system"] == system
    assert body["messages"] == list(_said(("user", "x")))


def test_empty_system_text_is_left_out():
    """The API refuses an empty block."""
    assert "system" not in _build(_said(("system", ""), ("user", "x")))
    assert "system" not in _build(_said(("system", " \n"), ("user", "x")))
    assert _build(_said(("system", _parts(" ", "a")), ("user", "x")))["system"] == "a"


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        pytest.param(
            _said(("user", "a"), ("assistant", "b"), ("user", "c")),
            _said(("user", "a"), ("assistant", "b"), ("user", "c")),
            id="turns stay",
        ),
        pytest.param(
            _said(("user", "a"), ("user", "b"), ("assistant", "c")),
            _said(("user", _parts("a", "b")), ("assistant", "c")),
            id="neighbours become parts",
        ),
        pytest.param(
            _said(("user", _parts("a", "b"))), _said(("user", _parts("a", "b"))), id="parts stay"
        ),
        pytest.param(_said(("user", _parts("a"))), _said(("user", "a")), id="one part is a text"),
        pytest.param(
            _said(("user", "a"), ("assistant", "b ")),
            _said(("user", "a"), ("assistant", "b ")),
            id="the beginning of an answer",
        ),
        pytest.param(
            _said(("user", "a"), ("assistant", ""), ("user", "b")),
            _said(("user", _parts("a", "b"))),
            id="a silent assistant",
        ),
        pytest.param(
            _said(("user", "a"), ("assistant", "")), _said(("user", "a")), id="a silent last one"
        ),
        pytest.param(
            _said(("user", "a"), ("assistant", " \n"), ("user", "b")),
            _said(("user", _parts("a", "b"))),
            id="a blank assistant",
        ),
        pytest.param(
            _said(("user", _parts("a", "\t", "b"))),
            _said(("user", _parts("a", "b"))),
            id="blanks beside text",
        ),
        pytest.param(_said(("user", " a ")), _said(("user", " a ")), id="blanks around text"),
    ],
)
def test_messages_take_turns(messages, sent):
    """Neighbours of one role are one message with several parts, never one joined text."""
    assert _build(messages)["messages"] == list(sent)


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        (_said(("user", "")), r"messages\[0\]\['content'\] is empty"),
        (_said(("user", "a"), ("assistant", "b"), ("user", "")), r"messages\[2\]\['content'\]"),
        (_said(("system", "a"), ("user", "")), r"messages\[1\]\['content'\]"),
        (_said(("user", " \n")), r"messages\[0\]\['content'\] is nothing but blanks"),
        (_said(("user", _parts("\t", " "))), r"messages\[0\]\['content'\] is nothing but blanks"),
        (_said(("system", "a")), "nothing but system messages"),
        (_said(("assistant", "")), "nothing but empty messages"),
    ],
    ids=[
        "alone",
        "last",
        "behind the system",
        "blank",
        "blank parts",
        "system alone",
        "assistant alone",
    ],
)
def test_messages_without_text_are_refused_before_they_are_sent(messages, says):
    """The error names the message."""
    for ask in (_check, _build):
        with pytest.raises(ValidationError, match=says) as caught:
            ask(messages)
        assert caught.value.code == "invalid_messages"


@pytest.mark.parametrize(
    ("messages", "extra", "says"),
    [
        (_said(("user", "a"), ("assistant", ""), ("user", "b")), {}, "messages[1] is empty"),
        (_said(("user", "a"), ("system", "b")), {}, "messages[1] is a system message behind"),
        (_said(("system", "a"), ("user", "b")), {"system": "c"}, "system= replaces"),
        (({"role": "user", "content": "a", "name": "n"},), {}, "messages[0]['name']"),
        (_said(("user", _parts("a", " "))), {}, "messages[0]['content'][1] is blank"),
        (_said(("system", " "), ("user", "a")), {}, "messages[0]['content'] is blank"),
    ],
    ids=["silent assistant", "late system", "system twice", "name", "blank part", "blank system"],
)
def test_what_goes_otherwise_than_given_is_a_warning(messages, extra, says):
    """Nothing is left out in silence."""
    (warning,) = _check(messages, extra=extra)
    assert warning.startswith(says)


def test_what_goes_as_given_has_no_warning():
    """Merged neighbours are what the API makes of them anyway."""
    assert _check(_said(("system", "a"), ("user", "b"), ("user", "c"))) == ()


def test_body_leaves_the_request_as_it_was():
    """Building a body, twice, changes nothing that the caller holds."""
    messages = _said(("user", _parts("a")), ("assistant", ""), ("user", _parts("b")))
    extra = {"metadata": {"a": {"b": 1}}}
    request = _request(messages, options={"user": "u"}, extra=extra)
    before = json.dumps([messages, extra])
    codec = AnthropicCodec()
    assert codec.build_chat(request, stream=True) == codec.build_chat(request, stream=True)
    assert json.dumps([messages, extra]) == before
