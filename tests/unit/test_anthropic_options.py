"""Tools, reasoning and the answer's form on Anthropic's wire."""

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.anthropic import AnthropicCodec

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ADD = {
    "type": "function",
    "function": {"name": "add", "description": "Adds.", "parameters": SCHEMA},
}
CHOICE = {"type": "function", "function": {"name": "add"}}
SENT = {"name": "add", "description": "Adds.", "input_schema": SCHEMA}
SEARCH = {"type": "web_search_20260318", "name": "web_search", "max_uses": 2}
THINKING = {"type": "adaptive", "display": "summarized"}


def _request(options, extra=None):
    messages = ({"role": "user", "content": "Hello"},)
    return ChatRequest(
        provider="anthropic", model="m", messages=messages, options=options, extra=extra or {}
    )


def _build(options, extra=None):
    """Give what these options add to a body."""
    codec = AnthropicCodec()
    plain = codec.build_chat(_request({}), stream=False)
    body = codec.build_chat(_request(options, extra), stream=False)
    return {name: value for name, value in body.items() if plain.get(name) != value}


@pytest.mark.parametrize(
    ("tool", "sent"),
    [
        pytest.param(ADD, SENT, id="function"),
        pytest.param(
            {"type": "function", "function": {"name": "now"}},
            {"name": "now", "input_schema": {"type": "object", "properties": {}}},
            id="no parameters",
        ),
        pytest.param(
            {"type": "function", "function": {"name": "now", "parameters": {}}},
            {"name": "now", "input_schema": {"type": "object", "properties": {}}},
            id="empty parameters",
        ),
        pytest.param(
            {"type": "function", "function": {**ADD["function"], "strict": True}},
            {**SENT, "strict": True},
            id="strict",
        ),
        pytest.param(
            {**ADD, "cache_control": {"type": "ephemeral"}, "eager_input_streaming": True},
            {**SENT, "cache_control": {"type": "ephemeral"}, "eager_input_streaming": True},
            id="the API's own keys beside the function",
        ),
        pytest.param(SEARCH, SEARCH, id="the API's own tool"),
    ],
)
def test_tools_are_the_apis(tool, sent):
    """A function has its schema under another name; anything else goes as it is."""
    assert _build({"tools": [tool]}) == {"tools": [sent]}


@pytest.mark.parametrize(
    ("options", "choice"),
    [
        pytest.param({"tool_choice": "auto"}, {"type": "auto"}, id="auto"),
        pytest.param({"tool_choice": "none"}, {"type": "none"}, id="none"),
        pytest.param({"tool_choice": "required"}, {"type": "any"}, id="required"),
        pytest.param(
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
            {"type": "tool", "name": "add"},
            id="function",
        ),
        pytest.param(
            {"parallel_tool_calls": False},
            {"type": "auto", "disable_parallel_tool_use": True},
            id="one by one",
        ),
        pytest.param(
            {"tool_choice": "required", "parallel_tool_calls": False},
            {"type": "any", "disable_parallel_tool_use": True},
            id="one, and that for certain",
        ),
        pytest.param(
            {"tool_choice": "none", "parallel_tool_calls": False},
            {"type": "none"},
            id="none of one",
        ),
        pytest.param({"parallel_tool_calls": True}, None, id="at once, which is usual"),
    ],
)
def test_choice_holds_whether_calls_come_together(options, choice):
    """On this wire it is one field."""
    assert _build({"tools": [ADD], **options}).get("tool_choice") == choice


def test_choice_of_none_is_left_out_where_there_is_nothing_to_choose_from():
    """The API refuses it, and it means the same."""
    assert _build({"tool_choice": "none"}) == {}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        *(
            pytest.param(
                {"reasoning": word},
                {"thinking": THINKING, "output_config": {"effort": word}},
                id=word,
            )
            for word in ("low", "medium", "high")
        ),
        pytest.param({"reasoning": 0}, {"thinking": {"type": "disabled"}}, id="none"),
        pytest.param(
            {"reasoning": 1024},
            {
                "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "summarized"},
                "max_tokens": 8192 + 1024,
            },
            id="a budget, and room for the answer",
        ),
        pytest.param(
            {"reasoning": 1024, "max_tokens": 1025},
            {
                "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "summarized"},
                "max_tokens": 1025,
            },
            id="a budget within a limit",
        ),
    ],
)
def test_reasoning_is_thinking(options, sent):
    """A word is an effort, a number a budget; what is thought is to be shown."""
    assert _build(options) == sent


