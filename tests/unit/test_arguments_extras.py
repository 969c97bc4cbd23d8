"""Keywords that are none of ours, and the extra_* dicts: what goes out, what is refused."""

import itertools
import math
from types import MappingProxyType

import pytest

from llm_connectivity import LLMClient, MockAdapter, ValidationError
from llm_connectivity.wires.json_text import encode_body

KEY = "sk-PRIVATE-0123456789"
CYCLE = []
CYCLE.append(CYCLE)


def _chat(**given):
    """Ask a mock; give the one request that reached it."""
    adapter = MockAdapter(replies=itertools.repeat("Hi"))
    with LLMClient(adapter=adapter) as client:
        client.chat("Hello", **given)
    return adapter.requests[0]


def _refusal(**given):
    """Ask a mock wrongly; give the error, and see that nothing reached it."""
    adapter = MockAdapter(replies=[])
    with LLMClient(adapter=adapter) as client, pytest.raises(ValidationError) as caught:
        client.chat("Hello", **given)
    assert adapter.requests == []
    return caught.value


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("temprature", "temperature"),
        ("temperture", "temperature"),
        ("Temperature", "temperature"),
        ("max_token", "max_tokens"),
        ("maxtokens", "max_tokens"),
        ("frequency_penality", "frequency_penalty"),
        ("presence_penalti", "presence_penalty"),
        ("time_out", "timeout"),
        ("max_retrys", "max_retries"),
        ("extra_header", "extra_headers"),
        ("extra_boby", "extra_body"),
        ("drop_unsuported", "drop_unsupported"),
        ("retry_bugdet", "retry_budget"),
        ("api_kye", "api_key"),
        ("apikey", "api_key"),
        ("baseurl", "base_url"),
        ("acumulate", "accumulate"),
        ("response_fromat", "response_format"),
        ("tool_choise", "tool_choice"),
    ],
)
def test_misspelt_option_is_refused(name, meant):
    """A near miss of one of our names is refused with the right one; its value is not shown."""
    error = _refusal(**{name: KEY})
    assert repr(name) in error.message
    assert repr(meant) in error.hint
    assert KEY not in str(error)


@pytest.mark.parametrize("name", ["response_modle"])
def test_misspelt_reserved_word_is_refused_without_leading_anybody_there(name):
    """A near miss of a word that has no meaning yet is not passed on, and that word not offered."""
    error = _refusal(**{name: KEY})
    assert repr(name) in error.message
    assert "Did you mean" not in error.hint


@pytest.mark.parametrize(
    "name",
    ["stream", "response_model"],
)
def test_reserved_word_is_refused(name):
    """A word that means something to us is not passed on by accident; `extra_body` sends it."""
    error = _refusal(**{name: KEY})
    assert repr(name) in error.message
    assert ("chat_stream" if name == "stream" else "extra_body") in error.hint
    assert KEY not in str(error)


@pytest.mark.parametrize(
    "name",
    "api_key base_url adapter retry retry_budget verify proxy max_connections "
    "max_event_bytes".split(),
)
def test_constructors_word_is_refused_per_call(name):
    """What only a client is made with is refused per call, and its value is not shown."""
    error = _refusal(**{name: KEY})
    assert name in error.message
    assert f"LLMClient({name}=" in error.hint
    assert KEY not in str(error) + repr(error) + str(error.to_dict())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_k", 40),
        ("logit_bias", {"50256": -100}),
        ("modle", "x"),
        ("logprobs", True),
        ("max_completion_tokens", 5),
        ("metadata", {"a": [1, None, {"b": "é"}]}),
        ("service_tier", None),
    ],
)
def test_other_keyword_goes_to_the_body(name, value):
    """Any other keyword is passed on as it is, and short names are left alone."""
    assert dict(_chat(**{name: value}).extra) == {name: value}


@pytest.mark.parametrize("name", ["temprature", "tools", "stream", "api_key", "deadline"])
def test_extra_body_passes_anything(name):
    """`extra_body` sends any name."""
    assert dict(_chat(extra_body={name: 1}).extra) == {name: 1}


def test_extra_body_is_laid_over_the_keywords():
    """`extra_body` goes before keywords, dicts merged deeply, and changes neither."""
    keyword, body = {"a": {"x": 1}}, {"metadata": {"a": {"y": 2}}}
    assert dict(_chat(metadata=keyword, extra_body=body).extra) == {
        "metadata": {"a": {"x": 1, "y": 2}}
    }
    assert (keyword, body) == ({"a": {"x": 1}}, {"metadata": {"a": {"y": 2}}})


NOT_JSON = [
    pytest.param({1, 2}, "set", id="set"),
    pytest.param(b"x", "bytes", id="bytes"),
    pytest.param(object(), "object", id="object"),
    pytest.param(1j, "complex", id="complex"),
    pytest.param((i for i in ()), "generator", id="generator"),
    pytest.param(math.nan, "nan", id="nan"),
    pytest.param(math.inf, "inf", id="inf"),
    pytest.param({1: 2}, "1", id="a key that is not a string"),
    pytest.param("a\ud83d", "surrogate", id="lone surrogate"),
    pytest.param({"\ud83d": 1}, "surrogate", id="lone surrogate in a key"),
    pytest.param(CYCLE, "", id="a list that holds itself"),
]


