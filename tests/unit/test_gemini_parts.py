"""Media, calls, results and what goes back as it was, in the contents of a Gemini request."""

import json
from dataclasses import replace

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.gemini import GeminiCodec
from tests.server import gemini_wire as wire

QUESTION = {"role": "user", "content": "Which?"}
PNG = "data:image/png;base64,iVBORw0="
PLACEHOLDER = "skip_thought_signature_validator"
FILES = "https://generativelanguage.googleapis.com/v1beta/files/abc"


def _request(*messages, **fields):
    """Make a request."""
    return ChatRequest(provider="google", model="m", messages=messages, **fields)


def _build(*messages):
    """Build a request's contents and give the warnings; it can be sent."""
    request = _request(*messages)
    body = GeminiCodec().build_chat(request, stream=False)
    json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    return body["contents"], GeminiCodec().check_chat(request)


def _part(part):
    """Write one part of a user's message."""
    [content], warnings = _build({"role": "user", "content": [part]})
    [written] = content["parts"]
    return written, warnings


def _image(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def _sound(form):
    return {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": form}}


def _file(**fields):
    return {"type": "file", "file": fields}


def _call(call_id, name="f", arguments="{}"):
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function}


def _assistant(*calls, content=None, **more):
    return {"role": "assistant", "content": content, "tool_calls": list(calls), **more}


def _result(call_id, content="r"):
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def _inline(kind, data):
    return {"inlineData": {"mimeType": kind, "data": data}}


def _address(uri, kind=None):
    return {"fileData": {"fileUri": uri, "mimeType": kind} if kind else {"fileUri": uri}}


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (_image(PNG), _inline("image/png", "iVBORw0=")),
        (_image("data:IMAGE/JPEG;base64,/9j="), _inline("image/jpeg", "/9j=")),
        (
            _image("https://a.example/b.PNG?x=1"),
            _address("https://a.example/b.PNG?x=1", "image/png"),
        ),
        (_image("http://a.example/b"), _address("http://a.example/b")),
        (_image("https://youtu.be/x.y"), _address("https://youtu.be/x.y")),
        (_image("gs://bucket/b.webp"), _address("gs://bucket/b.webp", "image/webp")),
        (_image(PNG, detail="auto"), _inline("image/png", "iVBORw0=")),
        (_sound("wav"), _inline("audio/wav", "UklGRg==")),
        (_sound("MP3"), _inline("audio/mp3", "UklGRg==")),
        (
            _file(file_data="data:application/pdf;base64,JVBERi0="),
            _inline("application/pdf", "JVBERi0="),
        ),
        (
            _file(file_data="data:text/x-new;charset=utf-8;base64,YQ=="),
            _inline("text/x-new", "YQ=="),
        ),
        (_file(file_data="data:video/mp4;base64,AAAA"), _inline("video/mp4", "AAAA")),
        (
            _file(file_data="https://a.example/b", filename="b.pdf"),
            _address("https://a.example/b", "application/pdf"),
        ),
        (_file(file_id=FILES), _address(FILES)),
        (_file(file_id=FILES, filename="film.mov"), _address(FILES, "video/mov")),
        (_file(file_id="files/abc"), _address(FILES)),
        (_file(file_id="gs://bucket/a.csv"), _address("gs://bucket/a.csv", "text/csv")),
    ],
    ids=str,
)
def test_media_go_with_their_data_or_address(part, written):
    """The type is that of the data, or what the name tells; nothing is fetched."""
    assert _part(part) == (written, ())


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (_image("data:image/gif;base64,R0lG"), "'image/gif'"),
        (_image("data:image/svg+xml;base64,PHN2"), "'image/svg+xml'"),
        (_image("ftp://a.example/b.png"), "neither an address nor a data URL"),
        (_image("data:image/png,abc"), "neither an address nor a data URL"),
        (_file(file_data="data:application/zip;base64,UEs="), "'application/zip'"),
        (_file(file_data="data:;base64,UEs="), "''"),
        (_file(file_id="file-abc123"), "'file-abc123'"),
        (_sound("pcm16"), "'pcm16'"),
    ],
    ids=str,
)
def test_media_that_the_wire_has_not_are_refused(part, told):
    """Before anything is sent, with place and way out."""
    request = _request(QUESTION, {"role": "user", "content": [{"type": "text", "text": "a"}, part]})
    with pytest.raises(ValidationError) as caught:
        GeminiCodec().check_chat(request)
    assert caught.value.message.startswith("messages[1]['content'][1] ")
    assert told in caught.value.message
    assert caught.value.code == "invalid_messages"
    assert caught.value.hint


