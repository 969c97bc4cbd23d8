"""Whole answers of OpenAI's wire: read, never validated."""

import pytest

from llm_connectivity import errors
from llm_connectivity.types import Usage
from llm_connectivity.wires.json_text import parse_document
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from tests.server import openai_wire as wire


def _parse(**fields):
    """Read a whole answer in which these fields are replaced."""
    return OpenAIChatCodec().parse_chat(wire.whole_answer(**fields))


def _choice(message, finish="stop", **fields):
    """Give the only choice of an answer, as a list."""
    return [{"index": 0, "message": message, "finish_reason": finish, **fields}]


def _usage(**counts):
    """Read usage with these counts."""
    return _parse(usage=counts).usage


def test_answer_is_read_whole():
    """Text, finish reason, usage, model, id and time are the answer's own."""
    answer = _parse()
    assert (answer.content, answer.finish_reason) == (wire.TEXT, "stop")
    assert (answer.model, answer.created) == (wire.MODEL, 1741569952)
    assert answer.usage == Usage(
        *(9, 7, 16),
        cached_tokens=0,
        reasoning_tokens=0,
        audio_tokens=0,
        completion_audio_tokens=0,
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param({"content": "Hi"}, "Hi", id="text"),
        pytest.param({"content": " \n Hi\n "}, " \n Hi\n ", id="nothing is trimmed"),
        pytest.param({"content": "<think>a</think>b"}, "<think>a</think>b", id="think tags stay"),
        pytest.param({"content": None}, "", id="null"),
        pytest.param({"content": ""}, "", id="empty"),
        pytest.param({}, "", id="missing"),
        pytest.param({"content": []}, "", id="empty list"),
        pytest.param(
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            "ab",
            id="text parts are joined without a separator",
        ),
        pytest.param(
            {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}]},
            "a",
            id="thinking parts are no text",
        ),
        pytest.param({"content": [None, "x", {"type": "text"}]}, "x", id="odd parts"),
        pytest.param({"content": {"answer": "é"}}, '{"answer": "é"}', id="an object"),
        pytest.param({"content": 42}, "42", id="a number"),
        pytest.param({"content": True}, "true", id="a truth value"),
        pytest.param({"content": [1, "a"]}, '[1, "a"]', id="a list of no parts"),
        pytest.param({"content": []}, "", id="an empty list"),
        pytest.param({"content": None, "refusal": "No."}, "", id="a refusal is no text"),
        pytest.param({"content": "a\ud83d"}, "a\ufffd", id="half a character"),
        pytest.param(None, "", id="no message"),
        pytest.param("Hi", "", id="a message that is no object"),
    ],
)
def test_answer_gives_the_text(message, text):
    """Content is the text of the first choice, and an empty one where there is none."""
    assert _parse(choices=_choice(message)).content == text


def test_answer_without_a_message_is_an_answer():
    """A choice without a message has its finish reason and no text."""
    answer = _parse(choices=[{"finish_reason": "length"}])
    assert (answer.content, answer.finish_reason) == ("", "length")


@pytest.mark.parametrize("delta", [None, {}], ids=repr)
def test_answer_with_a_message_may_have_a_delta_beside_it(delta):
    """Some gateways fill one form for both; the message is what was asked for."""
    answer = _parse(choices=_choice({"content": "Hi"}, delta=delta, text=None))
    assert (answer.content, answer.finish_reason) == ("Hi", "stop")


def test_answer_of_no_choices_is_empty():
    """An empty list of choices is an answer without text and finish reason."""
    answer = _parse(choices=[])
    assert (answer.content, answer.finish_reason, answer.usage.total_tokens) == ("", None, 16)


def test_answer_is_that_of_the_first_choice():
    """The choice with index 0 counts, wherever it stands."""
    other = {"index": 1, "message": {"content": "no"}, "finish_reason": "length"}
    answer = _parse(choices=[other, *_choice({"content": "yes"})])
    assert (answer.content, answer.finish_reason) == ("yes", "stop")


