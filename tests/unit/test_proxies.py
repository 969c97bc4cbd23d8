"""Which proxy an address is asked through: tables, and the same choice as the HTTP library's."""

from __future__ import annotations

import itertools
import os
import urllib.request

import httpx2
import pytest
from httpx2._utils import URLPattern, get_environment_proxies

from llm_connectivity import ValidationError
from llm_connectivity.http import proxies
from llm_connectivity.http.proxies import choose_proxy
from llm_connectivity.secret import Secret

OPENAI = "https://api.openai.com/v1"
PASSWORD = "pass-word-1234"

ADDRESSES = [
    OPENAI,
    "https://api.openai.com:8443/v1",
    "https://openai.com",
    "https://notopenai.com",
    "http://api.openai.com",
    "http://localhost:8000/v1",
    "http://localhost",
    "http://sub.localhost:8000",
    "http://127.0.0.1:8000",
    "http://127.0.0.2",
    "http://10.1.2.3:80",
    "https://[::1]:8000/v1",
    "https://[fd00::7]/v1",
    "https://xn--mnchen-3ya.example/v1",
]
EXEMPT = [
    "",
    "*",
    "x.example,*",
    "openai.com",
    ".openai.com",
    "*.openai.com",
    "*openai.com",
    "api.openai.com",
    "API.OpenAI.com",
    "api.openai.com:443",
    "openai.com:8443",
    "https://api.openai.com",
    "http://api.openai.com",
    "https://*.openai.com",
    "all://api.openai.com:8443",
    "localhost",
    "LocalHost",
    "localhost:8000",
    "localhost:9000",
    " x.example , localhost ,",
    "127.0.0.1",
    "127.0.0.1:8000",
    "127.0.0.0/8",
    "127.0.0.1/",
    "127.0.0.1/x",
    "127.0.0.1/255.0.0.0",
    "127.0.0.1/99",
    "http://127.0.0.0/8",
    "10.0.0.0/8,::1",
    "[::1]",
    "[::1]:8000",
    "[::1]/64",
    "::1",
    "fd00::/8",
    "[fd00::7]",
    "example/16",
    "münchen.example",
    "openai.com/v1",
    "a b,:::,[,%,://",
    ":8000",
]
PROXIES = [
    {"https": "http://secure.example:1"},
    {"http": "http://plain.example:2"},
    {"all": "all.example:3"},
    {"https": "secure.example", "all": "http://all.example:3"},
    {"http": "http://plain.example", "https": "http://user:pw@secure.example:1"},
    {},
]


def _choice_of_httpx2(url: str) -> tuple[str, int] | None:
    """As its client goes through its mounts."""
    found = get_environment_proxies()
    mounts = sorted((URLPattern(pattern), proxy) for pattern, proxy in found.items())
    target = httpx2.URL(url)
    proxy = next((proxy for pattern, proxy in mounts if pattern.matches(target)), None)
    return None if proxy is None else (httpx2.URL(proxy).host, httpx2.URL(proxy).port or 80)


@pytest.mark.parametrize("exempt", EXEMPT)
def test_choice_is_that_of_the_http_library(exempt: str, monkeypatch):
    """For each address, whatever the variables name."""
    monkeypatch.setenv("NO_PROXY", exempt)
    for given, address in itertools.product(PROXIES, ADDRESSES):
        with monkeypatch.context() as patch:
            for scheme, url in given.items():
                patch.setenv(f"{scheme}_proxy", url)
            proxy = choose_proxy(address, None)
            ours = proxy and (proxy.host, proxy.port)
            assert ours == _choice_of_httpx2(address), (given, address)


@pytest.mark.parametrize(
    ("variables", "address", "expected"),
    [
        ({"HTTPS_PROXY": "http://a.example:1"}, OPENAI, "a.example:1 (HTTPS_PROXY)"),
        ({"https_proxy": "http://a.example:1"}, OPENAI, "a.example:1 (https_proxy)"),
        (
            {"https_proxy": "http://a.example:1", "HTTPS_PROXY": "http://b.example:2"},
            OPENAI,
            "a.example:1 (https_proxy)",
        ),
        (
            {"https_proxy": "http://a.example:1", "HTTPS_PROXY": "http://a.example:1"},
            OPENAI,
            "a.example:1 (https_proxy)",
        ),
        (
            {"ALL_PROXY": "all.example:1", "HTTPS_PROXY": "b.example:2"},
            OPENAI,
            "b.example:2 (HTTPS_PROXY)",
        ),
        ({"ALL_PROXY": "http://[::1]:1"}, OPENAI, "[::1]:1 (ALL_PROXY)"),
        ({"HTTPS_PROXY": "a.example"}, OPENAI, "a.example:80 (HTTPS_PROXY)"),
        ({"HTTPS_PROXY": "HTTP://a.example:1/"}, OPENAI, "a.example:1 (HTTPS_PROXY)"),
        ({"HTTP_PROXY": "a.example:1"}, OPENAI, "None"),
        ({"HTTPS_PROXY": "socks5://a.example:1"}, "http://localhost", "None"),
        ({"HTTPS_PROXY": "http://a.example:1", "https_proxy": ""}, OPENAI, "None"),
        ({"HTTPS_PROXY": "http://a.example:1", "no_proxy": "openai.com"}, OPENAI, "None"),
    ],
    ids=str,
)
def test_proxy_and_the_variable_it_is_from(variables, address, expected, monkeypatch):
    """Lower case goes first, and a scheme's own variable before the one for all."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(choose_proxy(address, None)) == expected


def test_proxy_that_is_given_goes_before_the_environment(monkeypatch):
    """Before NO_PROXY too: it was said of this very client."""
    monkeypatch.setenv("HTTPS_PROXY", "http://a.example:1")
    monkeypatch.setenv("NO_PROXY", "*")
    assert str(choose_proxy(OPENAI, Secret("given.example:2"))) == "given.example:2 (proxy=)"


@pytest.mark.parametrize(
    "text",
    [f"http://me:{PASSWORD}@a.example:1", f"me:{PASSWORD}@a.example:1"],
)
def test_user_and_password_are_kept_apart_and_hidden(text: str):
    """Nothing but the header's value, and the list of what to mask, holds them."""
    proxy = choose_proxy(OPENAI, Secret(text))
    assert proxy.authorization().reveal() == "Basic bWU6cGFzcy13b3JkLTEyMzQ="
    assert {PASSWORD, f"me:{PASSWORD}", "bWU6cGFzcy13b3JkLTEyMzQ="} < set(proxy.keys())
    assert PASSWORD not in repr(proxy) + str(proxy)


