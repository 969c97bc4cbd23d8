"""Tools, their choice, thinking, the answer's form and n, in a Gemini request."""

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.options import check_options
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.gemini import GeminiCodec

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
ADD = {"type": "function", "function": {"name": "add", "description": "d", "parameters": SCHEMA}}
NOW = {"type": "function", "function": {"name": "now"}}
SEARCH = {"googleSearch": {}}


def _build(extra=None, **options):
    """Build a body with these options, without its contents; give the warnings too."""
    request = ChatRequest(
        provider="google",
        model="m",
        messages=({"role": "user", "content": "Hello"},),
        options=check_options(options),
        extra=extra or {},
    )
    body = GeminiCodec().build_chat(request, stream=False)
    del body["contents"]
    return body, GeminiCodec().check_chat(request)


@pytest.mark.parametrize(
    ("options", "body"),
    [
        pytest.param(
            {"tools": [ADD, NOW]},
            {
                "tools": [
                    {
                        "functionDeclarations": [
                            {"name": "add", "description": "d", "parametersJsonSchema": SCHEMA},
                            {"name": "now"},
                        ]
                    }
                ]
            },
            id="functions",
        ),
        pytest.param(
            {"tools": [SEARCH, NOW, {"codeExecution": {}}]},
            {"tools": [{"functionDeclarations": [{"name": "now"}]}, SEARCH, {"codeExecution": {}}]},
            id="the vendor's own beside one",
        ),
        pytest.param({"tools": [SEARCH]}, {"tools": [SEARCH]}, id="the vendor's own"),
        pytest.param({"tools": []}, {}, id="no tools"),
        pytest.param({"n": 3}, {"generationConfig": {"candidateCount": 3}}, id="n"),
        pytest.param(
            {"reasoning": "low"},
            {
                "generationConfig": {
                    "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}
                }
            },
            id="a word",
        ),
        pytest.param(
            {"reasoning": 512},
            {
                "generationConfig": {
                    "thinkingConfig": {"thinkingBudget": 512, "includeThoughts": True}
                }
            },
            id="a budget",
        ),
        pytest.param(
            {"reasoning": 0},
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
            id="none",
        ),
        pytest.param({"response_format": {"type": "text"}}, {}, id="text"),
        pytest.param(
            {"response_format": {"type": "json_object"}},
            {"generationConfig": {"responseMimeType": "application/json"}},
            id="JSON",
        ),
        pytest.param(
            {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
            {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseJsonSchema": SCHEMA,
                }
            },
            id="a schema",
        ),
    ],
)
def test_options_stand_in_the_vendors_places(options, body):
    """Under the vendor's names, and without a warning."""
    assert _build(**options) == (body, ())


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "now"}},
            {"mode": "ANY", "allowedFunctionNames": ["now"]},
        ),
    ],
    ids=str,
)
def test_tool_choice_is_a_mode(choice, config):
    """With the function's name, if one is wanted."""
    body, _ = _build(tools=[NOW], tool_choice=choice)
    assert body["toolConfig"] == {"functionCallingConfig": config}


def test_what_a_function_says_besides_is_left_out_with_a_warning():
    """What is not said by it means nothing."""
    function = {"name": "now", "strict": True}
    tool = {"type": "function", "function": function, "cache_control": {"type": "ephemeral"}}
    body, warnings = _build(tools=[ADD, tool])
    assert body["tools"][0]["functionDeclarations"][1] == {"name": "now"}
    assert warnings == (
        "tools[1]['cache_control'] has no place on this wire: left out.",
        "tools[1]['function']['strict'] has no place on this wire: left out.",
    )


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "web_search_preview"},
        {"name": "add", "input_schema": SCHEMA},
    ],
    ids=["Anthropic's", "OpenAI's", "Anthropic's function"],
)
def test_tools_of_other_apis_are_refused(tool):
    """The API would say 400; its own have neither type nor name."""
    with pytest.raises(
        ValidationError, match=r"tools\[1\] has a (type|name), .* google's"
    ) as caught:
        _build(tools=[NOW, tool])
    assert (caught.value.code, bool(caught.value.hint)) == ("unsupported_option", True)


REPLACED = {
    "temperature": (
        {"temperature": 0.1, "top_p": 0.5},
        {"temperature": 1.0},
        {"temperature": 1.0, "topP": 0.5},
        "generationConfig={'temperature': ...} replaces temperature=.",
    ),
    "budget for a level": (
        {"reasoning": "low"},
        {"thinkingConfig": {"thinkingBudget": 5}},
        {"thinkingConfig": {"thinkingBudget": 5, "includeThoughts": True}},
        "generationConfig={'thinkingConfig': {'thinkingBudget': ...}} replaces reasoning=.",
    ),
    "level for a budget": (
        {"reasoning": 0},
        {"thinkingConfig": {"thinkingLevel": "minimal"}},
        {"thinkingConfig": {"thinkingLevel": "minimal"}},
        "generationConfig={'thinkingConfig': {'thinkingLevel': ...}} replaces reasoning=.",
    ),
    "schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
        {"responseSchema": {"type": "STRING"}},
        {"responseMimeType": "application/json", "responseSchema": {"type": "STRING"}},
        "generationConfig={'responseSchema': ...} replaces response_format=.",
    ),
    "several answers": (
        {},
        {"candidateCount": 2},
        {"candidateCount": 2},
        "generationConfig={'candidateCount': 2} asks for several answers: "
        "a stream gives the first of them alone.",
    ),
}


@pytest.mark.parametrize("case", REPLACED)
def test_vendor_keywords_that_say_the_same_replace_options_with_a_warning(case):
    """What the API refuses together is not sent together."""
    options, config, sent, warning = REPLACED[case]
    body, warnings = _build({"generationConfig": config}, **options)
    assert body == {"generationConfig": sent}
    assert warnings == (warning,)


def test_vendor_keywords_that_say_no_more_have_no_warning():
    """Nothing is replaced by itself, or by something else."""
    config = {"temperature": 1.0, "topK": 3, "candidateCount": 1, "thinkingConfig": None}
    assert _build({"generationConfig": config}, temperature=1.0)[1] == ()
    assert _build({"generationConfig": None}, temperature=1.0)[1] == ()


def test_vendor_keywords_are_laid_over_the_options():
    """They win, and what they don't say stays."""
    extra = {
        "generationConfig": {"thinkingConfig": {"includeThoughts": False}, "candidateCount": 2},
        "toolConfig": {"retrievalConfig": {"languageCode": "de"}},
    }
    body, _ = _build(extra, reasoning=99, n=3, tools=[NOW], tool_choice="auto")
    assert body["generationConfig"] == {
        "candidateCount": 2,
        "thinkingConfig": {"thinkingBudget": 99, "includeThoughts": False},
    }
    assert body["toolConfig"] == {
        "functionCallingConfig": {"mode": "AUTO"},
        "retrievalConfig": {"languageCode": "de"},
    }


def test_parallel_tool_calls_is_not_on_this_wire():
    """The vendor has no field for it."""
    assert "parallel_tool_calls" not in GeminiCodec().options
