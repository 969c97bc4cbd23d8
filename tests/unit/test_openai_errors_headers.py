"""What an error of OpenAI's wire tells beside its class: headers, hints, the server's words."""

import pytest

from llm_connectivity.errors import ErrorFacts, ProviderError
from llm_connectivity.wires.openai_chat import OpenAIChatCodec

HTML = "<html><head><title>404 Not Found</title></head></html>"


def _map(status, body, **headers):
    """Map a failure; header names may be written with underscores."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return OpenAIChatCodec().map_error(ErrorFacts(status=status, headers=headers, body=body))


def _told(message, type="invalid_request_error", code=None, **fields):
    """Give an error document."""
    return {"error": {"message": message, "type": type, "param": None, "code": code, **fields}}


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://login.example.com/sso?next=/v1", "login.example.com"),
        ("http://user:pw@proxy.example:8443/", "proxy.example:8443"),
        ("//other.example/v1", "other.example"),
        ("HTTPS://Upper.example", "Upper.example"),
        ("/v1/", "the same server"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_names_its_target(status, target, host):
    """A redirect is a `ProviderError` that names the host it leads to, and no password."""
    error = _map(status, "", location=target)
    assert (type(error), error.retryable) == (ProviderError, False)
    assert host in str(error)
    assert "pw@" not in str(error)


@pytest.mark.parametrize(
    ("status", "asked", "retryable"),
    [
        (500, "false", False),
        (429, "false", False),
        (408, "false", False),
        (408, "true", True),
        (409, "true", True),
        (429, "true", True),
        (500, "true", True),
        (400, "true", False),
        (401, "true", False),
        (404, "true", False),
        (402, "true", False),
        (302, "true", False),
        (500, "perhaps", True),
    ],
)
def test_server_may_forbid_a_retry_and_hardly_ask_for_one(status, asked, retryable):
    """`x-should-retry: false` forbids; `true` counts on 408, 409, 429 and 5xx only."""
    assert _map(status, _told("m"), x_should_retry=asked).retryable is retryable


def test_quota_is_not_retried_even_if_asked():
    """Quota that is used up is not tried again, whatever the header says."""
    assert not _map(429, _told("m", "insufficient_quota"), x_should_retry="true").retryable


def test_hint_of_a_wrong_address_names_base_url():
    """A 404 that is not the wire's own speaks of base_url and shows the page."""
    error = _map(404, HTML)
    assert "base_url" in error.hint
    assert "404 Not Found" in error.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_told("Bad value"), "Bad value"),
        ({"error": "Bad value"}, "Bad value"),
        ({"detail": "Bad value"}, "Bad value"),
        ({"message": "Bad value"}, "Bad value"),
        ({"detail": [{"msg": "Bad value"}]}, "Bad value"),
        ("Bad value", "Bad value"),
        ("x" * 500, "x" * 200),
        (None, "no reason"),
        ({}, "no reason"),
        ({"error": None}, "no reason"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_message_is_the_servers(body, message):
    """The server's words are shown, whatever the form of the body, cut at 200 characters."""
    error = _map(400, body)
    assert message in str(error)
    assert "x" * 201 not in str(error)


@pytest.mark.parametrize(
    ("name", "value", "key", "number"),
    [
        ("x-ratelimit-limit-requests", "60", "limit_requests", 60.0),
        ("x-ratelimit-remaining-tokens", "149984", "remaining_tokens", 149984.0),
        ("x-ratelimit-reset-requests", "1s", "reset_requests", 1.0),
        ("x-ratelimit-reset-tokens", "6m0s", "reset_tokens", 360.0),
        ("x-ratelimit-reset-tokens", "20ms", "reset_tokens", 0.02),
        ("x-ratelimit-reset-tokens", "1h2m3.5s", "reset_tokens", 3723.5),
        ("x-ratelimit-reset-tokens", "1m500ms", "reset_tokens", 60.5),
        ("x-ratelimit-remaining-project-tokens", "5", "remaining_project_tokens", 5.0),
    ],
)
def test_rate_limits_are_numbers(name, value, key, number):
    """Rate-limit headers become numbers, durations seconds."""
    assert _map(429, None, **{name: value}).rate_limits == {key: pytest.approx(number)}


@pytest.mark.parametrize("value", ["", "soon", "3x", "1d"])
def test_rate_limits_leave_out_what_is_no_number(value):
    """A header that is no number is left out."""
    headers = {"x-ratelimit-limit-requests": value, "x-other": "1"}
    assert _map(429, None, **headers).rate_limits == {}


@pytest.mark.parametrize("name", ["x-request-id", "request-id"])
def test_request_id_is_kept(name):
    """The provider's id of the request is on the error, and in its text."""
    error = _map(500, None, **{name: "req_7"})
    assert error.request_id == "req_7"
    assert "req_7" in str(error)


def test_facts_are_kept():
    """The server's hint and the foreign exception are on the error."""
    cause = ValueError("sdk")
    facts = ErrorFacts(status=429, headers={"retry-after": "7"}, body=None, cause=cause)
    error = OpenAIChatCodec().map_error(facts)
    assert (error.retry_after, error.provider_error) == (7.0, cause)
