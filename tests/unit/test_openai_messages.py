"""Messages on OpenAI's wire: parts, calls, marks, and what a server wants back."""

import copy
import re
from dataclasses import replace

import pytest

from llm_connectivity import ValidationError, image
from llm_connectivity.messages import check_messages
from llm_connectivity.providers.compatible import COMPATIBLE
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.openai_chat import Dialect, OpenAIChatCodec

USER = {"role": "user", "content": "Hello"}
MARK = {"type": "ephemeral"}
PNG = image(b"\x89PNG\r\n\x1a\n")
TEXT = {"type": "text", "text": "Look."}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
STORED = {"type": "file", "file": {"file_id": "file-1"}}
LINKED = {"type": "file", "file": {"file_data": "https://example.com/a.pdf"}}
MARKED_WARNING = "cache_control is unknown to this server: left out."


def _call(call_id="c1", **others):
    function = {"name": "add", "arguments": '{"x": 1}'}
    return {"id": call_id, "type": "function", "function": function, **others}


def _dialogue(call_id="c1", **others):
    return [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [_call(call_id)], **others},
        {"role": "tool", "tool_call_id": call_id, "content": "3"},
    ]


def _request(messages, provider="openai", **fields):
    return ChatRequest(provider=provider, model="m", messages=check_messages(messages), **fields)


def _send(messages, provider="openai", **dialect):
    """Give the messages as they are sent, and the warnings."""
    codec, request = OpenAIChatCodec(Dialect(**dialect)), _request(messages, provider)
    before = copy.deepcopy(request)
    warnings = codec.check_chat(request)
    sent = codec.build_chat(request, stream=False)["messages"]
    assert request == before
    return sent, list(warnings)


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [{"role": "system", "content": "Be short."}, USER],
        [{"role": "user", "content": [TEXT, PNG, SOUND, STORED], "name": "n"}],
        _dialogue(),
        [{"role": "assistant", "content": None, "refusal": "No."}, USER],
    ],
    ids=["text", "system", "parts", "calls", "refusal"],
)
def test_messages_are_sent_as_they_were_given(messages):
    """The wire's form is ours: nothing is changed, and nothing is warned of."""
    assert _send(messages) == (messages, [])


@pytest.mark.parametrize(
    ("part", "dialect", "named", "way_out"),
    [
        (PNG, {"takes": frozenset()}, "type 'image_url', which openai", "text alone"),
        (SOUND, {"takes": frozenset({"image_url"})}, "type 'input_audio'", "image_url."),
        (STORED, {"takes": frozenset({"image_url", "file_url"})}, "type 'file'", "image_url."),
        (LINKED, {}, "is the address of a file", "pdf('paper.pdf')"),
        (
            {"type": "image_url", "image_url": {"url": "gs://bucket/a.png"}},
            {},
            "in Google's storage: 'gs://bucket/a.png'",
            "https://",
        ),
    ],
    ids=["text alone", "sound", "file", "file by address", "storage"],
)
def test_parts_that_a_server_does_not_take_are_refused(part, dialect, named, way_out):
    """Before anything is sent, with the part's place and what the server does take."""
    request = _request([USER, {"role": "user", "content": [TEXT, part]}])
    codec = OpenAIChatCodec(Dialect(**dialect))
    for ask in (codec.check_chat, lambda r: codec.build_chat(r, stream=False)):
        with pytest.raises(ValidationError) as caught:
            ask(request)
        assert caught.value.message.startswith("messages[1]['content'][1] is ")
        assert named in caught.value.message
        assert way_out in caught.value.hint


def test_files_by_address_go_to_servers_that_read_them():
    """As they are."""
    messages = [{"role": "user", "content": [TEXT, LINKED]}]
    assert _send(messages, takes=frozenset({"file", "file_url"})) == (messages, [])


