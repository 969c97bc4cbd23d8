"""Parts of messages: each kind, and whatever may be wrong with it, named by place and value."""

import base64
import contextlib
from types import MappingProxyType

import pytest

from llm_connectivity.errors import ValidationError
from llm_connectivity.messages import check_messages
from llm_connectivity.parts import check_content
from tests.growth import assert_linear

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
DATA_URL = f"data:image/png;base64,{PNG}"
MARK = {"type": "ephemeral"}


def _text(**fields):
    return {"type": "text", "text": "Hello", **fields}


def _image(url=DATA_URL, **fields):
    return {"type": "image_url", "image_url": {"url": url, **fields}}


def _audio(data=PNG, **fields):
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav", **fields}}


def _file(**fields):
    return {"type": "file", "file": fields}


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(_text(), id="text"),
        pytest.param(_text(cache_control=MARK), id="a marked text"),
        pytest.param(_text(cache_control={**MARK, "ttl": "1h"}), id="a mark for an hour"),
        pytest.param(_image(), id="image as a data URL"),
        pytest.param(_image("https://example.com/a.png"), id="image by https"),
        pytest.param(_image("http://localhost/a.png", detail="low"), id="image with detail"),
        pytest.param(_image("gs://bucket/a.png"), id="image in Google's storage"),
        pytest.param(_image(f"data:image/svg+xml;charset=utf-8;base64,{PNG}"), id="parameters"),
        pytest.param({**_image(), "cache_control": MARK}, id="a marked image"),
        pytest.param(_audio(), id="sound"),
        pytest.param(_file(file_data=f"data:application/pdf;base64,{PNG}"), id="file"),
        pytest.param(_file(file_data="https://example.com/a.pdf"), id="file by https"),
        pytest.param(_file(file_id="file-1", filename="a.pdf"), id="file by its id"),
    ],
)
def test_right_parts_are_taken_as_they_are(part):
    """Every kind of part that is right is copied as it is."""
    (checked,) = check_content([MappingProxyType(part)], "x")
    assert checked == part
    assert checked is not part


@pytest.mark.parametrize(
    ("part", "checked"),
    [
        (_text(cache_control=None, annotations=None), _text()),
        (_image(detail=None), _image()),
        (_image("HTTPS://example.com/A.png"), _image("https://example.com/A.png")),
        (_image(f"DATA:image/PNG;base64,{PNG}"), _image(f"data:image/PNG;base64,{PNG}")),
        (_file(file_id="f", file_data=None, filename=None), _file(file_id="f")),
        (
            _file(file_data=f"Data:a/b;base64,{PNG}"),
            _file(file_data=f"data:a/b;base64,{PNG}"),
        ),
    ],
    ids=["text", "image", "address in capitals", "data URL in capitals", "file", "file's data"],
)
def test_nulls_are_left_out_and_schemes_written_small(part, checked):
    """`None` counts as not given, and a scheme is written as every wire reads it."""
    assert check_content([part], "x") == [checked]


