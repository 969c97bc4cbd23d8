"""Path and body of a request on Gemini's wire."""

import json

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.gemini.request import model_path

HELLO = ({"role": "user", "content": "Hello"},)
CONTENTS = [{"role": "user", "parts": [{"text": "Hello"}]}]


def _request(messages=HELLO, model="gemini-2.5-flash", **fields):
    """Make a request."""
    return ChatRequest(provider="google", model=model, messages=messages, **fields)


def _build(messages=HELLO, **fields):
    """Build the body of a request."""
    return GeminiCodec().build_chat(_request(messages, **fields), stream=False)


def _message(role, content):
    """Give one message."""
    return {"role": role, "content": content}


def test_body_holds_the_contents_alone():
    """What was not given is not sent, and the model's name is in the path."""
    assert _build() == {"contents": CONTENTS}


@pytest.mark.parametrize("stream", [False, True])
def test_body_is_the_same_for_streams(stream):
    """The path says that a stream is wanted."""
    assert GeminiCodec().build_chat(_request(), stream=stream) == {"contents": CONTENTS}


def test_speakers_have_the_vendors_names():
    """The assistant is the model."""
    messages = [_message("user", "a"), _message("assistant", "b"), _message("user", "c")]
    assert _build(messages)["contents"] == [
        {"role": "user", "parts": [{"text": "a"}]},
        {"role": "model", "parts": [{"text": "b"}]},
        {"role": "user", "parts": [{"text": "c"}]},
    ]


def test_neighbours_of_one_role_are_merged_as_parts():
    """Speakers take turns, and no text is glued to another."""
    parts = [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]
    contents = _build([_message("user", "a"), _message("user", parts)])["contents"]
    assert contents == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_system_text_goes_into_its_own_place(role):
    """One part for each text, whichever message it is from."""
    two = [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]
    body = _build([_message("system", "a"), _message(role, two), *HELLO])
    assert body["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}
    assert body["contents"] == CONTENTS


@pytest.mark.parametrize(
    ("option", "config"),
    [
        ({"temperature": 0.0}, {"temperature": 0.0}),
        ({"max_tokens": 50}, {"maxOutputTokens": 50}),
        ({"top_p": 0.5}, {"topP": 0.5}),
        ({"stop": "END"}, {"stopSequences": ["END"]}),
        ({"stop": ["a", "b"]}, {"stopSequences": ["a", "b"]}),
        ({"seed": 7}, {"seed": 7}),
        ({"frequency_penalty": 0.1}, {"frequencyPenalty": 0.1}),
        ({"presence_penalty": -0.1}, {"presencePenalty": -0.1}),
    ],
    ids=lambda value: str(value),
)
def test_options_have_the_vendors_names(option, config):
    """All of them are in generationConfig."""
    assert _build(options=option) == {"contents": CONTENTS, "generationConfig": config}


def test_the_user_option_is_not_on_this_wire():
    """The vendor has no field for it."""
    assert "user" not in GeminiCodec().options


def test_other_keywords_go_to_the_root_and_are_merged_deeply():
    """They are laid over what the options say."""
    extra = {"generationConfig": {"topK": 3, "seed": 2}, "safetySettings": []}
    body = _build(options={"seed": 1, "max_tokens": 5}, extra=extra)
    assert body["generationConfig"] == {"seed": 2, "maxOutputTokens": 5, "topK": 3}
    assert body["safetySettings"] == []


def test_body_leaves_the_request_as_it_was():
    """Building a body, twice, changes nothing that the caller holds."""
    extra = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}
    before = json.dumps(extra)
    fields = {"options": {"max_tokens": 5}, "extra": extra}
    assert _build(**fields) == _build(**fields)
    assert json.dumps(extra) == before


def test_check_warns_of_what_goes_elsewhere():
    """A late system message is put in front, and that is said."""
    [warning] = GeminiCodec().check_chat(_request((*HELLO, _message("system", "late"))))
    assert "messages[1]" in warning
    assert GeminiCodec().check_chat(_request()) == ()


def test_check_warns_of_a_keyword_that_replaces_the_system_messages():
    """The caller's own vendor keyword wins, and not in silence."""
    request = _request(
        messages=({"role": "system", "content": "a"}, {"role": "user", "content": "Hi"}),
        extra={"systemInstruction": {"parts": [{"text": "b"}]}},
    )
    assert GeminiCodec().check_chat(request) == (
        "systemInstruction= replaces the text of the system messages.",
    )


def test_system_messages_alone_are_refused():
    """There is nothing to answer."""
    with pytest.raises(ValidationError, match="nothing but system messages"):
        GeminiCodec().check_chat(_request([_message("system", "a")]))


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("tunedModels/my-model", "tunedModels/my-model"),
        ("vendor/name", "models/vendor/name"),
        ("llama3:8b", "models/llama3%3A8b"),
        ("a?key=b&c#d", "models/a%3Fkey%3Db%26c%23d"),
        ("a b\r\nc", "models/a%20b%0D%0Ac"),
        ("%2e%2e", "models/%252e%252e"),
        ("é{model}", "models/%C3%A9%7Bmodel%7D"),
        ("a\\b@c", "models/a%5Cb%40c"),
    ],
)
def test_model_stands_in_the_path_whatever_its_name(model, path):
    """Characters that mean something in a path or query are escaped."""
    assert model_path(model) == path


@pytest.mark.parametrize(
    "model",
    ["..", "../files", "models/../files", "a/..", "a..b", ".", "a/./b", "/a", "a//b", "a/", ""],
)
def test_model_that_leads_elsewhere_is_refused(model):
    """A name is not a way through the server's other paths."""
    with pytest.raises(ValidationError) as caught:
        GeminiCodec().check_chat(_request(model=model))
    assert caught.value.code == "invalid_model"
