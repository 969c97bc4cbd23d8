"""Parts of messages as content blocks of Anthropic's wire: media, calls, results, what was kept."""

import base64

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.messages import check_messages
from llm_connectivity.types import ChatRequest
from llm_connectivity.wires.anthropic import AnthropicCodec

PNG = "iVBORw0KGgo="
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
USER = {"role": "user", "content": "Hello"}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
TEXT = {"type": "text", "text": "Hi"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
CALLED = {"id": "toolu_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
RESULT = {"role": "tool", "tool_call_id": "toolu_1", "content": "2"}
RESULT_BLOCK = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"}


def _request(messages):
    """Make a request of messages, checked as the client does."""
    return ChatRequest(provider="anthropic", model="m", messages=check_messages(messages))


def _plan(*messages):
    """Give the body of a request, and its warnings."""
    codec, request = AnthropicCodec(), _request(messages)
    return codec.build_chat(request, stream=False), codec.check_chat(request)


def _said(*parts):
    """Give what is sent of a user's message of these parts."""
    body, warnings = _plan({"role": "user", "content": list(parts)})
    assert warnings == ()
    return body["messages"][0]["content"]


def _data(media_type, content=b"Hello"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _image(url, **fields):
    return {"type": "image_url", "image_url": {"url": url, **fields}}


def _file(**fields):
    return {"type": "file", "file": fields}


def _source(media_type, data=PNG):
    return {"type": "base64", "media_type": media_type, "data": data}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        pytest.param(
            _image("https://a.example/x"),
            {"type": "image", "source": {"type": "url", "url": "https://a.example/x"}},
            id="image at an address",
        ),
        *(
            pytest.param(
                _image(f"data:{given};base64,{PNG}"),
                {"type": "image", "source": _source(sent)},
                id=given,
            )
            for given, sent in [
                ("image/png", "image/png"),
                ("image/jpeg", "image/jpeg"),
                ("image/gif", "image/gif"),
                ("image/webp", "image/webp"),
                ("image/jpg", "image/jpeg"),
                ("IMAGE/PNG", "image/png"),
            ]
        ),
        pytest.param(
            _image("https://a.example/x", detail="auto"),
            {"type": "image", "source": {"type": "url", "url": "https://a.example/x"}},
            id="detail that is the usual one",
        ),
        pytest.param(
            _file(file_data=f"data:application/pdf;base64,{PNG}", filename="a.pdf"),
            {"type": "document", "source": _source("application/pdf"), "title": "a.pdf"},
            id="pdf with a name",
        ),
        pytest.param(
            _file(file_data=_data("text/plain", "Grüße".encode())),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
            },
            id="text",
        ),
        pytest.param(
            _file(file_data="https://a.example/a.pdf"),
            {"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"}},
            id="pdf at an address",
        ),
        pytest.param(
            _file(file_id="file_1"),
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            id="file that the API has",
        ),
        pytest.param(
            _file(file_data=f"data:image/png;base64,{PNG}", filename="a.png"),
            {"type": "image", "source": _source("image/png")},
            id="image in a file",
        ),
    ],
)
def test_part_becomes_a_block(part, block):
    """Each kind has its place."""
    assert _said({"type": "text", "text": "Look:"}, part)[1:] == [block]


@pytest.mark.parametrize(
    ("part", "says"),
    [
        pytest.param(_image(_data("image/tiff")), "image of the type 'image/tiff'", id="image"),
        pytest.param(
            _file(file_data=_data("text/html")), "file of the type 'text/html'", id="file"
        ),
        pytest.param(
            _file(file_data=_data("text/plain", b"\xff")), "not in UTF-8", id="another encoding"
        ),
        pytest.param(_image("gs://bucket/a.png"), "is at 'gs://bucket", id="image elsewhere"),
        pytest.param(_file(file_data="gs://b/a.pdf"), "is at 'gs://b/a.pdf'", id="file elsewhere"),
        pytest.param(
            {"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}},
            "is sound",
            id="sound",
        ),
    ],
)
def test_part_that_the_api_can_not_take_is_refused_before_it_is_sent(part, says):
    """The error names its place and what would do."""
    request = _request([USER, {"role": "user", "content": [TEXT, part]}])
    for ask in (AnthropicCodec().check_chat, lambda r: AnthropicCodec().build_chat(r, stream=True)):
        with pytest.raises(ValidationError, match=says) as caught:
            ask(request)
        assert caught.value.message.startswith("messages[1]['content'][1] ")
        assert (caught.value.code, bool(caught.value.hint)) == ("invalid_messages", True)


def test_detail_of_an_image_is_left_out_with_a_warning():
    """The API has no such thing."""
    _, warnings = _plan({"role": "user", "content": [_image("https://a.example", detail="low")]})
    assert warnings == ("messages[0]['content'][0]['detail'] has no place on this wire: left out.",)


def test_calls_and_results_become_blocks():
    """Several results are one message, and stand before what the user says."""
    second = {**CALLED, "id": "toolu_2", "function": {"name": "now", "arguments": ""}}
    body, warnings = _plan(
        USER,
        {"role": "assistant", "content": "Hi", "tool_calls": [CALLED, second]},
        RESULT,
        {"role": "tool", "tool_call_id": "toolu_2", "content": [TEXT, {**TEXT, "text": "!"}]},
        USER,
    )
    assert warnings == ()
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                TEXT,
                CALL,
                {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                RESULT_BLOCK,
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_2",
                    "content": [TEXT, {**TEXT, "text": "!"}],
                },
                {"type": "text", "text": "Hello"},
            ],
        },
    ]


