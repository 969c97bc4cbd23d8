"""Whole answers of Gemini's wire: read, never validated."""

import pytest

from llm_connectivity import errors
from llm_connectivity.types import Usage
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.json_text import parse_document
from tests.server import gemini_wire as wire

CALL = {"functionCall": {"name": "weather", "args": {"city": "Paris"}}}


def _parse(**fields):
    """Read a whole answer in which these fields are replaced."""
    return GeminiCodec().parse_chat(wire.whole_answer(**fields))


def _of(*parts, finish="STOP"):
    """Read an answer with these parts."""
    return _parse(candidates=[wire.candidate(list(parts), finish)])


def _usage(**counts):
    """Read usage with these counts."""
    return _parse(usageMetadata=counts).usage


def test_answer_is_read_whole():
    """Text, finish reason, usage, model and id are the answer's own; it tells no time."""
    answer = _parse()
    assert (answer.content, answer.finish_reason) == (wire.TEXT, "stop")
    assert (answer.raw_finish_reason, answer.created) == ("STOP", None)
    assert (answer.model, answer.id) == (wire.MODEL, wire.RESPONSE_ID)
    assert answer.usage == Usage(9, 7, 16)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        pytest.param([{"text": "a"}, {"text": "b"}], "ab", id="joined without a separator"),
        pytest.param([{"text": " \n a "}], " \n a ", id="nothing is trimmed"),
        pytest.param([{"text": "hm", "thought": True}, {"text": "a"}], "a", id="a thought"),
        pytest.param([{"text": "a", "thought": False}], "a", id="no thought"),
        pytest.param([{"text": "a", "thoughtSignature": "Cg=="}], "a", id="with a signature"),
        pytest.param([{"text": ""}, {"text": None}, {}], "", id="empty"),
        pytest.param([CALL, {"text": "a"}], "a", id="a call beside it"),
        pytest.param(
            [
                {"text": "a"},
                {"executableCode": {"language": "PYTHON", "code": "1+1"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}},
                {"text": "b"},
            ],
            "ab",
            id="code, its output and data",
        ),
        pytest.param([{"text": 7}, {"text": ["x"]}], "", id="no texts"),
        pytest.param([None, "x", 7], "", id="no parts"),
        pytest.param([{"text": "a\ud83d"}], "a\ufffd", id="half a character"),
    ],
)
def test_answer_gives_the_text(parts, text):
    """Content is what the text parts of the first candidate say."""
    assert _of(*parts).content == text


@pytest.mark.parametrize(
    "candidate",
    [
        {"finishReason": "STOP", "index": 0},
        {"finishReason": "STOP", "content": None},
        {"finishReason": "STOP", "content": {}},
        {"finishReason": "STOP", "content": {"role": "model"}},
        {"finishReason": "STOP", "content": {"parts": None}},
        {"finishReason": "STOP", "content": {"parts": "odd"}},
    ],
    ids=str,
)
def test_answer_without_text_is_an_answer(candidate):
    """A candidate may have no content, and content no parts."""
    answer = _parse(candidates=[candidate])
    assert (answer.content, answer.finish_reason) == ("", "stop")


def test_answer_is_that_of_the_first_candidate():
    """The candidate with index 0 counts, wherever it stands."""
    other = {"index": 1, "content": {"parts": [{"text": "no"}]}, "finishReason": "MAX_TOKENS"}
    answer = _parse(candidates=[other, wire.candidate([{"text": "yes"}], "STOP")])
    assert (answer.content, answer.finish_reason) == ("yes", "stop")


