"""Key and address of a provider: found or refused when the client is made."""

from __future__ import annotations

import pytest

from llm_connectivity import AuthenticationError, LLMClient, ValidationError
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.providers.rows import OPENAI
from llm_connectivity.providers.settings import KeySource, choose_base_url

KEY = "test-key-0123456789"


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("localhost:8000/v1", "begin with http://"),
        ("//localhost/v1", "begin with http://"),
        ("ftp://localhost/v1", "begin with http://"),
        ("http://", "and a host"),
        ("", "begin with http://"),
        ("http://localhost:notaport/v1", "not a valid URL"),
        ("http://localhost/v1?x=1", "query"),
        (" http://localhost/v1", "blanks"),
        ("http://user:pass-word@localhost/v1", "password in it"),
        (8000, "must be a string"),
        ("http://localhost/v1\n", "can't be printed"),
        ("http://api..example.com/v1", "not a valid URL"),
        (f"http://{'a' * 70}.example/v1", "not a valid URL"),
        ("http://☃.net/v1", "not a valid URL"),
        ("http://localhost/v1?", "query"),
        ("http://999.1.1.1/v1", "not a valid URL"),
        ("http://[v1.x]/v1", "not a valid URL"),
    ],
)
def test_base_url_that_is_none_is_refused_with_the_way_out(base_url: object, says: str):
    """It names the argument; a password in it is not shown."""
    with pytest.raises(ValidationError, match=says) as caught:
        LLMClient("openai/m", api_key=KEY, base_url=base_url)
    assert "base_url" in str(caught.value)
    assert "pass-word" not in str(caught.value)


def test_base_url_from_the_environment_is_named_by_its_variable(monkeypatch):
    """Whoever set it finds it."""
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:8000")
    with pytest.raises(ValidationError, match="OPENAI_BASE_URL 'localhost:8000'"):
        LLMClient("openai/m", api_key=KEY)


def test_base_url_may_end_in_a_slash():
    """It is the same address."""
    assert choose_base_url(OPENAI, "http://localhost/v1/") == "http://localhost/v1"
    assert choose_base_url(OPENAI, None) == "https://api.openai.com/v1"


@pytest.mark.parametrize("key", ["", None])
def test_key_that_is_missing_is_an_authentication_error_that_names_the_variable(key: object):
    """An empty one is missing too."""
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY"):
        LLMClient("openai/m", api_key=key)


def test_key_of_a_wrong_type_is_refused_without_being_shown():
    """Bytes are no text."""
    with pytest.raises(ValidationError, match="not bytes") as caught:
        LLMClient("openai/m", api_key=b"test-key-0123456789")
    assert KEY not in str(caught.value)


def test_key_from_a_callable_is_asked_for_at_each_request_and_checked():
    """So a key that changes is no reason to make another client."""
    keys = iter(["key-number-one", "key-number-two", "", 7])
    source = KeySource(OPENAI, lambda: next(keys))
    assert [source.current().reveal(), source.current().reveal()] == [
        "key-number-one",
        "key-number-two",
    ]
    with pytest.raises(AuthenticationError):
        source.current()
    with pytest.raises(ValidationError, match="not int"):
        source.current()


def test_callable_that_returns_no_text_is_blamed_for_it():
    """And not the argument."""
    with pytest.raises(ValidationError, match="callable given as api_key must return a string"):
        KeySource(OPENAI, lambda: None).current()


def test_adapter_that_could_not_be_made_can_be_shown():
    """Tracebacks with locals do that."""
    assert "base_url=None" in repr(OpenAIAdapter.__new__(OpenAIAdapter))


def test_key_is_in_no_repr():
    """Not even in the values of attributes."""
    source = KeySource(OPENAI, KEY)
    assert KEY not in repr(source) + repr(vars(source)) + repr(OpenAIAdapter(api_key=KEY))


@pytest.mark.parametrize("settings", [{"timeout": 0}, {"max_retries": -1}, {"max_connections": 0}])
def test_adapter_checks_its_settings(settings: dict[str, int]):
    """As the client does."""
    with pytest.raises(ValidationError, match=next(iter(settings))):
        OpenAIAdapter(api_key=KEY, **settings)