@pytest.mark.parametrize(
    ("raw", "finish"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("content_filter", "content_filter"),
        ("function_call", "tool_calls"),
        ("eos", "stop"),
        ("model_length", "length"),
        ("insufficient_system_resource", "insufficient_system_resource"),
        ("error", "error"),
    ],
)
def test_finish_reason_is_mapped(raw, finish):
    """Known words become the four, others stay as they are; the vendor's word is kept."""
    answer = _parse(finish=raw)
    assert (answer.finish_reason, answer.raw_finish_reason) == (finish, raw)


@pytest.mark.parametrize("raw", [None, "", 0, [], {"reason": "stop"}], ids=repr)
def test_finish_reason_is_never_invented(raw):
    """Null, an empty text or no text at all is no finish reason."""
    answer = _parse(finish=raw)
    assert (answer.finish_reason, answer.raw_finish_reason) == (None, None)


def test_finish_reason_may_be_missing():
    """A choice without the field has no finish reason."""
    assert _parse(choices=[{"index": 0, "message": {"content": "a"}}]).finish_reason is None


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 30},
            (9, 7, 30),
            id="a sum that does not add up is left",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 7}, (9, 7, 16), id="a missing sum is made"
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": None},
            (9, 7, 16),
            id="a sum of null is made",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": None, "total_tokens": 9},
            (9, 0, 9),
            id="null is 0",
        ),
        pytest.param({"prompt_tokens": 9}, (9, 0, 9), id="missing is 0"),
        pytest.param(
            {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, (0, 0, 0), id="zeros"
        ),
        pytest.param(
            {"prompt_tokens": 9.0, "completion_tokens": 7.0, "total_tokens": 16.0},
            (9, 7, 16),
            id="fractions",
        ),
    ],
)
def test_usage_is_the_servers(counts, usage):
    """The server's three numbers are unchanged; the total is ours only where it is missing."""
    given = _usage(**counts)
    assert (given.prompt_tokens, given.completion_tokens, given.total_tokens) == usage


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "none",
        {"total_tokens": 16},
        {"prompt_tokens": "9", "completion_tokens": "7", "total_tokens": "16"},
        {"prompt_tokens": 9, "completion_tokens": [7]},
        {"prompt_tokens": True, "completion_tokens": 7},
        {"prompt_tokens": 9.5, "completion_tokens": 7},
        {"prompt_tokens": 2**63, "completion_tokens": 7},
    ],
    ids=repr,
)
def test_usage_is_none_where_there_is_none(usage):
    """No usage is `None`, never zeros."""
    assert _parse(usage=usage).usage is None


def test_usage_may_be_missing():
    """An answer without the field has no usage."""
    document = wire.whole_answer()
    del document["usage"]
    assert OpenAIChatCodec().parse_chat(document).usage is None


@pytest.mark.parametrize(
    "fields",
    [
        {"usage": None, "x_groq": {"id": "req_1", "usage": wire.usage()}},
        {"usage": None, "choices": _choice({"content": "a"}, usage=wire.usage())},
    ],
    ids=["x_groq.usage", "choices[0].usage"],
)
def test_usage_is_found_where_some_servers_put_it(fields):
    """Without usage at the root, that of `x_groq` or of the choice counts."""
    answer = _parse(**fields)
    assert answer.usage is not None
    assert answer.usage.total_tokens == 16


def test_usage_at_the_root_goes_first():
    """Usage at the root counts, whatever stands elsewhere."""
    assert _parse(x_groq={"usage": wire.usage(1, 1)}).usage.total_tokens == 16


@pytest.mark.parametrize(
    ("details", "cached"),
    [({"cached_tokens": 4}, 4), ({"cached_tokens": None}, None), ({}, None), (None, None)],
    ids=repr,
)
def test_usage_details_may_be_missing(details, cached):
    """Cached tokens are the server's number, or `None`."""
    given = _usage(prompt_tokens=9, completion_tokens=7, prompt_tokens_details=details)
    assert given.cached_tokens == cached


@pytest.mark.parametrize("odd", [None, 17, [], {}], ids=repr)
def test_model_and_id_of_a_wrong_type_are_left_out(odd):
    """Odd fields beside the text never spoil an answer."""
    answer = _parse(model=odd, id=odd, created=odd and "yesterday")
    assert (answer.model, answer.id, answer.created) == ("", None, None)


