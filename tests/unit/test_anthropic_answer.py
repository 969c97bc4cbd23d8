"""Whole answers of Anthropic's wire: read, never validated."""

import pytest

from llm_connectivity import errors
from llm_connectivity.pricing import price_usd
from llm_connectivity.types import ChatResponse, Usage
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.server import anthropic_wire as wire

THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "EqQBCgIYAhIM"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"text": "x"}]}
TOOL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"text": "x"}}


def _parse(**fields):
    """Read a whole answer in which these fields are replaced."""
    return AnthropicCodec().parse_chat(wire.whole_answer(**fields))


def _text(text):
    """Give a text block."""
    return {"type": "text", "text": text}


def test_answer_is_read_whole():
    """Text, finish reason, usage, model and id are the answer's own; it has no time."""
    answer = _parse()
    assert (answer.content, answer.finish_reason) == (wire.TEXT, "stop")
    assert (answer.model, answer.id) == (wire.MODEL, "msg_013Zva2CMHLNnXjNJJKqJ2EF")
    assert answer.usage == Usage(9, 7, 16, cached_tokens=0, cache_write_tokens=0)
    assert answer.created is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param([_text("Hi")], "Hi", id="text"),
        pytest.param([_text("a"), _text("b")], "ab", id="blocks are joined without a separator"),
        pytest.param([_text(" \n Hi\n ")], " \n Hi\n ", id="nothing is trimmed"),
        pytest.param([THINKING, _text("a")], "a", id="thinking is no text"),
        pytest.param(
            [{"type": "redacted_thinking", "data": "Emw"}, _text("a")], "a", id="redacted thinking"
        ),
        pytest.param([_text("a"), TOOL], "a", id="a tool call is no text"),
        pytest.param([_text("a"), SEARCH, FOUND, _text("b")], "ab", id="the server's own tools"),
        pytest.param([{"type": "new_block", "text": "x"}, _text("a")], "a", id="unknown block"),
        pytest.param(
            [{**_text("a"), "citations": [{"cited_text": "x"}]}], "a", id="citations are no text"
        ),
        pytest.param([], "", id="no blocks"),
        pytest.param(None, "", id="null"),
        pytest.param("Hi", "Hi", id="a text in the place of blocks"),
        pytest.param([None, "x", {"type": "text"}, _text(None), _text(7)], "", id="odd blocks"),
        pytest.param([_text("a\ud83d")], "a\ufffd", id="half a character"),
    ],
)
def test_answer_gives_the_text(content, text):
    """Content is the text of text blocks alone."""
    assert _parse(content=content).content == text


@pytest.mark.parametrize(
    ("raw", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        ("compaction", "compaction"),
    ],
)
def test_finish_reason_is_mapped(raw, finish):
    """Known words become the four, others stay as they are; the vendor's word is kept."""
    answer = _parse(finish=raw)
    assert (answer.finish_reason, answer.raw_finish_reason) == (finish, raw)


@pytest.mark.parametrize("raw", [None, "", 0, [], {"reason": "end_turn"}], ids=repr)
def test_finish_reason_is_never_invented(raw):
    """Null, an empty text or no text at all is no finish reason."""
    answer = _parse(finish=raw)
    assert (answer.finish_reason, answer.raw_finish_reason) == (None, None)


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        pytest.param(
            {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 20},
            Usage(129, 7, 136, cached_tokens=100, cache_write_tokens=20),
            id="the cache is part of the prompt",
        ),
        pytest.param(
            {"cache_read_input_tokens": None, "cache_creation_input_tokens": None},
            Usage(9, 7, 16),
            id="nulls",
        ),
        pytest.param(
            {"output_tokens_details": {"thinking_tokens": 5}},
            Usage(9, 7, 16, 0, 5, 0),
            id="thinking is part of the completion",
        ),
        pytest.param({"output_tokens_details": []}, Usage(9, 7, 16, 0, None, 0), id="odd details"),
        pytest.param({"output_tokens": None}, Usage(9, 0, 9, 0, None, 0), id="null is 0"),
        pytest.param({"input_tokens": 9.0}, Usage(9, 7, 16, 0, None, 0), id="a fraction"),
        pytest.param(
            {"iterations": [{"input_tokens": 50, "output_tokens": 60}]},
            Usage(9, 7, 16, 0, None, 0),
            id="iterations are not added",
        ),
        pytest.param(
            {"server_tool_use": {"web_search_requests": 1}},
            Usage(9, 7, 16, 0, None, 0),
            id="other counts",
        ),
    ],
)
def test_usage_counts_the_cache_within_the_prompt(counts, usage):
    """Input, cache reads and cache writes are the prompt; output is the completion."""
    assert _parse(usage=wire.usage(**counts)).usage == usage


