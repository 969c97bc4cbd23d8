"""Values and errors: they pickle, copy, turn into JSON, and show no more than they should."""

import copy
import dataclasses
import json
import pickle
from collections.abc import Mapping

import pytest

import llm_connectivity
from llm_connectivity import errors
from llm_connectivity.raw import RawJson
from llm_connectivity.secret import MASK, Secret, mask
from llm_connectivity.types import (
    Attempt,
    ChatChoice,
    ChatRequest,
    ChatResponse,
    Citation,
    StreamChunk,
    ToolCall,
    ToolCallDelta,
    Usage,
)

USAGE = Usage(9, 7, 16, cached_tokens=4)
ATTEMPT = Attempt("openai", "gpt-4o-mini", "RateLimitError", 1.0, 0.5, "req_1")
RAW = RawJson("mock", {"text": "Hi", "usage": None}, "response")
RESPONSE = ChatResponse(
    content="Hi",
    finish_reason="stop",
    raw_finish_reason="eos",
    usage=USAGE,
    model="gpt-4o-mini-2024-07-18",
    provider="openai",
    requested_model="gpt-4o-mini",
    attempts=(ATTEMPT,),
    warnings=("w",),
    _raw=RAW,
)
CHUNK = StreamChunk("", "stop", RawJson("mock", {"finish_reason": "eos"}), "eos", USAGE)
CALL = ToolCall("c1", "add", {"x": [1, None]}, '{"x": [1, null]}')
PIECE = ToolCallDelta(0, "c1", "add", '{"x')
CITATION = Citation(url="https://example.com", title="T", cited_text="x", raw={"index": 1})
CHOICE = ChatChoice(content="Ho", tool_calls=(CALL,), citations=(CITATION,), finish_reason="stop")
FULL = dataclasses.replace(
    RESPONSE,
    reasoning="Hm.",
    tool_calls=(CALL,),
    citations=(CITATION,),
    refusal="No.",
    stop_sequence="END",
    id="a1",
    created=1_700_000_000,
    service_tier="default",
    rate_limits={"remaining_requests": 59.0},
    _others=(CHOICE,),
    _verbatim={"blocks": [{"signature": "s"}]},
)
THOUGHT = StreamChunk(reasoning="Hm.", tool_calls=(PIECE,), citations=(CITATION,))
VALUES = [
    *(USAGE, ATTEMPT, CHUNK, StreamChunk("Hi"), THOUGHT, RESPONSE, ChatResponse(content="")),
    *(FULL, CALL, PIECE, CITATION, CHOICE),
]
ERROR_CLASSES = [getattr(errors, name) for name in errors.__all__]

COPIES = [
    pytest.param(copy.copy, id="copy"),
    pytest.param(copy.deepcopy, id="deepcopy"),
    *(
        pytest.param(lambda value, p=p: pickle.loads(pickle.dumps(value, p)), id=f"pickle {p}")
        for p in range(pickle.HIGHEST_PROTOCOL + 1)
    ),
]


@pytest.mark.parametrize("make_copy", COPIES)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_value_pickles_and_copies(value, make_copy):
    """A copy is equal to the value, of the same type and the same text."""
    made = make_copy(value)
    assert (type(made), made, repr(made)) == (type(value), value, repr(value))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_value_turns_into_json(value):
    """`to_dict()` gives what JSON can hold without loss."""
    as_dict = value.to_dict()
    assert json.loads(json.dumps(as_dict, allow_nan=False)) == as_dict


def test_response_dict_holds_everything_public():
    """`to_dict()` of a response has all public fields and the cost, and not the vendor's object."""
    as_dict = RESPONSE.to_dict()
    public = {f.name for f in dataclasses.fields(ChatResponse) if not f.name.startswith("_")}
    assert set(as_dict) == public | {"choices", "cost", "cost_source"}
    assert (as_dict["usage"]["total_tokens"], as_dict["attempts"][0]["waited"]) == (16, 1.0)


def test_raw_objects_are_what_the_wire_said():
    """A wire without types of its own hands out its JSON, also from a copy."""
    assert CHUNK.raw_chunk == pickle.loads(pickle.dumps(CHUNK)).raw_chunk == CHUNK._raw.data
    assert (RESPONSE.raw_response, ChatResponse(content="").raw_response) == (RAW.data, None)


def test_raw_objects_are_built_once():
    """When first read, and not at each reading."""
    event = {"id": "c1", "object": "chat.completion.chunk", "choices": [], "created": 1}
    chunk = StreamChunk("Hi", None, RawJson("openai_chat", event))
    assert chunk.raw_chunk is chunk.raw_chunk
    assert type(chunk.raw_chunk).__name__ == "ChatCompletionChunk"


def test_chunks_differ_by_what_they_hold():
    """Chunks are equal if all they hold is equal, the vendor's object included."""
    assert StreamChunk("a") == StreamChunk("a")
    assert StreamChunk("a") != StreamChunk("b")
    assert StreamChunk("a") != StreamChunk("a", raw_chunk={"x": 1})
    assert StreamChunk("a") != "a"