@pytest.mark.parametrize(
    ("given", "kept", "stripped"),
    [
        pytest.param(
            {**USER, "cache_control": MARK},
            {"role": "user", "content": [{"type": "text", "text": "Hello", "cache_control": MARK}]},
            USER,
            id="on a message",
        ),
        pytest.param(
            {"role": "user", "content": [{**TEXT, "cache_control": MARK}, PNG]},
            {"role": "user", "content": [{**TEXT, "cache_control": MARK}, PNG]},
            {"role": "user", "content": [TEXT, PNG]},
            id="on a part",
        ),
        pytest.param(
            {"role": "user", "content": [TEXT, PNG], "cache_control": MARK},
            {"role": "user", "content": [TEXT, {**PNG, "cache_control": MARK}]},
            {"role": "user", "content": [TEXT, PNG]},
            id="on a message with parts",
        ),
    ],
)
def test_marks_go_to_servers_that_know_them(given, kept, stripped):
    """On the last part; elsewhere they are left out, and warned of once."""
    assert _send([given], keeps_prompts=True) == ([kept], [])
    assert _send([given, given]) == ([stripped, stripped], [MARKED_WARNING])


def test_marks_on_tools_are_warned_of_too():
    """Once for all of them."""
    tool = {"type": "function", "function": {"name": "add"}}
    options = {"tools": [{**tool, "cache_control": MARK}]}
    request = _request([{**USER, "cache_control": MARK}], options=options)
    codec = OpenAIChatCodec()
    assert codec.check_chat(request) == (MARKED_WARNING,)
    assert codec.build_chat(request, stream=False)["tools"] == [tool]
    keeper = OpenAIChatCodec(Dialect(keeps_prompts=True))
    assert keeper.check_chat(request) == ()
    assert keeper.build_chat(request, stream=False)["tools"] == options["tools"]


SHORT, MISTRAL = ".{1,40}", "[a-zA-Z0-9]{9}"


@pytest.mark.parametrize(
    ("call_id", "pattern", "same"),
    [
        ("c", SHORT, True),
        ("c" * 40, SHORT, True),
        ("c" * 41, SHORT, False),
        ("c" * 5000, ".+", True),
        ("a\nb", ".+", True),
        ("call12345", MISTRAL, True),
        ("call_1234", MISTRAL, False),
        ("call12345\n", MISTRAL, False),
        ("call", MISTRAL, False),
        ("toolu_0123456789", MISTRAL, False),
        ("\u00e4" * 50, SHORT, False),
    ],
)
def test_ids_are_fitted_alike_for_calls_and_results(call_id, pattern, same):
    """An id that the server would refuse is replaced, the same one in call and result."""
    _, asked, result = _send(_dialogue(call_id), call_ids=pattern)[0]
    fitted = result["tool_call_id"]
    assert asked["tool_calls"][0]["id"] == fitted
    assert (fitted == call_id) is same
    assert re.fullmatch(pattern, fitted, re.DOTALL)