@pytest.mark.parametrize(
    ("part", "named", "way_out"),
    [
        # Of any kind.
        pytest.param(17, "content'][0] must be a dict, not int", "image(...)", id="no dict"),
        pytest.param("Hello", "[0] must be a dict, not str", '{"type": "text"', id="a text"),
        pytest.param({}, "[0] has no 'type'", "'text', 'image_url'", id="an empty dict"),
        pytest.param({"type": None}, "[0] has no 'type'", "'text'", id="type None"),
        pytest.param({"type": "x"}, "[0] has the unknown type 'x'", "'file'", id="unknown"),
        pytest.param({"type": ["text"]}, "type ['text']", "'text'", id="a type without a hash"),
        pytest.param(_text(x=1), "unknown key 'x'", "'cache_control'", id="unknown key"),
        pytest.param({"type": "image_url"}, "[0] has no 'image_url'", "'type'", id="nothing in it"),
        # Of other forms.
        pytest.param({"type": "image", "source": {}}, "'image'", "'image_url'", id="image"),
        pytest.param({"type": "input_text", "text": "x"}, "'input_text'", "'text'", id="input"),
        pytest.param({"type": "document"}, "'document'", "pdf(", id="document"),
        pytest.param({"type": "tool_use"}, "'tool_use'", "to_message()", id="tool_use"),
        pytest.param({"type": "tool_result"}, "'tool_result'", '"tool_call_id"', id="result"),
        pytest.param({"type": "refusal"}, "'refusal'", "beside content", id="refusal"),
        # Texts and marks.
        pytest.param(_text(text=None), "['text'] must be a string, not NoneType", "str", id="None"),
        pytest.param(_text(text=["a"]), "['text'] must be a string, not list", "str", id="a list"),
        pytest.param(
            _text(cache_control="yes"),
            "[0]['cache_control'] must be {'type': 'ephemeral'}, not 'yes'",
            "'5m' or '1h'",
            id="mark a text",
        ),
        pytest.param(
            _text(cache_control={**MARK, "ttl": "2h"}), "'ttl': '2h'", "'5m'", id="mark for 2 hours"
        ),
        pytest.param(
            _text(cache_control={"type": ["ephemeral"]}), "cache_control", "'5m'", id="mark's type"
        ),
        # Images.
        pytest.param(
            {"type": "image_url", "image_url": "https://example.com/a.png"},
            "['image_url'] must be a dict, not str",
            '{"url": "..."}',
            id="image a text",
        ),
        pytest.param(
            {"type": "image_url", "image_url": {"uri": "x"}},
            "['image_url'] has no 'url'",
            "'uri'",
            id="image without url",
        ),
        pytest.param(_image(size=1), "unknown key 'size'", "'url', 'detail'", id="image's key"),
        pytest.param(_image(detail=1), "['detail'] must be a string", "str", id="detail"),
        pytest.param(_image(""), "['url'] is empty", "leave it out", id="url empty"),
        pytest.param(_image(17), "['url'] must be a string, not int", "str", id="url a number"),
        pytest.param(
            _image("photo.png"),
            "['url'] is neither an address nor a data URL: 'photo.png'",
            "image('photo.png')",
            id="image a path",
        ),
        pytest.param(
            _image("file:///tmp/a.png"), "neither an address", "image(", id="image a file's URL"
        ),
        pytest.param(_image(PNG), "neither an address", "image(", id="image bare base64"),
        pytest.param(
            _image(f"data:;base64,{PNG}"), "media type", "data:image/png", id="no media type"
        ),
        pytest.param(
            _image("data:image/png,abc"), "media type and base64", "base64,", id="no base64"
        ),
        pytest.param(_image("data:"), "media type and base64", "base64,", id="data URL empty"),
        pytest.param(
            _image("data:image/png;base64,"),
            "['url'] is not valid base64: it holds nothing",
            "b64encode",
            id="nothing in base64",
        ),
        pytest.param(_image(f"{DATA_URL}*"), "not valid base64", "b64encode", id="broken base64"),
        pytest.param(
            _image(f"data:image/png;base64,{PNG[:-3]}"), "not valid base64", "b64", id="cut base64"
        ),
        pytest.param(
            _image(f"data:image/png;base64,\n{PNG}"), "not valid base64", "b64", id="line break"
        ),
        pytest.param(
            _image("data:image/png;base64,\u00e4\u00f6"), "not valid base64", "b64", id="umlauts"
        ),
        pytest.param(_image("https://\ud800"), "lone surrogate", "UTF-8", id="lone surrogate"),
        # Sound.
        pytest.param(
            {"type": "input_audio", "input_audio": b"RIFF"},
            "['input_audio'] must be a dict, not bytes",
            "'data', 'format'",
            id="sound bytes",
        ),
        pytest.param(_audio(format=None), "has no 'format'", "'data'", id="no format"),
        pytest.param(_audio(format=""), "['format'] is empty", "leave", id="format empty"),
        pytest.param(
            _audio("AA%%"),
            "['data'] is not valid base64: it holds '%' at place 2",
            "b64",
            id="broken sound",
        ),
        pytest.param(_audio(DATA_URL), "['data'] is not valid base64", "b64", id="sound by URL"),
        # Files.
        pytest.param(_file(), "either 'file_data' or 'file_id'", "pdf(", id="nothing"),
        pytest.param(
            _file(file_id="f", file_data=DATA_URL), "either 'file_data'", "pdf(", id="both"
        ),
        pytest.param(_file(file_id=""), "['file_id'] is empty", "leave it out", id="empty id"),
        pytest.param(_file(file_data=PNG), "neither an address", "pdf(", id="bare base64"),
        pytest.param(_file(file_data="paper.pdf"), "'paper.pdf'", "pdf('paper.pdf')", id="path"),
        pytest.param(
            _file(file_data="data:application/pdf;base64,!"), "not valid base64", "b64", id="broken"
        ),
        pytest.param(_file(data="x"), "unknown key 'data'", "'file_data'", id="file's key"),
    ],
)
def test_wrong_parts_are_refused(part, named, way_out):
    """A wrong part is a `ValidationError` that names place, value and way out."""
    with pytest.raises(ValidationError) as caught:
        check_messages([{"role": "user", "content": [part]}])
    error = caught.value
    assert error.message.startswith("messages[0]['content'][0]")
    assert named in error.message
    assert way_out in str(error)
    assert error.hint


