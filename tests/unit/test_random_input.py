"""Whatever is given as messages and options is taken, or refused with a readable error."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_connectivity.errors import ValidationError
from llm_connectivity.messages import check_messages, left_out
from llm_connectivity.option_checks import check_together
from llm_connectivity.options import OPTIONS, check_options
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.anthropic import AnthropicCodec
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.json_text import encode_body
from llm_connectivity.wires.mock import MockCodec
from llm_connectivity.wires.openai_chat import Dialect, OpenAIChatCodec

LONGEST_TEXT = 1000  # of a message of ours; what it shows of a value is a tenth of that
LONGEST_VALUE = 110

CODECS = [
    pytest.param(OpenAIChatCodec(), id="openai_chat"),
    pytest.param(
        OpenAIChatCodec(
            Dialect(
                takes=frozenset({"image_url"}),
                keeps_prompts=True,
                call_ids="[a-zA-Z0-9]{9}",
                reasoning_field="thinking_budget",
            )
        ),
        id="another server",
    ),
    pytest.param(AnthropicCodec(), id="anthropic"),
    pytest.param(GeminiCodec(), id="gemini"),
    pytest.param(MockCodec(frozenset(OPTIONS)), id="mock"),
]

MANY = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# Words that mean something, among others, so that random JSON gets past the first check.
WORDS = st.sampled_from(
    "role content type text user assistant tool system function name arguments id url detail file "
    "tool_calls tool_call_id image_url input_audio file_data file_id cache_control ephemeral ttl "
    "5m json_schema json_object schema auto required low refusal provider_data parameters".split()
)
LONG = st.sampled_from(
    ["x" * 5000, "data:image/png;base64,AAAA", "data:;base64,%", "AAAA", "\ud83d"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([10**400, math.nan, math.inf, b"x", object(), {1}])
    | st.text(max_size=3)
    | WORDS
    | LONG
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(WORDS | LONG | st.text(max_size=3) | st.integers(0, 1), inner, max_size=4)
    ),
    max_leaves=12,
)


def _optional(**fields):
    return st.fixed_dictionaries({}, optional=fields)


def _or_any(strategy):
    """Mostly what is right, at times anything."""
    return st.integers(0, 9).flatmap(lambda n: JSON if n == 0 else strategy)


MARKS = st.sampled_from([None, {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
ADDRESSES = st.sampled_from(
    [
        "https://example.com/a.png",
        "data:image/png;base64,AAAA",
        "DATA:application/pdf;base64,AAAA",
        "gs://b/a.png",
        "x.png",
    ]
)
PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": st.text(max_size=5)}),
    st.fixed_dictionaries(
        {"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": ADDRESSES})},
        optional={"cache_control": MARKS},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("input_audio"),
            "input_audio": st.fixed_dictionaries(
                {"data": st.just("AAAA"), "format": st.sampled_from(["wav", "mp3", "odd"])}
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("file"),
            "file": _optional(file_data=ADDRESSES, file_id=st.just("f"), filename=st.just("a.pdf")),
        }
    ),
)
CONTENTS = st.text(max_size=5) | st.lists(_or_any(PARTS), max_size=3)
ARGUMENTS = st.sampled_from(["{}", "", '{"x": 1}', "{", "[1]", "12", "null", None, {"x": [1]}])


@st.composite
def exchanges(draw):
    """Give a message of the assistant with calls, and their results in any order."""
    ids = draw(st.lists(st.sampled_from(["a", "b", "c" * 60]), unique=True, max_size=3))
    calls = [
        {"id": i, "type": "function", "function": {"name": "f", "arguments": draw(ARGUMENTS)}}
        for i in ids
    ]
    kept = st.sampled_from(
        [{}, {"m": {"thinking": "Hm."}}, {"m": {"extra_content": {"0": {"x": 1}}}}, {"m": {}}]
    )
    asked = {
        "role": "assistant",
        "content": draw(st.text(max_size=5) | st.none()) if ids else draw(st.text(max_size=5)),
        "tool_calls": calls,
        "provider_data": draw(kept),
        "cache_control": draw(MARKS),
    }
    results = [
        {"role": "tool", "tool_call_id": i, "content": draw(st.text(max_size=5))}
        for i in draw(st.permutations(ids))
    ]
    return [asked, *results]


SAID = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "system", "developer"]), "content": CONTENTS},
    optional={"name": st.just("n"), "cache_control": MARKS},
).map(lambda message: [message])
DIALOGUES = st.lists(_or_any(SAID) | exchanges(), min_size=1, max_size=5).map(
    lambda groups: [m for group in groups for m in (group if isinstance(group, list) else [group])]
)

TOOLS = st.fixed_dictionaries(
    {
        "type": st.just("function"),
        "function": st.fixed_dictionaries(
            {"name": st.sampled_from(["f", "g"])},
            optional={
                "parameters": st.just({"type": "object"}),
                "description": st.text(max_size=3),
            },
        ),
    },
    optional={"cache_control": MARKS},
)
CHOICES = st.sampled_from(
    ["auto", "none", "required", {"type": "function", "function": {"name": "f"}}]
)
FORMS = st.sampled_from(
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"schema": {}}},
    ]
)
CHOSEN = _optional(
    tools=_or_any(st.lists(_or_any(TOOLS), max_size=2)),
    tool_choice=_or_any(CHOICES),
    parallel_tool_calls=st.booleans(),
    reasoning=_or_any(st.sampled_from(["low", "high", 0, 2048])),
    response_format=_or_any(FORMS),
)


def _is_readable(error):
    """Whether an error is short, and shows no value at length."""
    text = str(error)
    assert len(text) <= LONGEST_TEXT + 1000
    assert "x" * LONGEST_VALUE not in text
    assert text.encode()
    return bool(error.code)


@MANY
@given(JSON | DIALOGUES)
def test_random_messages_are_taken_or_refused(messages):
    """What is taken can be sent, and is taken again as it is."""
    try:
        checked = check_messages(messages)
    except ValidationError as error:
        assert _is_readable(error)
        return
    encode_body({"messages": checked})
    assert check_messages(checked) == checked
    assert left_out(checked) == ()
    assert isinstance(left_out(messages), tuple)


@MANY
@pytest.mark.parametrize("option", ["tools", "tool_choice", "reasoning", "response_format"])
@given(value=JSON)
def test_random_options_are_taken_or_refused(option, value):
    """What is taken can be sent, and is taken again as it is."""
    try:
        checked = check_options({option: value})
        check_together(checked, {"tools": []})
    except ValidationError as error:
        assert _is_readable(error)
        return
    encode_body(checked)
    assert check_options(checked) == checked


@MANY
@pytest.mark.parametrize("codec", CODECS)
@given(messages=DIALOGUES, options=CHOSEN, provider=st.sampled_from(["m", "other"]))
def test_what_is_right_can_be_sent_on_every_wire(codec, messages, options, provider):
    """Checked messages and options become a body, or `check_chat` refuses them."""
    try:
        checked = check_options(options)
        check_together(checked, {})
        request = ChatRequest(
            provider=provider,
            model="m",
            messages=check_messages(messages),
            options={name: value for name, value in checked.items() if name in codec.options},
        )
        warnings = codec.check_chat(request)
    except ValidationError as error:
        assert _is_readable(error)
        return
    before = json.dumps([request.messages, request.options])
    for stream in (False, True):
        assert encode_body(codec.build_chat(request, stream=stream))
    assert json.dumps([request.messages, request.options]) == before
    assert all(isinstance(warning, str) for warning in warnings)
    assert codec.check_chat(request) == warnings
