"""Texts made to be slow to read, or to put into an error what nobody wants there."""

import pytest

from llm_connectivity.errors import ErrorFacts
from llm_connectivity.wires.anthropic import AnthropicCodec
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.gemini.json_path import put
from llm_connectivity.wires.headers import read_rate_limits, read_retry_after
from llm_connectivity.wires.status import read_words, speaks_of_full_context, write_plain
from tests.growth import assert_linear

CODECS = {"anthropic": AnthropicCodec(), "gemini": GeminiCodec()}
SIZE = 12_000
SECRET = "MY SECRET PROMPT"
LIMITS = ("x-ratelimit-reset-requests", "anthropic-ratelimit-requests-reset")

TEXTS = {
    "too long": "input token count is 1 but ",
    "digits": "1",
    "digits and dots": "1.1",
    "hours": "1h",
    "hyphens": "-",
    "quotes": "['a",
    "closed keys": "['a']",
    "brackets": "[",
    "names": ".a",
    "numbers": "[1]",
    "blanks": " ",
    "addresses": "//@",
    "commas": "a, ",
    "tags": "<a ",
}


def _map(codec, text):
    for body in (text, {"error": {"message": text, "code": text, "status": text, "type": text}}):
        for status in (302, 400, 404, 500, None):
            codec.map_error(ErrorFacts(status=status, headers={"location": text}, body=body))
    detail = {"@type": "RetryInfo", "retryDelay": text, "reason": text}
    codec.map_error(ErrorFacts(status=429, body={"error": {"details": [detail]}}))


READERS = {
    "errors of anthropic": lambda text: _map(CODECS["anthropic"], text),
    "errors of gemini": lambda text: _map(CODECS["gemini"], text),
    "retry-after": lambda text: read_retry_after({"retry-after": text}),
    "rate limits": lambda text: read_rate_limits(dict.fromkeys(LIMITS, text)),
    "names of limits": lambda text: read_rate_limits({f"x-ratelimit-limit-{text}": "1"}),
    "other limits": lambda text: read_rate_limits({f"anthropic-ratelimit-{text}": "1"}),
    "place of an argument": lambda text: put({}, f"${text}", 1),
    "full context": speaks_of_full_context,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", TEXTS)
def test_long_text_takes_no_time(reader, text):
    """Neither one that a pattern nearly matches, nor the same with another end."""
    for end in ("", "x", "s"):
        assert_linear(
            lambda size, end=end: READERS[reader]((TEXTS[text] * size)[:size] + end), SIZE
        )


DETAILS = {
    "detail": {"detail": [{"loc": ["body", 0, "text"], "msg": "too short", "input": SECRET}]},
    "message": {"error": {"message": [{"msg": "too short", "input": SECRET}]}},
    "error": {"error": [{"msg": "too short", "input": SECRET}]},
    "one": {"detail": {"msg": "too short", "input": {"text": SECRET}}},
    "list": [{"msg": "too short", "input": SECRET}],
    "deep": {"detail": {"detail": [{"detail": {"msg": "too short", "ctx": SECRET}}]}},
    "errors": {"errors": [{"msg": "too short", "input": SECRET}]},
}


@pytest.mark.parametrize("body", DETAILS)
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("status", [422, None])
def test_error_says_what_was_wrong_and_not_what_was_sent(codec, body, status):
    """As gateways write it that check requests themselves."""
    error = CODECS[codec].map_error(ErrorFacts(status=status, body=DETAILS[body]))
    assert SECRET not in str(error)
    assert "too short" in str(error)


def test_words_of_a_list_say_where():
    """The place stands before the words, entry for entry."""
    entries = [{"loc": ["body", 0, None], "msg": "a"}, {"msg": "b", "loc": 7}, "c", 4, None, {}]
    assert read_words({"detail": entries}) == "body.0: a; b; c; 4"


def test_words_of_anything_are_a_text():
    """Also of what has no words at all, has too many levels, or more digits than are written."""
    deep = {"message": "a"}
    for _ in range(100):
        deep = {"message": deep}
    for odd in (None, True, [], {}, [[]], {"message": {}}, deep, 10**5000):
        assert read_words(odd) == ""


def test_number_without_end_is_no_text():
    """Python writes no more than some thousand digits."""
    values = (10**5000, 7, 7.5, "a", True, None)
    assert [write_plain(value) for value in values] == [None, "7", "7.5", "a", None, None]