@pytest.mark.parametrize(("value", "named"), NOT_JSON)
def test_keyword_that_json_cannot_hold_is_refused(value, named):
    """What can't be written as JSON is refused before anything is sent, with its place."""
    error = _refusal(metadata={"a": [value]})
    assert "metadata['a'][0]" in error.message
    assert named in error.message


@pytest.mark.parametrize(("value", "named"), NOT_JSON)
def test_extra_body_that_json_cannot_hold_is_refused(value, named):
    """The same holds for `extra_body`."""
    error = _refusal(extra_body={"a": value})
    assert "extra_body['a']" in error.message
    assert named in error.message


def test_keyword_whose_name_utf8_cannot_hold_is_refused():
    """A lone surrogate in a keyword's own name is refused too."""
    assert "surrogate" in _refusal(extra_body={"\ud83d": 1}).message


def test_number_that_is_too_large_is_refused():
    """Python holds whole numbers that no server can read."""
    assert "seed is too large" in _refusal(seed=10**400).message
    assert "extra_body['a'][0] is too large" in _refusal(extra_body={"a": [10**400]}).message


@pytest.mark.parametrize("name", ["stop", "user"])
def test_option_with_a_lone_surrogate_is_refused(name):
    """Named options that are texts must be texts that UTF-8 can hold."""
    assert f"{name} holds a lone surrogate" in _refusal(**{name: "\ud83d"}).message


@pytest.mark.parametrize("name", ["extra_headers", "extra_query", "extra_body"])
@pytest.mark.parametrize("value", [[("a", "b")], "a=b", 17, {1: "b"}], ids=repr)
def test_extra_dict_of_a_wrong_type_is_refused(name, value):
    """The extra_* arguments are dicts with texts as keys."""
    error = _refusal(**{name: value})
    assert error.message.startswith(name)
    assert ("1" if isinstance(value, dict) else type(value).__name__) in error.message


@pytest.mark.parametrize(
    "headers",
    [
        {"x-a": 17},
        {"x-a": b"b"},
        {"x-a": None},
        {"x-a": "é"},
        {"x-a": "a\r\nx-b: c"},
        {"x-a": "a\nb"},
        {"x-a": "a\0"},
        {"x-a": " a"},
        {"": "a"},
        {"x a": "a"},
        {"x-a:": "a"},
        {"x-é": "a"},
        {"x-a\n": "a"},
        {"Content-Length": "3"},
        {"transfer-encoding": "chunked"},
        {"Connection": "close"},
    ],
    ids=repr,
)
def test_header_that_cannot_be_sent_is_refused(headers):
    """Names and values that HTTP can't carry are refused, per call and on the client."""
    assert "extra_headers" in _refusal(extra_headers=headers).message
    with pytest.raises(ValidationError):
        LLMClient(model="mock/demo", extra_headers=headers)


def test_header_value_is_not_shown():
    """The value of a wrong header may be a key, and is not shown."""
    assert KEY not in str(_refusal(extra_headers={"x-api-key": KEY + "\n"}))


@pytest.mark.parametrize("value", [[1], {"a": 1}, None, b"x", "\ud83d"], ids=repr)
def test_query_parameter_of_a_wrong_type_is_refused(value):
    """Query parameters are texts or numbers that a URL can hold."""
    assert "extra_query['a']" in _refusal(extra_query={"a": value}).message


def test_extras_reach_the_request():
    """Headers and query parameters are taken as texts; a call's headers go over the client's."""
    adapter = MockAdapter()
    with LLMClient(adapter=adapter, extra_headers={"x-a": "1", "x-b": "1"}) as client:
        client.chat("Hello", extra_headers={"x-b": "2"}, extra_query={"v": 1, "on": True})
    request = adapter.requests[0]
    assert dict(request.extra_headers) == {"x-a": "1", "x-b": "2"}
    assert dict(request.extra_query) == {"v": "1", "on": "true"}


def test_read_only_mappings_are_taken():
    """Any mapping will do, and its JSON can be written."""
    extra = _chat(extra_body=MappingProxyType({"a": MappingProxyType({"b": 1})})).extra
    assert encode_body(dict(extra)) == b'{"a":{"b":1}}'


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("max_retry", "max_retries"),
        ("retries", "max_retries"),
        ("request_timeout", "timeout"),
        ("verify_ssl", "verify"),
        ("proxies", "proxy"),
        ("HTTPS_PROXY", "proxy"),
        ("api_base", "base_url"),
    ],
)
def test_what_other_clients_call_a_setting_is_refused(name: str, ours: str):
    """It would go into the body, where it does nothing, and a proxy's password with it."""
    with LLMClient("mock/demo") as client, pytest.raises(ValidationError) as caught:
        client.chat("Hi", **{name: "http://me:password@proxy"})
    assert f"Did you mean {ours!r}?" in str(caught.value)
    assert "password" not in str(caught.value)