def test_usage_without_cache_counts_has_none():
    """What the server did not count is not 0."""
    usage = _parse(usage={"input_tokens": 9, "output_tokens": 7}).usage
    assert usage == Usage(9, 7, 16)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "none",
        {"service_tier": "standard"},
        wire.usage("9", "7"),
        wire.usage(9, [7]),
        wire.usage(True, 7),
        wire.usage(9.5, 7),
        wire.usage(cache_read_input_tokens="1"),
    ],
    ids=repr,
)
def test_usage_is_none_where_it_can_not_be_read(usage):
    """No usage is `None`, never zeros."""
    assert _parse(usage=usage).usage is None


@pytest.mark.parametrize(
    ("counts", "usd"),
    [
        ({}, 9 * 3e-6 + 7 * 15e-6),
        (
            {"cache_read_input_tokens": 1000, "cache_creation_input_tokens": 2000},
            9 * 3e-6 + 7 * 15e-6 + 1000 * 0.3e-6 + 2000 * 3.75e-6,
        ),
    ],
    ids=["without a cache", "with a cache"],
)
def test_cost_is_that_of_the_models_price(counts, usd):
    """USD 3 and 15 for a million tokens, a tenth for cache reads, a quarter more for writes.

    https://docs.claude.com/en/docs/about-claude/pricing
    """
    usage = _parse(usage=wire.usage(**counts)).usage
    answer = ChatResponse(content="", usage=usage, model=wire.MODEL, provider="anthropic")
    assert answer.cost == pytest.approx(usd, rel=1e-9)


@pytest.mark.parametrize("odd", [None, 17, [], {}], ids=repr)
def test_model_and_id_of_a_wrong_type_are_left_out(odd):
    """Odd fields beside the text never spoil an answer."""
    answer = _parse(model=odd, id=odd)
    assert (answer.model, answer.id, answer.content) == ("", None, wire.TEXT)


def test_answer_may_lack_its_type():
    """A gateway's answer has role and blocks, and is one."""
    document = wire.whole_answer()
    del document["type"]
    assert AnthropicCodec().parse_chat(document).content == wire.TEXT


@pytest.mark.parametrize(
    ("document", "cls", "retryable"),
    [
        pytest.param(wire.error_body("m", "api_error"), errors.ProviderError, True, id="api_error"),
        pytest.param(
            wire.error_body("m", "overloaded_error"), errors.OverloadedError, True, id="overloaded"
        ),
        pytest.param(
            wire.error_body("m", "rate_limit_error"), errors.RateLimitError, True, id="rate limit"
        ),
        pytest.param(
            {"error": {"message": "m", "type": "authentication_error"}},
            errors.AuthenticationError,
            False,
            id="without its own type",
        ),
        pytest.param({"error": "m"}, errors.ProviderError, True, id="a text"),
        pytest.param({"type": "error"}, errors.ProviderError, True, id="nothing but its type"),
    ],
)
def test_answer_that_is_an_error_raises_it(document, cls, retryable):
    """An error document with status 200 is the error its code names, else a `ProviderError`."""
    with pytest.raises(errors.LLMError) as caught:
        AnthropicCodec().parse_chat(document)
    assert (type(caught.value), caught.value.retryable) == (cls, retryable)
    assert (caught.value.status_code, caught.value.body) == (None, document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"detail": "ok"},
        {"choices": [{"message": {"content": "Hi"}}]},
        {"candidates": []},
        {"type": "completion", "completion": " Hi", "stop_reason": "stop_sequence"},
        {"type": "message", "content": {"0": {}}},
        {"type": "message_batch", "content": []},
        {"content": [{"type": "text", "text": "Hi"}]},
    ],
    ids=["empty", "detail", "OpenAI", "Gemini", "older API", "an object", "batch", "no role"],
)
def test_answer_of_another_form_is_refused(document):
    """What is no message is a `ProviderError` that is not tried again."""
    with pytest.raises(errors.ProviderError) as caught:
        AnthropicCodec().parse_chat(document)
    assert (caught.value.code, caught.value.retryable) == ("not_an_answer", False)


def test_writes_that_are_kept_for_an_hour_have_no_price():
    """They cost more than others, the price list does not say what, and nothing is guessed."""
    counts = {
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    }
    usage = _parse(usage=wire.usage(**counts)).usage
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (300, 200)
    assert price_usd("anthropic", "claude-sonnet-4-5", usage) is None
    counts["cache_creation"]["ephemeral_1h_input_tokens"] = 0
    usage = _parse(usage=wire.usage(**counts)).usage
    assert price_usd("anthropic", "claude-sonnet-4-5", usage) is not None