def test_user_without_a_password_is_a_secret():
    """It is the token of a service; escapes are undone."""
    proxy = choose_proxy(OPENAI, Secret("http://token%2Fa%40b@a.example:1"))
    assert proxy.user.reveal() == ("token/a@b", "")
    assert {"token/a@b", "token%2Fa%40b"} < set(proxy.keys())


WRONG = {
    "socks5": (f"socks5://me:{PASSWORD}@a.example:1", "SOCKS"),
    "socks5h": ("socks5h://a.example:1", "SOCKS"),
    "socks4": ("SOCKS4://a.example:1", "SOCKS"),
    "https": (f"https://me:{PASSWORD}@a.example:1", "TLS to the proxy"),
    "ftp": (f"ftp://me:{PASSWORD}@a.example:1", "http://"),
    "nonsense": (f"{PASSWORD}://{PASSWORD}", "http://"),
    "no port": (f"http://me:{PASSWORD}@a.example:port", "not a valid URL"),
    "no host": (f"http://me:{PASSWORD}@", "not a valid URL"),
    "only a scheme": ("http://", "not a valid URL"),
    "slash in the password": (f"http://me:1/{PASSWORD}@a.example:1", "%2F"),
    "question mark in it": (f"http://me:1?{PASSWORD}@a.example:1", "%2F"),
    "hash in it": (f"http://me:1#{PASSWORD}@a.example:1", "%2F"),
    "line end": (f"http://me:{PASSWORD}@a.example:1\n", "a line break at its"),
    "port 0": (f"http://me:{PASSWORD}@a.example:0", "not a valid URL"),
    "port too high": (f"http://me:{PASSWORD}@a.example:99999", "not a valid URL"),
    "one slash": (f"http:/me:{PASSWORD}@a.example:1", "not a valid URL"),
    "blank": (f"http://me:{PASSWORD} @a.example:1", "not a valid URL"),
}


@pytest.mark.parametrize("name", WRONG)
def test_proxy_that_cannot_be_used_is_refused_and_named(name: str, monkeypatch):
    """By its variable or by the argument; its text is not shown."""
    text, says = WRONG[name]
    with pytest.raises(ValidationError, match=says) as given:
        choose_proxy(OPENAI, Secret(text))
    monkeypatch.setenv("ALL_PROXY", text)
    with pytest.raises(ValidationError, match=says) as found:
        choose_proxy(OPENAI, None)
    assert (given.value.code, found.value.code) == ("invalid_proxy", "invalid_proxy")
    assert "proxy=" in str(given.value)
    assert "NO_PROXY" not in str(given.value)
    assert "ALL_PROXY" in str(found.value)
    assert "NO_PROXY" in str(found.value)
    for caught in (given, found):
        assert PASSWORD not in str(caught.value) + str(caught.value.__context__)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", ["", 7, b"http://a.example", ["x"]], ids=repr)
def test_proxy_of_a_wrong_kind_is_refused(value: object):
    """Its type is named."""
    with pytest.raises(ValidationError, match=r"proxy= (is empty|must be a string, not)"):
        choose_proxy(OPENAI, Secret(value))


def test_callable_proxy_is_refused():
    """A key may be one."""
    with pytest.raises(ValidationError, match="must be a string, not function"):
        choose_proxy(OPENAI, lambda: "http://a.example")


def test_proxies_of_the_system_count_but_for_hosts_that_go_round_them(monkeypatch):
    """On Windows and macOS, where no variable is set."""
    monkeypatch.setattr(proxies, "getproxies", lambda: {"https": "http://a.example:1"})
    monkeypatch.setattr(proxies, "proxy_bypass", lambda host: host == "api.openai.com")
    assert choose_proxy(OPENAI, None) is None
    assert str(choose_proxy("https://other", None)) == "a.example:1 (the system's settings)"


def test_environment_is_clean_in_tests():
    """Else they would ask whatever proxy the machine has."""
    assert [name for name in os.environ if name.upper().endswith("_PROXY")] == []
    assert urllib.request.getproxies() == {}