def test_results_stand_before_what_was_said_between():
    """The API wants them first."""
    body, _ = _plan(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [CALLED]},
        RESULT,
        {"role": "assistant", "content": ""},
        USER,
    )
    kinds = [block["type"] for block in body["messages"][2]["content"]]
    assert kinds == ["tool_result", "text"]


def test_empty_result_has_no_content():
    """The API refuses an empty text."""
    call = {"role": "assistant", "content": None, "tool_calls": [CALLED]}
    body, _ = _plan(USER, call, {**RESULT, "content": ""})
    assert body["messages"][2]["content"] == [{"type": "tool_result", "tool_use_id": "toolu_1"}]
    blank, warnings = _plan(USER, call, {**RESULT, "content": " \n"})
    assert blank == body
    assert warnings == ("messages[2]['content'] is blank, which the API refuses: left out.",)


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [("{", {"INVALID_JSON": "{"}), ("[1]", {"INVALID_JSON": [1]}), ('"x"', {"INVALID_JSON": "x"})],
)
def test_arguments_that_are_no_object_are_sent_within_one(arguments, sent):
    """With a warning that names the call."""
    call = {**CALLED, "function": {"name": "add", "arguments": arguments}}
    body, (warning,) = _plan(
        USER, {"role": "assistant", "content": None, "tool_calls": [call]}, RESULT
    )
    assert body["messages"][1]["content"] == [{**CALL, "input": sent}]
    assert warning.startswith("messages[1]['tool_calls'][0] has arguments that are no JSON object")


@pytest.mark.parametrize("given", ["functions.add:0", "a b", "ü", "x" + "\n"])
def test_id_that_the_api_refuses_becomes_another(given):
    """Call and result still belong together."""
    call = {"role": "assistant", "content": None, "tool_calls": [{**CALLED, "id": given}]}
    body, _ = _plan(USER, call, {**RESULT, "tool_call_id": given})
    (sent,), (result,) = (message["content"] for message in body["messages"][1:])
    assert sent["id"] == result["tool_use_id"] != given
    assert sent["id"].replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("message", "content"),
    [
        pytest.param(
            {"role": "user", "content": "Hello", "cache_control": HOUR},
            [{"type": "text", "text": "Hello", "cache_control": HOUR}],
            id="message",
        ),
        pytest.param(
            {"role": "user", "content": [{**TEXT, "cache_control": MARK}, TEXT]},
            [{**TEXT, "cache_control": MARK}, TEXT],
            id="text",
        ),
        pytest.param(
            {"role": "user", "content": [{**_image("https://a.example"), "cache_control": MARK}]},
            [
                {
                    "type": "image",
                    "source": {"type": "url", "url": "https://a.example"},
                    "cache_control": MARK,
                }
            ],
            id="image",
        ),
        pytest.param(
            {"role": "user", "content": [{**_file(file_id="f"), "cache_control": MARK}]},
            [
                {
                    "type": "document",
                    "source": {"type": "file", "file_id": "f"},
                    "cache_control": MARK,
                }
            ],
            id="document",
        ),
    ],
)
def test_mark_for_the_cache_is_that_of_the_block(message, content):
    """A text that is marked is a block, not a text alone."""
    assert _plan(message)[0]["messages"][0]["content"] == content