def test_fitted_ids_stay_different():
    """Calls that differ at the end of a long id alone are still told apart."""
    calls = [_call("c" * 60 + end) for end in "ab"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": ""} for call in calls]
    messages = [{"role": "assistant", "content": None, "tool_calls": calls}, *results]
    _, first, second = _send(messages, call_ids=MISTRAL)[0]
    assert first["tool_call_id"] != second["tool_call_id"]


@pytest.mark.parametrize(
    ("given", "sent", "left_out"),
    [
        pytest.param({"content": "Hi", "name": "n"}, {"content": "Hi"}, ["name"], id="name"),
        pytest.param({"content": "", "refusal": "No"}, {"content": "No"}, [], id="refusal alone"),
        pytest.param(
            {"content": "Hi", "refusal": "No"}, {"content": "Hi"}, ["refusal"], id="and a text"
        ),
        pytest.param(
            {"content": [TEXT], "refusal": "No"}, {"content": [TEXT]}, ["refusal"], id="and parts"
        ),
    ],
)
def test_keys_that_a_server_does_not_know_are_left_out(given, sent, left_out):
    """With a warning where something is lost; others get them as they are."""
    given, sent = ({"role": "assistant", **message} for message in (given, sent))
    warnings = [f"messages[0]['{key}'] is unknown to this server: left out." for key in left_out]
    assert _send([given, USER], message_keys=frozenset()) == ([sent, USER], warnings)
    assert _send([given, USER]) == ([given, USER], [])


def test_mistral_gets_what_it_takes():
    """Ids of nine letters and digits, and messages without a name or a refusal."""
    spec = next(spec for spec in COMPATIBLE if spec.name == "mistral")
    codec = OpenAIAdapter(api_key="a-key-of-mine", spec=spec).codec
    messages = [{**USER, "name": "n"}, {"role": "assistant", "content": "", "refusal": "No"}]
    request = _request([*messages, *_dialogue("call_1234")], "mistral")
    named, refused, _, asked, _ = codec.build_chat(request, stream=False)["messages"]
    assert (named, refused) == (USER, {"role": "assistant", "content": "No"})
    assert re.fullmatch(MISTRAL, asked["tool_calls"][0]["id"])
    assert codec.check_chat(request) == (
        "messages[0]['name'] is unknown to this server: left out.",
    )


SIGNED = {"reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "s"}]}
TEXTS = {"reasoning_content": "Hm.", "reasoning": "Hm."}
EXTRA = {"google": {"thought_signature": "s"}}
CHANGED = "messages[1] has been changed: sent without what is signed in provider_data."


def _answered(provider="openrouter", **fields):
    """Give a dialogue as it goes on after an answer with these fields."""
    message = {"role": "assistant", "content": "Hi", "tool_calls": [_call()], **fields}
    body = {"id": "a", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    response = replace(OpenAIChatCodec().parse_chat(body), provider=provider)
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": ""} for call in response.tool_calls
    ]
    return [USER, response.to_message(), *results]


def test_what_a_server_wants_back_goes_to_it_alone():
    """Reasoning as it was; another provider gets the rest."""
    messages = _answered(**SIGNED, **TEXTS)
    plain = {"role": "assistant", "content": "Hi", "tool_calls": [_call()]}
    (_, sent, _), warnings = _send(messages, "openrouter")
    assert (sent, warnings) == ({**plain, **SIGNED, **TEXTS}, [])
    (_, sent, _), warnings = _send(messages, "openai")
    assert (sent, warnings) == (plain, [])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"content": "Ho"}, id="text"),
        pytest.param({"content": None}, id="no text"),
        pytest.param(
            {"tool_calls": [_call(function={"name": "add", "arguments": "{}"})]}, id="arguments"
        ),
        pytest.param(
            {"tool_calls": [_call(function={"name": "sub", "arguments": '{"x": 1}'})]}, id="name"
        ),
        pytest.param({"tool_calls": [_call("c1"), _call("c2")]}, id="one call more"),
    ],
)
def test_what_is_signed_goes_only_with_what_was_said(change):
    """Texts go regardless, and the loss is told."""
    messages = _answered(**SIGNED, **TEXTS)
    messages[1] |= change
    messages += [{"role": "tool", "tool_call_id": "c2", "content": ""}] * (
        len(messages[1]["tool_calls"]) - 1
    )
    (_, sent, *_), warnings = _send(messages, "openrouter")
    assert warnings == [CHANGED]
    assert "reasoning_details" not in sent
    assert {name: sent[name] for name in TEXTS} == TEXTS


def test_what_is_signed_goes_where_only_the_spelling_has_changed():
    """Parts in place of a text, and JSON that has been written anew."""
    messages = _answered(**SIGNED)
    messages[1]["content"] = [{"type": "text", "text": "Hi"}]
    messages[1]["tool_calls"] = [_call(function={"name": "add", "arguments": '{"x":1}'})]
    (_, sent, _), warnings = _send(messages, "openrouter")
    assert (sent["reasoning_details"], warnings) == (SIGNED["reasoning_details"], [])


@pytest.mark.parametrize("text", ["Hi", "Ho"])
def test_signed_thinking_goes_back_with_what_was_said(text):
    """As LiteLLM has told it; a text that has been changed goes without."""
    blocks = [{"type": "thinking", "thinking": "Hm.", "signature": "s"}]
    messages = _answered(thinking_blocks=blocks)
    messages[1]["content"] = text
    (_, sent, _), warnings = _send(messages, "openrouter")
    seen = (sent.get("thinking_blocks"), warnings)
    assert seen == ((blocks, []) if text == "Hi" else (None, [CHANGED]))