@pytest.mark.parametrize(
    ("document", "cls", "retryable"),
    [
        pytest.param({"error": {"message": "m"}}, errors.ProviderError, True, id="no code"),
        pytest.param({"error": "m"}, errors.ProviderError, True, id="a text"),
        pytest.param(
            {"error": {"message": "m", "code": 429}}, errors.RateLimitError, True, id="a number"
        ),
        pytest.param(
            {"error": {"message": "m", "code": "context_length_exceeded"}},
            errors.ContextWindowExceededError,
            False,
            id="a word",
        ),
        pytest.param(
            {"error": {"message": "m", "code": "content_filter"}, "choices": []},
            errors.ContentFilterError,
            False,
            id="a blocked prompt",
        ),
        pytest.param(
            {"error": {"message": "m"}, "choices": None}, errors.ProviderError, True, id="null"
        ),
        pytest.param(
            {"object": "error", "message": "m", "type": "BadRequestError", "code": 400},
            errors.ValidationError,
            False,
            id="object error",
        ),
    ],
)
def test_answer_that_is_an_error_raises_it(document, cls, retryable):
    """An error document with status 200 is the error its code names, else a `ProviderError`."""
    with pytest.raises(errors.LLMError) as caught:
        OpenAIChatCodec().parse_chat(document)
    assert (type(caught.value), caught.value.retryable) == (cls, retryable)
    assert (caught.value.status_code, caught.value.body) == (None, document)


def test_error_beside_choices_is_no_error():
    """An answer with choices is an answer, whatever stands beside them."""
    assert _parse(error=None).content == wire.TEXT
    assert _parse(error={"message": "m"}).content == wire.TEXT


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"detail": "ok"},
        {"type": "message", "content": [{"type": "text", "text": "Hi"}]},
        {"candidates": []},
        {"choices": None},
        {"choices": "Hi"},
        {"choices": {"0": {}}},
    ],
    ids=["empty", "detail", "Anthropic", "Gemini", "null", "a text", "an object"],
)
def test_answer_of_another_form_is_refused(document):
    """What has no list of choices is a `ProviderError` that is not tried again."""
    with pytest.raises(errors.ProviderError) as caught:
        OpenAIChatCodec().parse_chat(document)
    assert (caught.value.code, caught.value.retryable) == ("not_an_answer", False)


@pytest.mark.parametrize("data", [b"", b" \r\n\t "], ids=["empty", "blanks"])
def test_whole_answer_without_a_body_is_retried(data):
    """An empty body is a `ProviderError` of its own code, which is tried again."""
    with pytest.raises(errors.ProviderError) as caught:
        parse_document(data, "application/json")
    assert (caught.value.code, caught.value.retryable) == ("empty_body", True)


@pytest.mark.parametrize("data", [b"<html>", b"Hi", b"[]", b'{"a":', b"7", b"null"], ids=repr)
def test_whole_answer_that_is_no_object_is_refused(data):
    """HTML, text or other JSON is a `ProviderError` that shows it and is not tried again."""
    with pytest.raises(errors.ProviderError) as caught:
        parse_document(data, "application/json")
    assert (caught.value.retryable, caught.value.body) == (False, data.decode())


def test_whole_answer_may_begin_with_blank_lines():
    """Blank lines before the JSON, as some servers send while they wait, are skipped."""
    assert parse_document(b"\n\n \n{}\n", "application/json") == {}


def test_answer_of_an_odd_number_is_an_answer():
    """Where no choice has index 0, the first one counts."""
    other = {"index": 2, "message": {"content": "no"}, "finish_reason": "length"}
    answer = _parse(choices=[{**_choice({"content": "yes"})[0], "index": 1}, other])
    assert (answer.content, answer.finish_reason) == ("yes", "stop")
    assert [choice.content for choice in answer.choices] == ["yes", "no"]


def test_answer_sources_are_told_once():
    """Repetitions are left out, as in a stream; the same page for another passage is none."""
    page = {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3}
    again = {"type": "url_citation", "url_citation": {**page, "end_index": 9}}
    told = {"type": "url_citation", "url_citation": page}
    answer = _parse(choices=_choice({"content": "a", "annotations": [told, again, told]}))
    assert [citation.raw for citation in answer.citations] == [told, again]