def test_marks_and_details_have_no_place():
    """They are left out, and that is said."""
    mark = {"cache_control": {"type": "ephemeral"}}
    contents, warnings = _build(
        {"role": "system", "content": [{"type": "text", "text": "s", **mark}]},
        {"role": "user", "content": [_image(PNG, detail="high") | mark]},
        _assistant(_call("1")),
        _result("1", [{"type": "text", "text": "r", **mark}]),
    )
    assert "cache_control" not in str(contents)
    assert [warning.split(",")[0] for warning in warnings] == [
        "messages[1]['content'][0] has cache_control",
        "messages[1]['content'][0] has detail",
        "messages[3]['content'][0] has cache_control",
        "messages[0]['content'][0] has cache_control",
    ]


def test_calls_of_others_have_the_documented_placeholder_for_a_signature():
    """On the first of each step, which newer models want signed."""
    messages = [
        QUESTION,
        _assistant(_call("1", "f", '{"a": 1}'), _call("2", "g"), content="Both."),
        _result("1"),
        _result("2"),
        _assistant(_call("3", "h")),
        _result("3"),
    ]
    contents, warnings = _build(*messages)
    assert [content["role"] for content in contents] == ["user", "model", "user", "model", "user"]
    assert contents[1]["parts"] == [
        {"text": "Both."},
        {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": PLACEHOLDER},
        {"functionCall": {"name": "g", "args": {}}},
    ]
    assert contents[3]["parts"][0]["thoughtSignature"] == PLACEHOLDER
    assert warnings == ()


BIG = '{"a": ' + "9" * 5000 + "}"
DEEP = '{"a":' * 300 + "1" + "}" * 300
DEEPER = '{"a":' * 5000 + "1" + "}" * 5000


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ',
        "[1]",
        "7",
        "x",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud83d"}',
        BIG,
        DEEP,
        DEEPER,
    ],
    ids=lambda text: text[:12],
)
def test_text_that_is_no_json_object_goes_wrapped(text):
    """The wire has objects only: arguments with a warning, results as a result."""
    contents, [warning] = _build(QUESTION, _assistant(_call("1", "f", text)), _result("1", text))
    [call], [result] = contents[1]["parts"], contents[2]["parts"]
    assert call["functionCall"]["args"] == {"INVALID_JSON": text}
    assert result["functionResponse"]["response"] == {"result": text}
    assert warning.startswith("messages[1]['tool_calls'][0] has arguments that are no JSON object")


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ('{"degrees": 7, "sky": {"clouds": []}}', {"degrees": 7, "sky": {"clouds": []}}),
        ("sunny", {"result": "sunny"}),
        ("", {"result": ""}),
        ("null", {"result": "null"}),
        ([{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}], {"a": 1}),
    ],
    ids=str,
)
def test_result_is_an_object(content, response):
    """Its text, where that is none; parts are joined."""
    contents, _ = _build(QUESTION, _assistant(_call("1")), _result("1", content))
    assert contents[2]["parts"] == [{"functionResponse": {"name": "f", "response": response}}]


def test_results_stand_in_the_order_of_their_calls_in_front_of_the_rest():
    """The vendor tells them by it, where it has no ids."""
    contents, _ = _build(
        QUESTION,
        _assistant(_call("1", "f"), _call("2", "g"), _call("3", "h")),
        _result("3"),
        _result("1"),
        _result("2"),
        {"role": "user", "content": "Well?"},
    )
    *results, last = contents[2]["parts"]
    assert [part["functionResponse"]["name"] for part in results] == ["f", "g", "h"]
    assert (last, len(contents)) == ({"text": "Well?"}, 3)