@pytest.mark.parametrize(
    ("options", "extra", "says"),
    [
        ({"reasoning": 1}, {}, "reasoning=1 is too little for anthropic: it takes 1024 tokens"),
        ({"reasoning": 1023}, {}, "reasoning=1023 is too little"),
        (
            {"reasoning": 2000, "max_tokens": 2000},
            {},
            "max_tokens=2000 leaves no room for reasoning=2000",
        ),
        ({"reasoning": 2000}, {"max_tokens": 100}, "max_tokens=100 leaves no room"),
        (
            {"response_format": {"type": "json_object"}},
            {},
            r"response_format {'type': 'json_object'} is nothing that anthropic has",
        ),
        (
            {"reasoning": "high", "tools": [ADD], "tool_choice": "required"},
            {},
            "tool_choice='required' .* reasoning='high' on anthropic",
        ),
        (
            {"reasoning": 2000, "tools": [ADD], "tool_choice": CHOICE},
            {},
            "tool_choice={'type': 'function'.* reasoning=2000",
        ),
        (
            {"reasoning": "low", "tools": [ADD]},
            {"tool_choice": {"type": "any"}},
            "tool_choice={'type': 'any'} .* reasoning='low'",
        ),
        ({"reasoning": "low", "temperature": 0.2}, {}, "temperature=0.2 .* reasoning='low'"),
        ({"reasoning": "low", "top_p": 0.9}, {}, "top_p=0.9 .* reasoning='low'"),
        ({"tools": [ADD, {"googleSearch": {}}]}, {}, r"tools\[1\] has neither .* anthropic's"),
    ],
    ids=[
        "one token",
        "one too few",
        "no room",
        "no room in extra_body",
        "JSON of no schema",
        "thinking and any call",
        "thinking and one call",
        "thinking and the API's own choice",
        "thinking and temperature",
        "thinking and top_p",
        "another API's tool",
    ],
)
def test_value_that_the_api_does_not_have_is_refused_before_it_is_sent(options, extra, says):
    """The error says the value, the provider, and what would do."""
    request = _request(options, extra)
    for ask in (AnthropicCodec().check_chat, lambda r: AnthropicCodec().build_chat(r, stream=True)):
        with pytest.raises(ValidationError, match=says) as caught:
            ask(request)
        assert (caught.value.code, bool(caught.value.hint)) == ("unsupported_option", True)


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        pytest.param(
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            id="schema",
        ),
        pytest.param({"type": "text"}, {}, id="text"),
    ],
)
def test_form_of_the_answer_is_a_schema(form, sent):
    """Its name has no place; text is what comes anyway."""
    assert _build({"response_format": form}) == sent


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({"reasoning": "low", "temperature": 1.0, "top_p": 0.95}, {}),
        ({"reasoning": "low", "tools": [ADD], "tool_choice": "auto"}, {}),
        ({"reasoning": 2000, "tools": [ADD], "tool_choice": "none"}, {}),
        ({"reasoning": 0, "temperature": 0.2, "tools": [ADD], "tool_choice": "required"}, {}),
        ({"reasoning": "low", "temperature": 0.2}, {"temperature": 1}),
        ({"reasoning": "low", "temperature": 0.2}, {"thinking": {"type": "disabled"}}),
        ({"tools": [SENT]}, {}),
    ],
    ids=[
        "the API's defaults",
        "as the model likes",
        "no call",
        "no thinking",
        "in extra_body",
        "thinking in extra_body",
        "the API's own form of a function",
    ],
)
def test_options_that_go_together_are_sent(options, extra):
    """Nothing is refused that the API takes."""
    AnthropicCodec().check_chat(_request(options, extra))
    assert _build(options, extra)


def test_effort_and_form_are_sent_together():
    """They are fields of the same object."""
    form = {"type": "json_schema", "json_schema": {"schema": SCHEMA}}
    config = _build({"reasoning": "low", "response_format": form})["output_config"]
    assert config == {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}


@pytest.mark.parametrize(
    ("options", "extra", "sent"),
    [
        pytest.param(
            {"reasoning": "low"},
            {"thinking": {"type": "between_tools"}},
            {"thinking": {"type": "between_tools"}, "output_config": {"effort": "low"}},
            id="thinking over a word",
        ),
        pytest.param(
            {"reasoning": 5},
            {"thinking": {"type": "disabled"}},
            {"thinking": {"type": "disabled"}},
            id="thinking over a number",
        ),
        pytest.param(
            {"reasoning": "low"},
            {"output_config": {"effort": "max"}},
            {"thinking": THINKING, "output_config": {"effort": "max"}},
            id="effort",
        ),
        pytest.param({"tools": [ADD]}, {"tools": [SEARCH]}, {"tools": [SEARCH]}, id="tools"),
        pytest.param(
            {"parallel_tool_calls": False},
            {"tools": [SENT], "tool_choice": {"type": "any"}},
            {
                "tools": [SENT],
                "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
            },
            id="a choice is merged",
        ),
    ],
)
def test_the_apis_own_keywords_win(options, extra, sent):
    """What the caller says in the API's words goes before what we say for him."""
    assert _build(options, extra) == sent


@pytest.mark.parametrize(("given", "warned"), [({"thinking": {"type": "disabled"}}, 1), ({}, 0)])
def test_thinking_in_the_place_of_reasoning_is_a_warning(given, warned):
    """Nothing is left out in silence."""
    assert len(AnthropicCodec().check_chat(_request({"reasoning": 2000}, given))) == warned


def test_body_leaves_options_as_they_were():
    """Tools and schemas are the caller's."""
    tool = {"type": "function", "function": {"name": "now", "parameters": {}}}
    extra = {"tool_choice": {"x": {"y": 1}}}
    first = _build({"tools": [tool]}, extra)
    assert _build({"tools": [tool]}, extra) == first
    assert tool["function"] == {"name": "now", "parameters": {}}
    assert extra == {"tool_choice": {"x": {"y": 1}}}