@pytest.mark.parametrize(
    "other",
    [
        StreamChunk(reasoning="Hm."),
        StreamChunk(tool_calls=(PIECE,)),
        StreamChunk(citations=(CITATION,)),
        StreamChunk(finish_reason="stop"),
        StreamChunk(usage=USAGE),
    ],
    ids=["reasoning", "tool_calls", "citations", "finish_reason", "usage"],
)
def test_chunks_without_text_differ_and_show_what_they_have(other):
    """What a chunk brings besides text tells it from an empty one, and is in its repr."""
    name = next(n for n, value in other.to_dict().items() if value not in ("", None, []))
    assert other != StreamChunk()
    assert f"{name}=" in repr(other)
    assert repr(StreamChunk()) == "StreamChunk(content='')"


@pytest.mark.parametrize("make_copy", COPIES)
def test_copies_keep_what_is_not_compared(make_copy):
    """The arguments' text, and what the vendor wants back, are in a copy too."""
    made = make_copy(FULL)
    assert made.tool_calls[0].arguments_text == CALL.arguments_text
    assert made.to_message() == FULL.to_message()
    assert (made.raw_response, made.choices) == (FULL.raw_response, FULL.choices)


def test_first_of_several_answers_is_the_response():
    """All answers are in `choices`, also where there is but one."""
    first, second = FULL.choices
    assert second is CHOICE
    for field in dataclasses.fields(ChatChoice):
        assert getattr(first, field.name) == getattr(FULL, field.name)
    assert [choice.content for choice in RESPONSE.choices] == ["Hi"]
    assert [choice["content"] for choice in FULL.to_dict()["choices"]] == ["Hi", "Ho"]


def test_source_shows_no_raw_json():
    """The repr of a source is short; its JSON is there."""
    assert "index" not in repr(CITATION)
    assert CITATION.to_dict()["raw"] == {"index": 1}


@pytest.mark.parametrize("of", ["response", "message"])
def test_response_shows_nothing_that_is_meant_for_the_vendor(of):
    """What the vendor wants back is in the message alone."""
    shown = repr(FULL) if of == "response" else repr({**FULL.to_message(), "provider_data": 0})
    assert "signature" not in shown + json.dumps(FULL.to_dict())
    assert FULL.to_message()["provider_data"] == {"openai": {"blocks": [{"signature": "s"}]}}


def test_usage_is_a_mapping():
    """Usage reads by attribute and by key alike, and can be spread."""
    assert isinstance(USAGE, Mapping)
    assert USAGE["total_tokens"] == USAGE.total_tokens == 16
    assert {**USAGE} == USAGE.to_dict() == dataclasses.asdict(USAGE)


@pytest.mark.parametrize("key", ["tokens", "to_dict", "__class__", 0, None])
def test_usage_has_its_own_keys_only(key):
    """What is no count is no key."""
    assert key not in USAGE
    with pytest.raises(KeyError):
        USAGE[key]


@pytest.mark.parametrize("value", [USAGE, ATTEMPT, RESPONSE], ids=lambda v: type(v).__name__)
def test_values_are_frozen(value):
    """A value can't be changed."""
    field = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, 1)


def _error(cls):
    """Make an error with everything on it."""
    error = cls(
        "it broke",
        provider="openai",
        model="gpt-4o-mini",
        status_code=429,
        code="c",
        request_id="req_1",
        retry_after=1.5,
        attempts=(ATTEMPT,),
        partial=RESPONSE,
        partial_text="Hel",
        usage=USAGE,
        rate_limits={"limit_requests": 60.0},
        body={"error": {"message": "m"}},
        provider_error=ValueError("sdk"),
        retryable=True,
        hint="Wait.",
    )
    error.__cause__ = error.provider_error
    return error


@pytest.mark.parametrize("make_copy", COPIES)
@pytest.mark.parametrize("cls", ERROR_CLASSES, ids=lambda cls: cls.__name__)
def test_error_pickles_and_copies(cls, make_copy):
    """A copy of an error has its class, its text and all its fields."""
    error = _error(cls)
    made = make_copy(error)
    assert (type(made), str(made), made.args) == (cls, str(error), error.args)
    assert made.to_dict() == error.to_dict()


@pytest.mark.parametrize("make_copy", COPIES[1:])
def test_copied_error_keeps_what_the_sdk_said(make_copy):
    """A vendor's exception, which may not pickle, is reduced to its type's name and its text."""
    reduced = make_copy(_error(errors.LLMError)).provider_error
    assert (reduced.type_name, "sdk" in reduced.text) == ("builtins.ValueError", True)
    assert make_copy(make_copy(_error(errors.LLMError))).provider_error == reduced


@pytest.mark.parametrize("cls", ERROR_CLASSES, ids=lambda cls: cls.__name__)
def test_error_turns_into_json(cls):
    """`to_dict()` of an error is JSON and names its class."""
    for error in (_error(cls), cls(), cls("m")):
        as_dict = error.to_dict()
        assert json.loads(json.dumps(as_dict, allow_nan=False)) == as_dict
        assert as_dict["type"] == cls.__name__