def test_mark_for_the_cache_goes_on_system_calls_and_results():
    """The mark of a message is on its last block."""
    body, _ = _plan(
        {"role": "system", "content": "Be brief.", "cache_control": MARK},
        USER,
        {"role": "assistant", "content": "Hi", "tool_calls": [CALLED], "cache_control": MARK},
        {**RESULT, "cache_control": HOUR},
    )
    assert body["system"] == [{"type": "text", "text": "Be brief.", "cache_control": MARK}]
    assert body["messages"][1]["content"] == [TEXT, {**CALL, "cache_control": MARK}]
    assert body["messages"][2]["content"] == [{**RESULT_BLOCK, "cache_control": HOUR}]


def _answer(blocks, **fields):
    """Give an assistant's message with what the API wants back."""
    kept = {"provider_data": {"anthropic": {"content": blocks}}}
    return {"role": "assistant", "content": "Hi", **kept, **fields}


def test_kept_blocks_go_back_as_they_were():
    """In the place of text and calls; results follow."""
    blocks = [THINKING, TEXT, CALL]
    body, warnings = _plan(USER, _answer(blocks, tool_calls=[CALLED]), RESULT)
    assert warnings == ()
    assert body["messages"][1:] == [
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": [RESULT_BLOCK]},
    ]


def test_kept_blocks_of_another_text_are_left_out_with_a_warning():
    """A caller who changes a message means what he has written."""
    body, (warning,) = _plan(USER, _answer([THINKING, TEXT], content="Changed"))
    assert body["messages"][1] == {"role": "assistant", "content": "Changed"}
    assert warning == "messages[1] has been changed: sent without its provider_data."


def test_kept_blocks_of_other_providers_are_left_out():
    """They are nobody else's."""
    kept = {"provider_data": {"openai": {"reasoning_content": "Hm."}}}
    body, warnings = _plan(USER, {"role": "assistant", "content": "Hi", **kept})
    assert (body["messages"][1]["content"], warnings) == ("Hi", ())


def test_mark_for_the_cache_goes_on_a_kept_block_that_takes_one():
    """Thinking takes none; what the caller holds stays as it was."""
    blocks = [TEXT, THINKING, {"type": "server_tool_use", "id": "s", "name": "x", "input": {}}]
    body, _ = _plan(USER, _answer(blocks, cache_control=MARK))
    assert body["messages"][1]["content"] == [*blocks[:2], {**blocks[2], "cache_control": MARK}]
    assert "cache_control" not in blocks[2]
    body, _ = _plan(USER, _answer([TEXT, THINKING, TEXT], content="HiHi", cache_control=MARK))
    assert body["messages"][1]["content"] == [TEXT, THINKING, {**TEXT, "cache_control": MARK}]


@pytest.mark.parametrize(
    ("blocks", "sent"),
    [
        pytest.param([THINKING, TEXT, THINKING], [THINKING, TEXT], id="thinking at the end"),
        pytest.param(
            [THINKING, {"type": "text", "text": "\n\n"}, THINKING, TEXT],
            [THINKING, THINKING, TEXT],
            id="blank text",
        ),
    ],
)
def test_kept_blocks_that_the_api_refuses_are_left_out(blocks, sent):
    """It has sent them itself, and says 400 when they come back."""
    text = "".join(block.get("text", "") for block in blocks)
    body, _ = _plan(USER, _answer(blocks, content=text), USER)
    assert body["messages"][1]["content"] == sent


def test_answer_that_is_nothing_but_thinking_is_left_out_with_a_warning():
    """It was cut off before it began to speak."""
    body, (warning,) = _plan(USER, _answer([THINKING], content=""), USER)
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert warning == "messages[1] is nothing but thinking, which the API refuses: left out."


def test_turn_that_has_paused_goes_on_where_it_stopped():
    """It is sent back as it is, at the end, and nobody answers it.

    https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons#pause_turn
    """
    blocks = [TEXT, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]
    body, warnings = _plan(USER, _answer(blocks))
    assert (body["messages"][-1], warnings) == ({"role": "assistant", "content": blocks}, ())


def test_result_of_a_toolsets_call_names_the_toolset():
    """As its call does."""
    call = {**CALL, "toolset_name": "computer"}
    body, _ = _plan(USER, _answer([call], content=None, tool_calls=[CALLED]), RESULT)
    assert body["messages"][2]["content"] == [{**RESULT_BLOCK, "toolset_name": "computer"}]