@pytest.mark.parametrize("role", ["system", "developer", "assistant", "tool"])
@pytest.mark.parametrize("part", [_image(), _audio(), _file(file_id="f")], ids=lambda p: p["type"])
def test_media_are_the_users_alone(role, part):
    """Nobody but the user shows images, sound and files."""
    message = {"role": role, "content": [_text(), part]}
    if role == "tool":
        message["tool_call_id"] = "c"
    with pytest.raises(ValidationError) as caught:
        check_messages([message])
    assert f"messages[0]['content'][1] is of the type {part['type']!r}" in caught.value.message
    assert "user message" in caught.value.hint


@pytest.mark.parametrize(
    "part",
    [
        _image(PNG * 1000),
        _image(f"{DATA_URL}{'=' * 10_000}*"),
        _file(file_data=PNG * 1000),
        _audio(f"{PNG * 1000}*"),
        _text(**{"k" * 10_000: 1}),
        {"type": "x" * 10_000},
        _file(**{f"key{i}": "x" for i in range(10_000)}, file_id="f"),
        {f"key{i}": "x" for i in range(10_000)} | {"type": "text"},
    ],
    ids=["image", "data URL", "file", "sound", "key", "type", "many keys", "many other keys"],
)
def test_refusals_show_little_of_large_values(part):
    """However much is wrong, the error stays readable."""
    with pytest.raises(ValidationError) as caught:
        check_content([part], "content")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda n: _image(f"data:image/png;base64,{'AAAA' * n}"), id="a right one"),
        pytest.param(lambda n: _image("data:image/png" + ";" * n), id="semicolons"),
        pytest.param(lambda n: _image("data:image/png" + ";a=b" * n), id="parameters"),
        pytest.param(lambda n: _image("data:" + "a" * n), id="no slash"),
        pytest.param(lambda n: _text(text="a" * n), id="text"),
    ],
)
def test_large_parts_are_checked_quickly(part):
    """The time grows no faster than they do."""

    def check(size: int) -> None:
        with contextlib.suppress(ValidationError):
            check_content([part(size)], "content")

    assert_linear(check, 40_000)


def test_very_many_parts_take_linear_time():
    """Each is looked at once."""
    assert_linear(lambda n: check_content([_text()] * n, "content"), 5000)