@pytest.mark.parametrize(
    ("raw", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter"),
        ("IMAGE_RECITATION", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        ("LANGUAGE", "LANGUAGE"),
        ("OTHER", "OTHER"),
        ("IMAGE_OTHER", "IMAGE_OTHER"),
        ("NO_IMAGE", "NO_IMAGE"),
        ("MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"),
        ("UNEXPECTED_TOOL_CALL", "UNEXPECTED_TOOL_CALL"),
        ("TOO_MANY_TOOL_CALLS", "TOO_MANY_TOOL_CALLS"),
        ("A_NEW_ONE", "A_NEW_ONE"),
    ],
)
def test_finish_reason_is_mapped(raw, finish):
    """Known words become the four, others stay as they are; the vendor's word is kept."""
    answer = _of({"text": "kept"}, finish=raw)
    assert (answer.finish_reason, answer.raw_finish_reason) == (finish, raw)
    assert answer.content == "kept"


@pytest.mark.parametrize("raw", [None, "", "FINISH_REASON_UNSPECIFIED", 0, 1.5, []], ids=repr)
def test_finish_reason_is_never_invented(raw):
    """Null, an empty text and the word for an enum that was not set are no finish reason."""
    answer = _parse(candidates=[{"content": {"parts": [{"text": "a"}]}, "finishReason": raw}])
    assert (answer.finish_reason, answer.raw_finish_reason) == (None, None)


@pytest.mark.parametrize(
    ("part", "raw", "finish"),
    [
        (CALL, "STOP", "tool_calls"),
        ({"functionCall": {"name": "now"}}, "STOP", "tool_calls"),
        (CALL, "MAX_TOKENS", "length"),
        (CALL, "UNEXPECTED_TOOL_CALL", "UNEXPECTED_TOOL_CALL"),
        ({"functionCall": {}}, "STOP", "stop"),
        ({"executableCode": {"code": "1"}}, "STOP", "stop"),
    ],
    ids=["with args", "without args", "cut off", "refused", "empty", "the vendor's own tool"],
)
def test_stop_with_a_function_call_is_tool_calls(part, raw, finish):
    """The vendor says STOP too where the caller has to go on."""
    answer = _of({"text": "a"}, part, finish=raw)
    assert (answer.finish_reason, answer.raw_finish_reason) == (finish, raw)


@pytest.mark.parametrize(
    ("feedback", "finish"),
    [
        ({"blockReason": "SAFETY"}, ("content_filter", "SAFETY")),
        ({"blockReason": "PROHIBITED_CONTENT"}, ("content_filter", "PROHIBITED_CONTENT")),
        ({"blockReason": "OTHER"}, ("content_filter", "OTHER")),
        ({"blockReason": "BLOCK_REASON_UNSPECIFIED"}, (None, None)),
        ({"safetyRatings": []}, (None, None)),
        (None, (None, None)),
    ],
    ids=str,
)
@pytest.mark.parametrize("candidates", [{}, {"candidates": []}], ids=["missing", "empty"])
def test_blocked_prompt_is_an_answer(feedback, candidates, finish):
    """It has no candidates; why it was blocked is its finish reason."""
    document = wire.document(None, promptFeedback=feedback, usageMetadata=wire.usage(9, 0))
    answer = GeminiCodec().parse_chat(document | candidates)
    assert (answer.finish_reason, answer.raw_finish_reason) == finish
    assert (answer.content, answer.usage) == ("", Usage(9, 0, 9))


def test_feedback_beside_candidates_ends_nothing():
    """Only a prompt that was blocked has no candidates."""
    assert _parse(promptFeedback={"blockReason": "OTHER"}).finish_reason == "stop"


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        pytest.param(
            {"promptTokenCount": 9, "candidatesTokenCount": 7, "totalTokenCount": 30},
            Usage(9, 7, 30),
            id="the vendor's own total",
        ),
        pytest.param(
            {"promptTokenCount": 9, "candidatesTokenCount": 7}, Usage(9, 7, 16), id="no total"
        ),
        pytest.param(
            {
                "promptTokenCount": 9,
                "toolUsePromptTokenCount": 100,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 50,
            },
            Usage(109, 57, 166, reasoning_tokens=50),
            id="tools and thoughts",
        ),
        pytest.param(
            {"promptTokenCount": 9, "cachedContentTokenCount": 4, "totalTokenCount": 9},
            Usage(9, 0, 9, cached_tokens=4),
            id="from a cache, nothing said",
        ),
        pytest.param({"promptTokenCount": 9.0}, Usage(9, 0, 9), id="fractions"),
        pytest.param(
            {
                "promptTokenCount": 41,
                "candidatesTokenCount": 12,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 9},
                    {"modality": "AUDIO", "tokenCount": 30},
                    {"modality": "AUDIO", "tokenCount": 2},
                ],
                "toolUsePromptTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}],
                "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 12}],
            },
            Usage(41, 12, 53, audio_tokens=45, completion_audio_tokens=12),
            id="sound",
        ),
        pytest.param(
            {
                "promptTokenCount": 9,
                "promptTokensDetails": [None, "x", {"modality": "AUDIO"}, {"tokenCount": 3}],
                "candidatesTokensDetails": {"modality": "AUDIO", "tokenCount": 12},
            },
            Usage(9, 0, 9),
            id="odd details",
        ),
        pytest.param(
            {"promptTokenCount": 9, "candidatesTokenCount": None, "thoughtsTokenCount": None},
            Usage(9, 0, 9),
            id="nulls",
        ),
    ],
)
def test_usage_is_added_up(counts, usage):
    """Tools' tokens are in the prompt, thoughts in the completion."""
    assert _usage(**counts) == usage


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "none",
        {"totalTokenCount": 16},
        {"promptTokenCount": "9"},
        {"promptTokenCount": True},
        {"promptTokenCount": 9.5},
        {"promptTokenCount": 2**63},
        {"promptTokenCount": 9, "thoughtsTokenCount": []},
    ],
    ids=repr,
)
def test_usage_is_none_where_there_is_none(usage):
    """No usage is `None`, never zeros."""
    assert _parse(usageMetadata=usage).usage is None