def _answer(*parts):
    """Give the message of an answer with these parts."""
    candidate = wire.candidate(list(parts), "STOP")
    answer = GeminiCodec().parse_chat(wire.whole_answer(candidates=[candidate]))
    return replace(answer, provider="google").to_message()


SIGNED = {"functionCall": {"name": "f", "args": {"a": 1}, "id": "v1"}, "thoughtSignature": "Cg=="}
SECOND = {"functionCall": {"name": "g", "id": "v2"}}


def test_answer_goes_back_as_it_was():
    """With its signatures, and results that name the vendor's ids."""
    parts = [{"text": "a"}, SIGNED, SECOND]
    message = _answer({"text": "hm", "thought": True}, *parts)
    contents, warnings = _build(QUESTION, message, _result("v2"), _result("v1"))
    assert contents[1] == {"role": "model", "parts": parts}
    assert [part["functionResponse"] for part in contents[2]["parts"]] == [
        {"name": "f", "response": {"result": "r"}, "id": "v1"},
        {"name": "g", "response": {"result": "r"}, "id": "v2"},
    ]
    assert warnings == ()


def test_answer_without_ids_goes_back_with_results_without_ids():
    """Ids that were made here mean nothing to the vendor."""
    message = _answer({"functionCall": {"name": "f"}, "thoughtSignature": "Cg=="})
    contents, _ = _build(QUESTION, message, _result(message["tool_calls"][0]["id"]))
    assert contents[2]["parts"] == [
        {"functionResponse": {"name": "f", "response": {"result": "r"}}}
    ]


def test_answer_that_was_changed_goes_in_its_own_words():
    """Its signature would not fit, nor its id; that is said."""
    message = _answer({"text": "a"}, SIGNED) | {"content": "b"}
    contents, [warning] = _build(QUESTION, message, _result("v1"))
    assert contents[1]["parts"] == [
        {"text": "b"},
        {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": PLACEHOLDER},
    ]
    assert "id" not in contents[2]["parts"][0]["functionResponse"]
    assert "messages[1] has been changed" in warning


def test_what_another_vendor_wants_back_is_left_out():
    """Its text and calls are sent."""
    message = _assistant(_call("1"), provider_data={"anthropic": {"content": [{"type": "odd"}]}})
    contents, warnings = _build(QUESTION, message, _result("1"))
    assert [list(part) for part in contents[1]["parts"]] == [["functionCall", "thoughtSignature"]]
    assert warnings == ()


@pytest.mark.parametrize(
    "nothing",
    [
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "", "provider_data": {"google": {"parts": []}}},
        {
            "role": "assistant",
            "content": "",
            "provider_data": {"google": {"parts": [{"text": ""}]}},
        },
    ],
    ids=["empty", "kept empty", "kept text empty"],
)
def test_assistant_that_says_nothing_is_left_out_with_a_warning(nothing):
    """The vendor refuses empty texts; the user's turns around it become one."""
    contents, warnings = _build(QUESTION, nothing, QUESTION)
    [question] = _build(QUESTION)[0]
    assert contents == [{"role": "user", "parts": question["parts"] * 2}]
    assert tuple(warnings) == ("messages[1] is empty, which the API refuses: left out.",)


def test_messages_that_say_nothing_are_refused():
    """There is nothing to answer."""
    with pytest.raises(ValidationError, match="nothing but empty messages"):
        _build({"role": "assistant", "content": ""})


def test_body_leaves_the_message_as_it_was():
    """What goes back is the caller's, and is used again."""
    message = _answer({"text": "a"}, SIGNED)
    before = json.dumps(message)
    assert _build(QUESTION, message, _result("v1")) == _build(QUESTION, message, _result("v1"))
    assert json.dumps(message) == before