@pytest.mark.parametrize("cls", ERROR_CLASSES, ids=lambda cls: cls.__name__)
def test_error_is_exported(cls):
    """Every error is at the root of the package, and is an `LLMError`."""
    assert getattr(llm_connectivity, cls.__name__) is cls
    assert issubclass(cls, errors.LLMError)


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (errors.ContentFilterError, errors.ValidationError),
        (errors.PermissionDeniedError, errors.AuthenticationError),
        (errors.RequestTimeoutError, errors.NetworkError),
        (errors.RequestTimeoutError, TimeoutError),
        (errors.StreamInterruptedError, errors.NetworkError),
        (errors.OverloadedError, errors.ProviderError),
    ],
    ids=lambda cls: cls.__name__,
)
def test_error_is_caught_by_its_base(cls, base):
    """The narrower error is caught where the wider one is awaited."""
    with pytest.raises(base):
        raise cls("m")


@pytest.mark.parametrize(
    "field",
    "provider model status_code code request_id retry_after attempts partial partial_text usage "
    "rate_limits body provider_error retryable hint".split(),
)
def test_error_has_every_documented_field(field):
    """Each field is there on every error, whatever it was made with."""
    assert hasattr(errors.LLMError("m"), field)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.LLMError("it broke."), "it broke."),
        (errors.LLMError("it broke.", hint="Wait."), "it broke. Wait."),
        (errors.LLMError("it broke.", status_code=500), "HTTP 500: it broke."),
        (
            errors.LLMError("it broke.", provider="openai", model="m", request_id="r"),
            "openai/m: it broke. (request r)",
        ),
    ],
    ids=["message", "hint", "status", "where and request"],
)
def test_error_text_says_where_and_what_next(error, text):
    """The text has provider, model, status, message, request id and hint, as far as known."""
    assert str(error) == text
    assert repr(error) == f"LLMError({text!r})"


def test_request_shows_no_prompt():
    """The repr of a request, which may end up in a log, has no message and no header."""
    request = ChatRequest(
        provider="openai",
        model="gpt-4o-mini",
        messages=({"role": "user", "content": "PRIVATE"},),
        extra={"metadata": "PRIVATE"},
        extra_headers={"authorization": "PRIVATE"},
        extra_query={"key": "PRIVATE"},
    )
    assert "gpt-4o-mini" in repr(request)
    assert "PRIVATE" not in repr(request) + str(request) + f"{request}"


@pytest.mark.parametrize("show", [repr, str, format, lambda s: f"{s!r} {s} {[s]} {(s,)}"])
def test_secret_shows_nothing(show):
    """Nothing that makes a text of a secret gives the key."""
    assert "sk-abcdef" not in show(Secret("sk-abcdef"))
    assert Secret("sk-abcdef").reveal() == "sk-abcdef"


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, vars])
def test_secret_is_not_taken_apart(take):
    """A secret can't be pickled, copied or looked into."""
    with pytest.raises(TypeError):
        take(Secret("sk-abcdef"))


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("a sk-abcdef b sk-abcdef", f"a {MASK} b {MASK}"),
        (b"a sk-abcdef", b"a ***"),
        ({"sk-abcdef": ["sk-abcdef", 1, None]}, {MASK: [MASK, 1, None]}),
        (("x", {"y": "sk-abcdef!"}), ("x", {"y": f"{MASK}!"})),
        (17, 17),
        (None, None),
    ],
    ids=["text", "bytes", "JSON", "tuple", "number", "nothing"],
)
def test_mask_hides_a_key_at_any_depth(value, masked):
    """The key is replaced in texts, bytes, keys and values; the rest stays."""
    assert mask(value, ["sk-abcdef"]) == masked


def test_mask_leaves_short_placeholders():
    """A key that is a placeholder of under six characters would punch holes into words."""
    assert mask("none of the tests", ["none", "test", ""]) == "none of the tests"


def test_mask_hides_every_key():
    """Several keys are all hidden."""
    assert mask("first-key second-key", ["first-key", "second-key"]) == f"{MASK} {MASK}"


def test_repr_shows_what_there_is():
    """Fields that say nothing are left out, and so is what is long."""
    call = ToolCall("c1", "add", {"x": 1}, '{"x": 1}')
    assert repr(call) == "ToolCall(id='c1', name='add', arguments={'x': 1}, complete=True)"
    usage = Usage(9, 7, 16)
    counts = "Usage(prompt_tokens=9, completion_tokens=7, total_tokens=16)"
    assert repr(usage) == counts
    response = ChatResponse(content="", tool_calls=(call,), finish_reason="tool_calls", usage=usage)
    assert repr(response) == (
        f"ChatResponse(content='', tool_calls=({call!r},), finish_reason='tool_calls', "
        f"usage={counts})"
    )


def test_message_of_an_answer_is_the_callers_own():
    """Who changes it changes neither the answer nor the next message of it."""
    kept = {"content": [{"type": "thinking", "thinking": "Hm."}]}
    response = ChatResponse(content="Hi", provider="anthropic", _verbatim=kept)
    response.to_message()["provider_data"]["anthropic"]["content"].clear()
    assert response.to_message()["provider_data"] == {"anthropic": kept}
    assert kept["content"]