@pytest.mark.parametrize(
    ("counts", "tier"),
    [
        ({"serviceTier": "priority"}, "priority"),
        ({"trafficType": "ON_DEMAND_FLEX"}, "ON_DEMAND_FLEX"),
        ({"serviceTier": "flex", "trafficType": "ON_DEMAND"}, "flex"),
        ({"trafficType": "TRAFFIC_TYPE_UNSPECIFIED"}, None),
        ({"serviceTier": None}, None),
        ({"serviceTier": 7}, None),
        (None, None),
    ],
    ids=str,
)
def test_service_tier_stands_beside_the_counts(counts, tier):
    """It is how urgently the answer was made."""
    assert _parse(usageMetadata=counts).service_tier == tier


@pytest.mark.parametrize(
    ("time", "created"),
    [
        ("2026-03-01T12:00:00.123456Z", 1772366400),
        ("2026-03-01T12:00:00Z", 1772366400),
        ("2026-03-01T13:00:00+01:00", 1772366400),
        ("soon", None),
        ("", None),
        (1772366400, None),
        (None, None),
    ],
    ids=str,
)
def test_time_is_told_by_some(time, created):
    """Vertex AI says when it was asked."""
    assert _parse(createTime=time).created == created


def test_usage_may_be_missing():
    """An answer without the field has no usage."""
    document = wire.whole_answer()
    del document["usageMetadata"]
    assert GeminiCodec().parse_chat(document).usage is None


@pytest.mark.parametrize("odd", [None, 17, [], {}], ids=repr)
def test_model_and_id_of_a_wrong_type_are_left_out(odd):
    """Odd fields beside the text never spoil an answer."""
    answer = _parse(modelVersion=odd, responseId=odd, newField=odd)
    assert (answer.content, answer.model, answer.id) == (wire.TEXT, "", None)


@pytest.mark.parametrize(
    ("error", "cls", "retryable"),
    [
        ({"message": "m"}, errors.ProviderError, True),
        ("m", errors.ProviderError, True),
        (["m"], errors.ProviderError, True),
        ({"message": "m", "code": 429}, errors.RateLimitError, True),
        ({"message": "m", "code": 503, "status": "UNAVAILABLE"}, errors.OverloadedError, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("more", [{}, {"candidates": []}], ids=["alone", "no candidates"])
def test_answer_that_is_an_error_raises_it(error, more, cls, retryable):
    """An error document with status 200 is the error its code names, else a `ProviderError`."""
    document = {"error": error, **more}
    with pytest.raises(errors.LLMError) as caught:
        GeminiCodec().parse_chat(document)
    assert (type(caught.value), caught.value.retryable) == (cls, retryable)
    assert (caught.value.status_code, caught.value.body) == (None, document)


def test_error_beside_candidates_is_no_error():
    """An answer with candidates is an answer, whatever stands beside them."""
    assert _parse(error={"message": "m"}).content == wire.TEXT


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"detail": "ok"},
        {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]},
        {"type": "message", "content": [{"type": "text", "text": "Hi"}], "usage": {}},
        {"candidates": None},
        {"candidates": "Hi"},
        {"candidates": {"0": {}}},
        {"candidates": ["Hi"]},
        {"candidates": [{"output": "Hi", "safetyRatings": []}]},
        {"candidates": [{"author": "1", "content": "Hi"}]},
    ],
    ids=[
        "empty",
        "detail",
        "OpenAI",
        "Anthropic",
        "null",
        "a text",
        "an object",
        "texts",
        "PaLM's texts",
        "PaLM's messages",
    ],
)
def test_answer_of_another_form_is_refused(document):
    """What has none of this wire's fields is a `ProviderError` that is not tried again."""
    with pytest.raises(errors.ProviderError) as caught:
        GeminiCodec().parse_chat(document)
    assert (caught.value.code, caught.value.retryable) == ("not_an_answer", False)


def test_error_document_in_a_list_is_taken_out_of_it():
    """This vendor puts it into one where a stream without events was asked for."""
    told = wire.error_body("m", "UNAVAILABLE", 503)
    assert parse_document(f"[{told}]".replace("'", '"').encode(), "application/json") == told
    for other in (b"[]", b'[{"candidates":[]}]', b"[7]", b'[{"error":1},{}]', b'[{"error":null}]'):
        with pytest.raises(errors.ProviderError):
            parse_document(other, "application/json")