def test_signed_calls_get_their_fields_back_though_their_ids_are_too_long():
    """LiteLLM puts a signature into the id as well, which then is longer than OpenAI takes."""
    fields, call_id = {"thought_signature": "s"}, "call_1__thought__" + "s" * 60
    messages = _answered("openai", tool_calls=[_call(call_id, provider_specific_fields=fields)])
    (_, sent, result), warnings = _send(messages, "openai", call_ids=".{1,40}")
    (call,) = sent["tool_calls"]
    assert (call["provider_specific_fields"], warnings) == (fields, [])
    assert call["id"] == result["tool_call_id"] != call_id


def test_signed_calls_get_their_signatures_back():
    """By the call's id, also where the text is another one."""
    messages = _answered("google", tool_calls=[_call(extra_content=EXTRA)])
    messages[1]["content"] = "Ho"
    (_, sent, _), warnings = _send(messages, "google")
    assert (sent["tool_calls"], warnings) == ([_call(extra_content=EXTRA)], [])


def test_signatures_never_sit_on_another_call():
    """One of another id, or another one of the same id; the loss is told."""
    other = _call(function={"name": "sub", "arguments": "{}"})
    for call in (_call("c2"), other):
        messages = _answered("google", tool_calls=[_call(extra_content=EXTRA)])
        messages[1]["tool_calls"] = [call]
        messages[2]["tool_call_id"] = call["id"]
        (_, sent, _), warnings = _send(messages, "google")
        assert (sent["tool_calls"], warnings) == ([call], [CHANGED])


def test_signatures_go_to_one_of_two_calls_of_an_id():
    """To the one that has been signed."""
    other = _call(function={"name": "sub", "arguments": "{}"})
    messages = _answered("google", tool_calls=[other, _call(extra_content=EXTRA)])[:2]
    codec, request = OpenAIChatCodec(), ChatRequest(provider="google", model="m", messages=messages)
    sent = codec.build_chat(request, stream=False)["messages"][1]
    ids = [call.pop("id") for call in sent["tool_calls"]]
    assert (ids[0], len(set(ids))) == ("c1", 2)  # one of its own, so that results can be told
    signed = _call(extra_content=EXTRA)
    assert sent["tool_calls"] == [
        {k: v for k, v in c.items() if k != "id"} for c in (other, signed)
    ]


@pytest.mark.parametrize(
    "kept",
    [
        {"extra_content": "x"},
        {"extra_content": {"c1": EXTRA}},
        {"extra_content": {"c1": EXTRA}, "of": {"calls": []}},
        {**SIGNED, "of": 1},
    ],
    ids=repr,
)
def test_what_is_signed_of_nothing_that_can_be_told_stays_out(kept):
    """As written by somebody else."""
    (_, sent, _), warnings = _send(_dialogue(provider_data={"openai": kept}))
    assert (sent["tool_calls"], warnings) == ([_call()], [CHANGED])
    assert "reasoning_details" not in sent


def test_signed_reasoning_parts_go_back_in_front_of_the_text():
    """As the server has sent them; a text that has been changed goes without."""
    part = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Hm.", "signature": "s"}],
    }
    text = {"type": "text", "text": "Hi"}
    messages = _answered(content=[part, text])
    (_, sent, _), warnings = _send(messages, "openrouter")
    assert (sent["content"], warnings) == ([part, text], [])
    messages[1]["content"] = "Ho"
    (_, sent, _), warnings = _send(messages, "openrouter")
    assert (sent["content"], warnings) == ("Ho", [CHANGED])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Hi", [{"type": "text", "text": "Hi"}]),
        ("", []),
        ([TEXT], [TEXT]),
        (None, []),
    ],
    ids=["text", "empty", "parts", "a call alone"],
)
def test_thinking_parts_go_back_in_front_of_the_text(content, said):
    """As the server has sent them, also where it has only called a function."""
    messages = _dialogue(provider_data={"mistral": {"thinking": "Hm."}})
    messages[1]["content"] = content
    _, asked, _ = _send(messages, "mistral")[0]
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    assert asked["content"] == [thought, *said]


def test_messages_in_extra_body_replace_the_others_with_a_warning():
    """The caller's own body wins, and the loss is told."""
    theirs = [{"role": "user", "content": "Theirs"}]
    request = _request([USER], extra={"messages": theirs})
    codec = OpenAIChatCodec()
    assert codec.check_chat(request) == ("messages= in extra_body replaces the messages.",)
    assert codec.build_chat(request, stream=False)["messages"] == theirs
